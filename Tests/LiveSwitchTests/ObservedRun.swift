import Foundation
import Records

/// The result of one scenario on one switch: the switch's own log, what the telephones saw, and what the gateway
/// reports.
struct ObservedRun {
    /// A call as one telephone, or the trunk, saw it.
    struct PhoneCall: Decodable {
        /// The extension, or the outside number.
        var user: String
        var outgoing: Bool
        /// Seconds since 1970 by state: new, calling, ringing, up, ended.
        var times: [String: Double]
        var holds: [Double]

        var connectedSeconds: Double? {
            guard let up = times["up"], let ended = times["ended"] else { return nil }
            return ended - up
        }
    }

    var switchID: String
    var log: QueueLog
    var calls: [PhoneCall]
    /// How much each figure of each queue has grown.
    var growth: [String: [String: Int]]
    var records: [ContactDocument]
    /// Contact records that are open although every call has ended.
    var openContacts: Int
    /// The report of `centralino reconcile` on the store and the switch's log; nil where it was not run.
    var reconciled: RandomPlay.Reconciled?

    /// Each duration in the log is the difference of two whole seconds, up to one off either way; and the log's line
    /// and the event are not written at the same instant.
    static let tolerance = 1.3
    /// Between our figure and a telephone's own clock, which mark the same instant.
    static let toleranceOfPhones = 0.25

    func legs(at extension: String) -> [ContactDocument.Leg] {
        records.flatMap(\.legs).filter { $0.interface == "PJSIP/\(`extension`)" && $0.result == "answered" }
    }
}

// MARK: the log against the figures

extension ObservedRun {
    /// Compares offered, answered, abandoned, flow-outs and lost of each queue; nobody may still wait or talk.
    func faultsOfFigures() -> [String] {
        var faults: [String] = []
        for queue in Set(log.visits.map(\.queue)).union(growth.keys).sorted() {
            let expected = Self.counts(log.visits.filter { $0.queue == queue })
            let shown = (growth[queue] ?? [:]).filter { $0.value != 0 }
            if shown != expected {
                faults.append("\(queue): the figures grew by \(shown.sortedText), the log by \(expected.sortedText)")
            }
        }
        return faults
    }

    private static func counts(_ visits: [QueueLog.Visit]) -> [String: Int] {
        var counts: [String: Int] = [:]
        for visit in visits {
            counts["offered", default: 0] += 1
            switch visit.outcome {
            case .answered: counts["answered", default: 0] += 1
            case .abandoned: counts["abandoned", default: 0] += 1
            case .flowOut(let reason): counts["flowOut.\(reason)", default: 0] += 1
            // The log ends: a switch that was killed wrote nothing more, and the caller is gone.
            case .waiting: counts["lost", default: 0] += 1
            }
        }
        return counts
    }
}

// MARK: the log against the contact records, call by call

extension ObservedRun {
    func faultsOfRecords(talkOfLogIsRight: Bool = true, enderOfLogIsRight: Bool = true) -> [String] {
        var faults: [String] = []
        if openContacts != 0 { faults.append("\(openContacts) contact records stay open") }
        let doubled = Dictionary(grouping: records, by: \.channel).filter { $0.value.count > 1 }
        for channel in doubled.keys.sorted() {
            faults.append("\(channel) has \(doubled[channel]!.count) contact records")
        }
        var rest = records.flatMap { record in
            record.visits.map {
                (channel: $0.channel ?? record.channel, customer: record.channel, visit: $0, record: record)
            }
        }
        var conversations: [String: Int] = [:]
        for visit in log.visits {
            let place = "\(visit.call) in \(visit.queue)"
            let index = rest.firstIndex {
                $0.visit.queue == visit.queue
                    && ($0.channel == visit.call || visit.heir.map([$0.channel, $0.customer].contains) ?? false)
            }
            guard let index else {
                faults.append("\(place): no contact record has this visit")
                continue
            }
            let found = rest.remove(at: index)
            let conversation = "\(found.record.id) \(visit.queue) \(visit.agent ?? "")"
            faults += Self.faults(
                visit, found.visit, found.record, conversations[conversation, default: 0], talkOfLogIsRight,
                enderOfLogIsRight
            ).map { "\(place): \($0)" }
            if visit.outcome == .answered { conversations[conversation, default: 0] += 1 }
        }
        for record in records {
            for (conversation, count) in Self.answered(record) where count > conversations[conversation] ?? 0 {
                faults.append(
                    "\(conversation): \(count) conversations, the log has \(conversations[conversation] ?? 0)")
            }
        }
        for each in rest {
            faults.append(
                "\(each.channel) in \(each.visit.queue): a visit that the log does not know (\(each.visit.outcome))")
        }
        return faults + faultsOfRinging()
    }

    /// How often each agent talked for each queue.
    private static func answered(_ record: ContactDocument) -> [(String, Int)] {
        let legs = record.legs.filter { $0.result == "answered" }.compactMap { leg in
            leg.queue.map { "\(record.id) \($0) \(leg.agent)" }
        }
        return Dictionary(legs.map { ($0, 1) }, uniquingKeysWith: +).sorted { $0.key < $1.key }.map {
            ($0.key, $0.value)
        }
    }

    /// `turn`: how many conversations of this agent for this queue, in this record, were compared before.
    private static func faults(
        _ expected: QueueLog.Visit, _ visit: ContactDocument.Visit, _ record: ContactDocument, _ turn: Int,
        _ talkOfLogIsRight: Bool,
        _ enderOfLogIsRight: Bool
    ) -> [String] {
        var faults: [String] = []
        func compare(_ what: String, _ ours: Double?, _ logged: Int?) {
            guard let logged else { return }
            if abs((ours ?? .infinity) - Double(logged)) > tolerance {
                faults.append("\(what) of \(ours.map { "\($0)" } ?? "nothing") s, the log has \(logged) s")
            }
        }
        compare("a wait", visit.waitSeconds, expected.wait)
        switch expected.outcome {
        case .answered:
            if visit.outcome != "answered" { faults.append("\(visit.outcome), the log has CONNECT") }
            let legs = record.legs.filter {
                $0.queue == expected.queue && $0.agent == expected.agent && $0.result == "answered"
            }
            guard let leg = legs.dropFirst(turn).first else {
                faults.append("no answered leg of \(expected.agent ?? "anybody")")
                break
            }
            guard talkOfLogIsRight else { break }
            compare("a talk", leg.connectedSeconds, expected.talk)
            if enderOfLogIsRight, let endedBy = expected.endedBy, leg.endedBy != endedBy {
                faults.append("ended by \(leg.endedBy ?? "nobody"), the log has \(endedBy)")
            }
        case .abandoned: if visit.outcome != "abandoned" { faults.append("\(visit.outcome), the log has ABANDON") }
        case .flowOut(let reason):
            if visit.outcome != "flowOut" || visit.reason != reason {
                faults.append("\(visit.outcome) (\(visit.reason ?? "no reason")), the log has flowOut (\(reason))")
            }
        case .waiting: if visit.outcome != "lost" { faults.append("\(visit.outcome), the log has no end: lost") }
        }
        return faults
    }

    /// Compares RINGNOANSWER per call, queue and agent, which includes busy and refused telephones.
    private func faultsOfRinging() -> [String] {
        var rung: [String: Int] = [:]
        var expected: [String: Int] = [:]
        for (each, count) in log.ringNoAnswer { expected["\(each.agent) in \(each.queue)", default: 0] += count }
        for leg in records.flatMap(\.legs) where ["noAnswer", "busy"].contains(leg.result) {
            if let queue = leg.queue { rung["\(leg.agent) in \(queue)", default: 0] += 1 }
        }
        return rung == expected ? [] : ["rung in vain: \(rung.sortedText), the log has \(expected.sortedText)"]
    }
}

extension [String: Int] {
    fileprivate var sortedText: String {
        isEmpty ? "nothing" : sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
    }
}
