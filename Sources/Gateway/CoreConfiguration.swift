import ACD
import AMI
import Switches
import Telephony
import Time

/// What of a ``Configuration`` changes what the core makes of what it is told: kept in the journal, so that a replay needs no configuration file,
/// and gives the figures of then also after the file was changed. No secret and no address is in it.
public struct CoreConfiguration: Codable, Equatable, Sendable {
    public struct Switch: Codable, Equatable, Sendable {
        public var name: SwitchID
        /// Stands in what people are told of a refused login.
        public var username: String
        public var isChallenged: Bool
        public var notice: AsteriskTranslator.QueueStatusNotice
        public var survey: AsteriskTranslator.SurveyNotice
        public var lines: LineRule
        /// Absent in journals of before there was one.
        public var presentation: AsteriskTranslator.PresentationNotice?
        public var events: String
        public var isRecording: Bool
    }

    /// Whose interface it is, and by which other names queues or telephones know the agent.
    public struct Agent: Codable, Equatable, Sendable {
        /// Absent in journals of before, which have only agents with `members`.
        public var id: String?
        public var interface: Interface
        public var members: [Interface]
        public var `switch`: SwitchID?
    }

    public var switches: [Switch]
    public var webhooks: [SwitchID]
    /// Absent where there are none.
    public var agents: [Agent]?
    public var queueDefaults: ACD.Settings
    public var queues: [QueueName: ACD.Settings]
    public var alarms: [QueueName: [AlarmRule]]
    /// Absent in journals of before there were any.
    public var queuesBySwitch: [SwitchID: Configuration.QueueRules]?
    public var timeZone: TimeZoneRule
    public var thresholds: [Span]
    public var organisation: Organisation
    public var calendar: ServiceCalendar
    public var legalBasis: LegalBasis?
    public var keepsIntervals: Bool?
    /// Of a start only: where a run without a journal ended.
    public var unheardSince: [SwitchID: UnixTime]

    public init(_ configuration: Configuration) {
        switches = configuration.switches.map {
            Switch(
                name: $0.name, username: $0.link.credentials.username, isChallenged: $0.link.credentials.method == .md5,
                notice: $0.link.notice, survey: $0.link.survey, lines: $0.link.lines,
                presentation: $0.link.presentation, events: $0.link.events,
                isRecording: $0.link.isRecording)
        }
        webhooks = configuration.webhooks.map(\.name)
        agents =
            configuration.agents.isEmpty
            ? nil : configuration.agents.map { Agent(id: $0.id, interface: $0.interface, members: $0.members, switch: $0.switch) }
        queueDefaults = configuration.queueDefaults
        queues = configuration.queues
        alarms = configuration.alarms
        queuesBySwitch = configuration.queuesBySwitch.isEmpty ? nil : configuration.queuesBySwitch
        timeZone = configuration.timeZone
        thresholds = configuration.thresholds
        organisation = configuration.organisation
        calendar = configuration.calendar
        legalBasis = configuration.legalBasis
        keepsIntervals = configuration.keepsIntervals
        unheardSince = configuration.unheardSince
    }
}

extension Configuration {
    /// For a replay: nobody is listened to, nothing is let in, and the switches' secrets are empty.
    public init(_ core: CoreConfiguration) {
        self.init()
        http = nil
        desks = nil
        wallboards = nil
        switches = core.switches.map {
            Asterisk(
                name: $0.name, address: Endpoint(host: "replay", port: 0),
                link: AsteriskLink.Settings(
                    credentials: .init(username: $0.username, secret: "", method: $0.isChallenged ? .md5 : .plain), notice: $0.notice,
                    survey: $0.survey, lines: $0.lines, presentation: $0.presentation ?? .init(), events: $0.events,
                    isRecording: $0.isRecording))
        }
        webhooks = core.webhooks.map { WebhookSource(name: $0, secrets: []) }
        agents = (core.agents ?? []).map {
            Agent(
                id: $0.id ?? $0.interface.rawValue, name: $0.interface.rawValue, interface: $0.interface, switch: $0.switch,
                members: $0.members)
        }
        queueDefaults = core.queueDefaults
        queues = core.queues
        alarms = core.alarms
        queuesBySwitch = core.queuesBySwitch ?? [:]
        timeZone = core.timeZone
        thresholds = core.thresholds
        organisation = core.organisation
        calendar = core.calendar
        legalBasis = core.legalBasis
        keepsIntervals = core.keepsIntervals ?? false
        unheardSince = core.unheardSince
    }
}
