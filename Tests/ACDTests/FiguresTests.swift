import ACD
import Figures
import Telephony
import Testing
import Time

/// Figures over windows, by the worked tables of `domain.md` §3.4, §10.2–10.4.
@Suite("Figures")
struct FiguresTests {
    private let rome = TimeZoneRule.rome

    /// S01–S16 on queue `info`, all joined within one quarter-hour.
    private var worked: ACD {
        var acd = ACD()
        var number: UInt64 = 1
        func next() -> UInt64 {
            defer { number += 1 }
            return number
        }
        for wait in [4040, 17700, 20000, 10000, 10000, 10000, 10000, 10010, 10010, 15250, 10000] as [Int64] {
            acd.add(next(), wait: .milliseconds(wait), nil)
        }
        for wait in [25490, 4000] as [Int64] { acd.add(next(), wait: .milliseconds(wait), .abandoned) }
        for (wait, reason) in [(60000, .timeout), (60000, .unknown), (12000, .key)] as [(Int64, QueueVisit.FlowOut)] {
            acd.add(next(), wait: .milliseconds(wait), .flowOut(reason))
        }
        return acd
    }

    private func ratio(_ figures: Figures, _ id: String) throws -> [Int64?] {
        let value = figures.value(try #require(FigureDefinition.find(id)))
        return [value.numerator, value.denominator]
    }

    private func today(_ acd: ACD, at now: Moment, thresholds: [Span] = []) -> Figures {
        acd.figures(of: [info], .today(rome, at: now), thresholds: thresholds, at: now)
    }

    @Test(
        "of the worked scenarios are those of the reference",
        arguments: [
            ("offered", 16, nil), ("answered", 11, nil), ("abandoned", 2, nil), ("shortAbandons", 1, nil),
            ("flowOut", 3, nil),
            ("lost", 0, nil), ("waiting", 0, nil), ("SL1", 12, 13), ("SL2", 11, 11), ("SL3", 11, 13), ("SL4", 11, 12),
            ("SL5", 12, 13),
            ("SL6", 11, 12), ("SL6+F", 11, 15), ("AR1", 2, 16), ("AR2", 1, 15), ("AR3", 2, 13),
            ("ASA", 127_010_000, 11),
            ("averageWait", 288_500_000, 16), ("averageTimeToAbandon", 29_490_000, 2), ("maxWait", 60_000_000, nil),
        ] as [(String, Int64, Int64?)])
    func worked(id: String, numerator: Int64, denominator: Int64?) throws {
        #expect(try ratio(today(worked, at: at(100_000)), id) == [numerator, denominator])
    }

    @Test("of the last minutes have every visit that ended in them, also behind one that was reported late")
    func toldLate() throws {
        var acd = ACD()
        for number in 1...20 as ClosedRange<UInt64> { acd.add(number, wait: .seconds(3), nil) }
        // A cloud switch reports an end five minutes late; it must not hide anything earlier.
        let late = visit(21, joined: at(-290_000), ended: at(-280_000))
        acd.handle(.queued(visit(21, joined: at(-290_000))), at: at(24_000))
        acd.handle(.visitEnded(late, .abandoned), at: at(24_000))
        let now = at(200_000)
        let figures = acd.figures(of: [info], .sliding(minutes: 5), at: now)
        #expect(try ratio(figures, "answered") == [20, nil])
        #expect(try ratio(figures, "abandoned") == [0, nil])
    }

    @Test(
        "know a caller who calls again, however the country is written, in any queue; a withheld number counts for no caller"
    )
    func uniqueCallers() throws {
        var acd = ACD()
        let other = QueueName("other")
        let calls: [(QueueName, String)] = [
            (info, "+390612345678"), (other, "00390612345678"), (info, "+393331234567"), (info, ""),
            (info, "anonymous"),
            (info, "sip:+390612345678@192.0.2.9:5060"), (info, "sip:+390612345678@198.51.100.7:5060"),
            (info, "tel:+390612345678;ext=9"),
            (info, "sip:anonymous@192.0.2.9"), (info, "sip:anonymous@192.0.2.10"), (info, "asterisk"),
        ]
        for (index, (queue, number)) in calls.enumerated() {
            let visit = visit(UInt64(index + 1), queue, joined: at(Int64(index) * 1000))
            acd.handle(.queued(visit), caller: CallerKey(CallerID(number: number, name: "")), at: visit.joined)
        }
        let now = at(100_000)
        let figures = acd.figures(of: [info, other], .today(rome, at: now), at: now)
        #expect(try ratio(figures, "uniqueCallers") == [2, nil])
        var added = acd.figures(of: [info], .today(rome, at: now), at: now)
        added += acd.figures(of: [other], .today(rome, at: now), at: now)
        #expect(try ratio(added, "uniqueCallers") == [2, nil])
        #expect(try ratio(figures, "offered") == [11, nil])
    }

    @Test("count answers by any set of thresholds at once: 6 within 10 s, 9 within 15.25 s, 11 within 20 s")
    func thresholds() {
        let spans: [Span] = [.seconds(10), .milliseconds(15_250), .seconds(20)]
        let figures = today(worked, at: at(100_000), thresholds: spans)
        #expect(spans.map { figures.byThreshold[$0]?[.answeredInTime].count } == [6, 9, 11])
    }

    @Test(
        "of the reference's thousand calls differ by the formula",
        arguments: [
            ("SL1", 880, 1060), ("SL2", 860, 1000), ("SL3", 860, 1060), ("SL4", 860, 1040), ("SL5", 870, 1060),
            ("SL6", 860, 1050),
            ("SL6+F", 860, 1050),
        ] as [(String, Int64, Int64)])
    func formulas(id: String, numerator: Int64, denominator: Int64) throws {
        // A = 1000, A_20 = 860, B = 60, B_20 = 20, B_5 = 10.
        var acd = ACD()
        var number: UInt64 = 1
        func add(_ count: Int, wait: Int64, _ outcome: QueueVisit.Outcome?) {
            for _ in 0..<count {
                acd.add(number, wait: .seconds(wait), outcome)
                number += 1
            }
        }
        add(860, wait: 20, nil)
        add(140, wait: 21, nil)
        add(10, wait: 5, .abandoned)
        add(10, wait: 20, .abandoned)
        add(40, wait: 21, .abandoned)
        let now = at(2_000_000)
        #expect(try ratio(today(acd, at: now), id) == [numerator, denominator])
    }

    @Test("are null where nothing was counted, neither 0 nor 100 %")
    func empty() throws {
        var acd = ACD()
        acd.add(1, wait: .seconds(3), .abandoned)
        let figures = today(acd, at: at(10_000))
        #expect(figures.value(try #require(FigureDefinition.find("SL6"))).value == nil)
        #expect(figures.value(try #require(FigureDefinition.find("SL1"))).value == 1)
        let none = acd.figures(of: [QueueName("nobody")], .today(rome, at: at(0)), at: at(10_000))
        for definition in FigureDefinition.ofQueues {
            if case .ratio = definition.computation { #expect(none.value(definition).value == nil, "\(definition.id)") }
        }
    }

    @Test("of several queues are summed and divided once: 1 of 1 and 10 of 100 are 11 of 101")
    func rollUp() throws {
        var acd = ACD()
        let other = QueueName("ticket")
        acd.add(1, wait: .seconds(1), nil)
        for number in 2...11 { acd.add(UInt64(number), wait: .seconds(1), nil, queue: other) }
        for number in 12...101 { acd.add(UInt64(number), wait: .seconds(21), nil, queue: other) }
        let now = at(200_000)
        #expect(try ratio(acd.figures(of: [info, other], .today(rome, at: now), at: now), "SL6+F") == [11, 101])
    }

    @Test(
        "keep cohort and completion apart: a visit over a quarter's border is offered in the one and answered in the other"
    )
    func bases() throws {
        // Joined 08:14:59.990, connected 08:15:04, ended 08:31:04.
        var acd = ACD()
        let joined = at(899_990)
        let connected = at(904_000)
        let ended = at(1_864_000)
        let arrived = visit(1, joined: joined)
        acd.handle(.queued(arrived), at: joined)
        acd.handle(
            .established(visit(1, joined: joined, ended: connected), leg(1, established: connected)), at: connected)
        acd.handle(.disconnected(leg(1, established: connected, ended: ended)), at: ended)
        func figures(_ quarter: Int64, _ base: Window.Base) -> Figures {
            let interval = ClockInterval.containing(at(quarter * 900_000).date, length: ClockInterval.quarterHour)
            return acd.figures(of: [info], .interval(interval, base: base), at: ended)
        }
        #expect((0...2).map { figures($0, .cohort).visits.count(VisitClass.answered) } == [1, 0, 0])
        #expect((0...2).map { figures($0, .completion).visits.count(VisitClass.answered) } == [0, 1, 0])
        #expect((0...2).map { figures($0, .cohort).talkTime.seconds } == [0, 896, 64])
        #expect((0...2).map { figures($0, .cohort).legs.handled } == [0, 0, 1])
    }

    @Test("belong to the quarter that begins at their instant: quarters are half-open")
    func border() {
        var acd = ACD()
        for (number, joined) in [(1, at(899_999)), (2, at(900_000))] as [(UInt64, Moment)] {
            acd.handle(.queued(visit(number, joined: joined)), at: joined)
        }
        let quarters = [at(0), at(900_000)].map { ClockInterval.containing($0.date, length: ClockInterval.quarterHour) }
        #expect(
            quarters.map { acd.figures(of: [info], .interval($0), at: at(901_000)).visits.count(VisitClass.allCases) }
                == [1, 1])
    }

    @Test("of the last 300 s are over (0, 300]: three of the events at 0, 100, 299.999, 300 and 300.001")
    func sliding() {
        var acd = ACD()
        for (number, end) in [(1, 0), (2, 100_000), (3, 299_999), (4, 300_000), (5, 300_001)] as [(UInt64, Int64)] {
            acd.handle(.queued(visit(number, joined: at(0))), at: at(0))
            acd.handle(.visitEnded(visit(number, joined: at(0), ended: at(end)), .abandoned), at: at(end))
        }
        let window = Window.sliding(minutes: 5)
        #expect(acd.figures(of: [info], window, at: at(300_000)).visits.count(VisitClass.abandoned) == 3)
    }

    @Test("of a visit over midnight are those of the day of joining, with its whole wait")
    func midnight() throws {
        var acd = ACD()
        // 2026-03-02T22:59:50Z is ten seconds before midnight in Rome.
        let evening = UnixTime(rfc3339: "2026-03-02T22:59:50Z")!
        func moment(_ seconds: Int64) -> Moment { Moment(uptime: .seconds(seconds), date: evening + .seconds(seconds)) }
        acd.handle(.queued(visit(1, joined: moment(0))), at: moment(0))
        acd.handle(.visitEnded(visit(1, joined: moment(0), ended: moment(30)), .abandoned), at: moment(30))
        let second = Window.today(rome, at: moment(0))
        let third = Window.today(rome, at: moment(30))
        #expect(try ratio(acd.figures(of: [info], second, at: moment(30)), "averageTimeToAbandon") == [30_000_000, 1])
        #expect(try ratio(acd.figures(of: [info], third, at: moment(30)), "offered") == [0, nil])
    }

    @Test(
        "of an open interval lie within bounds: a caller who has waited longer than 20 s can only fail, the others may go either way"
    )
    func bounds() {
        var acd = ACD()
        acd.add(1, wait: .seconds(10), nil)
        acd.handle(.queued(visit(2, joined: at(5_000))), at: at(5_000))
        acd.handle(.queued(visit(3, joined: at(20_000))), at: at(20_000))
        acd.handle(.queued(visit(4, joined: at(21_000), isPartial: true)), at: at(21_000))
        let bounds = today(acd, at: at(30_000)).visits.bounds(.standard)
        #expect(bounds.least == ServiceLevel(numerator: 1, denominator: 4))
        #expect(bounds.most == ServiceLevel(numerator: 3, denominator: 4))
    }

    @Test("of agents' parts are over all of them: the reference's 17 parts are handled in 96.553824 s")
    func handling() throws {
        var acd = ACD(defaults: .init(wrapUp: .seconds(30)))
        // Talk 1051.410 and hold 80.005 in all; four handed the caller over.
        let spans: [Int64] = Array(repeating: 60_000, count: 16) + [91_410]
        for (index, talk) in spans.enumerated() {
            let start = at(Int64(index) * 200_000)
            let hold = Span.milliseconds(index == 0 ? 80_005 : 0)
            var part = leg(UInt64(index + 1), alerted: start, established: start)
            acd.handle(.established(nil, part), at: start)
            part.hold = hold
            part.ended = start + .milliseconds(talk) + hold
            part.endedBy = index < 4 ? .transfer : .caller
            acd.handle(.disconnected(part), at: part.ended!)
            acd.deadlineReached(at: part.ended! + .seconds(30))
        }
        let figures = today(acd, at: at(4_000_000))
        #expect(try ratio(figures, "AHT") == [1_641_415_000, 17])
        #expect(try ratio(figures, "ATT") == [1_051_410_000, 17])
        #expect(try ratio(figures, "AHoldT") == [80_005_000, 17])
        #expect(try ratio(figures, "AACW") == [510_000_000, 17])
        #expect(try ratio(figures, "transferRate") == [4, 17])
        #expect(try ratio(figures, "holdRate") == [1, 17])
    }

    @Test("have after-call work in no sum until it is over, and with its real length where the next call ended it")
    func wrapUp() throws {
        var acd = ACD(defaults: .init(wrapUp: .seconds(30)))
        acd.handle(.established(nil, leg(1, established: at(0))), at: at(0))
        acd.handle(.disconnected(leg(1, established: at(0), ended: at(60_000))), at: at(60_000))
        #expect(try ratio(today(acd, at: at(70_000)), "AHT") == [0, 0])
        acd.handle(.established(nil, leg(2, alerted: at(70_000), established: at(75_000))), at: at(75_000))
        #expect(try ratio(today(acd, at: at(80_000)), "AHT") == [75_000_000, 1])
        #expect(try ratio(today(acd, at: at(80_000)), "wrapUpsTimedOut") == [0, nil])
        // Nobody ends the second: its length is the limit's, and it is marked as timed out.
        acd.handle(
            .disconnected(leg(2, alerted: at(70_000), established: at(75_000), ended: at(90_000))), at: at(90_000))
        acd.deadlineReached(at: at(125_000))
        #expect(try ratio(today(acd, at: at(125_000)), "AACW") == [45_000_000, 2])
        #expect(try ratio(today(acd, at: at(125_000)), "wrapUpsTimedOut") == [1, nil])
    }

    @Test("have one definition each, with a name in both languages")
    func definitions() {
        let ids = FigureDefinition.all.map(\.id)
        #expect(Set(ids).count == ids.count)
        for definition in FigureDefinition.all { #expect(!definition.italian.isEmpty && !definition.english.isEmpty) }
        // Offered = answered + abandoned + flowed out + lost + waiting.
        let parts = VisitClass.answered + VisitClass.abandoned + VisitClass.flowOut + [.lost] + VisitClass.waiting
        #expect(parts.map(\.rawValue).sorted() == VisitClass.allCases.map(\.rawValue))
    }
}
