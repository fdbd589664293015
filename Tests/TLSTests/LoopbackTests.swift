import EventLoop
import TLS
import Testing

@Suite("TLS over a real connection")
struct LoopbackTests {
    @Test("carries a switch's greeting, an answer to it, and a close_notify")
    func greeting() async throws {
        EventLoop.startOnBackgroundThread()
        let heard = try await exchange()
        #expect(heard == ["Asterisk Call Manager/9.0.0\r\n", "Action: Logoff\r\n\r\n", "closed"])
    }

    @LoopActor
    private func exchange() async throws -> [String] {
        let pair = Certificates.shared.pair("good")
        let serverContext = try Context.server(certificateFile: pair.certificate, keyFile: pair.key)
        let client = try Session(
            client: .client(authorities: .file(Certificates.shared.authority)), serverName: "localhost")
        return await withCheckedContinuation { continuation in
            var heard: [String] = []
            do {
                let listener = try TCPListener(host: "127.0.0.1", port: 0) { connection in
                    guard let session = try? Session(server: serverContext) else { return connection.close() }
                    var hasGreeted = false
                    connection.onRead = { bytes in
                        let output = session.receive(bytes)
                        connection.write(output.ciphertext)
                        if !hasGreeted, session.state == .established {
                            hasGreeted = true
                            connection.write(session.send(Array("Asterisk Call Manager/9.0.0\r\n".utf8)).ciphertext)
                        }
                        guard !output.plaintext.isEmpty else { return }
                        heard.append(String(decoding: output.plaintext, as: UTF8.self))
                        connection.write(session.close().ciphertext)
                        connection.close(afterFlushing: true)
                    }
                }
                TCPConnection.connect(host: "127.0.0.1", port: listener.port, timeoutMicroseconds: 20_000_000) {
                    result in
                    guard case .success(let connection) = result else {
                        return continuation.resume(returning: ["\(result)"])
                    }
                    connection.onRead = { bytes in
                        let output = client.receive(bytes)
                        connection.write(output.ciphertext)
                        if let failure = output.failure { heard.append("\(failure)") }
                        guard !output.plaintext.isEmpty else { return }
                        heard.append(String(decoding: output.plaintext, as: UTF8.self))
                        connection.write(client.send(Array("Action: Logoff\r\n\r\n".utf8)).ciphertext)
                    }
                    connection.onClose = { _ in
                        listener.close()
                        continuation.resume(
                            returning: heard + ["\(client.peerEnded().map { "\($0)" } ?? "\(client.state)")"])
                    }
                    connection.write(client.start().ciphertext)
                }
            } catch {
                continuation.resume(returning: ["\(error)"])
            }
        }
    }
}
