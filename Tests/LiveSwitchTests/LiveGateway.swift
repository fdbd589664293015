import Foundation
import FoundationNetworking
import GRDB
import Records
import Synchronization

/// The built program, running beside real switches: over TLS, through a relay of the test's for each.
final class LiveGateway: Sendable {
    let folder: String
    private let configuration: String
    private let running = Mutex<(program: ChildProgram?, pages: String)>((nil, ""))
    /// The switches' names, in the configuration's order.
    private let names: [String]

    init(_ switches: [LiveSwitch]) throws {
        names = switches.map(\.id)
        folder = FileManager.default.temporaryDirectory.appending(path: "centralino-live-\(UUID().uuidString)").path
        configuration = folder + "/centralino.toml"
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        let links = switches.map { each in
            """
            [[switches]]
            name = "\(each.id)"
            host = "127.0.0.1"
            port = \(each.relay.port)
            tls = true
            ca_file = "\(each.place.run)/authority.crt"
            server_name = "\(each.place.name)"
            username = "centralino"
            secret_file = "\(each.place.run)/centralino.secret"
            login = "md5"
            [switches.queue_status]
            events = ["FineCoda", "Overflow"]
            queue_header = "Coda"
            status_header = "Stato"
            """
        }
        try """
        [http]
        listen = "127.0.0.1:0"
        [desks]
        listen = "off"
        [wallboards]
        listen = "off"
        [store]
        path = "centralino.sqlite"
        [journal]
        directory = "journal"
        [numbers]
        internal = ["1000-1999"]
        \(links.joined(separator: "\n"))
        """.write(toFile: configuration, atomically: true, encoding: .utf8)
    }

    /// The program that CENTRALINO_PROGRAM names (an optimised one), or the one that the build put beside the
    /// executable that runs the tests.
    private static let executable =
        ProcessInfo.processInfo.environment["CENTRALINO_PROGRAM"]
        ?? URL(filePath: Bundle.main.executablePath ?? CommandLine.arguments[0]).deletingLastPathComponent().appending(
            path: "centralino"
        )
        .path

    /// Starts it, and waits until it knows every switch's inventory.
    func start() async throws {
        let program = try ChildProgram(Self.executable, ["run", "--config", configuration], hearsErrors: true)
        let pages = await program.next { line in line.firstMatch(of: /Pages: (http:[^ ]+[0-9])/).map { String($0.1) } }
        guard let pages else { throw Failure("The gateway does not start:\n\(program.text)") }
        running.withLock { $0 = (program, pages) }
        try await waitForLinks()
    }

    func waitForLinks() async throws {
        // Asterisk may take long to come up, and the pause before the next attempt grows to 30 s.
        let all = try await eventually(withinSeconds: 90) {
            try await figures().switches.allSatisfy { $0.state == "connected" } ? true : nil
        }
        guard all != nil else { throw Failure("The gateway is not connected to every switch:\n\(text)") }
    }

    /// Presses Ctrl-C; only status 0 is right.
    func stop() async throws {
        guard let program = running.withLock(\.program) else { return }
        let status = await program.end(interrupts: true)
        running.withLock { $0.program = nil }
        guard status == 0 else { throw Failure("The gateway ended with \(status):\n\(program.text)") }
    }

    /// Runs `centralino reconcile` over the records of that time and the switch's log. Status 1 means a difference
    /// without a cause, 3 that too little was compared.
    func reconciled(_ liveSwitch: LiveSwitch, since microseconds: Int64) async throws -> RandomPlay.Reconciled {
        let from = Date(timeIntervalSince1970: Double(microseconds) / 1_000_000).formatted(.iso8601)
        let program = try ChildProgram(
            Self.executable,
            [
                "reconcile", "--config", configuration, "--switch", liveSwitch.id, "--queue-log",
                liveSwitch.place.queueLog, "--from", from,
                "--json",
            ])
        let status = await program.end(withinSeconds: 300)
        guard [0, 1, 3].contains(status) else {
            throw Failure("centralino reconcile ended with \(status): \(program.text)")
        }
        return try JSONDecoder().decode(RandomPlay.Reconciled.self, from: Data(program.text.utf8))
    }

    func discard() { try? FileManager.default.removeItem(atPath: folder) }

    /// What it printed.
    var text: String { running.withLock(\.program)?.text ?? "" }

    // MARK: asking

    func figures() async throws -> Figures { try await get("/v1/wallboard") }
    func status(_ switchID: String) async throws -> GatewayStatus.Switch {
        let status: GatewayStatus = try await get("/v1/status")
        guard let found = status.switches.first(where: { $0.name == switchID }) else {
            throw Failure("\(switchID) has no status.")
        }
        return found
    }

    private func get<Answer: Decodable>(_ path: String) async throws -> Answer {
        var request = URLRequest(url: URL(string: running.withLock(\.pages) + path)!)
        request.setValue("application/json", forHTTPHeaderField: "Accept")
        let (data, _) = try await URLSession.shared.data(for: request)
        return try JSONDecoder().decode(Answer.self, from: data)
    }

    /// The stored records of calls that arrived since, the oldest first. Only read: opening it as the program does
    /// would write to it.
    func records(_ switchID: String, since microseconds: Int64) throws -> [ContactDocument] {
        var configuration = Configuration()
        configuration.readonly = true
        let store = try DatabaseQueue(path: folder + "/centralino.sqlite", configuration: configuration)
        let texts = try store.read { database in
            try String.fetchAll(
                database, sql: "SELECT record FROM contacts WHERE switch = ? AND arrived >= ? ORDER BY arrived, id",
                arguments: [switchID, microseconds])
        }
        return try texts.map { try JSONDecoder().decode(ContactDocument.self, from: Data($0.utf8)) }
    }
}
