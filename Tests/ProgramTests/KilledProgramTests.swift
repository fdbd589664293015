import Foundation
import GRDB
import Records
import Reference
import SchemaValidation
import Simulation
import Telephony
import Testing
import Time
import Waiting

/// `centralino run`, with store and journal, is killed at arbitrary moments beside a switch of 20 calls a second
/// whose truth is known: `make kills KILLS=200 SEED=1`.
@Suite("A program that is killed under load", .tags(.program), .waiting)
struct KilledProgramTests {
    private static func number(_ name: String, _ usual: UInt64) -> UInt64 {
        ProcessInfo.processInfo.environment[name].flatMap { UInt64($0) } ?? usual
    }
    private static let kills = number("CENTRALINO_KILLS", 3)
    private static let seed = number("CENTRALINO_KILLS_SEED", 1)
    /// An event that is reported a moment late may fall into the gap, although it happened before.
    private static let lag = Span.milliseconds(100)

    @Test(
        "stores no record that differs from what happened without a flag, none twice, and lacks only what lies in a gap"
    )
    func killed() throws {
        let busy = try BusySwitchServer(.init(seed: Self.seed))
        defer { busy.stop() }
        let gateway = try GatewayUnderTest(switchPort: busy.port, login: "plain")
        var generator = SplitMix64(seed: Self.seed)
        var deaths: [UnixTime] = []
        for kill in 1...Self.kills {
            // This does not wait for a condition: the moments are arbitrary, even before the link is up.
            usleep(UInt32.random(in: 1_000...4_500_000, using: &generator))
            deaths.append(UnixTime(microseconds: Int64(Date().timeIntervalSince1970 * 1_000_000)))
            Glibc.kill(gateway.program.identifier, SIGKILL)
            #expect(gateway.program.status() == 128 + SIGKILL, "kill \(kill): \(gateway.program.errors.text)")
            usleep(UInt32.random(in: 1_000...2_500_000, using: &generator))
            try gateway.start()
        }
        busy.acceptNoMore()
        try eventually("all calls are over") {
            let link = try gateway.link()
            return busy.calls.open == 0 && link["state"] as? String == "connected" && link["openContacts"] as? Int == 0
        }
        let offered = try Self.offered(gateway)
        try gateway.stopCleanly()

        let documents = try gateway.documents()
        #expect(try JSONSchema(of: "Records/contact.schema.json").violations(of: documents) == [])
        let gaps = try Self.gaps(gateway)
        for (index, death) in deaths.enumerated() {
            #expect(gaps.contains { $0.from <= death && death <= $0.to }, "death \(index + 1) is in no gap")
        }
        let oracle = Oracle(documents, calls: busy.calls.ended, deafness: gaps)
        print(
            "seed \(Self.seed), \(Self.kills) kills: \(oracle.summary(calls: busy.calls.ended.count)); \(gaps.count) gaps"
        )
        let faulty = documents.filter { document in
            oracle.faults.contains { $0.split(separator: " ").last.map { document.contains("\"\($0)\"") } == true }
        }
        #expect(oracle.faults.isEmpty, "\((oracle.faults.prefix(10) + faulty.prefix(5)).joined(separator: "\n"))")
        for kind in [Oracle.Kind.unflagged, .unflaggedPart] {
            let found = oracle.differences.filter { $0.kind == kind }
            // Each kill is different: what is not printed here cannot be looked up afterwards.
            let records = found.prefix(5).compactMap { each in documents.first { $0.contains("\"\(each.channel)\"") } }
            #expect(
                found.isEmpty,
                "\((found.prefix(20).map(\.description) + records + ["gaps: \(gaps)"]).joined(separator: "\n"))")
        }
        #expect(oracle.unexplained.isEmpty, "\(oracle.unexplained.prefix(5))")
        // The board's counts are those of the records, unless the test runs over midnight and has two days.
        let visits = try gateway.records().reduce(0) { $0 + $1.visits.count }
        #expect(visits == offered)
    }

    private static func offered(_ gateway: GatewayUnderTest) throws -> Int {
        let answer = try LineSocket.request(gateway.http, "GET /v1/wallboard HTTP/1.1\r\nAccept: application/json")
        return (object(answer.body)?["queues"] as? [[String: Any]] ?? []).reduce(0) {
            $0 + ($1["offered"] as? Int ?? 0)
        }
    }

    private static func store(_ gateway: GatewayUnderTest) throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.readonly = true
        return try DatabaseQueue(path: gateway.folder.path + "/centralino.sqlite", configuration: configuration)
    }

    private static func gaps(_ gateway: GatewayUnderTest) throws -> [Oracle.Deafness] {
        try store(gateway).read { try Row.fetchAll($0, sql: "SELECT began, ended FROM gaps ORDER BY began") }.map {
            let began = UnixTime(microseconds: $0["began"] as Int64)
            return Oracle.Deafness(
                from: began + Span(microseconds: -lag.microseconds),
                to: ($0["ended"] as Int64?).map { UnixTime(microseconds: $0) } ?? UnixTime(microseconds: .max / 2))
        }
    }
}
