#!/usr/bin/env python3
"""play.py SWITCH.JSON SCENARIO | --list

Plays one scenario on the switch that `switch up` described. Standard output has one JSON object a line: {"ask": …} asks
something of the starting program, which answers “done” on standard input; the last is {"calls": […]}, what the telephones
and the trunk saw.
"""
import asyncio
import json
import sys

import scenarios
from harness import Harness

# In the longest, the gateway is stopped for a minute.
SCENARIO_SECONDS = 150


async def play(place, scenario):
    async with Harness(place) as harness:
        # The test reads the switch's log from here on.
        await harness.ask("begin")
        await asyncio.wait_for(scenario(harness), getattr(scenario, "seconds", SCENARIO_SECONDS))
        facts = harness.facts()
    print(json.dumps({"calls": facts}), flush=True)


def main():
    stories = {name: each for name, each in vars(scenarios).items() if asyncio.iscoroutinefunction(each) and each.__doc__}
    del stories["sleep"]  # asyncio's
    if sys.argv[1:] == ["--list"]:
        for name, each in stories.items():
            print("%-28s %s" % (name, each.__doc__.split("\n")[0]))
        return
    with open(sys.argv[1]) as file:
        place = json.load(file)
    asyncio.run(play(place, stories[sys.argv[2]]))


main()
