import ACD
import Telephony
import Testing
import Time
import Wallboard

@testable import Core
@testable import Edges
@testable import Gateway

@Suite("An alarm")
struct AlarmTests {
    private let info = QueueName("info")

    private func at(_ seconds: Double) -> Moment {
        Moment(
            uptime: Span(microseconds: Int64(seconds * 1_000_000)),
            date: UnixTime(seconds: 1_772_438_400) + Span(microseconds: Int64(seconds * 1_000_000)))
    }

    private func visit(_ number: UInt64, joined: Double, ended: Double? = nil) -> QueueVisit {
        QueueVisit(
            number: number, contact: ContactKey(number), queue: info, position: 1, joined: at(joined),
            ended: ended.map(at))
    }

    @Test("is raised at its threshold, stays between the two, and is cleared at the other")
    func hysteresis() {
        var board = AlarmBoard([info: [AlarmRule(metric: .waiting, raise: 3, clear: 1, severity: .critical)]])
        var acd = ACD()
        var told: [String] = []
        func look(_ now: Double) {
            if !board.evaluate([info], acd, at: at(now)).isEmpty {
                told.append(
                    board.messages(of: info, acd, at: at(now)).map { "\($0.type.rawValue) \($0.value ?? -1) at \(now)" }
                        .joined())
            }
        }
        for number in 1...4 as ClosedRange<UInt64> {
            acd.handle(.queued(visit(number, joined: Double(number))), at: at(Double(number)))
            look(Double(number))
        }
        for number in 1...4 as ClosedRange<UInt64> {
            acd.handle(
                .visitEnded(visit(number, joined: Double(number), ended: 10 + Double(number)), .abandoned),
                at: at(10 + Double(number)))
            look(10 + Double(number))
        }
        #expect(told == ["alarm.raised 3.0 at 3.0", "alarm.cleared 1.0 at 13.0"])
    }

    @Test(
        "gives the current value beside the one at which it was raised; the value is unknown while the switch is not heard"
    )
    func valueNow() throws {
        var board = AlarmBoard([info: [AlarmRule(metric: .waiting, raise: 2, clear: 0)]])
        var acd = ACD()
        for number in 1...4 as ClosedRange<UInt64> {
            acd.handle(.queued(visit(number, joined: Double(number))), at: at(Double(number)))
            _ = board.evaluate([info], acd, at: at(Double(number)))
        }
        let told = try #require(board.messages(of: info, acd, at: at(5)).first)
        #expect(told.value == 2 && told.valueNow == 4)
        #expect(board.messages(of: info, nil, at: at(5)).map(\.valueNow) == [nil])
        #expect(board.messages(of: info, nil, at: at(5)).map(\.value) == [2])
    }

    @Test("about the longest wait falls due at its own moment while nothing happens")
    func longestWait() throws {
        var board = AlarmBoard([info: [AlarmRule(metric: .longestWait, raise: 60, clear: 0)]])
        var acd = ACD()
        acd.handle(.queued(visit(1, joined: 5)), at: at(5))
        #expect(board.nextDeadline(acd) == at(65).uptime)
        #expect(board.evaluate(board.timed, acd, at: at(64.9)) == [])
        #expect(board.evaluate(board.timed, acd, at: at(65)) == [info])
        #expect(board.nextDeadline(acd) == nil)
        acd.handle(.visitEnded(visit(1, joined: 5, ended: 70), .abandoned), at: at(70))
        #expect(board.evaluate([info], acd, at: at(70)) == [info])
        #expect(board.messages(of: info, acd, at: at(70)).map(\.type) == [.cleared])
    }

    @Test("about a queue in which nothing moves any more is raised as soon as its switch is heard")
    func silentQueue() throws {
        var configuration = Bench.configuration
        configuration.queuesBySwitch[SwitchID("roma")] = .init(
            settings: [info: ACD.Settings()], alarms: [info: [AlarmRule(metric: .available, raise: 0, clear: 2)]])
        var gateway = Gateway(configuration: configuration, digests: .openSSL, seed: 7)
        var effects: [Effect] = []
        gateway.handle(.started, at: at(1), into: &effects)
        let link = try #require(effects.compactMap { if case .connect(let id, _, _) = $0 { id } else { nil } }.first)
        gateway.handle(.deadlineReached, at: at(2), into: &effects)
        #expect(gateway.core.switches[0].alarms.raisedCount == 0, "of a switch that is not heard nothing is known")
        gateway.handle(.opened(link), at: at(3), into: &effects)
        gateway.handle(.deadlineReached, at: at(4), into: &effects)
        #expect(gateway.core.switches[0].alarms.raisedCount == 1)
    }

    @Test("about a ratio needs five calls to be raised and to be cleared; without any call there is none")
    func ratio() {
        let rule = AlarmRule(metric: .abandonmentRate, raise: 0.2, clear: 0.1, window: .fiveMinutes)
        var board = AlarmBoard([info: [rule]])
        var acd = ACD()
        for number in 1...5 as ClosedRange<UInt64> {
            let joined = Double(number)
            acd.handle(.queued(visit(number, joined: joined)), at: at(joined))
            acd.handle(
                .visitEnded(visit(number, joined: joined, ended: joined + 0.5), .abandoned), at: at(joined + 0.5))
            #expect(board.evaluate([info], acd, at: at(joined + 0.5)) == (number == 5 ? [info] : []))
        }
        for left in [301.5, 302.5, 303.5, 304.5] {
            #expect(board.evaluate([info], acd, at: at(left)) == [], "some are left in the window")
        }
        #expect(board.evaluate([info], acd, at: at(305.5)) == [info])
        #expect(board.messages(of: info, acd, at: at(305.5)).map(\.value) == [nil])
    }
}
