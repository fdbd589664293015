import AMI
import Testing

@Suite("A login")
struct LoginTests {
    static let plainLogin = "Action: Login\r\nActionID: t-1\r\nUsername: cti\r\nSecret: mysecret\r\nEvents: on\r\n\r\n"
    static let challenge = "Action: Challenge\r\nActionID: t-1\r\nAuthType: MD5\r\n\r\n"

    @Test(
        "is checked with an MD5 that follows RFC 1321",
        arguments: [
            ("", "d41d8cd98f00b204e9800998ecf8427e"), ("abc", "900150983cd24fb0d6963f7d28e17f72"),
            (
                "12345678901234567890123456789012345678901234567890123456789012345678901234567890",
                "57edf4a22be3c955ac49da2e2107b67a"
            ),
        ])
    func reference(text: String, digest: String) {
        #expect(hexadecimal(referenceMD5(Array(text.utf8))) == digest)
    }

    @Test("in clear sends name and secret")
    func plain() {
        var client = Client()
        #expect(client.hears(banner) == [.sent(Self.plainLogin)])
        #expect(!client.session.isReady)
        #expect(
            client.hears("Response: Success\r\nActionID: t-1\r\nMessage: Authentication accepted\r\n\r\n") == [
                .loggedIn("11.0.0")
            ])
        #expect(client.session.isReady)
    }

    @Test(
        "by challenge sends lower-case MD5 of challenge and secret",
        arguments: [
            ("840415273", "mysecret", "72ee2809cbf69e9bdb27bdd924cda8e3"),
            ("1234567890", "changeme", "1c16c52eeb88533a81f792e2c4638bc4"),
        ])
    func md5(challenge: String, secret: String, key: String) {
        var client = Client(secret: secret, method: .md5)
        #expect(client.hears(banner) == [.sent(Self.challenge)])
        #expect(
            client.hears("Response: Success\r\nActionID: t-1\r\nChallenge: \(challenge)\r\n\r\n") == [
                .sent(
                    "Action: Login\r\nActionID: t-2\r\nUsername: cti\r\nAuthType: MD5\r\nKey: \(key)\r\nEvents: on\r\n\r\n"
                )
            ])
        #expect(client.hears("Response: Success\r\nActionID: t-2\r\n\r\n") == [.loggedIn("11.0.0")])
    }

    @Test("refused says who was refused, why, and what to check")
    func refused() {
        var client = Client()
        _ = client.hears(banner)
        let error = AMIError.loginRefused(username: "cti", reason: "Authentication failed")
        #expect(
            client.hears("Response: Error\r\nActionID: t-1\r\nMessage: Authentication failed\r\n\r\n") == [
                .failed(error)
            ])
        #expect(error.isConfigurationFault)
        #expect(
            error.description
                == "Asterisk refused the login of “cti”: Authentication failed. Check [cti] in manager.conf: secret, and deny/permit for this host."
        )
        #expect(client.hears("Event: FullyBooted\r\n\r\n") == [])
        #expect(client.session.nextDeadline == nil)
    }

    @Test("refused at the challenge, or without a reason, counts as refused")
    func refusedChallenge() {
        var client = Client(method: .md5)
        _ = client.hears(banner)
        #expect(
            client.hears("Response: Error\r\nActionID: t-1\r\n\r\n") == [
                .failed(.loginRefused(username: "cti", reason: "Error"))
            ])
    }

    @Test("refused by a switch that is shutting down is not a fault of the configuration, and is retried soon")
    func shuttingDown() {
        for method in [Session.Method.plain, .md5] {
            var client = Client(method: method)
            _ = client.hears(banner)
            let answer = "Response: Error\r\nActionID: t-1\r\nMessage: Asterisk is shutting down\r\n\r\n"
            #expect(client.hears(answer) == [.failed(.shuttingDown)])
        }
        #expect(!AMIError.shuttingDown.isConfigurationFault)
    }

    @Test("never shows the secret in an error, even one that cannot be sent")
    func unsendableSecret() {
        var client = Client(secret: "top\r\nsecret")
        let happened = client.hears(banner)
        guard case .failed(let error) = happened.first else { return #expect(Bool(false), "\(happened)") }
        #expect(happened.count == 1)
        #expect(!error.description.contains("top"))
    }

    @Test(
        "is not tried if no Asterisk answers",
        arguments: [
            ("SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n", "SSH-2.0-OpenSSH_9.2p1 Debian-2"),
            ("HTTP/1.1 400 Bad Request\r\nServer: nginx\r\n\r\n", "HTTP/1.1 400 Bad Request"),
            ("220 mail\u{1B}[2J\u{07}\n", "220 mail[2J"), ("\r\n", ""),
        ])
    func otherService(bytes: String, quoted: String) {
        var client = Client()
        let error = AMIError.notAsterisk(firstLine: quoted)
        #expect(client.hears(bytes) == [.failed(error)])
        #expect(error.isConfigurationFault)
    }

    @Test("on a TLS port ends by the deadline, or once the bytes are too many for a banner")
    func tlsPort() {
        var client = Client()
        #expect(client.hears([0x15, 0x03, 0x01, 0x00, 0x02, 0x02, 0x46]) == [])
        #expect(client.session.nextDeadline == Limits.greeting)
        #expect(client.waits(until: Limits.greeting) == [.failed(.noGreeting(after: Limits.greeting))])
        var other = Client()
        let happened = other.hears([UInt8](repeating: 0x80, count: 1000))
        #expect(happened == [.failed(.notAsterisk(firstLine: String(repeating: "\u{FFFD}", count: 60)))])
    }

    @Test("on a too old Asterisk says so", arguments: ["1.3", "0.9", "x", ""])
    func tooOld(version: String) {
        var client = Client()
        #expect(client.hears("Asterisk Call Manager/\(version)\r\n") == [.failed(.tooOld(version: version))])
    }

    @Test("waits for half a banner only for a limited time")
    func halfBanner() {
        var client = Client()
        #expect(client.hears("Asterisk Call Man", at: .seconds(3)) == [])
        #expect(client.waits(until: .seconds(9)) == [])
        #expect(client.waits(until: .seconds(10)) == [.failed(.noGreeting(after: .seconds(10)))])
    }

    @Test("waits for half an answer only for a limited time")
    func halfAnswer() {
        var client = Client()
        _ = client.hears(banner, at: .seconds(2))
        #expect(client.hears("Response: Succ", at: .seconds(5)) == [])
        #expect(client.session.nextDeadline == .seconds(12))
        #expect(client.waits(until: .seconds(11)) == [])
        #expect(client.waits(until: .seconds(12)) == [.failed(.loginUnanswered(after: .seconds(10)))])
    }

    @Test("works if the banner comes in the same packet as the next message")
    func onePacket() {
        var client = Client()
        #expect(
            client.hears(
                banner + "Response: Success\r\nActionID: t-1\r\n\r\nEvent: FullyBooted\r\nStatus: Fully Booted\r\n\r\n")
                == [
                    .sent(Self.plainLogin), .loggedIn("11.0.0"), .event("FullyBooted"),
                ])
    }

    @Test("comes before every other action")
    func notReady() throws {
        var client = Client()
        #expect(try client.asks(Action("CoreShowChannels")) == (nil, []))
        _ = client.hears(banner)
        #expect(try client.asks(Action("CoreShowChannels")) == (nil, []))
    }
}
