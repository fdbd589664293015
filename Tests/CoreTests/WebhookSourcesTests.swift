import ACD
import Figures
import Switches
import Telephony
import Testing
import Time

@testable import Core

@Suite("Sources of webhooks")
struct WebhookSourcesTests {
    /// 09:00 in Rome.
    private static let start = Moment(uptime: .seconds(1000), date: UnixTime(seconds: 1_772_438_400))

    private static func started(switches: Int, sources: Int) -> Core {
        let link = AsteriskLink.Rules(username: "", isRecording: true)
        let rules = Core.Rules(
            switches: (0..<switches).map { .init(name: SwitchID("switch-\($0)"), link: link) },
            webhooks: (0..<sources).map { SwitchID("source-\($0)") }, agents: nil, queueDefaults: .init(), queues: [:],
            alarms: [:], queuesBySwitch: nil, timeZone: .rome, thresholds: [.seconds(20)], organisation: .init(),
            calendar: .always(in: .rome), legalBasis: nil, keepsIntervals: true, unheardSince: [:])
        var core = Core(.init(seed: 7, rules: rules))
        core.handle(.started(.init(seed: 7, rules: rules)), .none, at: start) { _, _ in }
        return core
    }

    @Test("that say nothing are not asked when something else happens, however many there are")
    func silent() {
        func asked(sources: Int) -> Int {
            var core = Self.started(switches: 1, sources: sources)
            let before = core.deadlines.asked
            core.handle(.opened(ConnectionID(2)), .none, at: Self.start) { _, _ in }
            let greeting = Array("Asterisk Call Manager/11.0.0\r\n".utf8)
            core.handle(.received(ConnectionID(2), greeting), .none, at: Self.start) { _, _ in }
            for number in 1...50 as ClosedRange<Int64> {
                let event =
                    "Event: QueueMemberStatus\r\nQueue: q\(number)\r\nMemberName: anna\r\nInterface: PJSIP/1\r\nStatus: 1\r\nPaused: 0\r\n\r\n"
                let now = Self.start + .milliseconds(10 * number)
                core.handle(.received(ConnectionID(2), Array(event.utf8)), .none, at: now) { _, _ in }
            }
            return core.deadlines.asked - before
        }
        let alone = asked(sources: 0)
        #expect(alone >= 50 && asked(sources: 50) == alone)
    }

    /// More is known about a source whenever time passes, so a row of its may become final though nothing happens.
    @Test("have their rows made final when it is time, though nothing happens: here the clock was set back")
    func final() throws {
        var core = Self.started(switches: 0, sources: 1)
        var rows: [(row: IntervalRow, at: UnixTime)] = []
        func happen(_ input: Core.Input?, at now: Moment) {
            core.handle(input, .none, at: now) { outputs, core in
                for case .interval(_, let row) in outputs where row.name == "info" {
                    rows.append((row, core.moment.date))
                }
            }
        }
        func tell(_ type: String, _ data: String = "", at now: Moment) {
            let body = #"{"type":"\#(type)","timestamp":"\#(now.date)","data":{"callId":"c-1"\#(data)}}"#
            happen(.webhook(SwitchID("source-0"), id: type, body: Array(body.utf8)), at: now)
        }
        func after(_ minutes: Int64, setBack: Int64 = 0) -> Moment {
            Moment(
                uptime: Self.start.uptime + .seconds(60 * minutes),
                date: Self.start.date + .seconds(60 * (minutes - setBack)))
        }
        tell("call.queued", #","from":{"raw":"+390612345678"},"queue":"info""#, at: after(5))
        happen(nil, at: after(16))
        #expect(rows.map(\.row.provisional) == [true], "somebody waits")
        // Within the quarter-hour again.
        tell("call.ended", at: after(17, setBack: 10))
        happen(nil, at: after(24, setBack: 10))
        #expect(rows.last?.row.provisional == true)
        // 09:16 by the clock: a minute after the end.
        happen(nil, at: after(27, setBack: 10))
        let last = try #require(rows.last)
        #expect(!last.row.provisional && last.at == Self.start.date + .seconds(16 * 60))
    }
}
