"""The scenarios: each is a story of people at telephones. What must come of it is not written here; the switch's queue_log and the tests say that.

The pauses are the people's: how long somebody talks, or waits before giving up. Whatever the switch does is waited for as a condition.
"""
import asyncio
import os
import time
from asyncio import sleep

import chaos as random_plays
from stage import MEMBERS

# "full" needs a program that was built for speed: a debug build takes 12,000 events a second on a shared core.
FLOOD = os.environ.get("CENTRALINO_FLOOD", "paced")
# How long the gateway is away; CI has less time.
STOPPED_SECONDS = float(os.environ.get("CENTRALINO_STOPPED_SECONDS", "60"))

# ── plain ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def caller_hangs_up(stage):
    """an agent answers, the caller hangs up"""
    caller, agent = await stage.talking("incentivi")
    await sleep(3)
    caller.hang_up()
    await agent.reach("ended")


async def agent_hangs_up(stage):
    """an agent answers and hangs up"""
    caller, agent = await stage.talking("reclami")
    await sleep(3)
    agent.hang_up()
    await caller.reach("ended")


async def agent_hears_first(stage):
    """the agent answers and hears something for three seconds before the voices are joined; another caller gives up in these seconds"""
    stage.answers(1012)
    caller = stage.caller("annuncio")
    agent = await stage.at(1012)
    await sleep(6)
    caller.hang_up()
    await agent.reach("ended")
    stage.only_rings(1012)
    impatient = stage.caller("annuncio")
    ringing = await stage.at(1012, state="ringing")
    await sleep(1)
    ringing.answer()
    await sleep(1.5)
    impatient.hang_up()
    await ringing.reach("ended")


async def abandoned(stage):
    """three callers give up, one of them at once, while the telephones ring"""
    callers = [(stage.caller("informazioni"), 1), (stage.caller("incentivi"), 4), (stage.caller("informazioni"), 5)]

    async def gives_up(caller, after):
        await sleep(after)
        caller.hang_up()
        await caller.reach("ended")

    await asyncio.gather(*[gives_up(*each) for each in callers])


async def ring_no_answer(stage):
    """two agents let it ring, the third answers"""
    caller = stage.caller("incentivi")
    first = await stage.at(*MEMBERS["incentivi"], state="ringing")
    await first.reach("ended")
    second = await stage.at(*MEMBERS["incentivi"], state="ringing")
    await second.reach("ended")
    stage.answers(*MEMBERS["incentivi"], after=0.5)
    agent = await stage.at(*MEMBERS["incentivi"])
    await sleep(2)
    caller.hang_up()
    await agent.reach("ended")


async def busy_then_answered(stage):
    """one agent refuses the call, another takes it"""
    stage.rejects(1006)
    stage.answers(1007, after=0.5)
    caller = stage.caller("reclami")
    agent = await stage.at(1007)
    await sleep(2)
    agent.hang_up()
    await caller.reach("ended")


async def ring_all_race(stage):
    """three telephones ring, two answer within milliseconds"""
    stage.answers(1001, 1002, after=1.0)
    stage.answers(1003, after=1.3)
    caller = stage.caller("informazioni")
    await stage.at(1001, 1002)
    await sleep(3)
    caller.hang_up()
    await caller.reach("ended")


async def two_callers_one_agent(stage):
    """the second caller waits until the only agent is free again"""
    stage.answers(1006, after=0.5)
    stage.rejects(1007)
    first = stage.caller("reclami")
    agent = await stage.at(1006)
    second = stage.caller("reclami")
    await stage.waits("reclami", 1)
    await sleep(2)
    agent.hang_up()
    await first.reach("ended")
    agent = await stage.at(1006)
    await sleep(2)
    second.hang_up()
    await agent.reach("ended")


async def not_answered_before(stage):
    """the queue is entered without Answer(): one caller is answered, one gives up before anybody had answered"""
    stage.answers(1001, after=1.5)
    caller = stage.caller("0690014")
    agent = await stage.at(1001)
    await sleep(2)
    caller.hang_up()
    await agent.reach("ended")
    stage.only_rings(1001)
    caller = stage.caller("0690014")
    await stage.at(1001, state="ringing")
    await sleep(2)
    caller.hang_up()
    await caller.reach("ended")


# ── ways out of a queue ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def timeout(stage):
    """the queue lets go of a caller after six seconds"""
    await stage.caller("0690011").reach("ended")


async def overflow(stage):
    """incentivi lets go of a caller, informazioni takes him, where an agent answers: one call, two visits"""
    stage.answers(1001, after=1.5)
    caller = stage.caller("0690013")
    agent = await stage.at(1001)
    await sleep(2)
    agent.hang_up()
    await caller.reach("ended")


async def exit_key(stage):
    """one caller presses 1 and is called back later, another presses 9 and is answered in another queue"""
    stage.answers(1002)
    first, second = stage.caller("reclami"), stage.caller("reclami")
    await stage.waits("reclami", 2)
    await sleep(1.5)
    await first.press("1")
    await first.reach("ended")
    await second.press("9")
    agent = await stage.at(1002)
    await sleep(2)
    agent.hang_up()
    await second.reach("ended")


async def join_empty(stage):
    """a queue without agents refuses its callers at the door; one with a paused agent, too"""
    await stage.caller("rigida").reach("ended")
    await stage.ami.act("QueueAdd", Queue="rigida", Interface="PJSIP/1009", MemberName="Ivo Lombardi")
    await stage.ami.act("QueuePause", Queue="rigida", Interface="PJSIP/1009", Paused="true", Reason="Pranzo")
    await stage.caller("rigida").reach("ended")


async def leave_empty(stage):
    """the only agent leaves while somebody waits: the queue puts the caller out"""
    await stage.ami.act("QueueAdd", Queue="rigida", Interface="PJSIP/1009", MemberName="Ivo Lombardi")
    caller = stage.caller("rigida")
    await stage.at(1009, state="ringing")
    await sleep(1)
    await stage.ami.act("QueueRemove", Queue="rigida", Interface="PJSIP/1009")
    await caller.reach("ended")


async def queue_full(stage):
    """two wait, which is all that the waiting room holds; the third is refused"""
    first, second = stage.caller("orientamento"), stage.caller("orientamento")
    await stage.waits("orientamento", 2)
    await stage.caller("orientamento").reach("ended")
    first.hang_up()
    await sleep(1)
    second.hang_up()
    await second.reach("ended")


async def supervisor_moves_caller(stage):
    """a supervisor takes a waiting caller to another queue, where an agent answers"""
    caller = stage.caller("incentivi")
    await stage.waits("incentivi", 1)
    await sleep(2)
    stage.answers(1001)
    channel = stage.ami.last("QueueCallerJoin")["Channel"]
    await stage.ami.act("Redirect", Channel=channel, Context="agents", Exten="6001", Priority="1")
    agent = await stage.at(1001)
    await sleep(2)
    agent.hang_up()
    await caller.reach("ended")


# ── within a call ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def hold(stage):
    """the agent puts the caller on hold twice"""
    caller, agent = await stage.talking("incentivi")
    await sleep(1)
    await agent.hold(2)
    await sleep(1)
    await agent.hold(1.5)
    await sleep(1)
    agent.hang_up()
    await caller.reach("ended")


async def hangs_up_on_hold(stage):
    """the caller hangs up while on hold"""
    caller, agent = await stage.talking("incentivi")
    await sleep(2)
    agent.start_hold()
    await sleep(2)
    caller.hang_up()
    await agent.reach("ended")


async def consultation(stage):
    """the agent asks a colleague, and comes back to the caller"""
    caller, agent = await stage.talking("incentivi")
    await sleep(1)
    agent.start_hold()
    stage.answers(1011, after=0.5)
    asked = stage.dial(agent.user, 1011)
    await asked.reach("up")
    await sleep(2)
    asked.hang_up()
    agent.end_hold()
    await sleep(2)
    caller.hang_up()
    await agent.reach("ended")


async def parking(stage):
    """the agent parks the caller, a colleague takes him out"""
    caller, agent = await stage.talking("informazioni", 1001)
    await sleep(2)
    agent.refer("700")
    parked = await stage.event("ParkedCall")
    await sleep(2)
    colleague = stage.dial(1010, parked["ParkingSpace"])
    await colleague.reach("up")
    await sleep(2)
    colleague.hang_up()
    await caller.reach("ended")


# ── transfers ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def blind_transfer_to_queue(stage):
    """the agent sends the caller to another queue, where a colleague answers"""
    caller, agent = await stage.talking("informazioni", 1001)
    await sleep(2)
    stage.answers(1006, 1007)
    agent.refer("6003")
    colleague = await stage.at(1006, 1007)
    await sleep(2)
    colleague.hang_up()
    await caller.reach("ended")


async def blind_transfer_to_queue_abandoned(stage):
    """the agent sends the caller to another queue, where the caller gives up"""
    caller, agent = await stage.talking("informazioni", 1001)
    await sleep(2)
    agent.refer("6003")
    await stage.waits("reclami", 1)
    await sleep(3)
    caller.hang_up()
    await caller.reach("ended")


async def blind_transfer_to_extension(stage):
    """the agent sends the caller to a colleague's telephone"""
    caller, agent = await stage.talking("incentivi")
    await sleep(2)
    stage.answers(1011)
    agent.refer("1011")
    colleague = await stage.at(1011)
    await sleep(2)
    caller.hang_up()
    await colleague.reach("ended")


async def feature_code_blind_transfer(stage):
    """the same with the switch's own code: #1 and the extension"""
    caller, agent = await stage.talking("informazioni", 1001)
    await sleep(1.5)
    stage.answers(1011)
    await agent.press("#1")
    await sleep(1.2)
    await agent.press("1011")
    colleague = await stage.at(1011)
    await sleep(2)
    colleague.hang_up()
    await caller.reach("ended")


async def attended_transfer(stage):
    """the agent asks a colleague first, and then joins caller and colleague"""
    caller, agent = await stage.talking("informazioni", 1001)
    await sleep(2)
    agent.start_hold()
    stage.answers(1011)
    asked = stage.dial(1001, 1011)
    await asked.reach("up")
    await sleep(2)
    agent.refer("1011", asked)
    await agent.reach("ended")
    await sleep(3)
    caller.hang_up()
    await caller.reach("ended")


async def attended_transfer_through_queue(stage):
    """the agent asks another queue, a colleague there answers and is joined with the caller"""
    caller, agent = await stage.talking("informazioni", 1001)
    await sleep(2)
    agent.start_hold()
    stage.answers(1006, 1007)
    asked = stage.dial(1001, "6003")
    colleague = await stage.at(1006, 1007)
    await sleep(2)
    agent.refer("6003", asked)
    await agent.reach("ended")
    await sleep(3)
    caller.hang_up()
    await colleague.reach("ended")


async def attended_transfer_while_waiting(stage):
    """the agent joins the caller with a consultation that still waits in another queue: the caller inherits the place"""
    caller, agent = await stage.talking("informazioni", 1001)
    await sleep(2)
    agent.start_hold()
    asked = stage.dial(1001, "6003")
    await stage.waits("reclami", 1)
    await sleep(2)
    agent.refer("6003", asked)
    await agent.reach("ended")
    await sleep(2)
    stage.answers(1006, 1007, after=0.5)
    colleague = await stage.at(1006, 1007)
    await sleep(2)
    colleague.hang_up()
    await caller.reach("ended")


async def feature_code_transfer_through_queue(stage):
    """the agent asks another queue by *2; a colleague there answers and keeps the caller"""
    caller, agent = await stage.talking("informazioni", 1001)
    await sleep(1.5)
    stage.answers(1006, 1007)
    await agent.press("*2")
    await sleep(1.2)
    await agent.press("6003")
    colleague = await stage.at(1006, 1007)
    await sleep(3)
    agent.hang_up()
    await agent.reach("ended")
    await sleep(3)
    caller.hang_up()
    await colleague.reach("ended")


async def feature_code_attended_transfer(stage):
    """an attended transfer with the switch's own code: *2 and the extension; the agent hangs up to complete it"""
    caller, agent = await stage.talking("informazioni", 1001)
    await sleep(1.5)
    stage.answers(1011)
    await agent.press("*2")
    await sleep(1.2)
    await agent.press("1011")
    await stage.at(1011)
    await sleep(2)
    agent.hang_up()
    await sleep(3)
    caller.hang_up()
    await caller.reach("ended")


# ── beside the queues ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def pickup_of_queue_call(stage):
    """a colleague who is no member takes a queue's call from a telephone that rings"""
    caller = stage.caller("informazioni")
    await stage.at(1001, state="ringing")
    await sleep(1)
    colleague = stage.dial(1011, "*8")
    await colleague.reach("up")
    await sleep(3)
    colleague.hang_up()
    await sleep(1)
    caller.hang_up()
    await caller.reach("ended")


async def pickup_of_direct_call(stage):
    """a colleague takes a direct call from a telephone that rings"""
    caller = stage.caller("069011011")
    await stage.at(1011, state="ringing")
    await sleep(1)
    colleague = stage.dial(1010, "**1011")
    await colleague.reach("up")
    await sleep(2)
    colleague.hang_up()
    await caller.reach("ended")


async def direct_answered(stage):
    """a direct number: the agent answers, the caller hangs up"""
    stage.answers(1011)
    caller = stage.caller("069011011")
    agent = await stage.at(1011)
    await sleep(2)
    caller.hang_up()
    await agent.reach("ended")


async def direct_not_answered(stage):
    """a direct number: the caller gives up; another time it is busy"""
    caller = stage.caller("069011011")
    await stage.at(1011, state="ringing")
    await sleep(2)
    caller.hang_up()
    await caller.reach("ended")
    stage.rejects(1011)
    caller = stage.caller("069011011")
    await caller.reach("ended")


async def outbound(stage):
    """an agent calls somebody outside, who answers; another does not"""
    stage.answers("0659040090")
    call = stage.dial(1004, "0659040090")
    await call.reach("up")
    await sleep(2)
    call.hang_up()
    await call.reach("ended")
    stage.rejects("0659040091")
    await stage.dial(1004, "0659040091").reach("ended")


async def conference(stage):
    """two callers and an agent meet in a conference, and leave one by one"""
    first, second = stage.caller("0690800"), stage.caller("0690800")
    agent = stage.dial(1010, 8000)
    for each in (first, second, agent):
        await each.reach("up")
    await sleep(3)
    for each in (first, agent, second):
        each.hang_up()
        await sleep(1)


async def callback(stage):
    """the switch calls a customer back; the other half of the Local channel waits in the queue, and stays"""
    await _callback(stage, "Local/3470000044@callback-customer/n")


async def callback_optimised(stage):
    """the same without /n: Asterisk takes the Local channel out when the agent answers, and writes a talk of 0 s"""
    await _callback(stage, "Local/3470000045@callback-customer")


async def _callback(stage, channel):
    stage.answers(*MEMBERS["incentivi"])
    stage.answers("3470000044", "3470000045")
    await stage.ami.act("Originate", Channel=channel, Context="callback-queue", Exten="incentivi", Priority="1", Async="true", Timeout="30000")
    agent = await stage.at(*MEMBERS["incentivi"])
    customer = await stage.at(3470000044, 3470000045)
    await sleep(3)
    agent.hang_up()
    await agent.reach("ended")
    # Else the end of the play would hang up for the customer in the same millisecond.
    await customer.reach("ended")


async def busy_half_minute(stage):
    """ten callers, three queues, everything at once"""
    stage.answers(1001, 1004, 1006, after=0.7)
    stage.answers(1002, after=2)

    async def lives(number):
        await sleep(number * 1.1)
        queue = ("informazioni", "incentivi", "reclami")[number % 3]
        caller = stage.caller(queue)
        await sleep((2, 9, 5, 12)[number % 4])
        caller.hang_up()
        await caller.reach("ended")

    await asyncio.gather(*[lives(number) for number in range(10)])


# ── hostile: the test cuts, stops and kills ─────────────────────────────────────────────────────────────────────────────────────────────


async def cut_in_mid_call(stage):
    """the link is cut while one talks and one waits for whom a telephone rings; it is there again before anything else has happened"""
    talking, agent = await stage.talking("incentivi")
    waiting = stage.caller("sportello")
    colleague = await stage.at(1012, state="ringing")
    await sleep(1)
    await stage.ask("cut")
    await sleep(2)
    await stage.ask("mend")
    await sleep(1)
    colleague.answer()
    await colleague.reach("up")
    await sleep(2)
    colleague.hang_up()
    await waiting.reach("ended")
    talking.hang_up()
    await agent.reach("ended")


async def cut_while_a_ring_ends(stage):
    """a telephone stops to ring while the link is cut; when it is there again, the next call of the queue's to an agent is answered"""
    waiting = stage.caller("reclami")
    unseen = await stage.at(1006, 1007, state="ringing")
    await sleep(1)
    await stage.ask("cut")
    await unseen.reach("ended")
    await stage.ask("mend")
    stage.answers(1006, 1007, after=0.5)
    colleague = await stage.at(1006, 1007)
    await sleep(2)
    colleague.hang_up()
    await waiting.reach("ended")


async def cut_while_much_happens(stage):
    """while the link is cut one call ends, one who waited is answered, one gives up, one joins and waits on"""
    talking, agent = await stage.talking("incentivi")
    waiting, impatient = stage.caller("reclami"), stage.caller("informazioni")
    await stage.waits("reclami", 1)
    await stage.waits("informazioni", 1)
    await sleep(1)
    await stage.ask("cut")
    talking.hang_up()
    impatient.hang_up()
    stage.answers(1006, 1007, after=0.5)
    colleague = await stage.at(1006, 1007)
    newcomer = stage.caller("incentivi")
    stage.only_rings(*MEMBERS["incentivi"])
    await stage.waits("incentivi", 1)
    await stage.ask("mend")
    await stage.ask("see", talking={"reclami": 1}, waiting={"incentivi": 1})
    await sleep(1)
    colleague.hang_up()
    newcomer.hang_up()
    for each in (waiting, newcomer):
        await each.reach("ended")


async def gateway_stopped(stage):
    """the gateway is stopped for a minute while one talks and one waits, and started again"""
    talking, agent = await stage.talking("incentivi")
    waiting = stage.caller("reclami")
    await stage.waits("reclami", 1)
    await sleep(1)
    await stage.ask("stop")
    await sleep(STOPPED_SECONDS)
    await stage.ask("start")
    await stage.ask("see", talking={"incentivi": 1}, waiting={"reclami": 1})
    stage.answers(1006, 1007, after=0.5)
    colleague = await stage.at(1006, 1007)
    await sleep(2)
    colleague.hang_up()
    await waiting.reach("ended")
    talking.hang_up()
    await agent.reach("ended")


async def core_restart(stage):
    """`core restart now` while one talks and one waits; then life goes on"""
    await stage.talking("incentivi")
    stage.caller("reclami")
    await stage.waits("reclami", 1)
    await sleep(2)
    stage.ami.send("Command", Command="core restart now")
    await _life_goes_on(stage)


async def killed(stage):
    """the switch is killed while one talks and one waits, and started again; then life goes on"""
    await stage.talking("incentivi")
    stage.caller("reclami")
    await stage.waits("reclami", 1)
    await sleep(2)
    await stage.ask("kill")
    await stage.ask("restart")
    await _life_goes_on(stage)


async def _life_goes_on(stage):
    await stage.until(stage.has_closed, "the switch's connection ends")
    await stage.reconnect()
    await stage.ask("see", talking={"incentivi": 0}, waiting={"reclami": 0})
    caller, agent = await stage.talking("incentivi")
    await sleep(2)
    caller.hang_up()
    await agent.reach("ended")


async def flood(stage):
    """some 20,000 events a second for some seconds, or 7,000 where the program is a debug build, while somebody is answered"""
    mills = 4
    # A round is ten events of each mill, and the pause.
    rounds, pause = (3000, "0.0015") if FLOOD == "full" else (1500, "0.005")
    # The stage itself could not keep up, and would be cut off.
    await stage.ami.act("Events", EventMask="off")
    began = time.monotonic()
    for _ in range(mills):
        # Unpaced, Asterisk makes 35,000 to 63,000 a second, and falls behind with itself: 16 stamped an AgentConnect 96.6 that queue_log has in second 94.
        # And a debug build of the program reads 12,000: paced at 25,000, beside other work on two cores, it had read 28,000 of 100,000 when Asterisk closed.
        variables = ["ROUNDS=%d" % rounds, "PAUSE=" + pause, "LOAD=" + "x" * 200]
        await stage.ami.act("Originate", Channel="Local/wait@mill/n", Context="mill", Exten="s", Priority="1", Async="true", Variable=variables)
    stage.answers(*MEMBERS["incentivi"])
    caller = stage.caller("incentivi")
    agent = await stage.at(*MEMBERS["incentivi"])
    await stage.until(lambda: stage.is_over("mill"), "the mills are through", 120)
    seconds = time.monotonic() - began
    caller.hang_up()
    await agent.reach("ended")
    await stage.ask("flooded", events=mills * rounds * 10, seconds=round(seconds, 2))


# ── at random ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def chaos(stage):
    """random plays: CENTRALINO_SEED draws them, CENTRALINO_SECONDS is how long callers come"""
    await random_plays.play(stage, int(os.environ.get("CENTRALINO_SEED", "1")), _CHAOS_SECONDS)


_CHAOS_SECONDS = float(os.environ.get("CENTRALINO_SECONDS", "60"))
# The last caller's patience and the hanging up come after that.
chaos.seconds = _CHAOS_SECONDS + 150
