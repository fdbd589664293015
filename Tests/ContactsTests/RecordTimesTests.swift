import Contacts
import Telephony
import Testing
import Time

/// The times of the contact as a whole: the customer's time, whoever the agents were. `domain.md` §2.5. In seconds.
@Suite("The times of a contact record")
struct RecordTimesTests {
    private var desk = Desk()

    private mutating func tell(_ second: Int64, _ event: CallEvent) { desk.tell(event, at: second * 1000) }

    private func part(_ number: UInt64, from: Int64, to: Int64? = nil, hold: Int64 = 0, isExternal: Bool = false)
        -> AgentLeg
    {
        var leg = leg(
            number, established: from * 1000, ended: to.map { $0 * 1000 }, hold: hold * 1000,
            endedBy: to.map { _ in .caller })
        leg.isExternal = isExternal
        return leg
    }

    private mutating func end(_ second: Int64) -> ContactRecord? {
        tell(second, .contactEnded(key, at(second * 1000), .by(.caller)))
        return desk.closed.first
    }

    @Test("wait ends with the first answer, also without a queue: a queue after a transfer is another wait")
    mutating func answeredWithoutQueue() {
        desk.begin()
        tell(2, .established(nil, part(1, from: 2)))
        tell(60, .disconnected(part(1, from: 2, to: 60)))
        tell(60, .queued(visit(joined: 60_000)))
        tell(90, .established(visit(joined: 60_000, ended: 90_000), part(2, from: 90)))
        tell(100, .disconnected(part(2, from: 90, to: 100)))
        #expect(end(100)?.wait == .zero)
    }

    @Test("wait is the sum over all queues before the first answer, and unknown if one of these is")
    mutating func severalQueues() {
        desk.begin()
        tell(0, .queued(visit(joined: 0)))
        tell(20, .visitEnded(visit(joined: 0, ended: 20_000), .flowOut(.timeout)))
        tell(21, .queued(visit(2, joined: 21_000)))
        tell(30, .established(visit(2, joined: 21_000, ended: 30_000), part(1, from: 30)))
        tell(40, .disconnected(part(1, from: 30, to: 40)))
        var last = visit(3, joined: 40_000, ended: 45_000)
        tell(40, .queued(last))
        last.isEstimated = true
        tell(45, .visitEnded(last, .flowOut(.unknown)))
        #expect(end(45)?.wait == .seconds(29))
    }

    @Test("wait goes on while somebody outside talks with the customer")
    mutating func outsideFirst() {
        desk.begin()
        tell(2, .established(nil, part(1, from: 2, isExternal: true)))
        tell(60, .disconnected(part(1, from: 2, to: 60, isExternal: true)))
        tell(60, .queued(visit(joined: 60_000)))
        tell(90, .established(visit(joined: 60_000, ended: 90_000), part(2, from: 90)))
        tell(100, .disconnected(part(2, from: 90, to: 100)))
        let record = end(100)
        #expect(record?.wait == .seconds(30))
        #expect(record?.talk == .seconds(10))
    }

    @Test("talk needs at least one agent: somebody outside does not count")
    mutating func outside() {
        desk.begin()
        tell(0, .established(nil, part(1, from: 0)))
        tell(20, .established(nil, part(2, from: 20, isExternal: true)))
        tell(30, .disconnected(part(1, from: 0, to: 30)))
        tell(90, .disconnected(part(2, from: 20, to: 90, isExternal: true)))
        #expect(end(90)?.talk == .seconds(30))
    }

    @Test("talk continues with one agent while another has pressed hold")
    mutating func oneHolds() {
        desk.begin()
        tell(0, .established(nil, part(1, from: 0)))
        tell(40, .held(part(1, from: 0), at(40_000)))
        tell(50, .established(nil, part(2, from: 50)))
        tell(60, .retrieved(part(1, from: 0, hold: 20), at(60_000)))
        tell(100, .disconnected(part(1, from: 0, to: 100, hold: 20)))
        tell(100, .disconnected(part(2, from: 50, to: 100)))
        #expect(end(100)?.talk == .seconds(90))
    }

    @Test("a hold that the conversation ends on ends with it")
    mutating func endedOnHold() {
        desk.begin()
        tell(0, .established(nil, part(1, from: 0)))
        tell(40, .held(part(1, from: 0), at(40_000)))
        #expect(desk.contacts.openRecords.first?.legs.first?.holds == [.init(from: at(40_000).date, to: nil)])
        tell(100, .disconnected(part(1, from: 0, to: 100, hold: 60)))
        let record = end(100)
        #expect(record?.talk == .seconds(40))
        #expect(record?.legs.first?.holds == [.init(from: at(40_000).date, to: at(100_000).date)])
    }

    @Test("parked and taken back by the same agent is a hold; taken by another it is not, and the first leg ends there")
    mutating func parked() {
        desk.begin()
        tell(0, .established(nil, part(1, from: 0)))
        tell(40, .legParked(part(1, from: 0), at(40_000)))
        tell(60, .retrieved(part(1, from: 0, hold: 20), at(60_000)))
        tell(70, .legParked(part(1, from: 0, hold: 20), at(70_000)))
        tell(90, .disconnected(part(1, from: 0, to: 70, hold: 20)))
        tell(90, .established(nil, part(2, from: 90)))
        tell(100, .disconnected(part(2, from: 90, to: 100)))
        let record = end(100)
        #expect(record?.legs.first?.holds == [.init(from: at(40_000).date, to: at(60_000).date)])
        #expect(record?.talk == .seconds(60))
    }

    @Test("of endless holds only the first have instants, but all count in the length")
    mutating func boundedHolds() {
        desk.begin()
        tell(0, .established(nil, part(1, from: 0)))
        for second in stride(from: 10, to: 1010, by: 10) as StrideTo<Int64> {
            tell(second, .held(part(1, from: 0), at(second * 1000)))
            tell(second + 1, .retrieved(part(1, from: 0, hold: second / 10), at((second + 1) * 1000)))
        }
        tell(2000, .disconnected(part(1, from: 0, to: 2000, hold: 100)))
        let record = end(2000)
        #expect(record?.legs.first?.holds.count == Contacts.holdsLimit)
        #expect(record?.talk == .seconds(1900))
    }
}
