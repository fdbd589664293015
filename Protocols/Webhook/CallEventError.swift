/// Why the body of a genuine delivery cannot be used. Sending it again would not help; the text is for the sender's
/// log.
public enum CallEventError: Error, Equatable, Sendable {
    case tooLarge(limit: Int)
    case tooDeep(limit: Int)
    case notJSON
    /// A member that occurs twice in one object, e.g. `data.callId`.
    case repeated(String)
    /// The type, cut to 40 characters.
    case unknownType(String)
    /// The member's path, e.g. `data.callId`.
    case missing(String)
    case invalid(String, expected: String)

    public var status: Int {
        switch self {
        case .tooLarge: 413
        case .tooDeep, .notJSON, .repeated, .unknownType, .missing, .invalid: 422
        }
    }
}

extension CallEventError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .tooLarge(let limit): "The body has more than \(limit) bytes. Send one event in each request."
        case .tooDeep(let limit): "The body nests deeper than \(limit) levels."
        case .notJSON: "The body is not JSON in UTF-8."
        case .repeated(let path): "The member \(path) occurs twice, and it is unknown which is meant. Send it once."
        case .unknownType(let type):
            "The type “\(type)” is unknown. Known are \(CallEvent.Kind.allCases.map(\.rawValue).joined(separator: ", ")). Do not subscribe to others."
        case .missing(let path): "The member \(path) is missing."
        case .invalid(let path, let expected): "The member \(path) is not usable: expected \(expected)."
        }
    }
}
