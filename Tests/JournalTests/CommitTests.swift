import Glibc
import Synchronization
import TLS
import Testing

@testable import Journal

/// What a writer's threads reported.
final class Heard: Sendable {
    private let list = Mutex<(commits: [Journal.Commit], flushes: [Journal.Flush])>(([], []))

    var commits: [Journal.Commit] { list.withLock { $0.commits } }
    var flushes: [Journal.Flush] { list.withLock { $0.flushes } }
    func add(_ commit: Journal.Commit) { list.withLock { $0.commits.append(commit) } }
    func add(_ flush: Journal.Flush) { list.withLock { $0.flushes.append(flush) } }
}

@Suite("A journal's commit")
struct CommitTests {
    let folder = Folder()

    @Test("does not delay the writer, runs one at a time, and covers everything that came meanwhile")
    func oneInFlight() throws {
        let disk = SlowDisk()
        let heard = Heard()
        let writer = try Journal.Writer(
            directory: folder.path, rules: .init(), sha256: OpenSSL.sha256, sync: { disk.sync($0) },
            onCommit: { heard.add($0) })
        try writer.write(entry(1))
        let first = try #require(size(folder.segments[0]))
        try #require(disk.waitUntilBegun())
        for number in 2...100 { try writer.write(entry(number)) }
        #expect(heard.commits == [])
        #expect(disk.syncs.load(ordering: .sequentiallyConsistent) == 1)
        disk.allow(2)
        try writer.flushAndCommit()
        let number = entry(1).date
        let all = try #require(size(folder.segments[0]))
        #expect(
            heard.commits == [
                .committed(.init(segment: number, offset: first, entries: 1)),
                .committed(.init(segment: number, offset: all, entries: 100)),
            ])
        #expect(disk.syncs.load(ordering: .sequentiallyConsistent) == 2)
        #expect(disk.mostInFlight.load(ordering: .sequentiallyConsistent) == 1)
    }

    @Test("includes a segment that has ended, before anything after it counts")
    func segments() throws {
        let disk = SlowDisk()
        let heard = Heard()
        var rules = Journal.Rules()
        rules.segmentBytes = 1
        let writer = try Journal.Writer(
            directory: folder.path, rules: rules, sha256: OpenSSL.sha256, sync: { disk.sync($0) },
            onCommit: { heard.add($0) })
        try writer.write(entry(1))
        try #require(disk.waitUntilBegun())
        for number in 2...5 { try writer.write(entry(number)) }
        disk.allow(1 + 3)
        for _ in 2...5 { try #require(disk.waitUntilBegun()) }
        // The last of the four segments is not on the disk yet.
        #expect(heard.commits.count == 1)
        disk.allow()
        try writer.flushAndCommit()
        #expect(heard.commits.count == 2)
    }

    @Test("that fails is reported with its place, and does not count")
    func failure() throws {
        let disk = SlowDisk(answer: EIO)
        let heard = Heard()
        let writer = try Journal.Writer(
            directory: folder.path, rules: .init(), sha256: OpenSSL.sha256, sync: { disk.sync($0) },
            onCommit: { heard.add($0) })
        disk.allow(2)
        writer.append(entry(1))
        try writer.flushAndCommit()
        let path = folder.segments[0]
        let end = try #require(size(path))
        let position = Journal.Position(segment: entry(1).date, offset: end, entries: 1)
        #expect(heard.commits == [.failed(.cannotSync(path: path, code: EIO), position)])
        disk.answer.store(0, ordering: .sequentiallyConsistent)
        writer.append(entry(2))
        try writer.flushAndCommit()
        #expect(heard.commits.count == 2)
        guard case .committed = heard.commits.last else {
            Issue.record("\(heard.commits)")
            return
        }
    }

    @Test("is finished before the writer is gone")
    func end() throws {
        let heard = Heard()
        do {
            let writer = try Journal.Writer(directory: folder.path, sha256: OpenSSL.sha256) { heard.add($0) }
            for number in 1...20 { try writer.write(entry(number)) }
        }
        guard case .committed(let position) = heard.commits.last else {
            Issue.record("\(heard.commits)")
            return
        }
        #expect(position.entries == 20)
    }
}
