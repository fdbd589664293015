import Records
import ScreenPop
import Telephony
import Testing
import Time
import Wire

@testable import Core
@testable import Edges
@testable import Gateway

/// The desk and the contact record agree on a conversation that the gateway lost sight of: nobody knows when it
/// ended.
@Suite("A conversation that was lost sight of")
struct LostConversationTests {
    private var bench = Bench()

    init() {
        bench.greet()
        bench.join("1.1")
        bench.ring("1.1", agent: "1001")
        bench.wait(.seconds(3))
        bench.pickUp("1.1", agent: "1001")
        bench.wait(.seconds(10))
    }

    /// Expects the record to match the pop.
    private func expectLost(_ pop: Pop?, _ comment: Comment) throws {
        let pop = try #require(pop, comment)
        #expect(pop.type == .closed && pop.reason == .lost, comment)
        #expect(pop.talkSeconds == nil && pop.holdSeconds == nil, comment)
        let record = try #require(bench.saved.last, comment)
        #expect(record.flags == ["estimated", "lost"] && record.talkSeconds == nil, comment)
        #expect(record.legs.map(\.talkSeconds) == [nil] && record.legs.map(\.endedBy) == ["unknown"], comment)
    }

    private mutating func recent() -> [Pop] {
        let desk = bench.connect(.desks)
        bench.send(Bench.hello("PJSIP/1001"), desk)
        return bench.lines(desk).compactMap { JSON.decode(RecentPops.self, from: $0.utf8) }.filter {
            $0.type == "pop.recent"
        }.flatMap(
            \.pops)
    }

    @Test("is closed as lost and has no length, after a break of the link in which it ended")
    mutating func linkLost() throws {
        let desk = bench.desk("PJSIP/1001")
        bench.cutSwitch()
        #expect(bench.pops(desk) == [], "it may go on")
        bench.reconnectSwitch()
        try expectLost(bench.pops(desk).last, "on the desk")
        try expectLost(recent().first, "among the calls that are over")
    }

    @Test("is closed as lost and has no length, after a kill of the gateway in which it ended")
    mutating func killed() throws {
        var configuration = Bench.configuration
        configuration.legalBasis = LegalBasis(reference: "Accordo 1/2026", date: try #require(LocalDate("2026-01-15")))
        try bench.restart(configuration)
        bench.wait(.seconds(1))
        try expectLost(recent().first, "among the calls that are over")
    }

    @Test("but was seen to end has its length, and so has the record")
    mutating func seen() throws {
        let desk = bench.desk("PJSIP/1001")
        bench.hangUp("1.1", agent: "1001")
        let pop = try #require(bench.pops(desk).last)
        #expect(pop.reason == .ended && pop.talkSeconds == 10 && pop.holdSeconds == 0)
        #expect(bench.saved.last?.legs.map(\.talkSeconds) == [10] && bench.saved.last?.flags == [])
    }
}
