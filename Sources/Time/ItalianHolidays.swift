/// Public holidays of Italy: L. 260/1949 with its changes up to L. 151/2025, which adds 4 October from 2026 on. The
/// patron saint's day differs from town to town and is not in this list. The list is today's: it does not know what
/// earlier decades kept differently.
public enum ItalianHolidays {
    /// The holiday's name, for a page; nil for any other day.
    public static func name(of date: LocalDate) -> String? {
        switch (date.month, date.day) {
        case (1, 1): return "Capodanno"
        case (1, 6): return "Epifania"
        case (4, 25): return "Festa della Liberazione"
        case (5, 1): return "Festa del Lavoro"
        case (6, 2): return "Festa della Repubblica"
        case (8, 15): return "Assunzione"
        case (10, 4): return date.year >= 2026 ? "San Francesco d'Assisi" : nil
        case (11, 1): return "Ognissanti"
        case (12, 8): return "Immacolata Concezione"
        case (12, 25): return "Natale"
        case (12, 26): return "Santo Stefano"
        // Easter falls in March or April.
        case (3...4, _):
            let easter = easter(of: date.year)
            if date == easter { return "Pasqua" }
            return date == easter?.adding(days: 1) ? "Lunedì dell'Angelo" : nil
        default: return nil
        }
    }

    /// Easter Sunday of the Gregorian calendar by the anonymous rule of 1876 (Meeus, “Astronomical Algorithms”, ch. 8).
    /// nil outside the years 0 to 9999.
    public static func easter(of year: Int) -> LocalDate? {
        guard (0...9999).contains(year) else { return nil }
        let golden = year % 19
        let century = year / 100
        let epact = (19 * golden + century - century / 4 - (century - (century + 8) / 25 + 1) / 3 + 15) % 30
        let toSunday = (32 + 2 * (century % 4) + 2 * (year % 100 / 4) - epact - year % 100 % 4) % 7
        let correction = (golden + 11 * epact + 22 * toSunday) / 451
        let days = epact + toSunday - 7 * correction + 114
        return LocalDate(year: year, month: days / 31, day: days % 31 + 1)
    }
}
