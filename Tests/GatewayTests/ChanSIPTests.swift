import Foundation
import Records
import Testing

/// chan_sip creates a channel first and reports later that it rings, where PJSIP reports both at once; its other
/// words are the same. ``GoldenTraceTests`` and ``PhoneTruthTests`` check the queues' counts and the telephones' legs
/// of these recordings; these tests check what neither a queue's log nor a leg tells.
@Suite("A call through chan_sip")
struct ChanSIPTests {
    @Test("begins Down and becomes Ring afterwards")
    func becomesRing() throws {
        for name in ["direct_did-a", "ivr-a"] {
            let surprise = try Surprise("16-sip/\(name)")
            let first = try #require(surprise.all("Newchannel").first)
            #expect(first["Channel"]?.hasPrefix("SIP/trunk-") == true && first["ChannelState"] == "0")
            let second = try #require(surprise.all("Newstate").first { $0["Uniqueid"] == first["Uniqueid"] })
            #expect(second["ChannelState"] == "4")
        }
    }

    @Test("to an agent's own number is a contact: answered, busy, given up")
    func direct() throws {
        let contacts = try Surprise("16-sip/direct_did-a").contacts
        #expect(contacts.map(\.outcome) == ["answered", "notAnswered", "notAnswered", "answered"])
        #expect(contacts.map(\.direction) == Array(repeating: "inbound", count: 4))
        #expect(contacts.flatMap(\.legs).map(\.interface) == ["SIP/1001", "SIP/1001", "SIP/1004", "SIP/1004"])
        #expect(contacts.flatMap(\.legs).map(\.result) == ["answered", "busy", "callerLeft", "answered"])
        #expect(contacts.map(\.caller.raw) == ["+14155550100", "12345", "0033142680000", "0659049999"])
    }

    @Test("that hangs up in the menu is self-service; the others go on to a queue or to the operator")
    func menu() throws {
        #expect(
            try Surprise("16-sip/ivr-a").contacts.map(\.outcome) == ["answered", "selfService", "answered", "answered"])
        let operators = try Surprise("16-sip/ivr_operator-a").contacts
        #expect(operators.map(\.outcome) == ["answered"] && operators[0].talked.map(\.interface) == ["SIP/1011"])
    }

    @Test("made by an agent is outbound, answered or not")
    func outbound() throws {
        let contacts = try Surprise("16-sip/outbound_by_phone-a").contacts
        #expect(contacts.allSatisfy { $0.direction == "outbound" })
        #expect(contacts.filter { $0.outcome == "answered" }.count == 1 && contacts.count == 4)
    }
}
