import Glibc

/// Why the journal could not be written or read. The codes are those of `errno`.
public enum JournalError: Error, Equatable, Sendable {
    case cannotOpenFolder(path: String, code: Int32)
    case cannotCreateSegment(path: String, code: Int32, lostBytes: Int)
    case cannotWrite(path: String, code: Int32, lostBytes: Int)
    case cannotRead(path: String, code: Int32)
}

extension JournalError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .cannotOpenFolder(let path, let code):
            "The journal's folder \(path) cannot be opened: \(Self.text(code)). Create it, owned by the user that runs the gateway, mode 0700."
        case .cannotCreateSegment(let path, let code, let lostBytes):
            "The journal segment \(path) cannot be created: \(Self.text(code)). \(Self.remedy(code)) \(lostBytes) bytes were not kept."
        case .cannotWrite(let path, let code, let lostBytes):
            "The journal segment \(path) cannot be written: \(Self.text(code)). \(Self.remedy(code)) \(lostBytes) bytes were not kept."
        case .cannotRead(let path, let code):
            "The journal \(path) cannot be read: \(Self.text(code)). Check the path and that this user may read it."
        }
    }

    private static func text(_ code: Int32) -> String { String(cString: strerror(code)) }

    private static func remedy(_ code: Int32) -> String {
        switch code {
        case ENOSPC, EDQUOT: "Free some space, or keep fewer segments."
        case EACCES, EPERM, EROFS: "Let the user that runs the gateway write there."
        case ENOENT, ENOTDIR: "Create the folder again; the journal then goes on by itself."
        default: "Check the disk."
        }
    }
}
