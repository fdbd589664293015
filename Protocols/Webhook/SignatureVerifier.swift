import Foundation
import Wire

/// Standard Webhooks 1.0.0, symmetric (`v1`): the sender signs `{id}.{timestamp}.{body}` with HMAC-SHA256.
///
/// Verify the bytes as received, before they are parsed. While a secret is being replaced, both are listed, and a
/// message may carry a signature by each: one valid signature by any listed secret is enough. Signatures of other
/// versions are ignored.
public struct SignatureVerifier: Sendable {
    /// Seconds. The libraries of Standard Webhooks allow five minutes, too.
    public static let standardTolerance: Int64 = 300

    private let secrets: [SigningSecret]
    private let tolerance: Int64
    private let digests: Digests

    /// - Parameters:
    ///   - secrets: `whsec_…`, at least one.
    ///   - tolerance: in seconds; how far the sender's clock at the time of the attempt may differ from ours, either
    ///     way.
    public init(secrets: [String], tolerance: Int64 = standardTolerance, digests: Digests) throws(SigningSecretError) {
        precondition(!secrets.isEmpty, "a webhook source without a secret would trust everybody")
        var parsed: [SigningSecret] = []
        for secret in secrets { parsed.append(try SigningSecret(secret)) }
        self.secrets = parsed
        self.tolerance = tolerance
        self.digests = digests
    }

    /// - Parameters:
    ///   - headers: all values of the header field with this lower-case name.
    ///   - now: Unix seconds.
    /// - Returns: the `webhook-id`, the same in every attempt to deliver this message.
    public func verify(headers: (String) -> [String], body: [UInt8], now: Int64) throws(WebhookError) -> String {
        let id = try Self.single("webhook-id", in: headers)
        guard Self.isIdentifier(id) else { throw .malformedIdentifier }
        let timestamp = try Self.single("webhook-timestamp", in: headers)
        // Twelve digits reach the year 33658, so nothing here can overflow.
        guard (1...12).contains(timestamp.utf8.count), timestamp.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }),
            let sentAt = Int64(timestamp)
        else {
            throw .malformedTimestamp
        }
        let signatures = Self.version1Signatures(try Self.single("webhook-signature", in: headers))
        guard abs(now - sentAt) <= tolerance else { throw .outsideTolerance(seconds: tolerance) }

        let content = WebhookSignature.signedContent(id: id, timestamp: timestamp, body: body)
        var isGenuine = false
        for secret in secrets {
            let expected = digests.hmacSHA256(secret.key, content)
            // No early exit: the time must not reveal which secret or signature was close.
            for signature in signatures where digests.constantTimeEqual(expected, signature) { isGenuine = true }
        }
        guard isGenuine else { throw .noMatchingSignature }
        return id
    }

    /// With repeated fields two readers could see two different messages.
    private static func single(_ name: String, in headers: (String) -> [String]) throws(WebhookError) -> String {
        let values = headers(name)
        guard values.count == 1, !values[0].isEmpty else { throw .missingHeader(name) }
        return values[0]
    }

    /// A dot would shift the boundary between id and timestamp in the signed text.
    private static func isIdentifier(_ text: String) -> Bool {
        text.utf8.count <= Limits.identifierBytes
            && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: ".") }
    }

    private static func version1Signatures(_ text: String) -> [[UInt8]] {
        text.split(separator: " ").compactMap { item in
            guard item.hasPrefix("v1,"), let mac = Data(base64Encoded: String(item.dropFirst(3))), mac.count == 32
            else { return nil }
            return Array(mac)
        }
    }
}

/// The sender's half: for the simulator, for tests, and for the webhooks that we send.
public enum WebhookSignature {
    /// The value of `webhook-signature`: `v1,` and the MAC in base64.
    /// - Parameter timestamp: Unix seconds of this attempt.
    public static func sign(id: String, timestamp: Int64, body: [UInt8], secret: SigningSecret, digests: Digests)
        -> String
    {
        "v1,"
            + Data(digests.hmacSHA256(secret.key, signedContent(id: id, timestamp: String(timestamp), body: body)))
            .base64EncodedString()
    }

    static func signedContent(id: String, timestamp: String, body: [UInt8]) -> [UInt8] {
        Array("\(id).\(timestamp).".utf8) + body
    }
}
