import Glibc

extension Journal {
    /// What the writer's own thread did for a group of blocks.
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

    private let retention: Retention
    private let sync: Sync
    private let report: @Sendable (Journal.Commit) -> Void
    // A pthread mutex instead of Synchronization.Mutex: ThreadSanitizer does not understand the latter, and a
    // condition variable is needed.
    private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var waiting = Work()  // these three are guarded by the lock
    private var isBusy = false
    private var isEnding = false
    private var thread: pthread_t?  // used by the writer's thread only

    init(_ retention: Retention, sync: @escaping Sync, report: @escaping @Sendable (Journal.Commit) -> Void) {
        self.retention = retention
        self.sync = sync
        self.report = report
        pthread_mutex_init(lock, nil)
        pthread_cond_init(changed, nil)
    }

    deinit {
        pthread_mutex_destroy(lock)
        pthread_cond_destroy(changed)
        lock.deallocate()
        changed.deallocate()
    }

    /// `file` has grown up to `position`. `newSegmentAt` is given with the segment's first block.
    func commit(_ file: SegmentFile, upTo position: Journal.Position, newSegmentAt date: Int64?) {
        startIfNeeded()
        change {
            if waiting.files.last !== file { waiting.files.append(file) }
            waiting.position = position
            waiting.newSegmentAt = date ?? waiting.newSegmentAt
        }
    }

    /// Waits until everything that was requested is done.
    func waitUntilIdle() {
        pthread_mutex_lock(lock)
        while isBusy || waiting.position != nil { pthread_cond_wait(changed, lock) }
        pthread_mutex_unlock(lock)
    }

    /// Finishes what was requested, and ends the thread.
    func end() {
        guard let thread else { return }
        change { isEnding = true }
        pthread_join(thread, nil)
        self.thread = nil
    }

    private func change(_ body: () -> Void) {
        pthread_mutex_lock(lock)
        body()
        pthread_cond_broadcast(changed)
        pthread_mutex_unlock(lock)
    }

    private func startIfNeeded() {
        guard thread == nil else { return }
        var made = pthread_t()
        let code = pthread_create(
            &made, nil,
            { committer in
                Unmanaged<Committer>.fromOpaque(committer!).takeRetainedValue().run()
                return nil
            }, Unmanaged.passRetained(self).toOpaque())
        precondition(code == 0, "the journal's thread could not be created (\(code)); look at `ulimit -u`")
        thread = made
    }

    private func run() {
        while let work = next() {
            perform(work)
            change { isBusy = false }
        }
    }

    private func next() -> Work? {
        pthread_mutex_lock(lock)
        defer { pthread_mutex_unlock(lock) }
        while waiting.position == nil, !isEnding { pthread_cond_wait(changed, lock) }
        guard waiting.position != nil else { return nil }
        defer { waiting = Work() }
        isBusy = true
        return waiting
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
