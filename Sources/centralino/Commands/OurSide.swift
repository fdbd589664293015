import Foundation
import Core
import Edges
import Gateway
import Playback
import Reconciliation
import Recordings
import Records
import Store
import Telephony
import Time
import Wire

/// Our account of the queues, from the source that the user named.
struct OurSide {
    /// The longest time between a call's arrival and its joining of a queue.
    private static let longestBeforeQueue = Span.seconds(24 * 3600)

    var visits: [OurVisit] = []
    var coverage = Coverage()
    /// Records whose JSON is not ours.
    var unreadable = 0

    /// Runs the recording through a gateway with this configuration, and takes its records in the form in which they
    /// would be stored.
    static func recorded(_ path: String, _ configuration: ProgramConfiguration?, of name: String?) throws -> OurSide {
        let chosen = try configuration?.asterisk(named: name, is: "Of which switch is the recording?")
        let found = try Recording.find(paths: [path])
        guard found.count == 1 else { throw ReconcileError.severalRecordings(path: path, count: found.count) }
        let recording = try Recording.load(found[0])
        guard let start = recording.startEpoch.map({ UnixTime(microseconds: $0) }) else {
            throw ReconcileError.noCivilTime(path: path)
        }
        var bar = ProgressBar("Replaying", total: 2)
        bar.show(1, recording.name)
        let connections = recording.connections
        var replay = Replay(configuration?.gateway ?? Configuration(), of: chosen, start: start, digests: .openSSL)
        replay.play(connections)
        bar.finish()
        let report = replay.report()
        var side = OurSide()
        for contact in report.contacts { side.add(contact) }
        let end = connections.compactMap { $0.chunks.last?.time }.max() ?? .zero
        side.coverage = Coverage(
            from: start, to: start + end,
            gaps: report.gaps.compactMap { gap in
                UnixTime(rfc3339: gap.from).map { .init(from: $0, to: gap.to.flatMap { UnixTime(rfc3339: $0) }) }
            })
        return side
    }

    /// Records of calls that have ended.
    static func stored(
        _ configuration: ProgramConfiguration, of name: String?, _ window: Reconciliation.Window, lastLine: UnixTime?
    ) throws -> OurSide {
        guard let path = configuration.storePath else {
            throw misuse("The configuration names no database ([store] path).")
        }
        guard let chosen = try configuration.asterisk(named: name, is: "Of which switch is the log?")?.rawValue else {
            throw misuse("The configuration has no Asterisk ([[switches]]): there is no queue_log to compare with.")
        }
        // Opening a store would create it.
        guard FileManager.default.fileExists(atPath: path) else { throw ReconcileError.noStore(path: path) }
        var side = OurSide()
        side.coverage.isOfEndedCalls = true
        guard let from = window.from, let to = window.to ?? lastLine.map({ $0 + .seconds(1) }), from < to else {
            return side
        }
        let first = UnixTime(microseconds: from.microseconds - longestBeforeQueue.microseconds)
        let store = try Store(path: path, for: .reader)
        let total = Int((to - first).microseconds / 1_000_000)
        var bar = ProgressBar("Reading records", total: total)
        try store.contacts(of: chosen, arrived: first.microseconds..<to.microseconds) { rows in
            for row in rows { side.add(JSON.decode(ContactDocument.self, from: row.record.utf8)) }
            let last = UnixTime(microseconds: rows.last?.arrived ?? first.microseconds)
            bar.show(Int((last - first).microseconds / 1_000_000), "\(side.visits.count) visits")
        }
        bar.finish()
        side.coverage.gaps = try store.gaps(of: chosen, in: from.microseconds..<to.microseconds).map { gap in
            .init(
                from: UnixTime(microseconds: gap.from), to: gap.to.map { UnixTime(microseconds: $0) },
                // With a journal, a start knows the calls that were open.
                losesOpenCalls: gap.cause == Telephony.Gap.Cause.notRunning.rawValue
                    && configuration.journalDirectory == nil)
        }
        try store.close()
        // The log says nothing about what came after its end.
        if window.to == nil { side.visits.removeAll { $0.joined >= to } }
        return side
    }

    private mutating func add(_ document: ContactDocument?) {
        if let visits = document?.ourVisits { self.visits += visits } else { unreadable += 1 }
    }
}
