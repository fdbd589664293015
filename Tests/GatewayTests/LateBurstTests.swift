import Core
import Edges
import Gateway
import Telephony
import Testing
import Time

/// The network holds a switch's events back for some seconds (a lost packet, a busy switch). Then they come together,
/// each with the `Timestamp` of when it happened.
@Suite("Events that come late and together")
struct LateBurstTests {
    private static func stamped(_ event: String, at seconds: Double) -> String {
        var lines = event.split(separator: "|").map(String.init)
        let microseconds = 1_772_438_400_000_000 + Int((seconds * 1_000_000).rounded())
        let fraction = String(microseconds % 1_000_000 + 1_000_000).dropFirst()
        lines.insert(contentsOf: ["Privilege: x", "Timestamp: \(microseconds / 1_000_000).\(fraction)"], at: 1)
        return "Event: " + lines.joined(separator: "\r\n") + "\r\n\r\n"
    }

    private static let answered = [
        stamped("QueueCallerLeave|Context: in|Exten: 800|Priority: 2|Uniqueid: 1.1|Queue: info", at: 2),
        stamped(
            "AgentConnect|Uniqueid: 1.1|DestUniqueid: 1.2|Queue: info|Interface: PJSIP/1|MemberName: Anna", at: 2.001),
        stamped("BridgeEnter|BridgeUniqueid: b|Uniqueid: 1.1", at: 2.002),
        stamped("BridgeEnter|BridgeUniqueid: b|Uniqueid: 1.2", at: 2.003),
    ]

    private static let consulted = [
        stamped("BridgeLeave|BridgeUniqueid: b|Uniqueid: 1.2", at: 4),
        stamped("BridgeEnter|BridgeUniqueid: b|Uniqueid: 1.2", at: 4.1),
    ]

    private func report(_ events: [String], inPieces: Bool) -> Report.Queue? {
        var bench = Bench()
        bench.greet()
        bench.hear(
            Array(
                (Self.stamped(
                    "Newchannel|Channel: PJSIP/trunk-1|Context: in|Exten: 800|Priority: 1|Uniqueid: 1.1|Linkedid: 1.1",
                    at: 0)
                    + Self.stamped(
                        "QueueCallerJoin|Context: in|Exten: 800|Priority: 2|Uniqueid: 1.1|Queue: info|Position: 1",
                        at: 0)).utf8)
        )
        bench.wait(.seconds(8))
        if inPieces {
            for event in events { bench.hear(Array(event.utf8)) }
        } else {
            bench.hear(Array(events.joined().utf8))
        }
        var report = Report()
        report.add(bench.gateway.core, closed: [], at: bench.moment)
        return report.queues["info"]
    }

    @Test("count by the switch's clock when they come in one read")
    func oneRead() {
        #expect(report(Self.answered, inPieces: false)?.answered == 1)
        #expect(report(Self.answered + Self.consulted, inPieces: false)?.talkSeconds == 0)
    }

    @Test(
        "count the same when the network cuts them: the time allowed for what follows also runs by the switch's clock")
    func severalReads() {
        #expect(report(Self.answered, inPieces: true)?.answered == 1)
        #expect(
            report(Self.answered + Self.consulted, inPieces: true)
                == report(Self.answered + Self.consulted, inPieces: false))
    }

    /// A caller joined at zero, and 20 s later the switch sends the rest, each event in a read of its own, by a clock
    /// that was set meanwhile.
    private func afterClockStep(of step: Double, _ events: [(String, at: Double)], wait: Span) -> Report.Queue? {
        var bench = Bench()
        bench.greet()
        bench.hear(Array(Self.stamped("Newchannel|Channel: PJSIP/t-1|Uniqueid: 1.1|Linkedid: 1.1", at: 0).utf8))
        bench.hear(
            Array(
                Self.stamped("QueueCallerJoin|Context: in|Exten: 800|Priority: 2|Uniqueid: 1.1|Queue: info", at: 0).utf8
            ))
        bench.wait(.seconds(20))
        for (event, time) in events { bench.hear(Array(Self.stamped(event, at: time + step).utf8)) }
        bench.wait(wait)
        var report = Report()
        report.add(bench.gateway.core, closed: [], at: bench.moment)
        return report.queues["info"]
    }

    private static let leave = "QueueCallerLeave|Context: in|Exten: 800|Priority: 2|Uniqueid: 1.1|Queue: info"

    @Test("are answered calls nevertheless when the switch's clock was set back by ten minutes")
    func clockSetBack() {
        let connect = "AgentConnect|Uniqueid: 1.1|DestUniqueid: 1.2|Queue: info|Interface: PJSIP/1|MemberName: Anna"
        let events = [
            (Self.leave, at: 20.0), (connect, at: 20.001), ("BridgeEnter|BridgeUniqueid: b|Uniqueid: 1.1", at: 20.002),
            ("BridgeEnter|BridgeUniqueid: b|Uniqueid: 1.2", at: 20.003),
        ]
        #expect(afterClockStep(of: 0, events, wait: .zero)?.answered == 1)
        #expect(afterClockStep(of: -600, events, wait: .zero)?.answered == 1)
    }

    @Test("are decided within seconds even when the switch's clock was set forward by ten minutes")
    func clockSetForward() {
        let events = [(Self.leave, at: 20.0)]
        #expect(afterClockStep(of: 0, events, wait: .seconds(5))?.waiting == 0)
        #expect(afterClockStep(of: 600, events, wait: .seconds(5))?.waiting == 0)
    }
}
