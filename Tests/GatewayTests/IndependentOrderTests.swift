import Core
import Edges
import Gateway
import Playback
import Recordings
import Records
import Simulation
import Testing
import Time
import Wire

@testable import Reference

@Suite("Events that a switch may report in any order", .tags(.recordings))
struct IndependentOrderTests {
    static let seeds = 1...6 as ClosedRange<UInt64>

    @Test("give the same contact records and the same figures in each", arguments: try Trace.all())
    func permutations(trace: Trace) {
        let start = UnixTime(microseconds: trace.recording.startEpoch ?? 0)
        let order = trace.order
        let expected = trace.burstReport
        for seed in Self.seeds {
            let report = Replay.report(of: order.permuted(seed: seed), start: start)
            #expect(report.queues == expected.queues, "seed \(seed)")
            #expect(report.agents == expected.agents, "seed \(seed)")
            #expect(report.contacts.count == expected.contacts.count, "seed \(seed)")
            // The order in which records were closed is not part of them.
            let pairs = zip(report.contacts.sorted { $0.id < $1.id }, expected.contacts.sorted { $0.id < $1.id })
            for (contact, other) in pairs where contact != other {
                Issue.record(
                    "seed \(seed): \(String(decoding: JSON.encode(contact), as: UTF8.self)) instead of \(String(decoding: JSON.encode(other), as: UTF8.self))"
                )
            }
        }
    }

    @Test(
        "are the recorded ones: reported in bursts, they count what the switch's own queue_log counts",
        arguments: try Trace.all())
    func recorded(trace: Trace) {
        let report = trace.burstReport
        let expected = trace.truth.queues.mapValues { Counts($0) }.filter { $0.value != Counts() }
        // Only the main connection is played here.
        guard trace.recording.others.isEmpty else { return }
        #expect(report.queues.mapValues { Counts($0) }.filter { $0.value != Counts() } == expected)
    }

    @Test("give the same bytes whenever they are reported again in the same order", arguments: try Trace.all())
    func repeated(trace: Trace) {
        let start = UnixTime(microseconds: trace.recording.startEpoch ?? 0)
        let order = trace.order
        let reports = (0..<2).map { _ in JSON.encode(Replay.report(of: order.permuted(seed: 7), start: start)) }
        #expect(reports[0] == reports[1])
    }

    @Test("are many: each kind of freedom is used")
    func freedom() throws {
        var moved: [String: Int] = [:]
        var repeated = 0
        for trace in try Trace.all() {
            let order = trace.order
            for seed in Self.seeds {
                repeated += order.permuted(seed: seed).count - order.recorded.count
                // Places can only be compared where nothing is reported twice.
                let exchanged = order.exchanged(seed: seed)
                #expect(exchanged.count == order.recorded.count)
                for (before, after) in zip(order.recorded, exchanged)
                where before.title != after.title || before.channel != after.channel {
                    moved[after.title, default: 0] += 1
                }
            }
        }
        #expect(repeated > 100)
        for title in [
            "QueueMemberStatus", "AgentComplete", "DialEnd", "Hangup", "BridgeEnter", "BridgeLeave", "QueueCallerLeave",
            "AgentConnect",
        ] {
            #expect(moved[title, default: 0] > 20, "\(title)")
        }
    }
}

extension Trace {
    /// Its events and their freedom.
    fileprivate var order: IndependentOrder {
        Self.orders.value(path) { IndependentOrder(RecordedEvent.all(of: recording)) }
    }
    private static let orders = Shared<IndependentOrder>()

    /// What the gateway makes of its events, told in bursts in the recorded order.
    fileprivate var burstReport: Report {
        Self.burstReports.value(path) {
            Replay.report(of: order.recorded, start: UnixTime(microseconds: recording.startEpoch ?? 0))
        }
    }
    private static let burstReports = Shared<Report>()
}

extension Replay {
    /// The report on messages in this order.
    static func report(of told: [RecordedEvent], start: UnixTime) -> Report {
        var replay = Replay(start: start, digests: .openSSL)
        let banner = Replay.Connection.Chunk(
            time: told.first?.time ?? .zero, bytes: Array("Asterisk Call Manager/11.0.0\r\n".utf8))
        replay.play([Replay.Connection(chunks: [banner] + told.map { .init(time: $0.time, bytes: $0.bytes) })])
        return replay.report()
    }
}
