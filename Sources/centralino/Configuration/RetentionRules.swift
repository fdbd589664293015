import Time

/// `[store]`, what concerns how long something is kept. The reasons are in `Sources/Store/Privacy.md`.
struct RetentionRules: Equatable {
    /// After that a contact record has no number, no name and no party any more.
    var recordsMonths = 24
    /// After that a row of a quarter-hour is deleted: ten years, in which a contract can be disputed.
    var intervalsMonths = 120
    /// Nothing is forgotten or deleted by age, and no person is erased: somebody is to look into it.
    var isOnHold = false

    /// A hundred years.
    private static let longestMonths = 1200
    /// Of the local clock; nobody calls, and no log is rotated.
    private static let quietHour = Span.seconds(3 * 3600 + 1800)

    init() {}

    init(_ table: ConfigurationReader) {
        if let months = table.integer("keep_records_months", in: 1...Self.longestMonths) { recordsMonths = months }
        if let months = table.integer("keep_intervals_months", in: 1...Self.longestMonths) { intervalsMonths = months }
        isOnHold = table.boolean("hold") ?? false
        if intervalsMonths < recordsMonths {
            table.fault(
                table.has("keep_intervals_months") ? "keep_intervals_months" : "keep_records_months",
                "figures would be kept for \(intervalsMonths) months and callers' numbers for \(recordsMonths): keep the rows of quarter-hours at least as long as the records."
            )
        }
    }

    /// Records that arrived before this moment have no person any more.
    func recordsBefore(at now: UnixTime, _ zone: TimeZoneRule) -> UnixTime {
        Self.months(recordsMonths, before: now, zone)
    }

    func intervalsBefore(at now: UnixTime, _ zone: TimeZoneRule) -> UnixTime {
        Self.months(intervalsMonths, before: now, zone)
    }

    /// When retention is due after it was last done: at the next quiet hour. Never done: now.
    static func due(after last: UnixTime?, _ zone: TimeZoneRule) -> UnixTime {
        guard let last else { return UnixTime(microseconds: .min) }
        let day = zone.day(containing: last)
        let hour = day.lowerBound + quietHour
        return hour > last ? hour : day.upperBound + quietHour
    }

    /// The midnight at which the day of the same number began, so many months earlier. The 31st of a shorter month is
    /// its last day.
    private static func months(_ count: Int, before now: UnixTime, _ zone: TimeZoneRule) -> UnixTime {
        let today = zone.localDate(at: now)
        let month = today.year * 12 + (today.month - 1) - count
        for day in stride(from: today.day, to: 0, by: -1) {
            if let date = LocalDate(year: month / 12, month: month % 12 + 1, day: day) {
                return zone.day(date).lowerBound
            }
        }
        // Before the year 0.
        return UnixTime(microseconds: .min)
    }
}

extension ProgramConfiguration {
    /// How long what is kept, for people.
    var keepingLines: [String] {
        var lines: [String] = []
        if retention.isOnHold {
            lines.append("legal hold: nothing is forgotten or deleted for its age, and nobody is erased")
        }
        if storePath != nil {
            lines.append("contact records: for ever; with number, name and party for \(retention.recordsMonths) months")
            lines.append("rows of quarter-hours: \(retention.intervalsMonths) months")
        }
        if journalDirectory != nil {
            let rules = journal.rules
            lines.append(
                "journal: \(rules.keepDays) days, at most \(rules.keepBytes / 1024 / 1024) MB; a figure that is disputed later cannot be computed again from it"
            )
        } else {
            lines.append("journal: none ([journal] directory); a crash loses what was going on")
        }
        return lines
    }
}
