import AMI
import Foundation
import Core
import Edges
import Gateway
import Playback
import Recordings
import Switches
import Testing
import Time

@Suite("A recording with invented numbers and names", .tags(.recordings))
struct PseudonymisedTraceTests {
    private static let key = Array("a key for tests, not for people.".utf8)

    /// The recording as `centralino record` would have written it, and what identified people in it.
    private struct Rewritten {
        var recording: Recording
        var numbers: Set<String> = []
        var names: Set<String> = []
        var agents: Set<String> = []
        var bytes: [UInt8] = []

        /// With the usual key, for all tests that only read.
        static func shared(_ trace: Trace) -> Rewritten { all.value(trace.path) { Rewritten(trace) } }
        private static let all = Shared<Rewritten>()

        init(_ trace: Trace, key: [UInt8] = PseudonymisedTraceTests.key) {
            recording = trace.recording
            var pseudonymiser = StreamPseudonymiser(key: key, digests: .openSSL)
            var framer = Framer(role: .client)
            var (numbers, names, agents): (Set<String>, Set<String>, Set<String>) = ([], [], [])
            recording.chunks = trace.recording.chunks.compactMap { chunk in
                guard chunk.direction == .incoming else { return nil }
                var rewritten = chunk
                rewritten.bytes = []
                framer.receive(chunk.bytes) { output in
                    switch output {
                    case .banner(let line): rewritten.bytes += Array("\(line)\r\n".utf8)
                    case .malformed: break
                    case .message(let message):
                        rewritten.bytes += pseudonymiser.rewritten(message)
                        for index in 0..<message.count {
                            let name = message.name(at: index).lowercased()
                            let value = message.value(at: index)
                            if name.hasSuffix("calleridnum") || name.hasSuffix("connectedlinenum")
                                || name.hasPrefix("callerid")
                                    && ["ani", "dnid"].contains(where: name.hasSuffix)
                            {
                                numbers.insert(value)
                            }
                            if name.hasSuffix("calleridname") || name.hasSuffix("connectedlinename") {
                                names.insert(unescaped(value))
                            }
                            if name == "membername" { agents.insert(value) }
                        }
                    }
                }
                return rewritten
            }
            self.numbers = numbers
            self.names = names
            self.agents = agents
            bytes = recording.chunks.flatMap(\.bytes)
        }
    }

    private func replayed(_ trace: Trace, _ recording: Recording) -> Report {
        var other = trace
        other.recording = recording
        return other.replayed()
    }

    @Test("gives the counts of the unaltered one, agent by agent, second by second", arguments: try Trace.all())
    func counts(trace: Trace) throws {
        let rewritten = Rewritten.shared(trace)
        let original = trace.report
        let report = replayed(trace, rewritten.recording)
        #expect(report.queues.keys.sorted() == original.queues.keys.sorted())
        for (name, queue) in original.queues {
            var other = try #require(report.queues[name])
            // Agents have other names, and each has one.
            #expect(other.ringNoAnswer.values.sorted() == queue.ringNoAnswer.values.sorted(), "\(name)")
            other.ringNoAnswer = queue.ringNoAnswer
            #expect(other == queue, "\(name)")
        }
        #expect(report.events.read == original.events.read)
        #expect(report.events.understood == original.events.understood)
        #expect(report.events.malformed == 0)
        #expect(report.contacts.count == original.contacts.count)
        #expect(report.agents.count == original.agents.count)
        #expect(report.agents.values.map(\.interface).sorted() == original.agents.values.map(\.interface).sorted())
    }

    @Test("has none of the numbers and names that were in it, in whatever notation", arguments: try Trace.all())
    func identities(trace: Trace) {
        let rewritten = Rewritten.shared(trace)
        let text = String(decoding: rewritten.bytes, as: UTF8.self)
        // The same digits wherever they stand, without what groups them.
        let squeezed = text.filter { !" .-()/".contains($0) }
        for number in rewritten.numbers {
            let digits = number.filter { ("0"..."9").contains($0) }
            // Something that is not a number identifies nobody: placeholders and extensions.
            guard digits.count >= 7, Set(digits).count > 1 else { continue }
            // The country and the prefix may be the same; the last seven digits are the subscriber's.
            #expect(!squeezed.contains(digits.suffix(7)), "\(number) in \(trace.name)")
        }
        // A placeholder; a hostile name that every recording has as a header; a name that a UserEvent's begins with.
        let harmless: Set = ["Anonymous", "Event: Hangup", "Richiamata"]
        let names = rewritten.names.union(rewritten.agents).subtracting(harmless)
            .filter { $0.count >= 5 && !$0.lowercased().contains("unknown") }
        #expect(names.filter(text.contains).sorted() == [], "\(trace.name)")
    }

    @Test("has every message and header of the unaltered one, in its order", arguments: try Trace.all())
    func shape(trace: Trace) {
        func shape(_ recording: Recording) -> [[String]] {
            var framer = Framer(role: .client)
            var shape: [[String]] = []
            for chunk in recording.chunks where chunk.direction == .incoming {
                framer.receive(chunk.bytes) { output in
                    guard case .message(let message) = output else { return }
                    shape.append((0..<message.count).map { message.name(at: $0) })
                }
            }
            return shape
        }
        #expect(shape(Rewritten.shared(trace).recording) == shape(trace.recording))
    }

    @Test("differs with another key, and is the same with the same")
    func keys() throws {
        let trace = try #require(try Trace.all().first { $0.name == "22/mixed-a" })
        let once = Rewritten(trace).bytes
        #expect(Rewritten(trace).bytes == once)
        #expect(Rewritten(trace, key: Self.key.reversed()).bytes != once)
    }
}
