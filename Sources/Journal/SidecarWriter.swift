import Czstd
import Glibc

extension Journal {
    /// Writes a file beside a segment part by part, so that it is never in memory as a whole. It has its name when all
    /// of it is on the disk; without ``finish()`` nothing of it is left.
    public final class SidecarWriter {
        private let path: String
        private let temporary: String
        private let file: Int32
        private let context: OpaquePointer
        private var frame = [UInt8](repeating: 0, count: Limits.partBytes)
        private var isFinished = false

        public init(_ sidecar: Sidecar) throws(JournalError) {
            path = sidecar.path
            temporary = path + ".new"
            file = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NONBLOCK | O_CLOEXEC, 0o600)
            guard file >= 0 else { throw .cannotWriteBeside(path: temporary, code: errno) }
            guard let context = ZSTD_createCCtx() else { preconditionFailure("zstd has no memory to compress with") }
            self.context = context
            ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, 1)
        }

        deinit {
            ZSTD_freeCCtx(context)
            close(file)
            if !isFinished { unlink(temporary) }
        }

        public func write(_ bytes: [UInt8]) throws(JournalError) { try compress(bytes, ZSTD_e_continue) }

        /// Syncs the file and gives it its name. Nothing can be written afterwards.
        public func finish() throws(JournalError) {
            try compress([], ZSTD_e_end)
            guard fsync(file) == 0, rename(temporary, path) == 0 else {
                throw .cannotWriteBeside(path: path, code: errno)
            }
            isFinished = true
        }

        private func compress(_ bytes: [UInt8], _ directive: ZSTD_EndDirective) throws(JournalError) {
            var taken = 0
            var isDone = false
            while !isDone {
                var made = 0
                let left = bytes.withUnsafeBytes { bytes in
                    frame.withUnsafeMutableBytes { frame in
                        var input = ZSTD_inBuffer(src: bytes.baseAddress, size: bytes.count, pos: taken)
                        var output = ZSTD_outBuffer(dst: frame.baseAddress, size: frame.count, pos: 0)
                        defer { (taken, made) = (input.pos, output.pos) }
                        return ZSTD_compressStream2(context, &output, &input, directive)
                    }
                }
                precondition(ZSTD_isError(left) == 0, "zstd could not compress")
                try writeFrame(made)
                isDone = directive == ZSTD_e_end ? left == 0 : taken == bytes.count
            }
        }

        private func writeFrame(_ size: Int) throws(JournalError) {
            var written = 0
            while written < size {
                let count = frame.withUnsafeBytes { Glibc.write(file, $0.baseAddress! + written, size - written) }
                if count > 0 {
                    written += count
                } else if errno != EINTR {
                    throw .cannotWriteBeside(path: path, code: errno)
                }
            }
        }
    }
}
