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
    /// Of the header that ``uniqueidIndex`` gives, or one of the two below.
    @usableFromInline let uniqueid: Int32
    @usableFromInline let storage: [UInt8]
    /// The headers, then the lines of ``text``, which have no name.
    @usableFromInline let lines: [Header]
    /// The number of headers.
    public let count: Int

    /// There is no `Uniqueid`; nobody has looked for one.
    @usableFromInline static let absent = -1, unsearched = -2

    init(
        kind: Kind, storage: [UInt8], headers: [Header], text: [Range<Int>] = [], uniqueid: Int = Message.unsearched
    ) {
        self.kind = kind
        self.uniqueid = Int32(truncatingIfNeeded: uniqueid)
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

    /// The bytes of the value of header `index`, where they are.
    @inlinable public func withBytes<Result>(at index: Int, _ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
        let header = lines[index]
        return storage.withUnsafeBufferPointer {
            body(UnsafeBufferPointer(rebasing: $0[Int(header.valueStart)..<Int(header.end)]))
        }
    }

    /// The number of bytes of the event's, response's or action's name.
    @inlinable public var titleLength: Int { Int(lines[0].end &- lines[0].valueStart) }

    /// The index of the first `Uniqueid`: the channel that an event is about. The framer has passed it already in most
    /// messages, so that it need not be searched again.
    @inlinable public var uniqueidIndex: Int? {
        switch Int(uniqueid) {
        case Self.absent: nil
        case Self.unsearched: index(of: "Uniqueid", from: 0)
        case let index: index
        }
    }

    /// The value of the first header of that name; names compare without regard to case.
    public subscript(name: StaticString) -> String? { index(of: name, from: 0).map(value(at:)) }

    /// The same for a name from a configuration; ASCII letters compare without regard to case, all other bytes exactly.
    public func value(named name: String) -> String? { bytes(named: name).map { String(decoding: $0, as: UTF8.self) } }

    /// The same value as bytes.
    public func bytes(named name: String) -> ArraySlice<UInt8>? {
        (0..<count).first { nameBytes(at: $0).elementsEqual(name.utf8, by: isEqualIgnoringCase) }.map(bytes(at:))
    }

    /// The value of `Timestamp`. It comes after `Event` and `Privilege`, and only with `timestampevents = yes`.
    public var timestamp: ArraySlice<UInt8>? { timestampIndex.map { bytes(at: $0) } }

    /// The same in microseconds since 1970; nil also for a value that is not a date.
    public var date: Int64? { timestampIndex.flatMap { withBytes(at: $0) { parseTimestamp($0) } } }

    private var timestampIndex: Int? {
        if count > 1, isNamed("Timestamp", 1) { return 1 }
        return count > 2 && isNamed("Timestamp", 2) ? 2 : nil
    }

    /// Every value of that name, in order.
    public func all(_ name: StaticString) -> [String] { (0..<count).filter { isNamed(name, $0) }.map(value(at:)) }

    /// Whether the first header has this value. Values compare without regard to case, too: `event: newstate` is
    /// `Newstate`.
    @inlinable public func isTitled(_ title: StaticString) -> Bool {
        let header = lines[0]
        return storage.withUnsafeBufferPointer {
            equalIgnoringCase($0, Int(header.valueStart), Int(header.end - header.valueStart), title)
        }
    }

    /// The next header of that name, from `first` on and then from the beginning.
    @inlinable func index(of name: StaticString, from first: Int) -> Int? {
        storage.withUnsafeBufferPointer { bytes in
            lines.withUnsafeBufferPointer { lines in
                let first = min(first, count)
                return Self.index(of: name, in: lines, first..<count, bytes)
                    ?? Self.index(of: name, in: lines, 0..<first, bytes)
            }
        }
    }

    @inlinable @inline(__always)
    static func index(
        of name: StaticString, in lines: UnsafeBufferPointer<Header>, _ range: Range<Int>,
        _ bytes: UnsafeBufferPointer<UInt8>
    ) -> Int? {
        var index = range.lowerBound
        while index < range.upperBound {
            let header = lines[index]
            if equalIgnoringCase(bytes, Int(header.start), Int(header.nameLength), name) { return index }
            index &+= 1
        }
        return nil
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

    @inline(__always)
    private func isNamed(_ name: StaticString, _ index: Int) -> Bool {
        storage.withUnsafeBufferPointer {
            equalIgnoringCase($0, Int(lines[index].start), Int(lines[index].nameLength), name)
        }
    }
}

/// Reads headers in about the order in which Asterisk writes them. Each search starts where the last one ended, so a
/// caller who asks in that order pays one comparison a header.
public struct HeaderReader {
    public let message: Message
    @usableFromInline var next: Int

    /// - Parameter next: the header at which the first search starts.
    @inlinable public init(_ message: Message, from next: Int = 0) {
        self.message = message
        self.next = next
    }

    /// The index of the header of that name; nil if there is none.
    @inlinable public mutating func index(of name: StaticString) -> Int? {
        guard let index = message.index(of: name, from: next) else { return nil }
        next = index + 1
        return index
    }

    /// The raw value; nil if there is no such header.
    @inlinable public mutating func bytes(_ name: StaticString) -> ArraySlice<UInt8>? {
        index(of: name).map { message.bytes(at: $0) }
    }

    /// The value as text, or empty if there is no such header.
    @inlinable public mutating func text(_ name: StaticString) -> String {
        guard let bytes = bytes(name) else { return "" }
        return String(decoding: bytes, as: UTF8.self)
    }

    public mutating func number(_ name: StaticString) -> Int? {
        index(of: name).flatMap { message.withBytes(at: $0) { parseInteger($0) } }
    }
}

/// Decimal digits with an optional sign; nil for anything else, or more than 18 digits.
public func parseInteger(_ bytes: ArraySlice<UInt8>) -> Int? { bytes.withUnsafeBufferPointer { parseInteger($0) } }

func parseInteger(_ bytes: UnsafeBufferPointer<UInt8>) -> Int? {
    let isNegative = bytes.first == UInt8(ascii: "-")
    let start = isNegative ? 1 : 0
    let digits = bytes.count - start
    guard digits > 0, digits <= 18 else { return nil }  // not a limit: 19 digits may not fit an Int
    var value = 0
    for byte in bytes[start...] {
        guard byte >= 48, byte <= 57 else { return nil }
        value = value &* 10 &+ Int(byte &- 48)
    }
    return isNegative ? -value : value
}

/// `seconds.microseconds` since 1970, e.g. `1795402407.614349` → microseconds; nil for anything else.
public func parseTimestamp(_ bytes: ArraySlice<UInt8>) -> Int64? {
    bytes.withUnsafeBufferPointer { parseTimestamp($0) }
}

func parseTimestamp(_ bytes: UnsafeBufferPointer<UInt8>) -> Int64? {
    let point = bytes.count - 7
    guard point >= 0, bytes[point] == UInt8(ascii: "."),
        let seconds = parseInteger(UnsafeBufferPointer(rebasing: bytes[..<point])),
        let fraction = parseInteger(UnsafeBufferPointer(rebasing: bytes[(point + 1)...])), fraction >= 0,
        (0..<1 << 40).contains(seconds)  // not a limit: the microseconds must fit an Int64
    else { return nil }
    return Int64(seconds) * 1_000_000 + Int64(fraction)
}
