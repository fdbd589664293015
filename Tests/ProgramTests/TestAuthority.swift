import Foundation
import TLS
import Testing

@testable import centralino

/// An authority of one test, and the certificates that it signs, made by the `openssl` command.
struct TestAuthority {
    /// What its clients trust, PEM.
    var certificate: String { folder.path + "/authority.crt" }
    private let folder: TemporaryFolder

    init(in folder: TemporaryFolder) throws {
        self.folder = folder
        try openssl(
            "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout \(folder.path)/authority.key -out \(folder.path)/authority.crt -days 3650 -subj /CN=authority"
        )
    }

    /// Writes `name.crt` and `name.key` into the folder, over those of that name.
    @discardableResult
    func issue(_ name: String, names: String = "IP:127.0.0.1,DNS:localhost", days: Int = 90) throws -> CertificateFiles
    {
        let path = "\(folder.path)/\(name)"
        try openssl(
            "req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout \(path).key -out \(path).csr -subj /CN=\(name) -addext subjectAltName=\(names)"
        )
        try openssl(
            "x509 -req -in \(path).csr -CA \(certificate) -CAkey \(folder.path)/authority.key -CAcreateserial -copy_extensions copy -days \(days) -out \(path).crt"
        )
        return CertificateFiles(certificate: path + ".crt", key: path + ".key")
    }

    private func openssl(_ arguments: String) throws {
        let program = try Program(executable: "/usr/bin/openssl", arguments.split(separator: " ").map(String.init))
        let errors = program.errors.untilEnd()
        #expect(program.status() == 0, "openssl \(arguments): \(errors)")
    }
}

/// A client with TLS over a blocking socket.
final class SecureSocket {
    private let descriptor: Int32
    private let session: Session
    private var plaintext: [UInt8] = []

    init(_ port: Int, authority: String, serverName: String = "127.0.0.1") throws {
        descriptor = try Loopback.connect(port)
        var patience = timeval(tv_sec: Int(Lines.patience), tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        session = try Session(client: .client(authorities: .file(authority)), serverName: serverName)
        try Loopback.write(session.start().ciphertext, to: descriptor)
        while session.state == .handshaking { guard try receive() else { break } }
    }

    deinit { close(descriptor) }

    /// The subject of the server's certificate.
    var subject: String? { session.peerCertificate?.subject }

    func send(_ text: String) throws { try Loopback.write(session.send(Array(text.utf8)).ciphertext, to: descriptor) }

    /// false at the end.
    private func receive() throws -> Bool {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        guard count > 0 else { return false }
        let output = session.receive(Array(buffer[..<count]))
        try Loopback.write(output.ciphertext, to: descriptor)
        plaintext += output.plaintext
        if let failure = output.failure { throw failure }
        return session.state != .closed
    }

    /// Everything up to and with the first line that contains `part`.
    func text(until part: String) throws -> String {
        while true {
            let text = String(decoding: plaintext, as: UTF8.self)
            if let found = text.range(of: part), text[found.upperBound...].contains("\n") { return text }
            guard try receive() else { throw Loopback.Failure(what: "“\(part)” never came, but: \(text)") }
        }
    }

    /// A text frame as a client sends it, of less than 126 bytes, with a mask of zeros.
    func send(masked text: String) throws {
        let frame = [0x81, 0x80 | UInt8(text.utf8.count), 0, 0, 0, 0] + Array(text.utf8)
        try Loopback.write(session.send(frame).ciphertext, to: descriptor)
    }

    /// What has come, as soon as `part` is in it.
    func frame(containing part: String) throws -> String {
        while true {
            let text = String(decoding: plaintext, as: UTF8.self)
            if text.contains(part) { return text }
            guard try receive() else { throw Loopback.Failure(what: "“\(part)” never came, but: \(text)") }
        }
    }

    /// Everything until the server ends the connection.
    func untilEnd() throws -> String {
        while try receive() {}
        return String(decoding: plaintext, as: UTF8.self)
    }
}
