import Foundation
import GRDB
import Records
import Store
import Testing
import Time
import Waiting

@testable import centralino

/// `centralino person` beside a running gateway, over store, journal and checkpoints.
@Suite("A person", .tags(.program), .waiting)
struct PersonTests {
    private static let number = "06 1234 5678"

    /// With a whole number in the place of the recorded one, which lacks digits.
    private static let call = Array(
        String(decoding: NormalCall.numbered(1), as: UTF8.self).replacingOccurrences(of: "065904", with: "0612345678")
            .utf8)

    private func erasable() throws -> (asterisk: ScriptedSwitch, gateway: GatewayUnderTest) {
        let asterisk = try ScriptedSwitch()
        let gateway = try GatewayUnderTest(switchPort: asterisk.port, login: "plain")
        try gateway.importParties(
            "key,kind,name,phone1\nC-1,person,Anna Tracciabile,0612345678\nC-2,person,Bea,0699999999\n")
        try asterisk.send(Self.call)
        try gateway.waitForCall(1)
        try eventually("it is stored") { try gateway.stored().contacts == 1 }
        return (asterisk, gateway)
    }

    @Test("is found by number in any form and by key, handed out whole, and erased from registry and records only")
    func erased() throws {
        let (asterisk, gateway) = try erasable()
        defer { asterisk.stop() }
        // The call ends before the registry answers: the record has the number as it was sent only.
        let caller = "+390612345678"
        func run(_ words: String...) throws -> (status: Int32, output: String, errors: String) {
            let program = try Program(
                executable: Program.executable, ["person"] + words + ["--config", gateway.configuration])
            let (output, errors) = (program.output.untilEnd(), program.errors.untilEnd())
            return (program.status(), output, errors)
        }
        let before = try gateway.records()
        for form in [caller, "00" + caller.dropFirst(), String(caller.dropFirst(3))] {
            let shown = try run("show", "--number", form, "--json")
            let found = try #require(object(shown.output), "\(shown)")
            #expect(found["numbers"] as? [String] == [caller], "\(form)")
            #expect(found["records"] as? Int == 1, "\(form): \(shown)")
            #expect(((found["journal"] as? [String: Any])?["entries"] as? Int ?? 0) > 0)
        }
        let exported = try run("export", "--number", caller)
        let export = try #require(object(exported.output), "\(exported)")
        #expect((export["records"] as? [[String: Any]])?.first?["id"] as? String == before.first?.id)

        let unasked = try run("erase", "--number", caller)
        #expect(unasked.status == 64 && unasked.errors.contains("Give --yes"), "\(unasked)")
        let erased = try run("erase", "--number", caller, "--yes", "--json")
        let report = try #require(object(erased.output), "\(erased)")
        #expect(erased.status == 0 && report["records"] as? Int == 1, "\(erased)")
        let remains = (report["remains"] as? [[String: Any]])?.compactMap { $0["what"] as? String } ?? []
        for word in ["the journal has", "running gateway's memory", "backups"] {
            #expect(remains.contains { $0.contains(word) }, "\(word): \(remains)")
        }
        let after = try #require(try gateway.records().first)
        #expect(after.caller.kind == "erased" && after.caller.e164 == nil && after.partyKeys == [])
        var same = try #require(before.first)
        (same.caller, same.partyKeys) = (after.caller, after.partyKeys)
        #expect(after == same, "a figure has changed")

        // Neither a start that replays the whole journal nor a lost store brings the person back.
        try gateway.stopCleanly(contacts: 1)
        for path in try gateway.journalFiles(checkpoints: true) { try FileManager.default.removeItem(atPath: path) }
        try gateway.start()
        try gateway.program.errors.wait(for: "Known again")
        try gateway.stopCleanly(contacts: 1)
        #expect(try gateway.records().first?.caller.kind == "erased")
        #expect(try run("show", "--number", caller, "--json").output.contains("\"records\":0"))
    }

    @Test("that is a party goes with all rows; one that shares its number stays, and is named")
    func parties() throws {
        let gateway = try GatewayUnderTest(switchPort: 1, starts: false)
        try gateway.importParties(
            "key,kind,name,phone1,phone2\nC-1,person,Anna,0612345678,3471234567\nC-2,person,Bea,0612345678,\n")
        let shared = try Program.run(
            "person", "erase", "--number", Self.number, "--yes", "--config", gateway.configuration)
        #expect(shared.status == 0 && shared.output.contains("C-1") && shared.output.contains("C-2"), "\(shared)")
        #expect(try gateway.stored().parties == 2)
        let own = try Program.run(
            "person", "erase", "--number", "347 123 4567", "--yes", "--config", gateway.configuration)
        #expect(own.status == 0, "\(own)")
        #expect(try gateway.stored().parties == 1)
        let nothing = try Program.run(
            "person", "show", "--party", "C-1", "--json", "--config", gateway.configuration)
        #expect(object(nothing.output)?["parties"] as? [String] == [], "\(nothing)")
    }

    @Test("is not erased under a legal hold, and a text that is no number is refused")
    func refused() throws {
        let gateway = try GatewayUnderTest(switchPort: 1, starts: false)
        try gateway.importParties("key,kind,name,phone1\nC-1,person,Anna,0612345678\n")
        let text = try String(contentsOfFile: gateway.configuration, encoding: .utf8)
        let held = try gateway.folder.write(
            "held.toml", text.replacingOccurrences(of: "[store]\n", with: "[store]\nhold = true\n"))
        let refused = try Program.run("person", "erase", "--party", "C-1", "--yes", "--config", held)
        #expect(refused.status == 64 && refused.errors.contains("legal hold"), "\(refused)")
        #expect(try gateway.stored().parties == 1)
        let wrong = try Program.run("person", "show", "--number", "pippo", "--config", gateway.configuration)
        #expect(wrong.status == 1 && wrong.errors.contains("is not a telephone number"), "\(wrong)")
    }
}

@Suite("The search for a person in bytes")
struct PersonMatcherTests {
    private let matcher = PersonMatcher(
        PersonSubject(
            numbers: ["+390612345678"], digits: Set(PersonSearch.forms(of: "+390612345678")), partyKeys: ["C-1"]))

    @Test(
        "finds every form of the number and the key, and no other number",
        arguments: [
            ("CallerIDNum: 0612345678\r\n", true), ("+390612345678", true), ("sip:00390612345678@x", true),
            ("390612345678", true), ("06123456789", false), ("10612345678", false), ("061234567", false),
            ("99906123456780 0612345678", true), ("{\"key\":\"C-1\"}", true), ("{\"key\":\"C-12\"}", false),
            ("0612345678", true), ("", false),
        ])
    func forms(text: String, isNamed: Bool) {
        #expect(matcher.isNamed(in: Array(text.utf8)) == isNamed, "\(text)")
    }
}
