import Foundation
import Records
import ScreenPop
import Testing
import Wallboard
import Wire

/// Readers, the store and the schemas know the bytes of Foundation's encoder. A message that lists its members itself
/// must not forget one, so the messages are filled by their own `Decodable`: a new member is filled as well.
@Suite("Every message has the bytes that Foundation's encoder would give it")
struct MessageBytesTests {
    private func expectSame(_ value: some Encodable, _ location: SourceLocation = #_sourceLocation) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        #expect(
            String(decoding: JSON.encode(value), as: UTF8.self)
                == String(decoding: try encoder.encode(value), as: UTF8.self), sourceLocation: location)
    }

    private func expectSame<Message: Codable>(_ type: Message.Type) throws {
        for seed in 1...20 { try expectSame(try Message(from: Filler(Filling(seed: UInt64(seed))))) }
    }

    @Test("screen pops and what else a desk receives")
    func desks() throws {
        try expectSame(Pop.self)
        try expectSame(RecentPops.self)
        try expectSame(WrapUp.self)
        for text in Filling.texts {
            try expectSame(Welcome(agent: text, interface: text, server: text, heartbeatSeconds: .max, timeZone: text))
            try expectSame(Refused(.malformed, text))
            try expectSame(DeskHeartbeat(at: text))
        }
    }

    @Test("the wallboard's pictures and changes, its history and its statistics")
    func wallboards() throws {
        try expectSame(WallboardMessage.self)
        try expectSame(HistoryMessage.self)
        try expectSame(StatisticsMessage.self)
        try expectSame(ExplanationMessage.self)
    }

    @Test("contact records and their deliveries")
    func records() throws {
        try expectSame(ContactDocument.self)
        try expectSame(DeliveryMessage.self)
    }

    @Test("an object within a message that is written alone")
    func rows() throws {
        try expectSame(WallboardMessage.Queue.self)
        try expectSame(WallboardMessage.Switch.self)
        try expectSame(Pop.Match.self)
    }
}

/// Values for the members of a message: strings that need care, and numbers at their limits. The same seed gives the
/// same values.
private final class Filling {
    static let texts = [
        "", "vendite", "PJSIP/1001", "\"\\/\u{8}\u{C}\n\r\t", "\u{0}\u{1}\u{1F}\u{7F}", "\u{2028}\u{2029}", "Forlì — 😀",
        "e\u{301}", "{", "[", "},{", String(decoding: [0xED, 0xA0, 0xBD, 0xFF], as: UTF8.self),
        String(repeating: "Ñ\u{1}", count: 600),
    ]
    static let fractions = [
        0, -0.0, 1, 0.1, 12.345678, 1 / 3, 1e16, 1e-7, .greatestFiniteMagnitude, .leastNonzeroMagnitude, .nan,
        .infinity,
        -.infinity,
    ]
    /// Of the enumerations whose cases are strings.
    static let words = [
        "pop.preview", "pop.closed", "wrapUp.running", "wrapUp.over", "available", "withheld", "person", "company",
        "several", "none", "ended", "busy", "snapshot", "change", "heartbeat", "alarm.raised", "alarm.cleared",
        "talking", "paused", "connected", "refused", "contact.closed",
    ]

    private var state: UInt64

    init(seed: UInt64) { state = seed }

    func number(below limit: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int((state >> 33) % UInt64(limit))
    }

    func any<Value>(of values: [Value]) -> Value { values[number(below: values.count)] }
}

private struct Filler: Decoder, SingleValueDecodingContainer {
    let filling: Filling
    var word: String?

    init(_ filling: Filling, word: String? = nil) {
        self.filling = filling
        self.word = word
    }

    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key>(keyedBy type: Key.Type) -> KeyedDecodingContainer<Key> {
        KeyedDecodingContainer(Members(filler: self))
    }
    func unkeyedContainer() -> any UnkeyedDecodingContainer { Elements(filler: self) }
    func singleValueContainer() -> any SingleValueDecodingContainer { self }

    func decodeNil() -> Bool { filling.number(below: 4) == 0 }

    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        let value: Any? =
            switch type {
            case is String.Type: word ?? filling.any(of: Filling.texts)
            case is Bool.Type: filling.number(below: 2) == 0
            case is Double.Type: filling.any(of: Filling.fractions)
            case is Int.Type: filling.any(of: [.min, -1, 0, 7, 812, .max])
            case is Int64.Type: filling.any(of: [Int64.min, -1, 0, 7, .max])
            case is UInt64.Type: filling.any(of: [UInt64.min, 1, .max])
            default: nil
            }
        if let value = value as? Value { return value }
        precondition(!(type is any Numeric.Type), "there is no number of this type yet")
        do { return try Value(from: Filler(filling)) } catch {
            // An enumeration.
            let start = filling.number(below: Filling.words.count)
            for word in Filling.words[start...] + Filling.words[..<start] {
                if let value = try? Value(from: Filler(filling, word: word)) { return value }
            }
            throw error
        }
    }

    struct Members<Key: CodingKey>: KeyedDecodingContainerProtocol {
        let filler: Filler

        var codingPath: [any CodingKey] { [] }
        var allKeys: [Key] { Filling.texts.prefix(filler.filling.number(below: 5)).compactMap { Key(stringValue: $0) } }

        func contains(_ key: Key) -> Bool { filler.filling.number(below: 4) > 0 }
        func decodeNil(forKey key: Key) -> Bool { false }
        func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value { try filler.decode(type) }
        func nestedContainer<Nested>(keyedBy type: Nested.Type, forKey key: Key) -> KeyedDecodingContainer<Nested> {
            filler.container(keyedBy: type)
        }
        func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedDecodingContainer { filler.unkeyedContainer() }
        func superDecoder() -> any Decoder { filler }
        func superDecoder(forKey key: Key) -> any Decoder { filler }
    }

    struct Elements: UnkeyedDecodingContainer {
        let filler: Filler
        var currentIndex = 0
        let count: Int?

        init(filler: Filler) {
            self.filler = filler
            count = filler.filling.number(below: 4)
        }

        var codingPath: [any CodingKey] { [] }
        var isAtEnd: Bool { currentIndex == count }

        mutating func decodeNil() -> Bool { false }
        mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
            currentIndex += 1
            return try filler.decode(type)
        }
        mutating func nestedContainer<Nested>(keyedBy type: Nested.Type) -> KeyedDecodingContainer<Nested> {
            filler.container(keyedBy: type)
        }
        mutating func nestedUnkeyedContainer() -> any UnkeyedDecodingContainer { filler.unkeyedContainer() }
        mutating func superDecoder() -> any Decoder { filler }
    }
}
