import Glibc
import Journal
import TLS
import Testing

@Suite("A journal's segments")
struct RetentionTests {
    let folder = Folder()

    private func rules(_ change: (inout Journal.Rules) -> Void) -> Journal.Rules {
        var rules = Journal.Rules()
        change(&rules)
        return rules
    }

    private func connections() throws -> [UInt64] {
        let (entries, damages) = try readAll(folder.path)
        #expect(damages == [])
        return entries.map(\.connection)
    }

    @Test(
        "end when they are full, and the oldest are deleted when there are too many; a clock that is set back changes no order"
    )
    func count() throws {
        let few = rules {
            $0.segmentBytes = 1
            $0.keepSegments = 3
        }
        do {
            let writer = try folder.writer(few)
            for number in 1...10 {
                writer.append(entry("i", UInt64(number), uptime: 0, date: Int64(1000 - number), "x"))
                try writer.flushAndCommit()
            }
        }
        #expect(folder.segments.count == 3)
        #expect(try connections() == [8, 9, 10])
        folder.write("not ours", to: "journal-notes.zst")
        let next = try folder.writer(few)
        next.append(entry("i", 11, uptime: 0, date: 0, "x"))
        try next.flushAndCommit()
        #expect(try connections() == [9, 10, 11])
        #expect(size("\(folder.path)/journal-notes.zst") == 8)
    }

    @Test(
        "end when their first entry is a quarter of an hour old, and onSegment is called before that entry is appended")
    func age() throws {
        let writer = try folder.writer()
        var told: [Int64] = []
        var atAppend: [Int] = []
        writer.onSegment = { told.append($0) }
        for second in [0, 1, 899, 900, 901, 1799, 1800, 9000] {
            writer.append(entry(second))
            atAppend.append(told.count)
            writer.append(entry(second))
            try writer.flush()
        }
        #expect(atAppend == [1, 1, 1, 2, 2, 2, 3, 4])
        #expect(told == [0, 900, 1800, 9000].map { entry($0).date })
        #expect(folder.segments.count == 4)
        #expect(try connections() == [0, 0, 1, 1, 899, 899, 900, 900, 901, 901, 1799, 1799, 1800, 1800, 9000, 9000])
    }

    @Test("with the files beside them take no more than their share of the disk")
    func bytes() throws {
        let small = rules {
            $0.segmentBytes = 1
            $0.keepBytes = 5000
        }
        let writer = try folder.writer(small)
        var beside: [String] = []
        writer.onSegment = { number in beside.append("journal-\(number).checkpoint.zst") }
        var random = Seeded(state: 1)
        for number in 1...30 {
            var noise = entry(number)
            noise.bytes = (0..<500).map { _ in UInt8.random(in: 0...255, using: &random) }
            writer.append(noise)
            folder.write(String(repeating: "c", count: 400), to: try #require(beside.last))
            try writer.flushAndCommit()
            let total = Int(folder.run("cat '\(folder.path)'/* | wc -c")?.filter(\.isNumber) ?? "") ?? 0
            #expect(total <= 5000, "after \(number)")
        }
        let kept = try connections()
        #expect(kept == Array(UInt64(31 - kept.count)...30) && kept.count == 4)
        // A checkpoint is deleted with its segment.
        #expect(folder.run("ls '\(folder.path)'/*.checkpoint.zst | wc -l")?.filter(\.isNumber) == "\(kept.count)")
    }

    @Test("are deleted when all their entries are older than keep_days; the newest never is")
    func days() throws {
        let rules = rules {
            $0.segmentBytes = 1
            $0.keepDays = 2
        }
        let writer = try folder.writer(rules)
        for hour in [0, 10, 20, 30, 40, 50, 60, 70] {
            writer.append(entry(hour * 3600))
            try writer.flushAndCommit()
        }
        // At hour 70, what was written in hours 0 and 10 ended before hour 22; the segment of hour 20 lasts until
        // hour 30.
        #expect(try connections() == [20, 30, 40, 50, 60, 70].map { UInt64($0 * 3600) })
        writer.append(entry(1000 * 3600))
        try writer.flushAndCommit()
        // The end of hour 70's segment is known only from the beginning of the next one.
        #expect(try connections() == [70 * 3600, 1000 * 3600])
    }

    @Test("survive a clock that is wrong by a year, except one day's worth")
    func wrongClock() throws {
        let writer = try folder.writer(rules { $0.segmentBytes = 1 })
        for number in 1...150 { try writer.write(entry(number)) }
        writer.append(entry("R", 151, uptime: 0, date: entry(0).date + 365 * 86_400_000_000, "x"))
        try writer.flushAndCommit()
        #expect(try connections() == Array(97...151))
    }

    @Test("that cannot be deleted are reported, and tried again")
    func undeletable() throws {
        let heard = Heard()
        let few = rules {
            $0.segmentBytes = 1
            $0.keepSegments = 1
        }
        let writer = try Journal.Writer(directory: folder.path, rules: few, sha256: OpenSSL.sha256) { heard.add($0) }
        writer.append(entry(1))
        try writer.flushAndCommit()
        let path = folder.segments[0]
        unlink(path)
        mkdir(path, 0o700)
        writer.append(entry(2))
        try writer.flushAndCommit()
        #expect(heard.commits.contains(.notDeleted(.cannotDelete(path: path, code: EISDIR))))
        rmdir(path)
        writer.append(entry(3))
        try writer.flushAndCommit()
        #expect(folder.segments.count == 1)
    }
}
