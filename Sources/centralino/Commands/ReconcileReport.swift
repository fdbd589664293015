import Reconciliation
import Telephony
import Time

/// What a reconciliation found, for programs: `centralino reconcile --json`.
struct ReconcileReport: Encodable {
    struct Log: Encodable {
        /// Moments of the log's first and last line; absent for an empty log.
        var from: String?
        var to: String?
        var lines: Int
        var malformed: Int
        var torn: Int
        var repeated: Int
    }

    struct Visits: Encodable {
        var log: Int
        var ours: Int
        var paired: Int
        /// Visits that joined outside of the window: not compared.
        var outside: Int
    }

    /// What one side says about a visit. Durations are in seconds; what it does not say is absent.
    struct Side: Encodable {
        var joinedAt: String
        var outcome: String
        var reason: String?
        var waitSeconds: Double?
        var talkSeconds: Double?
        var position: Int?
        var endedBy: String?
        /// Only where the two sides name different agents: otherwise figures of persons are nobody's business
        /// (`domain.md` §8.2).
        var agent: String?
    }

    struct Entry: Encodable {
        var kind: String
        var cause: String?
        var callId: String
        var queue: String
        /// Which joining of this call in this queue it is by the log, from 1.
        var entry: Int?
        var contactId: String?
        var log: Side?
        var ours: Side?
        var waitDifference: Double?
        var talkDifference: Double?
    }

    var log: Log
    var visits: Visits
    /// Findings by kind and by cause; every kind and cause has a member.
    var kinds: [String: Int]
    var causes: [String: Int]
    var unexplained: Int
    var findings: [Entry]

    init(_ log: QueueLog, _ result: Reconciliation) {
        self.log = Log(
            from: log.firstLine.map { "\($0)" }, to: log.lastLine.map { "\($0)" }, lines: log.counts.lines,
            malformed: log.counts.malformed,
            torn: log.counts.torn, repeated: log.counts.repeated)
        visits = Visits(
            log: result.loggedCount, ours: result.ourCount, paired: result.pairCount, outside: result.outsideCount)
        kinds = Dictionary(uniqueKeysWithValues: Finding.Kind.allCases.map { ($0.rawValue, 0) })
        causes = Dictionary(uniqueKeysWithValues: Cause.allCases.map { ($0.rawValue, 0) })
        for finding in result.findings {
            kinds[finding.kind.rawValue, default: 0] += 1
            if let cause = finding.cause { causes[cause.rawValue, default: 0] += 1 }
        }
        unexplained = result.unexplainedCount
        findings = result.findings.map(Entry.init)
    }
}

extension ReconcileReport.Entry {
    init(_ finding: Finding) {
        let showsAgents = finding.kind == .agentDiffers
        self.init(
            kind: finding.kind.rawValue, cause: finding.cause?.rawValue, callId: finding.call.rawValue,
            queue: finding.queue.rawValue,
            entry: finding.logged?.entry, contactId: finding.ours?.contact,
            log: finding.logged.map { .init($0, showsAgent: showsAgents) },
            ours: finding.ours.map { .init($0, showsAgent: showsAgents) },
            waitDifference: finding.waitDifference?.seconds, talkDifference: finding.talkDifference?.seconds)
    }
}

extension ReconcileReport.Side {
    init(_ visit: LoggedVisit, showsAgent: Bool) {
        joinedAt = "\(visit.joined)"
        waitSeconds = visit.wait?.seconds
        talkSeconds = visit.talk?.seconds
        position = visit.position
        endedBy = visit.ending?.rawValue
        agent = showsAgent ? visit.agent : nil
        switch visit.outcome {
        case .waiting: outcome = "waiting"
        case .answered: outcome = "answered"
        case .abandoned: outcome = "abandoned"
        case .flowOut(let why): (outcome, reason) = ("flowOut", why.rawValue)
        case .incompatible: outcome = "incompatible"
        case .lost: outcome = "lost"
        }
    }

    init(_ visit: OurVisit, showsAgent: Bool) {
        joinedAt = "\(visit.joined)"
        waitSeconds = visit.wait?.seconds
        talkSeconds = visit.talk?.seconds
        agent = showsAgent ? visit.agent : nil
        switch visit.outcome {
        case .waiting: outcome = "waiting"
        case .answered: outcome = "answered"
        case .abandoned: outcome = "abandoned"
        case .flowOut(let why): (outcome, reason) = ("flowOut", why.rawValue)
        case .lost: outcome = "lost"
        }
    }
}
