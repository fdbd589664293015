import Czlib
import Foundation

/// Reads a whole file, gzipped or not, with a bound.
enum CompressedFile {
    static func read(_ path: String) throws(RecordingError) -> [UInt8] {
        guard let file = gzopen(path, "rb") else { throw .cannotRead(path: path, reason: String(cString: strerror(errno))) }
        defer { gzclose_r(file) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 256 * 1024)
        gzbuffer(file, UInt32(piece.count))
        while true {
            let got = piece.withUnsafeMutableBytes { buffer in
                let got = gzread(file, buffer.baseAddress, UInt32(buffer.count))
                bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: buffer[..<max(0, Int(got))]))
                return got
            }
            guard bytes.count <= RecordingLimits.fileBytes else { throw .tooLarge(path: path, bytes: RecordingLimits.fileBytes) }
            if got <= 0 { break }
        }
        var code: Int32 = Z_OK
        let message = gzerror(file, &code).map { String(cString: $0) } ?? ""
        switch code {
        case Z_OK, Z_STREAM_END: return bytes
        case Z_ERRNO: throw .cannotRead(path: path, reason: String(cString: strerror(errno)))
        default: throw .damaged(path: path, reason: message)
        }
    }
}
