import Figures
import Telephony
import Testing
import Time
import Wire

@testable import ACD
@testable import Core

@Suite("Kept figures of a core")
struct KeptFiguresOfCoreTests {
    @Test("that are not the sums over its facts are named, with switch and queue")
    func named() throws {
        var rules = Core.Rules(
            switches: [], webhooks: [SwitchID("roma")], agents: nil, queueDefaults: .init(), queues: [:], alarms: [:],
            queuesBySwitch: nil, timeZone: .rome, thresholds: [.seconds(20)], organisation: .init(),
            calendar: .always(in: .rome), legalBasis: nil, keepsIntervals: true, unheardSince: [:])
        rules.webhooks = [SwitchID("roma")]
        let now = Moment(uptime: .seconds(1000), date: UnixTime(seconds: 1_772_438_400))
        var core = Core(.init(seed: 1, rules: rules))
        core.handle(.started(.init(seed: 1, rules: rules)), .none, at: now) { _, _ in }
        let queue = QueueName("info")
        for number in 1...3 as ClosedRange<UInt64> {
            core.switches[0].acd.handle(
                .queued(
                    QueueVisit(number: number, contact: ContactKey(number), queue: queue, position: 1, joined: now)),
                at: now)
        }
        #expect(core.faultsOfKeptFigures == [])
        // What no code of ours does: it is told that a waiting caller joined long ago, but not the kept figures.
        core.switches[0].acd.facts.change(queue, at: now) { facts in
            facts.changeWaiting(where: { $0.number == 2 }) { $0.joined = now + .seconds(-7200) }
        }
        let faults = core.faultsOfKeptFigures
        // In none of the sliding windows.
        #expect(faults.count == Window.slidingMinutes.count)
        #expect(faults.allSatisfy { $0.hasPrefix("roma, who joined in the last") }, "\(faults)")
        #expect(faults.first?.contains("“info”: kept 3, counted 2") == true)
        // They are made again of the facts.
        var reader = try #require(CheckpointReader(JSON.encode(core.withoutPieces)))
        var areSound = true
        core.eachPiece { areSound = reader.add($0) && areSound }
        #expect(areSound)
        var read = reader.core
        read.switches[0].acd.keepFigures()
        #expect(read.faultsOfKeptFigures == [])
    }
}
