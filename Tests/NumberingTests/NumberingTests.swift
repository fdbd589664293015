import Testing

@testable import Numbering

private func number(_ e164: String, _ kind: NormalisedNumber.Kind, _ region: String?, _ display: String)
    -> NormalisedNumber.Result
{
    .number(e164: e164, kind: kind, region: region, display: display)
}

@Suite("A number from a switch")
struct NumberingTests {
    let numbers = PhoneNumbers()

    @Test(
        "is the same number however the trunk writes it",
        arguments: [
            "+39 06 1234 5678", "00390612345678", "0612345678", "06-12345678", "tel:+39-06-12345678", "390612345678",
            "+390612345678",
            "sip:+390612345678;phone-context=x@sbc.example", "sip:%2B390612345678@sbc.example;user=phone",
            "TEL:+390612345678;ext=12",
            " (06) 1234.5678 ", "06/12345678", "06\u{A0}1234\u{202F}5678", "+39 (0)6 12345678", "06–12345678",
            "#31#0612345678", "*31#06 1234 5678", "*67#0612345678", "*670612345678",
        ])
    func forms(raw: String) {
        let read = numbers.normalise(raw)
        #expect(read.result == number("+390612345678", .fixed, "IT-RM", "06 1234 5678"))
        #expect(read.raw == raw)
        #expect(!read.isConfidenceLow)
    }

    @Test(
        "has the kind, the place and the spelling of the Italian plan",
        arguments: [
            ("3331234567", number("+393331234567", .mobile, nil, "333 123 4567")),
            ("+393331234567", number("+393331234567", .mobile, nil, "333 123 4567")),
            ("393331234567", number("+393331234567", .mobile, nil, "333 123 4567")),
            ("3921234567", number("+393921234567", .mobile, nil, "392 123 4567")),
            ("3906590412", number("+393906590412", .mobile, nil, "390 659 0412")),
            ("848886886", number("+39848886886", .sharedCost, nil, "848 886 886")),
            ("800123456", number("+39800123456", .freephone, nil, "800 123 456")),
            ("803123", number("+39803123", .freephone, nil, "803 123")),
            ("892123", number("+39892123", .premium, nil, "892 123")),
            ("199123456", number("+39199123456", .personal, nil, "199 123 456")),
            ("5512345678", number("+395512345678", .voip, nil, "55 1234 5678")),
            ("0039 0521 234567", number("+390521234567", .fixed, "IT-PR", "0521 234567")),
            ("0669812345", number("+390669812345", .fixed, "VA", "06 6981 2345")),
            ("065904", number("+39065904", .fixed, "IT-RM", "06 5904")),
        ])
    func italian(raw: String, result: NormalisedNumber.Result) {
        let read = numbers.normalise(raw)
        #expect(read.result == result)
        #expect(!read.isConfidenceLow)
    }

    @Test(
        "keeps its international form if it is foreign",
        arguments: [
            ("+41 91 123 45 67", number("+41911234567", .foreign, "CH", "+41 91 123 45 67")),
            ("004989123456", number("+4989123456", .foreign, "DE", "+49 89 123456")),
            ("+49 (0)89 123456", number("+4989123456", .foreign, "DE", "+49 89 123456")),
            ("+12125550100", number("+12125550100", .foreign, "US", "+1 212-555-0100")),
        ])
    func foreign(raw: String, result: NormalisedNumber.Result) {
        #expect(numbers.normalise(raw).result == result)
    }

    @Test("is marked if a digit may be lost or the range is not known")
    func lowConfidence() {
        let oldMobile = numbers.normalise("392123456")
        #expect(oldMobile.result == number("+39392123456", .mobile, nil, "392 123 456"))
        #expect(oldMobile.isConfidenceLow)
        let commercial = numbers.normalise("0844123456")
        #expect(commercial.result == number("+390844123456", .other, nil, "0844123456"))
        #expect(commercial.isConfidenceLow)
        let foreign = numbers.normalise("+378054988123")
        #expect(foreign.e164 == "+378054988123")
        #expect(foreign.isConfidenceLow)
    }

    @Test("of San Marino has two forms, and each names the other")
    func sanMarino() {
        let district = numbers.normalise("0549 882123")
        #expect(district.result == number("+390549882123", .fixed, "SM", "0549 882123"))
        #expect(district.alternative == "+3780549882123")
        let country = numbers.normalise("+378 0549 882123")
        #expect(country.result == number("+3780549882123", .foreign, "SM", "+378 0549 882123"))
        #expect(country.alternative == "+390549882123")
        #expect(numbers.normalise("0612345678").alternative == nil)
    }

    @Test(
        "that is a short code remains one",
        arguments: ["187", "112", "118", "1515", "1254", "116117", "45500", "313"])
    func short(raw: String) {
        #expect(numbers.normalise(raw).result == .short(raw))
    }

    @Test("of the internal plan is an extension, and only of that plan")
    func extensions() {
        let plan = InternalPlan([200...299, 1000...1099])
        #expect(numbers.normalise("201", internalPlan: plan).result == .extension("201"))
        #expect(numbers.normalise("1007", internalPlan: plan).result == .extension("1007"))
        #expect(numbers.normalise("301", internalPlan: plan).result == .short("301"))
        #expect(numbers.normalise("201").result == .short("201"))
        #expect(numbers.normalise("0201", internalPlan: plan).result == .invalid)
    }

    @Test(
        "that the caller withholds belongs to nobody",
        arguments: ["anonymous", "Anonymous", "Restricted", "private", "sip:anonymous@anonymous.invalid"])
    func withheld(raw: String) {
        #expect(numbers.normalise(raw) == NormalisedNumber(raw: raw, result: .withheld))
    }

    @Test(
        "that the network does not know is unavailable",
        arguments: ["<unknown>", "unknown", "", "  ", "unavailable", "0000000000", "0", "1000000000", "asterisk", "-1"])
    func unavailable(raw: String) {
        #expect(numbers.normalise(raw) == NormalisedNumber(raw: raw, result: .unavailable))
    }

    @Test(
        "that is a placeholder belongs to nobody, however it is spelt",
        arguments: [
            "+266696687", "266696687", "00266696687", "+39266696687", "+10000000000", "10000000000", "+390000000000",
            "+7378742833",
            "2562533",
            "8656696", "86282452253", "+86282452253", "+00000000000", "1111111111", "+9999999999", "999-999-9999",
            "3333333333",
            "RESTRICTED", "Private", "sip:Restricted@unknown.invalid", "sip:unavailable@unknown.invalid",
            "sip:+266696687@carrier.example",
            "tel:+266696687", "Unknown Caller", "null", "+266 696 687", "\u{202A}anonymous\u{202C}", "Numero privato",
            "+15555555555", "15555555555", "0015555555555", "+1 999-999-9999", "+19999999999", "Asterisk",
            "sip:asterisk@192.0.2.9",
            "+11234567890", "1234567890", "P", "O", "nessuno", "privado", "oculto", "Desconocido", "ID nascosto",
            "Caller ID blocked",
            "Unbekannt", "Privat", "Anonym", "No Caller ID", "no  caller id", "Inconnu", "numero nascosto",
            "\u{FF0B}266696687",
        ])
    func placeholder(raw: String) {
        let read = numbers.normalise(raw)
        #expect(read.result == .withheld || read.result == .unavailable)
        #expect(read.e164 == nil)
    }

    @Test(
        "is never joined to what follows it",
        arguments: [
            "390612345678.0", "390612345678.00", "0612345678.0", "+390612345678.0", "3331234567.0", "06/12345678/9",
            "06/12345678-9",
            "06 12345678 int. 5", "06 12345678 int 12", "0612345678#12", "06 12345678 #12", "0612345678 9",
            "06 12345678-79",
            "06 12345678/79",
            "0612345678/3331234567", "0612345678 3331234567", "0612345678 - 0687654321", "065904 065905",
            "065904/065905", "0612345/6",
            "06 1234567-123", "065904\n065905", "0612345678,0687654321", "+39 06 12345678 / 9", "0612345678 (9)",
            "3331234567/8",
            "+390612345678 12", "0039 06 12345678.0", "0612345678x5", "0612345678 ext 5", "0612345678 (uff.)",
            "3,90612E+11", "3.90612E+11",
            "+4989123456.0", "+41911234567/8", "065904.0", "065904 5", "065904-5", "0471 418010-0", "+39 0523 12345 6",
            "06 12345-67",
            "335 1234567 8", "335 123456-7", "3351234567 12", "800 123456 7", "+49 7736 9219 0", "+41 91 123 45 67 8",
            "33312345.00",
            "06123456 78", "+39 335 1234567-12",
            "+4989123456 5",
            "+33 142685300 5", "+49 89 123456/7", "+49 89 123456 (7)", "0543 123456 12", "0543-1234567-12",
            "061234567.0",
        ])
    func glued(raw: String) {
        let read = numbers.normalise(raw)
        #expect(read.e164 == nil || read.isConfidenceLow)
    }

    @Test(
        "may be grouped as people group numbers",
        arguments: [
            ("06.12.34.56.78", "+390612345678"), ("06/12.34.56.78", "+390612345678"),
            ("0521-23.45.67", "+390521234567"),
            ("333/1234567", "+393331234567"), ("333 12 34 567", "+393331234567"), ("+39 06/12345678", "+390612345678"),
            ("+41 91 123 45 67", "+41911234567"), ("+33 1 42 68 53 00", "+33142685300"),
            ("+39-333-123-4567", "+393331234567"),
            ("(06) 1234-5678", "+390612345678"), ("+44 20 7946 0958", "+442079460958"),
            ("+1 (212) 555-0100", "+12125550100"),
            ("0612345678;ext=12", "+390612345678"), ("\u{202A}+39 06 1234 5678\u{202C}", "+390612345678"),
            ("0612345678\u{200B}", "+390612345678"), ("\u{FEFF}06\u{AD}12345678", "+390612345678"),
            ("06\u{2060}12345678", "+390612345678"),
            // A last group of one or two digits.
            ("+49 7736 9219-0", "+49773692190"), ("0049 7736 9219-0", "+49773692190"),
            ("+49 234 123456-10", "+4923412345610"),
            ("+49 (0)6120 59511-23", "+4961205951123"), ("+49 (0)89 12345678-1", "+4989123456781"),
            ("+43 1 711 00-0", "+431711000"),
            ("+497736/9219-0", "+49773692190"), ("+49 7736 9219 - 0", "+49773692190"),
            ("06 123456 78", "+390612345678"),
            ("+39 06 123456 78", "+390612345678"), ("+3906 123456 78", "+390612345678"),
            ("06.123456.78", "+390612345678"),
            ("06-123456-78", "+390612345678"), ("02 12345 67", "+39021234567"), ("+39 335 12345 67", "+393351234567"),
            ("335 123456 7", "+393351234567"), ("0039 335 123456 7", "+393351234567"),
            ("39 335 123 45 67", "+393351234567"),
            ("333 12345-67", "+393331234567"), ("011 56 78 90 1", "+390115678901"),
            // As word processors and East Asian keyboards write them.
            ("06\u{2014}12345678", "+390612345678"), ("06\u{2015}12345678", "+390612345678"),
            ("06\u{2212}12345678", "+390612345678"),
            ("06\u{FF0D}12345678", "+390612345678"), ("０６１２３４５６７８", "+390612345678"),
            ("＋３９\u{3000}０６（１２３４）５６７８", "+390612345678"),
            ("06\u{2014}123456\u{2014}78", "+390612345678"),
        ])
    func grouped(raw: String, e164: String) {
        let read = numbers.normalise(raw)
        #expect(read.e164 == e164)
        #expect(!read.isConfidenceLow)
    }

    @Test(
        "without sense is invalid, and its text is kept",
        arguments: [
            "s", "abc", "+390", "12345", "5904", "06123x5678", "+", "++390612345678", "06+12345678", "%2", "%zz",
            "sip:%ff%fe@x",
            "+0612345678", "+9991234567890", "06%001234567", "+1234567890123456", "0012", "٠٦١٢٣٤٥٦٧٨",
        ])
    func invalid(raw: String) {
        #expect(numbers.normalise(raw) == NormalisedNumber(raw: raw, result: .invalid))
    }

    @Test("that lost its leading 0 is invalid with a hint, never a match")
    func lostZero() {
        let read = numbers.normalise("+39612345678")
        #expect(read.result == .invalid)
        #expect(read.hint == "+390612345678")
    }

    @Test("longer than any real one is cut and invalid")
    func hostile() {
        let read = numbers.normalise(String(repeating: "+39061234567", count: 100_000))
        #expect(read.result == .invalid)
        #expect(read.raw.utf8.count == 64)
        #expect(numbers.normalise(String(repeating: " ", count: 65)).result == .invalid)
    }

    @Test("is read by its trunk's rule")
    func trunkRules() {
        func e164(_ raw: String, _ rule: TrunkRule) -> String? { numbers.normalise(raw, trunkRule: rule).e164 }
        #expect(e164("4989123456", .e164WithoutPlus) == "+4989123456")
        #expect(e164("4989123456", .default) == nil)
        #expect(e164("390612345678", .e164WithoutPlus) == "+390612345678")
        #expect(e164("0612345678", .e164WithoutPlus) == "+390612345678")
        #expect(numbers.normalise("3471234567", trunkRule: .e164WithoutPlus).isConfidenceLow)
        #expect(e164("612345678", .prependZero) == "+390612345678")
        #expect(e164("521234567", .prependZero) == "+390521234567")
        #expect(e164("391234567", .prependZero) == "+390391234567")
        #expect(e164("0612345678", .prependZero) == "+390612345678")
        #expect(e164("3331234567", .prependZero) == "+393331234567")
        #expect(e164("800123456", .prependZero) == "+39800123456")
        #expect(e164("390612345678", .prependZero) == "+390612345678")
        #expect(e164("00390612345678", .prependZero) == "+390612345678")
    }

    @Test("gives the same answer again, from any thread")
    func threads() async {
        let raws = (0..<200).map { "06\(12_345_000 + $0)" }
        let expected = raws.map { "+39" + $0 }
        await withTaskGroup(of: [String?].self) { group in
            for _ in 0..<4 { group.addTask { [numbers] in raws.map { numbers.normalise($0).e164 } } }
            for await read in group { #expect(read == expected) }
        }
    }
}

@Suite("The cache of numbers")
struct TwoGenerationCacheTests {
    @Test("keeps the entries used last, and never grows beyond two generations")
    func bounded() {
        var cache = TwoGenerationCache<Int, Int>(capacity: 10)
        for key in 0..<1000 {
            cache[key] = -key
            #expect(cache[0] == 0, "used all the time, so never forgotten")
            #expect(cache.count <= 20)
        }
        for key in 991..<1000 { #expect(cache[key] == -key) }
        #expect(cache[500] == nil)
    }

    @Test("replaces a value")
    func replaces() {
        var cache = TwoGenerationCache<Int, Int>(capacity: 1)
        cache[1] = 1
        cache[2] = 2
        cache[1] = 3
        #expect(cache[1] == 3)
    }
}

@Suite("The telephone districts")
struct DistrictTests {
    @Test("give the prevailing province by the longest prefix")
    func provinces() {
        #expect(District.region(ofNational: "0669812345") == "VA")
        #expect(District.region(ofNational: "0669612345") == "IT-RM")
        #expect(District.region(ofNational: "099123456") == "IT-TA")
        #expect(District.region(ofNational: "0549882123") == "SM")
        #expect(District.region(ofNational: "0100000") == "IT-GE")
        #expect(District.region(ofNational: "0844123456") == nil)
    }
}
