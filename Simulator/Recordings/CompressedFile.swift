import Czlib
import Foundation

/// Reads a file, gzipped or not.
public enum CompressedFile {
    /// Reads the whole file, up to a bound.
    static func read(_ path: String) throws(RecordingError) -> [UInt8] {
        var bytes: [UInt8] = []
        try read(path) { (piece) throws(RecordingError) in
            bytes.append(contentsOf: piece)
            guard bytes.count <= RecordingLimits.fileBytes else {
                throw .tooLarge(path: path, bytes: RecordingLimits.fileBytes)
            }
        }
        return bytes
    }

    /// Reads piece by piece; the receiver must bound the total.
    public static func read(_ path: String, _ receive: (ArraySlice<UInt8>) throws(RecordingError) -> Void)
        throws(RecordingError)
    {
        guard let file = gzopen(path, "rb") else {
            throw .cannotRead(path: path, reason: String(cString: strerror(errno)))
        }
        defer { gzclose_r(file) }
        var piece = [UInt8](repeating: 0, count: 256 * 1024)
        gzbuffer(file, UInt32(piece.count))
        while true {
            let got = piece.withUnsafeMutableBytes { gzread(file, $0.baseAddress, UInt32($0.count)) }
            guard got > 0 else { break }
            try receive(piece[..<Int(got)])
        }
        var code: Int32 = Z_OK
        let message = gzerror(file, &code).map { String(cString: $0) } ?? ""
        switch code {
        case Z_OK, Z_STREAM_END: return
        case Z_ERRNO: throw .cannotRead(path: path, reason: String(cString: strerror(errno)))
        default: throw .damaged(path: path, reason: message)
        }
    }
}
