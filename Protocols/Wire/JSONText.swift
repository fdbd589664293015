import Foundation

/// The text that a ``JSONWriter`` has written so far, and where the values begin that are still being encoded.
struct JSONText: ~Copyable {
    enum Form { case nothing, single, array, object }

    /// A value that is being encoded.
    struct Frame {
        var form = Form.nothing
        /// How many elements or members it has so far.
        var count = 0
        /// Where it begins in `bytes`, and what the other lists held before it.
        var start = 0
        var members = 0
        var children = 0
        var depth: Int
        /// Whether its members came in the order of their keys, each once.
        var isSorted = true
        /// Whether all keys are ASCII without escapes, so that their bytes in the text can be compared.
        var hasPlainKeys = true
    }

    /// A member of an object that is being encoded.
    struct Member {
        /// Where its comma, its key, its value and what follows it begin in `bytes`.
        var comma: Int, start: Int, value: Int, end: Int
        /// The first eight bytes of the key as one number, which decides most comparisons.
        var prefix: UInt64
        /// Whether the key is ASCII without escapes.
        var isPlain: Bool
        /// The value's index in `children`, if it is a nested container.
        var child: Int?

        /// The key between its quotation marks.
        var key: Range<Int> { (start + 1)..<(value - 2) }
    }

    private(set) var bytes: GrowingBytes
    /// The innermost value.
    var frame: Frame
    /// How many values are being encoded around it.
    private(set) var level: Int
    private var members: [Member] = []
    private(set) var children: [(place: Int, writer: JSONWriter)] = []
    /// How many arrays and objects are open around the next value.
    private(set) var depth: Int

    init(capacity: Int, depth: Int, level: Int) {
        bytes = GrowingBytes(capacity: capacity)
        self.depth = depth
        self.level = level
        frame = Frame(depth: depth)
    }

    var hasRoom: Bool { depth < Limits.depth && bytes.count < Limits.writtenBytes }

    // MARK: values

    /// Writes a value of a type that JSON has a form for; false: it has to encode itself. Where the compiler knows the
    /// type, only its own line remains.
    @inline(__always)
    mutating func writePlain<Value: Encodable>(_ value: Value) -> Bool {
        if Value.self == String.self {
            bytes.write(string: value as! String)
        } else if Value.self == Int.self {
            bytes.write(number: value as! Int)
        } else if Value.self == Double.self {
            bytes.write(fraction: value as! Double)
        } else if Value.self == Bool.self {
            bytes.append((value as! Bool ? "true" : "false"))
        } else if Value.self == UInt64.self {
            bytes.write(number: value as! UInt64)
        } else if Value.self == Int64.self {
            bytes.write(number: value as! Int64)
        } else if Value.self == UInt.self {
            bytes.write(number: value as! UInt)
        } else if Value.self == Int32.self {
            bytes.write(number: value as! Int32)
        } else if Value.self == UInt32.self {
            bytes.write(number: value as! UInt32)
        } else if Value.self == Int16.self {
            bytes.write(number: value as! Int16)
        } else if Value.self == UInt16.self {
            bytes.write(number: value as! UInt16)
        } else if Value.self == Int8.self {
            bytes.write(number: value as! Int8)
        } else if Value.self == UInt8.self {
            bytes.write(number: value as! UInt8)
        } else if Value.self == Int128.self {
            bytes.write(number: value as! Int128)
        } else if Value.self == UInt128.self {
            bytes.write(number: value as! UInt128)
        } else if Value.self == Float.self {
            bytes.write(fraction: value as! Float)
        } else if Value.self == Data.self {
            bytes.write(string: (value as! Data).base64EncodedString())
        } else if Value.self == URL.self {
            bytes.write(string: (value as! URL).absoluteString)
        } else if Value.self == Decimal.self {
            bytes.append((value as! Decimal).description)
        } else {
            return false
        }
        return true
    }

    // MARK: frames

    /// Begins a value inside the innermost one, which it returns.
    mutating func beginValue() -> Frame {
        let outer = frame
        frame = Frame(start: bytes.count, members: members.count, children: children.count, depth: depth)
        level += 1
        return outer
    }

    mutating func begin(_ form: Form, _ level: Int) {
        precondition(level == self.level, "a container is opened while another value is encoded")
        guard frame.form == .nothing else {
            return precondition(frame.form == form && form != .single, "a value is encoded in two forms")
        }
        frame.form = form
        guard form != .single else { return }
        bytes.append(form == .array ? UInt8(ascii: "[") : UInt8(ascii: "{"))
        depth += 1
    }

    func count(_ level: Int) -> Int {
        precondition(level == self.level, "a container is read while another value is encoded")
        return frame.count
    }

    /// Ends the innermost value.
    mutating func endValue(_ outer: Frame) throws {
        switch frame.form {
        case .single: break
        case .nothing: bytes.append("{}")
        case .array:
            if children.count > frame.children { try insertChildren() }
            bytes.append(UInt8(ascii: "]"))
        case .object:
            if !frame.isSorted || !frame.hasPlainKeys || children.count > frame.children { try rewriteMembers() }
            bytes.append(UInt8(ascii: "}"))
        }
        close(outer)
    }

    /// Ends the innermost value, which could not be encoded.
    mutating func takeBack(to start: Int, _ outer: Frame) {
        bytes.truncate(to: start)
        close(outer)
    }

    private mutating func close(_ outer: Frame) {
        members.removeLast(members.count - frame.members)
        children.removeLast(children.count - frame.children)
        depth = frame.depth
        level -= 1
        frame = outer
    }

    // MARK: parts of a value

    /// Where the value begins if it has to encode itself; nil if it is written.
    @inline(__always)
    mutating func writeSingle(_ value: some Encodable, _ level: Int) -> Int? {
        begin(.single, level)
        let start = bytes.count
        return writePlain(value) ? nil : start
    }

    @inline(__always)
    mutating func writeElement(_ value: some Encodable, _ level: Int) -> Int? {
        let start = bytes.count
        beginPart(level)
        guard writePlain(value) else { return start }
        frame.count += 1
        return nil
    }

    @inline(__always)
    mutating func writeMember(_ key: String, _ value: some Encodable, _ level: Int) -> Member? {
        let member = beginMember(key, level)
        guard writePlain(value) else { return member }
        end(member)
        return nil
    }

    mutating func writeNull(_ level: Int) {
        begin(.single, level)
        bytes.append("null")
    }

    mutating func writeNullElement(_ level: Int) {
        beginPart(level)
        bytes.append("null")
        frame.count += 1
    }

    mutating func writeNullMember(_ key: String, _ level: Int) {
        let member = beginMember(key, level)
        bytes.append("null")
        end(member)
    }

    mutating func beginPart(_ level: Int) {
        precondition(level == self.level, "a container is written to while another value is encoded")
        if frame.count > 0 { bytes.append(UInt8(ascii: ",")) }
    }

    mutating func beginMember(_ key: String, _ level: Int) -> Member {
        let comma = bytes.count
        beginPart(level)
        let start = bytes.count
        let isPlain = bytes.write(quoting: key)
        let prefix = bytes.prefix(of: (start + 1)..<(bytes.count - 1))
        bytes.append(UInt8(ascii: ":"))
        return Member(
            comma: comma, start: start, value: bytes.count, end: bytes.count, prefix: prefix, isPlain: isPlain)
    }

    mutating func end(_ member: Member) {
        var member = member
        member.end = bytes.count
        if !member.isPlain { frame.hasPlainKeys = false }
        if frame.count > 0, frame.isSorted { frame.isSorted = precedes(members[members.count - 1], member) }
        frame.count += 1
        members.append(member)
    }

    /// The order of `JSONEncoder`, by the bytes of UTF-8, of two keys that are plain.
    private func precedes(_ left: Member, _ right: Member) -> Bool {
        left.prefix == right.prefix ? bytes.precedes(left.key, right.key) : left.prefix < right.prefix
    }

    // MARK: nested containers

    mutating func addChild(_ writer: JSONWriter) -> JSONWriter {
        children.append((bytes.count, writer))
        return writer
    }

    func child(of key: String) -> JSONWriter? {
        members[frame.members...].last { self.key(of: $0) == key }?.child.map { children[$0].writer }
    }

    private mutating func insertChildren() throws {
        let end = bytes.count
        var start = frame.start
        for child in children[frame.children...] {
            bytes.append(start..<child.place)
            bytes.append(try child.writer.end())
            start = child.place
        }
        bytes.append(start..<end)
        bytes.remove(frame.start..<end)
    }

    // MARK: the order of members

    private mutating func rewriteMembers() throws {
        let sorted = (frame.hasPlainKeys ? sortedByBytes() : nil) ?? sortedByKeys()
        let end = bytes.count
        bytes.append(UInt8(ascii: "{"))
        for (index, member) in sorted.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            bytes.append(member.start..<member.end)
            if let child = member.child { bytes.append(try children[child].writer.end()) }
        }
        bytes.remove(frame.start..<end)
    }

    /// nil if a key occurs twice.
    private func sortedByBytes() -> [Member]? {
        var sorted = Array(members[frame.members...])
        sorted.sort { precedes($0, $1) }
        return sorted.indices.dropFirst().allSatisfy { precedes(sorted[$0 - 1], sorted[$0]) } ? sorted : nil
    }

    /// A key that was encoded twice keeps its first spelling and has its last value. Two keys are the same if Unicode
    /// says so (é may be one scalar or two), as for `JSONEncoder`.
    private mutating func sortedByKeys() -> [Member] {
        var merged: [(key: String, member: Member)] = []
        var places: [String: Int] = [:]
        for member in members[frame.members...] {
            let key = key(of: member)
            guard let place = places[key] else {
                places[key] = merged.count
                merged.append((key, member))
                continue
            }
            let start = bytes.count
            bytes.append(merged[place].member.start..<merged[place].member.value)
            bytes.append(member.value..<member.end)
            merged[place].member.start = start
            merged[place].member.value = bytes.count - (member.end - member.value)
            merged[place].member.end = bytes.count
            merged[place].member.child = member.child
        }
        return merged.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }.map(\.member)
    }

    private func key(of member: Member) -> String { JSON.text(bytes.array(of: member.key)[...]) }
}
