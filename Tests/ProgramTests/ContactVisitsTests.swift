import Reconciliation
import Records
import Telephony
import Testing
import Time
import Wire

@testable import centralino

@Suite("The visits of a stored contact record")
struct ContactVisitsTests {
    private func document(_ visits: String, _ legs: String = "", more: String = "") -> String {
        """
        {"id": "01A", "switch": "roma", "channel": "1.1", "arrivedAt": "2026-03-02T08:00:00.000Z", "outcome": "answered", "caller": {"kind": "fixed"},
        "partyKeys": [], "endedAt": "2026-03-02T08:02:00.000Z", "flags": [], "visits": [\(visits)], "legs": [\(legs)]\(more)}
        """
    }

    private func ourVisits(_ document: String) -> [OurVisit]? {
        JSON.decode(ContactDocument.self, from: document.utf8)?.ourVisits
    }

    private let visit = """
        {"number": 7, "channel": "1.5", "queue": "info", "position": 1, "joinedAt": "2026-03-02T08:00:10.000Z", "leftAt": "2026-03-02T08:00:20.000Z",
        "waitSeconds": 10.000001, "outcome": "answered", "flags": []}
        """
    private let leg = """
        {"number": 3, "visit": 7, "queue": "info", "channel": "1.9", "agent": "Anna", "interface": "PJSIP/1001", "via": "queue",
        "alertedAt": "2026-03-02T08:00:15.000Z", "establishedAt": "2026-03-02T08:00:20.000Z", "endedAt": "2026-03-02T08:00:50.000Z",
        "talkSeconds": 25.5, "holdSeconds": 4.5, "consultSeconds": 1, "result": "answered", "endedBy": "agent"}
        """

    @Test("are identified by the channel that joined, with the conversation of their own leg, hold included")
    func whole() throws {
        let other = leg.replacing("\"visit\": 7", with: "\"visit\": 6").replacing("Anna", with: "Bea")
        let visits = try #require(ourVisits(document(visit, other + "," + leg)))
        let only = try #require(visits.first)
        #expect(visits.count == 1)
        #expect(
            only.call == ChannelID("1.5") && only.customer == ChannelID("1.1") && only.number == 7
                && only.contact == "01A")
        #expect(
            only.agent == "Anna" && only.interface == "PJSIP/1001" && only.talk == .seconds(30)
                && only.wait == Span(microseconds: 10_000_001))
        #expect(only.talkEnded == UnixTime(rfc3339: "2026-03-02T08:00:50.000Z"))
        #expect(!only.isPickedUp && !only.isConferenced && !only.isEndedBySystem && only.doubts.isEmpty)
    }

    @Test("of an older record, whose visits and legs do not name each other, are found by time and queue")
    func older() throws {
        let visit = visit.replacing("\"number\": 7, \"channel\": \"1.5\", ", with: "").replacing(
            ", \"flags\": []", with: "")
        let leg = leg.replacing("\"visit\": 7, ", with: "").replacing("\"via\": \"queue\",", with: "")
        let late = leg.replacing("08:00:20.000Z", with: "08:00:55.000Z").replacing("Anna", with: "Bea")
        let visits = try #require(ourVisits(document(visit, late + "," + leg)))
        #expect(visits.map(\.call) == [ChannelID("1.1")] && visits.map(\.agent) == ["Anna"])
        #expect(visits.first?.continued == UnixTime(rfc3339: "2026-03-02T08:00:55.000Z"))
        let elsewhere = try #require(ourVisits(document(visit, leg.replacing("\"info\"", with: "\"other\""))))
        #expect(elsewhere.first?.talk == nil)
    }

    @Test("know a parking that the switch reported before the voices parted, and not one of long before")
    func parkedBefore() throws {
        func parked(_ instant: String) throws -> OurVisit {
            try #require(
                ourVisits(document(visit, leg, more: ", \"parks\": [{\"from\": \"2026-03-02T08:00:\(instant)Z\"}]"))?
                    .first)
        }
        let told = try parked("49.999")
        #expect(told.continued == told.talkEnded && told.parked == UnixTime(rfc3339: "2026-03-02T08:00:49.999Z"))
        #expect(try parked("48.999").continued == nil)
    }

    @Test(
        "know telephones that only rang beside a queue afterwards, transfers by others, and whether the agent hung up")
    func aroundIt() throws {
        func only(_ more: String) throws -> OurVisit {
            try #require(ourVisits(document(visit, leg + "," + more))?.first)
        }
        let rang = """
            {"agent": "Bea", "interface": "PJSIP/1009", "via": "transfer", "alertedAt": "2026-03-02T08:00:50.200Z", "result": "noAnswer"}
            """
        #expect(try only(rang).rangLater == UnixTime(rfc3339: "2026-03-02T08:00:50.200Z"))
        #expect(try only(rang.replacing("08:00:50.200", with: "08:00:49.000")).rangLater == nil)
        #expect(try only(rang.replacing("\"via\"", with: "\"queue\": \"info\", \"via\"")).rangLater == nil)
        #expect(
            try only(rang.replacing("\"result\"", with: "\"establishedAt\": \"2026-03-02T08:00:51.000Z\", \"result\""))
                .rangLater == nil)
        let left = """
            {"agent": "Bea", "interface": "PJSIP/1009", "via": "transfer", "establishedAt": "2026-03-02T08:00:30.000Z",
            "endedAt": "2026-03-02T08:00:40.000Z", "result": "answered", "endedBy": "transfer"}
            """
        #expect(try only(left).othersTransfers == [UnixTime(rfc3339: "2026-03-02T08:00:40.000Z")])
        #expect(try only(left.replacing("\"transfer\"}", with: "\"agent\"}")).othersTransfers == [])
        let shared = left.replacing("08:00:40.000", with: "08:00:50.010").replacing(
            "08:00:30.000", with: "08:00:10.000")
        #expect(try only(shared).isSharedAtEnd)
        #expect(try !only(left).isSharedAtEnd)
        #expect(try !only(shared.replacing("08:00:10.000", with: "08:00:50.000")).isSharedAtEnd)
        #expect(try only(rang).isHungUpByAgent)
        let behind = try #require(
            ourVisits(document(visit, leg.replacing("PJSIP/1001", with: "Local/1001@agents/n")))?.first)
        #expect(!behind.isHungUpByAgent)
    }

    @Test("report what bears on a difference: doubts, pick-up, a conference, parking, who ended the call")
    func evidence() throws {
        let parked =
            ", \"parks\": [{\"from\": \"2026-03-02T08:00:50.100Z\", \"space\": 701}, 5], \"conferencedWith\": [\"01B\"], \"endedBy\": \"system\", \"direction\": \"callback\""
        let doubtful = visit.replacing("\"flags\": []", with: "\"flags\": [\"estimated\", \"clockStep\"]")
        let visits = try #require(
            ourVisits(
                document(doubtful, leg.replacing("\"via\": \"queue\"", with: "\"via\": \"pickup\""), more: parked)))
        let only = try #require(visits.first)
        #expect(
            only.isPickedUp && only.isConferenced && only.isEndedBySystem && only.isCallback
                && only.doubts == [.lost, .clockStep])
        #expect(only.continued == UnixTime(rfc3339: "2026-03-02T08:00:50.100Z"))
        #expect(!only.isInternal)
        #expect(ourVisits(document(visit, leg, more: ", \"direction\": \"internal\""))?.first?.isInternal == true)
    }

    @Test(
        "are doubtful where the visit or its own conversation is, not where another part of the record is; an unseen joining has no wait"
    )
    func doubts() throws {
        func only(_ ofVisit: String, _ ofLeg: String?, _ ofRecord: String) throws -> OurVisit {
            let leg =
                ofLeg.map { self.leg.replacing("\"result\":", with: "\"flags\": [\($0)], \"result\":") } ?? self.leg
            let text = document(visit.replacing("\"flags\": []", with: "\"flags\": [\(ofVisit)]"), leg)
                .replacing("\"flags\": [], \"visits\"", with: "\"flags\": [\(ofRecord)], \"visits\"")
            return try #require(ourVisits(text)?.first)
        }
        let sure = try only("", "", "\"partial\", \"lost\", \"estimated\", \"clockStep\"")
        #expect(sure.doubts == .clockStep && sure.wait == Span(microseconds: 10_000_001) && sure.talk == .seconds(30))
        let unseen = try only("\"partial\"", "", "")
        #expect(unseen.doubts == .partial && unseen.wait == nil && unseen.talk == .seconds(30))
        let conversation = try only("", "\"partial\", \"estimated\"", "")
        #expect(conversation.doubts == [.partial, .lost] && conversation.wait == Span(microseconds: 10_000_001))
        // Older records do not say it for each leg.
        #expect(try only("", nil, "\"estimated\"").doubts == .lost)
    }

    @Test("are nil, not empty, where the record is not ours")
    func unreadable() {
        for text in [
            "", "{}", "[]", document(visit.replacing("answered", with: "eaten")),
            document(visit.replacing("2026-03-02T08:00:10.000Z", with: "today")),
        ] {
            #expect(ourVisits(text) == nil, "\(text)")
        }
        #expect(ourVisits(document("")) == [])
        #expect(ourVisits(document(visit.replacing("10.000001", with: "1e300")))?.first?.wait == nil)
    }
}
