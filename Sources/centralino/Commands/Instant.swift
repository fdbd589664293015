import Time

/// A moment as an option may give it: a day, a time on the clocks of `zone`, or RFC 3339. Status 64 where it is none
/// of these, or ambiguous.
func instant(_ text: String, _ option: String, _ zone: TimeZoneRule) throws -> UnixTime {
    if let date = LocalDate(text) { return zone.day(date).lowerBound }
    let found = zone.instants(local: text)
    guard let first = found.first else {
        throw misuse(
            "\(option) “\(shown(text))” is not a time: write 2026-11-23, “2026-11-23 10:15”, or 2026-11-23T10:15:00+01:00."
        )
    }
    guard found.count == 1 else {
        throw misuse(
            "\(option) “\(shown(text))” happened twice: write \(found.map { zone.label($0) }.joined(separator: " or "))."
        )
    }
    return first
}
