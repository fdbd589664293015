import ArgumentParser
import EventLoop
import Core
import Edges
import Gateway
import Synchronization

struct Run: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run the gateway.",
        discussion: """
            centralino run --config centralino.toml

            Ctrl-C or SIGTERM end it in an orderly way. `centralino check` says what is wrong with a configuration; Simulator/Scenarios/example \
            has one with every key. Exit status: 0, or 1 if it could not start or contact records could not be stored.
            """)

    @Option(help: "The configuration file.") var config = "centralino.toml"

    func run() throws {
        let configuration = try readConfiguration(config, consequence: "Nothing was started.")
        try orExit {
            try EventLoop.run {
                let host = try Site.make(configuration)
                let signals = try Site.stopOnSignals { stopped in
                    host.stop {
                        Self.hasUnsaved.withLock { $0 = host.unsavedRecords > 0 }
                        stopped()
                    }
                }
                Self.keep = (host, signals)
                try host.start()
                // The port that was really bound: the configuration may leave it to the system (0).
                @LoopActor func taken(_ port: ClientPort, _ endpoint: Configuration.Endpoint?) -> Configuration
                    .Endpoint?
                {
                    endpoint.map { Configuration.Endpoint(host: $0.host, port: host.port(port) ?? $0.port) }
                }
                let gateway = configuration.gateway
                if let http = taken(.http, gateway.http) {
                    let scheme = gateway.secured.contains(.http) ? "https" : "http"
                    Log.write(
                        .info, "centralino", "Pages: \(scheme)://\(http)/desk and \(scheme)://\(http)/wallboard")
                }
                if let desks = taken(.desks, gateway.desks) {
                    Log.write(
                        .info, "centralino",
                        "Desks' NDJSON: \(desks)\(gateway.secured.contains(.desks) ? ", with TLS" : "")")
                }
                if let wallboards = taken(.wallboards, gateway.wallboards) {
                    Log.write(
                        .info, "centralino",
                        "Wallboards' NDJSON: \(wallboards)\(gateway.secured.contains(.wallboards) ? ", with TLS" : "")")
                }
            }
        }
        if Self.hasUnsaved.withLock({ $0 }) { throw ExitCode.failure }
    }

    /// What must live as long as the loop.
    @LoopActor private static var keep: (Host, [SignalWatcher])?
    private static let hasUnsaved = Mutex(false)
}
