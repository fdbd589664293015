/// When the service is open: a plan by weekday, holidays, and exceptions for single dates.
///
/// A date's own entry decides alone for that date, even on a holiday. Otherwise holidays and the patron saint's day are
/// closed, and any other day follows its weekday's plan. A period over midnight belongs to the day on which it begins,
/// and continues into a holiday.
///
/// When the clocks change, a period begins and ends at the first moment at which local clocks show its time or a later
/// one. So `00:00-24:00` lasts 23 or 25 hours, a time that is left out is the moment of the change, and a time that
/// comes twice is the earlier one. Periods that follow each other on the clock also follow each other in time.
public struct ServiceCalendar: Equatable, Codable, Sendable {
    public enum Holidays: String, Codable, Sendable, CaseIterable {
        case none
        case italy
    }

    public var zone: TimeZoneRule
    /// By weekday, 1 Monday … 7 Sunday; a day without an entry is closed.
    public var week: [Int: [LocalPeriod]]
    public var holidays: Holidays
    /// The patron saint's day, e.g. 29 June in Rome.
    public var patron: MonthDay?
    /// Dates with other hours, or with none.
    public var exceptions: [LocalDate: [LocalPeriod]]

    public init(
        zone: TimeZoneRule, week: [Int: [LocalPeriod]], holidays: Holidays = .none, patron: MonthDay? = nil,
        exceptions: [LocalDate: [LocalPeriod]] = [:]
    ) {
        self.zone = zone
        self.week = week
        self.holidays = holidays
        self.patron = patron
        self.exceptions = exceptions
    }

    /// Open day and night; each local day is a period of its own.
    public static func always(in zone: TimeZoneRule) -> ServiceCalendar {
        ServiceCalendar(zone: zone, week: Dictionary(uniqueKeysWithValues: (1...7).map { ($0, [.wholeDay]) }))
    }

    // MARK: queries

    public func isOpen(at instant: UnixTime) -> Bool {
        let today = zone.localDate(at: instant)
        return periods(from: today.adding(days: -1), through: today).contains { $0.contains(instant) }
    }

    /// All periods that intersect the range: whole, in order, without overlap. The cost grows with the number of days:
    /// ask for no more than you show.
    public func periods(overlapping range: Range<UnixTime>) -> [Range<UnixTime>] {
        guard !range.isEmpty else { return [] }
        let first = zone.localDate(at: range.lowerBound).adding(days: -1)
        return periods(from: first, through: zone.localDate(at: range.upperBound)).filter { $0.overlaps(range) }
    }

    /// The shift: the period that contains the instant, or the last one before it. nil if there was none for a year.
    public func currentOrLast(at instant: UnixTime) -> Range<UnixTime>? {
        guard exceptions.values.contains(where: { !$0.isEmpty }) || week.values.contains(where: { !$0.isEmpty }) else {
            return nil
        }
        let today = zone.localDate(at: instant)
        for back in 0...Self.daysToLookBack {
            let date = today.adding(days: -back)
            if let begun = periods(from: date, through: date).last(where: { $0.lowerBound <= instant }) { return begun }
        }
        return nil
    }

    /// A service that was closed for longer has no last shift to show.
    private static let daysToLookBack = 366

    /// The calendar's hours for a date, in local time.
    public func plan(on date: LocalDate) -> [LocalPeriod] {
        if let exception = exceptions[date] { return exception }
        if let patron, patron.month == date.month, patron.day == date.day { return [] }
        if holidays == .italy, ItalianHolidays.name(of: date) != nil { return [] }
        return week[date.weekday] ?? []
    }

    // MARK: from local time to instants

    /// The periods that begin on these dates. If a hand-made plan lets one run into the next, the next one ends it.
    private func periods(from first: LocalDate, through last: LocalDate) -> [Range<UnixTime>] {
        var all: [(date: LocalDate, range: Range<UnixTime>)] = []
        var date = first
        // One day more, whose first period may end the last.
        while date <= last.adding(days: 1) {
            for period in plan(on: date).sorted(by: { ($0.from, $0.to) < ($1.from, $1.to) }) {
                let range = zone.first(date, minute: period.from)..<zone.first(date, minute: period.to)
                // A period within the hour that spring leaves out does not take place.
                if !range.isEmpty { all.append((date, range)) }
            }
            date = date.adding(days: 1)
        }
        for index in all.indices.dropLast() where all[index].range.upperBound > all[index + 1].range.lowerBound {
            all[index].range = all[index].range.lowerBound..<all[index + 1].range.lowerBound
        }
        return all.filter { $0.date <= last && !$0.range.isEmpty }.map(\.range)
    }
}

/// A day of every year, e.g. `06-29`.
public struct MonthDay: Hashable, Codable, Sendable, CustomStringConvertible {
    public let month: Int
    public let day: Int

    /// Reads `06-29`; nil for anything that is not a day of a leap year.
    public init?(_ text: String) {
        guard let date = LocalDate("2000-" + text) else { return nil }
        month = date.month
        day = date.day
    }

    public var description: String { "\(month < 10 ? "0" : "")\(month)-\(day < 10 ? "0" : "")\(day)" }
}
