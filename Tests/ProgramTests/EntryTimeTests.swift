import Core
import Edges
import Journal
import Telephony
import Testing
import Time

@testable import centralino

/// What a replay does with an entry that was not made when it says.
@Suite("An entry of a journal")
struct EntryTimeTests {
    private static let second: Int64 = 1_000_000
    private static let day = 86_400 * second
    private static let start = Moment(uptime: .seconds(1000), date: UnixTime(seconds: 1_772_438_400))

    private static func entry(
        _ kind: Core.Input.Kind, uptime: Int64, date: Int64, bytes: [UInt8] = []
    ) -> Journal.Entry {
        Journal.Entry(
            kind: Journal.Kind(kind.rawValue), connection: 2, uptime: start.uptime.microseconds + uptime,
            date: start.date.microseconds + date, bytes: bytes)
    }

    private static func fault(
        _ kind: Core.Input.Kind, uptime: Int64, date: Int64, isForeign: Bool = false
    ) -> EntryTime.Fault? {
        EntryTime.fault(of: entry(kind, uptime: uptime, date: date), after: start, isForeign: isForeign)
    }

    @Test("is believed as long as its clocks can have shown it: days without a call, and a clock that was set")
    func believed() {
        #expect(Self.fault(.received, uptime: 0, date: 0) == nil)
        #expect(Self.fault(.received, uptime: 30 * Self.day, date: 30 * Self.day) == nil)
        #expect(Self.fault(.received, uptime: Self.second, date: 20_000 * Self.day) == nil, "a clock without a battery")
        #expect(Self.fault(.received, uptime: Self.second, date: -400 * Self.day) == nil, "the same, set right")
        #expect(Self.fault(.resumed, uptime: 300 * Self.day, date: 300 * Self.day) == nil)
        #expect(Self.fault(.resumed, uptime: -Self.second, date: Self.second) == nil, "the run before was read in part")
        #expect(Self.fault(.started, uptime: -900 * Self.second, date: Self.second) == nil, "the machine began again")
    }

    @Test("is damaged where the monotonic clock is far ahead of the wall clock, or either is out of range")
    func impossible() {
        let far = Int64.max - Self.start.uptime.microseconds
        #expect(Self.fault(.opened, uptime: far, date: Self.second) == .impossible)
        #expect(Self.fault(.started, uptime: far, date: Self.second) == .impossible)
        #expect(Self.fault(.received, uptime: 3 * Self.day, date: Self.day) == .impossible)
        #expect(Self.fault(.received, uptime: 400 * Self.day, date: 400 * Self.day) == .impossible)
        let date = Int64.max - Self.start.date.microseconds
        #expect(Self.fault(.received, uptime: Self.second, date: date) == .impossible)
        func lost(_ text: String) -> EntryTime.Fault? {
            var entry = Self.entry(.received, uptime: 10 * Self.second, date: 10 * Self.second, bytes: Array(text.utf8))
            entry.kind = .lost
            return EntryTime.fault(of: entry, after: Self.start, isForeign: false)
        }
        let date10 = Self.start.date.microseconds
        #expect(lost("entries=1 bytes=2 from-uptime=1005000000 from-date=\(date10) errno=28") == nil)
        #expect(lost("entries=1 bytes=2 from-uptime=9005000000 from-date=\(date10) errno=28") == .impossible)
        #expect(lost("entries=1 bytes=2 from-uptime=1005000000 from-date=\(Int64.max) errno=28") == .impossible)
        #expect(lost("entries=1") == .impossible)
    }

    @Test("is old where it is earlier than what stands before it, and where the chain says that it does not follow")
    func old() {
        #expect(Self.fault(.received, uptime: -1, date: Self.second) == .old)
        #expect(Self.fault(.resumed, uptime: -2 * Self.day, date: 0) == .old)
        #expect(Self.fault(.resumed, uptime: -1, date: 0, isForeign: true) == .old)
        #expect(Self.fault(.started, uptime: Self.second, date: -1, isForeign: true) == .old)
        #expect(Self.fault(.started, uptime: Self.second, date: 1, isForeign: true) == nil)
        #expect(Self.fault(.received, uptime: Self.second, date: -1, isForeign: true) == .old)
    }

    @Test("that is not believed is left out, whatever it is, and what came instead of it is a gap")
    func leftOut() throws {
        var configuration = Configuration()
        configuration.webhooks = [.init(name: SwitchID("cloud"), secrets: [])]
        let beginning = Core.Input.started(.init(seed: 7, rules: configuration.rules))
        var player = JournalPlayer(nil)
        var gaps = 0
        func play(_ entry: Journal.Entry) -> Bool {
            player.notice([], in: 1)
            guard player.admits(entry) else { return false }
            player.play(entry) { outputs in
                gaps += outputs.count { if case .gap(_, let gap) = $0 { gap.cause == .journalLost } else { false } }
            }
            return true
        }
        #expect(play(Self.entry(.started, uptime: 0, date: 0, bytes: beginning.bytes)))
        #expect(!play(Self.entry(.opened, uptime: Int64.max / 2, date: Self.second)))
        #expect(!play(Self.entry(.opened, uptime: -Self.second, date: Self.second)))
        #expect(gaps == 0 && player.refused.impossible == 1 && player.refused.old == 1 && player.refused.segment == 1)
        #expect(play(Self.entry(.opened, uptime: 2 * Self.second, date: 2 * Self.second)))
        #expect(gaps > 0)
        #expect(player.core?.moment == Self.start + .seconds(2))
        #expect(player.begunAgain == [])
        // A gateway that began to count again does not go through the deadlines of the one before.
        let date = 2 * Self.second
        #expect(play(Self.entry(.started, uptime: 9_000 * Self.day, date: date, bytes: beginning.bytes)))
        #expect(player.begunAgain == [Self.start.date + .seconds(2)])
        #expect(player.core?.startedAt == Self.start.date + .seconds(2))
    }
}
