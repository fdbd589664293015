import Czstd
import Glibc

extension Journal {
    /// A file beside a segment, e.g. a checkpoint: one zstd frame, deleted with its segment. It is never evidence.
    public struct Sidecar: Equatable, Sendable {
        /// Bytes. A checkpoint of a large site has some hundred megabytes; a larger file was not written by this
        /// program.
        public static let longest = 4 * 1024 * 1024 * 1024

        /// The number of the segment.
        public var segment: Int64
        /// `checkpoint.zst` in `journal-0001764036000000.checkpoint.zst`.
        public var what: String
        public var folder: String

        public init(segment: Int64, what: String, folder: String) {
            self.segment = segment
            self.what = what
            self.folder = folder
        }

        public var path: String { String(Segments.path(of: segment, in: folder).dropLast(3)) + what }

        /// The files of this kind in a folder whose segment still exists, the oldest first.
        public static func all(_ what: String, in folder: String) throws(JournalError) -> [Sidecar] {
            let segments = try Segments(folder: folder)
            let known = Set(segments.list.map(\.number))
            return segments.besides.filter { known.contains($0.number) }.compactMap { number, name in
                let sidecar = Sidecar(segment: number, what: what, folder: folder)
                return "\(folder)/\(name)" == sidecar.path ? sidecar : nil
            }
        }

        /// Writes the whole file and syncs it, or leaves nothing of it.
        public func write(_ bytes: [UInt8]) throws(JournalError) {
            var frame = [UInt8](repeating: 0, count: ZSTD_compressBound(bytes.count))
            let size = frame.withUnsafeMutableBytes { frame in
                bytes.withUnsafeBytes { ZSTD_compress(frame.baseAddress, frame.count, $0.baseAddress, $0.count, 1) }
            }
            precondition(ZSTD_isError(size) == 0, "zstd could not compress into a buffer of its own bound")
            let temporary = path + ".new"
            let file = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NONBLOCK | O_CLOEXEC, 0o600)
            guard file >= 0 else { throw .cannotWriteBeside(path: temporary, code: errno) }
            var code: Int32 = 0
            var written = 0
            while written < size, code == 0 {
                let count = frame.withUnsafeBytes { Glibc.write(file, $0.baseAddress! + written, size - written) }
                if count > 0 { written += count } else if errno != EINTR { code = errno }
            }
            if code == 0, fsync(file) != 0 { code = errno }
            close(file)
            if code == 0, rename(temporary, path) != 0 { code = errno }
            guard code == 0 else {
                unlink(temporary)
                throw .cannotWriteBeside(path: path, code: code)
            }
        }

        /// `limit`: a longer file is not ours.
        public func read(limit: Int = longest) throws(JournalError) -> [UInt8] {
            let file = try RegularFile.open(path)
            defer { close(file) }
            var status = stat()
            guard fstat(file, &status) == 0, status.st_size <= limit else { throw .cannotRead(path: path, code: EFBIG) }
            var frame = [UInt8](repeating: 0, count: Int(status.st_size))
            var got = 0
            while got < frame.count {
                let count = frame.withUnsafeMutableBytes { Glibc.read(file, $0.baseAddress! + got, $0.count - got) }
                if count == 0 { break }
                if count > 0 { got += count } else if errno != EINTR { throw .cannotRead(path: path, code: errno) }
            }
            let content = frame.withUnsafeBytes { ZSTD_getFrameContentSize($0.baseAddress, got) }
            // 2^64 - 1 and - 2 are zstd's "unknown" and "error".
            guard content <= UInt64(limit) else { throw Self.fault(of: frame[..<got], path) }
            var bytes = [UInt8](repeating: 0, count: Int(content))
            let size = bytes.withUnsafeMutableBytes { bytes in
                frame.withUnsafeBytes { ZSTD_decompress(bytes.baseAddress, bytes.count, $0.baseAddress, got) }
            }
            guard ZSTD_isError(size) == 0, size == bytes.count else { throw Self.fault(of: frame[..<got], path) }
            return bytes
        }

        /// Why this is not a whole frame: it may end too early, or be something else.
        private static func fault(of frame: ArraySlice<UInt8>, _ path: String) -> JournalError {
            let size = frame.withUnsafeBytes { ZSTD_findFrameCompressedSize($0.baseAddress, $0.count) }
            let isCut = ZSTD_isError(size) != 0 && ZSTD_getErrorCode(size) == ZSTD_error_srcSize_wrong
            return frame.isEmpty || isCut ? .incomplete(path: path) : .damaged(path: path)
        }

        public func delete() { unlink(path) }
    }

    /// The total size of a folder's segments, from one of them on.
    public static func bytes(in folder: String, from first: Int64 = .min) throws(JournalError) -> Int {
        try Segments(folder: folder, sized: true).list.filter { $0.number >= first }.reduce(0) { $0 + $1.bytes }
    }
}
