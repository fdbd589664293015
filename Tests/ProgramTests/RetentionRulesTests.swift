import Journal
import Store
import Testing
import Time

@testable import centralino

@Suite("How long something is kept")
struct RetentionRulesTests {
    private func instant(_ text: String) throws -> UnixTime {
        try #require(TimeZoneRule.rome.instants(local: text).first)
    }

    @Test(
        "is counted in calendar months, from midnight; the 31st of a shorter month is its last day",
        arguments: [
            ("2026-11-30 20:15", 24, "2024-11-30 00:00"), ("2026-03-31 09:00", 1, "2026-02-28 00:00"),
            ("2028-02-29 03:30", 12, "2027-02-28 00:00"), ("2026-01-15 00:00", 1, "2025-12-15 00:00"),
        ])
    func months(now: String, months: Int, before: String) throws {
        var rules = RetentionRules()
        rules.recordsMonths = months
        #expect(try rules.recordsBefore(at: instant(now), .rome) == instant(before))
    }

    @Test(
        "is looked at once a day at half past three, or at once where it never was",
        arguments: [
            ("2026-11-29 03:40", "2026-11-30 03:30"), ("2026-11-30 01:00", "2026-11-30 03:30"),
            ("2026-11-30 03:30", "2026-12-01 03:30"),
        ])
    func due(last: String, next: String) throws {
        #expect(try RetentionRules.due(after: instant(last), .rome) == instant(next))
        #expect(RetentionRules.due(after: nil, .rome) < (try instant(last)))
    }

    private func configuration(_ store: String, _ journal: String = "") throws -> ProgramConfiguration {
        try ProgramConfiguration.parse(
            "[store]\n\(store)\n[journal]\ndirectory = \"journal\"\n\(journal)\n[[switches]]\nname = \"a\"\nhost = \"127.0.0.1\"\nusername = \"cti\"\nsecret = \"x\"\n",
            path: "c.toml")
    }

    @Test("is 24 months for the person in a record and ten years for figures, unless configured")
    func configured() throws {
        #expect(try configuration("").retention == RetentionRules())
        let other = try configuration("keep_records_months = 6\nkeep_intervals_months = 12")
        #expect(other.retention.recordsMonths == 6 && other.retention.intervalsMonths == 12)
        #expect(other.keepingLines.contains { $0.contains("for 6 months") })
        #expect(other.keepingLines.contains { $0.hasPrefix("journal: 7 days") })
        #expect(throws: ProgramConfiguration.Faults.self) {
            try configuration("keep_records_months = 24\nkeep_intervals_months = 12")
        }
    }

    @Test("ends under a legal hold, for the journal as well, except that its size stays bounded")
    func hold() throws {
        let held = try configuration("hold = true", "keep_days = 7\nkeep_segments = 5")
        #expect(held.retention.isOnHold)
        #expect(held.journal.rules.keepDays > 30_000 && held.journal.rules.keepSegments == .max)
        #expect(held.journal.rules.keepBytes == 4096 * 1024 * 1024)
        #expect(held.keepingLines.first?.hasPrefix("legal hold") == true)
    }

    @Test("is done by the rules, and not at all under a hold")
    func done() throws {
        let folder = try TemporaryFolder()
        let store = try Store(path: folder.path + "/s.sqlite")
        let now = try instant("2026-11-30 03:30")
        func record(_ id: String, _ date: String) throws -> ContactRow {
            ContactRow(
                id: id, switch: "a", arrived: try instant(date).microseconds, outcome: "answered",
                e164: "+390612345678",
                record: "{}")
        }
        // ULIDs of the two days.
        try store.save([
            record("01J0000000000000000000000A", "2024-06-22 10:00"),
            record("01M7Z000000000000000000000", "2026-11-25 10:00"),
        ])
        var rules = RetentionRules()
        rules.isOnHold = true
        try Retention.forget(store, rules, .rome, at: now)
        #expect(try store.lookUp(e164: "+390612345678", historyLimit: 5).history.count == 2)
        #expect(try store.lastRetention() == now.microseconds)
        rules.isOnHold = false
        try Retention.forget(store, rules, .rome, at: now)
        #expect(try store.lookUp(e164: "+390612345678", historyLimit: 5).history.count == 1)
        #expect(try store.forgotten().map(\.rows) == [1])
    }
}
