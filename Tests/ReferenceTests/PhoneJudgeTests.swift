import Foundation
import Telephony
import Testing
import Time

@testable import Reference

/// The judge itself, over a phone's notes and a report typed in: what it must see, and what it must not hold against
/// us.
@Suite("The judge of the phones")
struct PhoneJudgeTests {
    /// A caller from 0.2 to 10.2; phone 1003 rings at 0.25, answers at 2, holds from 4 to 6, is put down at 10.
    private let notes = [
        #"{"t": 0.2, "ua": "trunk", "user": "0659", "dir": "out", "call": "c", "what": "calling", "to": "0690001", "frm": "<sip:0659@t>"}"#,
        #"{"t": 0.21, "ua": "trunk", "user": "0659", "dir": "out", "call": "c", "what": "up"}"#,
        #"{"t": 0.25, "ua": "phones", "user": "1003", "dir": "in", "call": "a", "what": "invited", "frm": "\"\udcff x\" <sip:0659@p>;tag=1"}"#,
        #"{"t": 2.0, "ua": "phones", "user": "1003", "dir": "in", "call": "a", "what": "up"}"#,
        #"{"t": 4.0, "ua": "phones", "user": "1003", "dir": "in", "call": "a", "what": "reinvite", "mode": "sendonly"}"#,
        #"{"t": 6.0, "ua": "phones", "user": "1003", "dir": "in", "call": "a", "what": "reinvite", "mode": "sendrecv"}"#,
        #"{"t": 10.0, "ua": "phones", "user": "1003", "dir": "in", "call": "a", "what": "ended", "why": "bye sent", "code": null}"#,
        #"{"t": 10.2, "ua": "trunk", "user": "0659", "dir": "out", "call": "c", "what": "ended", "why": "bye received", "code": "x"}"#,
    ]

    private struct Report: Encodable {
        struct Contact: Encodable {
            struct Caller: Encodable { var raw = "0659" }
            struct Leg: Encodable {
                var interface = "PJSIP/1003"
                var queue = "informazioni"
                var via: String?
                var alertedAt: String? = "1970-01-01T00:00:00.250Z"
                var establishedAt: String? = "1970-01-01T00:00:02.000Z"
                var endedAt = "1970-01-01T00:00:10.000Z"
                var ringSeconds: Double? = 1.75
                var talkSeconds: Double? = 6.0
                var holdSeconds: Double? = 2.0
            }
            var channel = "1.1"
            var arrivedAt = "1970-01-01T00:00:00.200Z"
            var endedAt = "1970-01-01T00:00:10.200Z"
            var caller = Caller()
            var legs = [Leg()]
        }
        var contacts = [Contact()]
    }

    private func judge(_ report: Report, extra: [String] = []) throws -> PhoneJudge {
        let lines = notes + extra
        return try PhoneJudge(
            recording: "typed", report: report,
            truth: PhoneTruth(calls: PhoneCall.all(notes: lines.joined(separator: "\n")), end: 20),
            start: UnixTime(microseconds: 0))
    }

    @Test("finds nothing where everything agrees")
    func agrees() throws {
        let judge = try judge(Report())
        #expect(judge.deviations.map(\.description) == [])
        #expect(judge.silences.map(\.description) == [])
        #expect(judge.compared == 3)
    }

    @Test("says by how much a figure is off")
    func off() throws {
        var report = Report()
        report.contacts[0].legs[0].talkSeconds = 6.3
        report.contacts[0].legs[0].holdSeconds = 1.8
        let deviations = try judge(report).deviations
        #expect(deviations.map(\.figure) == ["talk"])
        #expect(deviations.first?.description.contains("ours 6.300, phone 6.000, off +0.300") == true)
    }

    @Test("misses a leg that a phone had")
    func missing() throws {
        var report = Report()
        report.contacts[0].legs = []
        #expect(try judge(report).deviations.map(\.note) == ["the phone talked, no leg of ours is that call"])
        report.contacts = []
        #expect(try judge(report).deviations.count == 1)
    }

    @Test("misses a phone where we have a leg")
    func invented() throws {
        var report = Report()
        report.contacts[0].legs.append(.init(interface: "PJSIP/1004"))
        #expect(try judge(report).deviations.map(\.note) == ["no phone had such a call"])
    }

    @Test("sees what we tell twice: a leg, a conversation, a ring")
    func doubled() throws {
        var report = Report()
        report.contacts[0].legs.append(report.contacts[0].legs[0])
        let deviations = try judge(report).deviations
        #expect(deviations.map(\.figure) == ["legs"])
        #expect(deviations.first?.description.contains("ours 16.000, phone 0.000…8.000, off +8.000") == true)
        report = Report()
        report.contacts.append(report.contacts[0])
        #expect(try judge(report).deviations.map(\.figure) == ["legs"])

        let rang = [
            #"{"t": 0.25, "ua": "phones", "user": "1004", "dir": "in", "call": "b", "what": "invited", "frm": "<sip:0659@p>;tag=2"}"#,
            #"{"t": 2.0, "ua": "phones", "user": "1004", "dir": "in", "call": "b", "what": "ended", "why": "cancelled", "code": null}"#,
        ]
        let ring = Report.Contact.Leg(
            interface: "PJSIP/1004", establishedAt: nil, endedAt: "1970-01-01T00:00:02.000Z", talkSeconds: nil,
            holdSeconds: nil)
        report = Report()
        report.contacts[0].legs.append(ring)
        #expect(try judge(report, extra: rang).deviations.isEmpty)
        report.contacts[0].legs.append(ring)
        #expect(try judge(report, extra: rang).deviations.map(\.note) == ["the phone rang once"])
    }

    @Test("allows a conference a leg with each customer at once, but only one with each")
    func conference() throws {
        let room = [
            #"{"t": 0.3, "ua": "trunk", "user": "0660", "dir": "out", "call": "d", "what": "calling", "to": "0690800", "frm": "<sip:0660@t>"}"#,
            #"{"t": 0.31, "ua": "trunk", "user": "0660", "dir": "out", "call": "d", "what": "up"}"#,
            #"{"t": 3.0, "ua": "phones", "user": "1004", "dir": "out", "call": "b", "what": "calling", "to": "8000", "frm": "<sip:1004@p>"}"#,
            #"{"t": 3.0, "ua": "phones", "user": "1004", "dir": "out", "call": "b", "what": "up"}"#,
            #"{"t": 9.0, "ua": "phones", "user": "1004", "dir": "out", "call": "b", "what": "ended", "why": "bye sent", "code": null}"#,
            #"{"t": 10.2, "ua": "trunk", "user": "0660", "dir": "out", "call": "d", "what": "ended", "why": "bye received", "code": "x"}"#,
        ]
        let leg = Report.Contact.Leg(
            interface: "PJSIP/1004", via: "conference", alertedAt: nil, establishedAt: "1970-01-01T00:00:03.000Z",
            endedAt: "1970-01-01T00:00:09.000Z", ringSeconds: nil, talkSeconds: 6, holdSeconds: 0)
        var report = Report()
        report.contacts[0].legs.append(leg)
        report.contacts.append(.init(arrivedAt: "1970-01-01T00:00:00.300Z", caller: .init(raw: "0660"), legs: [leg]))
        #expect(try judge(report, extra: room).deviations.map(\.description) == [])
        report.contacts[1].legs.append(leg)
        #expect(try judge(report, extra: room).deviations.map(\.figure) == ["legs"])
    }

    @Test("misses a talk of ours that the phone had, and a figure that we left out")
    func silentLeg() throws {
        var report = Report()
        report.contacts[0].legs[0].establishedAt = nil
        #expect(try judge(report).deviations.map(\.note) == ["the phone talked, our leg did not"])
        report = Report()
        report.contacts[0].legs[0].holdSeconds = nil
        #expect(try judge(report).deviations.map(\.note) == ["absent"])
    }

    @Test("ends a phone's part where its REFER succeeded, not where it is put down")
    func referred() throws {
        let transfer = [
            #"{"t": 8.0, "ua": "phones", "user": "1003", "dir": "in", "call": "a", "what": "refer", "to": 6003, "replaces": false}"#,
            #"{"t": 8.01, "ua": "phones", "user": "1003", "dir": "in", "call": "a", "what": "refer-response", "code": 202}"#,
            #"{"t": 8.1, "ua": "phones", "user": "1003", "dir": "in", "call": "a", "what": "notify", "body": "SIP/2.0 200 OK"}"#,
        ]
        var report = Report()
        #expect(try judge(report, extra: transfer).deviations.map(\.figure) == ["talk"])
        report.contacts[0].legs[0].talkSeconds = 4.0
        #expect(try judge(report, extra: transfer).deviations.isEmpty)
        let refused = [transfer[0], transfer[1], transfer[2].replacing("200 OK", with: "404 Not Found")]
        #expect(try judge(Report(), extra: refused).deviations.isEmpty)
    }

    @Test("holds no consultation by feature code against us, and says that it could not know")
    func featureCode() throws {
        let code = [
            #"{"t": 7.0, "ua": "phones", "user": "1003", "dir": "in", "call": "a", "what": "dtmf", "digits": "*2"}"#
        ]
        var report = Report()
        report.contacts[0].legs[0].talkSeconds = 4.5
        report.contacts[0].legs[0].holdSeconds = 3.5
        let verdict = try judge(report, extra: code)
        #expect(verdict.deviations.isEmpty)
        #expect(verdict.silences.map(\.figure) == ["talk", "hold"])
        report.contacts[0].legs[0].holdSeconds = 6.5
        #expect(
            try judge(report, extra: code).deviations.map(\.figure) == ["hold", "talk + hold"],
            "longer than from the code to the end is impossible")
    }

    @Test("demands a leg of a colleague whom a feature code left with the customer, and none where he was only asked")
    func leftByCode() throws {
        func consultation(until end: Double) -> [String] {
            [
                #"{"t": 6.0, "ua": "phones", "user": "1003", "dir": "in", "call": "a", "what": "dtmf", "digits": "*2"}"#,
                #"{"t": 6.2, "ua": "phones", "user": "1006", "dir": "in", "call": "b", "what": "invited", "frm": "<sip:1003@p>;tag=2"}"#,
                #"{"t": 6.5, "ua": "phones", "user": "1006", "dir": "in", "call": "b", "what": "up"}"#,
                #"{"t": 8.0, "ua": "phones", "user": "1003", "dir": "in", "call": "a", "what": "ended", "why": "bye sent", "code": null}"#,
                #"{"t": \#(end), "ua": "phones", "user": "1006", "dir": "in", "call": "b", "what": "ended", "why": "bye sent", "code": null}"#,
            ]
        }
        var report = Report()
        report.contacts[0].legs[0].endedAt = "1970-01-01T00:00:08.000Z"
        report.contacts[0].legs[0].talkSeconds = 2
        report.contacts[0].legs[0].holdSeconds = 4
        #expect(try judge(report, extra: consultation(until: 8.1)).deviations.map(\.description) == [])
        let deviations = try judge(report, extra: consultation(until: 10)).deviations
        #expect(deviations.map(\.note) == ["the phone talked, no leg of ours is that call"])
        #expect(deviations.map(\.via) == ["transfer"])
        report.contacts[0].legs.append(
            .init(
                interface: "PJSIP/1006", via: "transfer", alertedAt: nil, establishedAt: "1970-01-01T00:00:08.000Z",
                ringSeconds: nil,
                talkSeconds: 2, holdSeconds: 0))
        #expect(try judge(report, extra: consultation(until: 10)).deviations.map(\.description) == [])
    }
}
