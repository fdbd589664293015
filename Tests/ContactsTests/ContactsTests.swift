import Contacts
import Directory
import Telephony
import Testing
import Time

@Suite("A contact record")
struct ContactRecordTests {
    @Test("records an answered call from arrival to end")
    func answered() throws {
        var desk = Desk()
        desk.begin()
        desk.tell(.queued(visit(joined: 10_000)), at: 10_000)
        desk.tell(.alerting(leg(alerted: 10_100)), at: 10_100)
        desk.tell(
            .established(
                visit(joined: 10_000, ended: 14_040), leg(alerted: 10_100, answered: 14_000, established: 14_040)),
            at: 14_040)
        desk.tell(.held(leg(alerted: 10_100, established: 14_040), at(50_000)), at: 50_000)
        desk.tell(.retrieved(leg(alerted: 10_100, established: 14_040, hold: 30_000), at(80_000)), at: 80_000)
        desk.tell(
            .disconnected(
                leg(
                    alerted: 10_100, answered: 14_000, established: 14_040, ended: 134_040, hold: 30_000,
                    endedBy: .caller)),
            at: 134_040)
        desk.tell(.contactEnded(key, at(134_050), .by(.caller)), at: 134_050)
        let record = try #require(desk.closed.first)
        #expect(desk.closed.count == 1)
        #expect(desk.contacts.openCount == 0)
        #expect(record.switch == SwitchID("roma"))
        #expect(record.channel == ChannelID("C"))
        #expect(record.called == "800123456")
        #expect(record.arrived == at(0).date)
        #expect(record.ended == at(134_050).date)
        #expect(record.outcome == .answered)
        #expect(record.flags == [])
        #expect(record.visits.count == 1)
        let stay = try #require(record.visits.first)
        #expect(stay.queue == info)
        #expect(stay.joined == at(10_000).date)
        #expect(stay.left == at(14_040).date)
        #expect(stay.wait == .milliseconds(4040))
        #expect(record.legs.count == 1)
        let part = try #require(record.legs.first)
        #expect(part.agent == anna)
        #expect(part.alerted == at(10_100).date)
        #expect(part.established == at(14_040).date)
        #expect(part.ended == at(134_040).date)
        #expect(part.ring == .milliseconds(3900))
        #expect(part.talk == .seconds(90))
        #expect(part.hold == .seconds(30))
        #expect(part.holds == [ContactRecord.Hold(from: at(50_000).date, to: at(80_000).date)])
        #expect(part.result == .ended(.caller))
    }

    @Test(
        "of a call without an agent has the last visit's outcome",
        arguments: [
            (.abandoned, .abandoned), (.flowOut(.timeout), .flowOut(.timeout)), (.flowOut(.key), .flowOut(.key)),
            (.lost, .lost),
        ] as [(QueueVisit.Outcome, ContactRecord.Outcome)])
    func unanswered(outcome: QueueVisit.Outcome, recorded: ContactRecord.Outcome) throws {
        var desk = Desk()
        desk.begin()
        desk.tell(.queued(visit(joined: 1000)), at: 1000)
        #expect(desk.contacts.openRecords.first?.outcome == .open)
        desk.tell(.visitEnded(visit(joined: 1000, ended: 26_490), outcome), at: 26_490)
        desk.tell(.contactEnded(key, at(26_510), .by(.caller)), at: 26_510)
        let record = try #require(desk.closed.first)
        #expect(record.outcome == recorded)
        #expect(record.visits.first?.wait == .milliseconds(25_490))
    }

    @Test("with an answered visit is answered, whatever came after")
    func answeredFirst() throws {
        var desk = Desk()
        desk.begin()
        desk.tell(.queued(visit(joined: 0)), at: 0)
        desk.tell(.established(visit(joined: 0, ended: 1000), leg(established: 1000)), at: 1000)
        desk.tell(.disconnected(leg(established: 1000, ended: 2000, endedBy: .agent)), at: 2000)
        desk.tell(.queued(visit(2, joined: 3000)), at: 3000)
        desk.tell(.visitEnded(visit(2, joined: 3000, ended: 4000), .abandoned), at: 4000)
        desk.tell(.contactEnded(key, at(4000), .by(.caller)), at: 4000)
        #expect(desk.closed.first?.outcome == .answered)
        #expect(desk.closed.first?.visits.map(\.outcome) == [.answered, .abandoned])
    }

    @Test("shows which parts were not seen")
    func flags() {
        var desk = Desk()
        desk.begin(isPartial: true)
        desk.tell(.contactEnded(key, at(1000), .lost), at: 1000)
        #expect(desk.closed.first?.flags == [.partial, .lost, .estimated])
    }

    @Test("that was first heard of in the middle, and was then with nobody, has unknown outcome and talk")
    func unknown() {
        var desk = Desk()
        desk.begin(isPartial: true)
        desk.tell(.contactEnded(key, at(5000), .by(.unknown)), at: 5000)
        #expect(desk.closed.map(\.flags) == [[.partial, .estimated]])
        #expect(desk.closed.map(\.outcome) == [.lost])
        #expect(desk.closed.map(\.talk) == [nil])
    }

    @Test("has the talk of a conversation that was heard, even if the beginning of the ringing was not reported")
    func ringUnseen() {
        var desk = Desk()
        desk.begin(isPartial: true)
        var part = leg(alerted: 1000, answered: 4000)
        part.isRingUnseen = true
        desk.tell(.alerting(part), at: 2000)
        part.established = at(4000)
        desk.tell(.established(nil, part), at: 4000)
        part.ended = at(9000)
        desk.tell(.disconnected(part), at: 9000)
        desk.tell(.contactEnded(key, at(9000), .by(.caller)), at: 9000)
        let told = desk.closed.first?.legs.first
        #expect(told?.talk == .seconds(5) && told?.ring == nil && told?.flags == [.partial])
        #expect(desk.closed.first?.talk == .seconds(5))
    }

    @Test("keeps why a phone was not answered")
    func notAnswered() {
        var desk = Desk()
        desk.begin()
        desk.tell(.queued(visit(joined: 0)), at: 0)
        desk.tell(.alerting(leg(alerted: 1000)), at: 1000)
        desk.tell(.alertingEnded(leg(alerted: 1000), .noAnswer, at(16_000)), at: 16_000)
        let part = desk.contacts.openRecords.first?.legs.first
        #expect(part?.result == .notAnswered(.noAnswer))
        #expect(part?.ring == .seconds(15))
        #expect(part?.talk == nil)
    }

    @Test("has a ring until the phone was picked up, also if the agent hung up before the caller was connected")
    func dumped() {
        var desk = Desk()
        desk.begin()
        desk.tell(.alerting(leg(alerted: 1000)), at: 1000)
        desk.tell(.alertingEnded(leg(alerted: 1000, answered: 5000), .dumped, at(7000)), at: 7000)
        desk.tell(.contactEnded(key, at(9000), .by(.caller)), at: 9000)
        #expect(desk.closed.first?.legs.map(\.ring) == [.seconds(4)])
    }

    @Test("has a bounded number of parts")
    func bounded() {
        var desk = Desk()
        desk.begin()
        for number in 1...300 as ClosedRange<UInt64> {
            desk.tell(.queued(visit(number, joined: 0)), at: 0)
            desk.tell(.alerting(leg(number)), at: 0)
            desk.tell(.alertingEnded(leg(number), .noAnswer, at(1)), at: 1)
        }
        #expect(desk.contacts.openRecords.first?.visits.count == Contacts.partsLimit)
        #expect(desk.contacts.openRecords.first?.legs.count == Contacts.partsLimit)
    }

    @Test("has the same id for the same seed, and records are in order of arrival")
    func ids() {
        func ids(_ seed: UInt64) -> [ContactID] {
            var desk = Desk(seed: seed)
            for number in 1...20 as ClosedRange<UInt64> { desk.begin(ContactKey(number), arrived: Int64(number)) }
            return desk.contacts.openRecords.map(\.id)
        }
        #expect(ids(1) == ids(1))
        #expect(ids(1) == ids(1).sorted())
        #expect(ids(1) != ids(2))
    }
}

@Suite("A look-up")
struct LookUpTests {
    private let party = Party(key: "A-1042", kind: .company, name: "Rossi & Figli S.r.l.", town: "Viterbo")
    private let number = CallerNumber.number(e164: "+390612345678", kind: "fixed", display: "06 1234 5678")
    private let past = PastContact(
        at: UnixTime(seconds: 1_772_000_000), queue: "info", agent: "Verdi Luca", outcome: "answered")

    @Test("is requested when the caller joins, before any phone rings")
    func asked() {
        var desk = Desk()
        desk.begin()
        #expect(desk.said == ["look up 0612345678"])
        #expect(desk.contacts.openRecords.first?.match == .pending)
    }

    @Test("answered early is on the card from the first ring on")
    func early() {
        var desk = Desk()
        desk.begin()
        desk.find(DirectoryAnswer(number: number, match: .one(party), history: [past]), at: 500)
        desk.tell(.queued(visit(joined: 0)), at: 0)
        desk.tell(.alerting(leg(alerted: 1000)), at: 1000)
        #expect(desk.said == ["look up 0612345678", "preview one"])
        #expect(desk.pops.last?.record.number == number)
        #expect(desk.pops.last?.history == [past])
    }

    @Test("answered late updates every open card, and no other")
    func late() {
        var desk = Desk()
        desk.begin()
        desk.tell(.queued(visit(joined: 0)), at: 0)
        desk.tell(.alerting(leg(1, alerted: 1000)), at: 1000)
        desk.tell(.alerting(leg(2, agent: bruno, alerted: 1000)), at: 1000)
        desk.tell(.alerting(leg(3, agent: carla, alerted: 1000)), at: 1000)
        desk.tell(.alertingEnded(leg(3, agent: carla, alerted: 1000), .busy, at(1100)), at: 1100)
        desk.find(DirectoryAnswer(number: number, match: .one(party)), at: 1200)
        #expect(
            desk.said == [
                "look up 0612345678", "preview pending", "preview pending", "preview pending",
                "cancelled(busy) pending", "update one",
                "update one",
            ])
        #expect(desk.pops.suffix(2).map(\.leg.agent) == [anna, bruno])
    }

    @Test("answered late updates the card of a phone that rings for an inherited place")
    func inherited() {
        var desk = Desk()
        desk.begin()
        let consultation = ContactKey(2)
        desk.begin(consultation, arrived: 1000)
        desk.tell(.queued(visit(joined: 2000, of: consultation)), at: 2000)
        desk.tell(.alerting(leg(alerted: 3000, of: consultation)), at: 3000)
        desk.tell(.placeInherited(visit(joined: 2000), from: consultation), at: 4000)
        desk.tell(.contactMerged(consultation, into: key), at: 4000)
        desk.find(DirectoryAnswer(number: number, match: .one(party)), at: 5000)
        // The second preview: the phone now rings for another caller.
        #expect(
            desk.said == [
                "look up 0612345678", "look up 0612345678", "preview pending", "preview pending", "update one",
            ])
        #expect(desk.pops.last?.leg.contact == key && desk.pops.last?.visit?.contact == key)
    }

    @Test("answered after the call, or for an unknown call, is dropped")
    func tooLate() {
        var desk = Desk()
        desk.begin()
        desk.tell(.contactEnded(key, at(1000), .by(.caller)), at: 1000)
        desk.find(DirectoryAnswer(number: number, match: .one(party)), at: 2000)
        desk.find(DirectoryAnswer(number: number, match: .one(party)), at: 2000, id: ContactID("unknown"))
        #expect(desk.said == ["look up 0612345678", "closed"])
        #expect(desk.closed.first?.match == .pending)
    }

    @Test("of a withheld number leaves neither number nor name behind")
    func withheld() {
        var desk = Desk()
        desk.begin()
        desk.tell(.queued(visit(joined: 0)), at: 0)
        desk.tell(.alerting(leg(alerted: 10)), at: 10)
        desk.find(DirectoryAnswer(number: .withheld, match: .withheld), at: 20)
        desk.tell(.contactEnded(key, at(1000), .by(.caller)), at: 1000)
        #expect(desk.pops.last?.record.caller == CallerID(number: "", name: ""))
        #expect(desk.closed.first?.caller == CallerID(number: "", name: ""))
        #expect(desk.closed.first?.number == .withheld)
        #expect(desk.closed.first?.match == .withheld)
    }

    @Test("is requested again if the network reports the number late")
    func identified() {
        var desk = Desk()
        desk.begin()
        desk.tell(.contactIdentified(key, CallerID(number: "0699", name: "Maria")), at: 100)
        #expect(desk.said == ["look up 0612345678", "look up 0699"])
        #expect(desk.contacts.openRecords.first?.caller == CallerID(number: "0699", name: "Maria"))
    }
}

@Suite("A pop")
struct PopTests {
    @Test("is previewed at the ring, opened at the answer, updated by holds, closed at the end")
    func life() {
        var desk = Desk()
        desk.begin()
        desk.tell(.queued(visit(joined: 0)), at: 0)
        desk.tell(.alerting(leg(alerted: 1000)), at: 1000)
        desk.tell(.established(visit(joined: 0, ended: 4000), leg(alerted: 1000, established: 4000)), at: 4000)
        desk.tell(.held(leg(alerted: 1000, established: 4000), at(5000)), at: 5000)
        desk.tell(.retrieved(leg(alerted: 1000, established: 4000, hold: 1000), at(6000)), at: 6000)
        desk.tell(
            .disconnected(leg(alerted: 1000, established: 4000, ended: 9000, hold: 1000, endedBy: .agent)), at: 9000)
        desk.tell(.contactEnded(key, at(9010), .by(.caller)), at: 9010)
        #expect(
            desk.said == [
                "look up 0612345678", "preview pending", "open pending", "update pending", "update pending",
                "closed pending", "closed",
            ])
        #expect(desk.pops.map(\.at) == [1000, 4000, 5000, 6000, 9000].map(at))
        #expect(desk.pops.allSatisfy { $0.leg.number == 1 && $0.visit?.number == 1 })
    }

    @Test("of each rung agent ends on its own when one answers")
    func ringAll() {
        var desk = Desk()
        desk.begin()
        desk.tell(.queued(visit(joined: 0)), at: 0)
        desk.tell(.alerting(leg(1, alerted: 1000)), at: 1000)
        desk.tell(.alerting(leg(2, agent: bruno, alerted: 1000)), at: 1000)
        desk.tell(
            .established(visit(joined: 0, ended: 4000), leg(2, agent: bruno, alerted: 1000, established: 4000)),
            at: 4000)
        desk.tell(.alertingEnded(leg(1, alerted: 1000), .answeredElsewhere, at(4010)), at: 4010)
        #expect(
            desk.said == [
                "look up 0612345678", "preview pending", "preview pending", "open pending",
                "cancelled(answeredElsewhere) pending",
            ])
        #expect(desk.pops.map(\.leg.agent) == [anna, bruno, bruno, anna])
    }

    @Test("may begin with the answer, if the ring was not seen")
    func openFirst() {
        var desk = Desk()
        desk.begin()
        desk.tell(.queued(visit(joined: 0)), at: 0)
        desk.tell(.established(visit(joined: 0, ended: 4000), leg(established: 4000)), at: 4000)
        #expect(desk.said == ["look up 0612345678", "open pending"])
    }

    @Test("is not shown for an unknown caller")
    func stranger() {
        var desk = Desk()
        desk.tell(.alerting(leg(alerted: 1000)), at: 1000)
        desk.tell(.contactEnded(key, at(9010), .by(.caller)), at: 9010)
        #expect(desk.said == [])
    }
}
