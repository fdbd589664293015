import Time

/// Rows are added, and divided once when they are printed: never a mean of means. `domain.md` §3.1.
extension IntervalRow {
    /// One row for several of one kind and name, in order of time; nil for none. It is provisional if one of them is.
    public static func sum(_ rows: some Sequence<IntervalRow>) -> IntervalRow? {
        var sum: IntervalRow?
        for row in rows { if sum == nil { sum = row } else { sum?.add(row) } }
        return sum
    }

    /// Adds the row of a later interval.
    private mutating func add(_ row: IntervalRow) {
        length += row.length
        provisional = provisional || row.provisional
        openVisits += row.openVisits
        openLegs += row.openLegs
        gapMicroseconds += row.gapMicroseconds
        estimatedRecords += row.estimatedRecords
        if let other = row.cohort { cohort = cohort.map { $0 + other } ?? other }
        if let other = row.completion { completion = completion.map { $0 + other } ?? other }
        legs += row.legs
        if let other = row.occupancy {
            occupancy = Occupancy(
                talk: (occupancy?.talk ?? .zero) + other.talk, hold: (occupancy?.hold ?? .zero) + other.hold)
        }
        if let other = row.time { time = (time ?? StateTime()) + other }
    }
}

extension IntervalRow.Cohort {
    fileprivate static func + (left: Self, right: Self) -> Self {
        var sum = left
        sum.offered += right.offered
        sum.answered += right.answered
        sum.abandoned += right.abandoned
        sum.shortAbandons += right.shortAbandons
        sum.flowOut += right.flowOut
        sum.lost += right.lost
        sum.open += right.open
        sum.unmeasured += right.unmeasured
        sum.flowIn += right.flowIn
        sum.blockedFull += right.blockedFull
        sum.blockedEmpty += right.blockedEmpty
        // Only thresholds that both sides counted can be added.
        sum.within = left.within.compactMap { mine in
            right.within.first { $0.threshold == mine.threshold }.map {
                .init(
                    threshold: mine.threshold, answered: mine.answered + $0.answered,
                    abandoned: mine.abandoned + $0.abandoned)
            }
        }
        sum.waitAnswered += right.waitAnswered
        sum.waitedAnswered += right.waitedAnswered
        sum.waitAbandoned += right.waitAbandoned
        sum.waitedAbandoned += right.waitedAbandoned
        sum.waitFlowOut += right.waitFlowOut
        sum.waitedFlowOut += right.waitedFlowOut
        sum.longestWait = [left.longestWait, right.longestWait].compactMap { $0 }.max()
        sum.waitP50 = nil
        sum.waitP90 = nil
        sum.serviceLevel = left.serviceLevel.flatMap { mine in right.serviceLevel.flatMap { mine + $0 } }
        return sum
    }
}

extension IntervalRow.ContractLevel {
    /// nil where the contracts differ: their sum would be a figure of neither.
    fileprivate static func + (left: Self, right: Self) -> Self? {
        guard left.formula == right.formula, left.threshold == right.threshold, left.shortAbandon == right.shortAbandon
        else { return nil }
        var sum = left
        sum.numerator += right.numerator
        sum.denominator += right.denominator
        return sum
    }
}

extension IntervalRow.Completion {
    fileprivate static func + (left: Self, right: Self) -> Self {
        Self(
            answered: left.answered + right.answered, abandoned: left.abandoned + right.abandoned,
            flowOut: left.flowOut + right.flowOut,
            lost: left.lost + right.lost)
    }
}

extension IntervalRow.Legs {
    fileprivate static func += (left: inout Self, right: Self) {
        left.handled += right.handled
        left.measured += right.measured
        left.talk += right.talk
        left.hold += right.hold
        left.wrapUp += right.wrapUp
        left.ring += right.ring
        left.rung += right.rung
        left.transfersOut += right.transfersOut
        left.ringNoAnswer += right.ringNoAnswer
    }
}
