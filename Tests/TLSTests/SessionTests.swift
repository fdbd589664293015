import TLS
import Testing

@Suite("A TLS session")
struct SessionTests {
    @Test(
        "does not depend on how the network fragments its bytes", arguments: [1, 2, 3, 5, 17, 100, 1000, 16_384, .max])
    func fragmentation(size: Int) throws {
        let talk = try Conversation()
        talk.chunk = size
        talk.shakeHands()
        talk.serverSays(Array("Asterisk Call Manager/9.0.0\r\n".utf8))
        talk.clientSays(Array("Action: Login\r\n\r\n".utf8))
        talk.serverSays([])
        #expect(talk.clientHeard == Array("Asterisk Call Manager/9.0.0\r\n".utf8))
        #expect(talk.serverHeard == Array("Action: Login\r\n\r\n".utf8))
    }

    @Test("carries megabytes both ways", arguments: [7919, 65_536])
    func large(size: Int) throws {
        var random = Random(state: 1)
        let there = random.bytes(3_000_000)
        let back = random.bytes(2_000_000)
        let talk = try Conversation().established()
        talk.chunk = size
        talk.clientSays(there)
        talk.serverSays(back)
        #expect(talk.serverHeard == there)
        #expect(talk.clientHeard == back)
    }

    @Test("shows nothing of the plaintext on the wire")
    func secrecy() throws {
        let talk = try Conversation().established()
        let wire = talk.client.send(Array("Secret: dont-read-me".utf8)).ciphertext
        #expect(!String(decoding: wire, as: UTF8.self).contains("read-me"))
        #expect(wire.count > 20)
    }

    @Test(
        "sends the intended name to the server, but never an address",
        arguments: [("localhost", true), ("127.0.0.1", false)])
    func serverNameIndication(name: String, isSent: Bool) throws {
        let client = try Session(client: .client(), serverName: name)
        let hello = client.start().ciphertext
        #expect(String(decoding: hello, as: UTF8.self).contains(name) == isSent)
    }

    @Test("offers no version older than TLS 1.2 by default, and only 1.3 if so configured")
    func versions() throws {
        // The extension supported_versions (43): its length, its list's length, then two bytes a version (RFC 8446,
        // 4.2.1).
        #expect(
            contains(try Session(client: .client(), serverName: "a").start().ciphertext, [0, 43, 0, 5, 4, 3, 4, 3, 3]))
        let strict = try Context.client(minimum: .tls13)
        #expect(contains(try Session(client: strict, serverName: "a").start().ciphertext, [0, 43, 0, 3, 2, 3, 4]))
    }

    @Test("ends in an orderly way when the client sends close_notify")
    func clientCloses() throws {
        let talk = try Conversation().established()
        let last = talk.client.send([1, 2, 3]).ciphertext + talk.client.close().ciphertext
        #expect(talk.client.state == .closing)
        #expect(talk.client.send([4]) == Session.Output())
        talk.deliver(last, toServer: true)
        #expect(talk.serverHeard == [1, 2, 3])
        #expect(talk.server.state == .closed && talk.client.state == .closed)
        #expect(talk.server.peerEnded() == nil && talk.client.peerEnded() == nil)
    }

    @Test("ends in an orderly way when the server sends close_notify")
    func serverCloses() throws {
        let talk = try Conversation().established()
        talk.deliver(talk.server.send([1]).ciphertext + talk.server.close().ciphertext, toServer: false)
        #expect(talk.clientHeard == [1])
        #expect(talk.server.state == .closed && talk.client.state == .closed)
        #expect(talk.server.peerEnded() == nil && talk.client.peerEnded() == nil)
        #expect(talk.client.send([2]) == Session.Output())
        #expect(talk.client.receive([22, 3, 3]) == Session.Output())
    }

    @Test("still hands out what the peer sends after our close_notify")
    func halfClose() throws {
        let talk = try Conversation().established()
        _ = talk.client.close()
        talk.serverSays([7, 8])
        #expect(talk.clientHeard == [7, 8])
        // A side that sent close_notify need not wait for the other's (RFC 8446, 6.1).
        #expect(talk.client.peerEnded() == nil)
        #expect(talk.client.state == .closed)
    }

    @Test("reports an end without close_notify: something may be missing")
    func truncation() throws {
        let talk = try Conversation().established()
        talk.serverSays([1])
        _ = talk.client.receive(Array(talk.server.send([2, 3]).ciphertext.dropLast()))
        #expect(talk.client.peerEnded() == .truncated)
        #expect(talk.client.state == .failed(.truncated))
        #expect(talk.clientHeard == [1])
        #expect(
            "\(TLSError.truncated)"
                == "The connection ended without TLS's goodbye (close_notify): the other side died, or somebody cut it."
        )
        #expect(talk.server.peerEnded() == .truncated)
    }

    @Test("distinguishes an end before the first byte from one within the handshake")
    func endOfHandshake() throws {
        let silent = try Conversation()
        _ = silent.client.start()
        #expect(silent.client.peerEnded() == .closedWithoutAnswer)
        #expect(
            "\(TLSError.closedWithoutAnswer)"
                == "The other side closed the connection without a byte of TLS. Is the switch starting or stopping, or does it refuse this host (deny and permit, TCP wrappers)?"
        )
        let broken = try Conversation()
        let answer = broken.server.receive(broken.client.start().ciphertext).ciphertext
        _ = broken.client.receive(Array(answer.prefix(100)))
        #expect(broken.client.peerEnded() == .closedDuringHandshake)
        #expect(broken.client.start() == Session.Output())
    }

    @Test("closed before its handshake is over sends and receives nothing more")
    func closedEarly() throws {
        let talk = try Conversation()
        let hello = talk.client.start().ciphertext
        #expect(talk.client.close() == Session.Output())
        #expect(talk.client.receive(talk.server.receive(hello).ciphertext) == Session.Output())
        #expect(talk.client.peerEnded() == nil)
    }

    private func contains(_ bytes: [UInt8], _ part: [UInt8]) -> Bool {
        bytes.indices.contains { bytes[$0...].starts(with: part) }
    }
}
