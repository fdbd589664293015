import TLS
import Testing

@Suite("The certificate of a peer")
struct CertificateTests {
    @Test("is valid for each of its names", arguments: ["127.0.0.1", "localhost", "LOCALHOST"])
    func good(name: String) throws {
        _ = try Conversation(serverName: name).established()
    }

    @Test("is valid if it is the very one that the operator gave", arguments: ["good", "self-signed", "stranger"])
    func pinned(name: String) throws {
        _ = try Conversation(name, trusting: .file(Certificates.shared.pair(name).certificate)).established()
    }

    @Test("may have a host name only as its common name, as old ones have")
    func commonName() throws {
        _ = try Conversation("nameless", serverName: "pbx.example").established()
    }

    @Test(
        "is refused, with the reason and the remedy for the operator",
        arguments: [
            (
                "expired", "127.0.0.1",
                "The certificate of “CN = expired” expired on 2020-03-01 12:30 UTC. Renew it on the switch (tlscertfile in manager.conf), or correct this machine's clock.",
                "certificate expired"
            ),
            (
                "future", "127.0.0.1",
                "The certificate of “CN = future” is valid only from 2099-01-01 00:00 UTC on. Correct this machine's clock, or issue the certificate again.",
                "bad certificate"
            ),
            (
                "stranger", "127.0.0.1",
                "The certificate of “CN = stranger” is signed by “CN = other”, whom nobody here trusts. Give that authority's certificate (PEM) as ca_file; the switch must send those in between.",
                "unknown CA"
            ),
            (
                "self-signed", "127.0.0.1",
                "The certificate of “CN = self-signed” is signed by itself and not known here. If it is the right one, give it as ca_file.",
                "unknown CA"
            ),
            (
                "elsewhere", "127.0.0.1",
                "The certificate is for “pbx.example”, “192.0.2.7”, not for “127.0.0.1”. Give one of its names as server_name if this is the right switch, or issue it with subjectAltName for “127.0.0.1”.",
                "bad certificate"
            ),
            (
                "good", "pbx.example",
                "The certificate is for “127.0.0.1”, “localhost”, not for “pbx.example”. Give one of its names as server_name if this is the right switch, or issue it with subjectAltName for “pbx.example”.",
                "bad certificate"
            ),
            (
                "nameless", "127.0.0.1",
                "The certificate of “CN = pbx.example” has no alternative names, and is not for “127.0.0.1”. Issue it with subjectAltName for that name or address, or give the name it is for as server_name.",
                "bad certificate"
            ),
            (
                "client-only", "127.0.0.1",
                "The certificate of “CN = client-only” is not accepted: unsuitable certificate purpose. Issue it again (RSA of 2048 bits or more, SHA-256, for servers).",
                "unsupported certificate"
            ),
        ])
    func refused(certificate: String, name: String, text: String, alert: String) throws {
        let talk = try Conversation(certificate, serverName: name)
        talk.shakeHands()
        guard case .failed(let error) = talk.client.state else {
            Issue.record("the client is \(talk.client.state)")
            return
        }
        #expect("\(error)" == text)
        #expect(error.isConfigurationFault)
        #expect(talk.server.state == .failed(.refusedByPeer(alert: alert)))
        // An untrusted peer received nothing, and receives nothing any more.
        #expect(talk.serverHeard == [] && talk.client.send([1]) == Session.Output())
    }

    @Test("is refused if only the system's authorities are trusted and its own is not among them")
    func system() throws {
        let talk = try Conversation(trusting: .system)
        talk.shakeHands()
        guard case .failed(.unknownAuthority(let certificate, isSelfSigned: false)) = talk.client.state else {
            Issue.record("the client is \(talk.client.state)")
            return
        }
        #expect(certificate.issuer == "CN = authority")
        #expect(certificate.names == ["127.0.0.1", "localhost"])
    }

    @Test("cannot inject lines into our log")
    func rudeName() throws {
        let talk = try Conversation("rude", serverName: "pbx.example")
        talk.shakeHands()
        guard case .failed(let error) = talk.client.state else { return #expect(Bool(false), "\(talk.client.state)") }
        #expect(!"\(error)".unicodeScalars.contains { $0.value < 32 })
    }

    @Test(
        "cannot be for such a name",
        arguments: [
            "", ".example", "a b", "pbx\0.example", "müller.example", "*", "fe80::1::2",
            String(repeating: "a", count: 254),
        ])
    func noServerName(name: String) throws {
        #expect(throws: TLSError.notAServerName(name)) { try Session(client: .client(), serverName: name) }
    }
}

@Suite("TLS's files")
struct FileTests {
    let files = Certificates.shared

    @Test("of authorities must exist and hold certificates")
    func authorities() {
        #expect(throws: TLSError.fileUnreadable(path: files.path("nowhere.pem"), reason: "No such file or directory")) {
            try Context.client(authorities: .file(files.path("nowhere.pem")))
        }
        #expect(throws: TLSError.fileUnreadable(path: files.path("."), reason: "it is not a file")) {
            try Context.client(authorities: .file(files.path(".")))
        }
        #expect(throws: TLSError.noCertificates(path: files.path("text.pem"), reason: "no certificate or crl found")) {
            try Context.client(authorities: .file(files.path("text.pem")))
        }
        #expect(throws: TLSError.noCertificates(path: files.path("leaf.key"), reason: "no certificate or crl found")) {
            try Context.client(authorities: .file(files.path("leaf.key")))
        }
        #expect(
            "\(TLSError.fileUnreadable(path: "/etc/ca.pem", reason: "Permission denied"))"
                == "The file “/etc/ca.pem” cannot be read: Permission denied. Check the path and its permissions.")
    }

    @Test("of a server must belong together, and the key must need no password")
    func server() {
        let certificate = files.pair("good").certificate
        func make(_ certificate: String, _ key: String) throws(TLSError) {
            _ = try Context.server(certificateFile: certificate, keyFile: files.path(key))
        }
        #expect(throws: TLSError.keyOfAnotherCertificate(path: files.path("stray.key"), certificateFile: certificate)) {
            try make(certificate, "stray.key")
        }
        #expect(throws: TLSError.noCertificates(path: files.path("text.pem"), reason: "no start line")) {
            try make(files.path("text.pem"), "leaf.key")
        }
        for (key, reason) in [("text.pem", "unsupported"), ("encrypted.key", "bad decrypt")] {
            #expect(throws: TLSError.noKey(path: files.path(key), reason: reason)) { try make(certificate, key) }
        }
    }
}
