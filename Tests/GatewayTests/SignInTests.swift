import Access
import Contacts
import Core
import Directory
import Edges
import Foundation
import Gateway
import HTTP
import TLS
import Telephony
import Testing
import Time

/// A gateway whose store has people. Passwords are checked at once, or when the test says so.
struct StaffedBench {
    var bench: Bench
    var accounts = [
        Account(name: "maria", role: .agent, agent: Interface("PJSIP/1001")),
        Account(name: "capo", role: .supervisor),
        Account(name: "admin", role: .administrator),
    ]
    var tokens: [AccessToken] = []
    var firstCode: People.FirstCode?
    static let password = "correct horse battery"
    static let desk = "PJSIP/1001"
    /// Effects about people, in order.
    var effects: [AccessEffect] { bench.accessEffects }
    var audit: [AuditEntry] {
        effects.compactMap { if case .audit(let entry) = $0 { entry } else { nil } }
    }
    private var ids: UInt8 = 0

    init(_ change: (inout Configuration) -> Void = { _ in }) {
        var configuration = Bench.configuration
        configuration.wallboardToken = .init("wall-token-0123456789")
        configuration.keepsAudit = true
        change(&configuration)
        bench = Bench(configuration)
        tell()
    }

    mutating func tell() {
        bench.tell(.people(People(accounts: accounts, tokens: tokens, firstCode: firstCode)))
    }

    /// What the world says of the next password.
    mutating func check(_ id: ConnectionID, _ account: String, _ password: String) {
        ids += 1
        let known = accounts.first { $0.name == account && !$0.isDisabled }
        let isRight = password == Self.password
        bench.tell(
            .checked(
                id, known.map { isRight ? .right($0, random: [UInt8](repeating: ids, count: 32)) : .wrong } ?? .wrong))
    }

    struct Answer {
        var status: Int
        var head: String
        var body: String

        init(_ bytes: [UInt8]) {
            let text = String(decoding: bytes, as: UTF8.self)
            let parts = text.split(separator: "\r\n\r\n", maxSplits: 1, omittingEmptySubsequences: false)
            head = String(parts.first ?? "")
            body = parts.count > 1 ? String(parts[1]) : ""
            status = Int(head.split(separator: " ").dropFirst().first ?? "") ?? 0
        }

        func header(_ name: String) -> String? {
            head.split(separator: "\r\n").first { $0.lowercased().hasPrefix(name.lowercased() + ": ") }
                .map { String($0.dropFirst(name.count + 2)) }
        }

        func member(_ name: String) -> String? {
            (try? JSONSerialization.jsonObject(with: Data(body.utf8)) as? [String: Any])?[name] as? String
        }

        var reason: String? {
            let object = try? JSONSerialization.jsonObject(with: Data(body.utf8)) as? [String: Any]
            return (object?["error"] as? [String: Any])?["reason"] as? String
        }
    }

    mutating func ask(
        _ method: String = "GET", _ path: String, _ headers: [String] = [], body: String = "",
        from address: String = "10.0.0.5", on connection: ConnectionID? = nil
    ) -> (id: ConnectionID, answer: Answer) {
        let id = connection ?? bench.connect(.http, from: address)
        let fields = (["Host: 127.0.0.1:8080"] + headers + (body.isEmpty ? [] : ["Content-Length: \(body.utf8.count)"]))
        bench.send("\(method) \(path) HTTP/1.1\r\n\(fields.joined(separator: "\r\n"))\r\n\r\n\(body)", id)
        return (id, Answer(bench.read(id)))
    }

    /// Signs in; nil with a wrong password that is not answered yet.
    mutating func signIn(
        _ name: String, _ password: String = password, _ headers: [String] = [], from address: String = "10.0.0.5"
    ) -> Answer {
        let body = #"{"name":"\#(name)","password":"\#(password)"}"#
        let (id, early) = ask(
            "POST", "/v1/session", ["Content-Type: application/json"] + headers, body: body, from: address)
        guard case .check(let asked, let account, let secret)? = effects.last(where: { $0.isCheck }), asked == id else {
            return early
        }
        check(id, account, secret.value)
        return Answer(bench.read(id))
    }

    mutating func cookie(of name: String) -> String {
        signIn(name).header("Set-Cookie").map { String($0.prefix { $0 != ";" }) } ?? ""
    }
}

extension AccessEffect {
    var isCheck: Bool { if case .check = self { true } else { false } }
    var isEnd: Bool { if case .end = self { true } else { false } }
}

@Suite("Sign-in")
struct SignInTests {
    private var staff = StaffedBench()

    @Test("with the right password opens a session: a cookie that scripts and other sites do not get")
    mutating func signIn() {
        let answer = staff.signIn("Capo")
        #expect(answer.status == 200)
        let cookie = answer.header("Set-Cookie") ?? ""
        #expect(cookie.hasPrefix("centralino=") && cookie.hasSuffix("; Path=/; HttpOnly; SameSite=Strict"))
        #expect(answer.member("account") == "capo" && answer.member("role") == "supervisor")
        #expect(answer.header("Cache-Control") == "no-store")
        let session = staff.effects.compactMap { if case .save(let session) = $0 { session } else { nil } }.last
        let id = String(cookie.dropFirst("centralino=".count).prefix { $0 != ";" })
        #expect(session?.account == "capo" && session?.digest == OpenSSL.sha256(Array(id.utf8)))
        #expect(staff.audit.map(\.kind) == [.signedIn] && staff.audit.first?.from == "10.0.0.5")
    }

    @Test("over TLS the cookie is Secure and bound to the host, and one without the prefix is not taken")
    mutating func secure() {
        staff = StaffedBench { $0.secured = [.http] }
        let cookie = staff.signIn("capo").header("Set-Cookie") ?? ""
        #expect(cookie.hasPrefix("__Host-centralino=") && cookie.hasSuffix("; Secure"))
        let pair = String(cookie.prefix { $0 != ";" })
        #expect(staff.ask("GET", "/v1/session", ["Cookie: \(pair)"]).answer.status == 200)
        let bare = pair.replacing("__Host-", with: "")
        #expect(staff.ask("GET", "/v1/session", ["Cookie: \(bare)"]).answer.status == 401)
    }

    @Test("behind a proxy the cookie is Secure where the proxy says https; nobody else is believed")
    mutating func proxied() {
        staff = StaffedBench { $0.proxies = ["10.0.0.2"].compactMap(AddressRange.init) }
        let https = ["X-Forwarded-Proto: https", "X-Forwarded-For: 10.9.9.9"]
        func cookie(from address: String) -> String {
            staff.signIn("capo", StaffedBench.password, https, from: address).header("Set-Cookie") ?? ""
        }
        #expect(cookie(from: "10.0.0.2").hasPrefix("__Host-centralino="))
        #expect(cookie(from: "10.0.0.3").hasPrefix("centralino="))
    }

    @Test("a wrong password, a disabled account and one that does not exist have the same answer")
    mutating func wrong() {
        staff.accounts[1].isDisabled = true
        staff.tell()
        let answers = [("maria", "wrong password"), ("capo", StaffedBench.password), ("nobody", "wrong password")].map {
            staff.signIn($0, $1)
        }
        for answer in answers {
            #expect(answer.status == 401 && answer.reason == "wrong" && answer.header("Set-Cookie") == nil)
            #expect(answer.body == answers[0].body)
        }
        #expect(staff.audit.map(\.kind) == [.signInRefused, .signInRefused, .signInRefused])
        #expect(staff.bench.log.allSatisfy { !$0.text.contains("wrong password\"") && !$0.text.contains("horse") })
    }

    @Test("the answer to the fourth wrong password waits, and what is asked behind it waits, too")
    mutating func delayed() {
        for _ in 1...3 { #expect(staff.signIn("maria", "guess").status == 401) }
        #expect(staff.signIn("maria", "guess").status == 0)
        guard case .check(let id, _, _)? = staff.effects.last(where: \.isCheck) else {
            Issue.record("no check")
            return
        }
        staff.bench.send("GET /v1/session HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", id)
        #expect(staff.bench.read(id).isEmpty)
        staff.bench.wait(.milliseconds(249))
        #expect(staff.bench.read(id).isEmpty)
        staff.bench.wait(.milliseconds(1))
        let text = String(decoding: staff.bench.read(id), as: UTF8.self)
        #expect(text.components(separatedBy: "HTTP/1.1 401").count == 3)
    }

    @Test("the tenth locks: nothing more is checked, right or wrong, and the answer says until when")
    mutating func locked() {
        for _ in 1...10 {
            _ = staff.signIn("maria", "guess")
            staff.bench.wait(.seconds(9))
        }
        let checks = staff.effects.filter(\.isCheck).count
        let answer = staff.signIn("maria")
        #expect(answer.status == 429 && answer.reason == "locked" && answer.header("Retry-After") == "51")
        #expect(staff.effects.filter(\.isCheck).count == checks)
        #expect(staff.audit.filter { $0.kind == .locked }.count == 1)
        // Not at another desk, and not after the minute.
        #expect(staff.signIn("maria", from: "10.0.0.6").status == 200)
        staff.bench.wait(.seconds(51))
        #expect(staff.signIn("maria").status == 200)
    }

    @Test("is refused as what another site's form can send, and from a page of another origin")
    mutating func crossSite() {
        let body = #"{"name":"capo","password":"\#(StaffedBench.password)"}"#
        for headers in [["Content-Type: text/plain"], ["Content-Type: application/x-www-form-urlencoded"], []] {
            #expect(staff.ask("POST", "/v1/session", headers, body: body).answer.status == 415)
        }
        for origin in ["https://evil.example", "null"] {
            let headers = ["Content-Type: application/json", "Origin: \(origin)"]
            #expect(staff.ask("POST", "/v1/session", headers, body: body).answer.status == 403)
        }
        #expect(staff.effects.isEmpty)
        #expect(staff.signIn("capo", StaffedBench.password, ["Origin: http://127.0.0.1:8080"]).status == 200)
    }

    @Test("is refused where the body is no sign-in, and where the password is longer than is hashed")
    mutating func malformed() {
        let long = String(repeating: "x", count: 1025)
        for body in ["{}", "[]", "x", #"{"name":1,"password":"x"}"#, #"{"name":"a","password":"\#(long)"}"#] {
            let answer = staff.ask("POST", "/v1/session", ["Content-Type: application/json"], body: body).answer
            #expect(answer.status == 400 && answer.reason == "malformed")
        }
        #expect(staff.effects.isEmpty)
    }

    @Test("of one address, twenty wait to be checked at most; of all, two hundred")
    mutating func crowd() {
        let body = #"{"name":"capo","password":"x"}"#
        func ask(_ address: String) -> Int {
            staff.ask("POST", "/v1/session", ["Content-Type: application/json"], body: body, from: address).answer
                .status
        }
        #expect((0..<20).map { _ in ask("10.0.0.1") } == Array(repeating: 0, count: 20))
        #expect(ask("10.0.0.1") == 503)
        for address in 2...10 { for _ in 0..<20 { #expect(ask("10.0.0.\(address)") == 0) } }
        #expect(ask("10.0.0.99") == 503)
    }

    @Test("without a store there are no accounts, and the answer says so")
    mutating func noStore() {
        staff.bench = Bench()
        let body = #"{"name":"capo","password":"x"}"#
        #expect(staff.ask("POST", "/v1/session", ["Content-Type: application/json"], body: body).answer.status == 404)
    }
}

@Suite("A session")
struct SessionTests {
    private var staff = StaffedBench()

    @Test("of a supervisor opens the board, figures and the stream; of an agent it does not")
    mutating func watch() {
        let capo = "Cookie: " + staff.cookie(of: "capo")
        let json = "Accept: application/json"
        for path in ["/v1/wallboard", "/v1/stats", "/metrics"] {
            #expect(staff.ask("GET", path, [json]).answer.status == 401, "\(path)")
            #expect(staff.ask("GET", path, [json, capo]).answer.status == 200, "\(path)")
        }
        let maria = "Cookie: " + staff.cookie(of: "maria")
        for path in ["/v1/wallboard", "/v1/stats", "/metrics"] {
            #expect(staff.ask("GET", path, [json, maria]).answer.status == 403, "\(path)")
        }
    }

    @Test("that ended by time opens nothing, to the second, and what it had opened is closed")
    mutating func idle() {
        let capo = "Cookie: " + staff.cookie(of: "capo")
        staff.bench.wait(.seconds(1799))
        #expect(staff.ask("GET", "/v1/session", [capo]).answer.status == 200)
        staff.bench.wait(.seconds(1800))
        #expect(staff.ask("GET", "/v1/session", [capo]).answer.status == 401)
        #expect(staff.audit.last?.kind == .sessionEnded)
    }

    @Test("is used by a page that is connected, and ends after twelve hours even so")
    mutating func absolute() {
        let capo = "Cookie: " + staff.cookie(of: "capo")
        let stream = staff.ask("GET", "/v1/wallboard", [capo, "Accept: text/event-stream"]).id
        staff.bench.wait(.seconds(11 * 3600))
        #expect(!staff.bench.closedByUs.contains(stream))
        #expect(staff.ask("GET", "/v1/session", [capo]).answer.status == 200)
        staff.bench.wait(.seconds(3600 + 10))
        #expect(staff.bench.closedByUs.contains(stream))
        #expect(staff.ask("GET", "/v1/session", [capo]).answer.status == 401)
    }

    @Test("ends by signing out, with the token that only our pages can read; a cookie alone does not end it")
    mutating func signOut() {
        let answer = staff.signIn("capo")
        let cookie = "Cookie: " + (answer.header("Set-Cookie") ?? "").prefix { $0 != ";" }
        let stream = staff.ask("GET", "/v1/wallboard", [cookie, "Accept: text/event-stream"]).id
        #expect(staff.ask("DELETE", "/v1/session", [cookie]).answer.status == 403)
        #expect(staff.ask("DELETE", "/v1/session", [cookie, "X-CSRF-Token: x"]).answer.status == 403)
        #expect(staff.ask("GET", "/v1/session", [cookie]).answer.status == 200)
        let csrf = "X-CSRF-Token: \(answer.member("csrfToken") ?? "")"
        let out = staff.ask("DELETE", "/v1/session", [cookie, csrf]).answer
        #expect(out.status == 204 && out.header("Set-Cookie")?.contains("Max-Age=0") == true)
        #expect(staff.ask("GET", "/v1/session", [cookie]).answer.status == 401)
        #expect(staff.bench.closedByUs.contains(stream))
        #expect(staff.effects.contains { $0.isEnd } && staff.audit.last?.kind == .signedOut)
    }

    @Test("ends everywhere at once, for this account only")
    mutating func everywhere() {
        let answer = staff.signIn("capo")
        let (one, other) = (
            "Cookie: " + (answer.header("Set-Cookie") ?? "").prefix { $0 != ";" }, staff.cookie(of: "capo")
        )
        let admin = staff.cookie(of: "admin")
        let csrf = "X-CSRF-Token: \(answer.member("csrfToken") ?? "")"
        #expect(staff.ask("DELETE", "/v1/session?all=true", [one, csrf]).answer.status == 204)
        #expect(staff.ask("GET", "/v1/session", ["Cookie: \(other)"]).answer.status == 401)
        #expect(staff.ask("GET", "/v1/session", ["Cookie: \(admin)"]).answer.status == 200)
    }

    @Test("ends when its account is disabled or gets a new password, and its streams with it")
    mutating func changed() {
        let capo = "Cookie: " + staff.cookie(of: "capo")
        let stream = staff.ask("GET", "/v1/wallboard", [capo, "Accept: text/event-stream"]).id
        staff.tell()
        #expect(!staff.bench.closedByUs.contains(stream))
        staff.accounts[1].changed = staff.bench.moment.date + .seconds(1)
        staff.tell()
        #expect(staff.bench.closedByUs.contains(stream))
        #expect(staff.ask("GET", "/v1/session", [capo]).answer.status == 401)
        let maria = "Cookie: " + staff.cookie(of: "maria")
        staff.accounts[0].isDisabled = true
        staff.tell()
        #expect(staff.ask("GET", "/v1/session", [maria]).answer.status == 401)
        #expect(staff.audit.filter { $0.kind == .sessionEnded }.map(\.who) == ["capo", "maria"])
    }

    @Test("that an old password opened while it was being changed is over at once")
    mutating func race() {
        let body = #"{"name":"capo","password":"\#(StaffedBench.password)"}"#
        let id = staff.ask("POST", "/v1/session", ["Content-Type: application/json"], body: body).id
        let before = staff.accounts[1]
        staff.bench.wait(.seconds(1))
        staff.accounts[1].changed = staff.bench.moment.date
        staff.bench.wait(.seconds(1))
        // The check had read the account before the change.
        staff.bench.tell(.checked(id, .right(before, random: [UInt8](repeating: 9, count: 32))))
        let cookie = StaffedBench.Answer(staff.bench.read(id)).header("Set-Cookie") ?? ""
        staff.tell()
        #expect(staff.ask("GET", "/v1/session", ["Cookie: \(cookie.prefix { $0 != ";" })"]).answer.status == 401)
    }

    @Test("two cookies of its name are none: one of them was put there by somebody else")
    mutating func twice() {
        let cookie = staff.cookie(of: "capo")
        let forged = "centralino=" + String(repeating: "A", count: 43)
        for field in ["\(cookie); \(forged)", "\(forged); \(cookie)"] {
            #expect(staff.ask("GET", "/v1/session", ["Cookie: \(field)"]).answer.status == 401)
        }
        #expect(staff.ask("GET", "/v1/session", ["Cookie: a=b; \(cookie); c"]).answer.status == 200)
    }

    @Test("of an earlier run goes on; of an account that is gone it does not")
    mutating func restored() {
        let id = String(repeating: "B", count: 43)
        let now = staff.bench.moment.date
        staff.bench.tell(
            .restored([
                SignInSession(digest: OpenSSL.sha256(Array(id.utf8)), account: "capo", began: now, used: now),
                SignInSession(digest: [UInt8](repeating: 1, count: 32), account: "gone", began: now, used: now),
            ]))
        #expect(staff.ask("GET", "/v1/session", ["Cookie: centralino=\(id)"]).answer.member("account") == "capo")
        #expect(staff.effects.filter(\.isEnd).count == 1)
    }
}

@Suite("A desk with a session")
struct SignedInDeskTests {
    private var staff = StaffedBench()

    private mutating func desk(_ cookie: String?, agent: String, token: String? = nil) -> (ConnectionID, String) {
        let id = staff.bench.connect(.http, from: "10.0.0.7")
        let field = cookie.map { "Cookie: \($0)\r\n" } ?? ""
        staff.bench.send(
            "GET /v1/desk HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\(field)\r\n",
            id)
        let said = token.map { #","token":"\#($0)""# } ?? ""
        staff.bench.send(maskedText(#"{"type":"hello","agent":"\#(agent)","version":1\#(said)}"#), id)
        return (id, String(decoding: staff.bench.read(id), as: UTF8.self))
    }

    private func maskedText(_ text: String) -> [UInt8] {
        let bytes = Array(text.utf8)
        return [0x81, 0x80 | UInt8(bytes.count), 0, 0, 0, 0] + bytes
    }

    @Test("needs no token, and is its own agent's only")
    mutating func own() {
        let cookie = staff.cookie(of: "maria")
        #expect(desk(cookie, agent: StaffedBench.desk).1.contains(#""type":"welcome""#))
        #expect(desk(cookie, agent: "PJSIP/1002").1.contains(#""reason":"agent""#))
        #expect(desk(nil, agent: StaffedBench.desk).1.contains(#""reason":"token""#))
        #expect(
            desk("centralino=" + String(repeating: "A", count: 43), agent: StaffedBench.desk).1.contains(
                #""reason":"token""#))
        #expect(
            staff.audit.filter { $0.kind == .deskOpened }.map { [$0.who, $0.from, $0.what] }
                == [["maria", "10.0.0.7", "desk PJSIP/1001"]])
    }

    @Test("of somebody who is no agent does not open")
    mutating func others() {
        let cookie = staff.cookie(of: "capo")
        #expect(!desk(cookie, agent: StaffedBench.desk).1.contains("welcome"))
    }

    @Test("goes on working with the configuration's token, and the audit says by what it came in")
    mutating func token() {
        #expect(desk(nil, agent: StaffedBench.desk, token: "desk-secret").1.contains("welcome"))
        #expect(staff.audit.last?.who == "configured desks")
    }

    @Test("closes when its person signs out or is disabled; the audit says from when to when somebody sat there")
    mutating func closed() {
        let (id, _) = desk(staff.cookie(of: "maria"), agent: StaffedBench.desk)
        staff.accounts[0].isDisabled = true
        staff.tell()
        #expect(staff.bench.closedByUs.contains(id))
        #expect(staff.audit.map(\.kind) == [.signedIn, .deskOpened, .sessionEnded, .deskClosed])
    }

    @Test(
        "of a thousand, none lets a party be seen without an entry: once for each party of a pop, without name and number"
    )
    mutating func shown() {
        let (id, _) = desk(staff.cookie(of: "maria"), agent: StaffedBench.desk)
        staff.bench.join("1")
        staff.bench.ring("1", agent: "1001")
        let lookup = staff.bench.lookups.last
        if let lookup {
            let party = Party(key: "4711", kind: .person, name: "Mario Verdi")
            let number = CallerNumber.number(e164: "+390612345678", kind: "fixed", display: "06 1234 5678")
            staff.bench.answer(lookup.id, DirectoryAnswer(number: number, match: .one(party)))
        }
        let shown = staff.audit.filter { $0.kind == .partyShown }
        #expect(shown.count == 1)
        #expect(
            shown.first?.who == "maria" && shown.first?.what == "party 4711"
                && shown.first?.why.hasPrefix("pop of contact ") == true)
        staff.bench.pickUp("1", agent: "1001")
        #expect(staff.audit.filter { $0.kind == .partyShown }.count == 1)
        #expect(staff.audit.allSatisfy { !"\($0)".contains("Mario") && !"\($0)".contains("0612345678") })
        _ = id
    }
}

@Suite("A token of the store")
struct StoredTokenTests {
    private var staff = StaffedBench()
    private let text = AccessToken.text([UInt8](repeating: 3, count: 32))

    private mutating func give(expires: Span? = nil, isRevoked: Bool = false, role: Role = .integrator) {
        staff.tokens = [
            AccessToken(
                name: "bi", role: role, expires: expires.map { staff.bench.moment.date + $0 }, isRevoked: isRevoked,
                digest: OpenSSL.sha256(Array(text.utf8)))
        ]
        staff.tell()
    }

    private mutating func status(_ path: String = "/v1/stats") -> Int {
        staff.ask("GET", path, ["Authorization: Bearer \(text)"]).answer.status
    }

    @Test("opens what its role opens, beside the configuration's")
    mutating func opens() {
        #expect(status() == 401)
        give()
        #expect(status() == 200)
        #expect(staff.ask("GET", "/v1/stats", ["Authorization: Bearer wall-token-0123456789"]).answer.status == 200)
        give(role: .auditor)
        #expect(status() == 403)
    }

    @Test("closes what it opened when it is revoked or expires, and is then refused and entered")
    mutating func ended() {
        give(expires: .seconds(100))
        let stream = staff.ask("GET", "/v1/wallboard?token=\(text)", ["Accept: text/event-stream"]).id
        staff.bench.wait(.seconds(99))
        #expect(status() == 200 && !staff.bench.closedByUs.contains(stream))
        staff.bench.wait(.seconds(1))
        #expect(status() == 401)
        #expect(staff.bench.closedByUs.contains(stream))
        #expect(staff.audit.last?.kind == .tokenRefused && staff.audit.last?.why == "expired token of the store")
        give()
        let other = staff.ask("GET", "/v1/wallboard?token=\(text)", ["Accept: text/event-stream"]).id
        give(isRevoked: true)
        #expect(staff.bench.closedByUs.contains(other) && status() == 401)
        #expect(staff.audit.last?.why == "revoked token of the store")
        #expect(staff.audit.allSatisfy { !"\($0)".contains(text) })
    }

    @Test("that is unknown is refused on this machine as well, and a flood of them is counted in the audit")
    mutating func flood() {
        for _ in 0..<100 {
            _ = staff.ask(
                "GET", "/v1/stats", ["Authorization: Bearer \(text)"], from: "10.0.0.\(Int.random(in: 9...9))")
        }
        staff.bench.wait(.seconds(120))
        let refused = staff.audit.filter { $0.kind == .tokenRefused }.count
        #expect(refused <= 10)
        #expect(staff.audit.contains { $0.kind == .refusals })
    }
}

@Suite("The first account")
struct FirstAccountTests {
    private var staff: StaffedBench
    private let code = "one-time-code"

    init() {
        staff = StaffedBench()
        staff.accounts = []
        staff.firstCode = .init(
            digest: OpenSSL.sha256(Array("one-time-code".utf8)), expires: staff.bench.moment.date + .seconds(3600))
        staff.tell()
    }

    private mutating func make(_ code: String, _ password: String = StaffedBench.password) -> (
        ConnectionID, StaffedBench.Answer
    ) {
        let body = #"{"name":"Anna","password":"\#(password)","code":"\#(code)"}"#
        let (id, answer) = staff.ask("POST", "/v1/session", ["Content-Type: application/json"], body: body)
        return (id, answer)
    }

    private var makes: Int {
        staff.effects.filter { if case .makeFirst = $0 { true } else { false } }.count
    }

    @Test("is made with the code from the log, and signed in")
    mutating func made() {
        #expect(staff.ask("GET", "/v1/session").answer.body.contains(#""setUp":true"#))
        let (id, _) = make(code)
        #expect(makes == 1)
        staff.bench.tell(
            .checked(id, .right(Account(name: "anna", role: .administrator), random: [UInt8](repeating: 5, count: 32))))
        let answer = StaffedBench.Answer(staff.bench.read(id))
        #expect(answer.status == 200 && answer.member("role") == "administrator")
        // The code has worked once, before the store says so.
        #expect(make(code).1.reason == "code" && makes == 1)
        #expect(!staff.ask("GET", "/v1/session").answer.body.contains("setUp"))
    }

    @Test("stays signed in when the store says that there is an account now, which was made after it was asked for")
    mutating func stays() {
        let (id, _) = make(code)
        staff.bench.wait(.seconds(1))
        let anna = Account(name: "anna", role: .administrator, changed: staff.bench.moment.date)
        staff.bench.tell(.checked(id, .right(anna, random: [UInt8](repeating: 5, count: 32))))
        let cookie = StaffedBench.Answer(staff.bench.read(id)).header("Set-Cookie") ?? ""
        (staff.accounts, staff.firstCode) = ([anna], nil)
        staff.tell()
        #expect(staff.ask("GET", "/v1/session", ["Cookie: \(cookie.prefix { $0 != ";" })"]).answer.status == 200)
    }

    @Test("is not made with another code, after an hour, or with a weak password")
    mutating func refused() {
        #expect(make("other").1.reason == "code")
        #expect(make(code, "short").1.reason == "weak")
        staff.bench.wait(.seconds(3600))
        #expect(make(code).1.reason == "code" && makes == 0)
    }

    @Test("is not guessed: wrong codes are throttled like passwords")
    mutating func guessed() {
        for number in 0..<10 {
            _ = make("guess \(number)")
            staff.bench.wait(.seconds(9))
        }
        #expect(make(code).1.reason == "locked" && makes == 0)
    }

    @Test("is made once where two ask at the same time")
    mutating func twice() {
        let ((one, _), (other, _)) = (make(code), make(code))
        staff.bench.tell(
            .checked(one, .right(Account(name: "anna", role: .administrator), random: [UInt8](repeating: 5, count: 32)))
        )
        staff.bench.tell(.checked(other, .notFirst))
        _ = staff.bench.read(one)
        #expect(StaffedBench.Answer(staff.bench.read(other)).reason == "notFirst")
    }
}
