import Glibc
import Journal
import TLS
import Testing

@Suite("A journal whose disk is full")
struct FullDiskTests {
    let folder = Folder()

    @Test("goes on, counts what is lost, and begins with that count when it can be written again")
    func failure() throws {
        let made = folder.path + "/gone"
        let writer = try Journal.Writer(directory: made, sha256: OpenSSL.sha256)
        rmdir(made)
        writer.append(entry(1, "lost"))
        writer.append(entry(2, "lost"))
        let path = "\(made)/journal-\(entry(1).date).zst"
        var bytes = "@ R 1 1000000 1700000001000000 4\nlost\n@ R 2 2000000 1700000002000000 4\nlost\n".utf8.count
        #expect(throws: JournalError.cannotCreateSegment(path: path, code: ENOENT, lostBytes: bytes)) {
            try writer.flush()
        }
        #expect(writer.isLosing && writer.bufferedBytes == 0)
        writer.append(entry(5, "lost"))
        #expect(throws: JournalError.self) { try writer.flush() }
        bytes += "@ R 5 5000000 1700000005000000 4\nlost\n".utf8.count
        let lost = Journal.LostInterval(
            fromUptime: 1_000_000, fromDate: entry(1).date, toUptime: 5_000_000, toDate: entry(5).date, entries: 3,
            bytes: bytes,
            code: ENOENT)
        #expect(writer.lostIntervals == [lost] && writer.lostIntervalCount == 1)
        #expect(writer.lostEntries == 3 && writer.lostBytes == bytes)
        mkdir(made, 0o700)
        writer.append(entry(7, "kept"))
        try writer.flush()
        #expect(!writer.isLosing && writer.lostIntervals == [lost])
        let (read, damages) = try readAll(made)
        try #require(read.count == 2 && damages == [])
        #expect(Journal.LostInterval(read[0]) == lost)
        #expect(read[1] == entry(7, "kept"))
    }

    @Test("records what is missing as soon as it can, although nothing more arrives")
    func quiet() throws {
        let made = folder.path + "/gone"
        let writer = try Journal.Writer(directory: made, sha256: OpenSSL.sha256)
        rmdir(made)
        writer.append(entry(1))
        #expect(throws: JournalError.self) { try writer.flush() }
        #expect(throws: JournalError.self) { try writer.flush() }
        #expect(writer.lostEntries == 1)
        mkdir(made, 0o700)
        try writer.flush()
        #expect(try readAll(made).entries.compactMap(Journal.LostInterval.init).map(\.entries) == [1])
        try writer.flush()
        #expect(try readAll(made).entries.count == 1)
    }

    @Test("remembers the newest thousand outages, and how many there were")
    func bounded() throws {
        let made = folder.path + "/gone"
        var rules = Journal.Rules()
        rules.segmentBytes = 1
        let writer = try Journal.Writer(directory: made, rules: rules, sha256: OpenSSL.sha256)
        for outage in 1...1010 {
            rename(made, folder.path + "/away")
            writer.append(entry(2 * outage))
            #expect(throws: JournalError.self) { try writer.flush() }
            rename(folder.path + "/away", made)
            try writer.write(entry(2 * outage + 1))
        }
        #expect(writer.lostIntervalCount == 1010 && writer.lostIntervals.count == 1000)
        #expect(writer.lostIntervals.first?.fromDate == entry(22).date)
    }

    @Test("does not take a stranger's entry for its own record of a loss")
    func foreign() {
        for text in [
            "", "entries=1", "entries=1 bytes=2 from-uptime=3 from-date=4 errno=x",
            "entries=1 bytes=2 from-uptime=3 from-date=4 errno=28 ",
        ] {
            #expect(Journal.LostInterval(entry("L", 0, uptime: 1, date: 1, text)) == nil)
        }
        #expect(
            Journal.LostInterval(
                entry("R", 0, uptime: 1, date: 1, "entries=1 bytes=2 from-uptime=3 from-date=4 errno=28")) == nil)
        #expect(
            Journal.LostInterval(
                entry("L", 0, uptime: 1, date: 1, "entries=1 bytes=2 from-uptime=3 from-date=4 errno=28")) != nil)
    }

    @Test("is truncated where a block was partly written")
    func limit() async {
        // A limit on the size of files stands for the full disk. It applies to a whole process, so the test runs in
        // one of its own.
        await #expect(processExitsWith: .success) {
            signal(SIGXFSZ, SIG_IGN)
            let folder = Folder()
            func append(_ connection: UInt64, bytes: Int, to writer: Journal.Writer) {
                let noise = (0..<bytes).map { _ in UInt8.random(in: 0...255) }
                writer.append(.init(kind: .init("i"), connection: connection, uptime: 0, date: 0, bytes: noise))
            }
            let writer = try Journal.Writer(directory: folder.path, sha256: OpenSSL.sha256)
            append(1, bytes: 1000, to: writer)
            try writer.flush()
            var limit = rlimit(rlim_cur: 10_000, rlim_max: rlim_t.max)
            setrlimit(__rlimit_resource_t(1), &limit)  // RLIMIT_FSIZE
            append(2, bytes: 20_000, to: writer)
            #expect(throws: JournalError.self) { try writer.flush() }
            append(3, bytes: 1000, to: writer)
            try writer.flush()
            let (entries, damages) = try readAll(folder.path)
            precondition(entries.map(\.connection) == [1, 0, 3])
            precondition(Journal.LostInterval(entries[1])?.entries == 1)
            precondition(damages.isEmpty)
            precondition(writer.lostBytes > 20_000)
        }
    }

    @Test("is complete on a file system that was really full, and works again once there is room")
    func fileSystem() throws {
        let disk = folder.path + "/disk"
        mkdir(disk, 0o700)
        guard folder.run("mount -t tmpfs -o size=1m centralino-test '\(disk)'") != nil else {
            print("SKIPPED: a file system of 1 MB can be mounted only by root with CAP_SYS_ADMIN.")
            return
        }
        defer { _ = folder.run("umount '\(disk)'") }
        let writer = try Journal.Writer(directory: disk + "/journal", sha256: OpenSSL.sha256)
        var random = Seeded(state: 7)
        func noise(_ number: Int) -> Journal.Entry {
            var noise = entry(number)
            noise.bytes = (0..<10_000).map { _ in UInt8.random(in: 0...255, using: &random) }
            return noise
        }
        folder.write(String(repeating: "x", count: 500_000), to: "disk/ballast")
        var kept: [UInt64] = []
        var error: JournalError?
        for number in 1...100 {
            do throws(JournalError) {
                writer.append(noise(number))
                try writer.flush()
                kept.append(UInt64(number))
            } catch let failure { error = failure }
        }
        guard case .cannotWrite(_, ENOSPC, _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(error?.description.contains("Free some space") == true)
        #expect(kept.count > 30 && kept.count < 60)
        let full = try readAll(disk + "/journal")
        #expect(full.entries.map(\.connection) == kept && full.damages == [])
        unlink(disk + "/ballast")
        writer.append(noise(101))
        try writer.flushAndCommit()
        let (read, damages) = try readAll(disk + "/journal")
        #expect(read.map(\.connection) == kept + [0, 101] && damages == [])
        #expect(read.compactMap(Journal.LostInterval.init) == writer.lostIntervals)
        #expect(writer.lostIntervals.map(\.entries) == [100 - kept.count])
    }
}
