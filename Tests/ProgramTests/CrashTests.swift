import Foundation
import GRDB
import Records
import Testing
import Waiting

/// The program is killed again and again beside a switch that does not stop. Nothing that was stored is lost, and
/// nothing is counted twice.
///
///     CENTRALINO_CRASHES=200 swift test --skip-build --filter CrashTests
@Suite("A gateway that is killed again and again", .tags(.program), .waiting)
struct CrashTests {
    private static let crashes = ProcessInfo.processInfo.environment["CENTRALINO_CRASHES"].flatMap { Int($0) } ?? 12
    private static let recordings = [
        "mixed-a", "hold-a", "rna_then_answer-a", "ringall_race-a", "overflow-a", "abandon_long-a", "queue_timeout-a",
    ]

    private struct Visit: Hashable {
        var channel: String
        var queue: String
        var joined: String
    }

    @Test("loses no record, counts no visit twice, and reports when it was not running")
    func killed() throws {
        var asterisk = try LoopingSwitch(Self.recordings, speed: 20)
        let gateway = try GatewayUnderTest(switchPort: asterisk.port)
        var generator = Seeded(state: 4)
        var known: [String: Int] = [:]
        var deaths: [Int64] = []
        for crash in 1...Self.crashes {
            // This does not wait for a condition: the moments are arbitrary, even before the link is up.
            usleep(UInt32.random(in: 1_000...1_500_000, using: &generator))
            deaths.append(Int64(Date().timeIntervalSince1970 * 1_000_000))
            kill(gateway.program.identifier, SIGKILL)
            #expect(gateway.program.status() == 128 + SIGKILL, "\(gateway.program.errors.text)")
            let sizes = try Self.sizes(gateway)
            for (id, size) in known { #expect(sizes[id] ?? -1 >= size, "crash \(crash): \(id)") }
            known = sizes
            try gateway.start()
        }
        // The end of all calls: the switch is back, and has none.
        asterisk.stop()
        asterisk = try LoopingSwitch(Self.recordings, speed: 0.01, port: asterisk.port)
        try eventually("all calls are over") {
            let link = try gateway.link()
            return link["state"] as? String == "connected" && link["openContacts"] as? Int == 0
        }
        let offered = try Self.offered(gateway)
        try gateway.stopCleanly()

        let sizes = try Self.sizes(gateway)
        for (id, size) in known { #expect(sizes[id] ?? -1 >= size, "\(id)") }
        var recordOf: [Visit: String] = [:]
        for record in try gateway.records() {
            for visit in record.visits {
                let key = Visit(channel: visit.channel ?? "", queue: visit.queue, joined: visit.joinedAt)
                #expect(recordOf.updateValue(record.id, forKey: key) == nil, "\(key) is in \(record.id), too")
            }
        }
        let midnight = try Self.midnight()
        let today = recordOf.keys.filter { $0.joined >= midnight }.count
        #expect(today == offered && today > 0)
        let gaps = try Self.gaps(gateway)
        for (number, death) in deaths.enumerated() {
            #expect(gaps.contains { $0.from <= death && $0.to ?? .max >= death }, "death \(number + 1) is in no gap")
        }
        #expect(!gaps.contains { $0.to == nil && $0.from < deaths[0] })
        print(
            "\(Self.crashes) crashes: \(sizes.count) records, \(recordOf.count) visits, \(offered) offered today, \(gaps.count) gaps"
        )
    }

    private static func offered(_ gateway: GatewayUnderTest) throws -> Int {
        let answer = try LineSocket.request(gateway.http, "GET /v1/wallboard HTTP/1.1\r\nAccept: application/json")
        return (object(answer.body)?["queues"] as? [[String: Any]] ?? []).reduce(0) {
            $0 + ($1["offered"] as? Int ?? 0)
        }
    }

    /// Midnight, in the form of a record's times.
    private static func midnight() throws -> String {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = try #require(TimeZone(identifier: "Europe/Rome"))
        return ISO8601DateFormatter().string(from: calendar.startOfDay(for: Date())).replacing("Z", with: ".000Z")
    }

    /// How many visits and legs each record has: a record may gain some.
    private static func sizes(_ gateway: GatewayUnderTest) throws -> [String: Int] {
        Dictionary(try gateway.records().map { ($0.id, $0.visits.count + $0.legs.count) }) { max($0, $1) }
    }

    private static func gaps(_ gateway: GatewayUnderTest) throws -> [(from: Int64, to: Int64?)] {
        var configuration = Configuration()
        configuration.readonly = true
        let store = try DatabaseQueue(path: gateway.folder.path + "/centralino.sqlite", configuration: configuration)
        return try store.read { try Row.fetchAll($0, sql: "SELECT began, ended FROM gaps ORDER BY began") }
            .map { ($0["began"] as Int64, $0["ended"] as Int64?) }
    }

    private struct Seeded: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state ^ state >> 29
        }
    }
}
