/// When the service is open: a plan by weekday, holidays, and what is different on single dates.
///
/// A date's own entry says all for that date, even on a holiday; otherwise a holiday or the patron saint's day is closed; otherwise the weekday's plan
/// holds. A period that goes over midnight belongs to the day on which it begins, and goes on into a holiday.
///
/// On the days on which the clocks change, a period begins and ends where local clocks first show its time, or a later one: `00:00-24:00` lasts 23 or
/// 25 hours, a time that is left out is the moment of the change, and one that comes twice is the earlier. So periods that follow upon each other
/// on the wall follow upon each other in time.
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
    /// What is different on a date: other hours, or none.
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

    // MARK: asking

    public func isOpen(at instant: UnixTime) -> Bool {
        let today = zone.localDate(at: instant)
        return periods(from: today.adding(days: -1), through: today).contains { $0.contains(instant) }
    }

    /// The periods of which at least an instant lies in the range: whole, in order, without overlap. Each day is looked at: ask for no more than you
    /// show.
    public func periods(overlapping range: Range<UnixTime>) -> [Range<UnixTime>] {
        guard !range.isEmpty else { return [] }
        let first = zone.localDate(at: range.lowerBound).adding(days: -1)
        return periods(from: first, through: zone.localDate(at: range.upperBound)).filter { $0.overlaps(range) }
    }

    /// The shift: the period in which the instant lies, or the last one before it; nil where there was none for a year.
    public func currentOrLast(at instant: UnixTime) -> Range<UnixTime>? {
        guard exceptions.values.contains(where: { !$0.isEmpty }) || week.values.contains(where: { !$0.isEmpty }) else { return nil }
        let today = zone.localDate(at: instant)
        for back in 0...Self.daysToLookBack {
            let date = today.adding(days: -back)
            if let begun = periods(from: date, through: date).last(where: { $0.lowerBound <= instant }) { return begun }
        }
        return nil
    }

    /// A service that was closed for longer has no last shift to show.
    private static let daysToLookBack = 366

    /// What the calendar says of a date, on the wall.
    public func plan(on date: LocalDate) -> [LocalPeriod] {
        if let exception = exceptions[date] { return exception }
        if let patron, patron.month == date.month, patron.day == date.day { return [] }
        if holidays == .italy, ItalianHolidays.name(of: date) != nil { return [] }
        return week[date.weekday] ?? []
    }

    // MARK: from the wall to instants

    /// The periods that begin on these dates. Where one would go on into the next, from a plan that was made by hand, the next one ends it.
    private func periods(from first: LocalDate, through last: LocalDate) -> [Range<UnixTime>] {
        var all: [(date: LocalDate, range: Range<UnixTime>)] = []
        var date = first
        // One more, which may end the last.
        while date <= last.adding(days: 1) {
            for period in plan(on: date).sorted(by: { ($0.from, $0.to) < ($1.from, $1.to) }) {
                let range = zone.first(date, minute: period.from)..<zone.first(date, minute: period.to)
                // One that lies in the hour that is left out does not take place.
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

    /// Reads `06-29`; nil for anything that is no day of a leap year.
    public init?(_ text: String) {
        guard let date = LocalDate("2000-" + text) else { return nil }
        month = date.month
        day = date.day
    }

    public var description: String { "\(month < 10 ? "0" : "")\(month)-\(day < 10 ? "0" : "")\(day)" }
}
