import Telephony
import Time
import Webhook

/// Translates a cloud switch's canonical events into the ``SwitchEvent``s that an Asterisk would have caused. So a call
/// that arrives by webhook makes a record, pops and counts by the same code.
///
/// A call becomes a customer's channel, one channel for each agent who is rung, and a bridge. A repeated event is
/// recognised by its content, an early event waits for what it needs, and a late event changes nothing
/// (``WebhookOrder``).
public struct WebhookTranslator: Codable, Equatable, Sendable {
    private struct Call: Codable, Equatable, Sendable {
        /// Whether its channel exists.
        var isKnown = false
        var queue: QueueName?
        var ringing: [Webhook.CallEvent.Agent] = []
        var answered: Webhook.CallEvent.Agent?
        /// The number of queues so far: an agent who rings for the second queue has another leg than for the first.
        var round = 0
        /// Its last event: the valid entry in `order`, and its uptime.
        var number: UInt64 = 0
        var heard = Span.zero
        var told = WebhookOrder()
        /// nil before the first event with a time. This and what follows are nil in older checkpoints, too.
        var clock: SenderClock?
        /// What any event said about the caller; once `withheld`, it remains so.
        var caller: CallerID?
        /// A number that was marked as not the caller's: other events repeat it without the mark.
        var unavailable: String?
    }

    private struct Heard: Codable, Equatable, Sendable {
        var call: String
        var number: UInt64
    }

    /// Calls without an end must not fill the memory: beyond this number, new ones are not followed.
    public static let callLimit = 50_000
    /// A call without an event for this long counts as over.
    public static let callLifetime = Span.seconds(24 * 3600)
    /// A sender's clock further from ours than this is not trusted; the moment of receipt counts.
    public static let clockTolerance = Span.seconds(300)

    private var calls: [String: Call] = [:]
    /// The calls' events, the oldest first; only the last entry of a call is valid. Entries before `first` are used up.
    private var order: [Heard] = []
    private var first = 0
    private var nextNumber: UInt64 = 0
    public private(set) var callsRefused = 0
    private var ended = EndedCalls()
    /// Calls with a held event, by the time at which it is due, the earliest first. nil in older checkpoints.
    private var held: [Held]?

    /// The kinds of events that this source sends at all: others are not waited for. nil in older checkpoints.
    private var kinds: Set<String>?
    /// Our uptime minus our date, one value for all calls: a value for each event would separate equal dates. nil in
    /// older checkpoints.
    private var base: Span?
    private var discarded: Int?
    /// Events that changed nothing: they came too late, or their call's queue was never sent. Repetitions are not
    /// counted.
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

    /// The event's meaning, in order; before it, the end of calls that have been silent for too long. `now` is the time
    /// of receipt.
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
        // Even if the event itself is discarded: a caller's wish to be withheld counts from the moment at which we know
        // it.
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

    /// Sets the base for the first event, or after our clock was set. A smaller difference is the time between two
    /// readings.
    private mutating func setBase(at now: Moment) {
        let read = SenderClock.base(at: now)
        if let base, abs((read - base).microseconds) <= Self.baseTolerance.microseconds { return }
        base = read
    }

    /// The time between two readings of our clocks, with room for a busy machine.
    private static let baseTolerance = Span.milliseconds(100)
    /// A week: nobody talks for longer, and the span does not overflow.
    private static let longestTalkSeconds = 604_800.0

    /// When the event happened, by the call's clock, which this may set. `isMisdated` means that the call's clock was
    /// found to be wrong after an event had been applied by it: the call's durations are then not the sender's.
    private func place(_ sent: UnixTime?, in call: inout Call, received now: Moment) -> (Moment, isMisdated: Bool) {
        guard let sent else { return (now, false) }
        let here = SenderClock(sent: sent, received: now, base: base ?? SenderClock.base(at: now))
        guard let clock = call.clock else {
            call.clock = here
            return (here.moment(of: sent), false)
        }
        let moment = clock.moment(of: sent)
        guard let began = call.told.began else {
            // Nothing was applied yet. No event arrives before it happens, so for an assumed clock the least delayed
            // event is the best evidence.
            guard !clock.isBelieved, moment.uptime > now.uptime else { return (moment, false) }
            call.clock = here
            call.told.move(by: here.shift - clock.shift)
            return (here.moment(of: sent), false)
        }
        // The sender's clock was set; or the call's first event was long on its way, and the clock is right.
        let isAhead = moment.uptime - now.uptime > (clock.isBelieved ? Self.clockTolerance : Self.freshness)
        // A late delivery is dated within the call; a clock that was set back dates an event before its call.
        let isBefore = began - moment.date > Self.clockTolerance && now.uptime - moment.uptime > Self.clockTolerance
        guard isAhead || isBefore else { return (moment, false) }
        call.clock = here
        return (here.moment(of: sent), true)
    }

    // MARK: who calls

    /// What is new about the caller in this event; nil if nothing is, or if the channel does not exist yet.
    private func learn(_ from: Webhook.CallEvent.Caller?, in call: inout Call) -> CallerID? {
        guard let from, call.caller != .withheld else { return nil }
        let caller: CallerID
        switch from.presentation {
        // Withheld numbers are not used, even if the sender sends them.
        case .restricted: caller = .withheld
        // The number is not the caller's, and the name belongs to that number.
        case .unavailable:
            call.unavailable = from.raw ?? call.unavailable
            return nil
        case .allowed where from.raw != nil && from.raw == call.unavailable: return nil
        case .allowed: caller = CallerID(number: from.raw ?? "", name: from.name ?? "")
        }
        let known = call.caller ?? CallerID(number: "", name: "")
        guard
            caller == .withheld
                || known.number.isEmpty && caller != known && !(caller.number.isEmpty && caller.name.isEmpty)
        else {
            return nil
        }
        call.caller = caller
        return call.isKnown ? caller : nil
    }

    // MARK: held events

    /// When to call ``deadlineReached(at:)``, in our uptime.
    public var nextDeadline: Span? { held?.first?.due }

    /// The events that were held long enough, in the order in which they happened.
    public mutating func deadlineReached(at now: Moment) -> [Timed] {
        var result: [Timed] = []
        while let first = held?.first, first.due <= now.uptime {
            held?.removeFirst()
            take(first.call, at: now, into: &result)
        }
        return result
    }

    /// Applies all held events, because no more will arrive.
    public mutating func releaseAll(at now: Moment) -> [Timed] {
        deadlineReached(at: Moment(uptime: max(now.uptime, held?.last?.due ?? now.uptime), date: now.date))
    }

    private mutating func hold(_ id: String, until due: Span) {
        var place = held?.count ?? 0
        // Most events are held equally long, so the place is near the end.
        while place > 0, held![place - 1].due > due { place -= 1 }
        held = held ?? []
        held!.insert(Held(due: due, call: id), at: place)
    }

    private mutating func take(_ id: String, at now: Moment, into result: inout [Timed]) {
        while let next = nextEvent(of: id, at: now) {
            let clock = calls[id]?.clock
            if let answer = answer(toldBy: next, id) {
                result += translated(answer.event).map { Timed(event: $0, moment: answer.moment) }
            }
            result += translated(next.event).map { Timed(event: $0, moment: next.moment) }
            if calls[id] == nil { ended.insert(id, at: clock?.sent(at: next.moment) ?? next.moment.date) }
        }
    }

    private mutating func nextEvent(of id: String, at now: Moment) -> WebhookOrder.Waiting? {
        guard let call = calls[id] else { return nil }
        let kinds = kinds ?? []
        let progress = WebhookOrder.Progress(queue: call.queue, isKnown: call.isKnown, isAnswered: call.answered != nil)
        var late = 0
        let next = calls[id]?.told.next(of: progress, at: now.uptime, discarded: &late) {
            Self.isPrompt($0, call, kinds, at: now)
        }
        if late > 0 { discard(late) }
        return next
    }

    /// Whether the event can be applied at once: it has just happened, and nothing is missing before it. A ringing
    /// telephone must not be reported late. An older event was delayed on its way, and others perhaps with it. An end
    /// always waits: it may have overtaken the answer.
    private static func isPrompt(_ waiting: WebhookOrder.Waiting, _ call: Call, _ kinds: Set<String>, at now: Moment)
        -> Bool
    {
        func isTold(_ kind: Webhook.CallEvent.Kind) -> Bool { kinds.contains(kind.rawValue) }
        guard now.uptime - waiting.moment.uptime <= freshness else { return false }
        // If the clock is far from ours, the first event's date does not show how long it was on its way.
        if call.told.began == nil, call.clock?.isBelieved == false { return false }
        return switch waiting.event.type {
        case .initiated, .transferred: true
        case .queued: call.isKnown || !isTold(.initiated)
        case .ringing: call.queue != nil && call.answered == nil
        case .answered:
            call.queue != nil
                && (!isTold(.ringing)
                    || waiting.event.agent.map { agent in call.ringing.contains { $0.id == agent.id } } ?? false)
        case .held, .resumed: call.answered != nil
        case .ended: false
        }
    }

    /// An event older than this is late. Many senders round to whole seconds, so an event of this moment may look a
    /// second old.
    public static let freshness = Span.seconds(2)

    /// An end with talk time implies an answer that was lost or is still on its way: a caller who talked did not flow
    /// out.
    private func answer(toldBy end: WebhookOrder.Waiting, _ id: String) -> WebhookOrder.Waiting? {
        guard end.event.type == .ended, let talk = end.event.talkSeconds, talk > 0, let call = calls[id],
            call.queue != nil,
            call.answered == nil, let agent = end.event.agent ?? (call.ringing.count == 1 ? call.ringing[0] : nil)
        else { return nil }
        var answer = end.event
        (answer.type, answer.agent) = (.answered, agent)
        let before = Span.milliseconds(-Int64((min(talk, Self.longestTalkSeconds) * 1000).rounded()))
        let date = max(end.moment.date + before, call.told.previous ?? end.moment.date + before)
        return WebhookOrder.Waiting(
            event: answer, moment: Moment(uptime: end.moment.uptime + (date - end.moment.date), date: date))
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
                // The queue is not known, but the channel exists: its end must find it.
                calls[id] = before
                return [created]
            }
            var call = before
            (call.queue, call.ringing, call.answered, call.round) = (QueueName(name), [], nil, before.round + 1)
            calls[id] = call
            // Phones that rang for the first queue stop ringing; a leg left over would be counted for the second one.
            var left = before.ringing.flatMap { stopped(id, before, $0, .noAnswer) }
            if let agent = before.answered {
                left += [.bridgeLeft(bridge, customer), .channelEnded(channel(id, before, agent), DialplanPosition())]
            } else if let queue = before.queue {
                // The caller left the first queue alive, for an unknown reason.
                left += [
                    .queueAbandoned(queue, customer, DialplanPosition()),
                    .queueLeft(queue, customer, DialplanPosition()),
                ]
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
            guard let told = event.agent, let call = calls[id], let queue = call.queue, call.answered == nil else {
                return []
            }
            // The name may be missing here if the ring had it.
            let agent = call.ringing.first { $0.id == told.id && told.name == nil } ?? told
            let others = call.ringing.filter { $0.id != agent.id }
            calls[id]?.ringing = []
            calls[id]?.answered = agent
            return [
                .dialEnded(destination: channel(id, call, agent), .answered),
                .queueLeft(queue, customer, DialplanPosition()),
                .agentConnected(queue, customer, ref(agent), destination: channel(id, call, agent)),
            ]
                + others.flatMap { stopped(id, call, $0, .cancelled) }
                + [
                    .bridgeEntered(bridge, .conversation, phone(id, call, agent), replacing: nil),
                    .bridgeEntered(
                        bridge, .conversation,
                        Channel(id: customer, call: CallID(id), name: id, caller: caller, called: event.to ?? ""),
                        replacing: nil),
                ]
        case .held: return calls[id].flatMap { call in call.answered.map { [.held(channel(id, call, $0))] } } ?? []
        case .resumed:
            return calls[id].flatMap { call in call.answered.map { [.retrieved(channel(id, call, $0))] } } ?? []
        case .transferred: return []
        case .ended:
            guard let call = calls.removeValue(forKey: id) else { return [] }
            discard(call.told.waitingCount)
            return hangup(of: call, id, by: event.endedBy) + parting(call, id)
        }
    }

    /// Which side asked for the end, if known.
    private func hangup(of call: Call, _ id: String, by side: Webhook.CallEvent.EndedBy?) -> [SwitchEvent] {
        let customer = ChannelID(id)
        switch side {
        case .agent?:
            return call.answered.map { [.hangupRequested(channel(id, call, $0), byPeer: true, DialplanPosition())] }
                ?? []
        // A caller whom the switch sends away did not abandon: without a hang-up, the visit is a flow-out of unknown
        // reason.
        case .system?:
            return call.answered == nil ? [] : [.hangupRequested(customer, byPeer: false, DialplanPosition())]
        case .caller?: return [.hangupRequested(customer, byPeer: true, DialplanPosition())]
        // A caller who is alone in a queue when the call ends has left. In a conversation it is not known which side
        // ended it.
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

    /// A phone that rang stops ringing.
    private func stopped(_ id: String, _ call: Call, _ agent: Webhook.CallEvent.Agent, _ status: DialStatus)
        -> [SwitchEvent]
    {
        [
            .dialEnded(destination: channel(id, call, agent), status),
            .channelEnded(channel(id, call, agent), DialplanPosition()),
        ]
    }

    // MARK: age

    private mutating func heard(_ id: String, at now: Span) {
        guard calls[id] != nil else { return }
        calls[id]?.number = nextNumber
        calls[id]?.heard = now
        order.append(Heard(call: id, number: nextNumber))
        nextNumber += 1
        // Half of it or more is obsolete, so each event costs the same on average.
        if order.count >= 2 * calls.count + 256 {
            order = order[first...].filter { calls[$0.call]?.number == $0.number }
            first = 0
        }
    }

    /// Ends calls whose end was never reported. Their outcome is not known: only their channels are gone.
    private mutating func expire(at now: Span) -> [SwitchEvent] {
        var events: [SwitchEvent] = []
        while first < order.count {
            let (id, number) = (order[first].call, order[first].number)
            if let call = calls[id], call.number == number {
                guard now - call.heard >= Self.callLifetime else { break }
                calls[id] = nil
                discard(call.told.waitingCount)
                // The call had only later events: there is nothing to end.
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
