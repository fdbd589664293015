import Foundation
import FoundationNetworking

/// The real program, built beside the tests.
enum Centralino {
    static let sources = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path

    /// The build puts the program beside the executable that runs the tests.
    static func start(_ arguments: [String]) throws -> StartedProgram {
        let tests = URL(filePath: Bundle.main.executablePath ?? CommandLine.arguments[0])
        let program = tests.deletingLastPathComponent().appending(path: "centralino").path
        guard FileManager.default.isExecutableFile(atPath: program) else {
            throw StartedProgram.Failure(
                description: "There is no program at \(program). Build it: swift build --product centralino.")
        }
        return try StartedProgram(program, arguments, in: sources)
    }

    /// Starts a demo on free ports; returns where its pages are, e.g. `http://127.0.0.1:40123`. `httpPort` requests
    /// the port of an earlier one.
    static func demo(speed: Double, httpPort: Int = 0) async throws -> Gateway {
        let program = try start([
            "demo", "--http-port", "\(httpPort)", "--desks-port", "0", "--wallboards-port", "0", "--speed", "\(speed)",
            // Everything that a test waits for recurs within a minute.
            "--playlist", "Simulator/Scenarios/demo/busy-minute",
        ])
        return try await Gateway(program, pages: /Wallboard +(http:.+)\/wallboard/)
    }

    /// Starts a simulated switch that plays one recording without end, on a free port or on this one.
    static func simulate(_ recording: String, speed: Double, port: Int = 0) async throws -> (
        switch: StartedProgram, port: Int
    ) {
        try await simulate(path: "Simulator/Traces/22/\(recording)", speed: speed, port: port)
    }

    static func simulate(path: String, speed: Double, port: Int = 0) async throws -> (switch: StartedProgram, port: Int)
    {
        let simulated = try start(["simulate", path, "--loop", "--speed", "\(speed)", "--port", "\(port)"])
        do {
            return (simulated, Int(try await simulated.line(/at 127\.0\.0\.1:([0-9]+)/)) ?? 0)
        } catch {
            await simulated.stop()
            throw error
        }
    }

    /// Starts a gateway with a configuration, beside a simulated switch that plays one recording without end.
    static func playing(_ recording: String, speed: Double) async throws -> (
        switch: StartedProgram, gateway: Gateway, folder: URL
    ) {
        try await playing(path: "Simulator/Traces/22/\(recording)", speed: speed)
    }

    /// `http` and `more`: lines of the configuration, as they may also name files in the folder, which `prepare` makes.
    static func playing(
        path: String, speed: Double, wallboardToken: String? = nil, http: String = "", more: String = "",
        prepare: (URL) throws -> Void = { _ in }
    ) async throws -> (
        switch: StartedProgram, gateway: Gateway, folder: URL
    ) {
        let (simulated, port) = try await simulate(path: path, speed: speed)
        let folder = FileManager.default.temporaryDirectory.appending(path: "centralino-browser-\(UUID().uuidString)")
        do {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            try prepare(folder)
            let configuration = folder.appending(path: "centralino.toml")
            try """
            [http]
            listen = "127.0.0.1:0"
            \(http)
            [desks]
            listen = "off"
            token = "desk"
            [wallboards]
            listen = "off"
            \(wallboardToken.map { "token = \"\($0)\"" } ?? "")
            [[switches]]
            name = "sala"
            host = "127.0.0.1"
            port = \(port)
            username = "cti"
            secret = "cti"
            \(more)
            """.write(to: configuration, atomically: true, encoding: .utf8)
            let program = try start(["run", "--config", configuration.path])
            return (simulated, try await Gateway(program, pages: /(https?:[^ ]+)\/wallboard/), folder)
        } catch {
            await simulated.stop()
            try? FileManager.default.removeItem(at: folder)
            throw error
        }
    }

    struct Gateway: Sendable {
        let program: StartedProgram
        let pages: String

        init(_ program: StartedProgram, pages pattern: Regex<(Substring, Substring)>) async throws {
            self.program = program
            do {
                pages = try await program.line(pattern)
                _ = try await program.line(/(inventory complete)/)
            } catch {
                await program.stop()
                throw error
            }
        }

        var port: Int { URL(string: pages)?.port ?? 0 }

        /// `GET /v1/status`, as far as the tests use it.
        func status() async throws -> Status {
            let (data, _) = try await URLSession.shared.data(for: URLRequest(url: URL(string: pages + "/v1/status")!))
            return try JSONDecoder().decode(Status.self, from: data)
        }

        struct Status: Decodable {
            var desks: Int
            var popsUnacknowledged: Int
        }
    }
}
