import AMI
import Testing

@Suite("A simulated switch's session")
struct ServerSessionTests {
    /// The bytes sent, with the other outputs in brackets.
    static func hears(_ texts: [String]) -> String {
        var session = ServerSession(users: ["cti": "mysecret"], challenge: "840415273", digests: .reference)
        var heard = String(decoding: session.greeting, as: UTF8.self)
        for text in texts {
            session.receive(Array(wire(text).utf8)) { output in
                switch output {
                case .send(let bytes): heard += String(decoding: bytes, as: UTF8.self)
                case .loggedIn(let username): heard += "[\(username)]"
                case .action(let message): heard += "[\(message.value(at: 0))]"
                case .close: heard += "[close]"
                }
            }
        }
        return heard.replacing("\r\n", with: "|")
    }

    @Test("logs in a client that knows the secret, and passes on its actions")
    func plain() {
        #expect(
            Self.hears(["Action: Login/ActionID: 1/Username: cti/Secret: mysecret//Action: QueueStatus//"])
                == "Asterisk Call Manager/11.0.0|Response: Success|ActionID: 1|Message: Authentication accepted||[cti][QueueStatus]"
        )
    }

    @Test("logs in by challenge")
    func md5() {
        let key = "72ee2809cbf69e9bdb27bdd924cda8e3"
        #expect(
            Self.hears(["Action: Challenge/AuthType: MD5//", "Action: Login/AuthType: MD5/Username: cti/Key: \(key)//"])
                == "Asterisk Call Manager/11.0.0|Response: Success|Challenge: 840415273||Response: Success|Message: Authentication accepted||[cti]"
        )
        #expect(
            Self.hears(["Action: Login/AuthType: MD5/Username: cti/Key: \(key.uppercased())//"]).hasSuffix(
                "Authentication failed||[close]")
        )
    }

    @Test(
        "refuses and closes, and does nothing before the login",
        arguments: [
            (
                "Action: Login/Username: cti/Secret: wrong//Action: Ping//",
                "Response: Error|Message: Authentication failed||[close]"
            ),
            (
                "Action: Login/Username: nobody/Secret: mysecret//",
                "Response: Error|Message: Authentication failed||[close]"
            ),
            ("Action: QueueStatus/ActionID: 7//", "Response: Error|ActionID: 7|Message: Permission denied||"),
            ("Username: cti//", "Response: Error|Message: Missing action in request||"),
            ("Action: Logoff//Action: Ping//", "Response: Goodbye|Message: Thanks for all the fish.||[close]"),
        ])
    func refused(text: String, answer: String) {
        #expect(Self.hears([text]) == "Asterisk Call Manager/11.0.0|" + answer)
    }
}
