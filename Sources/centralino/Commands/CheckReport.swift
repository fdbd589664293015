import Edges

/// What `centralino check` found: for people, or with `--json` for programs. No secret stands in it.
struct CheckReport: Encodable {
    struct Remark: Encodable {
        /// nil: it is about what the file lacks.
        var line: Int?
        var text: String
    }

    struct Switch: Encodable {
        var name: String
        /// `asterisk`, or `webhook` for one that sends webhooks.
        var kind: String
        /// Where an Asterisk's manager is, or where the webhooks are posted.
        var address: String
        var tls: Bool
        var username: String?
    }

    struct Configured: Encodable {
        var switches: [Switch]
        /// nil: it is off.
        var http: String?
        var desks: String?
        var wallboards: String?
        /// Those of the three that speak TLS.
        var listenersWithTLS: [String]
        var store: String?
        /// nil: none is kept.
        var journal: String?
        /// How long what is kept, in words.
        var kept: [String]
        var agents: Int
        var agentsWithOwnToken: Int
        var queues: Int
        var alarms: Int
        var groups: Int
        var teams: Int
        var suppliers: Int
        /// The names only: an address may hold a secret.
        var deliveries: [String]
        /// What figures of single agents are kept by; nil: none are.
        var legalBasis: String?
        var logLevel: String
        var logFormat: String
    }

    var path: String
    var faults: [Remark]
    var warnings: [Remark] = []
    /// nil where there are faults.
    var configured: Configured?

    init(_ path: String, faults: [ConfigurationReader.Fault]) {
        self.path = path
        self.faults = faults.map { Remark(line: $0.line, text: $0.text) }
    }

    init(_ path: String, _ configuration: ProgramConfiguration) {
        self.init(path, faults: [])
        warnings = configuration.warnings.map { Remark(line: $0.line, text: $0.text) }
        warnings += Self.missing(configuration).map { Remark(line: nil, text: $0) }
        configured = Configured(configuration)
    }

    /// What works without, but perhaps not as intended.
    private static func missing(_ configuration: ProgramConfiguration) -> [String] {
        var texts: [String] = []
        if !configuration.isStoreConfigured, let path = configuration.storePath {
            texts.append(
                "[store] path is missing: contact records and the anagrafica are kept in “\(path)”. Say where they are to be."
            )
        }
        if !configuration.isJournalConfigured {
            texts.append(
                "[journal] directory is missing: a stop or a crash forgets the calls that go on and the figures of the day, and nobody can ask for an earlier moment."
            )
        }
        let gateway = configuration.gateway
        if gateway.deskToken == nil, gateway.agents.allSatisfy({ $0.token == nil }) {
            texts.append("No desk will be admitted: [desks] has no token_file.")
        }
        return texts
    }

    /// For people: a line each.
    var lines: [String] {
        guard let configured else { return [] }
        var lines = configured.switches.map { known in
            known.kind == "asterisk"
                ? "switch \(known.name): Asterisk at \(known.address)\(known.tls ? " with TLS" : "") as “\(known.username ?? "")”"
                : "switch \(known.name): \(known.address)"
        }
        for (name, place) in [
            ("http", configured.http), ("desks", configured.desks), ("wallboards", configured.wallboards),
        ] {
            let tls = configured.listenersWithTLS.contains(name) ? " with TLS" : ""
            lines.append("\(name): \(place.map { $0 + tls } ?? "off")")
        }
        lines.append("store: \(configured.store ?? "none")")
        lines.append("journal: \(configured.journal ?? "none")")
        lines += configured.kept
        lines.append("agents: \(configured.agents), \(configured.agentsWithOwnToken) with a token of their own")
        lines.append("queues with settings: \(configured.queues), with \(configured.alarms) alarms")
        lines.append(
            "organisation: \(configured.groups) groups, \(configured.teams) teams, \(configured.suppliers) suppliers")
        if !configured.deliveries.isEmpty {
            lines.append("deliveries: \(configured.deliveries.joined(separator: ", "))")
        }
        lines.append("log: \(configured.logLevel) and worse, as \(configured.logFormat)")
        if let basis = configured.legalBasis { lines.append("figures of single agents: kept, by \(basis)") }
        return lines
    }
}

extension CheckReport.Configured {
    init(_ configuration: ProgramConfiguration) {
        let gateway = configuration.gateway
        switches = gateway.switches.map {
            .init(
                name: $0.name.rawValue, kind: "asterisk", address: "\($0.address)", tls: $0.address.security != .plain,
                username: $0.link.username)
        }
        switches += gateway.webhooks.map {
            .init(name: $0.name.rawValue, kind: "webhook", address: "POST /v1/webhooks/\($0.name)", tls: false)
        }
        (http, desks, wallboards) = (
            gateway.http.map { "\($0)" }, gateway.desks.map { "\($0)" }, gateway.wallboards.map { "\($0)" }
        )
        listenersWithTLS = ClientPort.allCases.filter(gateway.secured.contains).map(\.rawValue)
        (store, journal) = (configuration.storePath, configuration.journalDirectory)
        kept = configuration.keepingLines
        agents = gateway.agents.count
        agentsWithOwnToken = gateway.agents.count { $0.token != nil }
        let perSwitch = gateway.queuesBySwitch.values
        queues = gateway.queues.count + perSwitch.reduce(0) { $0 + $1.settings.count }
        alarms = (Array(gateway.alarms.values) + perSwitch.flatMap(\.alarms.values)).reduce(0) { $0 + $1.count }
        groups = gateway.organisation.groups.count
        teams = gateway.organisation.teams.count
        suppliers = gateway.organisation.suppliers.count
        deliveries = gateway.deliveries
        legalBasis = gateway.legalBasis.map { "“\($0.reference)” of \($0.date)" }
        logLevel = configuration.log.level.rawValue
        logFormat = configuration.log.format.rawValue
    }
}
