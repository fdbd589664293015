import TLS
import Testing

@Suite("A peer that")
struct HostileTests {
    @Test(
        "does not speak TLS is named by its first line",
        arguments: [
            (
                "Asterisk Call Manager/9.0.0\r\n",
                "This port speaks plain AMI: it began with “Asterisk Call Manager/9.0.0”. Give the port of tlsbindaddr in manager.conf (5039 is the default), or leave tls out."
            ),
            (
                "SSH-2.0-OpenSSH_9.2\r\n",
                "This port does not speak TLS: it began with “SSH-2.0-OpenSSH_9.2”. Check host and port (tlsbindaddr in manager.conf; 5039 is the default)."
            ),
            (
                "\u{1B}[2J\u{202E}\n",
                "This port does not speak TLS: it began with “·[2J·”. Check host and port (tlsbindaddr in manager.conf; 5039 is the default)."
            ),
        ])
    func notTLS(banner: String, text: String) throws {
        let client = try Session(client: .client(), serverName: "localhost")
        _ = client.start()
        let output = client.receive(Array(banner.utf8))
        #expect(output.failure?.description == text)
        #expect(output.failure?.isConfigurationFault == true)
        #expect(output.ciphertext == [] && output.plaintext == [])
    }

    @Test("does not speak TLS is noticed at its first wrong byte", arguments: [[UInt8(ascii: "G")], [22, 2], [0x80]])
    func firstByte(bytes: [UInt8]) throws {
        let talk = try Conversation()
        for (index, byte) in bytes.enumerated() {
            let isLast = index == bytes.count - 1
            #expect((talk.server.receive([byte]).failure != nil) == isLast)
        }
    }

    @Test("refuses our versions, or offers only old ones, is distinguished from others")
    func versions() throws {
        let alert: [UInt8] = [21, 3, 3, 0, 2, 2, 70]
        #expect(try answer(alert).failure == .protocolVersion)
        // A ServerHello of TLS 1.0 that chooses TLS_RSA_WITH_AES_128_CBC_SHA.
        let hello: [UInt8] = [22, 3, 1, 0, 42, 2, 0, 0, 38, 3, 1] + [UInt8](repeating: 7, count: 32) + [0, 0, 0x2F, 0]
        let output = try answer(hello)
        #expect(output.failure == .protocolVersion)
        // Our alert: protocol_version.
        #expect(output.ciphertext.suffix(2) == [2, 70])
        #expect(
            "\(TLSError.protocolVersion)"
                == "The two sides have no version of TLS in common; older ones than 1.2 are not safe (RFC 8996). Set tlsdisablev12 = no in manager.conf, or bring the switch's OpenSSL up to date."
        )
    }

    @Test("answers with an alert is quoted")
    func alert() throws {
        #expect(try answer([21, 3, 3, 0, 2, 2, 40]).failure == .refusedByPeer(alert: "handshake failure"))
    }

    @Test("announces more than TLS allows is disconnected at the announcement")
    func announcements() throws {
        #expect(try answer([22, 3, 3, 0xFF, 0xFF]).failure == .violated(reason: "packet length too long"))
        // A handshake message (2: ServerHello) of 16 MB.
        #expect(
            try answer([22, 3, 3, 0, 4, 2, 0xFF, 0xFF, 0xFF]).failure == .violated(reason: "excessive message size"))
    }

    @Test("sends arbitrary bytes instead of a handshake does no harm", arguments: 0..<200 as Range<UInt64>)
    func randomHandshake(seed: UInt64) throws {
        var random = Random(state: seed)
        let talk = try Conversation()
        _ = talk.client.start()
        for session in [talk.client, talk.server] {
            var output = Session.Output()
            for _ in 0..<8 where output.failure == nil {
                let length = Int.random(in: 1...600, using: &random)
                let type = UInt8.random(in: 20...24, using: &random)
                output = session.receive([type, 3, 3, UInt8(length >> 8), UInt8(length & 0xFF)] + random.bytes(length))
                #expect(output.plaintext == [])
            }
            #expect(session.state != .established)
        }
    }

    @Test("changes a byte on the way is never believed", arguments: 0..<300 as Range<UInt64>)
    func tampered(seed: UInt64) throws {
        var random = Random(state: seed)
        let talk = try Conversation()
        talk.chunk = Int.random(in: 1...2000, using: &random)
        let victim = Int.random(in: 0..<6, using: &random)
        var deliveries = 0
        talk.tamper = { _, bytes in
            defer { deliveries += 1 }
            guard deliveries == victim, !bytes.isEmpty else { return }
            switch Int.random(in: 0..<3, using: &random) {
            case 0: bytes[Int.random(in: 0..<bytes.count, using: &random)] ^= UInt8.random(in: 1...255, using: &random)
            case 1: bytes.removeSubrange(Int.random(in: 0..<bytes.count, using: &random)...)
            default: bytes.insert(contentsOf: random.bytes(5), at: Int.random(in: 0...bytes.count, using: &random))
            }
        }
        let said = random.bytes(5000)
        talk.shakeHands()
        if talk.client.state == .established { talk.clientSays(said) }
        if talk.server.state == .established { talk.serverSays(said) }
        // Complete, or cut off: but nothing that was not sent.
        #expect(said.starts(with: talk.serverHeard) && said.starts(with: talk.clientHeard))
    }

    @Test("breaks a record of an established session ends it; what came before is valid")
    func brokenRecord() throws {
        let talk = try Conversation().established()
        var bytes = talk.server.send([1]).ciphertext
        var second = talk.server.send([2]).ciphertext
        second[second.count - 1] ^= 1
        bytes += second
        let output = talk.client.receive(bytes)
        #expect(output.plaintext == [1])
        #expect(output.failure == .violated(reason: "decryption failed or bad record mac"))
        #expect(output.failure?.isConfigurationFault == false)
        #expect(talk.client.receive(talk.server.send([3]).ciphertext) == Session.Output())
        // The other side is notified, and has no fault of its own.
        let told = talk.server.receive(output.ciphertext).failure
        #expect(told == .endedByPeer(alert: "bad record mac"))
        #expect(told?.isConfigurationFault == false)
    }

    private func answer(_ bytes: [UInt8]) throws -> Session.Output {
        let client = try Session(client: .client(), serverName: "localhost")
        _ = client.start()
        return client.receive(bytes)
    }
}
