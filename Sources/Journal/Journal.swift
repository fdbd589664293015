/// What happened, kept: an append-only record of inputs that can be replayed, and read without this program.
///
/// A journal is a folder of segments `journal-<microseconds since 1970>.zst`. A segment is a series of zstd frames, one for each flush,
/// each with its checksum; a frame holds whole entries. So `zstdcat journal-*.zst` prints it, and a torn last frame (power cut, kill -9)
/// takes nothing of the frames before it along. An entry is a line, the bytes, and a line feed:
///
///     @ <kind> <connection> <uptime µs> <date µs> <length>
///     <length bytes>
public enum Journal {
    /// What an entry is about, as one printable ASCII character; which ones there are is the host's affair.
    public struct Kind: Hashable, Sendable {
        public let letter: UInt8

        /// A precondition failure unless `letter` is printable ASCII and not a blank.
        public init(_ letter: Unicode.Scalar) {
            precondition((33...126).contains(letter.value), "a journal kind is one printable ASCII character")
            self.letter = UInt8(letter.value)
        }

        init?(byte: UInt8) {
            guard (33...126).contains(byte) else { return nil }
            letter = byte
        }
    }

    public struct Entry: Equatable, Sendable {
        public var kind: Kind
        public var connection: UInt64
        /// Monotonic, in microseconds.
        public var uptime: Int64
        /// Wall clock, in microseconds since 1970-01-01T00:00:00Z.
        public var date: Int64
        public var bytes: [UInt8]

        public init(kind: Kind, connection: UInt64, uptime: Int64, date: Int64, bytes: [UInt8]) {
            self.kind = kind
            self.connection = connection
            self.uptime = uptime
            self.date = date
            self.bytes = bytes
        }
    }

    enum Limits {
        /// What a reader takes for one frame: a flush is some megabytes, so more is damage or an attack, not a journal.
        static let frameBytes = 256 * 1024 * 1024
        /// How much of a segment is read at a time.
        static let readBytes = 1024 * 1024
        /// The head line: five numbers of at most 20 digits.
        static let headBytes = 110
        /// Attempts to find a segment name that is free.
        static let namesTried = 1000
    }
}
