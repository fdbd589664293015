import Access
import Edges
import Gateway
import Telephony
import Time
import Wire

/// A centre with two outsourcers, of which each must see nothing of the other. Every name of Beta's contains “beta” or
/// a number from 2001, so that a test can look for them in whatever was sent.
struct TwoSuppliers {
    var bench: Bench

    static let alfa = Grant(holder: .program("alfa"), role: .supervisor, scope: Scope([.supplier("Alfa")]))
    static let asAlfa = [("Authorization", "Bearer ctl_alfa")]
    static let asBeta = [("Authorization", "Bearer ctl_beta")]
    static let asWhole = [("Authorization", "Bearer ctl_whole")]

    static var configuration: Configuration {
        func agents(_ numbers: ClosedRange<Int>) -> [Interface] { numbers.map { Interface("PJSIP/\($0)") } }
        var configuration = Bench.configuration
        configuration.wallboardToken = .init("wallboard-secret")
        configuration.organisation = Organisation(
            groups: [
                .init(name: "di alfa", queues: ["alfa uno", "alfa due"].map { QueueName($0) }),
                .init(name: "miste", queues: ["alfa uno", "beta uno"].map { QueueName($0) }),
                .init(name: "di beta", queues: ["beta uno"].map { QueueName($0) }),
            ],
            teams: [
                .init(name: "squadra alfa", agents: agents(1001...1006), supplier: "Alfa"),
                .init(name: "squadra beta", agents: agents(2001...2006), supplier: "Beta"),
            ],
            suppliers: [
                .init(name: "Alfa", queues: ["alfa uno", "alfa due"].map { QueueName($0) }),
                .init(name: "Beta", queues: ["beta uno"].map { QueueName($0) }),
            ])
        // A switch on which Beta works alone.
        configuration.webhooks.append(
            .init(name: SwitchID("beta-cloud"), secrets: [Configuration.Secret(Bench.webhookSecret)]))
        return configuration
    }

    init(_ change: (inout Configuration) -> Void = { _ in }) {
        var configuration = Self.configuration
        change(&configuration)
        bench = Bench(configuration)
        bench.greet()
        bench.grant("ctl_alfa", Self.alfa)
        bench.grant("ctl_beta", Grant(holder: .program("beta"), role: .supervisor, scope: Scope([.supplier("Beta")])))
        bench.grant("ctl_whole", Grant(holder: .program("whole"), role: .supervisor))
        for number in 1001...1006 { bench.member("\(number)", queue: "alfa uno") }
        bench.member("1002", queue: "alfa due")
        for number in 2001...2006 { bench.member("\(number)", queue: "beta uno") }
        // One of Alfa's helps out at Beta's queue, and one of Beta's at Alfa's.
        bench.member("1001", queue: "beta uno")
        bench.member("2001", queue: "alfa uno")
        // Calls of both: one answered, one given up, one that waits.
        bench.call("1.1", agent: "1001", queue: "alfa uno")
        bench.call("1.2", agent: "2002", queue: "beta uno")
        bench.call("1.3", agent: "1001", queue: "beta uno")
        bench.join("1.4", queue: "alfa due")
        bench.join("1.5", queue: "beta uno")
        bench.wait(.seconds(1))
    }

    /// What of Beta's stands in a text; empty where nothing does.
    static func betas(in text: String) -> [String] {
        let names = ["beta"] + (2001...2006).map { "PJSIP/\($0)" } + (2001...2006).map { "Agente \($0)" }
        return names.filter { text.lowercased().contains($0.lowercased()) }
    }

    mutating func get(_ target: String, _ fields: [(String, String)] = TwoSuppliers.asAlfa) -> (
        status: Int, body: String
    ) {
        bench.request("GET", target.replacing(" ", with: "%20"), fields)
    }
}

extension Bench {
    /// A whole call: it waits ten seconds and lasts a minute.
    mutating func call(_ channel: String, agent: String, queue: String) {
        join(channel, queue: queue)
        wait(.seconds(5))
        ring(channel, agent: agent, queue: queue)
        wait(.seconds(5))
        pickUp(channel, agent: agent, queue: queue)
        wait(.seconds(60))
        hangUp(channel, agent: agent)
    }
}
