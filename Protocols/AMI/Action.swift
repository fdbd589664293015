/// An action for a switch, with its headers in order. It is the only way from values to bytes, so a value can never
/// become a second header.
public struct Action: Equatable, Sendable {
    public enum EncodingError: Error, Equatable, CustomStringConvertible {
        /// A control character could begin a line of its own (CR/LF injection). It is refused, not removed.
        case controlCharacter(header: String)
        case lineTooLong(header: String, bytes: Int)
        case badName(String)
        case tooManyHeaders(Int)

        public var description: String {
            switch self {
            case .controlCharacter(let header): "The value of “\(header)” has a control character: nothing was sent."
            case .lineTooLong(let header, let bytes):
                "The line “\(header)” has \(bytes) bytes, but Asterisk reads \(Limits.actionLineBytes) at most: nothing was sent."
            case .badName(let name): "“\(name)” cannot be a header name: nothing was sent."
            case .tooManyHeaders(let count):
                "\(count) headers, but Asterisk reads \(Limits.actionLines) at most: nothing was sent."
            }
        }
    }

    public var name: String
    public var headers: [(name: String, value: String)]

    public init(_ name: String, _ headers: KeyValuePairs<String, String> = [:]) {
        self.name = name
        self.headers = headers.map { (name: $0.key, value: $0.value) }
    }

    public static func == (left: Action, right: Action) -> Bool {
        left.name == right.name && left.headers.elementsEqual(right.headers) { $0 == $1 }
    }

    public func encoded(id: String) throws(EncodingError) -> [UInt8] {
        var bytes: [UInt8] = []
        let all = [(name: "Action", value: name), (name: "ActionID", value: id)] + headers
        guard all.count <= Limits.actionLines else { throw .tooManyHeaders(all.count) }
        for header in all {
            guard !header.name.isEmpty, header.name.utf8.allSatisfy({ $0 > 32 && $0 < 127 && $0 != UInt8(ascii: ":") })
            else {
                throw .badName(header.name)
            }
            guard header.value.utf8.allSatisfy({ $0 >= 32 && $0 != 127 }) else {
                throw .controlCharacter(header: header.name)
            }
            let length = header.name.utf8.count + 2 + header.value.utf8.count
            guard length <= Limits.actionLineBytes else { throw .lineTooLong(header: header.name, bytes: length) }
            bytes += header.name.utf8
            bytes += ": ".utf8
            bytes += header.value.utf8
            bytes += "\r\n".utf8
        }
        return bytes + "\r\n".utf8
    }
}
