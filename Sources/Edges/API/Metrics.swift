import Core
import ACD
import Access
import Calls
import Contacts
import Figures
import Metrics
import Switches
import Telephony
import Time
import Wallboard

/// `GET /metrics`: what a monitoring system (Prometheus) keeps. `Protocols/Metrics/Metrics.md` has every name.
///
/// No label holds a person's number or name. Labels are switches, queues, states and other words of ours, so there are
/// as many series as queues make: ``Limits/metricsQueues``. Counters count since the gateway began to count, and go on
/// after a restart where a journal is kept.
struct MetricsPage {
    /// Those that concern the reader, and for somebody who keeps the program running, all.
    private let switches: [Switch]
    private let core: Core
    private let edges: Edges
    private let sight: Sight
    private let hostReport: (told: HostReport, at: Span)?

    /// With a narrower sight the page has the series of what is seen, and of the program only whether it hears the
    /// switches: without that, no figure could be trusted.
    init(_ core: Core, _ edges: Edges, _ sight: Sight) {
        switches = core.switches.filter { sight.showsOperation || $0.concerns(sight) }
        self.sight = sight
        self.core = core
        self.edges = edges
        hostReport = edges.hostReport
    }

    func text(at now: Moment) -> Exposition {
        var text = Exposition()
        let (queues, omitted) = metricQueues
        if sight.showsOperation { gatewayMetrics(at: now, &text) }
        queueNumbers(omitted, &text)
        hearingMetrics(at: now, &text)
        if sight.showsOperation { switchMetrics(at: now, &text) }
        queueCounters(queues, &text)
        queueLevels(queues, at: now, &text)
        agentMetrics(queues, at: now, &text)
        if sight.showsOperation { hostMetrics(at: now, &text) }
        return text
    }

    /// A queue of the page, with the labels that all its samples have.
    private struct MetricQueue {
        var `switch`: Int
        var name: QueueName
        var labels: Exposition.Labels
        var activity: QueueActivity
        var counters: QueueCounters { activity.counters }
    }

    /// The first queues in order, as many as the page may have.
    private var metricQueues: (told: [MetricQueue], omitted: Int) {
        var told: [MetricQueue] = []
        var bytes = 0
        var count = 0
        for index in switches.indices.sorted(by: { switches[$0].name < switches[$1].name }) {
            let acd = switches[index].acd
            for name in acd.queues.keys.filter(sight.sees).sorted() {
                count += 1
                guard told.count == count - 1, told.count < Limits.metricsQueues, let activity = acd.queues[name] else {
                    continue
                }
                let labels = Exposition.Labels("switch", switches[index].name.rawValue).with("queue", name.rawValue)
                // Some 70 lines with the labels and about as much again.
                bytes += 70 * (labels.byteCount + 70)
                if bytes <= Limits.metricsBytes {
                    told.append(MetricQueue(switch: index, name: name, labels: labels, activity: activity))
                }
            }
        }
        return (told, count - told.count)
    }

    // MARK: the gateway

    private func gatewayMetrics(at now: Moment, _ text: inout Exposition) {
        func seconds(_ date: UnixTime) -> Double { (date - UnixTime(microseconds: 0)).seconds }
        if let version = hostReport?.told.version {
            text.family("centralino_build_info", .gauge, "Always 1; the version is a label.")
            text.sample(1, .init("version", version))
        }
        text.family("centralino_start_time_seconds", .gauge, "When the program began, in seconds since 1970.")
        text.sample(core.startedAt.map(seconds))
        text.family("centralino_counting_since_time_seconds", .gauge, "When the counters began, in seconds since 1970.")
        text.sample(seconds(core.changes.since))
        text.family("centralino_desks", .gauge, "Desks that were let in.")
        text.sample(edges.desks.count)
        text.family("centralino_wallboards", .gauge, "Readers of the supervisors' stream.")
        text.sample(edges.wallboards.count)
        text.family(
            "centralino_wallboards_behind", .gauge, "Of these, those that have more unread than is written to them.")
        text.sample(edges.wallboards.behindCount)
        text.family("centralino_http_connections", .gauge, "Connections on the HTTP port.")
        text.sample(edges.clients.count)
        text.family(
            "centralino_pops_unacknowledged_total", .counter,
            "Screen pops that no desk acknowledged after the last sending.")
        text.sample(edges.desks.unacknowledged)
        text.family("centralino_lookups_open", .gauge, "Questions to the registry that are not answered yet.")
        text.sample(core.openLookups)
        text.family("centralino_webhooks_total", .counter, "Webhooks that came, by what became of them.")
        let counts = edges.webhookCounts(core)
        for (result, count) in [
            ("accepted", counts.accepted), ("duplicate", counts.duplicates), ("conflict", counts.conflicts),
            ("unsigned", counts.unsigned),
            ("unusable", counts.unusable),
        ] { text.sample(count, .init("result", result)) }
        text.family("centralino_clients_refused_total", .counter, "Connections and requests that were refused, by why.")
        for refusal in ClientGuard.Refusal.allCases {
            text.sample(edges.clientGuard.counts[refusal] ?? 0, .init("reason", refusal.rawValue))
        }
        text.sample(hostReport?.told.connectionsRefused ?? 0, .init("reason", "descriptors"))
        text.sample(hostReport?.told.handshakesFailed ?? 0, .init("reason", "tls"))
        let ends = hostReport?.told.certificateEnds ?? []
        if !ends.isEmpty {
            text.family(
                "centralino_certificate_end_timestamp_seconds", .gauge,
                "When the certificate of each listener ends, in seconds since 1970.")
            for end in ends {
                text.sample(Double(end.at.microseconds) / 1_000_000, .init("listener", end.port.rawValue))
            }
        }
        text.family("centralino_operator_alarms", .gauge, "What the operator should mend now, by kind.")
        let alarms = OperatorAlarms(core, hostReport?.told)
        for kind in OperatorAlarms.Kind.allCases { text.sample(alarms.count(kind), .init("kind", kind.rawValue)) }
    }

    private func queueNumbers(_ omitted: Int, _ text: inout Exposition) {
        text.family("centralino_queues", .gauge, "Queues that the switches have told.")
        text.sample(switches.reduce(0) { $0 + $1.acd.queues.keys.count(where: sight.sees) })
        text.family(
            "centralino_queues_omitted", .gauge,
            "Of these, those that this document leaves out, because it would become too long.")
        text.sample(omitted)
    }

    // MARK: switches

    private func each(
        _ name: String, _ kind: Exposition.Kind, _ help: String, _ text: inout Exposition, _ value: (Switch) -> Double?
    ) {
        text.family(name, kind, help)
        for known in switches { text.sample(value(known), .init("switch", known.name.rawValue)) }
    }

    private func each(
        _ name: String, _ kind: Exposition.Kind, _ help: String, _ text: inout Exposition, _ value: (Switch) -> Int?
    ) {
        text.family(name, kind, help)
        for known in switches {
            if let count = value(known) { text.sample(count, .init("switch", known.name.rawValue)) }
        }
    }

    /// Since when and for how long each switch was heard: for whoever reads any figure.
    private func hearingMetrics(at now: Moment, _ text: inout Exposition) {
        text.family(
            "centralino_switch_link_state", .gauge,
            "1 for the state that the link to the switch is in, 0 for the others.")
        for known in switches {
            let state = known.wallboardSwitch(at: now).state
            for other in WallboardMessage.Switch.State.allCases {
                text.sample(other == state ? 1 : 0, .init("switch", known.name.rawValue).with("state", other.rawValue))
            }
        }
        each("centralino_switch_gaps_total", .counter, "Intervals in which the switch was not heard.", &text) {
            $0.gaps.count + $0.gaps.forgotten
        }
        each(
            "centralino_switch_unheard_seconds_total", .counter,
            "Seconds since counting began in which the switch was not heard.", &text
        ) {
            $0.unheardEver(since: core.changes.since, at: now.date).seconds
        }
        let midnight = core.rules.timeZone.midnight(atOrBefore: now.date)
        each(
            "centralino_switch_unheard_today_seconds", .gauge,
            "Seconds since local midnight in which the switch was not heard.", &text
        ) {
            $0.coverageToday(at: now.date).lost.seconds
        }
        text.family(
            "centralino_today_seconds", .gauge, "Seconds since local midnight: what the figures of today are over.")
        text.sample((now.date - midnight).seconds)
    }

    private func switchMetrics(at now: Moment, _ text: inout Exposition) {
        each(
            "centralino_switch_clock_offset_seconds", .gauge, "The switch's clock minus ours, where it is known.", &text
        ) {
            $0.link?.clock.best?.offset.seconds
        }
        each(
            "centralino_switch_clock_offset_uncertainty_seconds", .gauge, "By how much the offset may be wrong.", &text
        ) {
            $0.link?.clock.best?.uncertainty.seconds
        }
        each("centralino_switch_events_read_total", .counter, "Events that the switch sent.", &text) { $0.link?.read }
        each("centralino_switch_events_understood_total", .counter, "Of these, those that mean something to us.", &text)
        {
            $0.link?.understood
        }
        each("centralino_switch_events_malformed_total", .counter, "Of these, those that lack what they need.", &text) {
            $0.link?.malformed
        }
        each(
            "centralino_switch_events_misdated_total", .counter,
            "Events whose date was not believed: the switch's clock is far from ours.", &text
        ) {
            $0.link?.misdated
        }
        each(
            "centralino_switch_webhook_events_late_total", .counter,
            "Webhook events that changed nothing: their call had gone on or was over, or its queue never came.", &text
        ) { $0.webhookEventsIgnored }
        each("centralino_switch_contacts_open", .gauge, "Contacts that go on now.", &text) { $0.contacts.openCount }
        each("centralino_switch_channels", .gauge, "Channels that are followed.", &text) { $0.calls.channelCount }
        each(
            "centralino_switch_channels_refused_total", .counter,
            "Channels that were not followed, because there were too many.", &text
        ) {
            $0.calls.channelsRefused
        }
        each(
            "centralino_switch_refused_at_unnamed_queue_total", .counter,
            "Callers refused at a queue that the dial plan did not name.", &text
        ) {
            $0.acd.refusedAtUnnamedQueue
        }
        each("centralino_switch_alarms_raised", .gauge, "Alarms of the switch's queues that are raised now.", &text) {
            $0.alarms.raisedCount
        }
    }

    // MARK: queues

    private func queueCounters(_ queues: [MetricQueue], _ text: inout Exposition) {
        text.family("centralino_queue_offered_total", .counter, "Callers who joined the queue.")
        for queue in queues { text.sample(queue.counters.offered, queue.labels) }
        text.family("centralino_queue_visits_total", .counter, "Visits to the queue that ended, by how.")
        for queue in queues {
            for outcome in VisitClass.outcomes {
                text.sample(queue.counters.visits.count(of: outcome), queue.labels.with("outcome", Self.word(outcome)))
            }
        }
        text.family("centralino_queue_refusals_total", .counter, "Callers who were refused at the queue's door.")
        for queue in queues {
            text.sample(queue.counters.visits.blockedFull, queue.labels.with("reason", "full"))
            text.sample(queue.counters.visits.blockedEmpty, queue.labels.with("reason", "empty"))
        }
        text.family(
            "centralino_queue_wait_seconds", .histogram,
            "Waits that were seen whole, of answered callers and of those who gave up.")
        for queue in queues {
            for (outcome, waits) in [
                ("answered", queue.counters.answeredWaits), ("abandoned", queue.counters.abandonedWaits),
            ] {
                text.histogram(
                    bounds: WaitBuckets.bounds, counts: waits.counts, sum: waits.sum.seconds,
                    queue.labels.with("outcome", outcome))
            }
        }
        text.family(
            "centralino_queue_waits_unmeasured_total", .counter,
            "Visits that ended so after a wait that was not seen whole.")
        for queue in queues {
            let visits = queue.counters.visits
            text.sample(visits[.answeredUnmeasured].count, queue.labels.with("outcome", "answered"))
            text.sample(visits[.abandonedUnmeasured].count, queue.labels.with("outcome", "abandoned"))
        }
        text.family(
            "centralino_queue_ring_no_answers_total", .counter,
            "Times that a phone rang for the queue and nobody answered.")
        for queue in queues { text.sample(queue.counters.ringNoAnswers, queue.labels) }
    }

    private static func word(_ outcome: QueueVisit.Outcome) -> String {
        switch outcome {
        case .answered: "answered"
        case .abandoned: "abandoned"
        case .flowOut(.timeout): "timeout"
        case .flowOut(.key): "key"
        case .flowOut(.empty): "empty"
        case .flowOut(.withdrawn): "withdrawn"
        case .flowOut(.unknown): "flow_out_unknown"
        case .lost: "lost"
        }
    }

    private func queueLevels(_ queues: [MetricQueue], at now: Moment, _ text: inout Exposition) {
        text.family("centralino_queue_waiting", .gauge, "Callers who wait now.")
        for queue in queues { text.sample(queue.activity.waiting.count, queue.labels) }
        text.family(
            "centralino_queue_longest_wait_seconds", .gauge,
            "For how long the caller has waited who waits longest; absent if nobody does.")
        for queue in queues {
            text.sample(queue.activity.longestWaitingSince.map { max(.zero, now - $0).seconds }, queue.labels)
        }
        text.family("centralino_queue_talking", .gauge, "Conversations that go on now.")
        for queue in queues { text.sample(queue.activity.talking, queue.labels) }

        let today = Window.today(core.rules.timeZone, at: now)
        let levels = queues.map { queue in
            let formula = queue.activity.definition.formula
            let level = switches[queue.switch].acd.visits(of: queue.name, today, at: now).serviceLevel(formula)
            return (level: level, labels: queue.labels.with("formula", formula.id))
        }
        text.family(
            "centralino_queue_service_level_numerator", .gauge,
            "Today's visits, by joining, that the contract's formula counts as served.")
        for (level, labels) in levels { text.sample(level.numerator, labels) }
        text.family(
            "centralino_queue_service_level_denominator", .gauge,
            "Today's visits, by joining, that the contract's formula is over.")
        for (level, labels) in levels { text.sample(level.denominator, labels) }
        text.family("centralino_queue_service_level_target_ratio", .gauge, "The share to reach, from 0 to 1.")
        for queue in queues { text.sample(queue.activity.definition.target, queue.labels) }
        text.family(
            "centralino_queue_service_level_threshold_seconds", .gauge, "The wait up to which an answer is in time.")
        for queue in queues { text.sample(queue.activity.definition.threshold.seconds, queue.labels) }
    }

    /// States only, never since when, nor who.
    private func agentMetrics(_ queues: [MetricQueue], at now: Moment, _ text: inout Exposition) {
        var ofSwitch = switches.map { _ in [AgentState: Int]() }
        for index in switches.indices {
            // any order: they are counted
            for (interface, agent) in switches[index].acd.agents
            where agent.isAnother != true && sight.sees(interface) {
                let state = switches[index].state(of: agent, at: now)
                ofSwitch[index][state, default: 0] += 1
            }
        }
        text.family("centralino_agents", .gauge, "Agents by state. Who works for several queues counts once.")
        // For somebody who sees no agent, 0 would be a claim.
        for index in switches.indices where sight.agents?.isEmpty != true {
            for state in AgentState.allCases {
                let word = WallboardMessage.AgentState(state).rawValue
                text.sample(
                    ofSwitch[index][state] ?? 0, .init("switch", switches[index].name.rawValue).with("state", word))
            }
        }
        text.family(
            "centralino_queue_agents", .gauge,
            "Members of the queue by state. Who works for several queues counts in each.")
        // Where the switch does not report members, there is no sample: 0 would be a claim.
        for queue in queues where switches[queue.switch].tellsMembers {
            let counts = switches[queue.switch].acd.agentCounts(of: queue.name, at: now)
            // A member of a queue is logged in.
            for state in AgentState.allCases where state != .loggedOff {
                text.sample(counts[state] ?? 0, queue.labels.with("state", WallboardMessage.AgentState(state).rawValue))
            }
        }
    }

    // MARK: the host

    private func hostMetrics(at now: Moment, _ text: inout Exposition) {
        guard let (told, at) = hostReport else { return }
        func one(_ name: String, _ kind: Exposition.Kind, _ help: String, _ value: Double?) {
            text.family(name, kind, help)
            text.sample(value)
        }
        func one(_ name: String, _ kind: Exposition.Kind, _ help: String, _ value: Int) {
            text.family(name, kind, help)
            text.sample(value)
        }
        one(
            "centralino_host_report_age_seconds", .gauge, "How old what follows is.",
            max(.zero, now.uptime - at).seconds)
        one(
            "centralino_loop_lag_seconds", .gauge,
            "By how much the last one-second timer was late: everything else waited, too.",
            told.loopLag.seconds)
        one(
            "centralino_loop_lag_peak_seconds", .gauge, "The most of this in the last minute.", told.loopLagPeak.seconds
        )
        one(
            "centralino_loop_turn_seconds", .gauge,
            "The longest turn of the event loop since the report before: the others waited for so long.",
            told.loopTurn.seconds)
        one("centralino_loop_turn_peak_seconds", .gauge, "The longest of the last minute.", told.loopTurnPeak.seconds)
        one(
            "centralino_unsent_bytes", .gauge, "Bytes that wait for peers to read, of all connections.",
            told.unsentBytes)
        one(
            "centralino_unsent_largest_bytes", .gauge, "Of these, those of the connection that is furthest behind.",
            told.unsentBytesLargest
        )
        one("centralino_records_unsaved", .gauge, "Contact records that are not in the store yet.", told.unsavedRecords)
        one(
            "centralino_store_failing", .gauge, "1 while the store refuses what is to be stored.",
            told.storeFault == nil ? 0 : 1)
        one(
            "centralino_deliveries_waiting", .gauge, "Contact records that wait for other systems to take them.",
            told.deliveriesWaiting)
        text.family("centralino_disk_free_bytes", .gauge, "What may still be written, by what the disk holds.")
        for disk in told.disks { text.sample(disk.freeBytes, .init("holds", disk.holds)) }
        if let journal = told.journal {
            one(
                "centralino_journal_commit_delay_seconds", .gauge,
                "From the first entry of the last commit to the disk.",
                journal.lastCommit?.seconds)
            one(
                "centralino_journal_uncommitted_seconds", .gauge,
                "For how long the oldest entry has waited that is not on the disk.",
                (journal.uncommitted ?? .zero).seconds)
            one("centralino_journal_losing", .gauge, "1 while what comes is not kept.", journal.isLosing ? 1 : 0)
            one(
                "centralino_journal_lost_entries_total", .counter,
                "Entries that could not be written, since the program began.",
                journal.lostEntries)
            one("centralino_journal_lost_bytes_total", .counter, "Bytes of these.", journal.lostBytes)
            one(
                "centralino_journal_lost_intervals_total", .counter, "Intervals that are missing.",
                journal.lostIntervals)
            one(
                "centralino_journal_gone_files_total", .counter,
                "Segments and checkpoints that were deleted, moved or replaced while the program ran.",
                journal.goneFiles)
        }
        one(
            "centralino_process_resident_memory_bytes", .gauge, "Memory that is in use.",
            told.residentBytes.map(Double.init))
        one(
            "centralino_process_open_fds", .gauge, "File descriptors that are open.",
            told.openDescriptors.map(Double.init))
        one("centralino_process_cpu_seconds_total", .counter, "Time of processors that was used.", told.cpuSeconds)
    }
}
