"""Reads the stream with panoramisk, which parses and calls back for each event, and keeps no state."""

import asyncio
import json
import resource
import sys
import time

from panoramisk import Manager

events, began, cpu = 0, None, 0.0


def used():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def main():
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    manager = Manager(loop=loop, host="127.0.0.1", port=int(sys.argv[1]), username="admin", secret="x", ping_delay=3600)

    def heard(_, message):
        global events, began, cpu
        if began is None and message.event != "FullyBooted":
            began, cpu = time.monotonic(), used()
        events += began is not None
        if message.event == "UserEvent":
            wall = time.monotonic() - began
            print(
                json.dumps(
                    {
                        "events": events,
                        "wallSeconds": wall,
                        "cpuSeconds": used() - cpu,
                        "peakMegabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3,
                    }
                )
            )
            loop.stop()

    manager.register_event("*", heard)
    loop.run_until_complete(manager.connect())
    loop.call_later(120, loop.stop)
    loop.run_forever()


main()
