import Telephony
import Time

/// Looks for the causes of differences; each rule is described at its ``Cause``.
struct Evidence: Sendable {
    private let coverage: Coverage
    private let unheard: Unheard
    /// The times at which we stopped and lost the open calls, ascending.
    private let forgettings: [UnixTime]
    private let window: Reconciliation.Window
    private let firstLine: UnixTime?
    private let lastLine: UnixTime?
    /// The seconds of ENTERQUEUE lines by call, ascending.
    private var joinings: [ChannelID: [UnixTime]] = [:]
    /// Calls with a visit that has no end in the log.
    private var openCalls: Set<ChannelID> = []
    /// The log's conversations that an attended transfer ended, ordered by that second.
    private let attended: [LoggedVisit]

    private let delays: StreamDelay

    init(
        _ log: QueueLog, _ pairs: [(logged: LoggedVisit?, ours: OurVisit?)], coverage: Coverage,
        window: Reconciliation.Window
    ) {
        self.coverage = coverage
        delays = StreamDelay(pairs)
        unheard = Unheard(coverage.gaps)
        forgettings = coverage.gaps.filter(\.losesOpenCalls).map(\.from).sorted()
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
        // A visit that began before a gap was seen.
        if unheard.contains(second: logged.joined) || wasForgotten(logged) { return .linkGap }
        if coverage.isOfEndedCalls, openCalls.contains(logged.call) { return .stillOpen }
        return .unexplained
    }

    func ofMissingInLog(_ ours: OurVisit) -> Cause {
        if window.from == nil, firstLine.map({ ours.joined < $0 }) ?? true { return .outsideWindow }
        if window.to == nil, lastLine.map({ ours.joined >= $0 }) ?? true { return .outsideWindow }
        // The switch logs every visit whose beginning we saw.
        return ours.doubts.contains(.partial) || unheard.contains(ours.joined) ? .linkGap : .unexplained
    }

    func ofOutcome(_ logged: LoggedVisit, _ ours: OurVisit) -> Cause {
        if logged.restarted != nil { return .switchRestart }
        if unheard.contains(second: logged.left) || unheard.contains(ours.left) { return .linkGap }
        if logged.outcome == .waiting, isBeyondLog(ours.left) { return .stillOpen }
        if ours.outcome == .waiting, isBeyondCoverage(logged.left) { return .stillOpen }
        if logged.outcome == .abandoned, case .flowOut = ours.outcome, let left = logged.left,
            livedOn(logged, ours, after: left)
        {
            return .managementTookAway
        }
        return .unexplained
    }

    func ofWait(_ logged: LoggedVisit, _ ours: OurVisit) -> Cause {
        if let told = logged.wait, let wait = ours.wait {
            if gapExplains(wait - told, from: min(logged.joined, ours.joined), to: logged.left, ours.left) {
                return .linkGap
            }
            if ours.doubts.contains(.clockStep), stepExplains(told, from: ours.joined, to: ours.left) {
                return .clockStep
            }
        } else if ours.wait == nil, ours.doubts.contains(.partial) {
            return .linkGap
        }
        if logged.heir != nil, let end = logged.left, isNear(ours.left, end) { return .inheritedPlace }
        guard let told = logged.wait, let wait = ours.wait, !logged.isPartial, let end = logged.left,
            let left = ours.left
        else {
            return .unexplained
        }
        if isLate(wait - told, delay(ours.joined, logged.joined), delay(left, end)) { return .lateEvent }
        return isBehind(wait - told, logged, (ours.joined, logged.joined), (left, end)) ? .lateEvent : .unexplained
    }

    func ofAgent(_ logged: LoggedVisit, _ ours: OurVisit) -> Cause {
        if ours.isPickedUp { return .pickedUp }
        let isUnseen =
            ours.doubts.contains(.partial) || unheard.contains(second: logged.left) || unheard.contains(ours.left)
        return isUnseen ? .linkGap : .unexplained
    }

    func ofTalk(_ logged: LoggedVisit, _ ours: OurVisit) -> Cause {
        if logged.restarted != nil { return .switchRestart }
        guard let told = logged.talk, let end = logged.ended else {
            if unheard.contains(ours.talkEnded) { return .linkGap }
            if isBeyondLog(ours.talkEnded) { return .stillOpen }
            return ours.talk != nil && wasNeverClosed(logged, ours) ? .endNotWritten : .unexplained
        }
        guard let talk = ours.talk else {
            if !ours.doubts.isDisjoint(with: [.partial, .lost]) || unheard.contains(second: end) { return .linkGap }
            return isBeyondCoverage(end) ? .stillOpen : .unexplained
        }
        if let begin = [logged.left, ours.left].compactMap({ $0 }).min(),
            gapExplains(talk - told, from: begin, to: end, ours.talkEnded)
        {
            return .linkGap
        }
        if ours.doubts.contains(.clockStep), stepExplains(told, from: ours.left, to: ours.talkEnded) {
            return .clockStep
        }
        if talk > told {
            if isConsultation(logged, ours) { return .transferredOnward }
            if endsAtOnce(logged, told), logged.left.map({ isNear(ours.left, $0) }) ?? false,
                ours.isCallback || ours.customer != ours.call
            {
                return .localOptimised
            }
            if isOthersTransfer(logged, ours, end) { return .othersTransfer }
            if wasParkedSlowly(logged, ours, end) { return .parkedSlowly }
        } else if let ended = ours.talkEnded, ended < end {
            if logged.endedAs != nil || end - ended < Self.latestLine && agentsWentOn(ours, after: ended) {
                return .anotherWentOn
            }
            if wasElsewhere(logged, ours, from: ended, to: end) { return .lateComplete }
            if transferIsUnseen(logged, ours, end) { return .transferUnseen }
            if end - ended < Self.latestLine, wasOver(logged, ours, before: end) { return .lateLine }
        }
        if let begin = logged.left, let left = ours.left, let ended = ours.talkEnded, !logged.isPartial,
            isLate(talk - told, delay(left, begin), delay(ended, end))
                || isBehind(talk - told, logged, (left, begin), (ended, end))
        {
            return .lateEvent
        }
        return .unexplained
    }

    // MARK: facts

    /// How far our instant lies after the log's second; zero if that exceeds the tolerance.
    private func delay(_ instant: UnixTime, _ second: UnixTime) -> Span {
        let late = instant - (second + .seconds(1))
        return late > .zero && late.isTolerable ? late : .zero
    }

    /// A late beginning makes ours shorter, a late end longer.
    private func isLate(_ difference: Span, _ begin: Span, _ end: Span) -> Bool {
        difference > .zero ? (difference - end).isTolerable : (difference + begin).isTolerable
    }

    /// Whether the delays of our instants behind the log's seconds explain the difference, and other calls' events of
    /// those seconds were as late.
    private func isBehind(
        _ difference: Span, _ logged: LoggedVisit, _ begin: (ours: UnixTime, log: UnixTime),
        _ end: (ours: UnixTime, log: UnixTime)
    ) -> Bool {
        func isSeen(_ instant: UnixTime, _ second: UnixTime) -> Bool {
            instant + Reconciliation.tolerance >= second
                && StreamDelay.delay(instant, second) <= delays.longest(about: second, but: logged.call)
                    + Reconciliation.tolerance
        }
        // A delay within the tolerance has a rule of its own, which is narrower.
        let latest = max(StreamDelay.delay(begin.ours, begin.log), StreamDelay.delay(end.ours, end.log))
        return latest > Reconciliation.tolerance && isSeen(begin.ours, begin.log) && isSeen(end.ours, end.log)
            && (difference - ((end.ours - end.log) - (begin.ours - begin.log))).isTolerable
    }

    /// Whether an instant of ours is near the log's second.
    private func isNear(_ instant: UnixTime?, _ second: UnixTime) -> Bool {
        guard let instant else { return false }
        let tolerance = Reconciliation.tolerance.microseconds
        // Within the second that was written, or the tolerance around it.
        return instant.microseconds >= second.microseconds - tolerance
            && instant.microseconds <= second.microseconds + 2 * tolerance
    }

    /// Whether the difference is at most the unheard time between the earlier beginning and the later end. We put an
    /// end that came in a gap at the gap's beginning, and an answer at its end.
    private func gapExplains(_ difference: Span, from begin: UnixTime, to second: UnixTime?, _ instant: UnixTime?)
        -> Bool
    {
        guard let end = [second.map { $0 + .seconds(1) }, instant].compactMap({ $0 }).max() else { return false }
        return Span(microseconds: abs(difference.microseconds)) <= unheard.time(from: begin, to: end)
            + Reconciliation.tolerance
    }

    /// Our instants are by the switch's clock, as the log's are; our durations are by a clock that is never set. A step
    /// of the switch's clock is the difference of the two. Without both instants its size is not known, and any is
    /// accepted.
    private func stepExplains(_ told: Span, from begin: UnixTime?, to end: UnixTime?) -> Bool {
        guard let begin, let end else { return true }
        // The record's instants are cut to milliseconds.
        return Span(microseconds: abs((end - begin - told).microseconds)) <= Reconciliation.tolerance + .milliseconds(1)
    }

    /// Whether the visit was open, according to the log, when we stopped and lost it.
    private func wasForgotten(_ logged: LoggedVisit) -> Bool {
        let end = logged.ended ?? (logged.outcome == .answered ? nil : logged.left) ?? logged.restarted
        let index = forgettings.partitioningIndex { $0 >= logged.joined }
        return index < forgettings.count && (end.map { forgettings[index] < $0 + .seconds(1) } ?? true)
    }

    /// Not before the second of the log's last line, after which the log may have stopped.
    private func isBeyondLog(_ instant: UnixTime?) -> Bool {
        guard let instant else { return true }
        return lastLine.map { instant >= $0 } ?? true
    }

    private func isBeyondCoverage(_ second: UnixTime?) -> Bool {
        guard let to = coverage.to, let second else { return false }
        return second + .seconds(1) >= to
    }

    /// Whether COMPLETE… comes with CONNECT: no talk, or one second of it if the second changed between the two lines.
    private func endsAtOnce(_ logged: LoggedVisit, _ told: Span) -> Bool {
        guard logged.ending == .caller || logged.ending == .agent, let begin = logged.left, let end = logged.ended
        else { return false }
        return (end - begin).isTolerable && (told == .zero || told == .seconds(1) && end - begin == told)
    }

    /// Whether an agent waited here and talked, and meanwhile had a caller, whom the agent then handed over. Our record
    /// has the visit as a part of that caller's call, or is of an agent's own call. The log does not say which agent
    /// consulted.
    private func isConsultation(_ logged: LoggedVisit, _ ours: OurVisit) -> Bool {
        guard let end = logged.ended, ours.isInternal || ours.customer != ours.call else { return false }
        let earliest = UnixTime(microseconds: end.microseconds - Reconciliation.tolerance.microseconds)
        var index = attended.partitioningIndex { ($0.ended ?? $0.joined) >= earliest }
        while index < attended.count, let handedOver = attended[index].ended,
            handedOver <= end + Reconciliation.tolerance
        {
            let other = attended[index]
            if other.call != logged.call, ours.isInternal || other.call == ours.customer, let met = other.left,
                met <= logged.joined,
                logged.joined <= handedOver
            {
                return true
            }
            index += 1
        }
        return false
    }

    /// Longer than any working switch is behind with its log.
    static let latestLine = Span.seconds(10)

    /// Whether the switch itself reported, before the line, what the line says. Only the channel that the log names
    /// counts: for a callback, or a place that another channel held, it may be a Local half with a longer or shorter
    /// life than the caller's line.
    private func wasOver(_ logged: LoggedVisit, _ ours: OurVisit, before end: UnixTime) -> Bool {
        guard ours.doubts.isDisjoint(with: [.partial, .lost]) else { return false }
        let isTransfer = logged.ending == .blindTransfer || logged.ending == .attendedTransfer
        if isTransfer { return ours.isHandedOver }
        if logged.ending == .agent, ours.isHungUpByAgent { return true }
        return (isOwnChannel(ours) || logged.heir == ours.customer) && ours.contactEnded.map { $0 < end } == true
    }

    /// The record's customer is the channel that joined, and the place never belonged to another channel.
    private func isOwnChannel(_ ours: OurVisit) -> Bool { ours.customer == ours.call && !ours.isCallback }

    private func agentsWentOn(_ ours: OurVisit, after ended: UnixTime) -> Bool {
        guard ours.customer != ours.call, !ours.isCallback, ours.doubts.isDisjoint(with: [.partial, .lost]) else {
            return false
        }
        return ours.isSharedAtEnd && isNear(ours.contactEnded, ended)
    }

    private func transferIsUnseen(_ logged: LoggedVisit, _ ours: OurVisit, _ end: UnixTime) -> Bool {
        guard ours.isHandedOver, ours.interface?.hasPrefix("Local/") == true,
            logged.ending == .caller || logged.ending == .agent
        else {
            return false
        }
        return isNear(ours.contactEnded, end) || ours.laterEnds.contains { isNear($0, end) }
    }

    private func isOthersTransfer(_ logged: LoggedVisit, _ ours: OurVisit, _ end: UnixTime) -> Bool {
        guard logged.ending == .blindTransfer || logged.ending == .attendedTransfer, let ended = ours.talkEnded,
            end < ended
        else {
            return false
        }
        return ours.othersTransfers.contains { isNear($0, end) }
    }

    private func wasParkedSlowly(_ logged: LoggedVisit, _ ours: OurVisit, _ end: UnixTime) -> Bool {
        guard logged.ending == .blindTransfer, ours.isHandedOver, let ended = ours.talkEnded, let parked = ours.parked
        else { return false }
        return abs((parked - ended).microseconds) <= Reconciliation.tolerance.microseconds
            && ended - end < Self.latestLine
    }

    private func wasNeverClosed(_ logged: LoggedVisit, _ ours: OurVisit) -> Bool {
        guard let met = logged.left else { return false }
        if (joinings[logged.call] ?? []).contains(where: { $0 >= met && $0 != logged.joined }) { return true }
        guard ours.doubts.isDisjoint(with: [.partial, .lost]), let over = ours.contactEnded, let last = lastLine else {
            return false
        }
        return over + Reconciliation.tolerance < last
    }

    private func livedOn(_ logged: LoggedVisit, _ ours: OurVisit, after left: UnixTime) -> Bool {
        if ours.isEndedBySystem { return true }
        if (joinings[logged.call] ?? []).contains(where: { $0 >= left && $0 <= left + Reconciliation.tolerance }) {
            return true
        }
        return ours.continued.map { $0 >= left } ?? false || isNear(ours.rangLater, left)
    }

    private func wasElsewhere(_ logged: LoggedVisit, _ ours: OurVisit, from: UnixTime, to end: UnixTime) -> Bool {
        if let met = logged.left,
            (joinings[logged.call] ?? []).contains(where: { $0 > met && $0 <= end && $0 != logged.joined })
        {
            return true
        }
        if let continued = ours.continued, continued >= from, continued < end + .seconds(1) { return true }
        guard isNear(ours.contactEnded, end) else { return false }
        if ours.isConferenced { return true }
        return isOwnChannel(ours)
            && (ours.isHungUpByAgent || ours.rangLater.map { $0 >= from && $0 < end + .seconds(1) } ?? false)
    }
}
