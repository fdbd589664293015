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

// What surprised those who recorded a real Asterisk 16 and 22, point by point: 43 ways in which AMI is not what one would think. Each has a test of its
// number and name, over the recorded bytes (`Simulator/Traces`), or over bytes typed in where it is about the protocol alone:
// `QuirksTests+Counting.swift` (1–14), `+Channels` (15–27), `+Text` (28–32), `+Protocol` (33–43), `+Versions` (16 and 22, rates).
//
// A test says both: that the surprise is in the bytes (`#require`), and that our figures are right all the same (`#expect`).

@Suite("What surprised in a real Asterisk")
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

    /// The same as far as the first message for which `isLast` holds, and no further.
    init(_ name: String, until isLast: @escaping (String) -> Bool) throws {
        var isOver = false
        try self.init(name) { text, _ in
            defer { isOver = isOver || isLast(text) }
            return isOver ? nil : text
        }
    }

    /// Each message through `change`, which is told its text (latin-1) and instant; nil leaves it out.
    private static func changed(_ chunks: [Recording.Chunk], _ change: (String, Double) -> String?) -> [Recording.Chunk] {
        var rest: [UInt8] = []
        var result: [Recording.Chunk] = []
        for chunk in chunks where chunk.direction == .incoming {
            rest += chunk.bytes
            while let end = rest.firstRange(of: Array("\r\n\r\n".utf8)) {
                let text = String(bytes: rest[..<end.upperBound], encoding: .isoLatin1) ?? ""
                rest.removeSubrange(..<end.upperBound)
                guard let changed = change(text, Double(chunk.microseconds) / 1_000_000)?.data(using: .isoLatin1) else { continue }
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
                if case .message(let message) = $0 { events.append(Event(at: Double(chunk.microseconds) / 1_000_000, message: message)) }
            }
        }
        return events
    }

    /// The messages of the connection that asked.
    var answers: [Event] { Self.messages(in: trace.recording.control) }

    func all(_ title: String) -> [Event] { events.filter { $0.title == title } }

    /// The queue_log's counts against ours; the queues that nobody called are in one of them only.
    var isCountedAsLogged: Bool {
        trace.truth.queues.mapValues { Counts($0) }.filter { $0.value != Counts() }
            == report.queues.mapValues { Counts($0) }.filter { $0.value != Counts() }
    }

    func seconds(_ text: String?) -> Double? {
        text.flatMap { UnixTime(rfc3339: $0) }.map { ($0 - UnixTime(microseconds: trace.recording.startEpoch ?? 0)).seconds }
    }

    /// What a contact's document says without its own identifiers, which are the replay's.
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
