import Figures
import Foundation
import GRDB
import Telephony
import Testing
import Time
import Waiting

@testable import centralino

/// The command over a store with the rows of two quarters and of a night in which the clocks change.
@Suite("centralino intervals", .tags(.program), .waiting)
struct IntervalsTests {
    let gateway: GatewayUnderTest

    init() throws {
        gateway = try GatewayUnderTest(switchPort: 1, starts: false)
        // Creates the store.
        _ = try Program(
            "import",
            try gateway.folder.write("p.csv", "key,kind,name,town,language,shared,note,phone1,phone2,phone3\n"),
            "--config",
            gateway.configuration
        )
        .status()
    }

    private func intervals(_ arguments: String...) throws -> (status: Int32, output: String, errors: String) {
        let program = try Program(
            executable: Program.executable, ["intervals", "--config", gateway.configuration] + arguments)
        let output = program.output.untilEnd()
        let errors = program.errors.untilEnd()
        return (program.status(), output, errors)
    }

    private func store(_ rows: [IntervalRow]) throws {
        let queue = try DatabaseQueue(path: gateway.folder.path + "/centralino.sqlite")
        try queue.write { db in
            for row in rows {
                let json = String(decoding: try JSONEncoder().encode(row), as: UTF8.self)
                try db.execute(
                    sql: "INSERT INTO intervals VALUES ('prova', ?, ?, ?, ?, ?, NULL, NULL, NULL, NULL, NULL, 0, 0, ?)",
                    arguments: [
                        row.kind.rawValue, row.name, row.start.microseconds, row.length.microseconds, !row.provisional,
                        json,
                    ])
            }
        }
    }

    private func row(
        _ start: String, _ name: String = "info", answered: Int = 0, inTime: Int = 0, isProvisional: Bool = false,
        plus seconds: Int64 = 0
    ) -> IntervalRow {
        var row = IntervalRow(kind: .queue, name: name, start: UnixTime(rfc3339: start)! + .seconds(seconds))
        var cohort = IntervalRow.Cohort()
        cohort.offered = answered
        cohort.answered = answered
        cohort.waitAnswered = .seconds(Int64(answered) * 12)
        cohort.waitedAnswered = answered
        cohort.waitP50 = .seconds(12)
        cohort.serviceLevel = .init(
            formula: "SL6+F", threshold: .seconds(20), shortAbandon: .seconds(5), numerator: inTime,
            denominator: answered)
        row.cohort = cohort
        row.completion = .init()
        row.provisional = isProvisional
        return row
    }

    private func rows(_ output: String) throws -> [[String: Any]] {
        let object = try #require(try JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any])
        return try #require(object["rows"] as? [[String: Any]])
    }

    /// Rows of a queue and of a team, in which no sum is zero and no two are equal.
    @Test("has one meaning for each column: no name occurs twice, each is documented, and JSON has what CSV has")
    func names() throws {
        var queue = row("2026-03-02T08:00:00Z", answered: 3, inTime: 2)
        queue.cohort?.within = [.init(threshold: .seconds(20)), .init(threshold: .milliseconds(7500))]
        queue.legs.wrapUp = .seconds(41)
        var team = IntervalRow(kind: .team, name: "Roma", start: UnixTime(rfc3339: "2026-03-02T08:00:00Z")!)
        team.legs.wrapUp = .seconds(42)
        team.time = .init(states: [.wrapUp: .seconds(43)], pauses: [:])
        try store([queue, team])
        let csv = try intervals("--from", "2026-03-02", "--csv")
        let header = try #require(csv.output.split(separator: "\r\n").first).split(separator: ",").map(String.init)
        #expect(
            Set(header).count == header.count,
            "\(Dictionary(grouping: header) { $0 }.filter { $0.value.count > 1 }.keys)")
        let told = try rows(intervals("--from", "2026-03-02", "--json").output)
        for row in told { #expect(Set(row.keys).subtracting(["pauses"]) == Set(header)) }
        let ofQueue = try #require(told.first { $0["kind"] as? String == "queue" })
        let ofTeam = try #require(told.first { $0["kind"] as? String == "team" })
        #expect(ofQueue["wrapUpSeconds"] as? Double == 41 && ofQueue["wrappingUpSeconds"] is NSNull)
        #expect(ofTeam["wrapUpSeconds"] as? Double == 42 && ofTeam["wrappingUpSeconds"] as? Double == 43)

        let text = try String(contentsOfFile: Repository.path("Protocols/Wallboard/Figures.md"), encoding: .utf8)
        let section = try #require(text.components(separatedBy: "## Columns of `centralino intervals`").last)
        let documented = Set(
            section.split(separator: "\n").filter { $0.hasPrefix("- ") }.flatMap { line in
                line.prefix { $0 != ":" }.split(separator: "`", omittingEmptySubsequences: false).enumerated().filter {
                    $0.offset % 2 == 1
                }
                .map { String($0.element) }
            })
        let known = Set(header.map { $0.replacing(/^(answered|abandoned)Within[0-9.]+$/) { "\($0.1)Within<T>" } })
        #expect(known.subtracting(documented) == [], "not documented")
        #expect(documented.subtracting(known) == [], "documented, and none")
    }

    @Test("adds up quarters and divides once, marks what is provisional, and says how many quarters there are")
    func rolledUp() throws {
        try store([
            row("2026-03-02T08:00:00Z", answered: 1, inTime: 1),
            row("2026-03-02T08:15:00Z", answered: 100, inTime: 10, isProvisional: true),
        ])
        let ended = try intervals("--from", "2026-03-02", "--length", "60", "--json")
        #expect(ended.status == 0 && ended.errors == "")
        let hours = try rows(ended.output)
        #expect(hours.count == 1)
        #expect(hours[0]["answered"] as? Int == 101 && hours[0]["serviceLevelNumerator"] as? Int == 11)
        #expect(((hours[0]["serviceLevelPercent"] as? Double ?? 0) * 10_000).rounded() == 108_911)
        #expect(
            hours[0]["status"] as? String == "provisional"
                && hours[0]["local"] as? String == "2026-03-02T09:00:00+01:00")
        #expect(
            hours[0]["quarters"] as? Int == 2 && hours[0]["quartersExpected"] as? Int == 4
                && hours[0]["waitP50Seconds"] is NSNull)
        let quarters = try rows(intervals("--from", "2026-03-02", "--json").output)
        #expect(
            quarters.map { $0["status"] as? String } == ["final", "provisional"]
                && quarters[0]["waitP50Seconds"] as? Double == 12)
        let table = try intervals("--from", "2026-03-02 09:15", "--to", "2026-03-02 09:30").output
        #expect(
            table.contains("2026-03-02T09:15:00+01:00") && table.contains("10.0 %") && table.contains("provisional"))
        #expect(!table.contains("09:00:00"))
    }

    @Test(
        "knows days of 92, 96 and 100 quarters, and two times 02:15 in the October night",
        arguments: [("2026-10-25", 100), ("2026-03-29", 92), ("2026-03-02", 96)])
    func days(day: String, count: Int) throws {
        let range = TimeZoneRule.rome.day(try #require(LocalDate(day)))
        try store(
            ClockInterval.intervals(in: range, length: ClockInterval.quarterHour).map {
                row("\($0.start)", answered: 1, inTime: 1)
            })
        let days = try rows(intervals("--from", day, "--length", "day", "--json").output)
        #expect(days.count == 1 && days[0]["answered"] as? Int == count && days[0]["quarters"] as? Int == count)
        #expect(days[0]["quartersExpected"] as? Int == count && days[0]["lengthSeconds"] as? Int == count * 900)
        let labels = try rows(intervals("--from", day, "--json").output).compactMap { $0["local"] as? String }
        #expect(
            labels.count == count && Set(labels).count == count
                && labels.count { $0.hasPrefix("\(day)T02:15") } == count / 4 - 23)
    }

    @Test("writes CSV that a spreadsheet reads and does not compute")
    func csv() throws {
        try store([
            row("2026-03-02T08:00:00Z", "=cmd|'x'!A1", answered: 2, inTime: 1),
            row("2026-03-02T08:00:00Z", #"a "b", c"#),
        ])
        let lines = try intervals("--from", "2026-03-02", "--csv").output.components(separatedBy: "\r\n")
        #expect(lines.count >= 3 && lines[0].hasPrefix("switch,kind,name,supplier,start,local,"))
        #expect(
            lines[1].hasPrefix(
                "prova,queue,'=cmd|'x'!A1,,2026-03-02T08:00:00.000Z,2026-03-02T09:00:00+01:00,900,1,1,final,"))
        #expect(lines[2].hasPrefix(#"prova,queue,"a ""b"", c",,"#))
        #expect(lines[0].split(separator: ",").count == lines[1].components(separatedBy: ",").count)
    }

    @Test("neutralises every beginning of a formula", arguments: ["=1", "+1", "-1", "@a", "\tx", "\rx"])
    func formula(text: String) { #expect(CSV.text(text).contains("'" + text)) }

    @Test("includes only the queues that were named")
    func selected() throws {
        try store([
            row("2026-03-02T08:00:00Z", "a"), row("2026-03-02T08:00:00Z", "b"), row("2026-03-02T08:00:00Z", "c"),
        ])
        let names = try rows(intervals("--from", "2026-03-02", "--queue", "a", "--queue", "c", "--json").output).map {
            $0["name"] as? String
        }
        #expect(names == ["a", "c"])
    }

    @Test(
        "refuses a queue or team that does not exist, instead of showing a day without calls; lists those that exist, with status 64"
    )
    func unknownNames() throws {
        try store([row("2026-03-02T08:00:00Z", "a"), row("2026-03-01T08:00:00Z", "Bea")])
        let queue = try intervals("--from", "2026-03-02", "--queue", "a", "--queue", "nope", "--json")
        #expect(
            queue.status == 64 && queue.output == ""
                && queue.errors.contains("There is no queue “nope”; there are: “Bea”, “a”"),
            "\(queue.errors)")
        let team = try intervals("--from", "2026-03-02", "--team", "nope")
        #expect(team.status == 64 && team.errors.contains("There is no team “nope”"), "\(team.errors)")
        // A queue that had calls on another day is known, in either case of letters.
        let silent = try intervals("--from", "2026-03-02", "--queue", "BEA")
        #expect(silent.status == 0 && silent.errors.contains("There is no row"), "\(silent.errors)")
    }

    @Test("refuses impossible or ambiguous times, and says what to write")
    func times() throws {
        let none = try intervals("--from", "2026-03-29 02:15")
        #expect(none.status == 64 && none.errors.contains("is not a time"))
        let two = try intervals("--from", "2026-10-25 02:15")
        #expect(two.status == 64 && two.errors.contains("2026-10-25T02:15:00+02:00 or 2026-10-25T02:15:00+01:00"))
        #expect(try intervals("--from", "2026-03-03", "--to", "2026-03-02").status == 64)
    }

    @Test("says when there is no row, and where there is no store")
    func nothing() throws {
        let ended = try intervals("--from", "2026-03-02")
        #expect(ended.status == 0 && ended.output == "" && ended.errors.contains("There is no row"))
        try FileManager.default.removeItem(atPath: gateway.folder.path + "/centralino.sqlite")
        #expect(try intervals("--from", "2026-03-02").status == 1)
    }
}
