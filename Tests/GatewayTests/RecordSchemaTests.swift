import Core
import Edges
import Gateway
import Recordings
import Records
import SchemaValidation
import Simulation
import Telephony
import Testing
import Time
import Wire

@Suite("Contact records, against their schema")
struct RecordSchemaTests {
    private static let schema = JSONSchema(of: "Records/contact.schema.json")

    private func texts(_ documents: [ContactDocument]) -> [String] {
        documents.map { String(decoding: JSON.encode($0), as: UTF8.self) }
    }

    @Test("of every recording are what the schema says, also while they are open, and are read as they were written")
    func recordings() throws {
        var documents: [ContactDocument] = []
        for trace in try Trace.everywhere() {
            documents += trace.replayed().contacts
            // Half of the recording: some contacts are open at its end.
            var half = trace
            half.recording.chunks = Array(trace.recording.chunks.prefix(trace.recording.chunks.count / 2))
            documents += half.replayed().contacts
        }
        #expect(
            documents.count > 500 && documents.contains { $0.endedAt == nil }
                && documents.contains { $0.outcome == "waiting" })
        let texts = texts(documents)
        #expect(try Self.schema.violations(of: texts) == [], "\(texts.count) records")
        #expect(texts.allSatisfy { JSON.decode(ContactDocument.self, from: $0.utf8).map { self.texts([$0]) } == [$0] })
    }

    @Test("of a gateway that is killed again and again are what the schema says")
    func killed() throws {
        var run = KilledRun(.init(seed: 3))
        for _ in 1...5 { run.live(.seconds(7), thenAwayFor: .seconds(2)) }
        run.finish()
        let texts = run.stored.keys.sorted().compactMap { run.stored[$0] }
        #expect(texts.contains { $0.contains("\"notRunning\"") } && texts.contains { $0.contains("\"estimated\"") })
        #expect(try Self.schema.violations(of: texts) == [], "\(texts.count) records")
    }

    /// A busy minute of a real switch, with each kind of answer from the registry.
    @Test("are delivered as the schema says, to each receiver the stored record")
    func deliveries() throws {
        var configuration = Bench.configuration
        configuration.deliveries = ["crm", "archive"]
        var bench = Bench(configuration)
        var answered = 0
        for chunk in try Recording.load(Trace.folder + "/22/mixed-a").chunks where chunk.direction == .incoming {
            bench.wait(Span(microseconds: chunk.microseconds) - bench.now)
            bench.hear(chunk.bytes)
            while answered < bench.lookups.count {
                bench.answer(bench.lookups[answered].id, SchemaTests.answers[answered % SchemaTests.answers.count])
                answered += 1
            }
        }
        bench.join("9.1")
        bench.cutSwitch()
        bench.wait(.seconds(40))
        bench.stop()
        #expect(bench.saved.count > 10 && bench.deliveries.count == 2 * bench.saved.count)
        let bodies = bench.deliveries.map { String(decoding: $0.body, as: UTF8.self) }
        #expect(try Self.schema.violations(of: bodies, as: "delivery") == [], "\(bodies.count) bodies")
        #expect(try Self.schema.violations(of: texts(bench.saved)) == [], "\(bench.saved.count) records")
        for (index, record) in bench.saved.enumerated() {
            for delivery in bench.deliveries[2 * index..<2 * index + 2] {
                let message = try #require(JSON.decode(DeliveryMessage.self, from: delivery.body))
                #expect(message.data == record && message.timestamp == record.endedAt && delivery.id == record.id)
            }
        }
        #expect(
            Set(bench.saved.map(\.caller.kind)).isSuperset(of: ["fixed", "withheld", "extension", "short", "invalid"]))
        #expect(bench.saved.contains { $0.partyKeys.count > 1 } && bench.saved.contains { $0.flags.contains("lost") })
    }
}
