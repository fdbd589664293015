/// Header fields in the order of the message. Names compare without regard to case (RFC 9110 §5.1); repeated fields
/// remain separate.
public struct Headers: Equatable, Sendable {
    public struct Field: Equatable, Sendable {
        public var name: String
        public var value: String

        public init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    public var fields: [Field]

    public init(_ fields: [Field] = []) { self.fields = fields }

    /// The first value of that name.
    public func first(_ name: String) -> String? { fields.first { $0.name.equalsIgnoringCase(name) }?.value }

    /// Every value of that name, in order.
    public func all(_ name: String) -> [String] { fields.lazy.filter { $0.name.equalsIgnoringCase(name) }.map(\.value) }

    /// Whether a comma-separated field such as `Connection` contains `token`, in any case (RFC 9110 §5.6.1).
    public func contains(token: String, in name: String) -> Bool {
        all(name).contains { value in
            value.split(separator: ",").contains { $0.trimmingBlanks().equalsIgnoringCase(token) }
        }
    }

    public mutating func append(_ name: String, _ value: String) { fields.append(Field(name, value)) }

    /// Replaces the first field of that name by `value`, or appends it; other fields of that name are removed.
    public mutating func replace(_ name: String, _ value: String) {
        let index = fields.firstIndex { $0.name.equalsIgnoringCase(name) }
        fields.removeAll { $0.name.equalsIgnoringCase(name) }
        fields.insert(Field(name, value), at: index ?? fields.endIndex)
    }
}

extension Headers: ExpressibleByDictionaryLiteral {
    public init(dictionaryLiteral elements: (String, String)...) { self.init(elements.map { Field($0.0, $0.1) }) }
}

extension StringProtocol {
    /// Compares ASCII letters without regard to case. Unicode's folding would make `K` (U+212A) equal to `k`, and no
    /// field name or token needs it.
    func equalsIgnoringCase(_ other: some StringProtocol) -> Bool {
        utf8.count == other.utf8.count && zip(utf8, other.utf8).allSatisfy { $0.asciiLowercased == $1.asciiLowercased }
    }

    /// The text without the blanks and tabs around it.
    func trimmingBlanks() -> SubSequence {
        func isBlank(_ character: Character) -> Bool { character == " " || character == "\t" }
        let head = drop(while: isBlank)
        guard let last = head.lastIndex(where: { !isBlank($0) }) else { return head }
        return head[...last]
    }
}

extension UInt8 {
    fileprivate var asciiLowercased: UInt8 { self >= 0x41 && self <= 0x5A ? self | 0x20 : self }
}
