import Telephony
import Time

/// Compares our queue visits with those of the switch's own queue_log, call by call (`domain.md` §1.10, §2.6).
///
/// Visits are paired by call id, queue and n-th joining; if one side has more, so that the times of joining are
/// nearest. Then a place that was taken over is searched under the name of its heir.
public struct Reconciliation: Sendable {
    /// For waits and conversations, inclusive. See ``Cause/truncation``.
    public static let tolerance = Span.seconds(1)

    /// The visits to compare, by the instant of joining; half-open.
    public struct Window: Equatable, Sendable {
        public var from: UnixTime?
        public var to: UnixTime?

        public init(from: UnixTime? = nil, to: UnixTime? = nil) {
            self.from = from
            self.to = to
        }

        func contains(_ time: UnixTime) -> Bool { (from.map { $0 <= time } ?? true) && (to.map { time < $0 } ?? true) }
    }

    /// In order of joining.
    public private(set) var findings: [Finding] = []
    /// The number of visits in the window, on either side.
    public private(set) var loggedCount = 0
    public private(set) var ourCount = 0
    /// The number of pairs within the window, whether they agree or not.
    public private(set) var pairCount = 0
    /// The number of visits, of both sides, that joined outside the window and were not compared.
    public private(set) var outsideCount = 0

    public init(_ log: QueueLog, _ ours: [OurVisit], coverage: Coverage = Coverage(), window: Window = Window()) {
        let pairs = Pairing(log.visits, ours).pairs
        let evidence = Evidence(log, pairs, coverage: coverage, window: window)
        for (logged, our) in pairs {
            guard let joined = logged?.joined ?? our?.joined else { continue }
            guard window.contains(joined) else {
                outsideCount += 1
                continue
            }
            loggedCount += logged == nil ? 0 : 1
            ourCount += our == nil ? 0 : 1
            switch (logged, our) {
            case (let logged?, let our?):
                pairCount += 1
                findings += evidence.compare(logged, our)
            case (let logged?, nil):
                findings.append(Finding(kind: .missingHere, cause: evidence.ofMissingHere(logged), logged: logged))
            case (nil, let our?):
                findings.append(Finding(kind: .missingInLog, cause: evidence.ofMissingInLog(our), ours: our))
            case (nil, nil): break
            }
        }
    }

    public var unexplainedCount: Int { findings.count { $0.isUnexplained } }
}

extension Evidence {
    /// One `matched`, or one finding for each difference.
    func compare(_ logged: LoggedVisit, _ ours: OurVisit) -> [Finding] {
        var finding = Finding(kind: .matched, logged: logged, ours: ours)
        if let logged = logged.wait, let ours = ours.wait { finding.waitDifference = ours - logged }
        if let logged = logged.talk, let ours = ours.talk { finding.talkDifference = ours - logged }
        func difference(_ kind: Finding.Kind, _ cause: Cause) -> Finding {
            var different = finding
            different.kind = kind
            different.cause = cause
            return different
        }
        guard let reasonIsKnown = agree(logged.outcome, ours.outcome) else {
            return [difference(.differentOutcome, ofOutcome(logged, ours))]
        }
        var found: [Finding] = []
        if finding.waitDifference.map({ !$0.isTolerable }) ?? (logged.wait != nil && ours.outcome != .waiting) {
            found.append(difference(.waitDiffers, ofWait(logged, ours)))
        }
        if logged.outcome == .answered {
            if let agent = logged.agent, let name = ours.agent, agent != name, agent != ours.interface {
                found.append(difference(.agentDiffers, ofAgent(logged, ours)))
            }
            let isDifferent =
                finding.talkDifference.map { !$0.isTolerable } ?? ((logged.talk == nil) != (ours.talk == nil))
            if isDifferent { found.append(difference(.talkDiffers, ofTalk(logged, ours))) }
        }
        guard found.isEmpty else { return found }
        if logged.heir != nil {
            finding.cause = .inheritedPlace
        } else if logged.restarted != nil {
            finding.cause = .switchRestart
        } else if !reasonIsKnown {
            finding.cause = .reasonNotTold
        } else if [finding.waitDifference, finding.talkDifference].contains(where: { $0 != nil && $0 != .zero }) {
            finding.cause = .truncation
        }
        return [finding]
    }

    /// nil if the outcomes differ; otherwise false if our reason of a flow-out is unknown.
    private func agree(_ logged: LoggedVisit.Outcome, _ ours: OurVisit.Outcome) -> Bool? {
        switch (logged, ours) {
        case (.waiting, .waiting), (.answered, .answered), (.abandoned, .abandoned), (.lost, .lost): true
        case (.flowOut, .flowOut(.unknown)): false
        case (.flowOut(let logged), .flowOut(let ours)): logged == ours ? true : nil
        case (.waiting, _), (.answered, _), (.abandoned, _), (.flowOut, _), (.incompatible, _), (.lost, _): nil
        }
    }
}

extension Span {
    var isTolerable: Bool { self <= Reconciliation.tolerance && self >= .zero - Reconciliation.tolerance }
}
