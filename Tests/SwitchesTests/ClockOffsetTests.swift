import Switches
import Telephony
import Testing
import Time

@Suite("The offset of a switch's clock")
struct ClockOffsetTests {
    static let start = UnixTime(seconds: 1_795_402_400)
    var clock = ClockOffset()

    /// A Ping sent at `second` whose answer came after `roundTrip`. The switch read its clock in the middle, or `early`
    /// by that much.
    mutating func pong(at second: Int64, ahead: Span, roundTrip: Span, early: Span = .zero, ourClockSet: Span = .zero) {
        let sent = Span.seconds(second)
        let read = sent + Span(microseconds: roundTrip.microseconds / 2) - early
        clock.add(
            switchTime: Self.start + read + ahead, sent: sent,
            at: Moment(uptime: sent + roundTrip, date: Self.start + sent + roundTrip + ourClockSet))
    }

    @Test("is unknown before the first answer")
    func unknown() { #expect(clock.best == nil) }

    @Test(
        "is the switch's time minus the middle of question and answer, ahead or behind",
        arguments: [0, 2_500, -3_600_000] as [Int64])
    mutating func middle(milliseconds: Int64) {
        pong(at: 15, ahead: .milliseconds(milliseconds), roundTrip: .milliseconds(40))
        #expect(clock.best?.offset == .milliseconds(milliseconds))
        #expect(clock.best?.roundTrip == .milliseconds(40))
        #expect(clock.best?.uncertainty == .milliseconds(20))
    }

    @Test(
        "is never further from the truth than half the round trip, whenever the switch read its clock",
        arguments: [-20, 0, 20] as [Int64])
    mutating func bound(early: Int64) {
        pong(at: 15, ahead: .seconds(1), roundTrip: .milliseconds(40), early: .milliseconds(early))
        #expect(clock.best?.offset == .milliseconds(1000 - early))
    }

    @Test("is that of the quickest of the last eight answers, and of the latest of two equally quick ones")
    mutating func quickest() {
        pong(at: 15, ahead: .milliseconds(7), roundTrip: .milliseconds(1))
        for index in 1...7 as ClosedRange<Int64> {
            pong(at: 15 + 15 * index, ahead: .milliseconds(index), roundTrip: .milliseconds(30))
            #expect(clock.best?.offset == .milliseconds(7), "the first was the quickest")
        }
        pong(at: 135, ahead: .milliseconds(8), roundTrip: .milliseconds(30))
        #expect(clock.best?.offset == .milliseconds(8), "the first is the ninth from the end now")
    }

    @Test("is new at once if either clock was set: slow answers of now are better than earlier quick ones")
    mutating func step() {
        pong(at: 15, ahead: .milliseconds(3), roundTrip: .milliseconds(1))
        pong(at: 30, ahead: .milliseconds(90), roundTrip: .milliseconds(60))
        #expect(clock.best?.offset == .milliseconds(3), "that is drift, or a slow answer")
        pong(at: 45, ahead: .seconds(-40), roundTrip: .milliseconds(60))
        #expect(clock.best?.offset == .seconds(-40))
        pong(at: 60, ahead: .seconds(-40), roundTrip: .milliseconds(60), ourClockSet: .seconds(-40))
        #expect(clock.best?.offset == .zero)
    }

    @Test("ignores an answer that came before its question")
    mutating func backwards() {
        clock.add(switchTime: Self.start, sent: .seconds(2), at: Moment(uptime: .seconds(1), date: Self.start))
        #expect(clock.best == nil)
    }
}

@Suite("The link to an Asterisk")
struct LinkClockTests {
    @Test("knows the switch's clock from its first answer to Ping until the connection ends")
    func clock() throws {
        var bench = LinkBench.connected()
        #expect(bench.link.clock.best == nil)
        // The bench connects at one moment; the first Ping is sent 15 s later.
        bench.wait(.seconds(15))
        #expect(bench.take() == ["Action: Ping"])
        bench.skip(.milliseconds(220))
        let time = bench.moment.date.microseconds + 3_090_000
        bench.hear(
            "Response: Success\nActionID: \(bench.actionID)\nPing: Pong\nTimestamp: \(time / 1_000_000).\(time % 1_000_000)\n\n"
        )
        #expect(bench.link.clock.best?.offset == .milliseconds(3_200))
        #expect(bench.link.clock.best?.uncertainty == .milliseconds(110))
        #expect(bench.take() == [])
        bench.close()
        #expect(bench.link.clock.best == nil, "another switch may answer next, or this one with its clock set")
    }
}
