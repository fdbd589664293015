import Foundation
import GRDB
import Testing
import Waiting

/// `centralino user`, `token` and `audit` beside a running gateway, over a real store and with real passwords.
@Suite("People and programs", .tags(.program), .waiting)
struct PeopleTests {
    private static let password = "quattro parole senza senso"

    /// The command as a shell gives it: the password is a line of standard input.
    private func command(_ gateway: GatewayUnderTest, _ words: String, stdin: String? = nil) throws -> (
        status: Int32, output: String, errors: String
    ) {
        let feed = stdin.map { "printf '%s\\n' '\($0)' | " } ?? ""
        let program = try Program(
            executable: "/bin/sh",
            ["-c", "\(feed)\"$0\" \(words) --config \"$1\"", Program.executable, gateway.configuration])
        let output = program.output.untilEnd()
        let errors = program.errors.untilEnd()
        return (program.status(), output, errors)
    }

    private func ask(_ gateway: GatewayUnderTest, _ line: String, _ headers: [String] = [], body: String = "") throws
        -> (status: Int, head: String, body: String)
    {
        let length = body.isEmpty ? "" : "Content-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n"
        let socket = try LineSocket(gateway.http)
        let fields = headers.map { $0 + "\r\n" }.joined()
        try socket.send("\(line)\r\nHost: 127.0.0.1\r\nConnection: close\r\n\(fields)\(length)\r\n\(body)")
        let answer = socket.lines.untilEnd()
        let parts = answer.split(separator: "\r\n\r\n", maxSplits: 1, omittingEmptySubsequences: false)
        let status = try #require(Int(answer.dropFirst("HTTP/1.1 ".count).prefix(3)), "\(answer)")
        return (status, String(parts.first ?? ""), parts.count > 1 ? String(parts[1]) : "")
    }

    private func signIn(_ gateway: GatewayUnderTest, _ name: String, _ password: String = password) throws
        -> (status: Int, cookie: String)
    {
        let answer = try ask(
            gateway, "POST /v1/session HTTP/1.1", body: #"{"name":"\#(name)","password":"\#(password)"}"#)
        let cookie =
            answer.head.components(separatedBy: "Set-Cookie: ").dropFirst().first.map {
                String($0.prefix { $0 != ";" })
            } ?? ""
        return (answer.status, cookie)
    }

    @Test("are made, sign in, are disabled while the gateway runs, and all of it is in the audit, without a secret")
    func people() throws {
        let gateway = try GatewayUnderTest(
            more: "[[webhooks]]\nname = \"nube\"\nsecret = \"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\"")
        let code = try #require(
            gateway.program.errors.wait(for: "There is no account yet").firstMatch(of: /: ([A-Za-z0-9_-]{22}) \(or by/)?
                .output)
        let text = String(code.1)
        // The first by the code, once.
        let first = #"{"name":"anna","password":"\#(Self.password)","code":"\#(text)"}"#
        #expect(try ask(gateway, "POST /v1/session HTTP/1.1", body: first).status == 200)
        #expect(try ask(gateway, "POST /v1/session HTTP/1.1", body: first).status == 401)
        // Others by commands.
        #expect(
            try command(gateway, "user add capo --role supervisor --scope supplier:Alfa", stdin: Self.password).status
                == 0)
        #expect(try command(gateway, "user add capo --role supervisor", stdin: Self.password).status == 1)
        #expect(try command(gateway, "user add corto --role supervisor", stdin: "short").status == 64)
        #expect(try command(gateway, "user add maria --role agent", stdin: Self.password).status == 64)
        // A second process has made it: the next look at the store knows it.
        var session = try signIn(gateway, "capo")
        #expect(session.status == 200)
        #expect(try signIn(gateway, "capo", "wrong password").status == 401)
        #expect(try ask(gateway, "GET /v1/session HTTP/1.1", ["Cookie: \(session.cookie)"]).status == 200)
        #expect(try command(gateway, "user disable capo").status == 0)
        try eventually("the gateway sees it") {
            try ask(gateway, "GET /v1/session HTTP/1.1", ["Cookie: \(session.cookie)"]).status == 401
        }
        #expect(try signIn(gateway, "capo").status == 401)
        // A restart keeps a session.
        session = try signIn(gateway, "anna")
        #expect(gateway.program.stop() == 0)
        try gateway.start()
        #expect(try ask(gateway, "GET /v1/session HTTP/1.1", ["Cookie: \(session.cookie)"]).status == 200)
        #expect(gateway.program.stop() == 0)
        let audit = try command(gateway, "audit --json")
        let kinds = audit.output.split(separator: "\n").compactMap {
            $0.firstMatch(of: /"kind":"([^"]+)"/).map { String($0.1) }
        }
        #expect(
            kinds == [
                "account.made", "sign-in", "sign-in.refused", "account.made", "sign-in", "sign-in.refused",
                "account.changed",
                "session.ended", "sign-in.refused", "sign-in",
            ], "\(audit.output)")
        #expect(try command(gateway, "audit --verify").status == 0)
        #expect(try command(gateway, "audit --person capo").output.split(separator: "\n").count == 4)
        // No secret anywhere.
        let log = gateway.program.errors.untilEnd()
        for secret in [Self.password, session.cookie] {
            #expect(!log.contains(secret) && !audit.output.contains(secret))
        }
    }

    @Test("a token opens, is listed without its text, and is revoked while the gateway runs")
    func tokens() throws {
        let gateway = try GatewayUnderTest(
            more: "[[webhooks]]\nname = \"nube\"\nsecret = \"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\"")
        let made = try command(gateway, "token create bi --role integrator --expires 30d")
        let token = made.output.trimmingCharacters(in: .whitespacesAndNewlines)
        #expect(made.status == 0 && token.hasPrefix("ctl_") && token.utf8.count == 47)
        func status() throws -> Int {
            try ask(gateway, "GET /v1/stats HTTP/1.1", ["Authorization: Bearer \(token)"]).status
        }
        try eventually("the gateway sees it") { try status() == 200 }
        let list = try command(gateway, "token list --json").output
        #expect(list.contains(#""name":"bi""#) && !list.contains(token))
        #expect(try command(gateway, "token create bi --role quality --expires never").status == 1)
        #expect(try command(gateway, "token create x --role quality --expires 2020-01-01").status == 64)
        #expect(try command(gateway, "token revoke bi").status == 0)
        try eventually("the gateway sees it") { try status() == 401 }
        #expect(try command(gateway, "token revoke bi").status == 1)
        let store = try Data(contentsOf: URL(filePath: gateway.folder.path + "/centralino.sqlite"))
        #expect(store.range(of: Data(token.utf8)) == nil)
    }

    @Test("who takes the triggers away and changes the audit is found by --verify")
    func tampered() throws {
        let gateway = try GatewayUnderTest(
            more: "[[webhooks]]\nname = \"nube\"\nsecret = \"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\"", starts: false)
        for name in ["anna", "bea", "carla"] {
            #expect(try command(gateway, "user add \(name) --role auditor", stdin: Self.password).status == 0)
        }
        #expect(try command(gateway, "audit --verify").status == 0)
        let queue = try DatabaseQueue(path: gateway.folder.path + "/centralino.sqlite")
        try queue.write { db in
            try db.execute(sql: "DROP TRIGGER audit_update")
            try db.execute(sql: "UPDATE audit SET entry = replace(entry, 'bea', 'eva') WHERE id = 2")
        }
        try queue.close()
        let found = try command(gateway, "audit --verify")
        #expect(found.status == 1 && found.errors.contains("entry 2"))
    }

    @Test(
        "are read by commands that make no store: one made by root would shut the service's user out",
        arguments: ["audit", "audit --verify", "user list", "token list", "person show --number +390612345678"])
    func readers(words: String) throws {
        let gateway = try GatewayUnderTest(switchPort: 1)
        try gateway.stopCleanly()
        let store = gateway.folder.path + "/centralino.sqlite"
        #expect(FileManager.default.fileExists(atPath: store))
        for name in try FileManager.default.contentsOfDirectory(atPath: gateway.folder.path)
        where name.hasPrefix("centralino.sqlite") {
            try FileManager.default.removeItem(atPath: gateway.folder.path + "/" + name)
        }
        let ended = try command(gateway, words)
        #expect(ended.status == 1 && ended.errors.contains("store \(store)"), "\(ended)")
        #expect(!FileManager.default.fileExists(atPath: store))
    }
}
