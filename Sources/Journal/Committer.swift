import Glibc

extension Journal {
    /// What became of a block on the writer's own thread.
    public struct Flush: Equatable, Sendable {
        /// How many entries were appended up to its end since the writer began. They are with the kernel, and so
        /// outlive the program, or they are lost.
        public var entries: Int
        /// Why the block is lost.
        public var failure: JournalError?
    }

    /// What the thread that syncs did for a group of blocks.
    public enum Commit: Equatable, Sendable {
        /// Everything up to this position is on the disk and survives a power cut.
        case committed(Position)
        /// What was written between the previous commit and this position may not survive a power cut.
        case failed(JournalError, Position)
        /// All segments before this one were deleted by the rules.
        case retired(before: Int64)
        /// A segment that the rules no longer keep is still there.
        case notDeleted(JournalError)
    }
}

/// A segment that is open for writing. It is closed when neither the writer that appends to it nor the thread that
/// syncs it needs it any more.
final class SegmentFile: Sendable {
    let number: Int64
    let path: String
    let descriptor: Int32

    init(number: Int64, path: String, descriptor: Int32) {
        self.number = number
        self.path = path
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }
}

/// Syncs what was written to the disk and deletes what is too old, on a thread of its own: both can take arbitrarily
/// long, and the loop must not wait. One `fdatasync` runs at a time; requests that arrive meanwhile share the next
/// one.
final class Committer: @unchecked Sendable {
    /// 0 or a code of `errno`.
    typealias Sync = @Sendable (_ descriptor: Int32) -> Int32

    static let fdatasync: Sync = { Glibc.fdatasync($0) == 0 ? 0 : errno }

    private struct Work {
        var files: [SegmentFile] = []
        var position: Journal.Position?
        /// The date at which a new segment was begun, if one was.
        var newSegmentAt: Int64?
    }

    private struct Shared {
        var waiting = Work()
        var isBusy = false
        var isEnding = false
    }

    private let retention: Retention
    private let sync: Sync
    private let report: @Sendable (Journal.Commit) -> Void
    private let worker = Worker(Shared())

    init(_ retention: Retention, sync: @escaping Sync, report: @escaping @Sendable (Journal.Commit) -> Void) {
        self.retention = retention
        self.sync = sync
        self.report = report
    }

    /// `file` has grown up to `position`. `newSegmentAt` is given with the segment's first block.
    func commit(_ file: SegmentFile, upTo position: Journal.Position, newSegmentAt date: Int64?) {
        worker.start { self.run() }
        worker.change {
            if $0.waiting.files.last !== file { $0.waiting.files.append(file) }
            $0.waiting.position = position
            $0.waiting.newSegmentAt = date ?? $0.waiting.newSegmentAt
        }
    }

    /// Waits until everything that was requested is done.
    func waitUntilIdle() { worker.wait { !$0.isBusy && $0.waiting.position == nil ? () : nil } }

    /// The same, but not beyond this time of the monotonic clock.
    /// - Returns: whether everything is done.
    func waitUntilIdle(until end: timespec) -> Bool {
        worker.wait(until: end) { !$0.isBusy && $0.waiting.position == nil ? () : nil } != nil
    }

    /// Finishes what was requested, and ends the thread.
    func end() {
        worker.change { $0.isEnding = true }
        worker.join()
    }

    private func run() {
        while let work = next() {
            perform(work)
            worker.change { $0.isBusy = false }
        }
    }

    private func next() -> Work? {
        worker.wait { shared -> Work?? in
            guard shared.waiting.position != nil else { return shared.isEnding ? .some(nil) : nil }
            defer { shared.waiting = Work() }
            shared.isBusy = true
            return shared.waiting
        }
    }

    private func perform(_ work: Work) {
        guard let position = work.position else { return }
        var failure: JournalError?
        for file in work.files {
            let code = sync(file.descriptor)
            if code != 0 { failure = failure ?? .cannotSync(path: file.path, code: code) }
        }
        // A new file survives a power cut only if its folder was synced.
        if work.newSegmentAt != nil, let code = syncFolder() {
            failure = failure ?? .cannotSync(path: retention.folder, code: code)
        }
        report(failure.map { .failed($0, position) } ?? .committed(position))
        guard let date = work.newSegmentAt else { return }
        let retired = retention.apply(at: date)
        if let oldest = retired.oldest { report(.retired(before: oldest)) }
        if let failure = retired.failure { report(.notDeleted(failure)) }
    }

    private func syncFolder() -> Int32? {
        let folder = open(retention.folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { return errno }
        defer { close(folder) }
        // Some file systems cannot sync a folder.
        return fsync(folder) == 0 || errno == EINVAL ? nil : errno
    }
}
