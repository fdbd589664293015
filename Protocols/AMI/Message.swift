/// One AMI message as a view over the received bytes: an ordered list of headers whose names and values are not
/// interpreted.
///
/// Nothing is copied or decoded before a header is read. Names may repeat (`Variable`, `Output`, `ChanVariable`) and
/// keep their order; they compare without regard to case. The view shares the framer's buffer: read it at once and
/// release it. Keeping one is correct, but costs a copy of the buffer. Source: Asterisk `main/manager.c`.
public struct Message: Sendable {
    /// Decided by the name of the *first* header alone: `OriginateResponse` events contain a `Response` header, too.
    public enum Kind: String, Codable, Sendable { case event, response, action }

    /// Byte offsets into the storage: the name is `start..<start + nameLength`, the value `valueStart..<end`.
    @usableFromInline struct Header: Codable, Equatable, Sendable {
        @usableFromInline var start: Int32
        @usableFromInline var nameLength: Int32
        @usableFromInline var valueStart: Int32
        @usableFromInline var end: Int32

        @usableFromInline init(start: Int32, nameLength: Int32, valueStart: Int32, end: Int32) {
            self.start = start
            self.nameLength = nameLength
            self.valueStart = valueStart
            self.end = end
        }
    }

    public let kind: Kind
    @usableFromInline let storage: [UInt8]
    /// The headers, then the lines of ``text``, which have no name.
    @usableFromInline let lines: [Header]
    /// The number of headers.
    public let count: Int

    init(kind: Kind, storage: [UInt8], headers: [Header], text: [Range<Int>] = []) {
        self.kind = kind
        self.storage = storage
        count = headers.count
        lines =
            text.isEmpty
            ? headers
            : headers
                + text.map {
                    let start = Int32(truncatingIfNeeded: $0.lowerBound)
                    return Header(
                        start: start, nameLength: 0, valueStart: start, end: Int32(truncatingIfNeeded: $0.upperBound))
                }
    }

    /// The lines of an old-style answer to `Command` (`Response: Follows`, Asterisk ≤ 13), without their ends.
    public var text: [ArraySlice<UInt8>] { lines[count...].map { storage[Int($0.start)..<Int($0.end)] } }

    /// The name of header `index`, in order of arrival.
    public func name(at index: Int) -> String { String(decoding: nameBytes(at: index), as: UTF8.self) }

    /// The same name as bytes: a switch may pass on a name that is not UTF-8.
    public func nameBytes(at index: Int) -> ArraySlice<UInt8> {
        let header = lines[index]
        return storage[Int(header.start)..<Int(header.start + header.nameLength)]
    }

    /// The value of header `index`; bytes that are not UTF-8 become U+FFFD.
    public func value(at index: Int) -> String { String(decoding: bytes(at: index), as: UTF8.self) }

    @inlinable public func bytes(at index: Int) -> ArraySlice<UInt8> {
        let header = lines[index]
        return storage[Int(header.valueStart)..<Int(header.end)]
    }

    /// The value of the first header: the event's, response's or action's name.
    @inlinable public var title: ArraySlice<UInt8> { bytes(at: 0) }

    /// The value of the first header of that name; names compare without regard to case.
    public subscript(name: StaticString) -> String? { index(of: name, from: 0).map(value(at:)) }

    /// The same for a name from a configuration; ASCII letters compare without regard to case, all other bytes exactly.
    public func value(named name: String) -> String? { bytes(named: name).map { String(decoding: $0, as: UTF8.self) } }

    /// The same value as bytes.
    public func bytes(named name: String) -> ArraySlice<UInt8>? {
        (0..<count).first { nameBytes(at: $0).elementsEqual(name.utf8, by: isEqualIgnoringCase) }.map(bytes(at:))
    }

    /// The value of `Timestamp`. It comes after `Event` and `Privilege`, and only with `timestampevents = yes`.
    public var timestamp: ArraySlice<UInt8>? {
        for index in [1, 2] where index < count && isNamed("Timestamp", index) { return bytes(at: index) }
        return nil
    }

    /// Every value of that name, in order.
    public func all(_ name: StaticString) -> [String] { (0..<count).filter { isNamed(name, $0) }.map(value(at:)) }

    /// Whether the first header has this value. Values compare without regard to case, too: `event: newstate` is
    /// `Newstate`.
    public func isTitled(_ title: StaticString) -> Bool {
        let header = lines[0]
        return storage.withUnsafeBufferPointer {
            equalIgnoringCase($0, Int(header.valueStart), Int(header.end - header.valueStart), title)
        }
    }

    @inlinable func index(of name: StaticString, from first: Int) -> Int? {
        storage.withUnsafeBufferPointer { bytes in
            lines.withUnsafeBufferPointer { lines in
                var index = first
                for _ in 0..<count {
                    if index >= count { index = 0 }
                    let header = lines[index]
                    if equalIgnoringCase(bytes, Int(header.start), Int(header.nameLength), name) { return index }
                    index += 1
                }
                return nil
            }
        }
    }

    /// The next header whose name begins with `prefix`: some versions append more, e.g. `ChanVariable(PJSIP/1001-1)`.
    public func index(beginningWith prefix: StaticString, from first: Int) -> Int? {
        storage.withUnsafeBufferPointer { bytes in
            lines.withUnsafeBufferPointer { lines in
                let length = prefix.utf8CodeUnitCount
                for index in min(first, count)..<count where lines[index].nameLength >= length {
                    if equalIgnoringCase(bytes, Int(lines[index].start), length, prefix) { return index }
                }
                return nil
            }
        }
    }

    func isNamed(_ name: StaticString, _ index: Int) -> Bool {
        storage.withUnsafeBufferPointer {
            equalIgnoringCase($0, Int(lines[index].start), Int(lines[index].nameLength), name)
        }
    }
}

/// Reads headers in about the order in which Asterisk writes them. Each search starts where the last one ended, so a
/// caller who asks in that order pays one comparison a header.
public struct HeaderReader {
    @usableFromInline let message: Message
    @usableFromInline var next = 0

    @inlinable public init(_ message: Message) { self.message = message }

    /// The raw value; nil if there is no such header.
    @inlinable public mutating func bytes(_ name: StaticString) -> ArraySlice<UInt8>? {
        guard let index = message.index(of: name, from: next) else { return nil }
        next = index + 1
        return message.bytes(at: index)
    }

    /// The value as text, or empty if there is no such header.
    @inlinable public mutating func text(_ name: StaticString) -> String {
        guard let bytes = bytes(name) else { return "" }
        return String(decoding: bytes, as: UTF8.self)
    }

    @inlinable public mutating func number(_ name: StaticString) -> Int? {
        guard let bytes = bytes(name) else { return nil }
        return parseInteger(bytes)
    }
}

/// Decimal digits with an optional sign; nil for anything else, or more than 18 digits.
@inlinable public func parseInteger(_ bytes: ArraySlice<UInt8>) -> Int? {
    var digits = bytes
    let negative = digits.first == UInt8(ascii: "-")
    if negative { digits = digits.dropFirst() }
    guard !digits.isEmpty, digits.count <= 18 else { return nil }  // not a limit: 19 digits may not fit an Int
    var value = 0
    for byte in digits {
        guard byte >= 48, byte <= 57 else { return nil }
        value = value * 10 + Int(byte - 48)
    }
    return negative ? -value : value
}

/// `seconds.microseconds` since 1970, e.g. `1795402407.614349` → microseconds; nil for anything else.
public func parseTimestamp(_ bytes: ArraySlice<UInt8>) -> Int64? {
    guard let point = bytes.firstIndex(of: UInt8(ascii: ".")), bytes.endIndex - point == 7,
        let seconds = parseInteger(bytes[..<point]),
        let fraction = parseInteger(bytes[(point + 1)...]), fraction >= 0,
        (0..<1 << 40).contains(seconds)  // not a limit: the microseconds must fit an Int64
    else { return nil }
    return Int64(seconds) * 1_000_000 + Int64(fraction)
}
