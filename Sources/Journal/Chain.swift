extension Journal {
    /// A SHA-256, by which the blocks of a journal name each other.
    public struct Digest: Hashable, Sendable, CustomStringConvertible {
        /// 32 bytes.
        public let bytes: [UInt8]

        /// What the first block of a journal names as the one before it.
        public static let none = Digest(unchecked: [UInt8](repeating: 0, count: 32))

        /// nil unless there are 32.
        public init?(_ bytes: [UInt8]) {
            guard bytes.count == 32 else { return nil }
            self.bytes = bytes
        }

        /// 64 hexadecimal digits; nil for anything else.
        public init?(hexadecimal text: some Collection<UInt8>) {
            guard text.count == 64 else { return nil }
            var bytes: [UInt8] = []
            var high: UInt8?
            for letter in text {
                let digit: UInt8
                switch letter {
                case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = letter - UInt8(ascii: "0")
                case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = letter - UInt8(ascii: "a") + 10
                default: return nil
                }
                if let tens = high { bytes.append(tens << 4 | digit) }
                high = high == nil ? digit : nil
            }
            self.bytes = bytes
        }

        private init(unchecked bytes: [UInt8]) { self.bytes = bytes }

        /// 64 lowercase hexadecimal digits, as `sha256sum` prints them.
        public var description: String { String(decoding: hexadecimal, as: UTF8.self) }

        var hexadecimal: [UInt8] {
            let digits = Array("0123456789abcdef".utf8)
            return bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
        }
    }

    /// SHA-256 of a message (FIPS 180-4), 32 bytes. It is handed in, because a well-kept library computes it better.
    public typealias SHA256 = @Sendable ([UInt8]) -> [UInt8]

    /// The digest of a block as it stands in the segment: of its compressed bytes.
    static func digest(of frame: [UInt8], _ sha256: SHA256) -> Digest {
        guard let digest = Digest(sha256(frame)) else { preconditionFailure("a SHA-256 has 32 bytes") }
        return digest
    }
}

/// What a block begins with: `# <its place in the segment> <SHA-256 of the block before it>`. In a segment's first
/// block the version of the format stands before that.
///
/// The place distinguishes a block from bytes that only look like one: an attacker who makes a switch send the bytes
/// of a block cannot know where in which segment they will stand.
struct BlockHead: Equatable {
    static let anyVersion = Array("centralino-journal ".utf8)
    static let version = anyVersion + Array("2\n".utf8)

    var offset: Int
    var previous: Journal.Digest

    var text: [UInt8] {
        (offset == 0 ? Self.version : []) + Array("# \(offset) ".utf8) + previous.hexadecimal + [UInt8(ascii: "\n")]
    }

    init(offset: Int, previous: Journal.Digest) {
        self.offset = offset
        self.previous = previous
    }

    /// nil if `text` does not begin as a block at `offset` must.
    init?(_ text: [UInt8], at offset: Int) {
        let begin = BlockHead(offset: offset, previous: .none).text.dropLast(65)
        guard text.count > begin.count + 64, text.starts(with: begin), text[begin.count + 64] == UInt8(ascii: "\n"),
            let previous = Journal.Digest(hexadecimal: text[begin.count..<begin.count + 64])
        else { return nil }
        self.init(offset: offset, previous: previous)
    }
}
