import Glibc
import Journal
import Testing

@Suite("The journal")
struct JournalTests {
    let folder = Folder()

    @Test("gives back what was appended, to the byte and in order")
    func roundTrip() throws {
        let entries = [
            entry("i", 1, uptime: 5, date: 1_700_000_000_000_000, "Asterisk Call Manager/7.0.3\r\n"),
            entry("o", .max, uptime: .min, date: .max, ""),
            entry("~", 0, uptime: -1, date: .min, "@ i 1 2 3 4\n\n@"),
            Journal.Entry(
                kind: .init("i"), connection: 7, uptime: 0, date: 0, bytes: (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* $0) }),
        ]
        let writer = try Journal.Writer(directory: folder.path)
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
        let writer = try Journal.Writer(directory: folder.path)
        for text in ["Event: Hangup\r\n", "Event: Newchannel\r\n"] {
            writer.append(entry("i", 3, uptime: 12, date: 34, text))
            try writer.flush()
        }
        guard let output = folder.run("zstd -dc '\(folder.segments[0])'") else { return }  // zstd is not installed
        #expect(output == "@ i 3 12 34 15\nEvent: Hangup\r\n\n@ i 3 12 34 19\nEvent: Newchannel\r\n\n")
    }

    @Test("loses nothing before a torn last frame, wherever it is torn")
    func tornTail() throws {
        let writer = try Journal.Writer(directory: folder.path)
        let kept = [entry("i", 1, uptime: 1, date: 1, "first"), entry("i", 1, uptime: 2, date: 2, "second")]
        for entry in kept { writer.append(entry) }
        try writer.flush()
        let segment = folder.segments[0]
        let whole = try #require(size(segment))
        let last = entry("o", 2, uptime: 3, date: 3, "the last one, which is torn")
        writer.append(last)
        try writer.flush()
        let all = try #require(size(segment))
        #expect(try readAll(segment).entries == kept + [last])
        for cut in (whole..<all).reversed() {
            truncate(segment, cut)
            let (entries, damages) = try readAll(segment)
            #expect(entries == kept, "cut at \(cut)")
            let torn = Journal.Reader.Damage(path: segment, fault: .tornTail, offset: whole, count: cut - whole)
            #expect(damages == (cut == whole ? [] : [torn]), "cut at \(cut)")
        }
    }

    @Test("passes over a frame that the disk has spoiled, and says where")
    func corruption() throws {
        let writer = try Journal.Writer(directory: folder.path)
        var ends: [Int] = []
        for number in 1...3 {
            writer.append(entry("i", UInt64(number), uptime: 0, date: 0, "some text \(number)"))
            try writer.flush()
            ends.append(try #require(size(folder.segments[0])))
        }
        let file = open(folder.segments[0], O_WRONLY)
        pwrite(file, [0xff], 1, off_t(ends[1] - 6))  // within the second frame's last literals
        close(file)
        let (entries, damages) = try readAll(folder.path)
        #expect(entries.map(\.connection) == [1, 3])
        #expect(damages == [.init(path: folder.segments[0], fault: .corrupt, offset: ends[0], count: ends[1] - ends[0])])
    }

    @Test("says that a file is no journal, and that frames of others are not its own")
    func notAJournal() throws {
        folder.write("this is no zstd frame at all", to: "text")
        let (entries, damages) = try readAll("\(folder.path)/text")
        #expect(entries == [])
        #expect(damages.count == 1)
        guard folder.run("printf '@ i 1 2 3 99999999999999999999\\nx\\n' | zstd -c > '\(folder.path)/other'") != nil else { return }
        #expect(try readAll("\(folder.path)/other").entries == [])
        guard folder.run("printf '@ i 1 2 3 9223372036854775807\\nx\\n' | zstd -c > '\(folder.path)/other'") != nil else { return }
        #expect(try readAll("\(folder.path)/other").entries == [])
    }

    @Test("begins a new segment when one is full, and deletes the oldest")
    func rotation() throws {
        let writer = try Journal.Writer(directory: folder.path, segmentBytes: 1, segmentsKept: 3)
        for number in 1...10 {
            // The wall clock goes backwards; the order must not.
            writer.append(entry("i", UInt64(number), uptime: 0, date: Int64(1000 - number), "x"))
            try writer.flush()
        }
        #expect(folder.segments.count == 3)
        #expect(try readAll(folder.path).entries.map(\.connection) == [8, 9, 10])
        folder.write("not ours", to: "journal-notes.zst")
        let next = try Journal.Writer(directory: folder.path, segmentBytes: 1, segmentsKept: 3)
        next.append(entry("i", 11, uptime: 0, date: 0, "x"))
        try next.flush()
        #expect(try readAll(folder.path).entries.map(\.connection) == [9, 10, 11])
    }

    @Test("is for its owner's eyes only")
    func mode() throws {
        let writer = try Journal.Writer(directory: folder.path + "/made")
        writer.append(entry("i", 1, uptime: 0, date: 0, "secret"))
        try writer.flush()
        var status = stat()
        #expect(stat(folder.path + "/made", &status) == 0 && status.st_mode & 0o777 == 0o700)
        #expect(stat(folder.path + "/made/journal-0000000000000000.zst", &status) == 0 && status.st_mode & 0o777 == 0o600)
    }

    @Test("says which folder it cannot use and what to do")
    func unusableFolder() throws {
        folder.write("", to: "file")
        let path = "\(folder.path)/file"
        let error = #expect(throws: JournalError.self) { try Journal.Writer(directory: path) }
        #expect(error == .cannotOpenFolder(path: path, code: ENOTDIR))
        #expect(error?.description.contains(path) == true)
        #expect(throws: JournalError.cannotRead(path: path + "/x", code: ENOTDIR)) { try Journal.Reader(path + "/x") }
    }

    @Test("goes on after a failure, and counts what was lost")
    func failure() throws {
        let writer = try Journal.Writer(directory: folder.path + "/gone")
        rmdir(folder.path + "/gone")
        writer.append(entry("i", 1, uptime: 0, date: 0, "lost"))
        let bytes = writer.bufferedBytes
        let path = folder.path + "/gone/journal-0000000000000000.zst"
        #expect(throws: JournalError.cannotCreateSegment(path: path, code: ENOENT, lostBytes: bytes)) { try writer.flush() }
        #expect(writer.lostBytes == bytes)
        #expect(writer.bufferedBytes == 0)
        mkdir(folder.path + "/gone", 0o700)
        writer.append(entry("i", 2, uptime: 0, date: 0, "kept"))
        try writer.flush()
        #expect(try readAll(folder.path + "/gone").entries.map(\.connection) == [2])
    }

    @Test("cuts a frame off that a full disk took in part")
    func fullDisk() async {
        // A limit on the size of files stands for the full disk; it holds for a whole process, so this one is another.
        await #expect(processExitsWith: .success) {
            signal(SIGXFSZ, SIG_IGN)
            let folder = Folder()
            func append(_ connection: UInt64, bytes: Int, to writer: Journal.Writer) {
                let noise = (0..<bytes).map { _ in UInt8.random(in: 0...255) }
                writer.append(.init(kind: .init("i"), connection: connection, uptime: 0, date: 0, bytes: noise))
            }
            let writer = try Journal.Writer(directory: folder.path)
            append(1, bytes: 1000, to: writer)
            try writer.flush()
            var limit = rlimit(rlim_cur: 10_000, rlim_max: rlim_t.max)
            setrlimit(__rlimit_resource_t(1), &limit)  // RLIMIT_FSIZE
            append(2, bytes: 20_000, to: writer)
            #expect(throws: JournalError.self) { try writer.flush() }
            append(3, bytes: 1000, to: writer)
            try writer.flush()
            let (entries, damages) = try readAll(folder.path)
            precondition(entries.map(\.connection) == [1, 3])
            precondition(damages.isEmpty)
            precondition(writer.lostBytes > 20_000)
        }
    }
}

private func entry(_ kind: Unicode.Scalar, _ connection: UInt64, uptime: Int64, date: Int64, _ text: String) -> Journal.Entry {
    Journal.Entry(kind: .init(kind), connection: connection, uptime: uptime, date: date, bytes: Array(text.utf8))
}

private func readAll(_ path: String) throws -> (entries: [Journal.Entry], damages: [Journal.Reader.Damage]) {
    let reader = try Journal.Reader(path)
    var entries: [Journal.Entry] = []
    while let entry = try reader.next() { entries.append(entry) }
    return (entries, reader.damages)
}

private func size(_ path: String) -> Int? {
    var status = stat()
    return stat(path, &status) == 0 ? Int(status.st_size) : nil
}

extension Journal.Writer {
    fileprivate func append(_ entry: Journal.Entry) {
        append(kind: entry.kind, connection: entry.connection, uptime: entry.uptime, date: entry.date, bytes: entry.bytes)
    }
}
