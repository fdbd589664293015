import Glibc
import Journal
import TLS
import Testing

/// Not part of the ordinary run: `CENTRALINO_JOURNAL_BENCH=1 swift test --filter JournalBench` (with `-c release` for
/// meaningful figures).
@Suite("What the journal costs", .enabled(if: getenv("CENTRALINO_JOURNAL_BENCH") != nil))
struct JournalBench {
    @Test("an entry on the loop, and a commit on the disk", arguments: [(20, 50_000), (2000, 200_000)])
    func cost(perBlock: Int, entries: Int) throws {
        let folder = Folder()
        let commits = Heard()
        let writer = try Journal.Writer(directory: folder.path, sha256: OpenSSL.sha256) { commits.add($0) }
        let head =
            "Event: Newstate\r\nPrivilege: call,all\r\nTimestamp: 1700000000.123456\r\nChannelState: 6\r\nChannelStateDesc: Up\r\n"
        let bodies = (0..<1000).map {
            Array("\(head)Channel: PJSIP/1001-\($0)\r\nUniqueid: 1700000000.\($0 * 7919)\r\nExten: 1001\r\n\r\n".utf8)
        }
        var worst = Duration.zero
        let clock = ContinuousClock()
        let before = Self.processorTime
        let took = try clock.measure {
            for number in 0..<entries {
                writer.append(
                    kind: .init("R"), connection: 2, uptime: Int64(number), date: 1_700_000_000_000_000,
                    bytes: bodies[number % 1000])
                if number % perBlock == perBlock - 1 { worst = try max(worst, clock.measure { try writer.handOver() }) }
            }
        }
        let processor = Self.processorTime - before
        try writer.flush()
        let last = try clock.measure { try writer.flushAndCommit() }
        print(
            "\(perBlock) entries of \(bodies[0].count) bytes a block: \(took / entries) an entry, \(processor / Int64(entries)) ns of them on the processor, \(writer.lostEntries) lost, a hand-over \(worst) at worst; \(commits.commits.count) commits, the last \(last)"
        )
    }

    /// Of this thread, in nanoseconds.
    private static var processorTime: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
