import Access
import TLS
import Telephony
import Testing
import Time

@Suite("People: what a token of the store opens, and who may sign in")
struct PeopleTests {
    private let now = UnixTime(seconds: 1_800_000_000)
    private let text = AccessToken.text([UInt8](repeating: 7, count: 32))

    private var digest: [UInt8] { OpenSSL.sha256(Array(text.utf8)) }

    private func people(_ change: (inout AccessToken) -> Void = { _ in }) -> People {
        var token = AccessToken(
            name: "grafana", role: .integrator, scope: Scope([.supplier("Alfa")]), expires: now + .seconds(60),
            digest: digest)
        change(&token)
        return People(accounts: [], tokens: [token])
    }

    @Test("a token opens what its role and scope are")
    func right() throws {
        let token = try people().token(digest, at: now).get()
        #expect(
            token.grant
                == Grant(holder: .program("grafana"), role: .integrator, scope: Scope([.supplier("Alfa")])))
    }

    @Test("until the moment at which it expires")
    func expired() {
        #expect(throws: Never.self) { try people().token(digest, at: now + .seconds(59)).get() }
        #expect(throws: People.TokenFault.expired) { try people().token(digest, at: now + .seconds(60)).get() }
    }

    @Test("a revoked one opens nothing, whenever it would have expired")
    func revoked() {
        let people = people {
            $0.isRevoked = true
            $0.expires = nil
        }
        #expect(throws: People.TokenFault.revoked) { try people.token(digest, at: now).get() }
    }

    @Test("another text opens nothing, nor does the digest of one")
    func unknown() {
        let other = AccessToken.text([UInt8](repeating: 8, count: 32))
        for wrong in [other, "", "ctl_", text + "x", String(text.dropLast())] {
            #expect(throws: People.TokenFault.unknown) {
                try people().token(OpenSSL.sha256(Array(wrong.utf8)), at: now).get()
            }
        }
    }

    @Test("a token's text is known by its beginning, and fits a header and a cookie")
    func form() {
        #expect(text.hasPrefix("ctl_") && text.utf8.count == 47 && AccessToken.isToken(text))
        // RFC 4648 §10, without padding.
        for (bytes, expected) in [
            ("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foob", "Zm9vYg"), ("foobar", "Zm9vYmFy"),
        ] {
            #expect(Base64URL.text(Array(bytes.utf8)) == expected)
        }
        #expect(Base64URL.text([0xFB, 0xFF]) == "-_8")
    }

    @Test("a disabled account is no account")
    func disabled() {
        let people = People(
            accounts: [Account(name: "a", role: .auditor), Account(name: "b", role: .auditor, isDisabled: true)],
            tokens: [])
        #expect(people.account("a") != nil && people.account("b") == nil && people.account("c") == nil)
    }
}
