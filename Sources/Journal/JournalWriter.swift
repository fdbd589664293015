import Glibc

extension Journal {
    /// Appends entries to a journal. They go cheaply to memory. ``handOver()`` takes what was gathered to a thread of
    /// the writer's own, which writes it as one block to the newest segment; a second thread brings it to the disk.
    ///
    /// A block that cannot be written is lost, because memory is bounded and the gateway must go on. So is what comes
    /// while the disk hangs and too much waits for it. The loss is counted, and the next block that is written begins
    /// with an entry that says what is missing. A partly written block is truncated, so that nothing after it is lost.
    ///
    /// Use it from one thread at a time. A folder has one writer: a second one is refused.
    public final class Writer {
        /// Torn tails that were found at the start. Each was removed from its segment, unless it could not be kept
        /// elsewhere.
        public let repairs: [Repair]
        /// Entries appended since the start, including those that could not be written.
        public private(set) var appended = 0
        /// Entries, and bytes of their text, that could not be written since the start.
        public var lostEntries: Int { worker.read { $0.losses.entries } }
        public var lostBytes: Int { worker.read { $0.losses.bytes } }
        /// Where entries are missing since the start: the newest 1,000, the oldest first, including the one that is
        /// not over yet.
        public var lostIntervals: [LostInterval] { worker.read { $0.losses.newest } }
        public var lostIntervalCount: Int { worker.read { $0.losses.count } }
        /// Whether the last of ``lostIntervals`` is not over yet: nothing could be written since.
        public var isLosing: Bool { worker.read { $0.losses.isOpen } }
        /// Bytes that wait for the next ``handOver()``. The host hands over when they exceed about 1 MiB, or after
        /// 50 ms.
        public var bufferedBytes: Int { buffer.count }
        /// Called from ``append(kind:connection:uptime:date:bytes:)``, before that returns, with the number of a new
        /// segment whose first entry this is. (A segment that begins after a failure has no call. Where somebody has
        /// put a file of that name, the segment has another.)
        public var onSegment: ((Int64) -> Void)?

        /// What the loop and the thread both know.
        private struct Shared {
            var queue: [Block] = []
            /// Of the queue, and of what the thread has taken from it and is not done with.
            var waitingBytes = 0
            var losses = Losses()
            /// Why the last block could not be written.
            var failure: JournalError?
            var standing: SegmentWriter.Standing
            var abandoned: [Int64] = []
            /// A buffer that was written, to be used again.
            var spare: [UInt8] = []
            var isEnding = false

            var isIdle: Bool { waitingBytes == 0 && losses.overflow == nil }
        }

        private enum Work {
            case write
            case reportOverflow(bytes: Int, upTo: Int)
            case end
        }

        private let folder: String
        private let rules: Rules
        private let waitingLimit: Int
        private let segments: SegmentWriter
        private let worker: Worker<Shared>
        private let report: @Sendable (Flush) -> Void

        // The segment that was begun last.
        private var segment: Int64
        private var segmentUptime: Int64 = 0
        private var segmentEntries = 0
        /// Whether the next block begins another segment.
        private var isOver = true

        // The block that is being gathered.
        private var buffer: [UInt8] = []
        private var content = LostInterval(
            fromUptime: 0, fromDate: 0, toUptime: 0, toDate: 0, entries: 0, bytes: 0, code: 0)
        /// Whether ``segment`` has a number, but not a block that was handed over.
        private var isBeginning = false

        /// - Parameters:
        ///   - directory: created (mode 0700) if it does not exist; its parent must exist.
        ///   - onCommit: called on a thread of the writer's own, after each group of blocks.
        ///   - onFlush: called on another, after each block.
        public convenience init(
            directory: String, rules: Rules = Rules(), sha256: @escaping SHA256,
            onCommit: @escaping @Sendable (Commit) -> Void = { _ in },
            onFlush: @escaping @Sendable (Flush) -> Void = { _ in }
        ) throws(JournalError) {
            try self.init(
                directory: directory, rules: rules, sha256: sha256, sync: Committer.fdatasync, onCommit: onCommit,
                onFlush: onFlush)
        }

        init(
            directory: String, rules: Rules, sha256: @escaping SHA256, sync: @escaping Committer.Sync,
            write: @escaping SegmentWriter.Write = { Glibc.write($0, $1, $2) },
            waitingLimit: Int = Limits.waitingBytes,
            onCommit: @escaping @Sendable (Commit) -> Void, onFlush: @escaping @Sendable (Flush) -> Void = { _ in }
        ) throws(JournalError) {
            folder = directory
            self.rules = rules
            self.waitingLimit = waitingLimit
            segments = try SegmentWriter(
                directory, sha256, write: write,
                Committer(Retention(folder: directory, rules: rules), sync: sync, report: onCommit))
            repairs = segments.repairs
            segment = segments.standing.number
            worker = Worker(Shared(standing: segments.standing))
            report = onFlush
        }

        deinit {
            worker.change { $0.isEnding = true }
            worker.join()
        }

        // MARK: appending

        /// Adds an entry to the buffer. `uptime` and `date` are in microseconds.
        public func append(kind: Kind, connection: UInt64, uptime: Int64, date: Int64, bytes: [UInt8]) {
            if buffer.isEmpty { beginBlock(uptime: uptime, date: date) }
            content.toUptime = uptime
            content.toDate = date
            content.entries += 1
            appended += 1
            buffer.append(kind, connection, uptime, date, bytes)
        }

        /// Decides in which segment the block will stand. ``onSegment`` reports that early enough to keep a state
        /// beside the segment.
        private func beginBlock(uptime: Int64, date: Int64) {
            content = LostInterval(
                fromUptime: uptime, fromDate: date, toUptime: uptime, toDate: date, entries: 0, bytes: 0, code: 0)
            guard isFull(uptime: uptime) else { return }
            segment = number(at: date)
            isBeginning = true
            segmentUptime = uptime
            segmentEntries = 0
            isOver = false
            onSegment?(segment)
        }

        /// The wall clock may have been set back; the order of the names must not follow it.
        private func number(at date: Int64) -> Int64 {
            max(min(date, Limits.lastDate), segment + 1, worker.read { $0.standing.number } + 1, 0)
        }

        /// Whether the next block belongs in another segment than the one that was begun last. Blocks that are not
        /// written yet do not count for its size, so that it may become larger by as much as may wait.
        private func isFull(uptime: Int64) -> Bool {
            if isOver || uptime &- segmentUptime >= rules.segmentMicroseconds || segmentEntries >= rules.segmentEntries
            {
                return true
            }
            return worker.read { shared in
                shared.standing.number >= segment && shared.standing.file != nil
                    && (shared.standing.bytes >= rules.segmentBytes || shared.standing.isMakeshift)
            }
        }

        /// Whether an entry of this uptime will be the first of a new segment: then a state can be kept beside it.
        public func beginsSegment(uptime: Int64) -> Bool { buffer.isEmpty && isFull(uptime: uptime) }

        /// Makes the next block begin another segment. A block that is being gathered still goes into this one.
        public func endSegment() { isOver = true }

        // MARK: handing over

        /// Has what is buffered written as one block, and returns at once; after a failure also an entry that says
        /// what is missing. Does nothing if there is neither. Throws, and what was buffered is lost, where too much
        /// waits already.
        public func handOver() throws(JournalError) {
            if buffer.isEmpty {
                // What waits will say it.
                guard let lost = worker.read({ $0.isIdle ? $0.losses.open : nil }) else { return }
                content = LostInterval(
                    fromUptime: lost.toUptime, fromDate: lost.toDate, toUptime: lost.toUptime, toDate: lost.toDate,
                    entries: 0, bytes: 0, code: 0)
            }
            content.bytes = buffer.count
            segmentEntries += content.entries
            let block = Block(
                text: buffer, content: content, upTo: appended,
                number: isBeginning ? segment : number(at: content.fromDate), beginsSegment: isBeginning)
            buffer = []
            let (worker, segments, report, folder) = (worker, segments, report, folder)
            worker.start { Self.run(worker, segments, folder, report) }
            let isTaken = worker.change { shared in
                swap(&buffer, &shared.spare)
                guard shared.losses.overflow == nil,
                    shared.waitingBytes == 0 || shared.waitingBytes + block.bytes <= waitingLimit
                else {
                    shared.losses.overflow(block, code: ENOBUFS)
                    return false
                }
                shared.waitingBytes += block.bytes
                shared.queue.append(block)
                return true
            }
            // Otherwise the segment begins with what comes next, which the state beside it precedes as well.
            guard !isTaken else {
                isBeginning = false
                return
            }
            throw .diskTooSlow(path: folder, lostBytes: content.bytes)
        }

        /// ``handOver()``, then waits until it is done: for the end of the program, and for tests. Throws why the last
        /// block could not be written.
        public func flush() throws(JournalError) {
            waitUntilIdle()
            try handOver()
            waitUntilIdle()
            if let failure = worker.read({ $0.failure }) { throw failure }
        }

        /// ``flush()``, then waits until everything is on the disk.
        public func flushAndCommit() throws(JournalError) {
            defer { segments.waitForCommit() }
            try flush()
        }

        /// ``flush()``, or ``flushAndCommit()`` if wanted, but only for so long: for the end of the program, which must
        /// come even if the disk hangs. What the thread has may still be written later.
        /// - Returns: whether it was done in time.
        public func flush(commits: Bool, withinSeconds seconds: Int) throws(JournalError) -> Bool {
            var end = timespec()
            clock_gettime(CLOCK_MONOTONIC, &end)
            end.tv_sec += seconds
            func isIdle() -> Bool { worker.wait(until: end) { $0.isIdle ? () : nil } != nil }
            // In vain where the disk hangs: then what was gathered is handed over all the same, where it has room.
            _ = isIdle()
            try handOver()
            guard isIdle() else { return false }
            let failure = worker.read { $0.failure }
            if commits, !segments.waitForCommit(until: end) { return false }
            if let failure { throw failure }
            return true
        }

        private func waitUntilIdle() { worker.wait { $0.isIdle ? () : nil } }

        // MARK: on the thread

        private static func run(
            _ worker: Worker<Shared>, _ segments: SegmentWriter, _ folder: String, _ report: (Flush) -> Void
        ) {
            var blocks: [Block] = []
            while true {
                switch worker.wait(for: { next(&$0, &blocks) }) {
                case .write:
                    var start = 0
                    while start < blocks.count { start = write(&blocks, from: start, worker, segments, report) }
                    blocks = []
                case .reportOverflow(let bytes, let upTo):
                    report(Flush(entries: upTo, failure: .diskTooSlow(path: folder, lostBytes: bytes)))
                case .end: return
                }
            }
        }

        private static func next(_ shared: inout Shared, _ blocks: inout [Block]) -> Work? {
            guard shared.queue.isEmpty else {
                swap(&blocks, &shared.queue)
                return .write
            }
            guard let (lost, upTo) = shared.losses.takeOverflow() else { return shared.isEnding ? .end : nil }
            return .reportOverflow(bytes: lost.bytes, upTo: upTo)
        }

        /// Writes some of the blocks, or fails to write the first.
        /// - Returns: where the others begin.
        private static func write(
            _ blocks: inout [Block], from start: Int, _ worker: Worker<Shared>, _ segments: SegmentWriter,
            _ report: (Flush) -> Void
        ) -> Int {
            var failure: JournalError?
            var end = start + 1
            do throws(JournalError) {
                end = start + (try segments.append(blocks[start...], after: worker.read { $0.losses.open }))
            } catch {
                failure = error
            }
            worker.change { shared in
                if let failure { shared.losses.lose(blocks[start], code: failure.code) } else { shared.losses.end() }
                shared.failure = failure
                shared.standing = segments.standing
                shared.abandoned = (shared.abandoned + segments.abandoned).suffix(Limits.abandonedSegments)
            }
            segments.abandoned = []
            // Before anybody may think that nothing is under way.
            for block in blocks[start..<end] { report(Flush(entries: block.upTo, failure: failure)) }
            let bytes = blocks[start..<end].reduce(0) { $0 + $1.bytes }
            var spare: [UInt8] = []
            swap(&spare, &blocks[start].text)
            for index in start..<end { blocks[index].text = [] }
            spare.removeAll(keepingCapacity: spare.capacity <= Limits.spareBytes)
            worker.change { shared in
                shared.waitingBytes -= bytes
                swap(&shared.spare, &spare)
            }
            return end
        }

        // MARK: what an inspector asks

        /// The segment that is being written, for ``Journal/Inspector``. One without a block may still be abandoned.
        public var current: (number: Int64, file: FileIdentity)? {
            let standing = worker.read { $0.standing }
            guard !isOver, standing.number >= segment, let file = standing.file else { return nil }
            return (standing.number, file)
        }

        /// Segments that the writer itself has deleted since it was last asked.
        public func takeAbandoned() -> [Int64] {
            worker.change { shared in
                defer { shared.abandoned = [] }
                return shared.abandoned
            }
        }

        /// The folder that is locked.
        public var lockedFolder: FileIdentity? { worker.read { $0.standing.folder } }
    }
}
