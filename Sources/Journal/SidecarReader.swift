import Czstd
import Glibc

extension Journal {
    /// Reads a file beside a segment part by part. It must be one whole zstd frame and nothing else.
    public final class SidecarReader {
        private let path: String
        private let file: Int32
        private let context: OpaquePointer
        private var frame = [UInt8](repeating: 0, count: Limits.partBytes)
        private var frameRange = 0..<0
        private var part = [UInt8](repeating: 0, count: Limits.partBytes)
        private var partRange = 0..<0
        /// Content that may still come.
        private var bytesLeft: Int
        private var isFrameOver = false

        /// `limit`: a longer file, or one with more content, is not ours.
        public init(_ sidecar: Sidecar, limit: Int = Sidecar.longest) throws(JournalError) {
            path = sidecar.path
            bytesLeft = limit
            file = try RegularFile.open(path)
            guard let context = ZSTD_createDCtx() else { preconditionFailure("zstd has no memory to decompress with") }
            self.context = context
            ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, Limits.windowLog)
            var status = stat()
            guard fstat(file, &status) == 0, status.st_size <= limit else { throw .cannotRead(path: path, code: EFBIG) }
        }

        deinit {
            ZSTD_freeDCtx(context)
            close(file)
        }

        /// The next bytes, `count` of them.
        /// - Throws: ``JournalError/incomplete(path:)`` where the file ends before.
        public func read(_ count: Int) throws(JournalError) -> [UInt8] {
            var bytes: [UInt8] = []
            while bytes.count < count {
                guard try fill() else { throw .incomplete(path: path) }
                let taken = partRange.prefix(count - bytes.count)
                bytes += part[taken]
                partRange = taken.upperBound..<partRange.upperBound
            }
            return bytes
        }

        /// The bytes up to the next line feed, without it; nil where `limit` bytes have none.
        public func readLine(limit: Int) throws(JournalError) -> [UInt8]? {
            var bytes: [UInt8] = []
            while bytes.count <= limit {
                guard try fill() else { throw .incomplete(path: path) }
                let end = part[partRange].firstIndex(of: UInt8(ascii: "\n"))
                bytes += part[partRange.lowerBound..<(end ?? partRange.upperBound)]
                partRange = (end.map { $0 + 1 } ?? partRange.upperBound)..<partRange.upperBound
                if end != nil { return bytes.count <= limit ? bytes : nil }
            }
            return nil
        }

        /// What comes next, as much as is at hand; nil at the end of the file.
        public func readPart() throws(JournalError) -> [UInt8]? {
            guard try fill() else { return nil }
            defer { partRange = partRange.upperBound..<partRange.upperBound }
            return Array(part[partRange])
        }

        /// What it means that the content ends too early.
        public var incomplete: JournalError { .incomplete(path: path) }

        /// Whether all of the file was read.
        public var isAtEnd: Bool { get throws(JournalError) { try !fill() } }

        /// Sees to it that there is something in ``part``.
        /// - Returns: false at the end of the frame, which is the end of the file.
        private func fill() throws(JournalError) -> Bool {
            while partRange.isEmpty {
                if frameRange.isEmpty { try readFrame() }
                if isFrameOver {
                    guard frameRange.isEmpty else { throw .damaged(path: path) }
                    return false
                }
                guard !frameRange.isEmpty else { throw .incomplete(path: path) }
                try decompress()
            }
            return true
        }

        private func decompress() throws(JournalError) {
            var (taken, made) = (0, 0)
            let left = frame[frameRange].withUnsafeBytes { frame in
                part.withUnsafeMutableBytes { part in
                    var input = ZSTD_inBuffer(src: frame.baseAddress, size: frame.count, pos: 0)
                    var output = ZSTD_outBuffer(dst: part.baseAddress, size: part.count, pos: 0)
                    defer { (taken, made) = (input.pos, output.pos) }
                    return ZSTD_decompressStream(context, &output, &input)
                }
            }
            guard ZSTD_isError(left) == 0, made <= bytesLeft else { throw .damaged(path: path) }
            frameRange = frameRange.lowerBound + taken..<frameRange.upperBound
            partRange = 0..<made
            bytesLeft -= made
            isFrameOver = left == 0
        }

        /// Reads from the file; ``frameRange`` stays empty at its end.
        private func readFrame() throws(JournalError) {
            while true {
                let count = frame.withUnsafeMutableBytes { Glibc.read(file, $0.baseAddress, $0.count) }
                if count >= 0 {
                    frameRange = 0..<count
                    return
                }
                guard errno == EINTR else { throw .cannotRead(path: path, code: errno) }
            }
        }
    }
}
