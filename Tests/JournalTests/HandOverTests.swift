import Glibc
import Synchronization
import TLS
import Testing

@testable import Journal

@Suite("A journal's entries on their way to the disk")
struct HandOverTests {
    private let folder = Folder()
    private let disk = SlowDisk()
    private let heard = Heard()

    /// Each write waits for the test. `blocks`: how many small ones may wait.
    private func writer(blocks: Int = 1000, _ rules: Journal.Rules = .init()) throws -> Journal.Writer {
        try Journal.Writer(
            directory: folder.path, rules: rules, sha256: OpenSSL.sha256, sync: Committer.fdatasync,
            write: { [disk] in disk.write($0, $1, $2) }, waitingLimit: blocks * (Journal.Limits.bytesPerBlock + 100),
            onCommit: { [heard] in heard.add($0) }, onFlush: { [heard] in heard.add($0) })
    }

    private func handOver(_ number: Int, to writer: Journal.Writer) throws {
        writer.append(entry(number))
        try writer.handOver()
    }

    /// The first is under way alone, and the others wait for it together.
    private func handOver(oneThen rest: ClosedRange<Int>, to writer: Journal.Writer) throws {
        try handOver(rest.lowerBound - 1, to: writer)
        try #require(disk.waitUntilBegun())
        for number in rest { try handOver(number, to: writer) }
    }

    private func connections() throws -> [UInt64] {
        let (entries, damages) = try readAll(folder.path)
        #expect(damages == [])
        return entries.map(\.connection)
    }

    @Test("are written in the order in which they were handed over, and the loop waits for none of them")
    func order() throws {
        let writer = try writer()
        for number in 1...100 { try handOver(number, to: writer) }
        try #require(disk.waitUntilBegun())
        #expect(heard.flushes == [] && writer.bufferedBytes == 0)
        disk.allow(100)
        try writer.flushAndCommit()
        #expect(heard.flushes == (1...100).map { .init(entries: $0, failure: nil) })
        #expect(try connections() == Array(1...100))
        guard case .committed(let position) = heard.commits.last else {
            Issue.record("\(heard.commits)")
            return
        }
        #expect(position.entries == 100)
    }

    @Test("are lost, but not acknowledged, when the program is killed before they are with the kernel")
    func killed() async throws {
        let path = folder.path
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
            let disk = SlowDisk()
            let heard = Heard()
            let writer = try Journal.Writer(
                directory: path, rules: .init(), sha256: OpenSSL.sha256, sync: Committer.fdatasync,
                write: { disk.write($0, $1, $2) }, onCommit: { heard.add($0) }, onFlush: { heard.add($0) })
            disk.allow()
            try writer.write(entry(1))
            precondition(disk.waitUntilBegun())
            writer.append(entry(2))
            try writer.handOver()
            precondition(disk.waitUntilBegun())
            precondition(heard.flushes == [.init(entries: 1, failure: nil)])
            kill(getpid(), SIGKILL)
        }
        #expect(try connections() == [1])
        let next = try folder.writer()
        #expect(next.repairs.isEmpty)
        try next.write(entry(3))
        #expect(try connections() == [1, 3])
    }

    @Test("are lost where their own block fails, and no others")
    func failure() throws {
        let writer = try writer()
        disk.allow()
        try writer.write(entry(1))
        try #require(disk.waitUntilBegun())
        disk.answer.store(EIO, ordering: .sequentiallyConsistent)
        for number in 2...4 { try handOver(number, to: writer) }
        try #require(disk.waitUntilBegun())
        disk.allow()
        // The second one is failing, the third is under way.
        try #require(disk.waitUntilBegun())
        #expect(writer.isLosing && writer.lostEntries == 1)
        disk.answer.store(0, ordering: .sequentiallyConsistent)
        disk.allow(2)
        try writer.flush()
        #expect(try connections() == [1, 0, 3, 4])
        #expect(writer.lostIntervals.map(\.entries) == [1] && writer.lostIntervals.map(\.code) == [EIO])
        #expect(!writer.isLosing && writer.lostIntervalCount == 1)
        let path = folder.segments[0]
        let bytes = "@ R 2 2000000 1700000002000000 15\nEvent: Hangup\r\n\n".utf8.count
        #expect(
            heard.flushes == [
                .init(entries: 1, failure: nil),
                .init(entries: 2, failure: .cannotWrite(path: path, code: EIO, lostBytes: bytes)),
                .init(entries: 3, failure: nil), .init(entries: 4, failure: nil),
            ])
    }

    @Test("are lost and counted at once when the disk hangs and too much waits for it, until nothing waits any more")
    func hanging() throws {
        let writer = try writer(blocks: 10)
        defer { disk.allow(1000) }
        try handOver(oneThen: 2...10, to: writer)
        for number in 11...200 {
            #expect(throws: JournalError.self) { try handOver(number, to: writer) }
            try #require(writer.isLosing && writer.lostEntries == number - 10 && writer.bufferedBytes == 0)
        }
        try writer.handOver()
        #expect(writer.lostIntervalCount == 1 && writer.lostIntervals.map(\.entries) == [190])
        #expect(writer.lostIntervals.first?.fromDate == entry(11).date)
        #expect(heard.flushes == [], "what waits may still be written")
        disk.allow(3)
        try writer.flush()
        // What was lost is not acknowledged before what came earlier is written.
        #expect(heard.flushes.prefix(10) == (1...10).map { .init(entries: $0, failure: nil) }[...])
        guard case .diskTooSlow(folder.path, _) = heard.flushes[10].failure else {
            Issue.record("\(heard.flushes)")
            return
        }
        #expect(heard.flushes[10].entries == 200)
        #expect(try connections() == Array(1...10) + [0])
        #expect(!writer.isLosing && writer.lostIntervalCount == 1)
        #expect(try readAll(folder.path).entries.compactMap(Journal.LostInterval.init) == writer.lostIntervals)
        disk.allow()
        try writer.write(entry(201))
        #expect(try connections() == Array(1...10) + [0, 201])
    }

    @Test("of which first some overflow and then those that waited fail are one loss")
    func overflowAndFailure() throws {
        let writer = try writer(blocks: 4)
        try handOver(oneThen: 2...4, to: writer)
        #expect(throws: JournalError.self) { try handOver(5, to: writer) }
        disk.allow()
        try #require(disk.waitUntilBegun())
        disk.answer.store(EIO, ordering: .sequentiallyConsistent)
        disk.allow(2)
        for _ in 3...4 { try #require(disk.waitUntilBegun()) }
        // The third has failed, the fourth is under way, the fifth has overflowed.
        #expect(writer.lostIntervalCount == 1 && writer.lostIntervals.map(\.entries) == [3])
        disk.allow()
        #expect(throws: JournalError.self) {
            disk.allow()
            try writer.flush()
        }
        #expect(writer.lostIntervalCount == 1 && writer.lostIntervals.map(\.entries) == [4])
        disk.answer.store(0, ordering: .sequentiallyConsistent)
        disk.allow()
        try writer.write(entry(6))
        #expect(try connections() == [1, 0, 6])
        #expect(writer.lostIntervalCount == 1 && writer.lostEntries == 4 && !writer.isLosing)
    }

    @Test("begin a segment once: after an overflow it has the number that was reported, and says what is missing")
    func overflowAtSegment() throws {
        let writer = try writer(blocks: 2)
        var begun: [Int64] = []
        writer.onSegment = { begun.append($0) }
        try handOver(oneThen: 2...2, to: writer)
        writer.endSegment()
        for number in 3...5 { #expect(throws: JournalError.self) { try handOver(number, to: writer) } }
        disk.allow(3)
        try writer.flush()
        #expect(begun == [1, 3].map { entry($0).date })
        #expect(folder.segments == begun.map { "\(folder.path)/journal-\($0).zst" })
        #expect(try connections() == [1, 2, 0])
    }

    @Test("stand in a segment without a state where its first block failed; the next block then begins another")
    func makeshift() throws {
        let writer = try writer()
        var begun: [Int64] = []
        writer.onSegment = { begun.append($0) }
        disk.answer.store(ENOSPC, ordering: .sequentiallyConsistent)
        for number in 1...3 { try handOver(number, to: writer) }
        try #require(disk.waitUntilBegun())
        disk.allow()
        try #require(disk.waitUntilBegun())
        disk.answer.store(0, ordering: .sequentiallyConsistent)
        disk.allow(3)
        try writer.flush()
        #expect(begun == [entry(1).date] && writer.takeAbandoned() == begun)
        try writer.write(entry(4))
        #expect(begun == [1, 4].map { entry($0).date })
        #expect(folder.segments == [2, 4].map { "\(folder.path)/journal-\(entry($0).date).zst" })
        #expect(try connections() == [0, 2, 3, 4])
    }

    @Test("are written together where they waited together, each as a block of its own")
    func together() throws {
        let writer = try writer()
        try handOver(oneThen: 2...100, to: writer)
        disk.allow(2)
        try writer.flushAndCommit()
        #expect(disk.syncs.load(ordering: .sequentiallyConsistent) == 2, "one write for all that waited")
        #expect(heard.flushes == (1...100).map { .init(entries: $0, failure: nil) })
        let alone = Folder()
        try alone.write([(1...100).map { entry($0) }])
        #expect(folder.bytes(folder.segments[0]) == alone.bytes(alone.segments[0]), "the file's form is the same")
    }

    @Test("are kept up to the block that was written in part")
    func partly() throws {
        let taken = Atomic<Int>(0)
        let size = try { () throws -> Int in
            let alone = Folder()
            return try alone.write([(1...3).map { entry($0) }]).last ?? 0
        }()
        // Room for three blocks and some bytes of the fourth; then for what comes.
        let writer = try Journal.Writer(
            directory: folder.path, rules: .init(), sha256: OpenSSL.sha256, sync: Committer.fdatasync,
            write: { [disk] in
                _ = disk.sync($0)
                let before = taken.load(ordering: .sequentiallyConsistent)
                if before == size + 5 {
                    taken.store(.max, ordering: .sequentiallyConsistent)
                    errno = ENOSPC
                    return -1
                }
                let count = before > size ? $2 : min($2, size + 5 - before)
                let written = Glibc.write($0, $1, count)
                if before <= size { taken.store(before + written, ordering: .sequentiallyConsistent) }
                return written
            }, onCommit: { [heard] in heard.add($0) }, onFlush: { [heard] in heard.add($0) })
        try handOver(oneThen: 2...6, to: writer)
        disk.allow(1000)
        try writer.flush()
        #expect(try connections() == Array(1...6))
        #expect(heard.flushes == (1...6).map { .init(entries: $0, failure: nil) } && !writer.isLosing)
    }

    @Test("are waited for no longer than wanted at the end of the program, whether they hang in a write or in a sync")
    func bounded() throws {
        let writer = try writer()
        try handOver(oneThen: 2...3, to: writer)
        #expect(try !writer.flush(commits: true, withinSeconds: 0))
        disk.allow(2)
        #expect(try writer.flush(commits: true, withinSeconds: 60))
        #expect(try connections() == Array(1...3))
        let other = Folder()
        let syncing = try Journal.Writer(
            directory: other.path, rules: .init(), sha256: OpenSSL.sha256, sync: { [disk] in disk.sync($0) },
            onCommit: { _ in })
        syncing.append(entry(1))
        try syncing.flush()
        #expect(try !syncing.flush(commits: true, withinSeconds: 0))
        #expect(try syncing.flush(commits: false, withinSeconds: 60))
        disk.allow(1000)
        #expect(try syncing.flush(commits: true, withinSeconds: 60))
    }

    @Test("leave a segment that is larger by no more than may wait")
    func segmentSize() throws {
        var rules = Journal.Rules()
        rules.segmentBytes = 1
        let writer = try writer(blocks: 1000, rules)
        for number in 1...3 { try handOver(number, to: writer) }
        disk.allow(4)
        try writer.flush()
        try writer.write(entry(4))
        #expect(folder.segments == [1, 4].map { "\(folder.path)/journal-\(entry($0).date).zst" })
        #expect(try connections() == [1, 2, 3, 4])
    }
}
