import COpenSSL

/// OpenSSL's digests, comparisons and random bytes. Safe to call from any thread.
public enum OpenSSL {
    /// 16 bytes (RFC 1321). Only for Asterisk's challenge login: it protects nothing else.
    @Sendable public static func md5(_ message: [UInt8]) -> [UInt8] {
        digest(
            message, EVP_md5(), bytes: 16, remedy: "MD5 is off (FIPS mode?): use TLS and a plain login for this switch")
    }

    /// 32 bytes (FIPS 180-4).
    @Sendable public static func sha256(_ message: [UInt8]) -> [UInt8] {
        digest(message, EVP_sha256(), bytes: 32, remedy: "SHA-256 is missing: the OpenSSL installation is broken")
    }

    /// 32 bytes (RFC 2104 with SHA-256). The key may have any length, and may be empty.
    @Sendable public static func hmacSHA256(key: [UInt8], message: [UInt8]) -> [UInt8] {
        var length: UInt32 = 0
        var code = [UInt8](repeating: 0, count: 32)
        // HMAC takes a null key to mean the previous key, and an empty array may have no address.
        let padded = key.isEmpty ? [0] : key
        let result = code.withUnsafeMutableBufferPointer { code in
            HMAC(EVP_sha256(), padded, Int32(key.count), message, message.count, code.baseAddress, &length)
        }
        precondition(result != nil && length == 32, "HMAC-SHA256 failed: the OpenSSL installation is broken")
        return code
    }

    /// Whether the two are equal, in a time that depends only on their lengths.
    @Sendable public static func constantTimeEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        left.count == right.count && CRYPTO_memcmp(left, right, left.count) == 0
    }

    /// `count` unpredictable bytes, from the system's generator.
    @Sendable public static func randomBytes(_ count: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        precondition(RAND_bytes(&bytes, Int32(count)) == 1, "OpenSSL has no random bytes: is /dev/urandom there?")
        return bytes
    }

    private static func digest(_ message: [UInt8], _ algorithm: OpaquePointer?, bytes: Int, remedy: String) -> [UInt8] {
        var result = [UInt8](repeating: 0, count: bytes)
        var length: UInt32 = 0
        precondition(
            EVP_Digest(message, message.count, &result, &length, algorithm, nil) == 1 && length == bytes, remedy)
        return result
    }
}
