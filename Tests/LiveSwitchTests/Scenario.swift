import Foundation
import Records
import Testing

/// A scenario of `Simulator/Asterisk/scenarios.py`, and what must be true of it in addition to what the switch's log
/// says.
struct Scenario: CustomTestStringConvertible, Sendable {
    var name: String
    /// Played before every change lands, where a switch can be installed.
    var isTelling = false
    /// False where the log's own talk time is known to be wrong; then the telephones give it.
    var talkOfLogIsRight = true
    /// False where the log names a party although the switch itself ended the call.
    var enderOfLogIsRight = true
    /// False where the gateway was restarted during the scenario, and its figures with it.
    var figuresGoOn = true
    /// False where events are missing: then ``more`` says what must still hold.
    var recordsAreWhole = true
    /// Played on one switch after the other: both at once would test the small machine rather than the gateway.
    var isOneByOne = false
    /// Played only where it is named: it takes minutes, and finds what nobody expected.
    var isOnDemand = false
    /// Judged by `centralino reconcile`, cause by cause, and not by one rule for all.
    var isReconciled = false
    /// How long, in seconds, the player may be silent.
    var patience = 180.0
    var more: @Sendable (ObservedRun) -> [String] = { _ in [] }

    init(
        _ name: String, telling isTelling: Bool = false,
        more: @escaping @Sendable (ObservedRun) -> [String] = { _ in [] }
    ) {
        self.name = name
        self.isTelling = isTelling
        self.more = more
    }

    var testDescription: String { name }

    func faults(_ observed: ObservedRun) -> [String] {
        (figuresGoOn ? observed.faultsOfFigures() : [])
            + (recordsAreWhole
                ? observed.faultsOfRecords(talkOfLogIsRight: talkOfLogIsRight, enderOfLogIsRight: enderOfLogIsRight)
                : [])
            + more(observed)
    }

    func with(_ change: (inout Scenario) -> Void) -> Scenario {
        var copy = self
        change(&copy)
        return copy
    }

    /// CENTRALINO_SCENARIOS: names, or “telling”; without it all are played.
    private static let wanted = (ProcessInfo.processInfo.environment["CENTRALINO_SCENARIOS"] ?? "").split {
        ", ".contains($0)
    }
    .map(String.init)

    /// An unknown name would play nothing, and pass.
    static var unknown: [String] {
        let known = Set((queues + transfers + besides + hostile + atRandom).map(\.name))
        return wanted.filter { $0 != "telling" && !known.contains($0) }
    }

    static func wanted(_ all: [Scenario]) -> [Scenario] {
        wanted.isEmpty
            ? all.filter { !$0.isOnDemand }
            : all.filter { wanted.contains($0.name) || wanted.contains("telling") && $0.isTelling }
    }
}

extension Scenario {
    // MARK: calls through queues

    static let queues = [
        Scenario("caller_hangs_up", telling: true),
        Scenario("agent_hangs_up", telling: true),
        Scenario("agent_hears_first", telling: true) { $0.expectRecords(2) },
        Scenario("abandoned", telling: true),
        Scenario("ring_no_answer", telling: true),
        Scenario("busy_then_answered"),
        Scenario("ring_all_race"),
        Scenario("two_callers_one_agent"),
        Scenario("not_answered_before"),
        Scenario("timeout"),
        Scenario("overflow", telling: true) { $0.expectRecords(1) },
        Scenario("exit_key", telling: true) { $0.expectRecords(2) },
        Scenario("join_empty"),
        Scenario("leave_empty") { $0.expectRecords(1) },
        Scenario("queue_full", telling: true),
        Scenario("supervisor_moves_caller") { $0.expectRecords(1) },
        Scenario("hold", telling: true) { $0.expectHolds() },
        Scenario("hangs_up_on_hold") { $0.expectRecords(1) },
        Scenario("consultation") { observed in
            observed.expectRecords(1)
                + observed.expect(
                    observed.records.flatMap(\.legs).contains { $0.holdSeconds ?? 0 > 1.5 },
                    "a hold of 2.5 s, the consultation's")
        },
        Scenario("busy_half_minute", telling: true),
    ]

    // MARK: transfers

    static let transfers = [
        Scenario("blind_transfer_to_queue", telling: true) { $0.expectRecords(1) },
        Scenario("blind_transfer_to_queue_abandoned") { $0.expectRecords(1) },
        Scenario("blind_transfer_to_extension") { $0.expectRecords(1) + $0.expectLeg(at: "1011", via: "transfer") },
        Scenario("feature_code_blind_transfer") { $0.expectRecords(1) + $0.expectLeg(at: "1011", via: "transfer") },
        Scenario("attended_transfer", telling: true) { observed in
            observed.expectRecords(1) + observed.expectLeg(at: "1011", via: "transfer", after: "1001")
        },
        // The second agent's COMPLETE comes when the agent's consultation ends, although he goes on talking to the
        // real caller.
        Scenario("attended_transfer_through_queue") { $0.expectRecords(1) }.with { $0.talkOfLogIsRight = false },
        Scenario("attended_transfer_while_waiting", telling: true) { $0.expectRecords(1) },
        Scenario("feature_code_transfer_through_queue") { $0.expectRecords(1) }.with { $0.talkOfLogIsRight = false },
        Scenario("feature_code_attended_transfer") {
            $0.expectRecords(1) + $0.expectLeg(at: "1011", via: "transfer", after: "1001")
        },
    ]

    // MARK: at random

    /// Whatever happens, the causes, the sums and the telephones have to be right.
    static let atRandom = [
        Scenario("chaos") { $0.faultsOfReconciliation() + $0.faultsOfSums() + $0.faultsOfTelephones() }.with {
            $0.isOnDemand = true
            $0.isReconciled = true
            ($0.figuresGoOn, $0.recordsAreWhole) = (false, false)
            $0.patience = RandomPlay.seconds + 240
        }
    ]

    // MARK: beside the queues

    static let besides = [
        Scenario("pickup_of_queue_call") { $0.expectRecords(1) },
        Scenario("pickup_of_direct_call") { $0.expectRecords(1) + $0.expectLeg(at: "1010", via: "pickup") },
        Scenario("direct_answered", telling: true) { observed in
            observed.expectRecords(1, direction: "inbound") + observed.expectLeg(at: "1011", via: "direct")
        },
        Scenario("direct_not_answered") { observed in
            observed.expectRecords(2, direction: "inbound")
                + observed.expect(
                    observed.records.flatMap(\.legs).map(\.result).sorted() == ["busy", "callerLeft"],
                    "a leg callerLeft and a leg busy")
        },
        Scenario("outbound") { $0.expectRecords(2, direction: "outbound") + $0.expectLeg(at: "1004", via: "outbound") },
        Scenario("parking") { observed in
            observed.expectRecords(1) + observed.expect(observed.records.first?.parks?.count == 1, "one park")
                + observed.expectLeg(at: "1010", via: "park")
            // Where the switch reports the transfer after the voices have parted, its log counts talk until that
            // telephone hangs up, 2.6 s into the parking.
        }.with { $0.talkOfLogIsRight = false },
        Scenario("conference") { observed in
            observed.expect(
                observed.records.count { !($0.conferencedWith ?? []).isEmpty } >= 2, "two records with conferencedWith")
        },
        Scenario("callback") { $0.expectRecords(1, direction: "callback") },
        // The Local half in the queue is optimised away 2 ms after the agent has answered: the log has a talk of 0 s,
        // while both talk on.
        Scenario("callback_optimised") { observed in
            let talk = observed.records.flatMap(\.legs).compactMap(\.connectedSeconds).reduce(0, +)
            let heard = observed.calls.filter { $0.user.count == 4 }.compactMap(\.connectedSeconds).reduce(0, +)
            return observed.expectRecords(1, direction: "callback")
                + observed.expect(
                    abs(talk - heard) <= ObservedRun.toleranceOfPhones,
                    "a talk of \(heard) s as the agent's telephone had it, not \(talk) s")
        }.with { $0.talkOfLogIsRight = false },
    ]

    // MARK: hostile

    static let hostile = [
        Scenario("cut_in_mid_call", telling: true) { $0.expectLeg(at: "1012", via: "queue") },
        // How often it rang in vain cannot be known without having heard it: the log has at least one ring more than
        // the figures.
        Scenario("cut_while_a_ring_ends") { observed in
            let results = observed.records.flatMap(\.legs).map(\.result)
            return observed.expectNothingFalse()
                + observed.expect(
                    results.first == "lost" && results.last == "answered", "the first leg lost, the last answered")
                + observed.expect(!results.contains("busy"), "no leg busy")
                + observed.expect(
                    results.count { $0 == "noAnswer" } < observed.log.ringNoAnswer.values.reduce(0, +),
                    "fewer legs that rang in vain than the log has")
        }.with { $0.recordsAreWhole = false },
        Scenario("cut_while_much_happens") { $0.expectNothingFalse() }.with {
            ($0.figuresGoOn, $0.recordsAreWhole) = (false, false)
        },
        // Chance decides which of the two calls the restart ends first, and thereby whether the log has
        // COMPLETECALLER or COMPLETEAGENT.
        Scenario("core_restart", telling: true) { observed in
            observed.expect(
                observed.records.flatMap(\.legs).contains { $0.endedBy == "system" }, "a leg that the system ended")
        }.with { $0.enderOfLogIsRight = false },
        Scenario("killed"),
        Scenario("flood", telling: true).with { $0.isOneByOne = true },
        Scenario("gateway_stopped", telling: true) { $0.expectNothingFalse() }.with {
            ($0.figuresGoOn, $0.recordsAreWhole) = (false, false)
        },
    ]
}

// MARK: what must be true, for people

extension ObservedRun {
    func expect(_ condition: Bool, _ what: String) -> [String] {
        condition ? [] : ["expected \(what); the records are:\n    \(recordsText)"]
    }

    /// One record for each call of a customer, each with an end; calls between agents may have theirs.
    func expectRecords(_ count: Int, direction: String? = nil) -> [String] {
        let records = records.filter { $0.direction != "internal" }
        return expect(records.count == count, "\(count) contact records, not \(records.count)")
            + expect(
                records.allSatisfy { direction == nil || $0.direction == direction }, "direction \(direction ?? "")")
            + expect(records.allSatisfy { $0.endedAt != nil }, "every record to have an end")
    }

    /// An answered leg at this telephone, as long as the telephone itself was connected to the customer: not while
    /// the transferring telephone, `after`, still had the call.
    func expectLeg(at extension: String, via: String, after: String? = nil) -> [String] {
        let legs = legs(at: `extension`)
        let before = calls.filter { $0.user == after && !$0.outgoing }.compactMap { $0.times["ended"] }.max() ?? 0
        let heard = calls.filter { $0.user == `extension` }.reduce(0.0) { sum, call in
            guard let up = call.times["up"], let ended = call.times["ended"] else { return sum }
            return sum + max(0, ended - max(up, before))
        }
        let talk = legs.compactMap(\.connectedSeconds).reduce(0, +)
        return expect(legs.contains { $0.via == via }, "a leg at \(`extension`) via \(via)")
            + expect(
                abs(talk - heard) <= Self.toleranceOfPhones, "a talk at \(`extension`) of \(heard) s, not \(talk) s")
    }

    func expectHolds() -> [String] {
        let heard = calls.flatMap(\.holds).reduce(0, +)
        let hold = records.flatMap(\.legs).compactMap(\.holdSeconds).reduce(0, +)
        // 2 s and 1.5 s.
        return expect(heard > 3, "the telephone to have held")
            + expect(
                abs(hold - heard) <= 2 * Self.toleranceOfPhones,
                "a hold of \(heard) s as the telephone had it, not \(hold) s")
    }

    /// Where events are missing, a visit may be flagged or lost. But no record may contradict the log, none stays
    /// open, and no call is answered twice.
    func expectNothingFalse() -> [String] {
        var faults = openContacts == 0 ? [] : ["\(openContacts) contact records stay open"]
        for visit in log.visits {
            let found = records.flatMap { record in
                record.visits.filter { $0.queue == visit.queue && ($0.channel ?? record.channel) == visit.call }.map {
                    (visit: $0, record: record)
                }
            }
            let place = "\(visit.call) in \(visit.queue)"
            if found.isEmpty { faults.append("\(place): no contact record has this visit") }
            var outcomes = found.map(\.visit.outcome)
            outcomes.removeAll { ["lost", "waiting"].contains($0) }
            let expected: String =
                switch visit.outcome {
                case .answered: "answered"
                case .abandoned: "abandoned"
                case .flowOut: "flowOut"
                case .waiting: "lost"
                }
            if outcomes.contains(where: { $0 != expected }) {
                faults.append("\(place): \(outcomes), the log has \(expected)")
            }
            // A gateway that was stopped during a call has two records of it; the second is flagged as lacking its
            // beginning.
            let ours = found.count { $0.visit.outcome == "answered" && $0.visit.flags?.contains("partial") != true }
            let logged = log.visits.count {
                $0.call == visit.call && $0.queue == visit.queue && $0.outcome == .answered
            }
            if ours > logged { faults.append("\(place): answered \(ours) times, in the log \(logged)") }
            if found.contains(where: { ["lost", "waiting"].contains($0.visit.outcome) && $0.record.flags.isEmpty }) {
                faults.append("\(place): an end that was not seen, without a flag")
            }
        }
        let known = Set(
            log.visits.flatMap { visit in [visit.call, visit.heir].compactMap { $0 }.map { "\($0) in \(visit.queue)" } }
        )
        for record in records {
            for visit in record.visits
            where known.isDisjoint(
                with: [visit.channel ?? record.channel, record.channel].map { "\($0) in \(visit.queue)" })
            {
                faults.append(
                    "\(visit.channel ?? record.channel) in \(visit.queue): a visit that the log does not know (\(visit.outcome))"
                )
            }
        }
        return faults
    }

    private var recordsText: String {
        records.map { record in
            let legs = record.legs.map {
                "\($0.interface) via \($0.via ?? "?") \($0.result) \($0.connectedSeconds.map { "\($0) s" } ?? "")"
            }
            return
                "\(record.channel) \(record.direction ?? "?") \(record.outcome) [\(legs.joined(separator: ", "))] \(record.flags)"
        }.joined(separator: "\n    ")
    }
}
