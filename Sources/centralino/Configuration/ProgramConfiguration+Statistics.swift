import Core
import Edges
import Gateway
import Telephony
import Time

/// `[statistics]`, `[calendar]` and the queues' alarms.
extension ProgramConfiguration {
    mutating func readStatistics(_ table: ConfigurationReader) {
        if let name = table.text("time_zone") {
            if let zone = TimeZoneRule(identifier: name) {
                gateway.timeZone = zone
            } else {
                let known = TimeZoneRule.identifiers.map { "\"\($0)\"" }.joined(separator: ", ")
                table.fault("time_zone", "“\(name)” is not a time zone that the statistics know: \(known).")
            }
        }
        gateway.calendar = .always(in: gateway.timeZone)
        if let seconds = table.integers("thresholds", in: 1...86_400) {
            if !Self.thresholdCount.contains(seconds.count) {
                table.fault(
                    "thresholds",
                    "“thresholds” must have from \(Self.thresholdCount.lowerBound) to \(Self.thresholdCount.upperBound) entries."
                )
            } else if let repeated = seconds.first(where: { value in seconds.filter { $0 == value }.count > 1 }) {
                table.fault("thresholds", "\(repeated) stands more than once in “thresholds”.")
            } else {
                gateway.thresholds = seconds.sorted().map { .seconds(Int64($0)) }
            }
        }
        readLegalBasis(table.table("legal_basis"))
        table.refuseTheRest()
    }

    /// Each threshold is counted for every queue and window.
    private static let thresholdCount = 1...20

    private mutating func readLegalBasis(_ table: ConfigurationReader) {
        guard table.isThere else { return }
        let reference = table.requiredText("reference", "the agreement or authorisation, as people cite it")
        let date = table.requiredText("date", "of the agreement, e.g. \"2026-03-01\"").flatMap {
            table.date($0, at: "date")
        }
        if let reference, !Organisation.isName(reference) { table.fault("reference", Self.nameFault("reference")) }
        table.refuseTheRest()
        if let reference, let date { gateway.legalBasis = LegalBasis(reference: reference, date: date) }
    }

    static func nameFault(_ key: String) -> String {
        "“\(key)” must have from 1 to \(Organisation.Limits.nameLength) characters, none of them a control character."
    }

    // MARK: the calendar

    private static let weekdays = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
    /// Ten years of closing days; each is examined whenever somebody asks for periods.
    private static let exceptionLimit = 1000

    mutating func readCalendar(_ table: ConfigurationReader) {
        guard table.isThere else { return }
        var calendar = ServiceCalendar(zone: gateway.timeZone, week: [:], holidays: .italy)
        if table.has("hours") {
            let hours = table.table("hours")
            for (index, name) in Self.weekdays.enumerated() {
                if let periods = hours.texts(name) { calendar.week[index + 1] = hours.periods(periods, at: name) }
            }
            hours.refuseTheRest()
            refuseLongNights(calendar.week, table)
        } else {
            table.fault(nil, "“hours” is missing: when the service is open, e.g. { mon = [\"08:00-20:00\"] }.")
        }
        if let holidays = table.choice("holidays", of: ServiceCalendar.Holidays.self) { calendar.holidays = holidays }
        if let text = table.text("patron") {
            calendar.patron = MonthDay(text)
            if calendar.patron == nil { table.fault("patron", "“\(text)” is not a day of the year like \"06-29\".") }
        }
        for text in table.texts("closed") ?? [] {
            if let date = table.date(text, at: "closed") { calendar.exceptions[date] = [] }
        }
        let open = table.table("open")
        for text in open.keys {
            let periods = open.periods(open.texts(text) ?? [], at: text)
            guard let date = open.date(text, at: text) else { continue }
            if calendar.exceptions[date] != nil {
                open.fault(text, "\(date) is in “closed” as well: it cannot be both.")
            }
            if periods.isEmpty { open.fault(text, "\(date) has no hours: put it into “closed”.") }
            calendar.exceptions[date] = periods
        }
        if calendar.exceptions.count > Self.exceptionLimit {
            table.fault(
                nil,
                "there are more than \(Self.exceptionLimit) dates in “closed” and “open”: take out those that are long past."
            )
        }
        table.refuseTheRest()
        gateway.calendar = calendar
    }

    /// A night's period that reaches into the hours of the next day would end there, which cannot be intended.
    private func refuseLongNights(_ week: [Int: [LocalPeriod]], _ table: ConfigurationReader) {
        for (index, name) in Self.weekdays.enumerated() {
            let next = Self.weekdays[(index + 1) % 7]
            let ends = (week[index + 1] ?? []).map(\.to).max() ?? 0
            let begins = (week[(index + 1) % 7 + 1] ?? []).map(\.from).min() ?? .max
            if ends - 1440 > begins {
                table.fault("hours", "the last hours of “\(name)” end after the first of “\(next)” have begun.")
            }
        }
    }

    // MARK: alarms

    /// A wallboard shows a handful; each is computed with every change.
    private static let alarmsPerQueue = 20

    func readAlarms(_ entries: [ConfigurationReader]) -> [AlarmRule] {
        var rules: [AlarmRule] = []
        for entry in entries {
            guard let rule = readAlarm(entry) else { continue }
            if rules.contains(where: { $0.id == rule.id }) {
                entry.fault("metric", "this queue has an alarm “\(rule.id)” already.")
            } else if rules.count == Self.alarmsPerQueue {
                entry.fault(nil, "a queue has \(Self.alarmsPerQueue) alarms at most.")
            } else {
                rules.append(rule)
            }
        }
        return rules
    }

    private func readAlarm(_ entry: ConfigurationReader) -> AlarmRule? {
        guard entry.requiredText("metric", "what is watched, e.g. \"waiting\"") != nil,
            let metric = entry.choice("metric", of: AlarmRule.Metric.self)
        else {
            // Their valid values depend on the metric, but the keys themselves are valid.
            entry.expect("raise", "clear", "severity", "window")
            entry.refuseTheRest()
            return nil
        }
        let range: ClosedRange<Double> = metric.isRatio ? 0...1 : metric == .longestWait ? 0...86_400 : 0...10_000
        let raise = entry.requiredNumber("raise", in: range, "the value at which the alarm is raised")
        let clear = entry.requiredNumber("clear", in: range, "the value at which it is cleared again")
        let severity = entry.choice("severity", of: AlarmRule.Severity.self) ?? .warning
        var window = entry.choice("window", of: AlarmRule.Window.self)
        if !metric.isRatio, entry.has("window") {
            entry.fault("window", "“window” means nothing for “\(metric.rawValue)”, which is a present value.")
        }
        if metric.isRatio, window == nil { window = .halfHour }
        entry.refuseTheRest()
        guard let raise, let clear else { return nil }
        for (key, value) in [("raise", raise), ("clear", clear)] where metric.isCount && value != value.rounded() {
            entry.fault(key, "“\(key)” must be a whole number: “\(metric.rawValue)” is counted.")
        }
        let rule = AlarmRule(
            metric: metric, raise: raise, clear: clear, severity: severity, window: metric.isRatio ? window : nil)
        guard rule.isSane else {
            entry.fault(
                "clear",
                "“clear” must be \(metric.isBadWhenHigh ? "less" : "more") than “raise”: \(metric.isBadWhenHigh ? "much" : "little") of “\(metric.rawValue)” is what raises it."
            )
            return nil
        }
        return rule
    }
}

extension ConfigurationReader {
    /// A date that is the value of a key, alone or in a list.
    func date(_ text: String, at key: String) -> LocalDate? {
        let date = LocalDate(text)
        if date == nil { fault(key, "“\(text)” is not a date like \"2026-12-24\".") }
        return date
    }

    /// Periods of one day, which must not overlap.
    fileprivate func periods(_ texts: [String], at key: String) -> [LocalPeriod] {
        var periods: [LocalPeriod] = []
        for text in texts {
            guard let period = LocalPeriod(text) else {
                fault(
                    key,
                    "“\(text)” is not a period like \"08:00-20:00\", \"22:00-06:00\" (over midnight) or \"00:00-24:00\"."
                )
                continue
            }
            if let other = periods.first(where: { $0.from < period.to && period.from < $0.to }) {
                fault(key, "“\(period)” overlaps “\(other)”.")
            }
            periods.append(period)
        }
        return periods.sorted { $0.from < $1.from }
    }
}
