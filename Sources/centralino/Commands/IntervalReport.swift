import Figures
import Store
import Telephony
import Time
import Wire

/// Stored quarters, added up, in columns: the same for CSV, JSON and people.
struct IntervalReport {
    /// One printed line.
    struct Line {
        var `switch`: String
        var supplier: String?
        var interval: Range<UnixTime>
        /// For how many quarters of the interval there are rows, and how many there should be.
        var quarters: Int
        var expected: Int
        var sum: IntervalRow

        var isProvisional: Bool { sum.provisional }
    }

    let zone: TimeZoneRule
    let range: Range<UnixTime>
    let length: Intervals.Length
    private(set) var rows: [Line] = []
    /// Rows whose JSON is not ours.
    private(set) var unreadable = 0

    init(zone: TimeZoneRule, range: Range<UnixTime>, length: Intervals.Length) {
        self.zone = zone
        self.range = range
        self.length = length
    }

    /// Adds the rows of one local day, in order of time.
    mutating func add(_ stored: [StoredInterval], _ organisation: Organisation) {
        struct Group: Hashable {
            var `switch`: String
            var row: IntervalRow.Key
        }
        var order: [Group] = []
        var groups: [Group: [IntervalRow]] = [:]
        for stored in stored {
            guard let row = JSON.decode(IntervalRow.self, from: stored.row.utf8) else {
                unreadable += 1
                continue
            }
            let group = Group(
                switch: stored.switch,
                row: .init(start: interval(of: row.start).lowerBound, kind: row.kind, name: row.name))
            if groups[group] == nil { order.append(group) }
            groups[group, default: []].append(row)
        }
        for group in order.sorted(by: { ($0.row.start, $0.switch, $0.row) < ($1.row.start, $1.switch, $1.row) }) {
            guard let quarters = groups[group], let sum = IntervalRow.sum(quarters) else { continue }
            let interval = interval(of: group.row.start)
            let asked = interval.clamped(to: range)
            rows.append(
                Line(
                    switch: group.switch, supplier: Self.supplier(sum, organisation), interval: interval,
                    quarters: quarters.count,
                    expected: ClockInterval.intervals(in: asked, length: ClockInterval.quarterHour).count, sum: sum))
        }
    }

    private func interval(of start: UnixTime) -> Range<UnixTime> {
        switch length {
        case .quarter: ClockInterval.containing(start, length: ClockInterval.quarterHour).range
        case .half: ClockInterval.containing(start, length: ClockInterval.halfHour).range
        case .hour: ClockInterval.containing(start, length: ClockInterval.hour).range
        case .day: zone.day(containing: start)
        }
    }

    /// The supplier to which the team belongs, or which answers the queue.
    private static func supplier(_ row: IntervalRow, _ organisation: Organisation) -> String? {
        switch row.kind {
        case .team: return organisation.team(named: row.name)?.supplier
        case .queue:
            let names = organisation.suppliers.filter { $0.queues.contains(QueueName(row.name)) }.map(\.name)
            return names.isEmpty ? nil : names.joined(separator: "; ")
        }
    }

    // MARK: columns

    enum Cell: Encodable, Equatable {
        case none
        case text(String)
        case count(Int)
        /// The result of a division, or seconds.
        case number(Double)

        init(_ span: Span?) { self = span.map { .number($0.seconds) } ?? .none }
        init(_ count: Int?) { self = count.map(Cell.count) ?? .none }
        init(_ text: String?) { self = text.map(Cell.text) ?? .none }
        /// nil where the denominator is 0.
        init(_ numerator: Double, over denominator: Int) {
            self = denominator > 0 ? .number(numerator / Double(denominator)) : .none
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            switch self {
            case .none: try container.encodeNil()
            case .text(let text): try container.encode(text)
            case .count(let count): try container.encode(count)
            case .number(let number): try container.encode(number)
            }
        }
    }

    /// The thresholds of all rows: each has a column.
    private var thresholds: [Span] { Set(rows.flatMap { $0.sum.cohort?.within.map(\.threshold) ?? [] }).sorted() }

    /// The columns in the order in which they are printed.
    func columns(_ line: Line) -> [(name: String, cell: Cell)] {
        let sum = line.sum
        var columns: [(String, Cell)] = [
            ("switch", .text(line.switch)), ("kind", .text(sum.kind.rawValue)), ("name", .text(sum.name)),
            ("supplier", Cell(line.supplier)),
            ("start", .text("\(line.interval.lowerBound)")), ("local", .text(zone.label(line.interval.lowerBound))),
            ("lengthSeconds", .number(line.interval.length.seconds)), ("quarters", .count(line.quarters)),
            ("quartersExpected", .count(line.expected)),
            ("status", .text(line.isProvisional ? "provisional" : "final")),
            ("openVisits", .count(sum.openVisits)), ("openLegs", .count(sum.openLegs)),
            ("gapSeconds", Cell(Span(microseconds: sum.gapMicroseconds))),
            ("estimatedRecords", .count(sum.estimatedRecords)),
        ]
        columns += cohort(sum.cohort)
        let completion = sum.completion
        columns += [
            ("completionAnswered", Cell(completion?.answered)), ("completionAbandoned", Cell(completion?.abandoned)),
            ("completionFlowOut", Cell(completion?.flowOut)), ("completionLost", Cell(completion?.lost)),
            ("handled", .count(sum.legs.handled)), ("handledMeasured", .count(sum.legs.measured)),
            ("talkSeconds", Cell(sum.legs.talk)),
            ("holdSeconds", Cell(sum.legs.hold)), ("wrapUpSeconds", Cell(sum.legs.wrapUp)),
            ("ringSeconds", Cell(sum.legs.ring)),
            (
                "handleTimeSeconds",
                Cell((sum.legs.talk + sum.legs.hold + sum.legs.wrapUp).seconds, over: sum.legs.measured)
            ),
            ("transfersOut", .count(sum.legs.transfersOut)), ("ringNoAnswer", .count(sum.legs.ringNoAnswer)),
            ("occupancyTalkSeconds", Cell(sum.occupancy?.talk)), ("occupancyHoldSeconds", Cell(sum.occupancy?.hold)),
        ]
        for state in AgentState.allCases {
            if let column = Self.column(of: state) { columns.append((column, Cell(sum.time.map { $0[state] }))) }
        }
        columns.append(("loggedInSeconds", Cell(sum.time?.loggedIn)))
        return columns
    }

    /// For how long agents were in the state; nil: it is not part of the logged-in time.
    private static func column(of state: AgentState) -> String? {
        switch state {
        case .loggedOff: nil
        case .unreachable: "unreachableSeconds"
        case .talking: "talkingSeconds"
        case .held: "heldSeconds"
        case .consulting: "consultingSeconds"
        case .ringing: "ringingSeconds"
        // Not `wrapUpSeconds`, which is the after-call work of the parts that ended.
        case .wrapUp: "wrappingUpSeconds"
        case .other: "otherSeconds"
        case .paused: "pausedSeconds"
        case .partiallyAvailable: "partiallyAvailableSeconds"
        case .available: "availableSeconds"
        case .unknown: "unknownSeconds"
        }
    }

    private func cohort(_ cohort: IntervalRow.Cohort?) -> [(String, Cell)] {
        let level = cohort?.serviceLevel
        var columns: [(String, Cell)] = [
            ("offered", Cell(cohort?.offered)), ("answered", Cell(cohort?.answered)),
            ("abandoned", Cell(cohort?.abandoned)),
            ("shortAbandons", Cell(cohort?.shortAbandons)), ("flowOutTimeout", Cell(cohort?.flowOut.timeout)),
            ("flowOutKey", Cell(cohort?.flowOut.key)), ("flowOutEmpty", Cell(cohort?.flowOut.empty)),
            ("flowOutWithdrawn", Cell(cohort?.flowOut.withdrawn)), ("flowOutUnknown", Cell(cohort?.flowOut.unknown)),
            ("lost", Cell(cohort?.lost)), ("open", Cell(cohort?.open)), ("unmeasured", Cell(cohort?.unmeasured)),
            ("flowIn", Cell(cohort?.flowIn)), ("blockedFull", Cell(cohort?.blockedFull)),
            ("blockedEmpty", Cell(cohort?.blockedEmpty)),
        ]
        for threshold in thresholds {
            let within = cohort?.within.first { $0.threshold == threshold }
            let seconds = Self.plain(threshold.seconds)
            columns += [
                ("answeredWithin\(seconds)", Cell(within?.answered)),
                ("abandonedWithin\(seconds)", Cell(within?.abandoned)),
            ]
        }
        columns += [
            ("waitAnsweredSeconds", Cell(cohort?.waitAnswered)), ("waitAbandonedSeconds", Cell(cohort?.waitAbandoned)),
            ("waitFlowOutSeconds", Cell(cohort?.waitFlowOut)), ("longestWaitSeconds", Cell(cohort?.longestWait)),
            ("waitP50Seconds", Cell(cohort?.waitP50)), ("waitP90Seconds", Cell(cohort?.waitP90)),
            (
                "averageWaitAnsweredSeconds",
                cohort.map { Cell($0.waitAnswered.seconds, over: $0.waitedAnswered) } ?? .none
            ),
            ("serviceLevelFormula", Cell(level?.formula)), ("serviceLevelThresholdSeconds", Cell(level?.threshold)),
            ("serviceLevelNumerator", Cell(level?.numerator)), ("serviceLevelDenominator", Cell(level?.denominator)),
            ("serviceLevelPercent", level.map { Cell(Double($0.numerator) * 100, over: $0.denominator) } ?? .none),
        ]
        return columns
    }
}
