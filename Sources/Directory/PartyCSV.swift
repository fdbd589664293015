/// The registry as a CSV file (RFC 4180, UTF-8): one party on each line, with its phone numbers as people wrote them.
///
///     key,kind,name,town,language,shared,note,phone1,phone2,phone3
///     C-1042,company,"D'Amico & Figli, S.r.l.",Forlì,it,no,,0543 123456,333 123 4567,
///
/// The separator is `,` or `;` (Italian Excel): the one that the header line uses, or that a line `sep=;` before it
/// names. Columns may be in any order, with English or Italian names. `key` and `name` are required; a column without a
/// name must be empty.
///
/// We have our own reader because SwiftCSV, the usual library, needs the whole text in memory, and does not know a
/// row's line once a quoted field contains a line break. A person who repairs a file of 100 000 lines needs that line.
public enum PartyCSV {
    public struct Row: Equatable, Sendable {
        public enum Kind: String, Sendable { case person, company }

        /// The line on which the row begins, counted from 1.
        public var line: Int
        public var key: String
        /// `person` if the file does not say.
        public var kind: Kind = .person
        public var name: String
        public var town: String?
        public var language: String?
        public var isShared = false
        public var note: String?
        /// The phones that are not empty.
        public var phones: [Phone] = []
    }

    public struct Phone: Equatable, Sendable {
        /// The name of its column: `phone1`.
        public var column: String
        /// As written, without invisible characters.
        public var text: String
    }

    public enum Output: Equatable, Sendable {
        case row(Row)
        case fault(Fault)
    }

    public enum Column: String, CaseIterable, Sendable {
        case key, kind, name, town, language, shared, note, phone1, phone2, phone3

        public var isPhone: Bool { self == .phone1 || self == .phone2 || self == .phone3 }

        var italian: String {
            switch self {
            case .key: "chiave"
            case .kind: "tipo"
            case .name: "nome"
            case .town: "comune"
            case .language: "lingua"
            case .shared: "condiviso"
            case .note: "note"
            case .phone1: "telefono1"
            case .phone2: "telefono2"
            case .phone3: "telefono3"
            }
        }

        /// The name in a message: `name (nome)`.
        var inBothLanguages: String { italian == rawValue ? rawValue : "\(rawValue) (\(italian))" }

        init?(header: String) {
            guard let column = Self.allCases.first(where: { $0.rawValue == header || $0.italian == header }) else {
                return nil
            }
            self = column
        }
    }

    /// The names of all columns, each with its Italian name.
    public static let columnNames = Column.allCases.map(\.inBothLanguages).joined(separator: ", ")
}
