import Access
import Telephony
import Testing

@Suite("Account: the name that is signed in with, and what contradicts itself")
struct AccountTests {
    @Test("a name has one form: small letters, digits and four signs")
    func names() throws {
        #expect(try Account.name(reading: "Maria.Rossi") == "maria.rossi")
        #expect(try Account.name(reading: "m_2@inps-roma") == "m_2@inps-roma")
        let longest = String(repeating: "a", count: AccessLimits.nameBytes)
        #expect(try Account.name(reading: longest) == longest)
        for text in ["", "maría", "а.rossi", "maria rossi", "-v", "a\nb", "a/b", longest + "a"] {
            #expect(throws: AccessFault.self, "\(text)") { try Account.name(reading: text) }
        }
    }

    @Test("an agent has a desk, and nobody else has")
    func desks() {
        #expect(Account(name: "a", role: .agent).fault != nil)
        #expect(Account(name: "a", role: .agent, agent: Interface("PJSIP/1")).fault == nil)
        #expect(Account(name: "a", role: .auditor).fault == nil)
        #expect(Account(name: "a", role: .auditor, agent: Interface("PJSIP/1")).fault != nil)
    }
}

@Suite("A new password is long enough, and nothing else is asked of it")
struct PasswordRuleTests {
    @Test(
        "is taken",
        arguments: [
            "correct horse battery staple", "àèìòù perché", "111122223333444", String(repeating: "abcd", count: 256),
        ])
    func taken(_ password: String) { #expect(PasswordRule.fault(of: password, for: "maria.rossi") == nil) }

    @Test(
        "is refused: too short, too long, repeating itself, with the name, with controls",
        arguments: [
            "", "elevenchars", String(repeating: "abcde", count: 205), "aaaaaaaaaaaaaaa", "ababcababcababc",
            "Maria.Rossi2026", "tab\tin the password",
        ])
    func refused(_ password: String) { #expect(PasswordRule.fault(of: password, for: "maria.rossi") != nil) }

    @Test("has twelve characters at least, however many bytes these are")
    func length() {
        #expect(PasswordRule.fault(of: "àèìòùàèìòùx", for: "a") != nil)
        #expect(PasswordRule.fault(of: "àèìòùàèìòùxy", for: "a") == nil)
    }
}
