#!/usr/bin/env python3
"""The harness's own connection to the switch: supervisors, callbacks and restarts act over it.

Run as a program, `ami.py SWITCH.JSON` waits until that switch has booted. Standard library only.
"""
import asyncio
import json
import sys
import time

# A start takes 3 s; on a busy machine ten times that.
BOOT_SECONDS = 90
ANSWER_SECONDS = 20


class AMI:
    """Logged in as `harness`, with all classes. Every event is kept, in order."""

    def __init__(self, place):
        self.place = place
        self.events = []
        self.is_closed = False
        self._waiting = {}
        self._count = 0

    async def connect(self):
        self._reader, self._writer = await asyncio.open_connection(self.place["pbx"], 5038, limit=1 << 24)
        self._task = asyncio.get_running_loop().create_task(self._read())
        with open(self.place["run"] + "/harness.secret") as file:
            secret = file.read().strip()
        answer = await self.act("Login", Username="harness", Secret=secret)
        if answer[0].get("Response") != "Success":
            raise ConnectionError("the switch refuses the harness's login: %s" % answer[0])

    async def _read(self):
        try:
            await self._reader.readline()  # the banner
            while True:
                block = await self._reader.readuntil(b"\r\n\r\n")
                self._take(block)
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        self.is_closed = True
        for future, messages in self._waiting.values():
            if not future.done():
                future.set_result(messages or [{"Response": "Closed"}])

    def _take(self, block):
        message = {}
        for line in block.decode("utf-8", "replace").split("\r\n"):
            name, colon, value = line.partition(": ")
            if colon:
                message[name] = message[name] + "\n" + value if name in message else value
        if "Event" in message:
            self.events.append(message)
        future, messages = self._waiting.get(message.get("ActionID"), (None, None))
        if future is None:
            return
        messages.append(message)
        begins_list = message.get("EventList") == "start"
        is_last = "Response" in message and not begins_list or message.get("EventList") in ("Complete", "cancelled")
        if is_last and not future.done():
            future.set_result(messages)

    def send(self, action, **headers):
        """Sends without waiting for the answer; returns the ActionID. A list repeats a header."""
        self._count += 1
        identifier = "harness-%d" % self._count
        lines = ["Action: " + action, "ActionID: " + identifier]
        for name, value in headers.items():
            lines += ["%s: %s" % (name, each) for each in (value if isinstance(value, list) else [value])]
        self._writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
        return identifier

    async def act(self, action, **headers):
        """Returns the answer and the list that follows it."""
        future = asyncio.get_running_loop().create_future()
        identifier = self.send(action, **headers)
        self._waiting[identifier] = (future, [])
        try:
            return await asyncio.wait_for(future, ANSWER_SECONDS)
        finally:
            del self._waiting[identifier]

    async def command(self, line):
        return (await self.act("Command", Command=line))[0].get("Output", "")

    def last(self, name):
        """The latest event of this name; None if there was none."""
        return next((event for event in reversed(self.events) if event["Event"] == name), None)

    async def close(self):
        self._task.cancel()
        self._writer.close()


class Recorder:
    """A second connection with the gateway's own rights: what it reads is recorded, as bytes, for replays."""

    @classmethod
    async def connect(cls, place, path, start):
        self = cls()
        self._start = start
        self._file = open(path, "w")
        self._reader, self._writer = await asyncio.open_connection(place["pbx"], 5038, limit=1 << 24)
        with open(place["run"] + "/centralino.secret") as file:
            secret = file.read().strip()
        # Not recorded: no secret is ever in a file that may be passed on.
        self._writer.write(("Action: Login\r\nUsername: centralino\r\nSecret: %s\r\n\r\n" % secret).encode())
        self._task = asyncio.get_running_loop().create_task(self._read())
        return self

    async def _read(self):
        while data := await self._reader.read(65536):
            # One character stands for one byte.
            line = {"t": round(time.time() - self._start, 6), "dir": "in", "data": data.decode("latin-1")}
            self._file.write(json.dumps(line) + "\n")

    async def close(self):
        self._task.cancel()
        self._writer.close()
        self._file.close()


async def booted(place, seconds=BOOT_SECONDS):
    """A connection, once the switch is fully booted: it accepts logins before its modules are loaded."""
    deadline = time.monotonic() + seconds
    while True:
        ami = AMI(place)
        try:
            await ami.connect()
            while "informazioni" not in await ami.command("queue show") or ami.last("FullyBooted") is None:
                if ami.is_closed or time.monotonic() > deadline:
                    raise ConnectionError("the switch did not boot")
                await asyncio.sleep(0.1)
            return ami
        except (OSError, EOFError):
            if time.monotonic() > deadline:
                raise
            await asyncio.sleep(0.1)


if __name__ == "__main__":
    with open(sys.argv[1]) as file:
        asyncio.run(booted(json.load(file)))
