import Foundation
import Gateway
import Reconciliation
import Recordings
import Simulation
import Store
import Telephony
import Wire

/// Our account of the queues, from where the user said.
struct OurSide {
    /// No call lasts longer between its arrival and its joining of a queue.
    private static let longestBeforeQueue = Span.seconds(24 * 3600)

    var visits: [OurVisit] = []
    var coverage = Coverage()
    /// Records whose JSON is none of ours.
    var unreadable = 0

    /// Runs the recording through the gateway; its records are taken in the form in which they would be stored.
    static func recorded(_ path: String) throws -> OurSide {
        let found = try Recording.find(paths: [path])
        guard found.count == 1 else { throw ReconcileError.severalRecordings(path: path, count: found.count) }
        let recording = try Recording.load(found[0])
        guard let start = recording.startEpoch.map({ UnixTime(microseconds: $0) }) else { throw ReconcileError.noCivilTime(path: path) }
        var bar = ProgressBar("Replaying", total: 2)
        bar.show(1, recording.name)
        let connections = recording.connections
        var replay = Replay(start: start, digests: .openSSL)
        replay.play(connections)
        bar.finish()
        let report = replay.report()
        var side = OurSide()
        for contact in report.contacts { side.add(String(decoding: JSON.encode(contact), as: UTF8.self)) }
        let end = connections.compactMap { $0.chunks.last?.time }.max() ?? .zero
        side.coverage = Coverage(
            from: start, to: start + end,
            gaps: report.gaps.compactMap { gap in
                UnixTime(rfc3339: gap.from).map { .init(from: $0, to: gap.to.flatMap { UnixTime(rfc3339: $0) }) }
            })
        return side
    }

    /// Records of calls that are over.
    static func stored(
        _ configuration: ProgramConfiguration, of name: String?, _ window: Reconciliation.Window, lastLine: UnixTime?
    ) throws -> OurSide {
        guard let path = configuration.storePath else { throw misuse("The configuration names no database ([store] path).") }
        let names = configuration.gateway.switches.map(\.name.rawValue)
        let chosen: String
        switch (name, names.count) {
        case (let name?, _) where names.contains(name): chosen = name
        case (let name?, _): throw misuse("The configuration has no switch “\(name)”; it has \(names.joined(separator: ", ")).")
        case (nil, 1): chosen = names[0]
        case (nil, 0): throw misuse("The configuration has no Asterisk ([[switches]]): there is no queue_log to compare with.")
        case (nil, _): throw misuse("Of which switch is the log? Give --switch \(names.joined(separator: " or --switch ")).")
        }
        // Opening a store makes it.
        guard FileManager.default.fileExists(atPath: path) else { throw ReconcileError.noStore(path: path) }
        var side = OurSide()
        side.coverage.isOfEndedCalls = true
        guard let from = window.from, let to = window.to ?? lastLine.map({ $0 + .seconds(1) }), from < to else { return side }
        let first = UnixTime(microseconds: from.microseconds - longestBeforeQueue.microseconds)
        let store = try Store(path: path)
        let total = Int((to - first).microseconds / 1_000_000)
        var bar = ProgressBar("Reading records", total: total)
        try store.contacts(of: chosen, arrived: first.microseconds..<to.microseconds) { rows in
            for row in rows { side.add(row.record) }
            let last = UnixTime(microseconds: rows.last?.arrived ?? first.microseconds)
            bar.show(Int((last - first).microseconds / 1_000_000), "\(side.visits.count) visits")
        }
        bar.finish()
        side.coverage.gaps = try store.gaps(of: chosen, in: from.microseconds..<to.microseconds).map { gap in
            .init(
                from: UnixTime(microseconds: gap.from), to: gap.to.map { UnixTime(microseconds: $0) },
                // A start knows the open calls of before from the journal.
                losesOpenCalls: gap.cause == Telephony.Gap.Cause.notRunning.rawValue && configuration.journalDirectory == nil)
        }
        try store.close()
        // Nobody asked for what came after the log's end.
        if window.to == nil { side.visits.removeAll { $0.joined >= to } }
        return side
    }

    private mutating func add(_ document: String) {
        if let visits = ContactVisits.decode(document) { self.visits += visits } else { unreadable += 1 }
    }
}
