import TLS
import Testing

/// A client and a server, back to back in memory.
final class Conversation {
    let client: Session
    let server: Session
    /// Bytes per delivery; the network may cut anywhere.
    var chunk = Int.max
    private(set) var clientHeard: [UInt8] = []
    private(set) var serverHeard: [UInt8] = []
    /// Changes the bytes on the wire.
    var tamper: ((_ toServer: Bool, inout [UInt8]) -> Void)?

    init(
        _ certificate: String = "good", trusting authorities: Context.Authorities? = nil,
        serverName: String = "127.0.0.1"
    ) throws {
        let files = Certificates.shared
        let pair = files.pair(certificate)
        client = try Session(
            client: .client(authorities: authorities ?? .file(files.authority)), serverName: serverName)
        server = try Session(server: .server(certificateFile: pair.certificate, keyFile: pair.key))
    }

    /// Runs both sides until neither has anything more to send.
    func shakeHands() { deliver(client.start().ciphertext, toServer: true) }

    func established(sourceLocation: SourceLocation = #_sourceLocation) -> Conversation {
        shakeHands()
        #expect(client.state == .established && server.state == .established, sourceLocation: sourceLocation)
        return self
    }

    func clientSays(_ bytes: [UInt8]) { deliver(client.send(bytes).ciphertext, toServer: true) }
    func serverSays(_ bytes: [UInt8]) { deliver(server.send(bytes).ciphertext, toServer: false) }

    func deliver(_ ciphertext: [UInt8], toServer: Bool) {
        var turns: [([UInt8], Bool)] = [(ciphertext, toServer)]
        while !turns.isEmpty {
            var (bytes, toServer) = turns.removeFirst()
            tamper?(toServer, &bytes)
            var rest = bytes[...]
            while !rest.isEmpty {
                let output = (toServer ? server : client).receive(Array(rest.prefix(chunk)))
                rest = rest.dropFirst(chunk)
                if toServer { serverHeard += output.plaintext } else { clientHeard += output.plaintext }
                if !output.ciphertext.isEmpty { turns.append((output.ciphertext, !toServer)) }
            }
        }
    }
}

/// SplitMix64: the same numbers for the same seed.
struct Random: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func bytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8.random(in: 0...255, using: &self) } }
}
