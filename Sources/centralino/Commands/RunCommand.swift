import ArgumentParser
import EventLoop
import Core
import Edges
import Foundation
import Gateway
import Synchronization

struct Run: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run the gateway.",
        discussion: """
            centralino run --config centralino.toml

            Ctrl-C or SIGTERM end it in an orderly way. SIGHUP (`systemctl reload`) reads the configuration again: agents, tokens, organisation, \
            settings and alarms of queues, calendar and log are taken over without losing a call, and the log says what waits for a restart. A file \
            with faults changes nothing. `centralino check` says what is wrong with a configuration; Simulator/Scenarios/example \
            has one with every key. Exit status: 0, or 1 if it could not start or contact records could not be stored.
            """)

    @Option(help: "The configuration file.") var config = "centralino.toml"
    @Option(help: "The form of the log: text or json. It outweighs [log] format.") var logFormat: LogSettings.Format?

    func run() throws {
        let configuration = try readConfiguration(config, consequence: "Nothing was started.")
        Log.configure(LogSettings(level: configuration.log.level, format: logFormat ?? configuration.log.format))
        let (config, logFormat) = (config, logFormat)
        // A start may read a journal for half a minute: who asks for a reload meanwhile has asked too early, and ends
        // nothing.
        signal(SIGHUP, SIG_IGN)
        try orExit {
            try EventLoop.run {
                let manager = ServiceManager(environment: ProcessInfo.processInfo.environment)
                let host = try Site.make(configuration, offersFirstAccount: true)
                let reloading = Reloading(config, configuration, format: logFormat, host, manager)
                reloading.others.append { host.reloadCertificates() }
                let signals = try Site.stopOnSignals(hangUp: { reloading.reload() }) { stopped in
                    manager.stopping()
                    host.stop {
                        Self.hasUnsaved.withLock { $0 = host.unsavedRecords > 0 }
                        stopped()
                    }
                }
                Self.keep = (host, signals, manager)
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
                    host.people?.sayFirstCode(at: "\(scheme)://\(http)/sign-in")
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
                manager.ready(Reloading.status(host))
            }
        }
        if Self.hasUnsaved.withLock({ $0 }) { throw ExitCode.failure }
    }

    /// What must live as long as the loop.
    @LoopActor private static var keep: (Host, [SignalWatcher], ServiceManager)?
    private static let hasUnsaved = Mutex(false)
}
