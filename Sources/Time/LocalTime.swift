/// A zone's civil time by rule, without the operating system's tables: the same instants give the same days on every
/// machine and in every replay.
///
/// Rome is CET (UTC+1) and CEST (UTC+2). The clocks change at 01:00 UTC on the last Sundays of March and October
/// (Directive 2000/84/EC). The rule is right since 1996; earlier years are computed by it as well.
public struct TimeZoneRule: Hashable, Sendable {
    private enum Zone: String, Hashable {
        case rome = "Europe/Rome"
        case utc = "UTC"
    }

    private let zone: Zone

    public static let rome = TimeZoneRule(zone: .rome)
    public static let utc = TimeZoneRule(zone: .utc)

    /// The names that ``init(identifier:)`` knows.
    public static let identifiers = ["Europe/Rome", "UTC"]

    private init(zone: Zone) { self.zone = zone }

    /// By its name in the tz database: `Europe/Rome` or `UTC`; nil for any other.
    public init?(identifier: String) {
        guard let zone = Zone(rawValue: identifier) else { return nil }
        self.zone = zone
    }

    public var identifier: String { zone.rawValue }

    // MARK: from an instant to local time

    /// How far local clocks are ahead of UTC; positive to the east.
    public func offset(at instant: UnixTime) -> Span { .seconds(offset(atSecond: instant.second)) }

    /// `CET`, `CEST` or `UTC`. It distinguishes the two 02:15 of an October night.
    public func abbreviation(at instant: UnixTime) -> String {
        switch zone {
        case .utc: "UTC"
        case .rome: offset(atSecond: instant.second) == Self.summer ? "CEST" : "CET"
        }
    }

    public func localDate(at instant: UnixTime) -> LocalDate { LocalDate(daysSinceEpoch: localDay(of: instant)) }

    /// ISO 8601: 1 Monday … 7 Sunday.
    public func weekday(at instant: UnixTime) -> Int { localDate(at: instant).weekday }

    /// RFC 3339 in whole seconds with the offset of that instant, e.g. `2026-10-25T02:15:00+01:00`; `Z` in UTC. For
    /// people: a key is the instant.
    public func label(_ instant: UnixTime) -> String {
        let offset = offset(atSecond: instant.second)
        let local = instant.second + offset
        let second = local - local.flooredQuotient(by: 86_400) * 86_400
        let clock = "\((second / 3600).twoDigits):\((second / 60 % 60).twoDigits):\((second % 60).twoDigits)"
        let zone = self.zone == .utc ? "Z" : "+\((offset / 3600).twoDigits):\((offset / 60 % 60).twoDigits)"
        return "\(localDate(at: instant))T\(clock)\(zone)"
    }

    // MARK: days

    /// Local midnight at or before this instant.
    public func midnight(atOrBefore instant: UnixTime) -> UnixTime { midnight(ofDay: localDay(of: instant)) }

    /// The local day that contains the instant: half-open, of 23, 24 or 25 hours.
    public func day(containing instant: UnixTime) -> Range<UnixTime> { day(localDay(of: instant)) }

    public func day(_ date: LocalDate) -> Range<UnixTime> { day(date.daysSinceEpoch) }

    private func day(_ number: Int64) -> Range<UnixTime> { midnight(ofDay: number)..<midnight(ofDay: number + 1) }

    /// Both zones change their clocks well after midnight, so every day has exactly one.
    private func midnight(ofDay number: Int64) -> UnixTime {
        UnixTime(saturatingSecond: seconds(local: number * 86_400).first ?? number * 86_400)
    }

    // MARK: from local time to instants

    /// The instants at which local clocks show `text`: `2026-11-23 10:42` or `2026-11-23 10:42:30` (`T` may stand for
    /// the space). There are none in the hour that spring leaves out, two in the hour that autumn repeats, otherwise
    /// one. RFC 3339 with an offset gives that instant. Any other text gives none.
    public func instants(local text: String) -> [UnixTime] {
        if let instant = UnixTime(rfc3339: text) { return [instant] }
        let bytes = Array(text.utf8)
        guard bytes.count == 16 || bytes.count == 19, bytes[10] == 32 || bytes[10] | 32 == 116 else { return [] }
        // The reading is parsed as UTC first: that checks the digits and the date.
        let date = text.prefix(10)  // not a limit: a date has ten characters
        let reading = date + "T" + text.dropFirst(11) + (bytes.count == 16 ? ":00Z" : "Z")
        guard let shown = UnixTime(rfc3339: String(reading)) else { return [] }
        return seconds(local: shown.second).map { UnixTime(seconds: $0) }
    }

    /// The UTC seconds at which local clocks show this second, the earlier first.
    func seconds(local: Int64) -> [Int64] {
        let offsets = zone == .utc ? [0] : [Self.summer, Self.winter]
        return offsets.map { (offset: $0, second: local - $0) }.filter { offset(atSecond: $0.second) == $0.offset }.map(
            \.second)
    }

    /// The first instant at which local clocks show this minute of the date; 1440 is the midnight that follows. A time
    /// that spring leaves out becomes the moment of the change.
    func first(_ date: LocalDate, minute: Int) -> UnixTime {
        let local = date.daysSinceEpoch * 86_400 + Int64(minute) * 60
        let leftOut = { Self.change(UnixTime.civil(daysSinceEpoch: local.flooredQuotient(by: 86_400)).year, 3) }
        return UnixTime(saturatingSecond: seconds(local: local).first ?? leftOut())
    }

    // MARK: the rule

    /// Offsets from UTC, in seconds.
    private static let winter: Int64 = 3600
    private static let summer: Int64 = 7200

    private func offset(atSecond second: Int64) -> Int64 {
        guard zone == .rome else { return 0 }
        let (year, month, _) = UnixTime.civil(daysSinceEpoch: second.flooredQuotient(by: 86_400))
        switch month {
        case 4...9: return Self.summer
        case 3: return second < Self.change(year, month) ? Self.winter : Self.summer
        case 10: return second < Self.change(year, month) ? Self.summer : Self.winter
        default: return Self.winter
        }
    }

    /// 01:00 UTC on the last Sunday of March or October. Both months have 31 days.
    private static func change(_ year: Int64, _ month: Int64) -> Int64 {
        let last = UnixTime.daysSinceEpoch(year: year, month: month, day: 31)
        return (last - Int64(LocalDate(daysSinceEpoch: last).weekday % 7)) * 86_400 + 3600
    }

    private func localDay(of instant: UnixTime) -> Int64 {
        (instant.second + offset(atSecond: instant.second)).flooredQuotient(by: 86_400)
    }
}

extension TimeZoneRule: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let name = try container.decode(String.self)
        guard let zone = Zone(rawValue: name) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "“\(name)” is not a time zone whose rule we know.")
        }
        self.zone = zone
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(identifier)
    }
}

extension UnixTime {
    /// Whole seconds since 1970, rounded down.
    fileprivate var second: Int64 { microseconds.flooredQuotient(by: 1_000_000) }

    /// Saturates: a hostile peer may send an instant at the end of the range, and its midnight must not overflow.
    fileprivate init(saturatingSecond second: Int64) { self.init(microseconds: Span.seconds(second).microseconds) }
}

extension Int64 {
    fileprivate var twoDigits: String { self < 10 ? "0\(self)" : "\(self)" }
}
