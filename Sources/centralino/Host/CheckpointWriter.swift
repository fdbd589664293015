import Dispatch
import EventLoop
import Core
import Journal
import Time

/// Writes checkpoints off the loop, from a copy of the core's state, and compares the figures that it keeps with the
/// sums over its facts.
///
/// A record that the store has not acknowledged can be found again only by replaying. So a checkpoint is written only
/// when everything that was to be stored before it is stored; until then an older one holds.
@LoopActor
final class CheckpointWriter {
    /// One a quarter of an hour is enough to look back from; older than this, one an hour.
    private nonisolated static let quartersKeptMicroseconds: Int64 = 4 * 3_600_000_000
    private nonisolated static let quarter: Int64 = 900_000_000
    private nonisolated static let hour: Int64 = 3_600_000_000

    private struct Pending: Sendable {
        var core: Core
        var segment: Int64
        /// How many saves were ordered before the checkpoint.
        var saves: UInt64
    }

    private let folder: String
    private let queue = DispatchQueue(label: "checkpoints", qos: .utility)
    /// The oldest checkpoint that is not written yet, and the newest: a store that is always a little behind must not
    /// put off a checkpoint for ever.
    private var pending: [Pending] = []
    private var isWriting = false
    private var isFailing = false
    /// Called when no checkpoint is being written any more.
    var onIdle: (@LoopActor () -> Void)?
    /// The last checkpoint that was written.
    private(set) var newest: (path: String, file: FileIdentity)?

    init(_ folder: String) { self.folder = folder }

    var isIdle: Bool { !isWriting }

    /// Takes the state before the first entry of this segment; `saves` were ordered until then.
    func take(_ core: Core, beside segment: Int64, saves: UInt64) {
        if pending.count == 2 { pending.removeLast() }
        pending.append(Pending(core: core, segment: segment, saves: saves))
    }

    /// This many saves, counted from the first, are in the store.
    func settled(_ saves: UInt64) {
        guard !isWriting, let index = pending.lastIndex(where: { $0.saves <= saves }) else { return }
        let next = pending[index]
        pending.removeSubrange(...index)
        isWriting = true
        let folder = folder
        // To release the last copy of a day's facts frees megabytes: this queue does it, not the loop.
        queue.async { [self, next] in
            var failure: JournalError?
            // Noted as soon as the file exists: somebody may delete it before the loop learns of it.
            var file: FileIdentity?
            let path = Journal.Sidecar(segment: next.segment, what: Checkpoint.what, folder: folder).path
            do throws(JournalError) {
                try Checkpoint.write(next.core, beside: next.segment, in: folder)
                file = FileIdentity(path: path)
                Self.thin(folder, at: next.segment)
            } catch {
                failure = error
            }
            Self.compareFigures(of: next.core)
            EventLoop.post { [failure, file] in self.written(file.map { (path, $0) }, failure, saves) }
        }
    }

    private func written(_ checkpoint: (path: String, file: FileIdentity)?, _ failure: JournalError?, _ saves: UInt64) {
        isWriting = false
        if let failure {
            if !isFailing {
                Log.write(.error, "checkpoint", "\(failure) Calls go on; a start takes longer until one is written.")
            }
            isFailing = true
        } else {
            newest = checkpoint
            isFailing = false
        }
        onIdle?()
        settled(saves)
    }

    private nonisolated static func compareFigures(of core: Core) {
        for fault in core.faultsOfKeptFigures.prefix(ProgramLimits.loggedFaults) {
            Log.write(.error, "figures", words(fault))
        }
    }

    /// `fault`: one of ``Core/Core/faultsOfKeptFigures``.
    nonisolated static func words(_ fault: String) -> String {
        "A figure that is kept is not the sum over its facts: \(fault.prefix(ProgramLimits.shownRefusal)). "
            + "The wallboard may show it wrongly; records, rows of intervals and /v1/stats are made of the facts. "
            + "Restart the gateway, which counts again, and report this line with the journal: it is a fault of the program."
    }

    /// A day of many calls is some megabytes in each of them, and under load there is one each minute.
    private nonisolated static func thin(_ folder: String, at segment: Int64) {
        guard let all = try? Journal.Sidecar.all(Checkpoint.what, in: folder) else { return }
        var kept: Set<Int64> = []
        for beside in all.dropLast(3) {
            let slot = beside.segment < segment - quartersKeptMicroseconds ? hour : quarter
            if !kept.insert(beside.segment / slot * slot).inserted { beside.delete() }
        }
    }
}
