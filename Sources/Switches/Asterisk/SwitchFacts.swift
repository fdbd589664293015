import AMI
import Telephony
import Time

/// What is known of one Asterisk and of the connection to it: the input of every ``Finding``.
///
/// nil and absent keys mean “could not be asked”; they are never treated as a value.
public struct SwitchFacts: Equatable, Sendable {
    /// What our own configuration and the connection show.
    public struct Way: Equatable, Sendable {
        public var username: String
        public var login: Session.Method
        public var isEncrypted: Bool
        /// The other end is on this machine.
        public var isLoopback: Bool
        public var port: Int
        public var certificate: String?
        public var certificateExpires: UnixTime?
        /// How many Asterisks the configuration has, including this one.
        public var switches: Int
        /// The thresholds of `[service_level]` and `[[queues]]`.
        public var threshold: Span
        public var thresholds: [QueueName: Span]
        public var notice: AsteriskTranslator.QueueStatusNotice

        public init(
            username: String, login: Session.Method = .md5, isEncrypted: Bool, isLoopback: Bool, port: Int,
            certificate: String? = nil, certificateExpires: UnixTime? = nil, switches: Int = 1,
            threshold: Span = .seconds(20),  // not a limit: the usual contract
            thresholds: [QueueName: Span] = [:], notice: AsteriskTranslator.QueueStatusNotice = .init()
        ) {
            self.username = username
            self.login = login
            self.isEncrypted = isEncrypted
            self.isLoopback = isLoopback
            self.port = port
            self.certificate = certificate
            self.certificateExpires = certificateExpires
            self.switches = switches
            self.threshold = threshold
            self.thresholds = thresholds
            self.notice = notice
        }
    }

    public struct Member: Equatable, Sendable {
        public var queue: String
        public var name: String
        public var interface: String
        public var stateInterface: String
        /// `static`, `dynamic`, `realtime`.
        public var membership: String

        public init(
            queue: String, name: String, interface: String, stateInterface: String, membership: String = "static"
        ) {
            self.queue = queue
            self.name = name
            self.interface = interface
            self.stateInterface = stateInterface
            self.membership = membership
        }
    }

    public struct Queue: Equatable, Sendable {
        public var name: String
        /// The switch's own service-level threshold, in seconds.
        public var serviceLevel: Int?

        public init(name: String, serviceLevel: Int? = nil) {
            self.name = name
            self.serviceLevel = serviceLevel
        }
    }

    /// A value of a configuration file, e.g. `manager.conf`, `general`, `timestampevents`.
    public struct Setting: Hashable, Sendable {
        public var file: String
        public var section: String
        public var key: String

        public init(_ file: String, _ section: String, _ key: String) {
            self.file = file
            self.section = section
            self.key = key
        }
    }

    public var way: Way
    /// The version in the banner, e.g. `11.0.0`.
    public var amiVersion = ""
    /// E.g. `22.10.1`.
    public var version: String?
    /// Empty if the switch has none.
    public var systemName: String?
    public var clock: ClockOffset.Sample?
    /// The actions that this user may use, with the classes that allow each. Actions that need no class are left out.
    public var actions: [String: [String]]?
    public var hasBooted = false
    /// The number of events received while we listened, by class; and how many of them had a time stamp.
    public var eventsSeen: [String: Int] = [:]
    public var eventsStamped = 0
    public var eventsUnstamped = 0
    public var listened = Span.zero
    /// A value is empty if it is not set or cannot be read; ``canReadManagerSettings`` distinguishes the two for
    /// manager.conf.
    public var settings: [Setting: String] = [:]
    public var queues: [Queue]?
    public var members: [Member] = []
    public var dialPlan: DialPlanFacts?

    public init(way: Way) { self.way = way }

    /// `enabled` is set in every manager.conf that lets us log in.
    public var canReadManagerSettings: Bool { setting("manager.conf", "general", "enabled") != nil }

    /// nil if it is not set, or cannot be read.
    public func setting(_ file: String, _ section: String, _ key: String) -> String? {
        settings[Setting(file, section, key)].flatMap { $0.isEmpty ? nil : $0 }
    }

    func user(_ key: String) -> String? { setting("manager.conf", way.username, key) }
    func general(_ key: String) -> String? { setting("manager.conf", "general", key) }

    /// The write classes that the permitted actions prove: those that alone allow an action.
    public var writeClasses: Set<String>? {
        guard let actions else { return nil }
        return Set(actions.values.filter { $0.count == 1 }.flatMap { $0 })
    }
}

/// As `ast_true` in Asterisk's `main/utils.c`.
func isTrue(_ value: String) -> Bool { ["yes", "true", "y", "t", "1", "on"].contains(value.lowercased()) }
