import Foundation
import Wire

/// Decodes a body into a ``CallEvent``. Unknown members are ignored, so that a sender may send more; known members must
/// be valid.
extension CallEvent {
    /// Standard Webhooks advises bodies below 20 kB.
    public static let bodyLimit = 20_000
    /// The longest text that is kept, in UTF-8 bytes. Numbers, names and identifiers in telephony are far shorter.
    public static let textLimit = 256
    /// The event needs three levels.
    static let depthLimit = 16

    public init(body: [UInt8]) throws(CallEventError) {
        guard body.count <= Self.bodyLimit else { throw .tooLarge(limit: Self.bodyLimit) }
        guard Self.depth(of: body) <= Self.depthLimit else { throw .tooDeep(limit: Self.depthLimit) }
        if let path = JSON.repeatedMember(in: body) { throw .repeated(path.cleaned) }
        let envelope: Envelope = try Self.decode(body)
        guard let type = Kind(rawValue: envelope.type) else {
            throw .unknownType(String(envelope.type.cleaned.prefix(Limits.quotedCharacters)))
        }
        guard envelope.timestamp.isRFC3339 else {
            throw .invalid("timestamp", expected: "RFC 3339, e.g. 2026-03-02T08:15:04.120Z")
        }
        let data = (try Self.decode(body) as Message).data
        self.init(
            type: type, timestamp: envelope.timestamp, callId: try Self.identifier(data.callId, "data.callId"),
            direction: data.direction,
            from: try data.from.map { from throws(CallEventError) in
                Caller(
                    raw: try Self.text(from.raw, "data.from.raw"), name: try Self.text(from.name, "data.from.name"),
                    presentation: from.presentation ?? .allowed)
            },
            to: try Self.text(data.to, "data.to"),
            queue: try data.queue.map { queue throws(CallEventError) in try Self.identifier(queue, "data.queue") },
            agent: try data.agent.map { agent throws(CallEventError) in
                Agent(
                    id: try Self.identifier(agent.id, "data.agent.id"),
                    name: try Self.text(agent.name, "data.agent.name"))
            },
            cause: try Self.within(0...127, data.cause, "data.cause"), endedBy: data.endedBy,
            talkSeconds: try Self.within(0...604_800, data.talkSeconds, "data.talkSeconds"),
            seq: try Self.within(0...Int(Int32.max), data.seq, "data.seq"))
    }

    /// Decoded first, so that an event of an unknown type is refused for its type, whatever its `data` is.
    private struct Envelope: Decodable {
        var type: String
        var timestamp: String
    }

    private struct Message: Decodable {
        struct Caller: Decodable {
            var raw: String?
            var name: String?
            var presentation: Presentation?
        }
        struct Agent: Decodable {
            var id: String
            var name: String?
        }
        struct Data: Decodable {
            var callId: String
            var direction: Direction?
            var from: Caller?
            var to: String?
            var queue: String?
            var agent: Agent?
            var cause: Int?
            var endedBy: EndedBy?
            var talkSeconds: Double?
            var seq: Int?
        }
        var data: Data
    }

    private static func decode<Value: Decodable>(_ body: [UInt8]) throws(CallEventError) -> Value {
        do {
            return try JSONDecoder().decode(Value.self, from: Foundation.Data(body))
        } catch let error as DecodingError {
            throw CallEventError(error)
        } catch {
            throw .notJSON
        }
    }

    /// An identifier must be exact, so nothing in it is replaced.
    private static func identifier(_ text: String, _ path: String) throws(CallEventError) -> String {
        guard !text.isEmpty, text.utf8.count <= textLimit, text == text.cleaned else {
            throw .invalid(path, expected: "1 to \(textLimit) bytes of text without control characters")
        }
        return text
    }

    /// A text for people, or a number to be normalised.
    private static func text(_ text: String?, _ path: String) throws(CallEventError) -> String? {
        guard let text else { return nil }
        guard text.utf8.count <= textLimit else { throw .invalid(path, expected: "at most \(textLimit) bytes") }
        return text.cleaned
    }

    private static func within<Number: Comparable>(_ range: ClosedRange<Number>, _ number: Number?, _ path: String)
        throws(CallEventError)
        -> Number?
    {
        guard let number else { return nil }
        guard range.contains(number) else {
            throw .invalid(path, expected: "a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// The depth of nested brackets outside of strings, counted before a recursive parser reads the body.
    private static func depth(of body: [UInt8]) -> Int {
        var (depth, deepest, inString, escaped) = (0, 0, false, false)
        for byte in body {
            if escaped {
                escaped = false
            } else if inString {
                if byte == UInt8(ascii: "\\") { escaped = true }
                if byte == UInt8(ascii: "\"") { inString = false }
            } else {
                switch byte {
                case UInt8(ascii: "\""): inString = true
                case UInt8(ascii: "{"), UInt8(ascii: "["):
                    depth += 1
                    deepest = max(deepest, depth)
                case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
                default: break
                }
            }
        }
        return deepest
    }
}

extension CallEventError {
    fileprivate init(_ error: DecodingError) {
        func path(_ context: DecodingError.Context, _ key: (any CodingKey)? = nil) -> String {
            (context.codingPath + (key.map { [$0] } ?? [])).map(\.stringValue).joined(separator: ".")
        }
        switch error {
        case .keyNotFound(let key, let context): self = .missing(path(context, key))
        case .typeMismatch(let type, let context), .valueNotFound(let type, let context):
            self =
                context.codingPath.isEmpty
                ? .invalid("(the whole body)", expected: "an object")
                : .invalid(path(context), expected: Self.name(of: type))
        case .dataCorrupted(let context):
            // Without a path the JSON itself is broken. With a path, a value is not one of an enumeration's.
            self =
                context.codingPath.isEmpty
                ? .notJSON
                : .invalid(path(context), expected: "one of the words of event.schema.json, or a number in range")
        @unknown default: self = .notJSON
        }
    }

    private static func name(of type: any Any.Type) -> String {
        switch type {
        case is String.Type: "a string"
        case is any Numeric.Type: "a number"
        default: "an object"
        }
    }
}

extension String {
    /// Replaces control characters and those that change the direction of text by blanks: they could forge log lines or
    /// hide part of a name.
    fileprivate var cleaned: String {
        var scalars = String.UnicodeScalarView()
        for scalar in unicodeScalars {
            switch scalar.value {
            case 0..<0x20, 0x7F..<0xA0, 0x061C, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069: scalars.append(" ")
            default: scalars.append(scalar)
            }
        }
        return String(scalars)
    }

    /// Checks the shape and the ranges, but not the length of the month.
    fileprivate var isRFC3339: Bool {
        guard utf8.count <= Limits.timeBytes,
            let match = wholeMatch(
                of: #/\d{4}-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)/#.asciiOnlyDigits()),
            let month = Int(match.1), let day = Int(match.2), let hour = Int(match.3), let minute = Int(match.4),
            let second = Int(match.5)
        else { return false }
        return (1...12).contains(month) && (1...31).contains(day) && hour < 24 && minute < 60 && second <= 60
    }
}
