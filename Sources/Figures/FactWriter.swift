import Telephony
import Time

/// Writes facts one after the other in few bytes: numbers of seven bits a byte, moments as differences, and a name that
/// was written before as its number.
public struct FactWriter: FactMembers, Sendable {
    /// Of the piece that is being written.
    private var bytes: [UInt8] = []
    private var names: [NameBytes: UInt64] = [:]
    private var last = LastMoment()

    public init() {}

    /// Writes a log in pieces, and hands over each: where it belongs, and some of its facts.
    mutating func write<Fact: ListedFact, Failure>(
        _ log: FactLog<Fact>, _ place: FactPlace, _ take: ([UInt8]) throws(Failure) -> Void
    ) throws(Failure) {
        for chunk in log.chunks {
            var place = place
            place.list(&self)
            plain(UInt64(chunk.facts.count))
            for var fact in chunk.facts { fact.list(&self) }
            try take(bytes)
            bytes.removeAll(keepingCapacity: true)
        }
    }

    private mutating func plain(_ value: UInt64) {
        var rest = value
        while rest > 0x7F {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }

    private mutating func signed(_ value: Int64) { plain(UInt64(bitPattern: value << 1 ^ value >> 63)) }

    private mutating func plain(_ text: String) {
        var text = text
        text.withUTF8 {
            plain(UInt64($0.count))
            bytes.append(contentsOf: $0)
        }
    }

    mutating func number(_ value: inout UInt64) { plain(value) }

    mutating func digest(_ value: inout UInt64) { plain(value) }

    mutating func flag(_ value: inout Bool) { bytes.append(value ? 1 : 0) }

    mutating func span(_ value: inout Span) { signed(value.microseconds) }

    mutating func date(_ value: inout UnixTime) { signed(last.difference(of: value)) }

    mutating func moment(_ value: inout Moment) {
        let difference = last.difference(of: value)
        signed(difference.uptime)
        signed(difference.lead)
    }

    mutating func text(_ value: inout String) { plain(value) }

    mutating func name(_ value: inout String) {
        let key = NameBytes(value)
        if let number = names[key] { return plain(number) }
        let number = UInt64(names.count)
        names[key] = number
        plain(number)
        plain(value)
    }

    mutating func name<Value>(_ value: inout Value, text: String, or blank: Value, _ make: (String) -> Value?) {
        var text = text
        name(&text)
    }

    mutating func optional<Value>(_ value: inout Value?, _ blank: Value, _ list: (inout Self, inout Value) -> Void) {
        bytes.append(value == nil ? 0 : 1)
        if var known = value { list(&self, &known) }
    }

    mutating func array<Value>(
        _ values: inout [Value], upTo limit: Int, _ blank: Value, _ list: (inout Self, inout Value) -> Void
    ) {
        plain(UInt64(values.count))
        for var value in values { list(&self, &value) }
    }
}

/// A text as a key of a table: Swift's `==` treats composed and decomposed letters as equal.
private struct NameBytes: Identifier {
    let rawValue: String
    init(_ rawValue: String) { self.rawValue = rawValue }
}

/// The moment that was written or read last, from which the next differs by little. Differences wrap around, so that
/// any two moments have one.
struct LastMoment: Sendable {
    private var uptime: Int64 = 0
    /// Of the date before the uptime: it changes only when a clock is set.
    private var lead: Int64 = 0

    mutating func difference(of moment: Moment) -> (uptime: Int64, lead: Int64) {
        let (uptime, date) = (moment.uptime.microseconds, moment.date.microseconds)
        let difference = (uptime &- self.uptime, date &- uptime &- lead)
        self.uptime = uptime
        lead = date &- uptime
        return difference
    }

    mutating func moment(uptime: Int64, lead: Int64) -> Moment {
        self.uptime &+= uptime
        self.lead &+= lead
        return Moment(
            uptime: Span(microseconds: self.uptime), date: UnixTime(microseconds: self.uptime &+ self.lead))
    }

    func difference(of date: UnixTime) -> Int64 { date.microseconds &- uptime &- lead }

    func date(_ difference: Int64) -> UnixTime { UnixTime(microseconds: difference &+ uptime &+ lead) }
}
