import ArgumentParser
import Figures
import Foundation
import Core
import Edges
import Gateway
import Store
import Telephony
import Time
import Wire

struct Intervals: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print the stored rows of quarter-hours, added up to half hours, hours or days.",
        discussion: """
            centralino intervals --config centralino.toml
            centralino intervals --config centralino.toml --from "2026-10-25 00:00" --to "2026-10-26 00:00" --length day --csv > day.csv
            centralino intervals --config centralino.toml --queue informazioni --length 60 --json

            A visit belongs to the quarter in which it joined (offered, answered, service level); completion… columns are by when it ended; \
            occupancy… and the states of agents lie within the quarter, split at its borders. Sums are added and divided once. What is unknown is \
            empty (null): a percentage without a denominator, and percentiles of more than one quarter, which cannot be added. A row is “provvisorio” while \
            something in it may change; after that it never does. “quarters” says for how many quarter-hours there are rows, of how many there should be.

            --json prints {"from", "to", "zone", "rows": [{COLUMN: value}]} with the columns of --csv, and "pauses" by reason in seconds.
            A queue or a team that neither the store nor the configuration knows is refused, not shown as a day without calls.
            Status: 0; 1 the configuration or the store cannot be read; 64 usage.
            """)

    enum Length: String, ExpressibleByArgument, CaseIterable {
        case quarter = "15"
        case half = "30"
        case hour = "60"
        case day
    }

    @Option(help: "The configuration file.") var config = "centralino.toml"
    @Option(
        help:
            "Intervals from this time on: 2026-11-23, 2026-11-23 10:15 (of the configured zone), or RFC 3339. Default: today."
    )
    var from: String?
    @Option(help: "Intervals before this time. Default: now, or the end of the day of --from.") var to: String?
    @Option(help: "Only this queue; may be given several times.") var queue: [String] = []
    @Option(help: "Only this team of agents; may be given several times. “(other)” are those too small to be shown.")
    var team: [String] =
        []
    @Option(help: "Only of this switch.") var `switch`: String?
    @Option(help: "Minutes: 15, 30, 60; or day.") var length = Length.quarter
    @Flag(help: "Print one JSON object on standard output.") var json = false
    @Flag(help: "Print RFC 4180 with a header.") var csv = false

    /// Ten years and some weeks, so that leap days and whole months fit.
    private static let longest = Span.seconds(3_700 * 86_400)

    func validate() throws {
        if json, csv { throw ValidationError("Give --json or --csv, not both.") }
        if !queue.isEmpty, !team.isEmpty {
            throw ValidationError("Give queues or teams, not both: their rows have different columns.")
        }
    }

    func run() throws {
        let configuration = try readConfiguration(config)
        let zone = configuration.gateway.timeZone
        let range = try range(zone)
        guard let path = configuration.storePath else {
            throw misuse("The configuration names no database ([store] path).")
        }
        if let name = `switch` {
            let names =
                configuration.gateway.switches.map(\.name.rawValue)
                + configuration.gateway.webhooks.map(\.name.rawValue)
            guard names.contains(name) else {
                throw misuse(
                    "The configuration has no switch “\(shown(name))”; it has \(names.joined(separator: ", ")).")
            }
        }
        let report = try orExit {
            // Opening a store would create it.
            guard FileManager.default.fileExists(atPath: path) else { throw ReconcileError.noStore(path: path) }
            let store = try Store(path: path, for: .reader)
            defer { try? store.close() }
            let report = try read(store, range, zone, configuration.gateway.organisation)
            if let unknown = try unknownName(report, store, configuration.gateway) { throw misuse(unknown) }
            return report
        }
        if report.unreadable > 0 {
            Console.say("\(report.unreadable) stored row(s) cannot be read and are missing here.", .yellow)
        }
        if report.rows.isEmpty {
            Console.say(
                "There is no row from \(zone.label(range.lowerBound)) to \(zone.label(range.upperBound)).", .yellow)
        }
        if json {
            Console.print(report.json)
        } else if csv {
            Console.write(report.csv, to: STDOUT_FILENO)
        } else if !report.rows.isEmpty {
            Console.print(report.table)
        }
    }

    /// Reads a day at a time: a year of quarters need not fit into memory.
    private func read(
        _ store: Store, _ range: Range<UnixTime>, _ zone: TimeZoneRule, _ organisation: Organisation
    ) throws -> IntervalReport {
        var report = IntervalReport(zone: zone, range: range, length: length)
        var day = zone.day(containing: range.lowerBound)
        let queues = Set(queue.map { QueueName(writtenName: $0) })
        let teams = Set(team)
        let kind = !queue.isEmpty ? "queue" : !team.isEmpty ? "team" : nil
        while day.lowerBound < range.upperBound {
            let part = day.clamped(to: range)
            let stored = try store.intervals(
                of: `switch`, kind: kind, in: part.lowerBound.microseconds..<part.upperBound.microseconds)
            report.add(
                stored.filter {
                    kind == nil || (kind == "queue" ? queues.contains(QueueName($0.name)) : teams.contains($0.name))
                },
                organisation)
            day = zone.day(containing: day.upperBound)
        }
        return report
    }

    /// A name in the request that does not exist, with the names that do. The store is asked only for a name without
    /// a row in the range.
    private func unknownName(_ report: IntervalReport, _ store: Store, _ gateway: Configuration) throws -> String? {
        let asked = queue + team
        guard !asked.isEmpty else { return nil }
        let isQueue = !queue.isEmpty
        /// Queues' names are compared as the switch compares them; teams' names are the configuration's.
        func isIn(_ names: [String], _ name: String) -> Bool {
            isQueue ? names.contains { QueueName($0) == QueueName(writtenName: name) } : names.contains(name)
        }
        let silent = asked.filter { !isIn(report.rows.map(\.sum.name), $0) }
        guard !silent.isEmpty else { return nil }
        let stored = try store.intervalNames(of: `switch`, kind: isQueue ? "queue" : "team")
        var configured: [String] = []
        if isQueue {
            var queues = gateway.organisation.groups.flatMap(\.queues)
            queues += gateway.organisation.suppliers.flatMap(\.queues)
            queues += gateway.queues.keys
            for rules in gateway.queuesBySwitch.values { queues += rules.settings.keys }
            configured = queues.map(\.rawValue)
        } else {
            configured = gateway.organisation.teams.map(\.name) + [IntervalRow.otherTeams]
        }
        guard let unknown = silent.first(where: { !isIn(stored, $0) && !isIn(configured, $0) }) else { return nil }
        // Sorted, because a dictionary's order is arbitrary.
        let there = Set(stored + configured).sorted().map { "“\(shown($0))”" }.joined(separator: ", ")
        let kind = isQueue ? "queue" : "team"
        return "There is no \(kind) “\(shown(unknown))”; "
            + (there.isEmpty ? "there is none yet." : "there are: \(there).")
    }

    private func range(_ zone: TimeZoneRule) throws -> Range<UnixTime> {
        let now = UnixTime(microseconds: Int64(Date().timeIntervalSince1970 * 1_000_000))
        let first = try from.map { try instant($0, "--from", zone) }
        let last = try to.map { try instant($0, "--to", zone) }
        let day = zone.day(containing: first ?? last.map { UnixTime(microseconds: $0.microseconds - 1) } ?? now)
        let range = (first ?? day.lowerBound, last ?? day.upperBound)
        guard range.0 < range.1 else { throw misuse("--to is not later than --from.") }
        guard range.1 - range.0 <= Self.longest else { throw misuse("--from and --to are more than ten years apart.") }
        return range.0..<range.1
    }
}
