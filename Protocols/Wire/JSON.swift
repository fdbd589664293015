import Foundation

/// JSON as every protocol of ours writes and reads it: keys sorted, so that the same value gives the same bytes.
public enum JSON {
    public static func encode(_ value: some Encodable) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.nonConformingFloatEncodingStrategy = .convertToString(positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        // Our messages are made of strings, numbers and optionals: encoding them cannot fail.
        guard let data = try? encoder.encode(value) else {
            preconditionFailure("a message of ours cannot be written as JSON: \(type(of: value))")
        }
        return Array(data)
    }

    /// nil when the bytes are not JSON of that shape.
    public static func decode<Value: Decodable>(_ type: Value.Type, from bytes: some Sequence<UInt8>) -> Value? {
        try? JSONDecoder().decode(type, from: Data(bytes))
    }

    /// The same for a shape that says itself what is wrong: its own errors come through, others are `DecodingError`.
    public static func read<Value: Decodable>(_ type: Value.Type, from bytes: some Sequence<UInt8>) throws -> Value {
        try JSONDecoder().decode(type, from: Data(bytes))
    }
}
