import Foundation

/// A shared secret of Standard Webhooks: `whsec_` and 24 to 64 bytes in base64. The padding may be missing.
public struct SigningSecret: Equatable, Sendable {
    let key: [UInt8]

    public init(_ text: String) throws(SigningSecretError) {
        guard !text.hasPrefix("whsk_"), !text.hasPrefix("whpk_") else { throw .asymmetric }
        guard text.hasPrefix(Self.prefix) else { throw .withoutPrefix }
        var base64 = text.dropFirst(Self.prefix.count).prefix { $0 != "=" }
        let padding = text.dropFirst(Self.prefix.count + base64.count)
        guard padding.utf8.count <= 2, padding.allSatisfy({ $0 == "=" }) else { throw .notBase64 }
        base64 += String(repeating: "=", count: (4 - base64.utf8.count % 4) % 4)
        guard let key = Data(base64Encoded: String(base64)) else { throw .notBase64 }
        guard (24...64).contains(key.count) else { throw .length(key.count) }
        self.key = Array(key)
    }

    private static let prefix = "whsec_"
}

extension SigningSecret: CustomStringConvertible {
    /// Never the key: a printable secret would end up in logs.
    public var description: String { "whsec_…" }
}

/// Why a secret of the configuration cannot be used. Never quotes the secret.
public enum SigningSecretError: Error, Equatable, Sendable {
    case withoutPrefix
    case asymmetric
    case notBase64
    /// The length in bytes, after decoding.
    case length(Int)
}

extension SigningSecretError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .withoutPrefix:
            "The signing secret does not begin with “whsec_”. Make one with: echo whsec_$(openssl rand -base64 32)"
        case .asymmetric:
            "The signing secret is an Ed25519 key (whsk_, whpk_). Only shared secrets (whsec_) are supported: ask the sender for one."
        case .notBase64: "What follows “whsec_” is not base64. Copy the secret again, whole and without blanks."
        case .length(let bytes):
            "The signing secret has \(bytes) bytes; Standard Webhooks wants 24 to 64. Make one with: echo whsec_$(openssl rand -base64 32)"
        }
    }
}
