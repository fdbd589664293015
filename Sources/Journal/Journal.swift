/// The record of what happened: an append-only series of inputs that can be replayed, and read without this program.
///
/// A journal is a folder of segments `journal-<microseconds since 1970>.zst`. A segment is a series of *blocks*, one
/// for each flush. A block is a zstd frame with its checksum. It holds whole entries, and begins with the place at
/// which it stands and the SHA-256 of the block before it.
///
/// So `zstdcat journal-*.zst` prints the journal, a torn last block (power cut, kill -9) does not damage the blocks
/// before it, and what was edited, removed, inserted or moved afterwards is found. [Journal.md](Journal.md) has the
/// format to the byte.
public enum Journal {
    /// What an entry is about, as one printable ASCII character. The host decides which kinds there are, except
    /// ``lost``.
    public struct Kind: Hashable, Sendable {
        public let letter: UInt8

        /// Entries are missing here: see ``LostInterval``. Only the writer makes this kind.
        public static let lost = Kind("L")

        /// A precondition failure unless `letter` is printable ASCII and not a space.
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

    /// A place between two blocks.
    public struct Position: Equatable, Sendable {
        /// The number in the segment's name.
        public var segment: Int64
        /// Bytes from the segment's beginning.
        public var offset: Int
        /// How many entries were appended up to here since the writer began, including those that could not be
        /// written.
        public var entries: Int

        public init(segment: Int64, offset: Int, entries: Int) {
            self.segment = segment
            self.offset = offset
            self.entries = entries
        }
    }
}
