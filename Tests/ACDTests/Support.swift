import ACD
import Telephony
import Time

let info = QueueName("info")
let anna = AgentRef(interface: Interface("PJSIP/1001"), name: "Anna Rossi")

func at(_ milliseconds: Int64) -> Moment {
    Moment(uptime: .milliseconds(milliseconds), date: UnixTime(seconds: 1_772_438_400) + .milliseconds(milliseconds))
}

func visit(
    _ number: UInt64, _ queue: QueueName = info, joined: Moment = at(0), ended: Moment? = nil, isPartial: Bool = false
) -> QueueVisit {
    QueueVisit(
        number: number, contact: ContactKey(number), queue: queue, position: 1, joined: joined, ended: ended,
        isPartial: isPartial)
}

func leg(
    _ number: UInt64, _ queue: QueueName = info, agent: AgentRef = anna, alerted: Moment = at(0),
    established: Moment? = nil,
    ended: Moment? = nil,
    hold: Span = .zero
) -> AgentLeg {
    AgentLeg(
        number: number, contact: ContactKey(number), queue: queue, agent: agent, channel: ChannelID("c\(number)"),
        alerted: alerted,
        established: established, ended: ended, hold: hold)
}

func member(
    _ queue: QueueName = info, _ agent: AgentRef = anna, _ device: QueueMember.Device = .notInUse, paused: Bool = false,
    reason: String = "",
    wrapUp: Span = .zero
) -> SwitchEvent {
    .member(
        QueueMember(queue: queue, agent: agent, device: device, isPaused: paused, pauseReason: reason, wrapUp: wrapUp))
}

extension ACD {
    /// One whole visit: joined at second 0 of its own, ended after `wait`.
    mutating func add(
        _ number: UInt64, wait: Span, _ outcome: QueueVisit.Outcome?, isPartial: Bool = false, queue: QueueName = info
    ) {
        let joined = at(Int64(number) * 1000)
        handle(.queued(visit(number, queue, joined: joined, isPartial: isPartial)), at: joined)
        let ended = visit(number, queue, joined: joined, ended: joined + wait, isPartial: isPartial)
        if let outcome {
            handle(.visitEnded(ended, outcome), at: joined + wait)
        } else {
            handle(.established(ended, leg(number, queue, established: joined + wait)), at: joined + wait)
        }
    }
}
