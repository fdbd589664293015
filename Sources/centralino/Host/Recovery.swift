import EventLoop
import Foundation
import Core
import Journal
import TLS
import Time
import Wire

/// What an earlier run knew, read from its journal at the start, before anything is heard.
///
/// The newest checkpoint that can be read is taken, and what was journalled after it is played through the gateway. The
/// outputs are not acted on, since that was done then, except for contact records and gaps: these are saved again,
/// under the ids that they had, in case the run ended before they were saved.
struct Recovery {
    let core: Core
    /// When the earlier run last heard anything.
    let last: Moment
    /// To be ended when the gateway has gone on with it.
    let attempt: RecoveryAttempt

    /// Uptime continues where that run ended, plus the time that has passed since, but at most
    /// ``ProgramLimits/longestSilence``: a clock that is corrected by decades must not make as many quarter-hours due.
    func resumedUptime(at now: UnixTime) -> Span {
        last.uptime + min(max(.zero, now - last.date), ProgramLimits.longestSilence)
    }

    /// nil: there is nothing to go on from. `save` gets records and gaps, in order.
    @LoopActor
    static func run(_ folder: String, save: (Core.Output) -> Void) throws(JournalError) -> Recovery? {
        let checkpoints = try Journal.Sidecar.all(Checkpoint.what, in: folder).count
        guard let attempt = RecoveryAttempt(folder, checkpoints: checkpoints) else { return nil }
        let began = EventLoop.uptimeMicroseconds
        let source = try JournalSource(folder, without: attempt.rung.skipped)
        for (path, fault) in source.faults {
            Log.write(.warning, "recovery", "\(path) is not used: \(fault) More is replayed instead.")
        }
        var player = JournalPlayer(source.core)
        let from = source.from ?? .min
        let reader = try Journal.Reader(folder, from: from, sha256: OpenSSL.sha256)
        var progress = Progress(total: try Journal.bytes(in: folder, from: from), began: began)
        while true {
            let entry: Journal.Entry?
            do throws(JournalError) { entry = try reader.next() } catch {
                Log.write(.error, "recovery", "\(error) What it has is missing from what is known now.")
                player.passOver()
                continue
            }
            guard let entry else { break }
            player.notice(reader.damages, in: reader.segment)
            guard player.admits(entry) else { continue }
            player.play(entry) { outputs in
                for output in outputs {
                    switch output {
                    case .closed, .gap, .interval: save(output)
                    case .connect, .send, .close, .lookUp, .log, .webhookIgnored, .card, .namesChanged, .wrapUpBegan,
                        .wrapUpEnded,
                        .changed:
                        break
                    }
                }
            }
            attempt.reached(player.entries)
            progress.show(reader.bytes, player.entries)
        }
        progress.finish()
        attempt.played()
        say(player, reader, source, began, folder)
        guard let core = player.core, core.hasStarted, let last = player.last else {
            attempt.succeeded()
            return nil
        }
        return Recovery(core: core, last: last, attempt: attempt)
    }

    private static func sayRefused(_ player: JournalPlayer, _ folder: String) {
        let refused = player.refused
        let first = refused.segment.map { Journal.Sidecar(segment: $0, what: "zst", folder: folder).path } ?? folder
        if refused.impossible > 0 {
            Log.write(
                .error, "recovery",
                "\(refused.impossible) entries, the first in \(first), have an impossible time; they are damaged and were skipped. Check the disk, and compare with a copy."
            )
        }
        if refused.old > 0 {
            Log.write(
                .error, "recovery",
                "\(refused.old) entries, the first in \(first), are older than what stands before them: they were not written there, and were skipped. Move the segment away if it is an old one under a newer name."
            )
        }
        for date in player.begunAgain.suffix(ProgramLimits.loggedFaults) {
            Log.write(
                .warning, "recovery",
                "By the journal, counting began again at \(date): calls and figures from before are not counted.")
        }
    }

    private static func say(
        _ player: JournalPlayer, _ reader: Journal.Reader, _ source: JournalSource, _ began: Int64, _ folder: String
    ) {
        for damage in reader.damages.prefix(ProgramLimits.loggedFaults) where damage.fault != .tornTail {
            Log.write(.error, "recovery", "\(damage)")
        }
        for lost in player.lost.suffix(ProgramLimits.loggedFaults) {
            let (from, to) = (UnixTime(microseconds: lost.fromDate), UnixTime(microseconds: lost.toDate))
            Log.write(
                .warning, "recovery",
                "\(lost.entries) entries from \(from) to \(to) are missing from the journal: this is a gap until the switches were asked for their inventory."
            )
        }
        sayRefused(player, folder)
        if player.notUnderstood > 0 {
            Log.write(
                .warning, "recovery",
                "\(player.notUnderstood) entries are of another version of this program, and were skipped.")
        }
        guard player.entries > 0 || source.core != nil else { return }
        guard let core = player.core, core.hasStarted, let last = player.last else {
            return Log.write(
                .warning, "recovery",
                "The journal has no checkpoint, and its beginning is not there: \(player.entries) entries mean nothing by themselves. Counting begins again."
            )
        }
        let seconds = Double((EventLoop.uptimeMicroseconds - began) / 10_000) / 100
        let beginning =
            source.from.map { "the checkpoint of \(UnixTime(microseconds: $0))" } ?? "the journal's beginning"
        Log.write(
            .info, "recovery",
            "Known again up to \(last.date): from \(beginning), \(player.entries) entries in \(seconds) s; \(core.openContacts) calls were open."
        )
    }

    /// A bar on a terminal, otherwise a line now and then, once it has taken more than a second.
    private struct Progress {
        let total: Int
        let began: Int64
        private var said: Int64
        private var bar: ProgressBar

        init(total: Int, began: Int64) {
            self.total = total
            self.began = began
            said = began
            bar = ProgressBar("Recovering", total: total)
        }

        mutating func show(_ bytes: Int, _ entries: Int) {
            guard entries.isMultiple(of: 256) else { return }
            let now = EventLoop.uptimeMicroseconds
            guard now - began > ProgramLimits.silentProgressMicroseconds else { return }
            bar.show(bytes, "\(entries) entries")
            guard !Console.errorIsTerminal, now - said > ProgramLimits.progressLineMicroseconds else { return }
            said = now
            Log.write(
                .info, "recovery", "\(bytes * 100 / max(1, total)) % of the journal read, \(entries) entries so far.")
        }

        func finish() { bar.finish() }
    }
}
