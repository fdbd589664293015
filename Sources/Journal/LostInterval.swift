import Glibc

extension Journal {
    /// The time in which entries are missing because they could not be written. It stands in the journal itself, in
    /// place of what is missing, as an entry of kind ``Kind/lost``.
    public struct LostInterval: Equatable, Sendable {
        /// Moments of the first and of the last missing entry, in microseconds.
        public var fromUptime: Int64
        public var fromDate: Int64
        public var toUptime: Int64
        public var toDate: Int64
        public var entries: Int
        /// Bytes of their text, heads included.
        public var bytes: Int
        /// The `errno` of the last attempt.
        public var code: Int32

        public init(
            fromUptime: Int64, fromDate: Int64, toUptime: Int64, toDate: Int64, entries: Int, bytes: Int, code: Int32
        ) {
            self.fromUptime = fromUptime
            self.fromDate = fromDate
            self.toUptime = toUptime
            self.toDate = toDate
            self.entries = entries
            self.bytes = bytes
            self.code = code
        }

        /// nil for an entry of another kind, or one that this program did not write.
        public init?(_ entry: Entry) {
            guard entry.kind == .lost else { return nil }
            var numbers: [Int64] = []
            let words = entry.bytes.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
            guard words.count == Self.keys.count else { return nil }
            for (word, key) in zip(words, Self.keys) {
                guard word.starts(with: "\(key)=".utf8),
                    let number = Int64(String(decoding: word.dropFirst(key.utf8.count + 1), as: UTF8.self))
                else { return nil }
                numbers.append(number)
            }
            guard let code = Int32(exactly: numbers[4]) else { return nil }
            self.init(
                fromUptime: numbers[2], fromDate: numbers[3], toUptime: entry.uptime, toDate: entry.date,
                entries: Int(numbers[0]),
                bytes: Int(numbers[1]), code: code)
        }

        private static let keys = ["entries", "bytes", "from-uptime", "from-date", "errno"]

        /// The text of the entry. The interval's end is the entry's own moment.
        var text: [UInt8] {
            Array(
                zip(Self.keys, [Int64(entries), Int64(bytes), fromUptime, fromDate, Int64(code)]).map { "\($0)=\($1)" }
                    .joined(
                        separator: " "
                    ).utf8)
        }

        mutating func add(_ later: LostInterval) {
            toUptime = later.toUptime
            toDate = later.toDate
            entries += later.entries
            bytes += later.bytes
            code = later.code
        }
    }
}
