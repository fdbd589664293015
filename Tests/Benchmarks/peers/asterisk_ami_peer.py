"""Reads the stream with asterisk-ami, which parses and calls back for each event, and keeps no state."""

import sys
import threading

from asterisk.ami import AMIClient
from stopwatch import Stopwatch

stopwatch = Stopwatch()
over = threading.Event()


def heard(event, **_):
    if stopwatch.heard(event.name):
        over.set()


client = AMIClient(address="127.0.0.1", port=int(sys.argv[1]))
client.add_event_listener(heard)
client.login(username="admin", secret="x")
over.wait(120)
client.disconnect()
