import Core
import Journal
import TLS
import Wire

/// What the core knew at the beginning of a journal's segment, kept beside it, so that a start reads only what came
/// after. A cache and never evidence: without it more of the journal is replayed, with the same result.
///
/// `zstdcat journal-<number>.checkpoint.zst` prints a line,
/// `centralino-checkpoint 2 <number> <SHA-256 of what follows>`, and the state as JSON.
struct Checkpoint {
    static let what = "checkpoint.zst"
    private static let title = "centralino-checkpoint 2"

    enum Fault: Error, CustomStringConvertible {
        case unreadable(JournalError)
        case damaged
        case unknown
        /// The segment beside which it stands was not begun by the run that wrote it.
        case strange

        var description: String {
            switch self {
            case .unreadable(let error): "\(error)"
            case .damaged: "Its SHA-256 is not the one that it states, or it belongs to another segment."
            case .strange: "Its time is not that of its segment."
            case .unknown: "It was written by another version of this program, or has impossible numbers."
            }
        }
    }

    static func write(_ core: Core, beside segment: Int64, in folder: String) throws(JournalError) {
        let json = JSON.encode(core)
        let head = "\(title) \(segment) \(Journal.Digest.text(of: json))\n"
        try Journal.Sidecar(segment: segment, what: what, folder: folder).write(Array(head.utf8) + json)
    }

    static func read(_ beside: Journal.Sidecar) throws(Fault) -> Core {
        let bytes: [UInt8]
        do throws(JournalError) { bytes = try beside.read() } catch { throw .unreadable(error) }
        guard let end = bytes.firstIndex(of: UInt8(ascii: "\n")) else { throw .damaged }
        let head = String(decoding: bytes[..<end], as: UTF8.self)
        guard head.hasPrefix(title + " ") else { throw .unknown }
        let json = Array(bytes[(end + 1)...])
        guard head == "\(title) \(beside.segment) \(Journal.Digest.text(of: json))" else { throw .damaged }
        guard let core = Core.decoded(from: json) else { throw .unknown }
        guard fits(core, beside) else { throw .strange }
        return core
    }

    /// Whether the segment's first entry can follow. Otherwise the whole segment would be skipped, and a core of a
    /// distant time would go through each deadline until then.
    private static func fits(_ core: Core, _ beside: Journal.Sidecar) -> Bool {
        // The number is the date of the first entry, or later where the clock was set back.
        guard core.moment.date.microseconds <= beside.segment + ProgramLimits.clockSetBack.microseconds else {
            return false
        }
        let segment = Journal.Sidecar(segment: beside.segment, what: "zst", folder: beside.folder).path
        // A segment that cannot be read is skipped when it is played.
        guard let reader = try? Journal.Reader(segment, sha256: OpenSSL.sha256), let first = try? reader.next() else {
            return true
        }
        return EntryTime.fault(of: first, after: core.moment, isForeign: false) == nil
    }
}

extension Journal.Digest {
    /// Hexadecimal.
    fileprivate static func text(of bytes: [UInt8]) -> String {
        OpenSSL.sha256(bytes).map { byte in
            let hex = String(byte, radix: 16)
            return hex.count == 1 ? "0" + hex : hex
        }.joined()
    }
}
