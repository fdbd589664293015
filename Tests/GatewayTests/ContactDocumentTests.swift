import Contacts
import Directory
import Core
import Edges
import Gateway
import Records
import Telephony
import Testing
import Time
import Wire

@Suite("A contact record as JSON")
struct ContactDocumentTests {
    private func document(holds: [ContactRecord.Hold]) throws -> String {
        let start = UnixTime(rfc3339: "2026-03-02T08:00:00Z")!
        let anna = AgentRef(interface: Interface("PJSIP/1001"), name: "Anna")
        var contacts = Contacts(switch: SwitchID("roma"), seed: 1)
        var outputs: [Contacts.Output] = []
        func at(_ seconds: Int64) -> Moment { Moment(uptime: .seconds(seconds), date: start + .seconds(seconds)) }
        let key = ContactKey(1)
        contacts.handle(
            .contactBegan(
                Contact(
                    key: key, channel: ChannelID("C"), caller: CallerID(number: "", name: ""), called: "800",
                    arrived: at(0),
                    isPartial: false)),
            at: at(0), into: &outputs)
        let leg = AgentLeg(
            number: 1, contact: key, queue: nil, agent: anna, channel: ChannelID("A"), alerted: at(1),
            established: at(2))
        contacts.handle(.established(nil, leg), at: at(2), into: &outputs)
        var record = try #require(contacts.openRecords.first)
        record.legs[0].holds = holds
        return String(decoding: JSON.encode(ContactDocument(record)), as: UTF8.self)
    }

    @Test("says when the customer was on hold, and has no member where that never was")
    func holds() throws {
        let from = UnixTime(rfc3339: "2026-03-02T08:01:00Z")!
        #expect(try !document(holds: []).contains("\"holds\""))
        #expect(
            try document(holds: [.init(from: from, to: from + .seconds(5)), .init(from: from + .seconds(9), to: nil)])
                .contains(
                    #""holds":[{"from":"2026-03-02T08:01:00.000Z","to":"2026-03-02T08:01:05.000Z"},{"from":"2026-03-02T08:01:09.000Z"}]"#
                ))
    }
}
