import ACD
import Core
import Edges
import Gateway
import Playback
import Telephony
import Time
import Wire

/// What a switch sends, written by hand for one test: calls through its queues, in bytes.
struct AMIScript {
    /// Bytes of a header's value: names need not be text.
    struct Value: ExpressibleByStringLiteral, ExpressibleByStringInterpolation {
        var bytes: [UInt8]
        init(bytes: [UInt8]) { self.bytes = bytes }
        init(stringLiteral text: String) { bytes = Array(text.utf8) }
    }

    static let start = UnixTime(rfc3339: "2026-11-23T09:00:00Z")!
    private(set) var chunks: [Replay.Connection.Chunk] = [
        .init(time: .zero, bytes: Array("Asterisk Call Manager/11.0.0\r\n".utf8))
    ]
    private var number = 0

    mutating func say(_ event: Value, at seconds: Double, _ headers: KeyValuePairs<String, Value>) {
        var bytes = Array("Event: ".utf8) + event.bytes
        for (name, value) in headers { bytes += Array("\r\n\(name): ".utf8) + value.bytes }
        chunks.append(
            .init(time: Span(microseconds: Int64(seconds * 1_000_000)), bytes: bytes + Array("\r\n\r\n".utf8)))
    }

    /// A caller comes in from outside.
    mutating func calls(_ id: String, at seconds: Double, number: Value = "0612345678", name: Value = "<unknown>") {
        say(
            "Newchannel", at: seconds,
            [
                "Channel": "PJSIP/trunk-\(id)", "ChannelState": "4", "CallerIDNum": number, "CallerIDName": name,
                "Exten": "0690001",
                "Uniqueid": "\(id)", "Linkedid": "\(id)",
            ])
    }

    mutating func joins(
        _ queue: Value, _ id: String, at seconds: Double, number: Value = "0612345678", name: Value = "<unknown>"
    ) {
        say(
            "QueueCallerJoin", at: seconds,
            [
                "Channel": "PJSIP/trunk-\(id)", "CallerIDNum": number, "CallerIDName": name, "Context": "in",
                "Exten": "1", "Priority": "3",
                "Uniqueid": "\(id)", "Linkedid": "\(id)", "Queue": queue, "Position": "1", "Count": "1",
            ])
    }

    mutating func abandons(_ queue: Value, _ id: String, at seconds: Double) {
        for event: Value in ["HangupRequest", "QueueCallerAbandon", "QueueCallerLeave", "Hangup"] {
            say(
                event, at: seconds,
                [
                    "Channel": "PJSIP/trunk-\(id)", "Context": "in", "Exten": "1", "Priority": "3", "Uniqueid": "\(id)",
                    "Linkedid": "\(id)",
                    "Queue": queue,
                ])
        }
    }

    mutating func call(into queue: Value, from seconds: Double, to end: Double) {
        number += 1
        let id = "1795424400.\(number)"
        calls(id, at: seconds)
        joins(queue, id, at: seconds + 0.01)
        abandons(queue, id, at: end)
    }

    func replayed(_ configuration: Configuration = Configuration()) -> Replay {
        var replay = Replay(configuration, start: Self.start, digests: .openSSL)
        replay.play([.init(chunks: chunks)])
        return replay
    }

    /// A gateway that has heard the script and is asked over HTTP.
    func asked(_ configuration: Configuration = Bench.configuration) -> AskedGateway {
        var asked = AskedGateway(heard: chunks, from: Self.start, configuration)
        // What the last events left open is decided by then.
        asked.wait(.seconds(2))
        return asked
    }
}
