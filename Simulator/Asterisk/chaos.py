"""Random plays: every agent, caller and supervisor draws each next action from a seed.

Nobody knows beforehand what will happen. The judges are the switch's own log, the telephones, and sums that must hold. A
seed repeats the draws but not the play: which of two telephones answers first depends on the machine. So the play is
recorded as it happens; with CENTRALINO_PLAYS a folder keeps

    <version>-<seed>/ami.jsonl, queue_log, meta.json     a recording, as `centralino replay` and `centralino reconcile` read it
    <version>-<seed>/plays.json                          how often each thing was done
"""
import asyncio
import json
import os
import random
import shutil
import time

import telephones
from ami import Recorder
from harness import CALLERS

RATE = 3.0  # callers a second
# Members that the supervisor adds to the queues, beside those of the configuration.
TEAMS = {"informazioni": range(1021, 1024), "incentivi": range(1024, 1034), "reclami": range(1034, 1044), "orientamento": range(1044, 1050)}
DIALLED = {"0690001": 14, "0690002": 16, "0690003": 12, "0690004": 6, "0690011": 4, "0690013": 4, "0690014": 4, "0690015": 5, "0690100": 5,
           "069011004": 3, "069011011": 3}
COLLEAGUES = ("1001", "1004", "1006", "1009", "1011")
QUEUES = ("6001", "6002", "6003", "6004")
# These belong to nobody: numbers that the Italian plan leaves free, or without a subscriber.
OUTSIDE = ("0690555123", "3471112233", "0665551234")
CALLED_BACK = "3470000046"
REASONS = ("Pranzo", "Caffè", "", "Formazione")


async def play(harness, seed, seconds):
    folder = _folder(harness.place, seed)
    if folder is None:
        return await Chaos(harness, seed).run(seconds)
    log = harness.place["queueLog"]
    begin = os.path.getsize(log) if os.path.exists(log) else 0
    start = time.time()
    recorder = await Recorder.connect(harness.place, folder + "/ami.jsonl", start)
    try:
        chaos = Chaos(harness, seed)
        await chaos.run(seconds)
    finally:
        await recorder.close()
        with open(log, "rb") as source, open(folder + "/queue_log", "wb") as copy:
            source.seek(begin)
            shutil.copyfileobj(source, copy)
        meta = {"scenario": "chaos", "variant": str(seed), "asterisk": harness.place["version"], "start_epoch": round(start, 6),
                "seconds": round(time.time() - start, 3), "doc": "random play of seed %d" % seed}
        with open(folder + "/meta.json", "w") as file:
            json.dump(meta, file, indent=1)
        with open(folder + "/plays.json", "w") as file:
            json.dump(chaos.done, file, indent=1, sort_keys=True)


def _folder(place, seed):
    plays = os.environ.get("CENTRALINO_PLAYS")
    if not plays:
        return None
    folder = "%s/%s-%d" % (plays, place["version"], seed)
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    return folder


class Chaos:
    def __init__(self, harness, seed):
        self.harness = harness
        self.random = random.Random(seed)
        self.done = {}
        self._tasks = []

    def note(self, what):
        self.done[what] = self.done.get(what, 0) + 1

    async def pause(self, least, most):
        await asyncio.sleep(self.random.uniform(least, most))

    def lasts(self, mean):
        return self.random.expovariate(1 / mean)

    def start(self, task):
        self._tasks.append(asyncio.get_running_loop().create_task(task))

    async def run(self, seconds):
        harness = self.harness
        # Enough for the switch to join Local channels; three seconds of each voice are too much for a small machine.
        telephones.VOICE_SECONDS = 0.3
        for queue, extensions in TEAMS.items():
            for extension in extensions:
                await self._log_on(queue, extension)
        for extension in [each for team in TEAMS.values() for each in team] + [1002, 1003, 1005, 1007, 1008, 1010]:
            harness.habits[str(extension)] = self.agent
        for extension in COLLEAGUES:
            harness.habits[extension] = self.colleague
        for number in OUTSIDE + (CALLED_BACK,):
            harness.habits[number] = self.outsider
        supervisor = asyncio.get_running_loop().create_task(self.supervisor())
        callers = []
        begin, due = time.monotonic(), 0.0
        try:
            while due < seconds:
                due += self.random.expovariate(RATE)
                await asyncio.sleep(max(0, begin + due - time.monotonic()))
                callers.append(asyncio.get_running_loop().create_task(self.caller()))
                del harness.ami.events[:-5000]  # the harness keeps all; a play brings minutes of them
            await asyncio.wait(callers, timeout=80)
        finally:
            supervisor.cancel()
        for agent in (harness.telephones, harness.trunk):
            for call in list(agent.calls.values()):
                call.hang_up()
        await harness.until(harness.is_quiet, "no channel is open", 20, or_else="channel request hangup all")
        for task in self._tasks:
            task.cancel()
        # The log's last lines may be this late.
        await asyncio.sleep(3)

    async def _log_on(self, queue, extension):
        await self.harness.ami.act(
            "QueueAdd", Queue=queue, Interface="PJSIP/%d" % extension, MemberName="Operatore %d" % extension, Penalty="0")

    # ── who calls ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────

    async def caller(self):
        number = self.random.choices(list(DIALLED), list(DIALLED.values()))[0]
        call = self.harness.trunk.call(self.random.choice(CALLERS), number)
        patience = time.monotonic() + min(70, 3 + self.lasts(22))
        chance = self.random.random()
        if number == "0690100":
            await _reaches(call, "up", 4)
            await self.pause(.8, 2)
            if call.state == "up":
                await call.press(self.random.choice("17"))
        elif number == "0690003" and chance < .25:
            await _reaches(call, "up", 4)
            await self.pause(1, 5)
            if call.state == "up":
                self.note("exit key")
                await call.press(self.random.choice("19"))
        elif chance < .05:
            await self.pause(4, 9)
            if call.state == "up":
                self.note("caller holds")
                await call.hold(self.random.uniform(1, 3))
        await _reaches(call, "ended", max(.1, patience - time.monotonic()))
        call.hang_up()

    async def outsider(self, call):
        call.ring()
        chance = self.random.random()
        if chance < .2:
            await self.pause(.5, 2)
            call.reject(self.random.choice((486, 404)))
        elif chance > .3:
            await self.pause(.5, 2)
            call.answer()
            await asyncio.sleep(1 + self.lasts(4))
            call.hang_up()

    # ── who answers ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

    async def agent(self, call):
        chance = self.random.random()
        if chance < .03:
            self.note("sent on (302)")
            return call.send_on(self.random.choice(COLLEAGUES))
        call.ring()
        if chance < .13:
            return self.note("no answer")
        if chance < .17:
            await self.pause(.1, 1)
            self.note("rejected")
            return call.reject(self.random.choice((486, 480, 603)))
        await self.pause(.2, 3)
        call.answer()
        await asyncio.sleep(.3 + self.lasts(3))
        if call.state != "up":
            return None
        chance = self.random.random()
        if chance < .40:
            self.note("plain")
            await asyncio.sleep(self.lasts(4))
        elif chance < .52:
            await self._holds(call)
        elif chance < .64:
            self.note("blind transfer")
            call.refer(self.random.choice(QUEUES + COLLEAGUES + OUTSIDE + ("7777",)))
            await self.pause(2, 5)
        elif chance < .80:
            await self._attended(call)
        elif chance < .90:
            await self._by_feature_code(call)
        elif chance < .96:
            await self._parks(call)
        else:
            self.note("long")
            await self.pause(8, 15)
        return call.hang_up()

    async def colleague(self, call):
        call.ring()
        if self.random.random() < .25:
            return self.note("colleague: no answer")
        await self.pause(.3, 3)
        call.answer()
        await asyncio.sleep(.5 + self.lasts(4))
        if call.state == "up" and self.random.random() < .15:
            self.note("colleague: blind transfer")
            call.refer(self.random.choice(QUEUES + COLLEAGUES))
            await self.pause(2, 4)
        return call.hang_up()

    async def _holds(self, call):
        self.note("hold")
        for _ in range(self.random.randint(1, 3)):
            if call.state == "up":
                await call.hold(self.random.uniform(.3, 3))
                await self.pause(.3, 2)
        if call.state == "up" and self.random.random() < .3:
            call.start_hold()
            await self.pause(.5, 2)

    async def _attended(self, call):
        to = self.random.choice(COLLEAGUES + QUEUES)
        call.start_hold()
        await self.pause(.2, .6)
        asking = self.harness.dial(call.user, to)
        chance = self.random.random()
        if chance < .2:
            await self.pause(.3, 1.2)
            self.note("attended: before an answer")
            return call.refer(to, asking) if call.state == "up" and asking.state in ("up", "ringing") else asking.hang_up()
        await _reaches(asking, "up", self.random.uniform(2, 9))
        if asking.state == "up":
            await self.pause(.5, 4)
        if asking.state != "up":
            self.note("attended: no answer")
            asking.hang_up()
        elif chance < .65 and call.state == "up":
            self.note("attended")
            call.refer(to, asking)
            await self.pause(2, 4)
            return asking.hang_up()
        elif chance < .8:
            self.note("attended: given up")
            asking.hang_up()
        else:
            self.note("attended: both left")
            call.hang_up()
            await self.pause(.1, .4)
            return asking.hang_up()
        await self.pause(.2, .5)
        if call.state == "up":
            call.end_hold()
        return await self.pause(.5, 4)

    async def _by_feature_code(self, call):
        to = self.random.choice(COLLEAGUES + QUEUES)
        if self.random.random() < .4:
            self.note("#1")
            await call.press("#1")
            await asyncio.sleep(1.2)
            await call.press(to)
            return await self.pause(3, 5)
        await call.press("*2")
        await asyncio.sleep(1.2)
        await call.press(to)
        await self.pause(1, 7)
        then = self.random.choices(("", "*2", "*1", "*3"), (4, 2, 2, 2))[0]
        self.note("*2 " + then)
        if then and call.state == "up":
            await call.press(then)
            await self.pause(2, 5)
        return None

    async def _parks(self, call):
        before = len(self.harness.ami.events)
        if self.random.random() < .6:
            call.refer("700")
        else:
            await call.press("#72")
        await self.pause(1.5, 4)
        parked = next((each for each in self.harness.ami.events[min(before, 4000):] if each["Event"] == "ParkedCall"), None)
        if parked and self.random.random() < .6:
            self.note("parked: fetched")
            fetching = self.harness.dial(self.random.choice(COLLEAGUES), parked["ParkingSpace"])
            await _reaches(fetching, "up", 4)
            await self.pause(1, 5)
            fetching.hang_up()
        else:
            self.note("parked: left")
        await self.pause(.2, 1)

    # ── who supervises ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

    async def supervisor(self):
        act = self.harness.ami.act
        while True:
            await asyncio.sleep(self.lasts(2))
            chance = self.random.random()
            extension = self.random.randint(1021, 1049)
            queue = next(name for name, team in TEAMS.items() if extension in team)
            interface = "PJSIP/%d" % extension
            of_queues = [each for each in self.harness.ami.events[-4000:] if each["Event"] in ("QueueCallerJoin", "AgentConnect")]
            if chance < .45:
                await act("QueuePause", Interface=interface, Paused="true", Reason=self.random.choice(REASONS))
                self.start(self._comes_back(interface, self.lasts(8)))
            elif chance < .6:
                self.note("logged off")
                await act("QueueRemove", Queue=queue, Interface=interface)
                await self.pause(.5, 4)
                await self._log_on(queue, extension)
            elif chance < .68 and of_queues:
                self.note("redirected")
                await act("Redirect", Channel=of_queues[-1]["Channel"], Context="agents", Exten=self.random.choice(QUEUES + COLLEAGUES),
                          Priority="1")
            elif chance < .74 and of_queues:
                self.note("hung up over AMI")
                await act("Hangup", Channel=of_queues[-1]["Channel"], Cause="16")
            elif chance < .82:
                self.note("pick-up")
                self.start(self._dials(self.random.choice(COLLEAGUES), "*8", 4))
            elif chance < .90:
                self.note("outbound")
                self.start(self._dials(self.random.choice(COLLEAGUES), self.random.choice(OUTSIDE), self.random.uniform(3, 9)))
            elif chance < .95:
                self.note("click to dial")
                await act("Originate", Channel="PJSIP/" + self.random.choice(COLLEAGUES), Context="agents", Exten=self.random.choice(OUTSIDE),
                          Priority="1", Async="true", Timeout="8000")
            else:
                self.note("callback")
                await act("Originate", Channel="Local/%s@callback-customer%s" % (CALLED_BACK, self.random.choice(("/n", ""))),
                          Context="callback-queue", Exten=self.random.choice(("incentivi", "reclami")), Priority="1", Async="true", Timeout="20000")

    async def _comes_back(self, interface, after):
        await asyncio.sleep(after)
        await self.harness.ami.act("QueuePause", Interface=interface, Paused="false")

    async def _dials(self, extension, number, seconds):
        call = self.harness.dial(extension, number)
        await _reaches(call, "ended", seconds)
        call.hang_up()


async def _reaches(call, state, seconds):
    """Whether the call reaches the state in time; somebody else may end it before."""
    try:
        await call.reach(state, seconds)
        return True
    except TimeoutError:
        return False
