import ACD
import Core
import Figures
import Switches
import Telephony
import Testing
import Time
import Wire

/// A change has a bounded size, so switches that are busy at once have to share it.
@Suite("Several busy switches")
struct BusySwitchesTests {
    /// Three that never rest, and one that speaks once, whose name is the last.
    private static let names = ["roma", "milano", "napoli", "torino"].map { SwitchID($0) }
    private static let last = 3
    /// One change has no room for the rows of all queues of one switch.
    private static let queues = (0..<100).map { QueueName("q\($0)") }

    /// What was told, and when the last switch's alarm was raised.
    private struct Told: Equatable {
        var changes: [ChangeSequence.Change] = []
        var raised: Moment?

        func rows(of index: Int) -> Int { changes.reduce(0) { $0 + $1.queues.count { $0.switch == index } } }
    }

    private static let start = Moment(uptime: .seconds(1000), date: UnixTime(seconds: 1_772_438_400))
    private static let spoke = start + .seconds(2)
    private static let end = start + .seconds(4)

    private static func event(_ queue: QueueName, status: Int) -> [UInt8] {
        Array(
            "Event: QueueMemberStatus\r\nQueue: \(queue)\r\nMemberName: anna\r\nInterface: PJSIP/1\r\nStatus: \(status)\r\nPaused: 0\r\n\r\n"
                .utf8)
    }

    /// The agent of each of the first three switches changes its state a hundred times a second, and so each of its
    /// queues does.
    /// - Parameter checkpoint: what becomes of the core in the middle.
    private static func play(_ checkpoint: (Core) throws -> Core) throws -> Told {
        let link = AsteriskLink.Rules(username: "", isRecording: true)
        let nobody = AlarmRule(metric: .available, raise: 0, clear: 1)
        let rules = Core.Rules(
            switches: names.map { .init(name: $0, link: link) }, webhooks: [], agents: nil, queueDefaults: .init(),
            queues: [:], alarms: [queues[99]: [nobody]], queuesBySwitch: nil, timeZone: .rome,
            thresholds: [.seconds(20)], organisation: .init(), calendar: .always(in: .rome), legalBasis: nil,
            keepsIntervals: false, unheardSince: [:])
        var core = Core(.init(seed: 7, rules: rules))
        var told = Told()
        func happen(_ input: Core.Input, at now: Moment) {
            core.handle(input, .none, at: now) { outputs, core in
                for case .changed(let change) in outputs where core.moment - start > .seconds(1) {
                    told.changes.append(change)
                    if told.raised == nil, core.switches[last].alarms.raisedCount > 0 { told.raised = core.moment }
                }
            }
        }
        happen(.started(.init(seed: 7, rules: rules)), at: start)
        let ids = [2, 4, 6, 8].map { ConnectionID($0) }
        for id in ids {
            happen(.opened(id), at: start)
            happen(.received(id, Array("Asterisk Call Manager/11.0.0\r\n".utf8)), at: start)
            for queue in queues { happen(.received(id, event(queue, status: 1)), at: start) }
        }
        for tick in 100..<400 as Range<Int64> {
            let now = start + .milliseconds(10 * tick)
            for id in ids.dropLast() { happen(.received(id, event(queues[0], status: tick % 2 == 0 ? 2 : 1)), at: now) }
            if tick == 200 { happen(.received(ids[last], event(queues[0], status: 2)), at: now) }
            if tick == 204 { core = try checkpoint(core) }
        }
        return told
    }

    @Test("are told alike, and one that speaks once soon, with its alarm")
    func alike() throws {
        let told = try Self.play { $0 }
        let rows = (0..<Self.last).map { told.rows(of: $0) }
        #expect(rows.min()! > 500 && rows.max()! <= rows.min()! * 5 / 4, "\(rows)")
        #expect(told.rows(of: Self.last) == Self.queues.count)
        let at = told.changes.last { $0.queues.contains { $0.switch == Self.last } }?.at
        #expect(try #require(at) - Self.spoke <= .milliseconds(500))
        #expect(try #require(told.raised) - Self.spoke <= .milliseconds(500))
    }

    @Test("are told the same after a checkpoint in the middle of their turns")
    func checkpoint() throws {
        let whole = try Self.play { $0 }
        var hadRest = false
        let resumed = try Self.play { core in
            hadRest = core.switches.contains { $0.acd.hasRest }
            return try #require(JSON.decode(Core.self, from: JSON.encode(core)))
        }
        #expect(hadRest && (resumed == whole) as Bool)
    }
}
