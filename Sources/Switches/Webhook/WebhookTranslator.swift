import Telephony
import Webhook

/// A cloud switch's canonical events in our words: the same ``SwitchEvent``s that an Asterisk would have caused, so that a call which arrives by
/// webhook makes a record, pops and counts by the same code.
///
/// A call becomes a customer's channel, one channel for each agent who is rung, and a bridge. Events are taken in the order of arrival; the
/// vendors' dialects and their disorder (`domain.md` §6.5) come later.
public struct WebhookTranslator: Sendable {
    private struct Call: Sendable {
        var queue: QueueName?
        var ringing: [Webhook.CallEvent.Agent] = []
        var answered: Webhook.CallEvent.Agent?
    }

    /// Calls whose end never comes must not fill the memory: beyond this, new ones are not followed.
    public static let callLimit = 50_000
    /// A sender's clock further from ours than this is not believed; the moment of receipt counts.
    public static let clockTolerance = Span.seconds(300)

    private var calls: [String: Call] = [:]
    public private(set) var callsRefused = 0

    public init() {}

    /// When it happened: the sender's instant, on our monotonic clock.
    public func moment(of event: Webhook.CallEvent, received now: Moment) -> Moment {
        guard let date = UnixTime(rfc3339: event.timestamp) else { return now }
        let difference = date - now.date
        guard abs(difference.microseconds) <= Self.clockTolerance.microseconds else { return now }
        return Moment(uptime: now.uptime + difference, date: date)
    }

    public mutating func events(_ event: Webhook.CallEvent) -> [SwitchEvent] {
        let id = event.callId
        guard calls[id] != nil || calls.count < Self.callLimit else {
            callsRefused += 1
            return []
        }
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
            guard let name = event.queue else { return [created] }
            let before = calls[id]?.queue
            calls[id, default: Call()].queue = QueueName(name)
            // Another queue: out of the first one alive, for a reason that nobody told.
            let left =
                before.map { [SwitchEvent.queueAbandoned($0, customer, DialplanPosition()), .queueLeft($0, customer, DialplanPosition())] }
                ?? []
            return [created] + left + [.queueJoined(QueueName(name), customer, caller, position: 0, DialplanPosition())]
        case .ringing:
            guard let agent = event.agent, let queue = calls[id]?.queue, calls[id]?.ringing.contains(agent) == false else { return [] }
            calls[id]?.ringing.append(agent)
            return [.agentCalled(queue, customer, ref(agent), destination: channel(id, agent))]
        case .answered:
            guard let agent = event.agent, let queue = calls[id]?.queue, calls[id]?.answered == nil else { return [] }
            let others = calls[id]?.ringing.filter { $0.id != agent.id } ?? []
            calls[id]?.ringing = []
            calls[id]?.answered = agent
            return [
                .dialEnded(destination: channel(id, agent), .answered), .queueLeft(queue, customer, DialplanPosition()),
                .agentConnected(queue, customer, ref(agent), destination: channel(id, agent)),
            ]
                + others.flatMap {
                    [.dialEnded(destination: channel(id, $0), .cancelled), .channelEnded(channel(id, $0), DialplanPosition())]
                } + [
                    .bridgeEntered(bridge, channel(id, agent), replacing: nil), .bridgeEntered(bridge, customer, replacing: nil),
                ]
        case .held: return calls[id]?.answered.map { [.held(channel(id, $0))] } ?? []
        case .resumed: return calls[id]?.answered.map { [.retrieved(channel(id, $0))] } ?? []
        case .transferred: return []
        case .ended:
            guard let call = calls.removeValue(forKey: id) else { return [] }
            var events: [SwitchEvent] = []
            switch event.endedBy {
            case .agent?:
                if let agent = call.answered { events.append(.hangupRequested(channel(id, agent), byPeer: true, DialplanPosition())) }
            case .system?: events.append(.hangupRequested(customer, byPeer: false, DialplanPosition()))
            // A caller who is alone in a queue when the call ends has left; in a conversation it is not known who did.
            case .caller?: events.append(.hangupRequested(customer, byPeer: true, DialplanPosition()))
            case nil: if call.answered == nil { events.append(.hangupRequested(customer, byPeer: true, DialplanPosition())) }
            }
            if call.answered == nil, let queue = call.queue {
                events.append(.queueAbandoned(queue, customer, DialplanPosition()))
                events.append(.queueLeft(queue, customer, DialplanPosition()))
            }
            if let agent = call.answered {
                events.append(.bridgeLeft(bridge, customer))
                events.append(.channelEnded(channel(id, agent), DialplanPosition()))
            }
            for agent in call.ringing { events.append(.channelEnded(channel(id, agent), DialplanPosition())) }
            return events + [.channelEnded(customer, DialplanPosition())]
        }
    }

    private func channel(_ call: String, _ agent: Webhook.CallEvent.Agent) -> ChannelID { ChannelID("\(call)/\(agent.id)") }

    private func ref(_ agent: Webhook.CallEvent.Agent) -> AgentRef {
        AgentRef(interface: Interface(agent.id), name: agent.name ?? agent.id)
    }
}
