import Foundation
import Testing

@testable import Directory

private let headerLine = "key,kind,name,town,language,shared,note,phone1,phone2,phone3\n"

private func read(_ bytes: some Sequence<UInt8>, pieces: Int = .max) -> [PartyCSV.Output] {
    var reader = PartyCSVReader()
    var outputs: [PartyCSV.Output] = []
    var rest = Array(bytes)[...]
    while !rest.isEmpty {
        outputs += reader.receive(rest.prefix(pieces))
        rest = rest.dropFirst(pieces)
    }
    return outputs + reader.finish()
}

private func read(_ text: String) -> [PartyCSV.Output] { read(text.utf8) }

private func fault(_ line: Int, _ reason: PartyCSV.Fault.Reason) -> PartyCSV.Output {
    .fault(PartyCSV.Fault(line: line, reason: reason))
}

private func numbered(_ phones: [String]) -> [PartyCSV.Phone] {
    phones.enumerated().map { PartyCSV.Phone(column: "phone\($0 + 1)", text: $1) }
}

private func row(_ line: Int, _ key: String, _ name: String, phones: [String] = []) -> PartyCSV.Output {
    .row(PartyCSV.Row(line: line, key: key, name: name, phones: numbered(phones)))
}

@Suite("A party CSV file")
struct PartyCSVTests {
    private static let sample = """
        \u{FEFF}key;kind;name;town;language;shared;note;phone1;phone2;phone3\r
        C-1;company;"D'Amico ""Il Forno""; figli, S.r.l.";Forlì;IT;sì;"chiamare\r
        dopo le 10";0543 123456;;+39 333 1234567\r
        \r
        C-2;persona;  Zoë Ò ;;;;;;;\r
        ;;;;;;;;;\r
        C-3;;Anna;;de-AT;no;;06 1;;
        """
    private static let expected: [PartyCSV.Output] = [
        .row(
            PartyCSV.Row(
                line: 2, key: "C-1", kind: .company, name: #"D'Amico "Il Forno"; figli, S.r.l."#, town: "Forlì",
                language: "it",
                isShared: true,
                note: "chiamare\ndopo le 10",
                phones: [
                    PartyCSV.Phone(column: "phone1", text: "0543 123456"),
                    PartyCSV.Phone(column: "phone3", text: "+39 333 1234567"),
                ])),
        row(5, "C-2", "Zoë Ò"),
        .row(PartyCSV.Row(line: 7, key: "C-3", name: "Anna", language: "de-at", phones: numbered(["06 1"]))),
    ]

    @Test("is read the same however it is split into pieces", arguments: [1, 2, 3, 5, 7, 64, 1000])
    func pieces(size: Int) {
        #expect(read(Self.sample.utf8, pieces: size) == Self.expected)
    }

    @Test(
        "has keys and numbers without invisible characters",
        arguments: [
            "\u{202A}", "\u{202C}", "\u{202E}", "\u{2066}", "\u{2069}", "\u{200B}", "\u{200E}", "\u{200F}", "\u{FEFF}",
            "\u{AD}",
            "\u{2060}",
        ])
    func invisible(mark: String) {
        #expect(
            read("key,name,\(mark)phone1\n\(mark)C-\(mark)1,Anna,06\(mark)1\(mark)\n") == [
                row(2, "C-1", "Anna", phones: ["061"])
            ])
    }

    @Test("may name its columns in Italian, in any order, and leave some out")
    func columns() {
        let text = "Telefono2,Nome,\"CHIAVE\",telefono1,tipo,comune,lingua,condiviso\n2,Anna,C-1,1,azienda,Lugo,it,X\n"
        let expected = PartyCSV.Row(
            line: 2, key: "C-1", kind: .company, name: "Anna", town: "Lugo", language: "it", isShared: true,
            phones: numbered(["1", "2"]))
        #expect(read(text) == [.row(expected)])
        #expect(read("key,name\nC-1,Anna") == [row(2, "C-1", "Anna")])
    }

    @Test(
        "is refused as a whole if its first line does not name the columns",
        arguments: [
            ("", PartyCSV.Fault.Reason.empty), ("\n\n", .empty), ("\u{FEFF}", .empty),
            ("key,name,cap\nC-1,Anna,48018\n", .unknownColumn("cap")),
            ("key,name,chiave\n", .repeatedColumn("chiave")),
            ("kind,town\n", .missingColumns(["key (chiave)", "name (nome)"])),
            ("name\n", .missingColumns(["key (chiave)"])), (" ; ;\n", .empty),
            ("key\tname\n", .tabSeparated), ("key,\"name\nC-1,Anna\n", .unclosedQuote),
            ("key,na\"me\nC-1,Anna\n", .quoteInside),
            ("key,name" + String(repeating: " ", count: 70_000), .lineTooLong),
        ])
    func header(text: String, reason: PartyCSV.Fault.Reason) {
        #expect(read(text) == [fault(1, reason)])
        #expect(PartyCSV.Fault(line: 1, reason: reason).isFatal)
    }

    @Test("in another encoding is refused with the remedy")
    func encodings() {
        #expect(read([0xFF, 0xFE] + "k\0e\0y\0".utf8) == [fault(1, .utf16)])
        #expect(read([0xFE, 0xFF, 0]) == [fault(1, .utf16)])
        let latin1 = Array("key,name\nC-1,Anna\nC-2,Nicol".utf8) + [0xF2] + Array("\nC-3,Ugo\n".utf8)
        let outputs = read(latin1)
        #expect(
            outputs == [row(2, "C-1", "Anna"), fault(3, .notUTF8(column: "name", byte: 0xF2)), row(4, "C-3", "Ugo")])
        #expect(
            PartyCSV.Fault(line: 3, reason: .notUTF8(column: "name", byte: 0xF2)).description
                == "line 3: name: the byte 0xF2 is not UTF-8; save the file as UTF-8 (in Excel: “CSV UTF-8”).")
    }

    private static let badLines: [(String, PartyCSV.Fault.Reason)] = [
        ("C-1,Anna,Lugo,1,", .wrongColumnCount(found: 5, expected: 10)),
        ("C-1,,Anna,,,,,1,2,3,4", .wrongColumnCount(found: 11, expected: 10)),
        (",,Anna,,,,,,,", .emptyKey), ("  ,,Anna,,,,,,,", .emptyKey), ("C-1,, ,,,,,,,", .emptyName),
        ("C-0,,Anna,,,,,,,", .duplicateKey("C-0", firstLine: 2)),
        ("C-1,cane,Anna,,,,,,,", .unknownKind("cane")), ("C-1,,Anna,,,forse,,,,", .unknownShared("forse")),
        ("C-1,,Anna,,italiano,,,,,", .unknownLanguage("italiano")), ("C-1,,Anna,,it-,,,,,", .unknownLanguage("it-")),
        ("C-1,,Anna \"Nina\",,,,,,,", .quoteInside), ("C-1,,\"Anna\" Rossi,,,,,,,", .textAfterQuote),
        ("C-1,,An\u{1B}na,,,,,,,", .controlCharacter(column: "name", value: 0x1B)),
        ("C-1,,An\0na,,,,,,,", .controlCharacter(column: "name", value: 0)),
        ("C-1,,Anna,Lu\u{85}go,,,,,,", .controlCharacter(column: "town", value: 0x85)),
        ("C-1,,An\rna,,,,,,,", .controlCharacter(column: "name", value: 0x0D)),
        ("C-1,," + String(repeating: "a", count: 1025) + ",,,,,,,", .fieldTooLong(column: "name", limit: 1024)),
        (String(repeating: "a", count: 65) + ",,Anna,,,,,,,", .fieldTooLong(column: "key", limit: 64)),
        ("C-1,,Anna" + String(repeating: ",", count: 70_000), .lineTooLong),
        ("C-1,,\"" + String(repeating: "a", count: 70_000), .unclosedQuote),
    ]

    @Test(
        "loses only the bad line, and says which and why",
        arguments: badLines)
    func badLine(line: String, reason: PartyCSV.Fault.Reason) {
        let outputs = read(headerLine + "C-0,,Ugo,,,,,,,\n" + line + "\nC-9,,Ivo,,,,,,,\n")
        #expect(outputs == [row(2, "C-0", "Ugo"), fault(3, reason), row(4, "C-9", "Ivo")])
        #expect(!PartyCSV.Fault(line: 3, reason: reason).isFatal)
    }

    @Test("whose quote is never closed loses that line only", arguments: [1, 3, 1000])
    func unclosedQuote(pieces: Int) {
        let atTheEnd = "key,name\nC-1,\"Anna\nC-2,Ugo\nC-3,\"Ivo \"\"I\"\"\"\n"
        #expect(
            read(atTheEnd.utf8, pieces: pieces) == [
                fault(2, .unclosedQuote), row(3, "C-2", "Ugo"), row(4, "C-3", "Ivo \"I\""),
            ])
        let beforeAnother = "key,name\nC-1,\"Anna\nC-2,Ugo\nC-3,\"Ivo\"\nC-4,Eva\n"
        #expect(
            read(beforeAnother.utf8, pieces: pieces)
                == [fault(2, .unclosedQuote), row(3, "C-2", "Ugo"), row(4, "C-3", "Ivo"), row(5, "C-4", "Eva")])
        let lastLine = "key,name\nC-1,\"Anna"
        #expect(read(lastLine.utf8, pieces: pieces) == [fault(2, .unclosedQuote)])
        let secondField = "key,note,name\nC-1,\"a\nb\",\"Anna\nC-2,,Ugo\n"
        #expect(read(secondField.utf8, pieces: pieces) == [fault(3, .unclosedQuote), row(4, "C-2", "Ugo")])
    }

    @Test("with an open quote before many lines still gives every one of them")
    func unclosedQuoteBeforeMany() {
        let rows = (0..<20_000).map { "K\($0),Nome \($0)\n" }.joined()
        let outputs = read("key,name\nC-1,\"Anna\n" + rows)
        #expect(outputs.first == fault(2, .unclosedQuote))
        #expect(outputs.dropFirst().elementsEqual((0..<20_000).lazy.map { row($0 + 3, "K\($0)", "Nome \($0)") }))
    }

    @Test("counts the line breaks inside quotes")
    func lineNumbers() {
        let text = "key,name,note\nC-1,Anna,\"a\n\nb\"\n\nC-2,\"Ugo\nIvo\",\nC-3,,\n"
        #expect(
            read(text) == [
                .row(PartyCSV.Row(line: 2, key: "C-1", name: "Anna", note: "a\n\nb")),
                row(6, "C-2", "Ugo Ivo"), fault(8, .emptyName),
            ])
    }

    @Test(
        "has line breaks in quoted cells, LF or CRLF: a note keeps them, a name becomes one line, a number is refused",
        arguments: ["\n", "\r\n"])
    func lineBreaks(lineBreak: String) {
        let text =
            "key,name,town,note,phone1\r\nC-1,\"Anna~Rossi~\",\"Forlì~Cesena\",\"a~~b\",\"06 1~06 2\"\r\nC-2,Ugo,,,\r\n"
        let outputs = read(text.replacingOccurrences(of: "~", with: lineBreak))
        var anna = PartyCSV.Row(line: 2, key: "C-1", name: "Anna Rossi", phones: numbered(["06 1\n06 2"]))
        (anna.town, anna.note) = ("Forlì Cesena", "a\n\nb")
        #expect(outputs == [.row(anna), row(9, "C-2", "Ugo")])
        // Two keys that look alike would be two parties.
        #expect(
            read("key,name\n\"C-\(lineBreak)1\",Anna\n") == [fault(2, .controlCharacter(column: "key", value: 0x0A))])
    }

    @Test("may have columns without a name, as spreadsheets leave them, if they are empty")
    func unnamedColumns() {
        let behind = "key;name;phone1;;\nC-1;Anna;1;;\nC-2;Ugo;2\nC-3;Ivo;3;;;;\nC-4;Eva;4; ;\n"
        #expect(
            read(behind) == [
                row(2, "C-1", "Anna", phones: ["1"]), row(3, "C-2", "Ugo", phones: ["2"]),
                row(4, "C-3", "Ivo", phones: ["3"]),
                row(5, "C-4", "Eva", phones: ["4"]),
            ])
        #expect(read(";key;;name\n;C-1;;Anna\n;C-2;x;Ugo\n") == [row(2, "C-1", "Anna"), fault(3, .unnamedColumn(3))])
        #expect(read("key;name;;\nC-1;Anna;;0612345678\n") == [fault(2, .unnamedColumn(4))])
        #expect(read("key;name\nC-1;Anna;;\n") == [row(2, "C-1", "Anna")])
    }

    @Test(
        "may begin with Excel's line that names the separator",
        arguments: ["sep=;", "SEP=;", "\"sep=;\"", "\u{FEFF}sep=;", "sep=;;;"])
    func separatorLine(line: String) {
        for lineBreak in ["\n", "\r\n"] {
            let text = [line, "key;name;note", "C-1;Anna;a,b", "C-2;;", ""].joined(separator: lineBreak)
            var anna = PartyCSV.Row(line: 3, key: "C-1", name: "Anna")
            anna.note = "a,b"
            #expect(read(text) == [.row(anna), fault(4, .emptyName)])
            #expect(read(text.utf8, pieces: 1) == read(text))
        }
        #expect(read(line + "\n") == [fault(2, .empty)])
        #expect(read(line + "\nkey;cap\nC-1;Anna\n") == [fault(2, .unknownColumn("cap"))])
        #expect(
            read(line + "\nkey;na\u{1B}me\nC-1;Anna\n") == [
                fault(2, .controlCharacter(column: "column 2", value: 0x1B))
            ])
    }

    @Test("with another separator than the two is refused, also if a line names it")
    func tabs() {
        #expect(read("sep=\t\nkey\tname\n") == [fault(1, .tabSeparated)])
        #expect(read("sep=|\nkey|name\n") == [fault(1, .unknownColumn("sep=|"))])
    }

    @Test("skips a line of blanks only", arguments: [" ", "\t", "\u{A0}", " , ", " \r"])
    func blanks(line: String) {
        #expect(read("key,name\nC-1,Anna\n\(line)\nC-2,Ugo\n") == [row(2, "C-1", "Anna"), row(4, "C-2", "Ugo")])
    }

    @Test("names the columns in both languages if it does not know one")
    func bothLanguages() {
        let text = PartyCSV.Fault(line: 1, reason: .unknownColumn("cap")).description
        for column in PartyCSV.Column.allCases {
            #expect(text.contains(column.rawValue) && text.contains(column.italian))
        }
    }

    @Test("that ends in the middle of a bad line reports it once")
    func badEnd() {
        #expect(read("key,name\nC-1,An\"na") == [fault(2, .quoteInside)])
        #expect(read("key,name\nC-1") == [fault(2, .wrongColumnCount(found: 1, expected: 2))])
        #expect(read("key,name\nC-1,\"Anna\"\r") == [row(2, "C-1", "Anna")])
    }

    @Test("of nonsense neither stops the reader nor fills the memory", arguments: 0..<8 as Range<UInt64>)
    func nonsense(seed: UInt64) {
        var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
        let alphabet = Array("\"\",;\n\r a\u{E8}k".utf8) + [0xFF, 0x00]
        let bytes = (0..<200_000).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return alphabet[Int(state >> 33) % alphabet.count]
        }
        let whole = read(Array("key,name\n".utf8) + bytes)
        #expect(whole == read(Array("key,name\n".utf8) + bytes, pieces: 11))
        #expect(whole.count <= bytes.count { $0 == UInt8(ascii: "\n") } + 1)
    }

    @Test("does not smuggle terminal sequences into a message")
    func messages() {
        let fault = PartyCSV.Fault(
            line: 2, reason: .duplicateKey("\u{1B}[2J" + String(repeating: "k", count: 60), firstLine: 1))
        #expect(fault.description.hasPrefix("line 2: key: “\\u{1B}[2J"))
        #expect(fault.description.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control })
        #expect(fault.description.contains("…”"))
    }

    @Test("for the demonstration has no fault")
    func demonstration() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let outputs = read(try Data(contentsOf: root.appending(path: "Simulator/Scenarios/demo/parties.csv")))
        let rows = outputs.compactMap { output -> PartyCSV.Row? in if case .row(let row) = output { row } else { nil } }
        #expect(rows.count == outputs.count, "\(outputs.filter { if case .fault = $0 { true } else { false } })")
        #expect(rows.count > 100)
        #expect(rows.contains { $0.isShared })
    }
}
