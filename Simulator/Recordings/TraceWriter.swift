import Czlib
import Foundation

/// Writes a recording of the trace format (`Simulator/Traces/README.md`), readable by its owner only (mode 600).
///
/// Each flush appends one whole gzip member with one write: what was flushed can be read (by gzip, `zcat` and
/// ``Recording``) however the program ends.
public final class TraceWriter {
    public enum Stream: String, Sendable, CaseIterable {
        /// What a client that only listens receives.
        case ami
        /// Questions and their answers.
        case control = "ctl"
    }

    /// The contents of `meta.json` beside the times.
    public struct Description: Sendable {
        public var scenario: String
        public var variant: String
        public var asterisk: String
        public var doc: String

        public init(scenario: String, variant: String, asterisk: String, doc: String) {
            self.scenario = scenario
            self.variant = variant
            self.asterisk = asterisk
            self.doc = doc
        }
    }

    /// Bytes that are not on the disk yet may be lost; this many are worth a write of their own.
    private static let pendingBytes = 1024 * 1024

    public let folder: String
    /// Civil time at t = 0, in microseconds since 1970.
    private let startEpoch: Int64
    private var pending: [Stream: [UInt8]] = [:]
    private var files: [Stream: Int32] = [:]
    /// Uncompressed.
    public private(set) var bytesWritten = 0
    private var last: Int64 = 0

    /// Creates the folder, or uses an empty one.
    public init(folder: String, startEpoch: Int64) throws(RecordingError) {
        self.folder = folder
        self.startEpoch = startEpoch
        if mkdir(folder, 0o700) != 0 {
            guard errno == EEXIST else { throw .cannotWrite(path: folder, reason: String(cString: strerror(errno))) }
            guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder) else {
                throw .cannotWrite(path: folder, reason: "it is no folder that can be listed")
            }
            guard names.isEmpty else { throw .notEmpty(path: folder) }
        }
        for stream in Stream.allCases {
            let path = path(stream)
            let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0o600)
            guard file >= 0 else { throw .cannotWrite(path: path, reason: String(cString: strerror(errno))) }
            files[stream] = file
        }
    }

    deinit { for file in files.values { close(file) } }

    /// `microseconds` since the recording's start; they never go back.
    public func append(_ stream: Stream, microseconds: Int64, _ direction: Recording.Chunk.Direction, _ bytes: [UInt8])
        throws(RecordingError)
    {
        last = max(last, microseconds)
        let fraction = String(last % 1_000_000)
        var line = Array("{\"t\": \(last / 1_000_000).".utf8)
        line += Array(repeating: UInt8(ascii: "0"), count: 6 - fraction.utf8.count) + Array(fraction.utf8)
        line += Array(", \"dir\": \"\(direction.rawValue)\", \"data\": \"".utf8)
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "\r"): line += [UInt8(ascii: "\\"), UInt8(ascii: "r")]
            case UInt8(ascii: "\n"): line += [UInt8(ascii: "\\"), UInt8(ascii: "n")]
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): line += [UInt8(ascii: "\\"), byte]
            case 0x20..<0x7F: line.append(byte)
            default: line += Array("\\u00".utf8) + [Self.hex[Int(byte >> 4)], Self.hex[Int(byte & 15)]]
            }
        }
        line += Array("\"}\n".utf8)
        bytesWritten += line.count
        pending[stream, default: []] += line
        if pending[stream, default: []].count >= Self.pendingBytes { try flush() }
    }

    private static let hex = Array("0123456789abcdef".utf8)

    /// Writes everything so far to the disk.
    public func flush() throws(RecordingError) {
        for stream in Stream.allCases {
            guard let bytes = pending[stream], !bytes.isEmpty, let file = files[stream] else { continue }
            try write(Self.gzipped(bytes), to: file, path(stream))
            pending[stream]?.removeAll(keepingCapacity: true)
        }
    }

    /// Writes `meta.json`, replacing an earlier one.
    public func describe(_ description: Description) throws(RecordingError) {
        let path = folder + "/meta.json"
        let temporary = folder + "/.meta.json"
        let object: [String: Any] = [
            "scenario": description.scenario, "variant": description.variant, "asterisk": description.asterisk,
            "doc": description.doc,
            "start_epoch": Double(startEpoch) / 1_000_000, "seconds": Double(last) / 1_000_000,
        ]
        let options: JSONSerialization.WritingOptions = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        guard let data = try? JSONSerialization.data(withJSONObject: object, options: options) else {
            preconditionFailure("texts and numbers can always be written")
        }
        let file = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw .cannotWrite(path: temporary, reason: String(cString: strerror(errno))) }
        defer { close(file) }
        try write(Array(data) + [UInt8(ascii: "\n")], to: file, temporary)
        guard rename(temporary, path) == 0 else {
            throw .cannotWrite(path: path, reason: String(cString: strerror(errno)))
        }
    }

    private func path(_ stream: Stream) -> String { "\(folder)/\(stream.rawValue).jsonl.gz" }

    private func write(_ bytes: [UInt8], to file: Int32, _ path: String) throws(RecordingError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw .cannotWrite(path: path, reason: String(cString: strerror(errno))) }
            rest = rest.dropFirst(count)
        }
    }

    /// One whole gzip member.
    private static func gzipped(_ bytes: [UInt8]) -> [UInt8] {
        var stream = z_stream()
        // 16 asks for gzip's header and checksum.
        guard shim_deflateInit2(&stream, 9, 15 + 16) == Z_OK else { preconditionFailure("zlib has no memory") }
        defer { deflateEnd(&stream) }
        var result = [UInt8](repeating: 0, count: Int(deflateBound(&stream, UInt(bytes.count))) + 32)
        var input = bytes
        let count = input.withUnsafeMutableBufferPointer { source in
            result.withUnsafeMutableBufferPointer { target in
                stream.next_in = source.baseAddress
                stream.avail_in = UInt32(source.count)
                stream.next_out = target.baseAddress
                stream.avail_out = UInt32(target.count)
                precondition(deflate(&stream, Z_FINISH) == Z_STREAM_END, "deflateBound is enough for everything")
                return target.count - Int(stream.avail_out)
            }
        }
        return Array(result[..<count])
    }
}
