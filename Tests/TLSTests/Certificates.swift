import Foundation

/// Certificates for the tests, made by the `openssl` command in a folder of their own: two authorities and what they signed.
struct Certificates {
    static let shared = try! Certificates()

    let folder: URL

    /// A certificate file and its key's.
    struct Pair: Sendable {
        var certificate: String
        var key: String
    }

    func path(_ name: String) -> String { folder.appending(path: name).path }

    var authority: String { path("authority.crt") }
    var otherAuthority: String { path("other.crt") }
    func pair(_ name: String) -> Pair { Pair(certificate: path("\(name).crt"), key: path("leaf.key")) }

    private init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "centralino-tls-\(ProcessInfo.processInfo.processIdentifier)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        Self.removeAtExit(folder)
        try Data(Self.configuration.utf8).write(to: folder.appending(path: "ca.cnf"))
        try Data().write(to: folder.appending(path: "index.txt"))
        for name in ["authority", "other"] {
            try openssl("ecparam -name prime256v1 -genkey -noout -out \(name).key")
            try openssl("req -x509 -key \(name).key -out \(name).crt -days 3650 -subj", "/CN=\(name)")
        }
        try openssl("ecparam -name prime256v1 -genkey -noout -out leaf.key")
        let names = "subjectAltName=IP:127.0.0.1,DNS:localhost"
        try sign("good", names)
        try sign("expired", names, from: "20200101000000Z", to: "20200301123000Z")
        try sign("future", names, from: "20990101000000Z", to: "20991231000000Z")
        try sign("stranger", names, by: "other")
        try sign("elsewhere", "subjectAltName=DNS:pbx.example,IP:192.0.2.7")
        try sign("nameless", nil, subject: "/CN=pbx.example")
        try sign("client-only", names, extra: "extendedKeyUsage=clientAuth")
        try sign("rude", names, subject: "/CN=a\u{1B}[31mb\nc")
        try openssl("req -x509 -key leaf.key -out self-signed.crt -days 3650 -addext \(names) -subj", "/CN=self-signed")
        try openssl("ecparam -name prime256v1 -genkey -noout -out stray.key")
        try openssl("pkey -in leaf.key -aes128 -passout pass:secret -out encrypted.key")
        try Data("no certificate here\n".utf8).write(to: folder.appending(path: "text.pem"))
    }

    private func sign(
        _ name: String, _ alternativeNames: String?, by authority: String = "authority", subject: String? = nil, extra: String? = nil,
        from start: String = "20200101000000Z", to end: String = "20991231000000Z"
    ) throws {
        let extensions = [alternativeNames, extra].compactMap { $0 }.map { " -addext \($0)" }.joined()
        try openssl("req -new -key leaf.key -out \(name).csr\(extensions) -utf8 -subj", subject ?? "/CN=\(name)")
        try openssl(
            "ca -batch -config ca.cnf -notext -cert \(authority).crt -keyfile \(authority).key -in \(name).csr -out \(name).crt -startdate \(start) -enddate \(end)"
        )
    }

    private func openssl(_ arguments: String, _ last: String? = nil) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
        process.arguments = arguments.split(separator: " ").map(String.init) + (last.map { [$0] } ?? [])
        process.currentDirectoryURL = folder
        let errors = Pipe()
        process.standardError = errors
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        let said = errors.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Failure(description: "openssl \(arguments): \(String(decoding: said, as: UTF8.self))")
        }
    }

    private struct Failure: Error, CustomStringConvertible { var description: String }

    private static func removeAtExit(_ folder: URL) {
        doomed = folder.path
        atexit { try? FileManager.default.removeItem(atPath: Certificates.doomed) }
    }

    // Written once, before the tests that read files from it.
    nonisolated(unsafe) private static var doomed = ""

    private static let configuration = """
        [ca]
        default_ca = tests
        [tests]
        database = index.txt
        new_certs_dir = .
        rand_serial = yes
        unique_subject = no
        default_md = sha256
        policy = any
        copy_extensions = copy
        string_mask = utf8only
        [any]
        commonName = supplied
        """
}
