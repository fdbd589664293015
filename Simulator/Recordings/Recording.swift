import Foundation

/// What a client of a real switch read and wrote, with times: the exact bytes, cut as its sockets cut them.
///
/// A recording is a folder of the trace format (`Simulator/Traces/README.md`), one JSONL file of it, or a raw AMI
/// capture; each of them gzipped or not.
public struct Recording: Sendable {
    /// One read or write.
    public struct Chunk: Equatable, Sendable {
        public enum Direction: String, Sendable {
            /// From the switch.
            case incoming = "in"
            /// The connection to the switch.
            case outgoing = "out"
            /// The switch closed the connection; no bytes.
            case closed = "eof"
            /// The connection failed; the bytes are the recorder's words.
            case failed = "err"
        }

        /// Since the recording's start; never less than the previous chunk's.
        public var microseconds: Int64
        public var direction: Direction
        public var bytes: [UInt8]

        public init(microseconds: Int64, direction: Direction, bytes: [UInt8]) {
            self.microseconds = microseconds
            self.direction = direction
            self.bytes = bytes
        }
    }

    /// The name of the folder or file, e.g. `mixed-a`.
    public var name: String
    public var path: String
    /// The main connection: a client that only listens.
    public var chunks: [Chunk]
    /// The connection that requested inventories (`ctl`); empty if there is none.
    public var control: [Chunk] = []
    /// Further connections of a folder by name (`ami-after`, `reconnect`, `login-tls`…), sorted.
    public var others: [(name: String, chunks: [Chunk])] = []
    /// The contents of `meta.json`; nil without one.
    public var meta: Metadata?
    /// Civil time at zero, in microseconds since 1970: from `meta.json`, or the first `Timestamp` header.
    public var startEpoch: Int64?

    /// Loads a folder or a file.
    public static func load(_ path: String) throws(RecordingError) -> Recording {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            throw .cannotRead(path: path, reason: "no such file or folder")
        }
        return isFolder.boolValue ? try load(folder: path) : try load(file: path)
    }

    /// Loads a folder that has at least `ami.jsonl` or `ami.jsonl.gz`.
    public static func load(folder: String) throws(RecordingError) -> Recording {
        guard let main = RecordingFiles.stream("ami", in: folder) else { throw .notARecording(path: folder) }
        var recording = Recording(
            name: RecordingFiles.lastComponent(folder), path: folder, chunks: try TraceReader.chunks(of: main))
        if let control = RecordingFiles.stream("ctl", in: folder) {
            recording.control = try TraceReader.chunks(of: control)
        }
        for name in try RecordingFiles.otherStreams(in: folder) {
            guard let path = RecordingFiles.stream(name, in: folder) else { continue }
            recording.others.append((name: name, chunks: try TraceReader.chunks(of: path)))
        }
        let meta = folder + "/meta.json"
        if FileManager.default.fileExists(atPath: meta) {
            recording.meta = try Metadata.load(meta)
        }
        recording.startEpoch = recording.meta?.startEpoch ?? recording.stampedStart
        return recording
    }

    /// Loads one JSONL file, or the bytes of an AMI connection as they came; a file that begins with `{` is JSONL.
    public static func load(file path: String) throws(RecordingError) -> Recording {
        let bytes = try CompressedFile.read(path)
        let name = RecordingFiles.stem(path)
        guard bytes.first == UInt8(ascii: "{") else {
            let capture = try RawCapture(bytes, path: path)
            return Recording(name: name, path: path, chunks: capture.chunks, startEpoch: capture.startEpoch)
        }
        var recording = Recording(name: name, path: path, chunks: try TraceReader.chunks(in: bytes, path: path))
        recording.startEpoch = recording.stampedStart
        return recording
    }
}

extension Recording {
    /// The folder's `meta.json`: how the recording was made.
    public struct Metadata: Equatable, Sendable, Decodable {
        public var scenario: String
        public var variant: String
        /// The switch's major version, e.g. `22`.
        public var asterisk: String
        public var seconds: Double
        public var doc: String
        private var start_epoch: Double

        /// Microseconds since 1970.
        public var startEpoch: Int64 { Int64((start_epoch * 1_000_000).rounded()) }

        static func load(_ path: String) throws(RecordingError) -> Metadata {
            let bytes = try CompressedFile.read(path)
            do {
                let meta = try JSONDecoder().decode(Metadata.self, from: Data(bytes))
                guard (0..<1e11).contains(meta.start_epoch), (0..<1e9).contains(meta.seconds) else {
                    throw RecordingError.badMetadata(path: path, reason: "start_epoch or seconds is not a time")
                }
                return meta
            } catch let error as RecordingError {
                throw error
            } catch {
                throw .badMetadata(path: path, reason: Self.reason(error))
            }
        }

        private static func reason(_ error: any Error) -> String {
            switch error as? DecodingError {
            case .keyNotFound(let key, _): "“\(key.stringValue)” is missing"
            case .typeMismatch(_, let context), .valueNotFound(_, let context):
                "“\(context.codingPath.map(\.stringValue).joined(separator: "."))” is of another type"
            default: "it is not JSON"
            }
        }
    }
}
