/// Each entry of the audit holds the digest of the one before: who changes, removes or inserts one must change all that
/// follow. Somebody without this program can check it: the digest is the SHA-256 of the digest before, in hexadecimal
/// digits, and the entry's text.
///
/// What a chain cannot show is that its last entries are missing. The gateway therefore says number and digest of the
/// last entry in its log when it starts and ends; a log that is kept elsewhere proves the rest.
public struct AuditChain: Sendable {
    /// The digest before the first entry of all.
    public static let beginning = String(repeating: "0", count: 64)

    /// Number and digest of the last entry.
    public private(set) var ordinal: Int64
    public private(set) var digest: String
    private let sha256: @Sendable ([UInt8]) -> [UInt8]

    public init(
        after ordinal: Int64 = 0, _ digest: String = beginning, sha256: @escaping @Sendable ([UInt8]) -> [UInt8]
    ) {
        self.ordinal = ordinal
        self.digest = digest
        self.sha256 = sha256
    }

    /// The next entry; returns its digest.
    @discardableResult public mutating func append(_ text: String) -> String {
        ordinal += 1
        digest = Self.hexadecimal(sha256(Array((digest + text).utf8)))
        return digest
    }

    public enum Fault: Equatable, Sendable, CustomStringConvertible {
        /// Entries are missing before this one.
        case missing(before: Int64)
        /// The entry, or the one before, is not what was written.
        case changed(Int64)

        public var description: String {
            switch self {
            case .missing(let number): "entries are missing before number \(number)"
            case .changed(let number): "entry \(number), or what stood before it, is not what was written"
            }
        }
    }

    /// Follows the chain over a stored entry; nil: it fits.
    public mutating func follow(_ number: Int64, _ text: String, digest stored: String) -> Fault? {
        guard number == ordinal + 1 else { return .missing(before: number) }
        append(text)
        return digest == stored ? nil : .changed(number)
    }

    static func hexadecimal(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
