import ACD
import Access
import Core
import Switches
import Telephony
import Time

/// The settings that the gateway gets at its start. The program reads it from a file; nothing here touches the world.
public struct Configuration: Equatable, Sendable {
    public struct Endpoint: Hashable, Sendable, CustomStringConvertible {
        /// How what goes over a connection to it is protected.
        public enum Security: Hashable, Sendable {
            case plain
            /// `serverName` is what its certificate must be made for; without a `caFile` the operating system's
            /// authorities are trusted.
            case tls(serverName: String, caFile: String?)
        }

        public var host: String
        public var port: Int
        public var security: Security

        public init(host: String, port: Int, security: Security = .plain) {
            self.host = host
            self.port = port
            self.security = security
        }

        public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
        /// Only programs of this machine can connect to it.
        public var isLoopback: Bool { host == "localhost" || host == "::1" || host.hasPrefix("127.") }
    }

    /// A value that must not reach a log: it describes itself as dots.
    public struct Secret: Equatable, Sendable, CustomStringConvertible, CustomDebugStringConvertible {
        public let value: String
        public init(_ value: String) { self.value = value }
        public var description: String { "•••" }
        public var debugDescription: String { "•••" }
    }

    public struct Asterisk: Equatable, Sendable {
        public var name: SwitchID
        public var address: Endpoint
        /// Of the AMI user.
        public var secret: Secret
        public var link: AsteriskLink.Rules

        public init(name: SwitchID, address: Endpoint, secret: String = "", link: AsteriskLink.Rules) {
            self.name = name
            self.address = address
            self.secret = Secret(secret)
            self.link = link
        }
    }

    /// A cloud switch that calls us: `POST /v1/webhooks/{name}`.
    public struct WebhookSource: Equatable, Sendable {
        public var name: SwitchID
        /// `whsec_…`; several while one is being replaced.
        public var secrets: [Secret]

        public init(name: SwitchID, secrets: [Secret]) {
            self.name = name
            self.secrets = secrets
        }
    }

    /// A known agent. Without any, a desk may name whatever the switches name.
    public struct Agent: Equatable, Sendable {
        public var id: String
        public var name: String
        public var interface: Interface
        /// The switch that the interface is on: another may have one of the same name. nil: every switch.
        public var `switch`: SwitchID?
        /// The agent's own desk token; the common one where nil.
        public var token: Secret?
        /// Other names by which queues and telephones know the agent. What is said here is not learnt otherwise.
        public var members: [Interface]

        public init(
            id: String, name: String, interface: Interface, switch: SwitchID? = nil, token: Secret? = nil,
            members: [Interface] = []
        ) {
            self.members = members
            self.id = id
            self.name = name
            self.interface = interface
            self.switch = `switch`
            self.token = token
        }
    }

    /// Pages, API, WebSocket and server-sent events; desks' NDJSON; wallboards' NDJSON. nil: not offered.
    public var http: Endpoint? = Endpoint(host: "127.0.0.1", port: 8080)
    public var desks: Endpoint? = Endpoint(host: "127.0.0.1", port: 8081)
    public var wallboards: Endpoint? = Endpoint(host: "127.0.0.1", port: 8082)
    /// Listeners that speak TLS.
    public var secured: Set<ClientPort> = []
    /// Proxies before the HTTP port: from them alone it is believed whom they ask for. Where the port is open to other
    /// machines without TLS, nobody else is let in.
    public var proxies: [AddressRange] = []
    /// Other sites whose pages may use the HTTP port through a visitor's browser: `https://crm.example.it`, lowercase.
    public var origins: [String] = []
    /// Who may show our pages in a frame, as in Content-Security-Policy; empty: nobody.
    public var frameAncestors = ["'self'"]
    public var switches: [Asterisk] = []
    public var webhooks: [WebhookSource] = []
    public var agents: [Agent] = []
    /// Names of the systems that every closed contact record is sent to.
    public var deliveries: [String] = []
    /// Without one (and without agents' own) no desk is let in.
    public var deskToken: Secret?
    /// Without one everybody who reaches the port may watch: only for loopback.
    public var wallboardToken: Secret?
    public var queueDefaults = ACD.Settings()
    /// What is different for a queue, on whichever switch it is.
    public var queues: [QueueName: ACD.Settings] = [:]
    /// Alarm rules by queue; they are valid, and no two of a queue have the same id.
    public var alarms: [QueueName: [AlarmRule]] = [:]
    /// Settings for the queues of one switch, which replace what ``queues`` and ``alarms`` say about a queue of that
    /// name.
    public var queuesBySwitch: [SwitchID: Core.Rules.Queues] = [:]
    /// The zone whose midnight begins a day, and on whose clock intervals lie.
    public var timeZone = TimeZoneRule.rome
    /// Waits by which answers are counted beside the contract's threshold; ascending.
    public var thresholds: [Span] = [5, 10, 20, 30, 60, 120].map(Span.seconds)
    public var organisation = Organisation()
    /// When the service is open; in ``timeZone``.
    public var calendar = ServiceCalendar.always(in: .rome)
    /// Without one there are no figures of single agents.
    public var legalBasis: LegalBasis?
    /// Whether wallboards show which agent is in which state now; otherwise only how many are.
    public var namesAgents = true
    /// Whether rows of quarter-hours are kept: where there is a store for them.
    public var keepsIntervals = false
    /// Whether who signs in and who sees what is entered in an audit: where there is a store for it.
    public var keepsAudit = false
    /// How long somebody stays signed in.
    public var sessions = SignInSession.Rules()
    /// Since when the switches have not been heard, where we ran before: an earlier run's end.
    public var unheardSince: [SwitchID: UnixTime] = [:]

    public init() {}

    /// The part of it that changes records and figures: the core gets it, and the journal keeps it.
    public var rules: Core.Rules {
        Core.Rules(
            switches: switches.map { .init(name: $0.name, link: $0.link) }, webhooks: webhooks.map(\.name),
            agents: agents.isEmpty
                ? nil
                : agents.map { .init(id: $0.id, interface: $0.interface, members: $0.members, switch: $0.switch) },
            queueDefaults: queueDefaults, queues: queues, alarms: alarms,
            queuesBySwitch: queuesBySwitch.isEmpty ? nil : queuesBySwitch, timeZone: timeZone, thresholds: thresholds,
            organisation: organisation, calendar: calendar, legalBasis: legalBasis, keepsIntervals: keepsIntervals,
            unheardSince: unheardSince)
    }

    /// Whether the HTTP port is open to other machines without TLS: only to the proxies, then, and to this machine.
    var admitsOnlyProxies: Bool {
        !proxies.isEmpty && !secured.contains(.http) && http.map { !$0.isLoopback } ?? false
    }

    /// The part of the organisation that the statistics depend on.
    public var policy: ACD.Policy { rules.policy }
}
