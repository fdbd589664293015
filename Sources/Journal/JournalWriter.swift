import Czstd
import Glibc

extension Journal {
    /// Appends entries to a journal. They go cheaply to memory, at each flush as one block to the newest segment, and
    /// from there to the disk on a thread of the writer's own.
    ///
    /// A flush that fails loses what was buffered, because memory is bounded and the gateway must go on. It counts
    /// the loss in ``lostIntervals`` and throws. The next flush tries again, and begins with an entry that says what
    /// is missing. A partly written block is truncated, so that nothing after it is lost.
    ///
    /// Use it from one thread at a time. A folder has one writer: a second one is refused.
    public final class Writer {
        /// Torn tails that were found at the start. Each was removed from its segment, unless it could not be kept
        /// elsewhere.
        public let repairs: [Repair]
        /// Entries appended since the start, including those that could not be written.
        public private(set) var appended = 0
        /// Entries, and bytes of their text, that could not be written since the start.
        public private(set) var lostEntries = 0
        public private(set) var lostBytes = 0
        /// Where entries are missing since the start: the newest 1,000, the oldest first, including the one that is
        /// not over yet.
        public private(set) var lostIntervals: [LostInterval] = []
        public private(set) var lostIntervalCount = 0
        /// Whether the last of ``lostIntervals`` is not over yet: nothing could be written since.
        public var isLosing: Bool { loss != nil }
        /// Bytes that wait for the next ``flush()``. The host flushes when they exceed about 1 MiB, or after 50 ms.
        public var bufferedBytes: Int { buffer.count }
        /// Called from ``append(kind:connection:uptime:date:bytes:)``, before that returns, with the number of a new
        /// segment whose first entry this is. (A segment that begins after a failure may have no call.)
        public var onSegment: ((Int64) -> Void)?

        private let folder: String
        private let rules: Rules
        private let sha256: SHA256
        private let committer: Committer
        private var folderLock: Int32

        // The newest segment, while it is written to.
        private var file: SegmentFile?
        private var fileBytes = 0
        private var fileUptime: Int64 = 0
        private var fileEntries = 0
        /// Whether the next block begins another segment.
        private var isOver = false
        private var lastNumber: Int64 = -1
        private var digest: Digest

        // The block that is being gathered: its head, an entry for what was lost, and the entries.
        private var buffer: [UInt8] = []
        private var ownBytes = 0  // of the head and of the entry for what was lost
        private var entries = 0
        private var firstUptime: Int64 = 0
        private var firstDate: Int64 = 0
        private var lastUptime: Int64 = 0
        private var lastDate: Int64 = 0
        private var loss: LostInterval?
        /// Segments that were begun and deleted again, because not one block could be written to them.
        private var abandoned: [Int64] = []

        private var frame: [UInt8] = []
        private let context: OpaquePointer

        /// - Parameters:
        ///   - directory: created (mode 0700) if it does not exist; its parent must exist.
        ///   - onCommit: called on a thread of the writer's own, after each group of flushes.
        public convenience init(
            directory: String, rules: Rules = Rules(), sha256: @escaping SHA256,
            onCommit: @escaping @Sendable (Commit) -> Void = { _ in }
        ) throws(JournalError) {
            try self.init(
                directory: directory, rules: rules, sha256: sha256, sync: Committer.fdatasync, onCommit: onCommit)
        }

        init(
            directory: String, rules: Rules, sha256: @escaping SHA256, sync: @escaping Committer.Sync,
            onCommit: @escaping @Sendable (Commit) -> Void
        ) throws(JournalError) {
            if mkdir(directory, 0o700) != 0, errno != EEXIST { throw .cannotOpenFolder(path: directory, code: errno) }
            folder = directory
            self.rules = rules
            self.sha256 = sha256
            folderLock = try Self.lock(directory)
            let end: JournalEnd
            do throws(JournalError) {
                let segments = try Segments(folder: directory)
                lastNumber = segments.list.last?.number ?? -1
                end = try JournalEnd(of: segments, sha256)
            } catch {
                close(folderLock)
                throw error
            }
            repairs = end.repairs
            digest = end.digest
            committer = Committer(Retention(folder: directory, rules: rules), sync: sync, report: onCommit)
            guard let context = ZSTD_createCCtx() else { preconditionFailure("no memory for zstd") }
            self.context = context
            // The fastest level, because this runs on the loop. The checksum distinguishes damage from data.
            ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, 1)
            ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1)
        }

        deinit {
            committer.end()
            // A forked child that has not yet executed another program still holds the descriptor.
            flock(folderLock, LOCK_UN)
            close(folderLock)
            ZSTD_freeCCtx(context)
        }

        /// A second writer would take the first one's unfinished block for a torn tail. The lock ends with the
        /// process, however that ends.
        private static func lock(_ folder: String) throws(JournalError) -> Int32 {
            let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
            guard descriptor >= 0 else { throw .cannotOpenFolder(path: folder, code: errno) }
            // On a file system without locks the writer goes on without one.
            if flock(descriptor, LOCK_EX | LOCK_NB) != 0, errno == EWOULDBLOCK {
                close(descriptor)
                throw .folderInUse(path: folder)
            }
            return descriptor
        }

        // MARK: appending

        /// Adds an entry to the buffer. `uptime` and `date` are in microseconds.
        public func append(kind: Kind, connection: UInt64, uptime: Int64, date: Int64, bytes: [UInt8]) {
            if buffer.isEmpty { beginBlock(uptime: uptime, date: date) }
            if entries == 0 {
                firstUptime = uptime
                firstDate = date
            }
            lastUptime = uptime
            lastDate = date
            entries += 1
            appended += 1
            add(kind, connection, uptime, date, bytes)
        }

        private func add(_ kind: Kind, _ connection: UInt64, _ uptime: Int64, _ date: Int64, _ bytes: [UInt8]) {
            withUnsafeTemporaryAllocation(of: UInt8.self, capacity: Limits.headBytes) { head in
                head[0] = UInt8(ascii: "@")
                head[1] = UInt8(ascii: " ")
                head[2] = kind.letter
                var end = 3
                Self.print(connection, isNegative: false, to: head, at: &end)
                Self.print(uptime.magnitude, isNegative: uptime < 0, to: head, at: &end)
                Self.print(date.magnitude, isNegative: date < 0, to: head, at: &end)
                Self.print(UInt64(bytes.count), isNegative: false, to: head, at: &end)
                head[end] = UInt8(ascii: "\n")
                buffer.append(contentsOf: UnsafeBufferPointer(rebasing: head[...end]))
            }
            buffer.append(contentsOf: bytes)
            buffer.append(UInt8(ascii: "\n"))
        }

        /// Decides in which segment the next block will stand. ``onSegment`` reports that early enough to keep a
        /// state beside the segment.
        private func beginBlock(uptime: Int64, date: Int64) {
            if isFull(uptime: uptime) {
                file = nil
                isOver = false
            }
            if file == nil, beginSegment(uptime: uptime, date: date) == nil, let file { onSegment?(file.number) }
            buffer += BlockHead(offset: file == nil ? 0 : fileBytes, previous: digest).text
            if let loss { add(.lost, 0, loss.toUptime, loss.toDate, loss.text) }
            ownBytes = buffer.count
        }

        /// Whether the next block belongs in another segment than the one that is written to.
        private func isFull(uptime: Int64) -> Bool {
            isOver
                || file != nil
                    && (fileBytes >= rules.segmentBytes || uptime &- fileUptime >= rules.segmentMicroseconds
                        || fileEntries >= rules.segmentEntries)
        }

        /// Whether an entry of this uptime will be the first of a new segment: then a state can be kept beside it.
        public func beginsSegment(uptime: Int64) -> Bool { buffer.isEmpty && (file == nil || isFull(uptime: uptime)) }

        // MARK: writing

        /// Writes what is buffered as one block; after a failure also an entry that says what is missing. Does
        /// nothing if there is neither.
        public func flush() throws(JournalError) {
            if buffer.isEmpty {
                guard let loss else { return }
                beginBlock(uptime: loss.toUptime, date: loss.toDate)
            }
            do throws(JournalError) {
                if file == nil {
                    let uptime = entries > 0 ? firstUptime : lastUptime
                    if let failure = beginSegment(uptime: uptime, date: entries > 0 ? firstDate : lastDate) {
                        throw failure
                    }
                    // The core has handled these entries already, so no checkpoint can stand before them: they remain
                    // the segment's only block.
                    isOver = true
                }
                try writeBlock()
            } catch {
                lose(error)
                endBlock()
                throw error
            }
            loss = nil
            endBlock()
        }

        /// Makes the next block begin another segment. A block that is being gathered still goes into this one.
        public func endSegment() { isOver = true }

        /// The segment that is being written, for ``Journal/Inspector``. One without a block may still be abandoned.
        public var current: (number: Int64, file: FileIdentity)? {
            guard let file, !isOver, fileBytes > 0, let identity = FileIdentity(descriptor: file.descriptor) else {
                return nil
            }
            return (file.number, identity)
        }
        /// Segments that the writer itself has deleted since it was last asked.
        public func takeAbandoned() -> [Int64] {
            defer { abandoned = [] }
            return abandoned
        }

        /// The folder that is locked.
        public var lockedFolder: FileIdentity? { FileIdentity(descriptor: folderLock) }

        /// Locks the folder again if it was moved away and made again.
        private func lockAgainIfMoved() -> JournalError? {
            guard let there = FileIdentity(path: folder), there != lockedFolder else { return nil }
            do throws(JournalError) {
                let lock = try Self.lock(folder)
                close(folderLock)
                folderLock = lock
                return nil
            } catch {
                return error
            }
        }

        /// ``flush()``, then waits until everything is on the disk: for the end of the program, and for tests.
        public func flushAndCommit() throws(JournalError) {
            defer { committer.waitUntilIdle() }
            try flush()
        }

        private func endBlock() {
            fileEntries += entries
            buffer.removeAll(keepingCapacity: true)
            ownBytes = 0
            entries = 0
        }

        /// Afterwards the file is open, or the error says why not.
        private func beginSegment(uptime: Int64, date: Int64) -> JournalError? {
            if let failure = lockAgainIfMoved() { return failure }
            // The wall clock may have been set back; the order of the names must not follow it.
            var number = max(min(date, Limits.lastDate), lastNumber + 1, 0)
            for _ in 0..<Limits.namesTried {
                let path = Segments.path(of: number, in: folder)
                let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0o600)
                if descriptor >= 0 {
                    file = SegmentFile(number: number, path: path, descriptor: descriptor)
                    fileBytes = 0
                    fileUptime = uptime
                    fileEntries = 0
                    lastNumber = number
                    return nil
                }
                guard errno == EEXIST else { break }
                number += 1
            }
            return .cannotCreateSegment(
                path: Segments.path(of: number, in: folder), code: errno, lostBytes: buffer.count - ownBytes)
        }

        private func writeBlock() throws(JournalError) {
            guard let file else { return }
            let bound = ZSTD_compressBound(buffer.count)
            if frame.count < bound { frame = [UInt8](repeating: 0, count: bound) }
            let size = frame.withUnsafeMutableBytes { frame in
                buffer.withUnsafeBytes {
                    ZSTD_compress2(context, frame.baseAddress, frame.count, $0.baseAddress, $0.count)
                }
            }
            precondition(ZSTD_isError(size) == 0, "zstd could not compress into a buffer of its own bound")
            var written = 0
            while written < size {
                let count = frame.withUnsafeBytes {
                    Glibc.write(file.descriptor, $0.baseAddress! + written, size - written)
                }
                if count > 0 {
                    written += count
                } else if errno != EINTR {
                    let code = errno
                    abandonBlock(of: file)
                    throw .cannotWrite(path: file.path, code: code, lostBytes: buffer.count - ownBytes)
                }
            }
            digest = Journal.digest(of: Array(frame[..<size]), sha256)
            let isFirst = fileBytes == 0
            fileBytes += size
            committer.commit(
                file, upTo: Position(segment: file.number, offset: fileBytes, entries: appended),
                newSegmentAt: isFirst ? lastDate : nil)
        }

        /// Truncates a partly written block. Where that fails, the segment ends here, and the next flush begins
        /// another.
        private func abandonBlock(of file: SegmentFile) {
            if fileBytes == 0 {
                unlink(file.path)
                if abandoned.count == Limits.abandonedSegments { abandoned.removeFirst() }
                abandoned.append(file.number)
                self.file = nil
            } else if ftruncate(file.descriptor, off_t(fileBytes)) != 0 {
                self.file = nil
            }
        }

        private func lose(_ error: JournalError) {
            guard entries > 0 else { return }
            let code: Int32 =
                switch error {
                case .cannotCreateSegment(_, let code, _), .cannotWrite(_, let code, _): code
                default: 0
                }
            let bytes = buffer.count - ownBytes
            let lost = LostInterval(
                fromUptime: firstUptime, fromDate: firstDate, toUptime: lastUptime, toDate: lastDate, entries: entries,
                bytes: bytes,
                code: code)
            lostEntries += entries
            lostBytes += bytes
            if loss == nil {
                loss = lost
                lostIntervalCount += 1
                if lostIntervals.count == Limits.lostIntervals { lostIntervals.removeFirst() }
                lostIntervals.append(lost)
            } else {
                loss?.add(lost)
                lostIntervals[lostIntervals.count - 1].add(lost)
            }
        }

        /// Prints a space and a number in decimal. (`String(_:)` would be most of the cost of an entry.)
        private static func print(
            _ magnitude: UInt64, isNegative: Bool, to head: UnsafeMutableBufferPointer<UInt8>, at end: inout Int
        ) {
            head[end] = UInt8(ascii: " ")
            end += 1
            if isNegative {
                head[end] = UInt8(ascii: "-")
                end += 1
            }
            let first = end
            var rest = magnitude
            repeat {
                head[end] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
                rest /= 10
                end += 1
            } while rest > 0
            head[first..<end].reverse()
        }
    }
}
