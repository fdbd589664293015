import Testing
import Time

@Suite("Public holidays of Italy")
struct ItalianHolidaysTests {
    @Test(
        "have Easter on the church's dates",
        arguments: [
            "2024-03-31", "2025-04-20", "2026-04-05", "2027-03-28", "2028-04-16", "2029-04-01", "2030-04-21",
            // The earliest and latest possible dates, and dates that simpler rules get wrong.
            "1818-03-22", "2285-03-22", "1943-04-25", "2038-04-25", "1954-04-18", "1981-04-19", "2049-04-18",
            "2076-04-19",
        ])
    func easter(text: String) throws {
        let easter = try #require(LocalDate(text))
        #expect(ItalianHolidays.easter(of: easter.year) == easter)
        #expect(ItalianHolidays.name(of: easter) == (text.hasSuffix("04-25") ? "Festa della Liberazione" : "Pasqua"))
        #expect(ItalianHolidays.name(of: easter.adding(days: 1)) == "Lunedì dell'Angelo")
        #expect(
            ItalianHolidays.name(of: easter.adding(days: 2))
                == (easter.adding(days: 2).day == 25 ? "Festa della Liberazione" : nil))
    }

    @Test("have Easter on a Sunday from 22 March to 25 April, in every year")
    func easterIsSunday() throws {
        for year in 1583...4099 {
            let easter = try #require(ItalianHolidays.easter(of: year))
            #expect(
                easter.weekday == 7 && (3, 22) <= (easter.month, easter.day) && (easter.month, easter.day) <= (4, 25),
                "\(easter)")
        }
        #expect(ItalianHolidays.easter(of: -1) == nil && ItalianHolidays.easter(of: 10_000) == nil)
    }

    @Test("are these in 2025, with 4 October added from 2026 on")
    func list() throws {
        let fixed = ["01-01", "01-06", "04-25", "05-01", "06-02", "08-15", "11-01", "12-08", "12-25", "12-26"]
        for (year, more) in [
            (2025, ["04-20", "04-21"]), (2026, ["04-05", "04-06", "10-04"]), (2027, ["03-28", "03-29", "10-04"]),
        ] {
            var found: [String] = []
            var date = try #require(LocalDate("\(year)-01-01"))
            while date.year == year {
                if ItalianHolidays.name(of: date) != nil { found.append(String("\(date)".dropFirst(5))) }
                date = date.adding(days: 1)
            }
            #expect(found == (fixed + more).sorted())
        }
    }
}
