import Records
import Testing
import Wire

@Suite("A contact record")
struct ContactDocumentTests {
    /// Every member is there.
    static let whole = ContactDocument(
        id: "01M834VWD383JQ917NQPP3V2T8", switch: "roma", channel: "1.1", direction: "inbound",
        arrivedAt: "2026-03-02T08:00:00.000Z",
        endedAt: "2026-03-02T08:02:00.000Z", outcome: "answered", endedBy: "caller", selfServiceSeconds: 1,
        waitSeconds: 10.000001,
        talkSeconds: 25.5,
        caller: .init(raw: "0612345678", name: "Però / \"Figli\"", e164: "+390612345678", kind: "fixed"), called: "800",
        partyKeys: ["A-1"],
        visits: [
            .init(
                number: 7, channel: "1.1", queue: "info", position: 1, joinedAt: "2026-03-02T08:00:01.000Z",
                leftAt: "2026-03-02T08:00:11.000Z", waitSeconds: 10.000001, outcome: "answered", flags: []),
            .init(
                number: 8, channel: "1.1", queue: "info", position: 1, joinedAt: "2026-03-02T08:01:00.000Z",
                leftAt: "2026-03-02T08:01:01.000Z", waitSeconds: 1, outcome: "flowOut", reason: "key",
                flags: ["partial"]),
        ],
        legs: [
            .init(
                number: 3, visit: 7, queue: "info", agent: "Anna", interface: "PJSIP/1001",
                member: "Local/1001@agents/n", speaker: "Bea",
                device: "PJSIP/1002", channel: "1.9", isExternal: true, via: "queue",
                alertedAt: "2026-03-02T08:00:05.000Z",
                answeredAt: "2026-03-02T08:00:10.000Z", establishedAt: "2026-03-02T08:00:11.000Z",
                endedAt: "2026-03-02T08:00:41.000Z",
                ringSeconds: 5, talkSeconds: 25.5, holdSeconds: 4.5,
                holds: [
                    .init(from: "2026-03-02T08:00:20.000Z", to: "2026-03-02T08:00:24.500Z"),
                    .init(from: "2026-03-02T08:00:41.000Z"),
                ],
                consultSeconds: 1, result: "answered", endedBy: "agent", flags: [])
        ],
        parks: [.init(from: "2026-03-02T08:00:41.000Z", to: "2026-03-02T08:00:50.000Z")],
        conferencedWith: ["01M834VKWK83JQ917NQPP3V2T8"],
        survey: "4", gaps: [.init(from: "2026-03-02T08:01:50.000Z", to: "2026-03-02T08:01:51.000Z", cause: "linkLost")],
        flags: ["estimated"])

    private func text(_ document: ContactDocument) -> String { String(decoding: JSON.encode(document), as: UTF8.self) }
    private func read(_ text: String) -> ContactDocument? { JSON.decode(ContactDocument.self, from: text.utf8) }

    @Test("is read as it was written, and written again to the same bytes")
    func roundTrip() throws {
        let document = try #require(read(text(Self.whole)))
        #expect(document == Self.whole)
        #expect(text(document) == text(Self.whole))
    }

    @Test("is written with its members sorted by name, and without those that are nil")
    func bytes() {
        let document = ContactDocument(
            id: "A", switch: "roma", channel: "1.1", direction: "inbound", arrivedAt: "2026-03-02T08:00:00.000Z",
            outcome: "waiting",
            caller: .init(kind: "withheld"),
            legs: [.init(agent: "Anna / Bea", interface: "SIP/1", holdSeconds: 0, result: "ringing")],
            parks: [.init(from: "2026-03-02T08:00:00.000Z")], conferencedWith: [], gaps: [])
        #expect(
            text(document)
                == #"{"arrivedAt":"2026-03-02T08:00:00.000Z","caller":{"kind":"withheld"},"channel":"1.1","conferencedWith":[],"#
                + #""direction":"inbound","flags":[],"gaps":[],"id":"A","#
                + #""legs":[{"agent":"Anna / Bea","holdSeconds":0,"interface":"SIP/1","result":"ringing"}],"outcome":"waiting","#
                + #""parks":[{"from":"2026-03-02T08:00:00.000Z"}],"partyKeys":[],"switch":"roma","visits":[]}"#)
    }

    @Test("of the first release is read, and written again without what it lacks")
    func older() throws {
        let older =
            #"{"arrivedAt":"2026-03-02T08:00:00.000Z","caller":{"kind":"fixed"},"channel":"1.1","flags":["estimated"],"id":"A","#
            + #""legs":[{"agent":"Anna","alertedAt":"2026-03-02T08:00:05.000Z","holdSeconds":0,"interface":"SIP/1","queue":"info","#
            + #""result":"answered"}],"outcome":"answered","partyKeys":[],"switch":"roma","#
            + #""visits":[{"joinedAt":"2026-03-02T08:00:01.000Z","outcome":"answered","queue":"info"}]}"#
        let document = try #require(read(older))
        #expect(
            document.direction == nil && document.parks == nil && document.conferencedWith == nil
                && document.gaps == nil)
        #expect(document.visits == [.init(queue: "info", joinedAt: "2026-03-02T08:00:01.000Z", outcome: "answered")])
        let leg = try #require(document.legs.first)
        #expect(
            leg.number == nil && leg.visit == nil && leg.device == nil && leg.channel == nil && leg.via == nil
                && leg.flags == nil)
        #expect(text(document) == older)
    }

    @Test("with null for what is unknown, and with members that are not known, is read as without them")
    func tolerance() throws {
        let whole = text(Self.whole)
        let more = whole.replacing(#""survey":"4""#, with: #""survey":null,"later":[{"x":1}]"#).replacing(
            #""from""#, with: #""x":1,"from""#)
        var expected = Self.whole
        expected.survey = nil
        #expect(more != whole && read(more) == expected)
    }

    @Test("keeps count of parkings that cannot be read")
    func parks() throws {
        let odd = text(Self.whole).replacing(
            #""parks":[{"from":"2026-03-02T08:00:41.000Z","to":"2026-03-02T08:00:50.000Z"}]"#,
            with: #""parks":[{"from":"2026-03-02T08:00:41.000Z","space":701},5,{"from":701},null]"#)
        let parks = try #require(read(odd)?.parks)
        #expect(parks.map(\.from) == ["2026-03-02T08:00:41.000Z", nil, nil, nil] && parks.allSatisfy { $0.to == nil })
    }

    @Test(
        "without a member that every release has written is not a record",
        arguments: [
            "id", "switch", "channel", "arrivedAt", "outcome", "caller", "partyKeys", "visits", "legs", "flags",
            "queue", "agent",
        ])
    func unreadable(member: String) {
        #expect(read(text(Self.whole).replacing("\"\(member)\":", with: "\"x\":")) == nil)
    }

    @Test("is delivered with its type and the time of its end")
    func delivery() throws {
        let message = DeliveryMessage(timestamp: "2026-03-02T08:02:00.000Z", data: Self.whole)
        let bytes = JSON.encode(message)
        #expect(
            String(decoding: bytes, as: UTF8.self)
                == #"{"data":\#(text(Self.whole)),"timestamp":"2026-03-02T08:02:00.000Z","type":"contact.closed"}"#)
        #expect(JSON.decode(DeliveryMessage.self, from: bytes) == message)
    }
}
