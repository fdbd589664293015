import Telephony
import Time

/// Turns the fields of a line into a row: it knows the columns and checks their values.
struct PartyCSVInterpreter: Sendable {
    /// nil for a column without a name; the last one has a name.
    private(set) var columns: [PartyCSV.Column?]?
    /// The number of columns in the header, including those after the last name.
    private var headerWidth = 0
    private var firstLines: [String: Int] = [:]
    /// Whether a fault made the rest of the file meaningless.
    var isRefused = false

    var hasHeader: Bool { columns != nil }

    /// Returns nothing for an empty line, or for a line of only separators and blanks, as spreadsheets leave at the
    /// end.
    mutating func interpret(_ fields: [[UInt8]], line: Int) -> [PartyCSV.Output] {
        do throws(PartyCSV.Fault) {
            guard let columns else {
                columns = try header(fields, line: line)
                headerWidth = fields.count
                return []
            }
            if fields.allSatisfy(Self.isBlank) { return [] }
            return [.row(try row(fields, columns, line: line))]
        } catch let fault {
            if fault.isFatal || columns == nil { isRefused = true }
            return [.fault(fault)]
        }
    }

    private func header(_ fields: [[UInt8]], line: Int) throws(PartyCSV.Fault) -> [PartyCSV.Column?] {
        if fields.allSatisfy(Self.isBlank) { throw PartyCSV.Fault(line: line, reason: .empty) }
        var columns: [PartyCSV.Column?] = []
        for (index, field) in fields.enumerated() {
            let name = try visible(text(of: field, in: "column \(index + 1)", line: line)).lowercased()
            // Spreadsheets write as many columns as were ever used.
            if name.isEmpty {
                columns.append(nil)
                continue
            }
            guard let column = PartyCSV.Column(header: name) else {
                throw PartyCSV.Fault(line: line, reason: .unknownColumn(name))
            }
            if columns.contains(column) { throw PartyCSV.Fault(line: line, reason: .repeatedColumn(name)) }
            columns.append(column)
        }
        let missing: [PartyCSV.Column] = [.key, .name].filter { !columns.contains($0) }
        guard missing.isEmpty else {
            throw PartyCSV.Fault(line: line, reason: .missingColumns(missing.map(\.inBothLanguages)))
        }
        return Array(columns[...(columns.lastIndex { $0 != nil } ?? 0)])
    }

    private mutating func row(_ written: [[UInt8]], _ columns: [PartyCSV.Column?], line: Int) throws(PartyCSV.Fault)
        -> PartyCSV.Row
    {
        func fault(_ reason: PartyCSV.Fault.Reason) -> PartyCSV.Fault { PartyCSV.Fault(line: line, reason: reason) }
        var fields = written[...]
        while fields.count > columns.count, fields.last.map(Self.isBlank) == true { fields.removeLast() }
        if fields.count > columns.count, fields.count <= headerWidth { throw fault(.unnamedColumn(fields.count)) }
        guard fields.count == columns.count else {
            throw fault(.wrongColumnCount(found: fields.count, expected: columns.count))
        }
        var row = PartyCSV.Row(line: line, key: "", name: "")
        var phones: [(PartyCSV.Column, String)] = []
        for (index, (field, column)) in zip(fields, columns).enumerated() {
            guard let column else {
                guard Self.isBlank(field) else { throw fault(.unnamedColumn(index + 1)) }
                continue
            }
            let limit = column == .key ? PartyCSV.Limits.keyBytes : PartyCSV.Limits.fieldBytes
            guard field.count <= limit else { throw fault(.fieldTooLong(column: column.rawValue, limit: limit)) }
            let value = try text(
                of: field, in: column.rawValue, mayHaveLines: column != .key, ofAnySystem: column == .note, line: line)
            switch column {
            case .key: row.key = visible(value)
            case .name: row.name = Self.onOneLine(value)
            case .town: row.town = value.isEmpty ? nil : Self.onOneLine(value)
            case .note: row.note = value.isEmpty ? nil : value
            case .phone1, .phone2, .phone3:
                let phone = visible(value)
                if !phone.isEmpty { phones.append((column, phone)) }
            case .kind:
                guard let kind = Self.kind(value) else { throw fault(.unknownKind(value)) }
                row.kind = kind
            case .shared:
                guard let isShared = Self.isShared(value) else { throw fault(.unknownShared(value)) }
                row.isShared = isShared
            case .language:
                guard value.isEmpty || Self.isLanguage(value) else { throw fault(.unknownLanguage(value)) }
                row.language = value.isEmpty ? nil : value.lowercased()
            }
        }
        // phone1 comes first, whatever the order of the columns.
        row.phones = phones.sorted { $0.0.rawValue < $1.0.rawValue }.map {
            PartyCSV.Phone(column: $0.0.rawValue, text: $0.1)
        }
        if row.key.isEmpty { throw fault(.emptyKey) }
        if row.name.isEmpty { throw fault(.emptyName) }
        if let firstLine = firstLines[row.key] { throw fault(.duplicateKey(row.key, firstLine: firstLine)) }
        guard firstLines.count < PartyCSV.Limits.rows else { throw fault(.tooManyRows) }
        firstLines[row.key] = line
        return row
    }

    // MARK: - Values

    private static func kind(_ word: String) -> PartyCSV.Row.Kind? {
        switch word.lowercased() {
        case "", "person", "persona": .person
        case "company", "azienda": .company
        default: nil
        }
    }

    private static func isShared(_ word: String) -> Bool? {
        switch word.lowercased() {
        case "", "no", "n", "false", "falso", "0": false
        case "yes", "y", "true", "sì", "si", "s", "vero", "1", "x": true
        default: nil
        }
    }

    /// Checks the form of a BCP 47 tag, but not whether it is registered: `it`, `de-AT`, `zh-Hant`.
    private static func isLanguage(_ word: String) -> Bool {
        let parts = word.split(separator: "-", omittingEmptySubsequences: false)
        func isAlphanumeric(_ byte: UInt8) -> Bool { (48...57).contains(byte) || (97...122).contains(byte | 0x20) }
        return word.utf8.count <= PartyCSV.Limits.languageBytes && (2...3).contains(parts[0].utf8.count)
            && parts[0].utf8.allSatisfy { (97...122).contains($0 | 0x20) }
            && parts.dropFirst().allSatisfy { (1...8).contains($0.utf8.count) && $0.utf8.allSatisfy(isAlphanumeric) }
    }

    /// Each line break of a cell, LF or CRLF as in the file, becomes one LF. So does a lone CR in a cell whose text may
    /// come from any system.
    private func text(
        of field: [UInt8], in column: String, mayHaveLines: Bool = false, ofAnySystem: Bool = false, line: Int
    ) throws(PartyCSV.Fault) -> String {
        guard let text = String(validating: field, as: UTF8.self) else {
            throw PartyCSV.Fault(line: line, reason: .notUTF8(column: column, byte: Self.firstInvalidByte(field)))
        }
        if Self.isPlain(field) { return text }
        var trimmed = String(Self.trimmed(text[...]))
        if trimmed.utf8.contains(0x0D) {
            // Swift treats a CRLF as one character.
            trimmed = String(trimmed.map { $0 == "\r\n" || ofAnySystem && $0 == "\r" ? "\n" : $0 })
        }
        let foreign = trimmed.unicodeScalars.first { scalar in
            scalar.properties.generalCategory == .control && !(mayHaveLines && (scalar == "\n" || scalar == "\t"))
        }
        if let foreign {
            throw PartyCSV.Fault(line: line, reason: .controlCharacter(column: column, value: foreign.value))
        }
        return trimmed
    }

    /// A name is shown on one line, and its words remain separate.
    private static func onOneLine(_ text: String) -> String {
        guard text.utf8.contains(where: { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\t") }) else { return text }
        return text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }

    private static func isBlank(_ field: [UInt8]) -> Bool {
        field.isEmpty
            || !isPlain(field) && (String(validating: field, as: UTF8.self).map { trimmed($0[...]).isEmpty } ?? false)
    }

    /// The visible part of a key or a number. Direction marks and zero widths are copied along with text, and two keys
    /// that look alike would be two parties.
    private func visible(_ value: String) -> String {
        if Self.isPlain(value.utf8) { return value }
        let scalars = value.unicodeScalars.lazy.filter { !$0.isInvisible }.map { $0 == "\u{A0}" ? " " : $0 }
        return String(Self.trimmed(String(String.UnicodeScalarView(scalars))[...]))
    }

    /// Whether a field has only ASCII's visible characters, and blanks between them. Nearly every field does, and
    /// nothing in it is to be trimmed, converted or refused. Unicode's tables are needed only for the others.
    private static func isPlain(_ field: some BidirectionalCollection<UInt8>) -> Bool {
        let blank = UInt8(ascii: " ")
        return field.first != blank && field.last != blank
            && field.allSatisfy { (blank...UInt8(ascii: "~")).contains($0) }
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var text = text.drop(while: \.isWhitespace)
        while text.last?.isWhitespace == true { text.removeLast() }
        return text
    }

    /// The byte after the longest valid beginning.
    private static func firstInvalidByte(_ field: [UInt8]) -> UInt8 {
        var decoder = UTF8()
        var iterator = field.makeIterator()
        var valid = 0
        while case .scalarValue(let scalar) = decoder.decode(&iterator) { valid += UTF8.width(scalar) }
        return field[min(valid, field.count - 1)]
    }
}
