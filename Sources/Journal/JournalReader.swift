import Czstd
import Glibc

extension Journal {
    /// Reads the entries of one segment, or of all segments of a folder, in the order in which they were written.
    ///
    /// A frame is delivered whole or not at all. What cannot be read is passed over and told in ``damages``.
    public final class Reader {
        /// A part of a segment that could not be read.
        public struct Damage: Equatable, Sendable, CustomStringConvertible {
            public enum Fault: Equatable, Sendable {
                /// The last frame is incomplete: the writer was stopped in the middle of it. What was flushed before is whole.
                case tornTail
                /// A frame whose checksum or contents are wrong.
                case corrupt
            }

            public var path: String
            public var fault: Fault
            /// Where in the segment, in bytes.
            public var offset: Int
            /// How many bytes of the segment were passed over.
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
                case .corrupt: "\(path): \(count) bytes from byte \(offset) on are damaged and were passed over. Check the disk."
                }
            }
        }

        public private(set) var damages: [Damage] = []

        private var paths: ArraySlice<String>
        private var path = ""
        private var file: Int32 = -1
        private var isAtEnd = false
        private var compressed: [UInt8] = []  // what was read of the segment; decoded up to `decoded`
        private var decoded = 0
        private var offset = 0  // of `decoded` in the segment
        private var frame: [UInt8] = []
        private var position = 0  // in `frame`
        private let context: OpaquePointer

        /// - Parameter path: a segment, or a folder with segments.
        public init(_ path: String) throws(JournalError) {
            var status = stat()
            guard stat(path, &status) == 0 else { throw .cannotRead(path: path, code: errno) }
            if status.st_mode & S_IFMT == S_IFDIR {
                let segments = try Segments(folder: path)
                paths = segments.numbers.map { segments.path(of: $0) }[...]
            } else {
                paths = [path]
            }
            guard let context = ZSTD_createDCtx() else { preconditionFailure("no memory for zstd") }
            self.context = context
        }

        deinit {
            if file >= 0 { close(file) }
            ZSTD_freeDCtx(context)
        }

        /// The next entry; nil after the last. An error concerns the segment that it names; a further call goes on with the one after it.
        public func next() throws(JournalError) -> Entry? {
            while true {
                if position < frame.count {
                    if let entry = parseEntry() { return entry }
                    // Every frame of ours has whole entries; this one is not ours, although its checksum is right.
                    damages.append(Damage(path: path, fault: .corrupt, offset: offset, count: frame.count - position))
                    position = frame.count
                } else if file >= 0 {
                    try readFrame()
                } else if let next = paths.popFirst() {
                    path = next
                    offset = 0
                    isAtEnd = false
                    forget()
                    file = open(path, O_RDONLY | O_CLOEXEC)
                    if file < 0 { throw .cannotRead(path: path, code: errno) }
                } else {
                    return nil
                }
            }
        }

        /// Decodes the next frame of the segment, or closes the segment at its end.
        private func readFrame() throws(JournalError) {
            frame = []
            position = 0
            while true {
                let rest = compressed.count - decoded
                let size = compressed.withUnsafeBytes { rest == 0 ? 0 : ZSTD_findFrameCompressedSize($0.baseAddress! + decoded, rest) }
                if size > 0, ZSTD_isError(size) == 0 { return decode(size) }
                if isAtEnd || rest >= Limits.frameBytes { return endSegment() }
                // Twice as much each time, so that looking for the end of a long frame stays linear.
                try readMore(max(Limits.readBytes, rest))
            }
        }

        private func decode(_ size: Int) {
            compressed.withUnsafeBytes { compressed in
                let source = compressed.baseAddress! + decoded
                let content = ZSTD_getFrameContentSize(source, size)
                // 2^64 - 1 and - 2 are zstd's "unknown" and "error"; the writer always knows.
                let isCredible = content <= UInt64(Limits.frameBytes)
                if isCredible { frame = [UInt8](repeating: 0, count: Int(content)) }
                let count = isCredible ? ZSTD_decompressDCtx(context, &frame, frame.count, source, size) : 0
                if !isCredible || ZSTD_isError(count) != 0 || count != frame.count {
                    damages.append(Damage(path: path, fault: .corrupt, offset: offset, count: size))
                    frame = []
                }
            }
            decoded += size
            offset += size
        }

        private func readMore(_ count: Int) throws(JournalError) {
            let rest = compressed[decoded...]
            var got = 0
            var code: Int32 = 0
            compressed = [UInt8](unsafeUninitializedCapacity: rest.count + count) { bytes, initialized in
                _ = bytes.initialize(fromContentsOf: rest)
                repeat {
                    got = read(file, bytes.baseAddress! + rest.count, count)
                    code = errno
                } while got < 0 && code == EINTR
                initialized = rest.count + max(0, got)
            }
            decoded = 0
            isAtEnd = got == 0
            guard got >= 0 else {
                forget()
                endSegment()
                throw .cannotRead(path: path, code: code)
            }
        }

        private func endSegment() {
            if compressed.count > decoded {
                let length = Int(lseek(file, 0, SEEK_END))
                let fault: Damage.Fault = isAtEnd ? .tornTail : .corrupt
                damages.append(Damage(path: path, fault: fault, offset: offset, count: max(compressed.count - decoded, length - offset)))
            }
            close(file)
            file = -1
            forget()
        }

        private func forget() {
            compressed = []
            decoded = 0
        }

        /// `@ <kind> <connection> <uptime> <date> <length>`, the bytes, a line feed; nil if that is not what is there.
        private func parseEntry() -> Entry? {
            let head = frame[position...].prefix(Journal.Limits.headBytes)
            guard let lineEnd = head.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
            let fields = head[..<lineEnd].split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
            guard fields.count == 6, fields[0].elementsEqual([UInt8(ascii: "@")]), fields[1].count == 1, let letter = fields[1].first,
                let kind = Kind(byte: letter), let connection = UInt64(String(decoding: fields[2], as: UTF8.self)),
                let uptime = Int64(String(decoding: fields[3], as: UTF8.self)),
                let date = Int64(String(decoding: fields[4], as: UTF8.self)),
                let length = Int(String(decoding: fields[5], as: UTF8.self)), length >= 0, length < frame.count - lineEnd - 1
            else { return nil }
            let start = lineEnd + 1
            let end = start + length
            guard frame[end] == UInt8(ascii: "\n") else { return nil }
            position = end + 1
            return Entry(kind: kind, connection: connection, uptime: uptime, date: date, bytes: Array(frame[start..<end]))
        }
    }
}
