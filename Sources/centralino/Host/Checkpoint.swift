import Core
import Journal
import TLS
import Wire

/// What the core knew at the beginning of a journal's segment, kept beside it, so that a start reads only what came
/// after. A cache and never evidence: without it more of the journal is replayed, with the same result.
///
/// Its form is in `Journal.md`, “Checkpoints”. It is written and read part by part, so that it is never in memory as a
/// whole.
struct Checkpoint {
    static let what = "checkpoint.zst"
    /// Another version where the JSON of a core or a list of ``Figures`` (`FactMembers.swift`) changes its meaning.
    private static let title = "centralino-checkpoint 3"
    private static let lineFeed = [UInt8(ascii: "\n")]
    /// A SHA-256 in hexadecimal, and a line feed.
    private static let digestLineBytes = 65

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
        let file = try Journal.SidecarWriter(Journal.Sidecar(segment: segment, what: what, folder: folder))
        let digest = RunningSHA256()
        func write(_ bytes: [UInt8]) throws(JournalError) {
            digest.update(bytes)
            try file.write(bytes)
        }
        func write(line: String) throws(JournalError) { try write(Array(line.utf8) + lineFeed) }
        try write(line: "\(title) \(segment)")
        try write(JSON.encode(core.withoutPieces))
        try write(lineFeed)
        try core.eachPiece { piece throws(JournalError) in
            try write(line: "\(piece.count)")
            try write(piece)
        }
        try write(line: "0")
        try file.write(Array("\(text(of: digest))\n".utf8))
        try file.finish()
    }

    static func read(_ beside: Journal.Sidecar) throws(Fault) -> Core {
        // First the digest alone, part by part: a small file may be some gigabytes when it is decoded, and only what
        // was written so is worth them.
        let whole = try Source(beside)
        try readHead(whole, of: beside.segment)
        guard try whole.restEndsWithItsDigest() else { throw .damaged }
        let core = try read(Source(beside), of: beside.segment)
        guard fits(core, beside) else { throw .strange }
        return core
    }

    private static func state(_ source: Source) throws(Fault) -> CheckpointReader? {
        guard let json = try source.line(limit: ProgramLimits.checkpointStateBytes) else { throw .damaged }
        return CheckpointReader(json)
    }

    /// Of this version, and beside this segment.
    private static func readHead(_ source: Source, of segment: Int64) throws(Fault) {
        guard let head = try source.text(), head.hasPrefix(title + " ") else { throw .unknown }
        guard head == "\(title) \(segment)" else { throw .damaged }
    }

    /// Reads to the end, also what is not understood: the file may be another by now, and the digest says so.
    private static func read(_ source: Source, of segment: Int64) throws(Fault) -> Core {
        try readHead(source, of: segment)
        var reader = try state(source)
        while true {
            guard let size = try source.text().flatMap({ Int($0) }), size >= 0,
                size <= ProgramLimits.checkpointPieceBytes
            else { throw .damaged }
            if size == 0 { break }
            let piece = try source.bytes(size)
            if reader?.add(piece) == false { reader = nil }
        }
        guard try source.endsWithItsDigest() else { throw .damaged }
        guard let reader else { throw .unknown }
        return reader.core
    }

    /// A checkpoint's file, and the SHA-256 of what was read of it.
    private struct Source {
        private let digest = RunningSHA256()
        private let file: Journal.SidecarReader

        init(_ beside: Journal.Sidecar) throws(Fault) {
            do throws(JournalError) { file = try Journal.SidecarReader(beside) } catch { throw .unreadable(error) }
        }

        /// Without its line feed; nil where the line is longer.
        func line(limit: Int) throws(Fault) -> [UInt8]? {
            do throws(JournalError) {
                guard let line = try file.readLine(limit: limit) else { return nil }
                digest.update(line)
                digest.update(lineFeed)
                return line
            } catch { throw .unreadable(error) }
        }

        /// One of the short lines.
        func text() throws(Fault) -> String? {
            try line(limit: ProgramLimits.checkpointLineBytes).map { String(decoding: $0, as: UTF8.self) }
        }

        func bytes(_ count: Int) throws(Fault) -> [UInt8] {
            do throws(JournalError) {
                let bytes = try file.read(count)
                digest.update(bytes)
                return bytes
            } catch { throw .unreadable(error) }
        }

        /// Reads all that is left, and keeps no more of it than a part. Nothing can be read afterwards.
        func restEndsWithItsDigest() throws(Fault) -> Bool {
            do throws(JournalError) {
                // The last line, or the beginning of what may be it.
                var end: [UInt8] = []
                while let part = try file.readPart() {
                    end += part
                    let rest = max(0, end.count - Checkpoint.digestLineBytes)
                    digest.update(Array(end[..<rest]))
                    end.removeFirst(rest)
                }
                guard end.last == Checkpoint.lineFeed[0] else { throw file.incomplete }
                return String(decoding: end.dropLast(), as: UTF8.self) == Checkpoint.text(of: digest)
            } catch { throw .unreadable(error) }
        }

        /// Nothing can be read afterwards.
        func endsWithItsDigest() throws(Fault) -> Bool {
            do throws(JournalError) {
                let stated = try file.readLine(limit: ProgramLimits.checkpointLineBytes) ?? []
                guard String(decoding: stated, as: UTF8.self) == Checkpoint.text(of: digest) else { return false }
                return try file.isAtEnd
            } catch { throw .unreadable(error) }
        }
    }

    /// Hexadecimal.
    private static func text(of digest: RunningSHA256) -> String { Journal.Digest(digest.finish())?.description ?? "" }

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
