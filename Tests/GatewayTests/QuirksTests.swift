import AMI
import Foundation
import Core
import Edges
import Gateway
import Playback
import Recordings
import Records
import Simulation
import Telephony
import Testing
import Time
import Wire

// What surprised the recorders of a real Asterisk 16 and 22, point by point: 43 quirks of AMI. Each has a test of its
// number and name, over the recorded bytes (`Simulator/Traces`), or over typed bytes where it is about the protocol
// alone: `QuirksTests+Counting.swift` (1–14), `+Channels` (15–27), `+Text` (28–32), `+Protocol` (33–43), `+Versions`
// (16 and 22, rates).
//
// A test checks both: that the quirk is in the bytes (`#require`), and that our figures are right nevertheless
// (`#expect`).

@Suite("The quirks of a real Asterisk")
struct QuirksTests {}

/// A recording, what the switch sent in it, and what we made of it.
struct Surprise {
    struct Event {
        /// Seconds since the recording's start.
        var at: Double
        var message: Message

        var title: String { message.value(at: 0) }
        subscript(name: StaticString) -> String? { message[name] }
        func number(_ name: StaticString) -> Double? { message[name].flatMap(Double.init) }
    }

    var trace: Trace
    var events: [Event]
    var report: Report
    var contacts: [ContactDocument]

    init(_ name: String, of stream: String = "ami", changed change: ((String, Double) -> String?)? = nil) throws {
        var trace = try Trace.named(name)
        let isWhole = stream == "ami" && change == nil
        if stream != "ami" {
            trace.recording.chunks = try #require(trace.recording.others.first { $0.name == stream }?.chunks)
            trace.recording.others = []
        }
        if let change { trace.recording.chunks = Self.changed(trace.recording.chunks, change) }
        self.trace = trace
        let later = trace.recording.others.filter { $0.name == "ami-after" }.flatMap(\.chunks)
        events = Self.messages(in: trace.recording.chunks) + Self.messages(in: later)
        report = isWhole ? trace.report : trace.replayed()
        contacts = report.contacts
    }

    /// The same up to and including the first message for which `isLast` holds.
    init(_ name: String, until isLast: @escaping (String) -> Bool) throws {
        var isOver = false
        try self.init(name) { text, _ in
            defer { isOver = isOver || isLast(text) }
            return isOver ? nil : text
        }
    }

    /// Passes each message through `change`, with its text (latin-1) and instant; nil leaves it out.
    private static func changed(_ chunks: [Recording.Chunk], _ change: (String, Double) -> String?) -> [Recording.Chunk]
    {
        var rest: [UInt8] = []
        var result: [Recording.Chunk] = []
        for chunk in chunks where chunk.direction == .incoming {
            rest += chunk.bytes
            while let end = rest.firstRange(of: Array("\r\n\r\n".utf8)) {
                let text = String(bytes: rest[..<end.upperBound], encoding: .isoLatin1) ?? ""
                rest.removeSubrange(..<end.upperBound)
                guard let changed = change(text, Double(chunk.microseconds) / 1_000_000)?.data(using: .isoLatin1) else {
                    continue
                }
                result.append(.init(microseconds: chunk.microseconds, direction: .incoming, bytes: Array(changed)))
            }
        }
        return result
    }

    /// The messages that the switch sent over one connection.
    static func messages(in chunks: [Recording.Chunk]) -> [Event] {
        var framer = Framer(role: .client)
        var events: [Event] = []
        for chunk in chunks where chunk.direction == .incoming {
            framer.receive(chunk.bytes) {
                if case .message(let message) = $0 {
                    events.append(Event(at: Double(chunk.microseconds) / 1_000_000, message: message))
                }
            }
        }
        return events
    }

    /// The messages of the connection that asked.
    var answers: [Event] { Self.messages(in: trace.recording.control) }

    func all(_ title: String) -> [Event] { events.filter { $0.title == title } }

    /// The queue_log's counts against ours; queues that nobody called are in one of them only.
    var isCountedAsLogged: Bool {
        trace.truth.queues.mapValues { Counts($0) }.filter { $0.value != Counts() }
            == report.queues.mapValues { Counts($0) }.filter { $0.value != Counts() }
    }

    func seconds(_ text: String?) -> Double? {
        text.flatMap { UnixTime(rfc3339: $0) }.map {
            ($0 - UnixTime(microseconds: trace.recording.startEpoch ?? 0)).seconds
        }
    }

    /// A contact's document without its own identifiers, which depend on the replay.
    var figures: String {
        contacts.map { contact in
            var visits = contact.visits
            for index in visits.indices { visits[index].channel = nil }
            return
                "\(contact.caller) \(contact.outcome) \(visits) \(contact.legs.map { "\($0.interface) \($0.result) \($0.endedBy ?? "")" })"
        }.joined(separator: "\n")
    }
}

extension ContactDocument {
    /// The legs that talked.
    var talked: [Leg] { legs.filter { $0.establishedAt != nil } }
}
