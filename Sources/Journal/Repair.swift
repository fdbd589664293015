import Glibc

extension Journal {
    /// What a writer found at its start behind the last whole block of a segment: a block that the writer before it
    /// could not finish, because it was killed or the power failed.
    public struct Repair: Equatable, Sendable, CustomStringConvertible {
        public var path: String
        /// Where the last whole block ends.
        public var offset: Int
        public var count: Int
        /// Where the bytes are now; nil if they were left where they are, because they could not be kept (the disk is
        /// full) or are too many.
        public var keptIn: String?

        public init(path: String, offset: Int, count: Int, keptIn: String?) {
            self.path = path
            self.offset = offset
            self.count = count
            self.keptIn = keptIn
        }

        public var description: String {
            let fate =
                keptIn.map { "They were cut off and are kept in \($0)" }
                ?? "They could not be kept elsewhere and were left there"
            return
                "\(path): the last \(count) bytes, from byte \(offset) on, are no whole block: the writer was stopped in the middle of it. \(fate)."
        }
    }
}

/// The end of a journal, from which a writer continues.
struct JournalEnd {
    var digest = Journal.Digest.none
    var repairs: [Journal.Repair] = []

    /// Looks for the last whole block, from the newest segment backwards, and removes what follows it.
    init(of segments: Segments, _ sha256: Journal.SHA256) throws(JournalError) {
        for segment in segments.list.reversed() {
            let path = Segments.path(of: segment.number, in: segments.folder)
            let reader = try SegmentReader(path)
            var last: SegmentReader.Block?
            while let block = try reader.next() { last = block }
            let end = last?.end ?? 0
            let length = reader.length
            // In a segment without a chain, whole blocks may stand behind a damaged one, where the reader does not
            // find them.
            let isTorn = last.map { $0.head != nil } ?? true || reader.damages.last?.fault == .tornTail
            if length > end, isTorn {
                repairs.append(Self.cut(path, at: end, of: length, beside: segments.stem(of: segment.number)))
            }
            if let last {
                if last.head != nil { digest = Journal.digest(of: last.frame, sha256) }
                return
            }
            // The segment had only just been begun, or nothing of it is left.
            if length == 0 || repairs.last?.keptIn != nil { unlink(path) }
        }
    }

    /// Copies the tail to a file beside the segment, whose name gives its offset, then truncates the segment. Both
    /// steps are synced, in that order.
    private static func cut(_ path: String, at offset: Int, of length: Int, beside stem: String) -> Journal.Repair {
        var repair = Journal.Repair(path: path, offset: offset, count: length - offset, keptIn: nil)
        guard repair.count <= Journal.Limits.tornBytes else { return repair }
        let torn = "\(stem).\(offset).torn"
        if copy(path, from: offset, count: repair.count, to: torn), shorten(path, to: offset) {
            repair.keptIn = torn
        } else {
            unlink(torn)
        }
        return repair
    }

    private static func copy(_ path: String, from offset: Int, count: Int, to copy: String) -> Bool {
        let source = open(path, O_RDONLY | O_CLOEXEC)
        guard source >= 0 else { return false }
        defer { close(source) }
        let target = open(copy, O_WRONLY | O_CREAT | O_TRUNC | O_NONBLOCK | O_CLOEXEC, 0o600)
        guard target >= 0 else { return false }
        defer { close(target) }
        var bytes = [UInt8](repeating: 0, count: Journal.Limits.readBytes)
        var done = 0
        while done < count {
            let got = pread(source, &bytes, min(bytes.count, count - done), off_t(offset + done))
            guard got > 0, write(target, bytes, got) == got else { return false }
            done += got
        }
        return fsync(target) == 0
    }

    private static func shorten(_ path: String, to length: Int) -> Bool {
        let file = open(path, O_WRONLY | O_CLOEXEC)
        guard file >= 0 else { return false }
        defer { close(file) }
        return ftruncate(file, off_t(length)) == 0 && fsync(file) == 0
    }
}
