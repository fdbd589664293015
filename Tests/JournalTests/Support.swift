import Glibc
import Journal
import TLS

func entry(_ kind: Unicode.Scalar, _ connection: UInt64, uptime: Int64, date: Int64, _ text: String) -> Journal.Entry {
    Journal.Entry(kind: .init(kind), connection: connection, uptime: uptime, date: date, bytes: Array(text.utf8))
}

/// The `number`th entry of a journal, one second after the previous one.
func entry(_ number: Int, _ text: String = "Event: Hangup\r\n") -> Journal.Entry {
    entry(
        "R", UInt64(number), uptime: Int64(number) * 1_000_000, date: 1_700_000_000_000_000 + Int64(number) * 1_000_000,
        text)
}

func readAll(_ path: String) throws -> (entries: [Journal.Entry], damages: [Journal.Reader.Damage]) {
    let reader = try Journal.Reader(path, sha256: OpenSSL.sha256)
    var entries: [Journal.Entry] = []
    while let entry = try reader.next() { entries.append(entry) }
    return (entries, reader.damages)
}

func size(_ path: String) -> Int? {
    var status = stat()
    return stat(path, &status) == 0 ? Int(status.st_size) : nil
}

extension Folder {
    /// A writer for the folder's journal.
    func writer(_ rules: Journal.Rules = .init()) throws -> Journal.Writer {
        try Journal.Writer(directory: path, rules: rules, sha256: OpenSSL.sha256)
    }

    /// Writes a journal of one entry a block and one segment a list, and closes it. Returns where each block of the
    /// last segment ends.
    @discardableResult
    func write(_ segments: [[Journal.Entry]]) throws -> [Int] {
        var ends: [Int] = []
        for entries in segments {
            let writer = try writer()
            ends = []
            for entry in entries {
                try writer.write(entry)
                ends.append(size(self.segments.last ?? "") ?? 0)
            }
        }
        return ends
    }

    /// The bytes of a file.
    func bytes(_ path: String) -> [UInt8] {
        let file = open(path, O_RDONLY)
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: size(path) ?? 0)
        let count = read(file, &bytes, bytes.count)
        return Array(bytes.prefix(max(0, count)))
    }

    func overwrite(_ path: String, _ bytes: [UInt8]) {
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        _ = Glibc.write(file, bytes, bytes.count)
        close(file)
    }
}

extension Journal.Writer {
    func append(_ entry: Journal.Entry) {
        append(
            kind: entry.kind, connection: entry.connection, uptime: entry.uptime, date: entry.date, bytes: entry.bytes)
    }

    /// Writes the entry as a block of its own.
    func write(_ entry: Journal.Entry) throws {
        append(entry)
        try flush()
    }
}

extension Journal.Sidecar {
    func create(_ content: [UInt8]) throws {
        let writer = try Journal.SidecarWriter(self)
        try writer.write(content)
        try writer.finish()
    }

    /// All of it.
    func content(limit: Int = longest) throws -> [UInt8] {
        let reader = try Journal.SidecarReader(self, limit: limit)
        var bytes: [UInt8] = []
        while try !reader.isAtEnd { bytes += try reader.read(1) }
        return bytes
    }
}

/// A generator that gives the same numbers in each run (SplitMix64).
struct Seeded: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
