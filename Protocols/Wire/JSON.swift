import Foundation

/// JSON as all our protocols write and read it: keys are sorted, so that the same value gives the same bytes.
public enum JSON {
    public static func encode(_ value: some Encodable) -> [UInt8] {
        if let message = value as? any JSONWritable { return JSONObject.bytes(of: message) }
        // Our messages consist of strings, numbers and optionals: encoding them cannot fail.
        guard let bytes = try? JSONWriter.bytes(of: value) else {
            preconditionFailure("a message of ours cannot be written as JSON: \(type(of: value))")
        }
        return bytes
    }

    /// nil if the bytes are not JSON of that shape.
    public static func decode<Value: Decodable>(_ type: Value.Type, from bytes: some Sequence<UInt8>) -> Value? {
        try? JSONDecoder().decode(type, from: Data(bytes))
    }

    /// The same for a type that explains its own faults: its errors are passed on; all others are `DecodingError`.
    public static func read<Value: Decodable>(_ type: Value.Type, from bytes: some Sequence<UInt8>) throws -> Value {
        try JSONDecoder().decode(type, from: Data(bytes))
    }
}
