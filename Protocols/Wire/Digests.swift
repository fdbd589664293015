/// The message digests that the protocols need, passed in as functions. The pure targets implement no cryptography and
/// link no library for it. The program passes in OpenSSL's.
public struct Digests: Sendable {
    /// 16 bytes. Asterisk's challenge login still needs it (RFC 1321).
    public var md5: @Sendable ([UInt8]) -> [UInt8]
    /// (key, message) → 32 bytes (RFC 2104 with SHA-256).
    public var hmacSHA256: @Sendable (_ key: [UInt8], _ message: [UInt8]) -> [UInt8]
    /// 32 bytes (FIPS 180-4). Of whatever has none, the digest is empty, and nobody is recognised by it.
    public var sha256: @Sendable ([UInt8]) -> [UInt8]
    /// Compares in a time that does not depend on where the difference is. Unequal lengths are unequal.
    public var constantTimeEqual: @Sendable ([UInt8], [UInt8]) -> Bool

    public init(
        md5: @escaping @Sendable ([UInt8]) -> [UInt8],
        hmacSHA256: @escaping @Sendable (_ key: [UInt8], _ message: [UInt8]) -> [UInt8],
        sha256: @escaping @Sendable ([UInt8]) -> [UInt8] = { _ in [] },
        constantTimeEqual: @escaping @Sendable ([UInt8], [UInt8]) -> Bool
    ) {
        self.md5 = md5
        self.hmacSHA256 = hmacSHA256
        self.sha256 = sha256
        self.constantTimeEqual = constantTimeEqual
    }
}
