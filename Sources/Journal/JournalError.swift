import Glibc

/// Why the journal could not be written or read. The codes are those of `errno`.
public enum JournalError: Error, Equatable, Sendable {
    case cannotOpenFolder(path: String, code: Int32)
    case folderInUse(path: String)
    case cannotCreateSegment(path: String, code: Int32, lostBytes: Int)
    case cannotWrite(path: String, code: Int32, lostBytes: Int)
    /// The disk takes so long that no more may wait for it.
    case diskTooSlow(path: String, lostBytes: Int)
    /// What was written may not survive a power cut.
    case cannotSync(path: String, code: Int32)
    case cannotDelete(path: String, code: Int32)
    case cannotRead(path: String, code: Int32)
    /// A FIFO, a device, a socket or a folder of a file's name: to read it could take for ever.
    case notAFile(path: String)
    /// The file ends before its content does.
    case incomplete(path: String)
    case damaged(path: String)
    case unknownVersion(path: String)
    /// A checkpoint, or another file beside a segment.
    case cannotWriteBeside(path: String, code: Int32)
}

extension JournalError {
    /// What an entry of kind ``Journal/Kind/lost`` gives as the reason.
    var code: Int32 {
        switch self {
        case .cannotCreateSegment(_, let code, _), .cannotWrite(_, let code, _): code
        default: 0
        }
    }
}

extension JournalError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .cannotOpenFolder(let path, let code):
            "The journal's folder \(path) cannot be opened: \(Self.text(code)). Create it, owned by the user that runs the gateway, mode 0700."
        case .folderInUse(let path):
            "The journal's folder \(path) is being written by another process. Give each gateway a folder of its own, or stop the other one."
        case .cannotCreateSegment(let path, let code, let lostBytes):
            "The journal segment \(path) cannot be created: \(Self.text(code)). \(Self.remedy(code)) \(lostBytes) bytes were not kept."
        case .cannotWrite(let path, let code, let lostBytes):
            "The journal segment \(path) cannot be written: \(Self.text(code)). \(Self.remedy(code)) \(lostBytes) bytes were not kept."
        case .diskTooSlow(let path, let lostBytes):
            "The disk of the journal's folder \(path) hangs, or takes less than comes: all that may wait for it waits. Check the disk. \(lostBytes) bytes were not kept."
        case .cannotSync(let path, let code):
            "The journal segment \(path) cannot be brought to the disk: \(Self.text(code)). \(Self.remedy(code)) A power cut may take what it has."
        case .cannotDelete(let path, let code):
            "\(path) is old enough to go, but cannot be deleted: \(Self.text(code)). \(Self.remedy(code))"
        case .cannotRead(let path, let code):
            "The journal \(path) cannot be read: \(Self.text(code)). Check the path and that this user may read it."
        case .notAFile(let path):
            "\(path) is not a file, but a folder, a FIFO, a device or a socket of a file's name. Move it away, and find out who made it."
        case .incomplete(let path):
            "\(path) is cut off: its end is missing. Check whether the disk was full, and compare with a copy."
        case .damaged(let path):
            "\(path) is damaged: it is not what was written. Check the disk."
        case .cannotWriteBeside(let path, let code):
            "\(path) cannot be written: \(Self.text(code)). \(Self.remedy(code))"
        case .unknownVersion(let path):
            "The journal segment \(path) is of a later version of the format than this program knows. Use the program that wrote it."
        }
    }

    private static func text(_ code: Int32) -> String { String(cString: strerror(code)) }

    private static func remedy(_ code: Int32) -> String {
        switch code {
        case ENOSPC, EDQUOT: "Free some space, or keep less of the journal."
        case EACCES, EPERM, EROFS: "Let the user that runs the gateway write there."
        case ENOENT, ENOTDIR: "Create the folder again; the journal then goes on by itself."
        default: "Check the disk."
        }
    }
}
