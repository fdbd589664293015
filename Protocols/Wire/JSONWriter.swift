/// Writes any `Encodable` as JSON, straight into bytes: the same bytes as Foundation's `JSONEncoder` with sorted keys,
/// unescaped slashes, and `inf`, `-inf` and `nan` as strings. That encoder first builds a tree of dictionaries and
/// strings, which costs many times as much on the event loop.
///
/// Members are written in the order in which their type encodes them, and sorted when their object ends. What
/// `nestedContainer` and `superEncoder` return may be filled in any order until then, so each has a writer of its own.
///
/// Two liberties of `Encodable` are missing, because nothing of ours takes them: a coding path, and adding members to
/// an object that was encoded through a single-value container.
final class JSONWriter {
    /// Each access ends before a value encodes itself, so no two overlap, and checking that again at each of them would
    /// be a fifth of the work. ``JSONText`` is not copyable: the compiler sees each access.
    @exclusivity(unchecked) private var text: JSONText

    private init(capacity: Int, depth: Int, level: Int) {
        text = JSONText(capacity: capacity, depth: depth, level: level)
    }

    static func bytes(of value: some Encodable) throws -> [UInt8] {
        let writer = JSONWriter(capacity: Limits.messageBytes, depth: 0, level: -1)
        if !writer.text.writePlain(value) { try writer.write(value, from: 0, isWhole: true) }
        return writer.text.bytes.array
    }

    /// Lets a value encode itself. If it fails, `start` is where the text goes on: its container may do without it.
    private func write(_ value: some Encodable, from start: Int, isWhole: Bool = false) throws {
        func refusal(_ reason: String) -> EncodingError {
            .invalidValue(value, .init(codingPath: [], debugDescription: "\(type(of: value)) \(reason)"))
        }
        guard text.hasRoom else { throw refusal("is nested too deep, or too long") }
        let outer = text.beginValue()
        let level = text.level
        do {
            try value.encode(to: JSONValueEncoder(writer: self, level: level))
            guard text.frame.form != .nothing || !isWhole else { throw refusal("encodes nothing") }
            guard text.hasRoom || text.frame.form == .single else { throw refusal("is nested too deep") }
            try text.endValue(outer)
        } catch {
            text.takeBack(to: start, outer)
            throw error
        }
    }

    // MARK: containers

    fileprivate func begin(_ form: JSONText.Form, _ level: Int) { text.begin(form, level) }

    fileprivate func count(_ level: Int) -> Int { text.count(level) }

    @inline(__always)
    fileprivate func writeSingle(_ value: some Encodable, _ level: Int) throws {
        if let start = text.writeSingle(value, level) { try write(value, from: start) }
    }

    @inline(__always)
    fileprivate func writeElement(_ value: some Encodable, _ level: Int) throws {
        guard let start = text.writeElement(value, level) else { return }
        try write(value, from: start)
        text.frame.count += 1
    }

    @inline(__always)
    fileprivate func writeMember(_ key: String, _ value: some Encodable, _ level: Int) throws {
        guard let member = text.writeMember(key, value, level) else { return }
        try write(value, from: member.comma)
        text.end(member)
    }

    fileprivate func writeNull(_ level: Int) { text.writeNull(level) }

    fileprivate func writeNullElement(_ level: Int) { text.writeNullElement(level) }

    fileprivate func writeNullMember(_ key: String, _ level: Int) { text.writeNullMember(key, level) }

    fileprivate func elementChild(_ level: Int) -> JSONWriter {
        text.beginPart(level)
        text.frame.count += 1
        return text.addChild(JSONWriter(capacity: Limits.partBytes, depth: text.depth, level: 0))
    }

    /// For the same key again, the same container.
    fileprivate func memberChild(_ key: String, _ level: Int) -> JSONWriter {
        if let child = text.child(of: key) { return child }
        var member = text.beginMember(key, level)
        member.child = text.children.count
        text.end(member)
        return text.addChild(JSONWriter(capacity: Limits.partBytes, depth: text.depth, level: 0))
    }

    /// What was encoded into a nested container, now that the value around it has ended.
    func end() throws -> [UInt8] {
        guard text.hasRoom || text.frame.form == .single else {
            throw EncodingError.invalidValue(
                self, .init(codingPath: [], debugDescription: "a container is nested too deep"))
        }
        try text.endValue(text.frame)
        return text.bytes.array
    }
}

// MARK: - what a type encodes itself with

private struct JSONValueEncoder: Encoder, SingleValueEncodingContainer {
    let writer: JSONWriter
    let level: Int

    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        writer.begin(.object, level)
        return KeyedEncodingContainer(JSONMembers(writer: writer, level: level))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        writer.begin(.array, level)
        return JSONElements(writer: writer, level: level)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer { self }

    func encodeNil() { writer.writeNull(level) }
    func encode<Value: Encodable>(_ value: Value) throws { try writer.writeSingle(value, level) }
}

private struct JSONMembers<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let writer: JSONWriter
    let level: Int

    var codingPath: [any CodingKey] { [] }

    func encodeNil(forKey key: Key) { writer.writeNullMember(key.stringValue, level) }

    func encode<Value: Encodable>(_ value: Value, forKey key: Key) throws {
        try writer.writeMember(key.stringValue, value, level)
    }

    func nestedContainer<Nested>(keyedBy type: Nested.Type, forKey key: Key) -> KeyedEncodingContainer<Nested> {
        superEncoder(forKey: key).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        superEncoder(forKey: key).unkeyedContainer()
    }

    func superEncoder() -> any Encoder { JSONValueEncoder(writer: writer.memberChild("super", level), level: 0) }

    func superEncoder(forKey key: Key) -> any Encoder {
        JSONValueEncoder(writer: writer.memberChild(key.stringValue, level), level: 0)
    }
}

private struct JSONElements: UnkeyedEncodingContainer {
    let writer: JSONWriter
    let level: Int

    var codingPath: [any CodingKey] { [] }
    var count: Int { writer.count(level) }

    func encodeNil() { writer.writeNullElement(level) }
    func encode<Value: Encodable>(_ value: Value) throws { try writer.writeElement(value, level) }

    func nestedContainer<Nested>(keyedBy type: Nested.Type) -> KeyedEncodingContainer<Nested> {
        superEncoder().container(keyedBy: type)
    }

    func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { superEncoder().unkeyedContainer() }

    func superEncoder() -> any Encoder { JSONValueEncoder(writer: writer.elementChild(level), level: 0) }
}
