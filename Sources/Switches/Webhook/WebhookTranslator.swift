import Telephony
import Time
import Webhook

/// A cloud switch's canonical events in our words: the same ``SwitchEvent``s that an Asterisk would have caused, so that a call which arrives by
/// webhook makes a record, pops and counts by the same code.
///
/// A call becomes a customer's channel, one channel for each agent who is rung, and a bridge. What comes twice is known by its content, what comes
/// too early waits for what it needs, and what comes too late changes nothing (``WebhookOrder``).
public struct WebhookTranslator: Codable, Equatable, Sendable {
    private struct Call: Codable, Equatable, Sendable {
        /// Its channel exists.
        var isKnown = false
        var queue: QueueName?
        var ringing: [Webhook.CallEvent.Agent] = []
        var answered: Webhook.CallEvent.Agent?
        /// How many queues it has been in: who rings for the second is on another leg than who rang for the first.
        var round = 0
        /// Of its last event: the entry in `order` that holds, and its time in uptime.
        var number: UInt64 = 0
        var heard = Span.zero
        var told = WebhookOrder()
        /// nil before the first event that says when it happened. These are nil in checkpoints of before, too.
        var clock: SenderClock?
        /// What was told of the caller in any event; `withheld` for good.
        var caller: CallerID?
        /// What was said not to be the caller's number: other events repeat it without saying so.
        var unavailable: String?
    }

    private struct Heard: Codable, Equatable, Sendable {
        var call: String
        var number: UInt64
    }

    /// Calls whose end never comes must not fill the memory: beyond this, new ones are not followed.
    public static let callLimit = 50_000
    /// A call of which nothing was heard for so long is over, whatever became of its end.
    public static let callLifetime = Span.seconds(24 * 3600)
    /// A sender's clock further from ours than this is not believed; the moment of receipt counts.
    public static let clockTolerance = Span.seconds(300)

    private var calls: [String: Call] = [:]
    /// The calls' events, the oldest first; of each call only the last one counts. What lies before `first` is gone.
    private var order: [Heard] = []
    private var first = 0
    private var nextNumber: UInt64 = 0
    public private(set) var callsRefused = 0
    private var ended = EndedCalls()
    /// Calls that have an event which is held, by the time at which it is taken, the earliest first. nil in checkpoints of before.
    private var held: [Held]?

    /// What this source tells of its calls at all: what it never tells is not waited for. nil in checkpoints of before.
    private var kinds: Set<String>?
    /// Our uptime minus our date, once for all calls: each event's own would move equal dates apart. nil in checkpoints of before.
    private var base: Span?
    private var discarded: Int?
    /// Events that changed nothing: they came too late, or their call's queue never came. Repetitions are not counted.
    public var eventsDiscarded: Int { discarded ?? 0 }

    private struct Held: Codable, Equatable, Sendable {
        var due: Span
        var call: String
    }

    public init() {}

    /// A ``SwitchEvent`` and when it happened.
    public struct Timed: Equatable, Sendable {
        public var event: SwitchEvent
        public var moment: Moment
    }

    /// When the first event of a call happened: the sender's instant, on our monotonic clock.
    public func moment(of event: Webhook.CallEvent, received now: Moment) -> Moment {
        guard let sent = UnixTime(rfc3339: event.timestamp) else { return now }
        return SenderClock(sent: sent, received: now, base: base ?? SenderClock.base(at: now)).moment(of: sent)
    }

    /// What the event means, in order; before it, the end of calls that have been silent for too long. `now` is when it was received.
    public mutating func events(_ event: Webhook.CallEvent, received now: Moment) -> [Timed] {
        let id = event.callId
        let sent = UnixTime(rfc3339: event.timestamp)
        var result = calls[id] == nil ? expire(at: now.uptime).map { Timed(event: $0, moment: now) } : []
        if calls[id] == nil, ended.isOver(id, event.type, at: sent ?? now.date) {
            discard(1)
            return result
        }
        guard calls[id] != nil || calls.count < Self.callLimit else {
            callsRefused += 1
            return result
        }
        setBase(at: now)
        var call = calls[id] ?? Call()
        let (moment, isMisdated) = place(sent, in: &call, received: now)
        if isMisdated, call.isKnown { result.append(Timed(event: .misdated(ChannelID(id)), moment: moment)) }
        // Whatever becomes of the event: what a caller asked for counts from when we know it.
        if let caller = learn(event.from, in: &call) {
            result.append(Timed(event: .callerIdentified(ChannelID(id), caller), moment: moment))
        }
        let due = WebhookOrder.due(event.type, at: moment, received: now)
        let insertion = call.told.insert(event, at: moment, due: due)
        calls[id] = call
        if insertion == .refused { discard(1) }
        guard insertion == .new else { return result }
        heard(id, at: now.uptime)
        kinds = (kinds ?? []).union([event.type.rawValue])
        take(id, at: now, into: &result)
        if calls[id]?.told.holds(until: due) == true { hold(id, until: due) }
        return result
    }

    private mutating func discard(_ count: Int) { discarded = eventsDiscarded + count }

    // MARK: when it happened

    /// Our clock was set, or this is the first event: what differs by less is the time between two readings.
    private mutating func setBase(at now: Moment) {
        let read = SenderClock.base(at: now)
        if let base, abs((read - base).microseconds) <= Self.baseTolerance.microseconds { return }
        base = read
    }

    private static let baseTolerance = Span.milliseconds(100)

    /// When it happened, by the call's clock, which this may set. True where the call's clock was found to be wrong after something had been taken by it:
    /// the call's durations are then not the sender's.
    private func place(_ sent: UnixTime?, in call: inout Call, received now: Moment) -> (Moment, isMisdated: Bool) {
        guard let sent else { return (now, false) }
        let here = SenderClock(sent: sent, received: now, base: base ?? SenderClock.base(at: now))
        guard let clock = call.clock else {
            call.clock = here
            return (here.moment(of: sent), false)
        }
        let moment = clock.moment(of: sent)
        guard let began = call.told.began else {
            // Nothing was taken yet. Nothing comes before it happens: of several, the one that was least delayed says most about an assumed clock.
            guard !clock.isBelieved, moment.uptime > now.uptime else { return (moment, false) }
            call.clock = here
            call.told.move(by: here.shift - clock.shift)
            return (here.moment(of: sent), false)
        }
        // The sender's clock was set, or the call's first event was long on its way and its clock is right.
        let isAhead = moment.uptime - now.uptime > (clock.isBelieved ? Self.clockTolerance : Self.freshness)
        // A late delivery is dated within the call; a clock that was set back dates an event before its call.
        let isBefore = began - moment.date > Self.clockTolerance && now.uptime - moment.uptime > Self.clockTolerance
        guard isAhead || isBefore else { return (moment, false) }
        call.clock = here
        return (here.moment(of: sent), true)
    }

    // MARK: who calls

    /// What the event says of the caller that was not known; nil where that is nothing, or where the channel does not exist yet.
    private func learn(_ from: Webhook.CallEvent.Caller?, in call: inout Call) -> CallerID? {
        guard let from, call.caller != .withheld else { return nil }
        let caller: CallerID
        switch from.presentation {
        // Restricted numbers are not to be known: not even when the sender sends them.
        case .restricted: caller = .withheld
        // What stands there is not the caller's number, and the name beside it is that number's.
        case .unavailable:
            call.unavailable = from.raw ?? call.unavailable
            return nil
        case .allowed where from.raw != nil && from.raw == call.unavailable: return nil
        case .allowed: caller = CallerID(number: from.raw ?? "", name: from.name ?? "")
        }
        let known = call.caller ?? CallerID(number: "", name: "")
        guard caller == .withheld || known.number.isEmpty && caller != known && !(caller.number.isEmpty && caller.name.isEmpty) else {
            return nil
        }
        call.caller = caller
        return call.isKnown ? caller : nil
    }

    // MARK: what is held

    /// When to call ``deadlineReached(at:)``, in our uptime.
    public var nextDeadline: Span? { held?.first?.due }

    /// What was held for long enough, in the order in which it happened.
    public mutating func deadlineReached(at now: Moment) -> [Timed] {
        var result: [Timed] = []
        while let first = held?.first, first.due <= now.uptime {
            held?.removeFirst()
            take(first.call, at: now, into: &result)
        }
        return result
    }

    /// Nothing comes any more: what is held is taken now.
    public mutating func releaseAll(at now: Moment) -> [Timed] {
        deadlineReached(at: Moment(uptime: max(now.uptime, held?.last?.due ?? now.uptime), date: now.date))
    }

    private mutating func hold(_ id: String, until due: Span) {
        var place = held?.count ?? 0
        // Most are held for the same time: the place is near the end.
        while place > 0, held![place - 1].due > due { place -= 1 }
        held = held ?? []
        held!.insert(Held(due: due, call: id), at: place)
    }

    private mutating func take(_ id: String, at now: Moment, into result: inout [Timed]) {
        while let next = nextEvent(of: id, at: now) {
            let clock = calls[id]?.clock
            if let answer = answer(toldBy: next, id) { result += translated(answer.event).map { Timed(event: $0, moment: answer.moment) } }
            result += translated(next.event).map { Timed(event: $0, moment: next.moment) }
            if calls[id] == nil { ended.insert(id, at: clock?.sent(at: next.moment) ?? next.moment.date) }
        }
    }

    private mutating func nextEvent(of id: String, at now: Moment) -> WebhookOrder.Waiting? {
        guard let call = calls[id] else { return nil }
        let kinds = kinds ?? []
        let progress = WebhookOrder.Progress(queue: call.queue, isKnown: call.isKnown, isAnswered: call.answered != nil)
        var late = 0
        let next = calls[id]?.told.next(of: progress, at: now.uptime, discarded: &late) { Self.isPrompt($0, call, kinds, at: now) }
        if late > 0 { discard(late) }
        return next
    }

    /// A telephone that rings must not be told late: what has just happened, and lacks nothing before it, goes out at once. What happened longer ago was delayed
    /// on its way, and others with it. An end always waits: it may have overtaken the answer.
    private static func isPrompt(_ waiting: WebhookOrder.Waiting, _ call: Call, _ kinds: Set<String>, at now: Moment) -> Bool {
        func isTold(_ kind: Webhook.CallEvent.Kind) -> Bool { kinds.contains(kind.rawValue) }
        guard now.uptime - waiting.moment.uptime <= freshness else { return false }
        // By a clock that is far from ours the first event says nothing of how long it was on its way.
        if call.told.began == nil, call.clock?.isBelieved == false { return false }
        return switch waiting.event.type {
        case .initiated, .transferred: true
        case .queued: call.isKnown || !isTold(.initiated)
        case .ringing: call.queue != nil && call.answered == nil
        case .answered:
            call.queue != nil
                && (!isTold(.ringing) || waiting.event.agent.map { agent in call.ringing.contains { $0.id == agent.id } } ?? false)
        case .held, .resumed: call.answered != nil
        case .ended: false
        }
    }

    /// Longer on its way than this is late: many senders tell whole seconds, so that what happened just now may look a second old.
    public static let freshness = Span.seconds(2)

    /// An end that tells of talk tells of an answer that was not heard, or is still on its way: a caller who talked did not flow out.
    private func answer(toldBy end: WebhookOrder.Waiting, _ id: String) -> WebhookOrder.Waiting? {
        guard end.event.type == .ended, let talk = end.event.talkSeconds, talk > 0, let call = calls[id], call.queue != nil,
            call.answered == nil, let agent = end.event.agent ?? (call.ringing.count == 1 ? call.ringing[0] : nil)
        else { return nil }
        var answer = end.event
        (answer.type, answer.agent) = (.answered, agent)
        let before = Span.milliseconds(-Int64((min(talk, 604_800) * 1000).rounded()))
        let date = max(end.moment.date + before, call.told.previous ?? end.moment.date + before)
        return WebhookOrder.Waiting(event: answer, moment: Moment(uptime: end.moment.uptime + (date - end.moment.date), date: date))
    }

    private mutating func translated(_ event: Webhook.CallEvent) -> [SwitchEvent] {
        let id = event.callId
        let customer = ChannelID(id)
        let bridge = BridgeID(id)
        let caller = calls[id]?.caller ?? CallerID(number: "", name: "")
        let created = SwitchEvent.channelCreated(
            Channel(id: customer, call: CallID(id), name: id, caller: caller, called: event.to ?? ""))

        switch event.type {
        case .initiated:
            calls[id, default: Call()].isKnown = true
            return [created]
        case .queued:
            var before = calls[id, default: Call()]
            before.isKnown = true
            guard let name = event.queue else {
                // Which queue is not known, but the channel exists: its end must find it.
                calls[id] = before
                return [created]
            }
            var call = before
            (call.queue, call.ringing, call.answered, call.round) = (QueueName(name), [], nil, before.round + 1)
            calls[id] = call
            // Whoever rang for the first queue rings no more; a leg left over would be counted for the second one.
            var left = before.ringing.flatMap { stopped(id, before, $0, .noAnswer) }
            if let agent = before.answered {
                left += [.bridgeLeft(bridge, customer), .channelEnded(channel(id, before, agent), DialplanPosition())]
            } else if let queue = before.queue {
                // Out of the first one alive, for a reason that nobody told.
                left += [.queueAbandoned(queue, customer, DialplanPosition()), .queueLeft(queue, customer, DialplanPosition())]
            }
            return [created] + left + [.queueJoined(QueueName(name), customer, caller, position: 0, DialplanPosition())]
        case .ringing:
            guard let agent = event.agent, let call = calls[id], let queue = call.queue,
                !call.ringing.contains(where: { $0.id == agent.id })
            else {
                return []
            }
            calls[id]?.ringing.append(agent)
            return [.agentCalled(queue, customer, ref(agent), destination: channel(id, call, agent))]
        case .answered:
            guard let told = event.agent, let call = calls[id], let queue = call.queue, call.answered == nil else { return [] }
            // One who rang may be told without the name here.
            let agent = call.ringing.first { $0.id == told.id && told.name == nil } ?? told
            let others = call.ringing.filter { $0.id != agent.id }
            calls[id]?.ringing = []
            calls[id]?.answered = agent
            return [
                .dialEnded(destination: channel(id, call, agent), .answered), .queueLeft(queue, customer, DialplanPosition()),
                .agentConnected(queue, customer, ref(agent), destination: channel(id, call, agent)),
            ]
                + others.flatMap { stopped(id, call, $0, .cancelled) }
                + [
                    .bridgeEntered(bridge, .conversation, phone(id, call, agent), replacing: nil),
                    .bridgeEntered(
                        bridge, .conversation, Channel(id: customer, call: CallID(id), name: id, caller: caller, called: event.to ?? ""),
                        replacing: nil),
                ]
        case .held: return calls[id].flatMap { call in call.answered.map { [.held(channel(id, call, $0))] } } ?? []
        case .resumed: return calls[id].flatMap { call in call.answered.map { [.retrieved(channel(id, call, $0))] } } ?? []
        case .transferred: return []
        case .ended:
            guard let call = calls.removeValue(forKey: id) else { return [] }
            discard(call.told.waitingCount)
            return hangup(of: call, id, by: event.endedBy) + parting(call, id)
        }
    }

    /// Who asked for the end, where that is known.
    private func hangup(of call: Call, _ id: String, by side: Webhook.CallEvent.EndedBy?) -> [SwitchEvent] {
        let customer = ChannelID(id)
        switch side {
        case .agent?: return call.answered.map { [.hangupRequested(channel(id, call, $0), byPeer: true, DialplanPosition())] } ?? []
        // A caller whom the switch sends away did not abandon: without a hang-up, the visit flows out for a reason that nobody told.
        case .system?: return call.answered == nil ? [] : [.hangupRequested(customer, byPeer: false, DialplanPosition())]
        case .caller?: return [.hangupRequested(customer, byPeer: true, DialplanPosition())]
        // A caller who is alone in a queue when the call ends has left; in a conversation it is not known who did.
        case nil: return call.answered == nil ? [.hangupRequested(customer, byPeer: true, DialplanPosition())] : []
        }
    }

    private func parting(_ call: Call, _ id: String) -> [SwitchEvent] {
        let customer = ChannelID(id)
        var events: [SwitchEvent] = []
        if let agent = call.answered {
            events.append(.bridgeLeft(BridgeID(id), customer))
            events.append(.channelEnded(channel(id, call, agent), DialplanPosition()))
        } else if let queue = call.queue {
            events.append(.queueAbandoned(queue, customer, DialplanPosition()))
            events.append(.queueLeft(queue, customer, DialplanPosition()))
        }
        for agent in call.ringing { events.append(.channelEnded(channel(id, call, agent), DialplanPosition())) }
        return events + [.channelEnded(customer, DialplanPosition())]
    }

    /// A phone that rang, and rings no more.
    private func stopped(_ id: String, _ call: Call, _ agent: Webhook.CallEvent.Agent, _ status: DialStatus) -> [SwitchEvent] {
        [.dialEnded(destination: channel(id, call, agent), status), .channelEnded(channel(id, call, agent), DialplanPosition())]
    }

    // MARK: age

    private mutating func heard(_ id: String, at now: Span) {
        guard calls[id] != nil else { return }
        calls[id]?.number = nextNumber
        calls[id]?.heard = now
        order.append(Heard(call: id, number: nextNumber))
        nextNumber += 1
        // Half or more is of the past: each event costs the same on average.
        if order.count >= 2 * calls.count + 256 {
            order = order[first...].filter { calls[$0.call]?.number == $0.number }
            first = 0
        }
    }

    /// The end of calls whose end was never told. What became of them is not known: only their channels are gone.
    private mutating func expire(at now: Span) -> [SwitchEvent] {
        var events: [SwitchEvent] = []
        while first < order.count {
            let (id, number) = (order[first].call, order[first].number)
            if let call = calls[id], call.number == number {
                guard now - call.heard >= Self.callLifetime else { break }
                calls[id] = nil
                discard(call.told.waitingCount)
                // Of a call of which only later events were told there is nothing to end.
                guard call.isKnown else { first += 1; continue }
                for agent in call.ringing + (call.answered.map { [$0] } ?? []) {
                    events.append(.channelEnded(channel(id, call, agent), DialplanPosition()))
                }
                events.append(.channelEnded(ChannelID(id), DialplanPosition()))
            }
            first += 1
        }
        return events
    }

    private func channel(_ id: String, _ call: Call, _ agent: Webhook.CallEvent.Agent) -> ChannelID {
        ChannelID("\(id)/\(agent.id)\(call.round > 1 ? "/\(call.round)" : "")")
    }

    private func phone(_ id: String, _ call: Call, _ agent: Webhook.CallEvent.Agent) -> Channel {
        let leg = channel(id, call, agent)
        return Channel(
            id: leg, call: CallID(id), name: leg.rawValue, kind: .phone, isIncoming: false, device: Interface(agent.id))
    }

    private func ref(_ agent: Webhook.CallEvent.Agent) -> AgentRef {
        AgentRef(interface: Interface(agent.id), name: agent.name ?? agent.id)
    }
}
