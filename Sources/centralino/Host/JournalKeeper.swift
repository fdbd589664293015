import Dispatch
import Core
import EventLoop
import Journal
import TLS
import Time

/// Journals the core's inputs with their moments. An input is handed to the journal's thread at most the configured
/// delay (50 ms) after it came, or at once if much has gathered. That thread hands it to the kernel, and another one
/// brings it to the disk: the loop waits for neither.
@LoopActor
final class JournalKeeper {
    /// Handed over at once beyond this: a block of some milliseconds of compression.
    private static let bufferBytes = 1024 * 1024
    /// A journal that cannot be written is tried again even if nothing comes, so that it says as soon as possible what
    /// it misses.
    private static let retryMicroseconds: Int64 = 5_000_000
    /// How often the fault is logged again while the disk refuses.
    private static let repeatMicroseconds: Int64 = 60_000_000
    /// Flushes whose commit is waited for, each with its time. A disk that hangs for longer is seen by the oldest of
    /// them.
    private static let flushesTimed = 1000

    /// How long the end of the program waits for a disk that hangs, and the loop with it: twice at most, for what came
    /// before the end and for the end. Shorter than a service manager's patience, and than that of its watchdog.
    private static let secondsToEnd = 10

    /// How often the files are looked at. A deletion is noticed within about twice this time.
    private static let lookMicroseconds: Int64 = 15_000_000

    /// Called with the number of a segment that begins, and the core before its first entry.
    var onSegment: (@LoopActor (Int64, Core) -> Void)?
    /// Called when everything up to this position is on the disk.
    var onCommitted: (@LoopActor (Journal.Position) -> Void)?
    /// Called when ``flushed`` is another.
    var onFlushed: (@LoopActor () -> Void)?
    /// How many entries, from the first on, are with the kernel, and so outlive the program; or are lost, and waiting
    /// for them is of no use.
    private(set) var flushed = 0
    /// How many entries were appended.
    var appended: Int { writer.appended }
    /// Whether something was appended that only this program knows.
    var isPending: Bool { appended > flushed }
    private(set) var committed: Journal.Position?
    /// From the first entry of the last block that was committed to its commit.
    private(set) var lastCommitMicroseconds: Int64?

    let directory: String
    private let writer: Journal.Writer
    private let delayMicroseconds: Int64
    private var isDue = false
    private var before: Core?
    private var isStopping = false
    /// The disk hung for ``secondsToEnd`` when the program was to end: nothing waits for it any more.
    private(set) var hasGivenUp = false
    /// What had come by then, and not before, may be missing.
    private var givenUpSince: UnixTime?
    private var flushes: [(entries: Int, since: Int64)] = []
    private var gatheringSince: Int64 = 0
    private var failingSaid: Int64?  // uptime
    private var isSyncFailing = false
    private var isDeletionFailing = false
    private lazy var timer = Timer { [unowned self] in flush() }
    private lazy var retry = Timer { [unowned self] in flush() }
    private lazy var look = Timer { [unowned self] in inspect() }
    private let inspecting = DispatchQueue(label: "journal inspector", qos: .utility)
    private var inspector: Journal.Inspector
    private var retiredBefore: Int64 = .min
    private var folderGoneSaid: Int64?  // uptime
    private var checkpointGone: String?
    /// The newest checkpoint that was written in this run.
    var checkpoint: (@LoopActor () -> (path: String, file: FileIdentity)?)?
    /// Segments and checkpoints that were deleted, moved or replaced while we ran.
    private(set) var goneFiles = 0
    /// The last of these, for people.
    private(set) var goneSaid: String?
    /// Whether some of ``goneFiles`` had entries.
    private var isEvidenceGone = false
    /// Segments of this run that began with a checkpoint beside them, and how many losses had ended before each; the
    /// newest ones.
    private var checkpointed: [(segment: Int64, losses: Int)] = []
    /// How many of these are kept, since the checkpoint of any of them may be the newest. If a store refuses for longer
    /// than some days of quarter-hours, older losses are counted as well.
    private static let checkpointedKept = 500

    init(_ directory: String, _ settings: JournalSettings = JournalSettings()) throws {
        let relay = Relay()
        self.directory = directory
        inspector = Journal.Inspector(folder: directory)
        delayMicroseconds = settings.commitDelayMicroseconds
        writer = try Journal.Writer(directory: directory, rules: settings.rules, sha256: OpenSSL.sha256) { commit in
            EventLoop.post { relay.keeper?.note(commit) }
        } onFlush: { flush in
            EventLoop.post { relay.keeper?.note(flushed: flush.entries, flush.failure) }
        }
        relay.keeper = self
        writer.onSegment = { [unowned self] number in
            guard let before else { return }
            if checkpointed.count == Self.checkpointedKept { checkpointed.removeFirst() }
            // A loss that lasts may go on: this segment's first block may fail as well. So may blocks that are on their
            // way, whose loss is then counted as one after the checkpoint.
            checkpointed.append((number, writer.lostIntervalCount - (writer.isLosing ? 1 : 0)))
            onSegment?(number, before)
        }
        for repair in writer.repairs { Log.write(.warning, "journal", "\(repair)") }
        inspect()
    }

    /// Reports come from other threads.
    @LoopActor
    private final class Relay {
        weak var keeper: JournalKeeper?
    }

    // MARK: what is missing

    /// Where entries are missing since the start: the newest 1,000, oldest first, the one that still lasts included.
    var lostIntervals: [Journal.LostInterval] { writer.lostIntervals }
    var lostIntervalCount: Int { writer.lostIntervalCount }
    var lostEntries: Int { writer.lostEntries }
    var lostBytes: Int { writer.lostBytes }
    /// Whether what comes now is not kept.
    var isLosing: Bool { writer.isLosing }
    /// How long the oldest entry that is not yet on the disk has waited; nil if none waits.
    var uncommittedMicroseconds: Int64? {
        (flushes.first?.since ?? (isDue ? gatheringSince : nil)).map { EventLoop.uptimeMicroseconds - $0 }
    }

    // MARK: in

    /// Whether what is appended next will be the first entry of a new segment.
    func beginsSegment(at now: Moment) -> Bool { writer.beginsSegment(uptime: now.uptime.microseconds) }

    /// `before`: the core as it was before this input, where a segment begins with it.
    func append(_ input: Core.Input, at now: Moment, _ before: Core?) {
        self.before = before
        defer { self.before = nil }
        if writer.bufferedBytes == 0 { gatheringSince = EventLoop.uptimeMicroseconds }
        writer.append(
            kind: Journal.Kind(input.kind.rawValue), connection: input.connection.number,
            uptime: now.uptime.microseconds,
            date: now.date.microseconds, bytes: input.bytes)
        if writer.bufferedBytes >= Self.bufferBytes { return flush() }
        guard !isDue else { return }
        isDue = true
        timer.start(afterMicroseconds: delayMicroseconds)
    }

    // MARK: out

    /// Has what was appended handed to the kernel. At the end of the program, when nothing else is kept waiting, it
    /// goes to the disk as well.
    func flush() {
        if isStopping { return finish() }
        isDue = false
        noteGathered()
        do { try writer.handOver() } catch { lost(upTo: writer.appended, error) }
    }

    /// Brings everything to the disk, at the end of the program.
    func finish() {
        isStopping = true
        look.cancel()
        waiting(commits: true)
    }

    /// What comes next begins a segment, with a checkpoint beside it: a start need not read what came before. Waits
    /// until what was appended is with the kernel, or gives up (``hasGivenUp``).
    func beginSegment() {
        writer.endSegment()
        waiting(commits: false)
    }

    private func waiting(commits: Bool) {
        isDue = false
        noteGathered()
        var failure: JournalError?
        do throws(JournalError) {
            let seconds = hasGivenUp ? 0 : Self.secondsToEnd
            guard try writer.flush(commits: commits, withinSeconds: seconds) else { return giveUp() }
        } catch {
            failure = error
        }
        note(flushed: writer.appended, failure)
    }

    /// Nothing is acknowledged: the disk may take what waits, or may not.
    private func giveUp() {
        guard !hasGivenUp else { return }
        hasGivenUp = true
        let since = UnixTime(microseconds: EventLoop.dateMicroseconds - (uncommittedMicroseconds ?? 0))
        givenUpSince = since
        Log.write(
            .error, "journal",
            "The disk of \(directory) has not answered for \(Self.secondsToEnd) s, and the program ends without it. What came since \(since) may be missing from the journal."
        )
    }

    private func noteGathered() {
        guard writer.bufferedBytes > 0, flushes.count < Self.flushesTimed else { return }
        flushes.append((writer.appended, gatheringSince))
    }

    private func note(flushed entries: Int, _ failure: JournalError?) {
        if let failure {
            lost(upTo: entries, failure)
        } else if failingSaid != nil, !writer.isLosing {
            recovered()
        }
        flushed = max(flushed, entries)
        onFlushed?()
    }

    /// What a start will find of this run. To be asked after ``finish()``, as it looks at the files here and now.
    func evidence() -> UnsavedRecords.Evidence {
        // To look at the files might wait for the disk as well.
        if let givenUpSince { return .lacking(since: givenUpSince) }
        let expected = Journal.Inspector.Expectation(
            folder: writer.lockedFolder, current: writer.current, retiredBefore: retiredBefore, checkpoint: nil,
            abandoned: writer.takeAbandoned())
        // A finished segment is reported by the second look that misses it.
        if isEvidenceGone || !(inspector.look(expected) + inspector.look(expected)).isEmpty { return .filesGone }
        // The core of which a checkpoint was taken had heard everything.
        let newest = checkpoint?().flatMap { newest in
            checkpointed.last {
                Journal.Sidecar(segment: $0.segment, what: Checkpoint.what, folder: directory).path == newest.path
            }
        }
        let losses = max(writer.lostIntervalCount - (newest?.losses ?? 0), writer.isLosing ? 1 : 0)
        guard let first = writer.lostIntervals.suffix(losses).first else { return .whole }
        return .lacking(since: UnixTime(microseconds: first.fromDate))
    }

    // MARK: whether it is still there

    private func inspect() {
        let expected = Journal.Inspector.Expectation(
            folder: writer.lockedFolder, current: writer.current, retiredBefore: retiredBefore,
            checkpoint: checkpoint?(), abandoned: writer.takeAbandoned())
        let before = inspector
        inspecting.async {
            var inspector = before
            let losses = inspector.look(expected)
            EventLoop.post { [weak self, inspector] in self?.found(losses, inspector) }
        }
    }

    private func found(_ losses: [Journal.Inspector.Loss], _ inspector: Journal.Inspector) {
        guard !isStopping else { return }
        self.inspector = inspector
        look.start(afterMicroseconds: Self.lookMicroseconds)
        for loss in losses { say(loss) }
        if losses.isEmpty { folderGoneSaid = nil }
    }

    /// What was gathered goes into the present segment; the next entry begins another.
    private func endSegment() {
        writer.endSegment()
        flush()
    }

    /// Logs the loss. What comes next goes into a new segment with a checkpoint beside it, so that a start knows all
    /// that is known now.
    private func say(_ loss: Journal.Inspector.Loss) {
        let text: String
        switch loss {
        case .folder(let path):
            endSegment()
            let now = EventLoop.uptimeMicroseconds
            if let folderGoneSaid, now - folderGoneSaid < Self.repeatMicroseconds { return }
            if folderGoneSaid == nil { goneFiles += 1 }
            isEvidenceGone = true
            folderGoneSaid = now
            text =
                "The journal's folder \(path) was deleted, moved or replaced. Create it again, mode 0700, or put it back; the journal then goes on by itself."
        case .current(let path):
            endSegment()
            goneFiles += 1
            isEvidenceGone = true
            text =
                "\(path) was deleted, moved or replaced while it was being written: what it had is missing from the journal, unless somebody has the file. "
                + "A new segment begins, with a checkpoint of all that is known. Find out who deletes files there."
        case .segments(let paths):
            goneFiles += paths.count
            isEvidenceGone = true
            let more = paths.count > 3 ? " and \(paths.count - 3) more" : ""
            text =
                "\(paths.prefix(3).joined(separator: ", "))\(more): deleted, moved or replaced, and not by [journal] keep_…: the figures of that time can "
                + "no longer be computed again. Restore from a backup, and find out who deletes files there."
        case .checkpoint(let path):
            // Until another is written.
            guard path != checkpointGone else { return }
            checkpointGone = path
            endSegment()
            goneFiles += 1
            text =
                "\(path) was deleted, moved or replaced; no figure is lost by that. Another checkpoint is written with the next input."
        }
        goneSaid = "\(UnixTime(microseconds: EventLoop.dateMicroseconds)): \(text)"
        if case .checkpoint = loss {
            Log.write(.warning, "journal", text)
        } else {
            Log.write(.error, "journal", "\(text) Calls go on.")
        }
    }

    private func lost(upTo entries: Int, _ error: JournalError) {
        flushes.removeAll { $0.entries == entries }
        let now = EventLoop.uptimeMicroseconds
        retry.start(afterMicroseconds: Self.retryMicroseconds)
        if let failingSaid {
            guard now - failingSaid >= Self.repeatMicroseconds, let lost = writer.lostIntervals.last else { return }
            let since = UnixTime(microseconds: lost.fromDate)
            Log.write(
                .error, "journal",
                "\(error) \(lost.entries) entries since \(since) are missing from the journal so far. Calls go on.")
        } else {
            Log.write(.error, "journal", "\(error) Calls go on; what comes now is missing from the journal.")
        }
        failingSaid = now
    }

    private func recovered() {
        failingSaid = nil
        retry.cancel()
        guard let lost = writer.lostIntervals.last else { return }
        let (from, to) = (UnixTime(microseconds: lost.fromDate), UnixTime(microseconds: lost.toDate))
        Log.write(
            .info, "journal",
            "The journal is being written again; \(lost.entries) entries (\(lost.bytes) bytes) from \(from) to \(to) are missing from it, and it says so."
        )
    }

    private func note(_ commit: Journal.Commit) {
        switch commit {
        case .committed(let position):
            committed = position
            passed(position, isCommitted: true)
            if isSyncFailing { Log.write(.info, "journal", "The journal is being brought to the disk again.") }
            isSyncFailing = false
            onCommitted?(position)
        case .failed(let error, let position):
            passed(position, isCommitted: false)
            if !isSyncFailing { Log.write(.error, "journal", "\(error) Calls go on.") }
            isSyncFailing = true
        case .retired(let oldest): retiredBefore = max(retiredBefore, oldest)
        case .notDeleted(let error):
            if !isDeletionFailing { Log.write(.warning, "journal", "\(error)") }
            isDeletionFailing = true
        }
    }

    private func passed(_ position: Journal.Position, isCommitted: Bool) {
        let done = flushes.prefix { $0.entries <= position.entries }
        if isCommitted, let last = done.last { lastCommitMicroseconds = EventLoop.uptimeMicroseconds - last.since }
        flushes.removeFirst(done.count)
    }
}
