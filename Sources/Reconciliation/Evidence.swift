import Telephony

/// Looks for the causes of differences; each rule is told at its ``Cause``.
struct Evidence: Sendable {
    private let coverage: Coverage
    private let window: Reconciliation.Window
    private let firstLine: UnixTime?
    private let lastLine: UnixTime?
    /// Seconds of ENTERQUEUE lines by call, ascending.
    private var joinings: [ChannelID: [UnixTime]] = [:]
    /// Calls with a visit that has no end in the log.
    private var openCalls: Set<ChannelID> = []
    /// Conversations of the log that an attended transfer ended, by that second.
    private let attended: [LoggedVisit]

    init(_ log: QueueLog, coverage: Coverage, window: Reconciliation.Window) {
        self.coverage = coverage
        self.window = window
        firstLine = log.firstLine
        lastLine = log.lastLine
        for visit in log.visits {
            joinings[visit.call, default: []].append(visit.joined)
            if !visit.isClosed { openCalls.insert(visit.call) }
        }
        attended = log.visits.filter { $0.ending == .attendedTransfer }.sorted { ended($0) < ended($1) }
        func ended(_ visit: LoggedVisit) -> UnixTime { visit.ended ?? visit.joined }
    }

    func ofMissingHere(_ logged: LoggedVisit) -> Cause {
        if let from = coverage.from, logged.joined + Reconciliation.tolerance <= from { return .outsideWindow }
        if let to = coverage.to, logged.joined > to { return .outsideWindow }
        if isInGap(logged) { return .linkGap }
        if coverage.isOfEndedCalls, openCalls.contains(logged.call) { return .stillOpen }
        return .unexplained
    }

    func ofMissingInLog(_ ours: OurVisit) -> Cause {
        if window.from == nil, firstLine.map({ ours.joined < $0 }) ?? true { return .outsideWindow }
        if window.to == nil, lastLine.map({ ours.joined >= $0 }) ?? true { return .outsideWindow }
        return isDoubtful(ours) ? .linkGap : .unexplained
    }

    func ofOutcome(_ logged: LoggedVisit, _ ours: OurVisit) -> Cause {
        if logged.restarted != nil { return .switchRestart }
        if isInGap(logged) || isDoubtful(ours) { return .linkGap }
        if logged.outcome == .waiting, isBeyondLog(ours.left) { return .stillOpen }
        if ours.outcome == .waiting, isBeyondCoverage(logged.left) { return .stillOpen }
        if logged.outcome == .abandoned, case .flowOut = ours.outcome, let left = logged.left, livedOn(logged, ours, after: left) {
            return .managementTookAway
        }
        return .unexplained
    }

    func ofWait(_ logged: LoggedVisit, _ ours: OurVisit) -> Cause {
        if isInGap(logged) || isDoubtful(ours) { return .linkGap }
        if ours.doubts.contains(.clockStep) { return .clockStep }
        if logged.heir != nil, let end = logged.left, isNear(ours.left, end) { return .inheritedPlace }
        guard let told = logged.wait, let wait = ours.wait, !logged.isPartial, let end = logged.left, let left = ours.left else {
            return .unexplained
        }
        return isLate(wait - told, delay(ours.joined, logged.joined), delay(left, end)) ? .lateEvent : .unexplained
    }

    func ofAgent(_ logged: LoggedVisit, _ ours: OurVisit) -> Cause {
        if ours.isPickedUp { return .pickedUp }
        return isInGap(logged) || isDoubtful(ours) ? .linkGap : .unexplained
    }

    func ofTalk(_ logged: LoggedVisit, _ ours: OurVisit) -> Cause {
        if logged.restarted != nil { return .switchRestart }
        if isInGap(logged) || isDoubtful(ours) { return .linkGap }
        if ours.doubts.contains(.clockStep) { return .clockStep }
        guard let told = logged.talk, let end = logged.ended else { return isBeyondLog(ours.talkEnded) ? .stillOpen : .unexplained }
        guard let talk = ours.talk else { return isBeyondCoverage(end) ? .stillOpen : .unexplained }
        if talk > told {
            if isConsultation(logged, ours) { return .transferredOnward }
            if told == .zero, endsAtOnce(logged), logged.left.map({ isNear(ours.left, $0) }) ?? false,
                ours.isCallback || ours.customer != ours.call
            {
                return .localOptimised
            }
        } else if let ended = ours.talkEnded, ended < end, wasElsewhere(logged, ours, from: ended, to: end) {
            return .lateComplete
        }
        if let begin = logged.left, let left = ours.left, let ended = ours.talkEnded, !logged.isPartial,
            isLate(talk - told, delay(left, begin), delay(ended, end))
        {
            return .lateEvent
        }
        return .unexplained
    }

    // MARK: facts

    /// By how much our instant lies after the log's second, where that is no more than the tolerance.
    private func delay(_ instant: UnixTime, _ second: UnixTime) -> Span {
        let late = instant - (second + .seconds(1))
        return late > .zero && late.isTolerable ? late : .zero
    }

    /// A late beginning makes ours shorter, a late end longer.
    private func isLate(_ difference: Span, _ begin: Span, _ end: Span) -> Bool {
        difference > .zero ? (difference - end).isTolerable : (difference + begin).isTolerable
    }

    /// The log's second against an instant of ours.
    private func isNear(_ instant: UnixTime?, _ second: UnixTime) -> Bool {
        guard let instant else { return false }
        let tolerance = Reconciliation.tolerance.microseconds
        // Within the second that was written, or the tolerance around it.
        return instant.microseconds >= second.microseconds - tolerance && instant.microseconds <= second.microseconds + 2 * tolerance
    }

    private func isInGap(_ logged: LoggedVisit) -> Bool {
        let end = logged.ended ?? (logged.outcome == .answered ? nil : logged.left) ?? logged.restarted
        return coverage.gaps.contains { gap in
            (gap.to.map { logged.joined < $0 } ?? true) && (end.map { gap.from < $0 + .seconds(1) } ?? true)
        }
    }

    private func isDoubtful(_ ours: OurVisit) -> Bool {
        let end = ours.talkEnded ?? (ours.outcome == .answered ? nil : ours.left) ?? ours.contactEnded
        return !ours.doubts.isDisjoint(with: [.partial, .lost])
            || coverage.gaps.contains { gap in
                (gap.to.map { ours.joined < $0 } ?? true) && (end.map { gap.from <= $0 } ?? true)
            }
    }

    /// Not before the second of the log's last line: it may have stopped before.
    private func isBeyondLog(_ instant: UnixTime?) -> Bool {
        guard let instant else { return true }
        return lastLine.map { instant >= $0 } ?? true
    }

    private func isBeyondCoverage(_ second: UnixTime?) -> Bool {
        guard let to = coverage.to, let second else { return false }
        return second + .seconds(1) >= to
    }

    /// COMPLETE… with CONNECT.
    private func endsAtOnce(_ logged: LoggedVisit) -> Bool {
        guard logged.ending == .caller || logged.ending == .agent, let begin = logged.left, let end = logged.ended else { return false }
        return (end - begin).isTolerable
    }

    /// An agent waited here and talked, and meanwhile had a caller of his own, whom he then handed over: our record holds the visit as a part of that
    /// caller's call, or is of an agent's own. The log itself says of neither who the agent was that consulted.
    private func isConsultation(_ logged: LoggedVisit, _ ours: OurVisit) -> Bool {
        guard let end = logged.ended, ours.isInternal || ours.customer != ours.call else { return false }
        let earliest = UnixTime(microseconds: end.microseconds - Reconciliation.tolerance.microseconds)
        var index = attended.partitioningIndex { ($0.ended ?? $0.joined) >= earliest }
        while index < attended.count, let handedOver = attended[index].ended, handedOver <= end + Reconciliation.tolerance {
            let other = attended[index]
            if other.call != logged.call, ours.isInternal || other.call == ours.customer, let met = other.left, met <= logged.joined,
                logged.joined <= handedOver
            {
                return true
            }
            index += 1
        }
        return false
    }

    private func livedOn(_ logged: LoggedVisit, _ ours: OurVisit, after left: UnixTime) -> Bool {
        if ours.isEndedBySystem { return true }
        if (joinings[logged.call] ?? []).contains(where: { $0 >= left && $0 <= left + Reconciliation.tolerance }) { return true }
        return ours.continued.map { $0 >= left } ?? false
    }

    private func wasElsewhere(_ logged: LoggedVisit, _ ours: OurVisit, from: UnixTime, to end: UnixTime) -> Bool {
        if let met = logged.left, (joinings[logged.call] ?? []).contains(where: { $0 > met && $0 <= end && $0 != logged.joined }) {
            return true
        }
        if let continued = ours.continued, continued >= from, continued < end + .seconds(1) { return true }
        return ours.isConferenced && isNear(ours.contactEnded, end)
    }
}

extension [LoggedVisit] {
    /// The first index from which on `isBeyond` holds; the array is partitioned by it.
    fileprivate func partitioningIndex(_ isBeyond: (LoggedVisit) -> Bool) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if isBeyond(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
