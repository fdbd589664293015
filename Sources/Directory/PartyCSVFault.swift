extension PartyCSV {
    /// A fault in one line of the file, or in the whole file.
    public struct Fault: Error, Equatable, Sendable {
        public enum Reason: Equatable, Sendable {
            case empty, utf16, tabSeparated, tooManyRows
            case unknownColumn(String), repeatedColumn(String), missingColumns([String])
            case notUTF8(column: String, byte: UInt8)
            case wrongColumnCount(found: Int, expected: Int)
            /// A value in a column, counted from 1, that has no name in the first line.
            case unnamedColumn(Int)
            case unclosedQuote, quoteInside, textAfterQuote
            case lineTooLong
            case fieldTooLong(column: String, limit: Int)
            case controlCharacter(column: String, value: UInt32)
            case emptyKey, emptyName
            case duplicateKey(String, firstLine: Int)
            case unknownKind(String), unknownShared(String), unknownLanguage(String)
        }

        /// Counted from 1, including line breaks inside quotes.
        public var line: Int
        public var reason: Reason

        /// Whether the rest of the file was not read.
        public var isFatal: Bool {
            switch reason {
            case .empty, .utf16, .tabSeparated, .tooManyRows, .unknownColumn, .repeatedColumn, .missingColumns: true
            // Any fault in the header line leaves the columns unknown.
            case .notUTF8, .wrongColumnCount, .unnamedColumn, .unclosedQuote, .quoteInside, .textAfterQuote,
                .lineTooLong, .fieldTooLong,
                .controlCharacter,
                .emptyKey, .emptyName, .duplicateKey, .unknownKind, .unknownShared, .unknownLanguage:
                line == 1
            }
        }
    }
}

extension PartyCSV.Fault: CustomStringConvertible {
    public var description: String { "line \(line): \(sentence)" }

    private var sentence: String {
        switch reason {
        case .empty: "the file is empty; its first line must name the columns: \(Self.allColumns)."
        case .utf16: "the file is UTF-16; save it as UTF-8 (in Excel: “CSV UTF-8”)."
        case .tabSeparated: "the columns are separated by tabs; save the file as CSV, with commas or semicolons."
        case .tooManyRows:
            "more than \(PartyCSV.Limits.rows) rows; split the file here, and repeat the first line in each part."
        case .unknownColumn(let name): "there is no column \(quoted(name)); the columns are \(Self.allColumns)."
        case .repeatedColumn(let name): "the column \(quoted(name)) comes twice; remove one."
        case .missingColumns(let names):
            "\(names.joined(separator: " and ")) \(names.count == 1 ? "is" : "are") missing; the first line must name the columns: \(Self.allColumns)."
        case .notUTF8(let column, let byte):
            "\(column): the byte 0x\(String(byte, radix: 16, uppercase: true)) is not UTF-8; save the file as UTF-8 (in Excel: “CSV UTF-8”)."
        case .wrongColumnCount(let found, let expected):
            "\(found) columns where the first line has \(expected); put quotes around a value that contains the separator."
        case .unnamedColumn(let column):
            "column \(column) has a value here and no name in the first line; name it (\(Self.allColumns)), or empty it."
        case .unclosedQuote:
            "a quote is opened and never closed; close it, or write it twice if it belongs to the value."
        case .quoteInside: "a quote inside a value; put the whole value in quotes and write the inner quote twice."
        case .textAfterQuote: "text after a closing quote; write a quote that belongs to the value twice."
        case .lineTooLong: "the line is longer than \(PartyCSV.Limits.rowBytes) bytes; is this a CSV file?"
        case .fieldTooLong(let column, let limit): "\(column): longer than \(limit) bytes; shorten it."
        case .controlCharacter(let column, let value):
            "\(column): the control character U+\(String(value, radix: 16, uppercase: true)) does not belong there; remove it."
        case .emptyKey: "key: empty; every party needs a key of its own."
        case .emptyName: "name: empty; every party needs a name."
        case .duplicateKey(let key, let firstLine):
            "key: \(quoted(key)) is already on line \(firstLine); every party needs a key of its own."
        case .unknownKind(let word): "kind: \(quoted(word)) is neither person (persona) nor company (azienda)."
        case .unknownShared(let word): "shared: \(quoted(word)) is neither yes (sì) nor no."
        case .unknownLanguage(let word): "language: \(quoted(word)) is not a language tag such as it, de or sl."
        }
    }

    private static let allColumns = PartyCSV.columnNames

    /// Quotes a file's text for a terminal: without control characters, and at most 40 of them.
    private func quoted(_ text: String) -> String {
        let start = String(String.UnicodeScalarView(text.unicodeScalars.prefix(PartyCSV.Limits.quotedScalars)))
        return "“" + start.unicodeScalars.map { $0.escaped(asASCII: false) }.joined() + (start == text ? "”" : "…”")
    }
}
