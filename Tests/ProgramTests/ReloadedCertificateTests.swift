import EventLoop
import Edges
import Foundation
import TLS
import Testing
import Time
import Waiting

@testable import centralino

@Suite("A certificate that is read again", .waiting)
struct ReloadedCertificateTests {
    /// A listener of the HTTP port's kind that answers each line with itself.
    @LoopActor
    private final class Echo {
        let certificates: ListenerCertificates
        private var listener: TCPListener?
        private var secured: [SecuredConnection] = []
        private let turns = HandshakeTurns()

        init(_ files: CertificateFiles) throws {
            certificates = try ListenerCertificates([.http: files])
            listener = try TCPListener(host: "127.0.0.1", port: 0) { [unowned self] connection in
                guard let context = certificates.context(of: .http) else { return connection.close() }
                var own: SecuredConnection?
                own = SecuredConnection(
                    accepted: connection, context, turns: turns, onOpen: {}, onRead: { own?.write($0) })
                if let own { secured.append(own) }
            }
        }

        var port: Int { listener?.port ?? 0 }
        func reload(_ text: String = "2026-11-30T12:00:00Z") {
            certificates.reload(at: UnixTime(rfc3339: text)!)
        }
        func stop() { listener?.close() }
    }

    @LoopActor private static func echo(_ files: CertificateFiles) throws -> Echo { try Echo(files) }

    @Test("serves new connections, and open ones go on; a bad pair is refused and the one before stays")
    func reload() async throws {
        EventLoop.startOnBackgroundThread()
        let folder = try TemporaryFolder()
        let authority = try TestAuthority(in: folder)
        let files = try authority.issue("first")
        let echo = try await Self.echo(files)
        let port = await echo.port
        func connect() throws -> SecureSocket { try SecureSocket(port, authority: authority.certificate) }
        func replace(by name: String) throws {
            for (old, new) in [(files.certificate, "\(name).crt"), (files.key, "\(name).key")] {
                try Data(contentsOf: URL(filePath: "\(folder.path)/\(new)")).write(to: URL(filePath: old))
            }
        }
        let early = try connect()
        #expect(early.subject == "CN = first")
        try authority.issue("second")
        try replace(by: "second")
        #expect(try connect().subject == "CN = first", "nobody asked for it")
        await echo.reload()
        #expect(try connect().subject == "CN = second")
        try early.send("still here\n")
        #expect(try early.text(until: "still here") == "still here\n")

        // The certificate of one pair and the key of another, as in the middle of a renewal.
        try authority.issue("third")
        try Data(contentsOf: URL(filePath: folder.path + "/third.crt")).write(to: URL(filePath: files.certificate))
        await echo.reload()
        #expect(try connect().subject == "CN = second")
        try FileManager.default.removeItem(atPath: files.certificate)
        await echo.reload()
        #expect(try connect().subject == "CN = second")
        try replace(by: "third")
        await echo.reload()
        #expect(try connect().subject == "CN = third")
        await echo.stop()
    }

    @Test(
        "or not: an operator is warned three weeks before its end, and after it",
        arguments: [
            ("2026-11-01T00:00:00Z", nil), ("2026-11-08T23:00:00Z", nil),
            ("2026-11-09T01:00:00Z", "ends on 2026-11-30 00:00 UTC, in 20 days"),
            ("2026-11-28T12:00:00Z", "in one day"), ("2026-11-30T00:00:00Z", "ended on 2026-11-30 00:00 UTC"),
            ("2027-01-01T00:00:00Z", "ended on"),
        ])
    func warning(now: String, part: String?) throws {
        let end = try #require(UnixTime(rfc3339: "2026-11-30T00:00:00Z"))
        let certificate = Certificate(
            subject: "CN = gw", issuer: "CN = a", names: [], notBefore: "", notAfter: "2026-11-30 00:00 UTC",
            expires: end.microseconds / 1_000_000)
        let warning = certificate.endWarning(at: try #require(UnixTime(rfc3339: now)))
        if let part { #expect(warning?.contains(part) == true, "\(warning ?? "nil")") } else { #expect(warning == nil) }
    }
}
