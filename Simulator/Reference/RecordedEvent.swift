import AMI
import Recordings
import Time
import Wire

/// An event of a recording that the gateway understands, and when it came.
struct RecordedEvent {
    var time: Span
    var title: String
    var headers: [(name: String, value: [UInt8])]

    init(_ message: Message, at time: Span) {
        self.time = time
        title = message.value(at: 0)
        headers = (0..<message.count).map { (message.name(at: $0), Array(message.bytes(at: $0))) }
    }

    subscript(name: String) -> String? {
        headers.first { $0.name == name }.map { String(decoding: $0.value, as: UTF8.self) }
    }

    var channel: String? { self["Uniqueid"] }
    /// The telephone that is rung.
    var destination: String? { self["DestUniqueid"] }
    var isMember: Bool { title.hasPrefix("QueueMember") }
    /// A telephone was given up, or gave up.
    var isDialFailure: Bool { title == "DialEnd" && self["DialStatus"] != "ANSWER" }

    var bytes: [UInt8] { headers.flatMap { Array("\($0.name): ".utf8) + $0.value + [13, 10] } + [13, 10] }

    /// The events that `AsteriskTranslator` reads, and those about a call's channels.
    private static let titles: Set = [
        "Newchannel", "NewCallerid", "HangupRequest", "SoftHangupRequest", "Hangup", "BridgeEnter", "BridgeLeave",
        "Hold", "Unhold",
        "DialBegin",
        "DialEnd", "BlindTransfer", "AttendedTransfer", "Pickup", "LocalBridge", "LocalOptimizationBegin",
        "LocalOptimizationEnd",
        "QueueCallerJoin",
        "QueueCallerLeave", "QueueCallerAbandon", "AgentCalled", "AgentRingNoAnswer", "AgentConnect", "AgentComplete",
        "QueueMemberStatus",
        "QueueMemberPause", "QueueMemberAdded", "QueueMemberRemoved", "QueueMemberPenalty", "QueueMemberRinginuse",
        "UserEvent", "Shutdown",
        "FullyBooted",
    ]

    /// The recording's events, one after the other.
    static func all(of recording: Recording) -> [RecordedEvent] {
        var told: [RecordedEvent] = []
        var framer = Framer(role: .client)
        for chunk in recording.chunks where chunk.direction == .incoming {
            framer.receive(chunk.bytes) { output in
                guard case .message(let message) = output, message.kind == .event else { return }
                let event = RecordedEvent(message, at: Span(microseconds: chunk.microseconds))
                if titles.contains(event.title) { told.append(event) }
            }
        }
        return told
    }
}
