import TLS
import Wire

extension Digests {
    /// OpenSSL's digests, for the pure targets.
    static let openSSL = Digests(
        md5: { OpenSSL.md5($0) }, hmacSHA256: { OpenSSL.hmacSHA256(key: $0, message: $1) },
        sha256: { OpenSSL.sha256($0) }, constantTimeEqual: { OpenSSL.constantTimeEqual($0, $1) })
}
