/// Why a recording cannot be used: the file, the line, and the remedy.
public enum RecordingError: Error, Equatable, Sendable, CustomStringConvertible {
    case cannotRead(path: String, reason: String)
    case damaged(path: String, reason: String)
    case tooLarge(path: String, bytes: Int)
    case notARecording(path: String)
    case badLine(path: String, line: Int, reason: String)
    case badMetadata(path: String, reason: String)
    case badPlaylist(path: String, line: Int, entry: String)
    case nothingFound(paths: [String])
    case tooMany(limit: Int)
    case cannotWrite(path: String, reason: String)
    case notEmpty(path: String)
    /// It can be read, but has no events: another text, or a connection that was never logged in.
    case noEvents(path: String)

    public var description: String {
        switch self {
        case .cannotRead(let path, let reason): "\(path) cannot be read: \(reason)."
        case .damaged(let path, let reason):
            "\(path) is damaged: \(reason). Copy it again; `gzip -t` tells whether a .gz is whole."
        case .tooLarge(let path, let bytes):
            "\(path) has more than \(bytes) bytes when unpacked. Cut it into several recordings."
        case .notARecording(let path):
            "\(path) is not a recording: it has no ami.jsonl or ami.jsonl.gz. Name a folder of Simulator/Traces, a .jsonl file or a raw capture."
        case .badLine(let path, let line, let reason):
            "\(path):\(line): \(reason). A line is {\"t\": seconds, \"dir\": \"in\" or \"out\", \"data\": \"bytes as latin-1\"}."
        case .badMetadata(let path, let reason):
            "\(path): \(reason). It needs scenario, variant, asterisk, start_epoch, seconds, doc."
        case .badPlaylist(let path, let line, let entry):
            "\(path):\(line): there is no “\(entry)”. Paths are relative to the playlist's own folder."
        case .nothingFound(let paths):
            "No recording in \(paths.joined(separator: ", ")). A recording is a folder with ami.jsonl or ami.jsonl.gz."
        case .cannotWrite(let path, let reason):
            "\(path) cannot be written: \(reason). Check the disk and the folder's permissions."
        case .notEmpty(let path): "The folder \(path) is not empty: nothing was written. Name a new one."
        case .noEvents(let path):
            "There is not one event of a switch in \(path). Is it a recording of an AMI connection that was let in?"
        case .tooMany(let limit): "More than \(limit) files and folders. Name a smaller folder."
        }
    }
}
