/// The anagrafica as a CSV file (RFC 4180, UTF-8): one party a line, its phone numbers as people wrote them.
///
///     key,kind,name,town,language,shared,note,phone1,phone2,phone3
///     C-1042,company,"D'Amico & Figli, S.r.l.",Forlì,it,no,,0543 123456,333 123 4567,
///
/// `,` or `;` (Italian Excel), whichever the header line uses or a line `sep=;` before it says. Columns in any order, with English or Italian
/// names; `key` and `name` must be there; a column without a name must be empty.
///
/// The code is our own because SwiftCSV, the usual library, wants the whole text in memory and forgets on which line a row stood once a quoted
/// field holds a line break; whoever repairs a file of 100 000 lines needs that line.
public enum PartyCSV {
    public struct Row: Equatable, Sendable {
        public enum Kind: String, Sendable { case person, company }

        /// Where the row begins, counted from 1.
        public var line: Int
        public var key: String
        /// `person` where the file does not say.
        public var kind: Kind = .person
        public var name: String
        public var town: String?
        public var language: String?
        public var isShared = false
        public var note: String?
        /// The empty ones left out.
        public var phones: [Phone] = []
    }

    public struct Phone: Equatable, Sendable {
        /// In which column it stands: `phone1`.
        public var column: String
        /// As written, but for what cannot be seen.
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

        /// As a message names it: `name (nome)`.
        var inBothLanguages: String { italian == rawValue ? rawValue : "\(rawValue) (\(italian))" }

        init?(header: String) {
            guard let column = Self.allCases.first(where: { $0.rawValue == header || $0.italian == header }) else { return nil }
            self = column
        }
    }

    /// All of them, each with its Italian name.
    public static let columnNames = Column.allCases.map(\.inBothLanguages).joined(separator: ", ")

    enum Limits {
        /// A full row is below 10 KiB; beyond this, a quote was left open or the file is something else.
        static let rowBytes = 64 * 1024
        static let fieldBytes = 1024
        static let keyBytes = 64
        /// Their keys are remembered, to find those that come twice: some 300 MB at worst. Larger registries come in several files.
        static let rows = 2_000_000
    }
}
