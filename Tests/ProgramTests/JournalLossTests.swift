import Foundation
import GRDB
import Records
import Testing
import Waiting

/// What a journal lacks is missing from what is known from it, after a start and of an earlier moment; the figures
/// are accompanied by that gap.
@Suite("A journal that lacks entries", .tags(.program), .waiting)
struct JournalLossTests {
    private static let head = "HTTP/1.1\r\nAccept: application/json"

    /// The number of calls in `incentivi` and the switch's coverage, at the moment or now.
    private func known(_ gateway: GatewayUnderTest, at: String? = nil) throws -> (offered: Int, coverage: [String: Any])
    {
        let answer = try LineSocket.request(
            gateway.http, "GET /v1/wallboard\(at.map { "?at=\($0)" } ?? "") \(Self.head)")
        #expect(answer.status == 200, "\(answer.body)")
        let document = try #require(object(answer.body))
        let queues = document["queues"] as? [[String: Any]] ?? []
        let link = try #require((document["switches"] as? [[String: Any]])?.first)
        return (
            queues.first { $0["name"] as? String == "incentivi" }?["offered"] as? Int ?? 0,
            link["coverage"] as? [String: Any] ?? [:]
        )
    }

    /// Expects a gap that began in `since` and lasts at the moment, whose time is added to `early`, what was lost
    /// earlier today.
    private func expectOpenGap(
        _ gateway: GatewayUnderTest, at moment: Date, since: ClosedRange<Date>, offered: Int, early: Double
    ) throws {
        let then = try known(gateway, at: Self.text(moment))
        #expect(then.offered == offered && then.coverage["gaps"] as? Int == 1, "\(then)")
        let gap = then.coverage["lastGap"] as? [String: Any] ?? [:]
        #expect(gap["cause"] as? String == "journalLost" && gap["to"] == nil, "\(gap)")
        let from = try #require(Self.date(gap["from"]))
        #expect(since.contains(from), "\(gap)")
        let lost = try #require(then.coverage["lostSeconds"] as? Double)
        #expect(abs(lost - early - moment.timeIntervalSince(from)) < 0.003, "\(then)")
    }

    private static var formatter: ISO8601DateFormatter {
        let formatter = ISO8601DateFormatter()
        formatter.formatOptions = [.withInternetDateTime, .withFractionalSeconds]
        return formatter
    }

    private static func text(_ date: Date) -> String { formatter.string(from: date) }
    private static func date(_ text: Any?) -> Date? { (text as? String).flatMap { formatter.date(from: $0) } }

    @Test(
        "since its disk was full: the next start reports a gap from there until the switch was asked again, and so does a look back"
    )
    func fullDisk() throws {
        let asterisk = try ScriptedSwitch()
        defer { asterisk.stop() }
        let gateway = try GatewayUnderTest(switchPort: asterisk.port, login: "plain", starts: false)
        try gateway.start()
        try asterisk.send(NormalCall.bytes)
        try gateway.waitForCall()
        try eventually("it is stored") { try gateway.stored().contacts == 1 }
        // The journal has the caller, but not how the call goes on.
        try asterisk.send(NormalCall.numberedUntilAnswered(2))
        try eventually("the journal has it") { try RecoveryTests.journal(gateway).contains("1796000268.45") }
        let segment = try #require(try gateway.journalFiles(checkpoints: false).last)
        let size = try #require(FileManager.default.attributesOfItem(atPath: segment)[.size] as? Int)
        func limit(_ bytes: String) throws {
            let limit = try Program(
                executable: "/usr/bin/prlimit", ["--pid", "\(gateway.program.identifier)", "--fsize=\(bytes):"])
            #expect(limit.status() == 0)
        }
        try limit("\(size)")
        let before = Date()
        try asterisk.send(NormalCall.numberedFromHangup(2))
        for number in 3...5 { try asterisk.send(NormalCall.numbered(number)) }
        try gateway.program.errors.wait(for: "ERROR journal: ")
        try gateway.waitForCall(5)
        let during = Date()
        let full = before.addingTimeInterval(-0.001)...during
        try limit("unlimited")
        try gateway.program.errors.wait(for: "The journal is being written again")
        try asterisk.send(NormalCall.numbered(6))
        try gateway.waitForCall(6)
        let after = Date()
        try eventually("all calls are stored") { try gateway.stored().contacts == 6 }
        try eventually("the journal goes on") { try RecoveryTests.journal(gateway).contains("1796000668.45") }
        // The running gateway has heard everything since it began.
        let heard = try known(gateway).coverage
        #expect(heard["gaps"] as? Int == 0)
        let early = try #require(heard["lostSeconds"] as? Double)
        for moment in [during, after] { try expectOpenGap(gateway, at: moment, since: full, offered: 2, early: early) }

        kill(gateway.program.identifier, SIGKILL)
        _ = gateway.program.status()
        try gateway.start()
        try gateway.program.errors.wait(for: "Connected, inventory complete.")
        let now = try known(gateway)
        let gap = try #require(now.coverage["lastGap"] as? [String: Any])
        let (from, to) = (try #require(Self.date(gap["from"])), try #require(Self.date(gap["to"])))
        #expect(now.offered == 2 && now.coverage["gaps"] as? Int == 1, "\(now)")
        #expect(gap["cause"] as? String == "journalLost" && full.contains(from) && to > after, "\(gap)")
        // The time in which nothing was running lies within the gap, and is not lost twice.
        let lost = try #require(now.coverage["lostSeconds"] as? Double)
        #expect(abs(lost - early - to.timeIntervalSince(from)) < 0.003, "\(lost) \(gap)")
        for moment in [during, after] { try expectOpenGap(gateway, at: moment, since: full, offered: 2, early: early) }
        try gateway.stopCleanly(contacts: 6)
        // The second call's end is no longer known; what was stored of it is complete, and stays.
        for record in try gateway.records() {
            #expect(record.outcome == "answered" && record.flags == [], "\(record)")
        }
    }

    @Test("since it is damaged: in the same way")
    func damaged() throws {
        let asterisk = try ScriptedSwitch()
        defer { asterisk.stop() }
        let gateway = try GatewayUnderTest(switchPort: asterisk.port, login: "plain")
        try asterisk.send(NormalCall.bytes)
        try gateway.waitForCall()
        let segment = try #require(try gateway.journalFiles(checkpoints: false).first)
        func size(_ call: String) throws -> Int {
            try eventually("the journal has it") { try RecoveryTests.journal(gateway).contains(call) }
            return try #require(FileManager.default.attributesOfItem(atPath: segment)[.size] as? Int)
        }
        let first = try size("1795402068.45")
        let between = Date()
        for number in 2...3 { try asterisk.send(NormalCall.numbered(number)) }
        try gateway.waitForCall(3)
        let second = try size("1796000368.45")
        let whole = Date()
        try asterisk.send(NormalCall.numbered(4))
        try gateway.waitForCall(4)
        _ = try size("1796000468.45")
        try eventually("all calls are stored") { try gateway.stored().contacts == 4 }
        kill(gateway.program.identifier, SIGKILL)
        _ = gateway.program.status()
        var bytes = try Data(contentsOf: URL(fileURLWithPath: segment))
        // Every block that came with these two calls.
        for index in first..<second { bytes[index] ^= 0x55 }
        try bytes.write(to: URL(fileURLWithPath: segment))

        try gateway.start()
        try gateway.program.errors.wait(for: "Connected, inventory complete.")
        let now = try known(gateway)
        #expect(now.offered == 1 && now.coverage["gaps"] as? Int == 1, "\(now)")
        #expect((now.coverage["lastGap"] as? [String: Any])?["cause"] as? String == "journalLost")
        for moment in [between, whole] {
            let then = try known(gateway, at: Self.text(moment.addingTimeInterval(0.002)))
            #expect(then.offered == 1 && then.coverage["gaps"] as? Int == 1, "\(then)")
        }
        try gateway.stopCleanly(contacts: 4)
    }
}

extension NormalCall {
    private static func renumbered(_ bytes: [UInt8], _ number: Int) -> [UInt8] {
        Array(
            String(decoding: bytes, as: UTF8.self).replacingOccurrences(of: "17954020", with: "\(17_960_000 + number)")
                .utf8)
    }

    static func numberedUntilAnswered(_ number: Int) -> [UInt8] { renumbered(untilAnswered, number) }
    static func numberedFromHangup(_ number: Int) -> [UInt8] { renumbered(fromHangup, number) }
}
