import ArgumentParser
import Edges

struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Name every fault of a configuration with its line. Connects to nothing and writes nothing.",
        discussion: """
            centralino check --config centralino.toml

            Run it as the service's user: that user must be able to keep the store and the journal where they are configured.
            """)

    @Option(help: "The configuration file.") var config = "centralino.toml"

    func run() throws {
        let configuration = try readConfiguration(config)
        let faults = StoragePlaces().faults(of: configuration)
        if !faults.isEmpty { throw refused(config, faults) }
        let gateway = configuration.gateway
        Console.print("\(config): no faults.")
        for asterisk in gateway.switches {
            let tls = asterisk.address.security == .plain ? "" : " with TLS"
            Console.print(
                "  switch \(asterisk.name): Asterisk at \(asterisk.address)\(tls) as “\(asterisk.link.username)”")
        }
        for source in gateway.webhooks { Console.print("  switch \(source.name): POST /v1/webhooks/\(source.name)") }
        for (port, endpoint) in [
            (ClientPort.http, gateway.http), (.desks, gateway.desks), (.wallboards, gateway.wallboards),
        ] {
            let tls = gateway.secured.contains(port) ? " with TLS" : ""
            Console.print("  \(port.rawValue): \(endpoint.map { "\($0)\(tls)" } ?? "off")")
        }
        if let basis = gateway.legalBasis {
            Console.print("  figures of single agents: kept, by “\(basis.reference)” of \(basis.date)")
        }
        for warning in configuration.warnings { Console.say("\(config):\(warning)", .yellow) }
        if gateway.deskToken == nil, gateway.agents.allSatisfy({ $0.token == nil }) {
            Console.say("No desk will be admitted: [desks] has no token_file.", .yellow)
        }
    }
}
