/// Why a delivery is not accepted. The texts go back to the sender: they say what to check and reveal nothing of our
/// keys.
public enum WebhookError: Error, Equatable, Sendable {
    case missingHeader(String)
    case malformedIdentifier
    case malformedTimestamp
    /// The tolerance in seconds, either way.
    case outsideTolerance(seconds: Int64)
    case noMatchingSignature

    /// 400: not a Standard Webhooks delivery at all. 401: perhaps forged, or a replay.
    public var status: Int {
        switch self {
        case .missingHeader, .malformedIdentifier, .malformedTimestamp: 400
        case .outsideTolerance, .noMatchingSignature: 401
        }
    }
}

extension WebhookError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .missingHeader(let name): "Exactly one header “\(name)” is needed (Standard Webhooks 1.0.0)."
        case .malformedIdentifier: "webhook-id must have 1 to 256 visible ASCII characters and no dot."
        case .malformedTimestamp: "webhook-timestamp must be Unix seconds: decimal digits only."
        case .outsideTolerance(let seconds):
            "webhook-timestamp is more than \(seconds) s away from our clock. Check the sender's clock, and sign each attempt again."
        case .noMatchingSignature:
            "No v1 signature of webhook-signature matches. Check the shared secret, and that the signed bytes are exactly those of the body."
        }
    }
}
