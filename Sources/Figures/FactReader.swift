import Telephony
import Time

/// Reads what ``FactWriter`` wrote. The bytes may be anything: whatever they are, reading ends, and ``isSound`` says
/// whether they were facts.
public struct FactReader: FactMembers, Sendable {
    /// False after something that no writer writes, or a number beyond the limit. What was read since is meaningless.
    public private(set) var isSound = true
    private let limit: UInt64
    private var bytes: [UInt8] = []
    private var index = 0
    private var names: [String] = []
    private var last = LastMoment()

    /// - Parameter limit: the largest magnitude of a number that may be counted up from.
    public init(limit: UInt64) { self.limit = limit }

    /// Begins to read a piece.
    /// - Returns: where its facts belong; nil if it is not a piece.
    public mutating func begin(_ piece: [UInt8]) -> FactPlace? {
        bytes = piece
        index = 0
        var place = FactPlace(owner: "", kind: .visits)
        place.list(&self)
        return isSound ? place : nil
    }

    /// Reads the facts of the piece, and hands over each that is sound.
    mutating func each<Fact: ListedFact>(_ take: (Fact) -> Void) {
        let count = plain()
        guard count <= Limits.chunkFacts else { return fail() }
        for _ in 0..<count {
            var fact = Fact.blank
            fact.list(&self)
            guard isSound else { return }
            take(fact)
        }
        if index != bytes.count { fail() }
    }

    mutating func fail() { isSound = false }

    private mutating func plain() -> UInt64 {
        var value: UInt64 = 0
        var shift = 0
        while index < bytes.count, shift < UInt64.bitWidth {
            let byte = bytes[index]
            index += 1
            let part = UInt64(byte & 0x7F)
            value |= part << shift
            guard byte > 0x7F else {
                // The tenth byte has one bit.
                if shift == UInt64.bitWidth - 1, part > 1 { break }
                return value
            }
            shift += 7
        }
        fail()
        return 0
    }

    private mutating func signed() -> Int64 {
        let value = plain()
        return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
    }

    private mutating func bounded(_ value: Int64) -> Int64 {
        if value.magnitude > limit { fail() }
        return value
    }

    private mutating func plainText() -> String {
        let length = plain()
        guard length <= bytes.count - index else {
            fail()
            return ""
        }
        let end = index + Int(length)
        guard let text = String(validating: bytes[index..<end], as: UTF8.self) else {
            fail()
            return ""
        }
        index = end
        return text
    }

    mutating func number(_ value: inout UInt64) {
        value = plain()
        if value > limit { fail() }
    }

    mutating func digest(_ value: inout UInt64) { value = plain() }

    mutating func flag(_ value: inout Bool) {
        let byte = plain()
        if byte > 1 { fail() }
        value = byte == 1
    }

    mutating func span(_ value: inout Span) { value = Span(microseconds: bounded(signed())) }

    mutating func date(_ value: inout UnixTime) {
        value = last.date(signed())
        _ = bounded(value.microseconds)
    }

    mutating func moment(_ value: inout Moment) {
        let uptime = signed()
        value = last.moment(uptime: uptime, lead: signed())
        _ = bounded(value.uptime.microseconds)
        _ = bounded(value.date.microseconds)
    }

    mutating func text(_ value: inout String) { value = plainText() }

    mutating func name(_ value: inout String) {
        let number = plain()
        if number < names.count {
            value = names[Int(number)]
        } else if number == names.count {
            value = plainText()
            names.append(value)
        } else {
            fail()
        }
    }

    mutating func name<Value>(_ value: inout Value, text: String, or blank: Value, _ make: (String) -> Value?) {
        var text = ""
        name(&text)
        if let made = make(text) {
            value = made
        } else {
            value = blank
            fail()
        }
    }

    mutating func optional<Value>(_ value: inout Value?, _ blank: Value, _ list: (inout Self, inout Value) -> Void) {
        var isKnown = false
        flag(&isKnown)
        guard isKnown else {
            value = nil
            return
        }
        var known = blank
        list(&self, &known)
        value = known
    }

    mutating func array<Value>(
        _ values: inout [Value], upTo limit: Int, _ blank: Value, _ list: (inout Self, inout Value) -> Void
    ) {
        let count = plain()
        guard count <= limit else { return fail() }
        values = []
        for _ in 0..<count where isSound {
            var value = blank
            list(&self, &value)
            values.append(value)
        }
    }
}
