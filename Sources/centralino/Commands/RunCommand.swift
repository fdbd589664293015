import ArgumentParser
import EventLoop

struct Run: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run the gateway.",
        discussion: """
            centralino run --config centralino.toml

            Ends at Ctrl-C or SIGTERM, in good order. `centralino check` says what is wrong with a configuration.
            """)

    @Option(help: "The configuration file.") var config = "centralino.toml"

    func run() throws {
        let configuration = try readConfiguration(config)
        try orExit {
            try EventLoop.run {
                let host = try Site.make(configuration)
                Self.keep = (host, try Site.stopOnSignals { host.stop($0) })
                try host.start()
                let gateway = configuration.gateway
                if let http = gateway.http, let port = host.port(.http) {
                    Log.write(.info, "centralino", "Pages: http://\(http.host):\(port)/desk and http://\(http.host):\(port)/wallboard")
                }
                if let desks = gateway.desks { Log.write(.info, "centralino", "Desks' NDJSON: \(desks)") }
                if let wallboards = gateway.wallboards { Log.write(.info, "centralino", "Wallboards' NDJSON: \(wallboards)") }
            }
        }
    }

    /// What lives as long as the loop.
    @LoopActor private static var keep: (Host, [SignalWatcher])?
}
