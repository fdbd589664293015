import Contacts
import Core
import Edges
import Gateway
import Telephony
import Testing
import Time

/// What a replay makes of a journal that lacks entries.
@Suite("A journal without some of its entries")
struct JournalLossTests {
    private static let live = try? JournalledScenario.all.filter { $0.name.hasPrefix("live") }

    @Test(
        "replays to nothing false: what a record says is complete, or the record says that it is not",
        arguments: try #require(live))
    func nothingFalse(_ scenario: JournalledScenario) throws {
        let run = try scenario.run()
        let wholes = Self.byChannel(run.output.saved)
        var generator = SplitMix64(seed: 11)
        var (healed, compared) = (0, 0)
        for _ in 1...6 {
            let first = Int.random(in: 20..<run.journal.count - 20, using: &generator)
            let next = min(run.journal.count - 1, first + Int.random(in: 1...200, using: &generator))
            let replay = Self.played(run.journal, without: first..<next, until: run.now)
            for (channel, record) in Self.byChannel(replay.output.saved) {
                let isFlagged = ([record.flags] + record.visits.map(\.flags) + record.legs.map(\.flags)).contains {
                    !$0.isEmpty
                }
                // The record still lies in the gap at its end. A gap that had ended before is no excuse.
                let isInGap = record.gaps.contains { $0.cause == .journalLost && $0.to == record.ended }
                guard let whole = wholes[channel], !isFlagged, !isInGap else { continue }
                compared += 1
                #expect(Self.told(record) == Self.told(whole), "\(channel) without \(first)..<\(next)")
            }
            // Where no link was heard, e.g. right after a start, there already is a gap.
            guard let gap = Self.gaps(replay).last(where: { $0.cause == .journalLost }) else { continue }
            #expect(gap.from == run.journal[first].at.date)
            #expect(gap.to.map { $0 >= run.journal[next - 1].at.date } ?? true, "\(gap)")
            healed += gap.to == nil ? 0 : 1
        }
        #expect(healed > 0, "the link broke later on, and the next inventory heals it")
        #expect(compared > 50)
    }

    @Test("gives the same result each time")
    func deterministic() throws {
        let run = try #require(Self.live?.first).run()
        let one = Self.played(run.journal, without: 100..<180, until: run.now)
        let other = Self.played(run.journal, without: 100..<180, until: run.now)
        #expect(one.output == other.output && one.output.gaps.contains { $0.gap.cause == .journalLost })
    }

    @Test("has one gap, although nothing ran after it either")
    func thenAway() throws {
        let run = try #require(Self.live?.first).run()
        var replay = Self.played(run.journal[..<180], without: 100..<180, until: run.journal[179].at)
        let before = Self.gaps(replay)
        replay.resume(at: run.journal[179].at + .seconds(60))
        #expect(Self.gaps(replay) == before && before.last == Gap(from: run.journal[100].at.date, cause: .journalLost))
    }

    @Test("of switches that call us is known again from the next entry on")
    func webhook() {
        let bench = Bench()
        var core = bench.gateway.core
        var said: [Core.Output] = []
        func gaps() -> [Gap] { said.compactMap { if case .gap(SwitchID("cloud"), let gap) = $0 { gap } else { nil } } }
        let lost = bench.moment + .seconds(10)
        core.journalLost(since: lost) { outputs, _ in said += outputs }
        #expect(gaps() == [Gap(from: lost.date, cause: .journalLost)])
        core.journalGoesOn(at: lost + .seconds(5)) { outputs, _ in said += outputs }
        #expect(gaps().last == Gap(from: lost.date, to: lost.date + .seconds(5), cause: .journalLost))
        #expect(core.moment == lost + .seconds(5))
        // And nothing is lost where nothing began.
        var empty = Core(Core.Input.Beginning(seed: 0, rules: Configuration().rules))
        said = []
        empty.journalLost(since: lost) { outputs, _ in said += outputs }
        empty.journalGoesOn(at: lost) { outputs, _ in said += outputs }
        #expect(said == [])
    }

    private static func played(
        _ journal: some RandomAccessCollection<JournalEntry>, without lost: Range<Int>, until end: Moment
    ) -> JournalReplay {
        let entries = Array(journal)
        var replay = JournalReplay()
        replay.play(entries[..<lost.lowerBound])
        replay.lose(from: entries[lost.lowerBound].at, to: entries[lost.upperBound - 1].at)
        replay.play(entries[lost.upperBound...])
        replay.end(at: end)
        return replay
    }

    private static func gaps(_ replay: JournalReplay) -> [Gap] {
        replay.output.gaps.filter { $0.name == SwitchID("roma") }.map(\.gap)
    }

    /// Without ids and numbers, which follow a sequence, and without the registry's answer, which may be what is
    /// missing.
    private static func told(_ record: ContactRecord) -> [String] {
        [
            "\(record.direction) \(record.arrived) \(record.ended.map { "\($0)" } ?? "") \(record.outcome) \(String(describing: record.endedBy))"
        ]
            + record.visits.map {
                "\($0.channel) \($0.queue) \($0.joined) \(String(describing: $0.left)) \(String(describing: $0.wait)) \($0.outcome)"
            }
            + record.legs.map {
                "\($0.channel) \($0.agent) \($0.alerted) \(String(describing: $0.established)) \(String(describing: $0.ended)) \(String(describing: $0.talk)) \($0.hold) \($0.result)"
            }
    }

    private static func byChannel(_ records: [ContactRecord]) -> [ChannelID: ContactRecord] {
        Dictionary(records.map { ($0.channel, $0) }) { first, _ in first }
    }
}
