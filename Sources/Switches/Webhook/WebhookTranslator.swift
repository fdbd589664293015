import Telephony
import Webhook

/// A cloud switch's canonical events in our words: the same ``SwitchEvent``s that an Asterisk would have caused, so that a call which arrives by
/// webhook makes a record, pops and counts by the same code.
///
/// A call becomes a customer's channel, one channel for each agent who is rung, and a bridge. Events are taken in the order of arrival; the
/// vendors' dialects and their disorder (`domain.md` §6.5) come later.
public struct WebhookTranslator: Codable, Equatable, Sendable {
    private struct Call: Codable, Equatable, Sendable {
        var queue: QueueName?
        var ringing: [Webhook.CallEvent.Agent] = []
        var answered: Webhook.CallEvent.Agent?
        /// How many queues it has been in: who rings for the second is on another leg than who rang for the first.
        var round = 0
        /// Of its last event: the entry in `order` that holds, and its time in uptime.
        var number: UInt64 = 0
        var heard = Span.zero
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

    public init() {}

    /// When it happened: the sender's instant, on our monotonic clock.
    public func moment(of event: Webhook.CallEvent, received now: Moment) -> Moment {
        guard let date = UnixTime(rfc3339: event.timestamp) else { return now }
        let difference = date - now.date
        guard abs(difference.microseconds) <= Self.clockTolerance.microseconds else { return now }
        return Moment(uptime: now.uptime + difference, date: date)
    }

    /// What the event means, in order; before it, the end of calls that have been silent for too long. `now` is when it was received.
    public mutating func events(_ event: Webhook.CallEvent, received now: Moment) -> [SwitchEvent] {
        let expired = calls[event.callId] == nil ? expire(at: now.uptime) : []
        guard calls[event.callId] != nil || calls.count < Self.callLimit else {
            callsRefused += 1
            return expired
        }
        let events = translated(event)
        heard(event.callId, at: now.uptime)
        return expired + events
    }

    private mutating func translated(_ event: Webhook.CallEvent) -> [SwitchEvent] {
        let id = event.callId
        let customer = ChannelID(id)
        let bridge = BridgeID(id)
        // Restricted numbers are not to be known: not even when the sender sends them.
        let caller = CallerID(
            number: event.from?.presentation == .restricted ? "anonymous" : event.from?.raw ?? "",
            name: event.from?.presentation == .restricted ? "" : event.from?.name ?? "")
        let created = SwitchEvent.channelCreated(
            Channel(id: customer, call: CallID(id), name: id, caller: caller, called: event.to ?? ""))

        switch event.type {
        case .initiated:
            calls[id] = calls[id] ?? Call()
            return [created]
        case .queued:
            let before = calls[id, default: Call()]
            guard let name = event.queue else {
                // Which queue is not known, but the channel exists: its end must find it.
                calls[id] = before
                return [created]
            }
            calls[id] = Call(queue: QueueName(name), round: before.round + 1)
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
            guard let agent = event.agent, let call = calls[id], let queue = call.queue, !call.ringing.contains(agent) else { return [] }
            calls[id]?.ringing.append(agent)
            return [.agentCalled(queue, customer, ref(agent), destination: channel(id, call, agent))]
        case .answered:
            guard let agent = event.agent, let call = calls[id], let queue = call.queue, call.answered == nil else { return [] }
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
            return hangup(of: call, id, by: event.endedBy) + ended(call, id)
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

    private func ended(_ call: Call, _ id: String) -> [SwitchEvent] {
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
