import Czstd
import Glibc

extension Journal {
    /// Appends entries to a journal: cheaply to memory, and from there, at each flush, as one frame to the newest segment.
    ///
    /// A flush that fails loses what was buffered (memory is bounded, and the gateway must go on), counts it in ``lostBytes`` and throws;
    /// the next flush tries again. A frame that was written in part is cut off, so that nothing after it is lost. Not for use from more
    /// than one thread at a time, and one writer a folder.
    public final class Writer {
        /// Bytes that were appended and could not be written, since the start.
        public private(set) var lostBytes = 0
        /// Bytes that wait for the next ``flush()``. The host flushes when they exceed about 1 MiB, or after 50 ms.
        public var bufferedBytes: Int { buffer.count }

        private let segmentBytes: Int
        private let segmentsKept: Int
        private var segments: Segments
        private var file: Int32 = -1
        private var fileBytes = 0
        private var firstDate: Int64 = 0
        private var buffer: [UInt8] = []
        private var frame: [UInt8] = []
        private let context: OpaquePointer

        /// - Parameters:
        ///   - directory: created (mode 0700) if it is not there; its parent must be.
        ///   - segmentBytes: a segment that has grown to this size is the last flush's; the next begins another.
        ///   - segmentsKept: beyond this the oldest is deleted, so that the journal takes at most about
        ///     `segmentBytes * segmentsKept` bytes of the disk.
        public init(directory: String, segmentBytes: Int = 64 * 1024 * 1024, segmentsKept: Int = 64) throws(JournalError) {
            if mkdir(directory, 0o700) != 0, errno != EEXIST { throw .cannotOpenFolder(path: directory, code: errno) }
            segments = try Segments(folder: directory)
            self.segmentBytes = segmentBytes
            self.segmentsKept = max(1, segmentsKept)
            guard let context = ZSTD_createCCtx() else { preconditionFailure("no memory for zstd") }
            self.context = context
            // The fastest: this runs on the loop. The checksum tells damage from data.
            ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, 1)
            ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1)
        }

        deinit {
            if file >= 0 { close(file) }
            ZSTD_freeCCtx(context)
        }

        /// Adds an entry to the buffer. `uptime` and `date` in microseconds.
        public func append(kind: Kind, connection: UInt64, uptime: Int64, date: Int64, bytes: [UInt8]) {
            if buffer.isEmpty { firstDate = date }
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

        /// Writes what is buffered as one frame. Does nothing if nothing is.
        public func flush() throws(JournalError) {
            guard !buffer.isEmpty else { return }
            let count = buffer.count
            do throws(JournalError) {
                if file < 0 { try beginSegment() }
                try writeFrame()
            } catch {
                lostBytes += count
                buffer.removeAll(keepingCapacity: true)
                throw error
            }
            buffer.removeAll(keepingCapacity: true)
            if fileBytes >= segmentBytes { endSegment() }
        }

        private func beginSegment() throws(JournalError) {
            // The wall clock may have been set back; the order of the names must not follow it.
            var number = max(firstDate, (segments.numbers.last ?? -1) + 1)
            for _ in 0..<Limits.namesTried {
                file = open(segments.path(of: number), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0o600)
                if file >= 0 || errno != EEXIST { break }
                number += 1
            }
            guard file >= 0 else { throw .cannotCreateSegment(path: segments.path(of: number), code: errno, lostBytes: buffer.count) }
            fileBytes = 0
            segments.add(number)
        }

        private func endSegment() {
            close(file)
            file = -1
        }

        private func writeFrame() throws(JournalError) {
            let bound = ZSTD_compressBound(buffer.count)
            if frame.count < bound { frame = [UInt8](repeating: 0, count: bound) }
            let size = frame.withUnsafeMutableBytes { frame in
                buffer.withUnsafeBytes { ZSTD_compress2(context, frame.baseAddress, frame.count, $0.baseAddress, $0.count) }
            }
            precondition(ZSTD_isError(size) == 0, "zstd could not compress into a buffer of its own bound")
            var written = 0
            while written < size {
                let count = frame.withUnsafeBytes { Glibc.write(file, $0.baseAddress! + written, size - written) }
                if count > 0 {
                    written += count
                } else if errno != EINTR {
                    let code = errno
                    abandonFrame()
                    throw .cannotWrite(path: segments.path(of: segments.numbers.last!), code: code, lostBytes: buffer.count)
                }
            }
            fileBytes += size
            segments.keep(newest: segmentsKept)
        }

        /// Cuts off what was written of a frame. Where that fails, the segment ends here, and the next flush begins another.
        private func abandonFrame() {
            guard fileBytes == 0 else {
                if ftruncate(file, fileBytes) != 0 { endSegment() }
                return
            }
            unlink(segments.path(of: segments.numbers.last!))
            segments.removeLast()
            endSegment()
        }

        /// A blank and a number in decimal. (`String(_:)` would be most of the cost of an entry.)
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
