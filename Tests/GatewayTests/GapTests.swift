import AMI
import Core
import Edges
import Gateway
import Records
import Switches
import Telephony
import Testing
import Time
import Wallboard
import Wire

/// An interval without the switch's events stands in the records, in the figures and in the store.
@Suite("A gap")
struct GapTests {
    private var bench = Bench()

    private mutating func wallboard() -> WallboardMessage.Coverage? {
        let reader = bench.connect(.wallboards)
        defer { bench.drop(reader) }
        let snapshot = wallboardMessages(bench.lines(reader)).first
        return snapshot?.switches?.first { $0.name == "roma" }?.coverage
    }

    @Test(
        "that never was leaves the whole time covered since the switch was first heard; the time before it today was not heard"
    )
    mutating func none() {
        bench.wait(.seconds(100))
        // 08:00 UTC is 09:00 in Rome.
        #expect(
            wallboard()
                == .init(
                    heardSince: "\(Bench.start)", seconds: 9 * 3600 + 100, lostSeconds: 9 * 3600, gaps: 0, lastGap: nil)
        )
        #expect(bench.savedGaps == [])
    }

    @Test("is open while the link is gone, and closed when the inventory is complete")
    mutating func linkLost() throws {
        bench.wait(.seconds(100))
        bench.cutSwitch()
        bench.wait(.milliseconds(300))
        let open = try #require(wallboard())
        #expect(
            open.lostSeconds == 9 * 3600 + 0.3 && open.gaps == 1 && open.lastGap?.to == nil
                && open.lastGap?.cause == "linkLost")
        bench.reconnectSwitch()
        let lost = try #require(bench.savedGaps.last?.to) - bench.savedGaps[0].from
        bench.wait(.seconds(50))
        #expect(wallboard()?.lostSeconds == 9 * 3600 + lost.seconds)
        // Under its beginning, first open, then with its end.
        #expect(
            bench.savedGaps.count == 2 && bench.savedGaps[0].to == nil
                && bench.savedGaps[0].from == bench.savedGaps[1].from)
    }

    @Test("of yesterday is not in today's figures, and readers learn that at midnight")
    mutating func midnight() throws {
        bench.join("1.1")
        bench.hangUp("1.1")
        bench.cutSwitch()
        bench.reconnectSwitch()
        let reader = bench.connect(.wallboards)
        let before = try #require(
            wallboardMessages(bench.lines(reader)).first?.switches?.first { $0.name == "roma" }?.coverage)
        #expect(before.gaps == 1 && before.lostSeconds > 0)
        // 08:00 UTC is 09:00 in Rome.
        bench.wait(.seconds(15 * 3600 + 5))
        let told = wallboardMessages(bench.lines(reader)).compactMap {
            $0.switches?.first { $0.name == "roma" }?.coverage
        }
        #expect(told.last?.gaps == 0 && told.last?.lostSeconds == 0 && told.last?.seconds ?? 0 < 10)
    }

    @Test("stands in the record of each contact that lived in it, and in no other")
    mutating func records() throws {
        bench.join("1.1")
        bench.cutSwitch()
        bench.reconnectSwitch()
        bench.wait(.seconds(10))
        bench.join("1.2")
        bench.hangUp("1.2")
        let gap = try #require(bench.savedGaps.last)
        #expect(bench.saved.map(\.channel) == ["1.1", "1.2"])
        let told = try #require(bench.saved[0].gaps?.first)
        #expect(bench.saved[0].gaps?.count == 1)
        #expect(told.from == "\(gap.from)" && told.to == gap.to.map { "\($0)" } && told.cause == "linkLost")
        #expect(bench.saved[1].gaps == [])
    }

    @Test(
        "in which the switch was restarted is recognised: the switch has been running for less long than the gap lasts",
        arguments: [
            (uptime: "5", cause: Gap.Cause.switchRestarted), (uptime: "300", cause: .linkLost),
            (uptime: "999999999999999999", cause: .linkLost),
        ])
    func restarted(uptime: String, cause: Gap.Cause) throws {
        var live = LiveSwitch()
        live.bench.wait(.seconds(10))
        live.bench.cutSwitch()
        live.bench.wait(.seconds(30))
        live.reconnect()
        // It reports that before the end of the inventory, which closes the gap.
        live.hear(
            "Event: FullyBooted\nPrivilege: system,all\nUptime: \(uptime)\nLastReload: \(uptime)\nStatus: Fully Booted\n\n"
        )
        live.tellInventory()
        let gap = try #require(live.bench.savedGaps.last)
        #expect(gap.cause == cause)
        #expect(gap.to != nil)
    }

    @Test("in which the gateway was not running is one, however often the link is tried")
    func notRunning() {
        var configuration = Bench.liveConfiguration
        configuration.unheardSince = [SwitchID("roma"): Bench.start + .seconds(-60)]
        var live = Bench(configuration)
        #expect(live.savedGaps == [Gap(from: Bench.start + .seconds(-60), cause: .notRunning)])
        live.cutSwitch()
        #expect(live.savedGaps.count == 1)
    }
}
