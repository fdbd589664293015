import ACD
import Switches
import Telephony
import Time

extension Core {
    /// The part of the configuration that changes what the core makes of its inputs. It is in the journal, so that a
    /// replay needs no configuration file, and gives the figures of that time even after the file was changed. It
    /// contains no secret and no address.
    public struct Rules: Codable, Equatable, Sendable {
        public struct Switch: Equatable, Sendable {
            public var name: SwitchID
            public var link: AsteriskLink.Rules

            public init(name: SwitchID, link: AsteriskLink.Rules) {
                self.name = name
                self.link = link
            }
        }

        /// Whose interface it is, and by which other names queues or telephones know the agent.
        public struct Agent: Codable, Equatable, Sendable {
            /// nil in journals of versions that had none; they list only agents with `members`.
            public var id: String?
            public var interface: Interface
            public var members: [Interface]
            public var `switch`: SwitchID?

            public init(id: String?, interface: Interface, members: [Interface], switch: SwitchID?) {
                self.id = id
                self.interface = interface
                self.members = members
                self.switch = `switch`
            }

            var identity: String { id ?? interface.rawValue }
        }

        /// How the queues of one switch are counted.
        public struct Queues: Codable, Equatable, Sendable {
            public var settings: [QueueName: ACD.Settings]
            public var alarms: [QueueName: [AlarmRule]]

            public init(settings: [QueueName: ACD.Settings] = [:], alarms: [QueueName: [AlarmRule]] = [:]) {
                self.settings = settings
                self.alarms = alarms
            }
        }

        public var switches: [Switch]
        public var webhooks: [SwitchID]
        /// nil where there are none.
        public var agents: [Agent]?
        public var queueDefaults: ACD.Settings
        /// What is different for a queue, on whichever switch it is.
        public var queues: [QueueName: ACD.Settings]
        /// Alarm rules by queue; they are valid, and no two of a queue have the same id.
        public var alarms: [QueueName: [AlarmRule]]
        /// Settings for the queues of one switch, which replace what ``queues`` and ``alarms`` say about a queue of
        /// that name. nil if there are none.
        public var queuesBySwitch: [SwitchID: Queues]?
        /// The zone whose midnight begins a day, and on whose clock intervals lie.
        public var timeZone: TimeZoneRule
        /// Waits by which answers are counted beside the contract's threshold; ascending.
        public var thresholds: [Span]
        public var organisation: Organisation
        /// When the service is open; in ``timeZone``.
        public var calendar: ServiceCalendar
        /// Without one there are no figures of single agents.
        public var legalBasis: LegalBasis?
        /// Whether rows of quarter-hours are kept: where there is a store for them.
        public var keepsIntervals: Bool?
        /// For a start only: where a run without a journal ended.
        public var unheardSince: [SwitchID: UnixTime]

        public init(
            switches: [Switch], webhooks: [SwitchID], agents: [Agent]?, queueDefaults: ACD.Settings,
            queues: [QueueName: ACD.Settings], alarms: [QueueName: [AlarmRule]], queuesBySwitch: [SwitchID: Queues]?,
            timeZone: TimeZoneRule, thresholds: [Span], organisation: Organisation, calendar: ServiceCalendar,
            legalBasis: LegalBasis?, keepsIntervals: Bool?, unheardSince: [SwitchID: UnixTime]
        ) {
            self.switches = switches
            self.webhooks = webhooks
            self.agents = agents
            self.queueDefaults = queueDefaults
            self.queues = queues
            self.alarms = alarms
            self.queuesBySwitch = queuesBySwitch
            self.timeZone = timeZone
            self.thresholds = thresholds
            self.organisation = organisation
            self.calendar = calendar
            self.legalBasis = legalBasis
            self.keepsIntervals = keepsIntervals
            self.unheardSince = unheardSince
        }
    }
}

/// As one object, in the journal.
extension Core.Rules.Switch: Codable {
    private enum CodingKeys: CodingKey { case name }

    public init(from decoder: any Decoder) throws {
        name = try decoder.container(keyedBy: CodingKeys.self).decode(SwitchID.self, forKey: .name)
        link = try AsteriskLink.Rules(from: decoder)
    }

    public func encode(to encoder: any Encoder) throws {
        try link.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(name, forKey: .name)
    }
}

extension Core.Rules {
    /// What holds for the queues of one switch.
    func queues(of name: SwitchID) -> Queues {
        let own = queuesBySwitch?[name] ?? Queues()
        return Queues(
            settings: queues.merging(own.settings) { $1 },
            // An entry of the switch's own replaces the general one as a whole: its alarms, too, whether it has any or
            // not.
            alarms: alarms.filter { own.settings[$0.key] == nil }.merging(own.alarms) { $1 })
    }

    /// Queues that the switch is known to have before it reports them. Where there are several switches, a queue
    /// without a named switch is on one of them, and nobody knows on which: it appears when it is reported, instead of
    /// on all of them.
    func expectedQueues(of name: SwitchID) -> [QueueName] {
        let own = queuesBySwitch?[name]?.settings.keys.sorted() ?? []
        return switches.count + webhooks.count > 1 ? own : Set(queues.keys).union(own).sorted()
    }

    /// The agents of one switch whom queues or telephones know by several names: by each name, their own included.
    func agentsByName(on name: SwitchID) -> [Interface: Interface] {
        var byName: [Interface: Interface] = [:]
        for agent in agents ?? [] where !agent.members.isEmpty && agent.switch ?? name == name {
            for known in [agent.interface] + agent.members where byName[known] == nil {
                byName[known] = agent.interface
            }
        }
        return byName
    }

    /// What the statistics need to know about the organisation.
    public var policy: ACD.Policy {
        ACD.Policy(zone: timeZone, teams: organisation.teamNames, keepsIndividuals: legalBasis != nil)
    }
}
