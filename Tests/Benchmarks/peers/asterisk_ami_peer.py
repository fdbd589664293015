"""Reads the stream with asterisk-ami, which parses and calls back for each event, and keeps no state."""

import json
import resource
import sys
import threading
import time

from asterisk.ami import AMIClient

events, began, cpu = 0, None, 0.0
over = threading.Event()


def used():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def heard(event, **_):
    global events, began, cpu
    if began is None and event.name != "FullyBooted":
        began, cpu = time.monotonic(), used()
    events += began is not None
    if event.name == "UserEvent":
        wall = time.monotonic() - began
        print(
            json.dumps(
                {
                    "events": events,
                    "wallSeconds": wall,
                    "cpuSeconds": used() - cpu,
                    "peakMegabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3,
                }
            ),
            flush=True,
        )
        over.set()


client = AMIClient(address="127.0.0.1", port=int(sys.argv[1]))
client.add_event_listener(heard)
client.login(username="admin", secret="x")
over.wait(120)
client.disconnect()
