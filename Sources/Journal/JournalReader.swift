import Glibc

extension Journal {
    /// Reads the entries of one segment, or of all segments of a folder, in the order in which they were written, and
    /// checks the chain.
    ///
    /// A block is delivered whole or not at all. What cannot be read is skipped and reported in ``damages``, and so
    /// is each break of the chain.
    public final class Reader {
        /// A part of a segment that cannot be read, or that is not what was written.
        public struct Damage: Equatable, Sendable, CustomStringConvertible {
            public enum Fault: String, Equatable, Sendable {
                /// The last block is incomplete: the writer was stopped in the middle of it. What was flushed before
                /// is complete.
                case tornTail
                /// A block whose checksum or contents are wrong, or bytes that are not a block.
                case corrupt
                /// The block here was not written after the one before it.
                case chainBroken
                /// The segment is of version 1, which has no chain, but follows one that has.
                case chainMissing
            }

            public var path: String
            public var fault: Fault
            /// Where in the segment, in bytes.
            public var offset: Int
            /// How many bytes of the segment were skipped.
            public var count: Int

            public init(path: String, fault: Fault, offset: Int, count: Int) {
                self.path = path
                self.fault = fault
                self.offset = offset
                self.count = count
            }

            public var description: String {
                switch fault {
                case .tornTail:
                    "\(path): the last \(count) bytes, from byte \(offset) on, are an unfinished block; all before them was read."
                case .corrupt:
                    "\(path): \(count) bytes from byte \(offset) on are damaged and were passed over. Check the disk."
                case .chainBroken:
                    "\(path): the chain is broken at byte \(offset): what stands before was edited, or blocks were removed, inserted or moved. Compare with a copy."
                case .chainMissing:
                    "\(path): this segment has no chain, and those before it have: it was not written where it stands."
                }
            }
        }

        public private(set) var damages: [Damage] = []
        /// The segment from which the last entry came.
        public private(set) var segment: Int64?
        /// How many segments were begun, and how many of them are of version 1.
        public private(set) var segments = 0
        public private(set) var unchainedSegments = 0
        public private(set) var blocks = 0
        /// Compressed bytes of all segments so far.
        public private(set) var bytes = 0
        /// The digest of the block from which the last entry came; nil where that block has no chain.
        public private(set) var digest: Digest?
        /// The digest that the first block names; ``Digest/none`` where the journal is complete from its beginning.
        public private(set) var firstLink: Digest?

        private enum Link {
            /// Nothing is known of the previous block: it does not exist, or could not be read.
            case any
            case exactly(Digest)
        }

        private let sha256: SHA256
        private var paths: ArraySlice<(path: String, number: Int64?)>
        private var current: SegmentReader?
        private var isAtBeginning = true  // of the segment
        private var bytesBefore = 0
        private var link = Link.any
        private var text: [UInt8] = []
        private var offset = 0  // of the block in `text`
        private var position = 0  // in `text`

        /// - Parameters:
        ///   - path: a segment, or a folder with segments.
        ///   - first: in a folder, the number of the segment to begin with.
        public init(_ path: String, from first: Int64 = .min, sha256: @escaping SHA256) throws(JournalError) {
            self.sha256 = sha256
            var status = stat()
            guard stat(path, &status) == 0 else { throw .cannotRead(path: path, code: errno) }
            if status.st_mode & S_IFMT == S_IFDIR {
                let numbers = try Segments(folder: path).list.map(\.number).filter { $0 >= first }
                paths = numbers.map { (Segments.path(of: $0, in: path), $0) }[...]
            } else {
                paths = [(path, nil)]
            }
        }

        /// The next entry; nil after the last. An error concerns the segment that it names; the next call continues
        /// with the one after it.
        public func next() throws(JournalError) -> Entry? {
            while true {
                if position < text.count {
                    if let entry = parseEntry() { return entry }
                    // Every block of ours has whole entries. This one is not ours, although its checksum is right.
                    note(.corrupt, at: offset, count: text.count - position)
                    position = text.count
                } else if let current {
                    do throws(JournalError) {
                        let known = current.damages.count
                        let block = try current.next()
                        let found = current.damages[known...]
                        damages += found
                        if found.contains(where: { $0.fault == .corrupt }) { link = .any }
                        if let block { take(block) } else { endSegment() }
                    } catch {
                        link = .any
                        endSegment()
                        throw error
                    }
                } else if let next = paths.popFirst() {
                    segments += 1
                    segment = next.number
                    isAtBeginning = true
                    do throws(JournalError) { current = try SegmentReader(next.path) } catch {
                        link = .any
                        throw error
                    }
                } else {
                    return nil
                }
                if let current { bytes = bytesBefore + current.offset }
            }
        }

        private func take(_ block: SegmentReader.Block) {
            blocks += 1
            text = block.text
            offset = block.offset
            defer { isAtBeginning = false }
            guard let head = block.head else {
                position = 0
                guard isAtBeginning else { return }
                unchainedSegments += 1
                if case .exactly(let digest) = link, digest != .none { note(.chainMissing, at: offset, count: 0) }
                // A chain begins after a segment that has none.
                link = .exactly(.none)
                digest = nil
                return
            }
            position = head.text.count
            firstLink = firstLink ?? head.previous
            if case .exactly(let digest) = link, digest != head.previous { note(.chainBroken, at: offset, count: 0) }
            let digest = Journal.digest(of: block.frame, sha256)
            self.digest = digest
            link = .exactly(digest)
        }

        private func endSegment() {
            bytesBefore = bytes
            current = nil
        }

        private func note(_ fault: Damage.Fault, at offset: Int, count: Int) {
            damages.append(Damage(path: current?.path ?? "", fault: fault, offset: offset, count: count))
        }

        /// Reads `@ <kind> <connection> <uptime> <date> <length>`, the bytes and a line feed; nil if something else
        /// stands there.
        private func parseEntry() -> Entry? {
            let head = text[position...].prefix(Journal.Limits.headBytes)
            guard let lineEnd = head.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
            let fields = head[..<lineEnd].split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
            guard fields.count == 6, fields[0].elementsEqual([UInt8(ascii: "@")]), fields[1].count == 1,
                let letter = fields[1].first,
                let kind = Kind(byte: letter), let connection = UInt64(String(decoding: fields[2], as: UTF8.self)),
                let uptime = Int64(String(decoding: fields[3], as: UTF8.self)),
                let date = Int64(String(decoding: fields[4], as: UTF8.self)),
                let length = Int(String(decoding: fields[5], as: UTF8.self)), length >= 0,
                length < text.count - lineEnd - 1
            else { return nil }
            let start = lineEnd + 1
            let end = start + length
            guard text[end] == UInt8(ascii: "\n") else { return nil }
            position = end + 1
            return Entry(
                kind: kind, connection: connection, uptime: uptime, date: date, bytes: Array(text[start..<end]))
        }
    }
}
