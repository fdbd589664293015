import Foundation
import GRDB
import Records
import Testing
import Wire

/// `centralino run` on ports of its own, with a store and a configuration in a temporary folder.
final class GatewayUnderTest {
    static let token = "desk-token-of-the-test"

    let folder: TemporaryFolder
    let configuration: String
    private(set) var program: Program!
    private(set) var http = 0
    private(set) var desks = 0
    private(set) var wallboards = 0

    /// `more` is added to the configuration, `http` to its `[http]`, `wallboards` to its `[wallboards]`;
    /// `switchPort` is the port of a present or future AMI server.
    init(
        folder: TemporaryFolder? = nil, switchPort: Int? = nil, host: String = "127.0.0.1", secret: String = "cti",
        login: String = "md5",
        http lines: String = "", wallboards wallboardLines: String = "", more: String = "", journal: Bool = true,
        starts: Bool = true
    ) throws {
        let folder = try folder ?? TemporaryFolder()
        self.folder = folder
        try folder.write("desk.token", Self.token + "\n")
        try folder.write("ami.secret", secret + "\n")
        let link = switchPort.map {
            "[[switches]]\nname = \"prova\"\nhost = \"\(host)\"\nport = \($0)\nusername = \"cti\"\nsecret_file = \"ami.secret\"\nlogin = \"\(login)\"\n"
        }
        configuration = try folder.write(
            "centralino.toml",
            """
            [http]
            listen = "127.0.0.1:0"
            \(lines)
            [desks]
            listen = "127.0.0.1:0"
            token_file = "desk.token"
            [wallboards]
            listen = "127.0.0.1:0"
            \(wallboardLines)
            [store]
            path = "centralino.sqlite"
            \(journal ? "[journal]\ndirectory = \"journal\"" : "")
            [numbers]
            internal = ["1000-1999"]
            \(link ?? "")
            \(more)
            """)
        if starts { try start() }
    }

    /// `shell`: commands that a shell runs before it becomes the program, e.g. to set a limit.
    func start(shell: String? = nil) throws {
        if let shell {
            program = try Program(
                executable: "/bin/sh",
                ["-c", "\(shell); exec \"$0\" \"$@\"", Program.executable, "run", "--config", configuration])
        } else {
            program = try Program("run", "--config", configuration)
        }
        func port(_ line: String, after mark: String) throws -> Int {
            let tail = try #require(line.components(separatedBy: mark).dropFirst().first, "\(line)")
            return try #require(Int(tail.prefix { $0.isNumber }), "\(line)")
        }
        http = try port(program.errors.wait(for: "Pages: "), after: "://127.0.0.1:")
        desks = try port(program.errors.wait(for: "Desks' NDJSON: "), after: "NDJSON: 127.0.0.1:")
        wallboards = try port(program.errors.wait(for: "Wallboards' NDJSON: "), after: "NDJSON: 127.0.0.1:")
    }

    // MARK: asking

    func status() throws -> [String: Any] {
        let answer = try LineSocket.request(http, "GET /v1/status HTTP/1.1")
        #expect(answer.status == 200)
        return object(answer.body) ?? [:]
    }

    /// The only switch's entry of the status.
    func link() throws -> [String: Any] { (try status()["switches"] as? [[String: Any]])?.first ?? [:] }

    /// A queue as the wallboard shows it now.
    func queue(_ name: String) throws -> [String: Any] {
        let answer = try LineSocket.request(http, "GET /v1/wallboard HTTP/1.1\r\nAccept: application/json")
        #expect(answer.status == 200)
        let queues = object(answer.body)?["queues"] as? [[String: Any]]
        return queues?.first { $0["name"] as? String == name } ?? [:]
    }

    func waitForCall(_ count: Int = 1, in name: String = "incentivi", _ location: SourceLocation = #_sourceLocation)
        throws
    {
        try eventually("\(count) calls offered, answered and ended in \(name)", location) {
            let queue = try queue(name)
            return queue["offered"] as? Int == count && queue["answered"] as? Int == count
                && queue["talking"] as? Int == 0
        }
    }

    /// A desk that was admitted.
    func desk(_ agent: String, token: String = GatewayUnderTest.token) throws -> LineSocket {
        let desk = try LineSocket(desks)
        try desk.send("{\"type\":\"hello\",\"token\":\"\(token)\",\"agent\":\"\(agent)\",\"version\":1}\n")
        return desk
    }

    /// The journal's segments or its checkpoints, oldest first.
    func journalFiles(checkpoints: Bool) throws -> [String] {
        let journal = folder.path + "/journal"
        return try FileManager.default.contentsOfDirectory(atPath: journal).filter {
            $0.hasSuffix(".zst") && $0.hasSuffix(".checkpoint.zst") == checkpoints
        }.sorted().map { "\(journal)/\($0)" }
    }

    /// What is in the store, whether or not the program runs. Only read: opening it as the program does would write
    /// to it.
    func stored() throws -> (parties: Int, contacts: Int) {
        var configuration = Configuration()
        configuration.readonly = true
        let store = try DatabaseQueue(path: folder.path + "/centralino.sqlite", configuration: configuration)
        return try store.read { db in
            #expect(try String.fetchAll(db, sql: "PRAGMA integrity_check") == ["ok"])
            func count(_ table: String) throws -> Int {
                try Int.fetchOne(db, sql: "SELECT count(*) FROM \(table)") ?? -1
            }
            return (try count("parties"), try count("contacts"))
        }
    }

    /// The records in its store as JSON, in the order of their ids.
    func documents() throws -> [String] {
        var configuration = Configuration()
        configuration.readonly = true
        let store = try DatabaseQueue(path: folder.path + "/centralino.sqlite", configuration: configuration)
        return try store.read { try String.fetchAll($0, sql: "SELECT record FROM contacts ORDER BY id") }
    }

    /// The same, read; it throws where one of them is not a record.
    func records() throws -> [ContactDocument] {
        try documents().map { try JSON.read(ContactDocument.self, from: $0.utf8) }
    }

    /// Runs `centralino import` into its store.
    func importParties(_ csv: String) throws {
        let ended = try Program.run("import", try folder.write("import.csv", csv), "--config", configuration)
        #expect(ended.status == 0, "\(ended.errors)")
    }

    /// Presses Ctrl-C: expects status 0 and a sound store.
    func stopCleanly(contacts: Int? = nil, _ location: SourceLocation = #_sourceLocation) throws {
        #expect(program.isRunning, "it has ended by itself:\n\(program.errors.text)", sourceLocation: location)
        #expect(program.stop() == 0, "\(program.errors.text)", sourceLocation: location)
        if let contacts {
            #expect(try stored().contacts == contacts, "\(program.errors.text)", sourceLocation: location)
        }
    }
}

extension GatewayUnderTest {
    /// A started gateway with `[wallboards] token_file`; the token is `w-secret`.
    static func withWallboardToken() throws -> (gateway: GatewayUnderTest, tokenFile: String) {
        let folder = try TemporaryFolder()
        let file = try folder.write("wallboard.token", "w-secret\n")
        let gateway = try GatewayUnderTest(folder: folder, switchPort: 1, starts: false)
        let text = try String(contentsOfFile: gateway.configuration, encoding: .utf8)
        try folder.write(
            "centralino.toml",
            text.replacingOccurrences(of: "[wallboards]\n", with: "[wallboards]\ntoken_file = \"wallboard.token\"\n"))
        try gateway.start()
        return (gateway, file)
    }
}
