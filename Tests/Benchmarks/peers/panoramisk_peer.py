"""Reads the stream with panoramisk, which parses and calls back for each event, and keeps no state."""

import asyncio
import sys

from panoramisk import Manager
from stopwatch import Stopwatch


def main():
    stopwatch = Stopwatch()
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    manager = Manager(loop=loop, host="127.0.0.1", port=int(sys.argv[1]), username="admin", secret="x", ping_delay=3600)

    def heard(_, message):
        if stopwatch.heard(message.event):
            loop.stop()

    manager.register_event("*", heard)
    loop.run_until_complete(manager.connect())
    loop.call_later(120, loop.stop)
    loop.run_forever()


main()
