import Time

/// A gateway's moment for people: on the clocks of its zone, in whole seconds, with the offset, e.g.
/// `2026-10-25T02:15:00+01:00`. What a program reads (`--json`, the log) has UTC.
struct ShownTime {
    /// nil: an older gateway does not send its zone, and its times are shown unchanged.
    private let zone: TimeZoneRule?

    init(_ zone: TimeZoneRule) { self.zone = zone }

    init(zone name: String?) { zone = name.flatMap(TimeZoneRule.init(identifier:)) }

    /// `time`: RFC 3339, or anything that a hostile gateway sends.
    func text(_ time: String) -> String {
        guard let zone, let instant = UnixTime(rfc3339: time) else {
            return shown(time, limit: ProgramLimits.shownName)
        }
        return zone.label(instant)
    }

    func text(_ time: UnixTime) -> String { zone?.label(time) ?? "\(time)" }

    /// The same in whole seconds, even where no zone is known.
    func clock(_ now: UnixTime) -> String {
        zone?.label(now) ?? "\("\(now)".prefix(19))Z"  // not a limit: up to the seconds
    }
}
