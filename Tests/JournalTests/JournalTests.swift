import Glibc
import Journal
import TLS
import Testing

@Suite("The journal")
struct JournalTests {
    let folder = Folder()

    @Test("returns what was appended, to the byte and in order")
    func roundTrip() throws {
        let entries = [
            entry("i", 1, uptime: 5, date: 1_700_000_000_000_000, "Asterisk Call Manager/7.0.3\r\n"),
            entry("o", .max, uptime: .min, date: .max, ""),
            entry("~", 0, uptime: -1, date: .min, "@ i 1 2 3 4\n\n@"),
            Journal.Entry(
                kind: .init("i"), connection: 7, uptime: 0, date: 0,
                bytes: (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* $0) }),
        ]
        var rules = Journal.Rules()
        rules.segmentMicroseconds = .max
        let writer = try folder.writer(rules)
        for entry in entries { writer.append(entry) }
        #expect(writer.bufferedBytes > 300_000)
        try writer.flush()
        #expect(writer.bufferedBytes == 0)
        for entry in entries.reversed() {
            writer.append(entry)
            try writer.flush()
        }
        try writer.flush()
        let (read, damages) = try readAll(folder.path)
        #expect(read == entries + entries.reversed())
        #expect(damages == [])
        #expect(try readAll(folder.segments[0]).entries == read)
    }

    @Test("is a text that zstd prints")
    func zstdcat() throws {
        let writer = try folder.writer()
        try writer.write(entry("i", 3, uptime: 12, date: 34, "Event: Hangup\r\n"))
        let first = try #require(size(folder.segments[0]))
        try writer.write(entry("i", 3, uptime: 12, date: 34, "Event: Newchannel\r\n"))
        guard let output = folder.run("zstd -dc '\(folder.segments[0])'") else { return }  // zstd is not installed
        let lines = output.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map {
            String(decoding: $0, as: UTF8.self)
        }
        #expect(lines[0] == "centralino-journal 2")
        #expect(lines[1] == "# 0 " + String(repeating: "0", count: 64))
        #expect(lines[2...4].joined(separator: "\n") == "@ i 3 12 34 15\nEvent: Hangup\r\n")
        let digest = folder.run("head -c \(first) '\(folder.segments[0])' | sha256sum")?.prefix(64) ?? ""
        #expect(lines[5] == "# \(first) \(digest)")
        #expect(lines[6...].joined(separator: "\n") == "@ i 3 12 34 19\nEvent: Newchannel\r\n\n")
    }

    @Test("reports a file that is not a journal, and does not take foreign frames for its own")
    func notAJournal() throws {
        folder.write("this is no zstd frame at all", to: "text")
        let (entries, damages) = try readAll("\(folder.path)/text")
        #expect(entries == [])
        #expect(damages.count == 1)
        guard folder.run("printf '@ i 1 2 3 99999999999999999999\\nx\\n' | zstd -c > '\(folder.path)/other'") != nil
        else { return }
        #expect(try readAll("\(folder.path)/other").entries == [])
        guard folder.run("printf '@ i 1 2 3 9223372036854775807\\nx\\n' | zstd -c > '\(folder.path)/other'") != nil
        else { return }
        #expect(try readAll("\(folder.path)/other").entries == [])
    }

    @Test("can be read by its owner only")
    func mode() throws {
        let writer = try Journal.Writer(directory: folder.path + "/made", sha256: OpenSSL.sha256)
        writer.append(entry("i", 1, uptime: 0, date: 0, "secret"))
        try writer.flush()
        var status = stat()
        #expect(stat(folder.path + "/made", &status) == 0 && status.st_mode & 0o777 == 0o700)
        #expect(
            stat(folder.path + "/made/journal-0000000000000000.zst", &status) == 0 && status.st_mode & 0o777 == 0o600)
    }

    @Test("names the folder that it cannot use, and the remedy")
    func unusableFolder() throws {
        folder.write("", to: "file")
        let path = "\(folder.path)/file"
        let error = #expect(throws: JournalError.self) { try Journal.Writer(directory: path, sha256: OpenSSL.sha256) }
        #expect(error == .cannotOpenFolder(path: path, code: ENOTDIR))
        #expect(error?.description.contains(path) == true)
        #expect(throws: JournalError.cannotRead(path: path + "/x", code: ENOTDIR)) {
            try Journal.Reader(path + "/x", sha256: OpenSSL.sha256)
        }
    }

    @Test("has one writer at a time, and is free again when that one is gone")
    func oneWriter() throws {
        var first: Journal.Writer? = try folder.writer()
        #expect(throws: JournalError.folderInUse(path: folder.path)) { try folder.writer() }
        #expect(first != nil)
        first = nil
        _ = try folder.writer()
    }
}
