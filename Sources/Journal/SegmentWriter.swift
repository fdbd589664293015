import Czstd
import Glibc

/// The entries of one block, on their way from the loop to the disk.
struct Block {
    var text: [UInt8]
    /// What is missing if it cannot be written. Without entries there is nothing but the entry that says what was lost
    /// before.
    var content: Journal.LostInterval
    /// How many entries were appended up to its end.
    var upTo: Int
    /// The segment that begins with it, where one does.
    var number: Int64
    /// The core's state stands, or will stand, beside that segment.
    var beginsSegment: Bool

    /// What it takes in memory.
    var bytes: Int { text.count + Journal.Limits.bytesPerBlock }
}

/// Writes blocks to the newest segment: compresses, chains and appends them. All of it can take as long as the disk
/// likes, so it runs on the thread of a ``Journal/Writer``. What has gathered meanwhile is written at once.
final class SegmentWriter: @unchecked Sendable {
    /// As write(2).
    typealias Write = @Sendable (_ descriptor: Int32, UnsafeRawPointer, Int) -> Int

    /// What others need to know of it.
    struct Standing {
        /// Of the segment that was begun last.
        var number: Int64
        /// Of its file; nil where there is none, or nothing in it yet.
        var file: FileIdentity?
        var bytes = 0
        /// It began after a failure, with entries that the core had handled already: no state can stand beside it.
        var isMakeshift = false
        /// The folder that is locked.
        var folder: FileIdentity?
    }

    private let folder: String
    private let sha256: Journal.SHA256
    private let write: Write
    private let committer: Committer
    private var folderLock: Int32
    private var file: SegmentFile?
    private var digest: Journal.Digest
    private var text: [UInt8] = []
    /// Blocks, each a frame of its own, that are to be written at once.
    private var frames: [UInt8] = []
    private let context: OpaquePointer

    private(set) var standing: Standing
    /// Segments that were begun and deleted again, because not one block could be written to them.
    var abandoned: [Int64] = []
    let repairs: [Journal.Repair]

    init(
        _ folder: String, _ sha256: @escaping Journal.SHA256, write: @escaping Write, _ committer: Committer
    ) throws(JournalError) {
        if mkdir(folder, 0o700) != 0, errno != EEXIST { throw .cannotOpenFolder(path: folder, code: errno) }
        self.folder = folder
        self.sha256 = sha256
        self.write = write
        self.committer = committer
        folderLock = try Self.lock(folder)
        let end: JournalEnd
        do throws(JournalError) {
            let segments = try Segments(folder: folder)
            standing = Standing(
                number: segments.list.last?.number ?? -1, folder: FileIdentity(descriptor: folderLock))
            end = try JournalEnd(of: segments, sha256)
        } catch {
            close(folderLock)
            throw error
        }
        repairs = end.repairs
        digest = end.digest
        guard let context = ZSTD_createCCtx() else { preconditionFailure("no memory for zstd") }
        self.context = context
        // The fastest level: a stream at full speed must not be faster. The checksum distinguishes damage from data.
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

    /// Writes the first of these blocks, and those after it that go with it.
    /// - Parameter loss: what could not be written before. The first block begins with an entry that says so.
    /// - Returns: how many blocks were written, at least one. It throws where the first one could not be.
    func append(_ blocks: ArraySlice<Block>, after loss: Journal.LostInterval?) throws(JournalError) -> Int {
        guard let first = blocks.first else { return 0 }
        if first.beginsSegment { file = nil }
        if file == nil { try beginSegment(first) }
        guard let file else { return 0 }
        let together = Self.together(blocks, isFailing: loss != nil)
        // Where each block ends in `frames`, and the digest of its frame.
        var ends: [(offset: Int, digest: Journal.Digest)] = []
        for block in together {
            let start = ends.last?.offset ?? 0
            text.removeAll(keepingCapacity: block.text.count <= Journal.Limits.spareBytes)
            text += BlockHead(offset: standing.bytes + start, previous: ends.last?.digest ?? digest).text
            if ends.isEmpty, let loss { text.append(.lost, 0, loss.toUptime, loss.toDate, loss.text) }
            text += block.text
            let end = compress(at: start)
            ends.append((end, Journal.digest(of: Array(frames[start..<end]), sha256)))
        }
        let count = try write(ends.map(\.offset), of: first, to: file)
        let isFirst = standing.bytes == 0
        digest = ends[count - 1].digest
        standing.bytes += ends[count - 1].offset
        if isFirst { standing.file = FileIdentity(descriptor: file.descriptor) }
        let last = together[together.startIndex + count - 1]
        committer.commit(
            file, upTo: Journal.Position(segment: file.number, offset: standing.bytes, entries: last.upTo),
            newSegmentAt: isFirst ? first.content.toDate : nil)
        // The block after it was written in part: what follows must not stand behind that.
        if count < together.count { removePart(of: file) }
        return count
    }

    /// The first block, and those after it in the same segment. While blocks fail they are tried one by one, so that
    /// each loses no more than itself, and so that a full disk does not have all of them compressed again each time.
    private static func together(_ blocks: ArraySlice<Block>, isFailing: Bool) -> ArraySlice<Block> {
        var bytes = 0
        var end = blocks.startIndex
        for block in blocks {
            bytes += block.bytes
            let isApart = isFailing || block.beginsSegment || bytes > Journal.Limits.writeBytes
            if end > blocks.startIndex, isApart { break }
            end += 1
        }
        return blocks[..<end]
    }

    /// Afterwards the file is open.
    private func beginSegment(_ block: Block) throws(JournalError) {
        standing.file = nil
        if let failure = lockAgainIfMoved() { throw failure }
        // A segment that began after a failure, or a file that somebody put there, may have taken the number.
        var number = max(block.number, standing.number + 1)
        for _ in 0..<Journal.Limits.namesTried {
            let path = Segments.path(of: number, in: folder)
            let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0o600)
            if descriptor >= 0 {
                file = SegmentFile(number: number, path: path, descriptor: descriptor)
                standing.number = number
                standing.bytes = 0
                standing.isMakeshift = !block.beginsSegment
                return
            }
            guard errno == EEXIST else { break }
            number += 1
        }
        let code = errno
        throw .cannotCreateSegment(
            path: Segments.path(of: number, in: folder), code: code, lostBytes: block.content.bytes)
    }

    /// Into `frames`, from this place on; returns the end.
    private func compress(at start: Int) -> Int {
        let needed = start + ZSTD_compressBound(text.count)
        if frames.count < needed { frames += [UInt8](repeating: 0, count: needed - frames.count) }
        let size = frames.withUnsafeMutableBytes { frames in
            text.withUnsafeBytes {
                ZSTD_compress2(context, frames.baseAddress! + start, frames.count - start, $0.baseAddress, $0.count)
            }
        }
        precondition(ZSTD_isError(size) == 0, "zstd could not compress into a buffer of its own bound")
        return start + size
    }

    /// - Parameter ends: where the blocks end in `frames`.
    /// - Returns: how many of them were written whole, at least one.
    private func write(_ ends: [Int], of first: Block, to file: SegmentFile) throws(JournalError) -> Int {
        let size = ends.last ?? 0
        var written = 0
        while written < size {
            let count = frames.withUnsafeBytes { write(file.descriptor, $0.baseAddress! + written, size - written) }
            if count > 0 {
                written += count
            } else if errno != EINTR {
                let code = errno
                let whole = ends.count { $0 <= written }
                if whole > 0 { return whole }
                abandonBlock(of: file)
                throw .cannotWrite(path: file.path, code: code, lostBytes: first.content.bytes)
            }
        }
        return ends.count
    }

    /// Truncates a partly written block. Where that fails, the segment ends here, and the next block begins another.
    private func abandonBlock(of file: SegmentFile) {
        if standing.bytes == 0 {
            unlink(file.path)
            if abandoned.count == Journal.Limits.abandonedSegments { abandoned.removeFirst() }
            abandoned.append(file.number)
            self.file = nil
        } else {
            removePart(of: file)
        }
    }

    private func removePart(of file: SegmentFile) {
        guard ftruncate(file.descriptor, off_t(standing.bytes)) != 0 else { return }
        self.file = nil
        standing.file = nil
    }

    /// Locks the folder again if it was moved away and made again.
    private func lockAgainIfMoved() -> JournalError? {
        guard let there = FileIdentity(path: folder), there != standing.folder else { return nil }
        do throws(JournalError) {
            let lock = try Self.lock(folder)
            close(folderLock)
            folderLock = lock
            standing.folder = FileIdentity(descriptor: lock)
            return nil
        } catch {
            return error
        }
    }

    /// Waits until all that was written is on the disk.
    func waitForCommit() { committer.waitUntilIdle() }

    /// The same, but not beyond this time of the monotonic clock.
    func waitForCommit(until end: timespec) -> Bool { committer.waitUntilIdle(until: end) }
}
