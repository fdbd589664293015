/// What a file of parties may hold, and why.
extension PartyCSV {
    enum Limits {
        /// A full row is below 10 KiB. A longer one has an open quote, or the file is not a CSV file.
        static let rowBytes = 64 * 1024
        static let fieldBytes = 1024
        static let keyBytes = 64
        /// The keys of all rows are remembered to find duplicates: some 200 MB with keys of up to 15 bytes, 1 GB at
        /// worst. A registry of five million parties fits; a larger one must be split into several files.
        static let rows = 6_000_000
        /// RFC 5646 §4.4.1: a longer language tag has private parts.
        static let languageBytes = 35
        /// A message quotes the beginning of a field, so that one line of a terminal shows it.
        static let quotedScalars = 40
    }
}
