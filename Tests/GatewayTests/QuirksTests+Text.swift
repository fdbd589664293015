import AMI
import Core
import Edges
import Gateway
import Numbering
import Records
import Testing

// Text.
extension QuirksTests {
    @Test(
        "28. Caller names are C-escaped in channel events and raw elsewhere: ours is what the caller sent",
        arguments: ["22/names_hostile-a", "16/names_hostile-a"])
    func escapedNames(name: String) throws {
        let surprise = try Surprise(name)
        try #require(surprise.all("Newchannel").contains { $0["CallerIDName"] == #"O\'Neil; DROP TABLE contatti;--"# })
        let names = surprise.contacts.compactMap(\.caller.name)
        #expect(names.contains("O'Neil; DROP TABLE contatti;--"))
        #expect(names.contains("tab\there"))
        #expect(!names.contains { $0.contains(#"\'"#) || $0.contains(#"\?"#) })
    }

    @Test(
        "29. Invalid UTF-8 is U+FFFD in 22 and raw bytes in 16: either is read",
        arguments: ["22/names_hostile-a", "16/names_hostile-a"])
    func invalidText(name: String) throws {
        let surprise = try Surprise(name)
        let raw = surprise.all("Newchannel").contains { event in
            (0..<event.message.count).contains { String(validating: event.message.bytes(at: $0), as: UTF8.self) == nil }
        }
        try #require(raw == name.hasPrefix("16"))
        #expect(surprise.contacts.compactMap(\.caller.name).contains("latin\u{FFFD}"))
        #expect(surprise.report.events.malformed == 0)
    }

    @Test(
        "30. A name cannot forge an event, keeps its spaces, and is cut at 79 bytes",
        arguments: ["22/names_hostile-a", "16/names_hostile-a"])
    func hostileNames(name: String) throws {
        let surprise = try Surprise(name)
        let names = surprise.contacts.compactMap(\.caller.name)
        #expect(names.contains("Event: Hangup"))
        #expect(names.contains("${CALLERID(num)}"))
        #expect(
            names.contains { $0.hasPrefix("   spazi") },
            "one blank after the colon is AMI's, the others are the caller's")
        #expect(names.contains { $0.allSatisfy { $0 == "x" } && $0.utf8.count == 79 })
        #expect(names.allSatisfy { $0.utf8.count <= 81 })
        #expect(surprise.contacts.count == surprise.trace.truth.queues.values.reduce(0) { $0 + $1.offered })
        #expect(surprise.isCountedAsLogged)
    }

    @Test(
        "31. A missing number is <unknown>, empty, or a word like anonymous; Privacy: id hides nothing; numbers have any notation"
    )
    func numbers() throws {
        let surprise = try Surprise("22/anonymous-a")
        try #require(
            surprise.sentNumbers == ["3331234567", "Restricted", "+393471234567", "<unknown>", "anonymous", "unknown"])
        // With P-Asserted-Identity the real number comes in spite of Privacy: id, and no header says that it was
        // restricted.
        let raw = surprise.contacts.map(\.caller.raw)
        #expect(raw == ["3331234567", nil, "+393471234567", nil, nil, "unknown"])
        let numbers = PhoneNumbers()
        #expect(raw.compactMap { $0.map { numbers.normalise($0).e164 } } == ["+393331234567", "+393471234567", nil])
        let formats = try Surprise("22/callerid_formats-a")
        let rome = ["tel:+390659041234", "390659041234", "+390659041234", "+39 06 59041234"]
        let others = [
            "+390", "5904", "+12125550100", "+8613912345678", "118", "00393471234567", "0", "1515", "800123456",
            "+4930123456",
        ]
        try #require(Set(formats.sentNumbers) == Set(rome + others))
        #expect(formats.contacts.map(\.caller.raw) == formats.sentNumbers, "as the network sent it")
        for contact in formats.contacts {
            let raw = try #require(contact.caller.raw)
            #expect((numbers.normalise(raw).e164 == "+390659041234") == rome.contains(raw), "\(raw)")
        }
    }

    @Test("32. <unknown> is also the creator and the name of an ordinary bridge: nobody has that name")
    func unknownBridge() throws {
        let surprise = try Surprise("22/hold-a")
        try #require(
            surprise.all("BridgeEnter").contains {
                $0["BridgeCreator"] == "<unknown>" && $0["BridgeName"] == "<unknown>"
            })
        let text = surprise.figures
        #expect(!text.contains("<unknown>"))
        #expect(surprise.contacts.flatMap(\.talked).count == 1)
    }
}

extension Surprise {
    /// What stood for the number of each caller from the trunk, in order of arrival.
    fileprivate var sentNumbers: [String] {
        all("Newchannel").filter { $0["Channel"]?.hasPrefix("PJSIP/trunk-") == true }.compactMap { $0["CallerIDNum"] }
    }
}
