"""What a scenario can use: the telephones, the trunk, the supervisor's AMI, and what only the test can do."""
import asyncio
import json
import sys
import time

from ami import booted
from telephones import UserAgent

DIAL = {"informazioni": "0690001", "incentivi": "0690002", "reclami": "0690003", "orientamento": "0690004", "rigida": "0690005",
        "sportello": "0690006", "annuncio": "0690007"}
MEMBERS = {"informazioni": (1001, 1002, 1003), "incentivi": (1003, 1004, 1005), "reclami": (1006, 1007), "orientamento": (1008,)}
# These belong to nobody: numbers that the Italian plan leaves free, or without a subscriber.
CALLERS = ("0659041001", "0659041002", "3470000003", "+390659041004", "0659041005", "3470000006", "0659041007", "0659041008")


class Harness:
    def __init__(self, place):
        self.place = place
        self.telephones = UserAgent(place["phones"], place["pbx"], self._rings)
        self.trunk = UserAgent(place["trunk"], place["pbx"], self._rings)
        self.habits = {}
        self.seen = {}
        self._callers = 0
        self._tasks = []

    async def __aenter__(self):
        self.ami = await booted(self.place)
        await self._clear()
        await self.telephones.open()
        await self.trunk.open()
        return self

    async def __aexit__(self, *_):
        for task in self._tasks:
            task.cancel()
        for agent in (self.telephones, self.trunk):
            for call in list(agent.calls.values()):
                call.hang_up()
        try:
            if self.ami.is_closed:
                self.ami = await booted(self.place)
            await self._clear()
        finally:
            await self.ami.close()
            self.telephones.close()
            self.trunk.close()

    async def _clear(self):
        """Ends all calls, removes members that the configuration does not have, and unpauses the others."""
        await self.until(self.is_quiet, "no channel is open", 10, or_else="channel request hangup all")
        for member in await self.ami.act("QueueStatus"):
            if member.get("Event") != "QueueMember":
                continue
            place = {"Queue": member["Queue"], "Interface": member["Location"]}
            if member["Membership"] == "dynamic":
                await self.ami.act("QueueRemove", **place)
            elif member["Paused"] == "1":
                await self.ami.act("QueuePause", Paused="false", **place)

    async def is_quiet(self):
        return "0 active channels" in await self.ami.command("core show channels count")

    async def until(self, condition, what, seconds=30, or_else=None):
        """Asks repeatedly; `or_else` is a command that is tried once when half the time is over."""
        deadline = time.monotonic() + seconds
        while True:
            found = await condition()
            if found:
                return found
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError("it never came to this: " + what)
            if or_else and left < seconds / 2:
                await self.ami.command(or_else)
                or_else = None
            await asyncio.sleep(0.05)

    # ── the telephones' habits ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def _rings(self, call):
        self.seen.setdefault(call.user, []).append(call)
        habit = self.habits.get(call.user)
        if habit is None:
            call.ring()
        else:
            self._tasks.append(asyncio.get_running_loop().create_task(habit(call)))

    def answers(self, *extensions, after=1.0):
        async def habit(call):
            call.ring()
            await asyncio.sleep(after)
            call.answer()

        for extension in extensions:
            self.habits[str(extension)] = habit

    def rejects(self, *extensions):
        async def habit(call):
            call.ring()
            await asyncio.sleep(0.3)
            call.reject(486)

        for extension in extensions:
            self.habits[str(extension)] = habit

    def only_rings(self, *extensions):
        for extension in extensions:
            self.habits.pop(str(extension), None)

    # ── people ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

    def caller(self, queue_or_number):
        """A call from outside."""
        number = CALLERS[self._callers % len(CALLERS)]
        self._callers += 1
        return self.trunk.call(number, DIAL.get(queue_or_number, queue_or_number), "Chiamante %d" % self._callers)

    def dial(self, extension, number):
        return self.telephones.call(str(extension), str(number))

    async def at(self, *extensions, state="up", seconds=30):
        """Waits for a call in the state at one of these telephones; returns the latest."""

        async def found():
            calls = [call for each in extensions for call in self.seen.get(str(each), []) if call.state == state]
            return max(calls, key=lambda call: call.times[state]) if calls else None

        return await self.until(found, "a call at %s is %s" % (", ".join(map(str, extensions)), state), seconds)

    async def talking(self, queue, *members):
        """Returns a caller and the agent who has answered."""
        members = members or MEMBERS[queue]
        self.answers(*members)
        caller = self.caller(queue)
        return caller, await self.at(*members)

    async def event(self, name):
        """The latest event of this name."""

        async def found():
            return self.ami.last(name)

        return await self.until(found, "the event " + name, 20)

    async def is_over(self, context):
        """Whether no channel is in this context of the dial plan."""
        return "!%s!" % context not in await self.ami.command("core show channels concise")

    async def has_closed(self):
        return self.ami.is_closed

    async def waits(self, queue, callers):
        """Waits until the switch lists this many callers in the queue."""

        async def found():
            entries = await self.ami.act("QueueStatus", Queue=queue)
            return sum(entry.get("Event") == "QueueEntry" for entry in entries) == callers

        await self.until(found, "%d wait in %s" % (callers, queue))

    # ── what only the test can do ───────────────────────────────────────────────────────────────────────────────────────────────────────────

    async def ask(self, what, **details):
        """Asks the test on standard output for what only it can do, and waits for its line."""
        print(json.dumps({"ask": what, **details}), flush=True)
        line = await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
        if line.strip() != "done":
            raise RuntimeError("the test did not do “%s”: %s" % (what, line))

    async def reconnect(self):
        """Call it after the switch was started again: the telephones do not know that their calls are gone."""
        await self.ami.close()
        for agent in (self.telephones, self.trunk):
            for call in agent.calls.values():
                call.end()
        self.seen.clear()
        self.ami = await booted(self.place)

    def facts(self):
        return [call.facts() for call in self.telephones.history + self.trunk.history]
