import Foundation
import Testing
@testable import Wire

/// Foundation's encoder is the reference: readers, checkpoints and the store have seen its bytes.
@Suite("JSON is written byte for byte as Foundation's encoder writes it")
struct JSONWriterTests {
    private func reference(_ value: some Encodable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        return Array(try encoder.encode(value))
    }

    private func expectSame(_ value: some Encodable, _ location: SourceLocation = #_sourceLocation) throws {
        #expect(
            String(decoding: JSON.encode(value), as: UTF8.self)
                == String(decoding: try reference(value), as: UTF8.self), sourceLocation: location)
    }

    private static let controls: [String] = (UInt8(0)...0x20).map { String(Unicode.Scalar($0)) }

    private static let hostile: [String] = [
        "", "a", "\"", "\\", "/", "</script>", "\u{7F}", "\u{80}", "\u{9F}", "é", "e\u{301}", "\u{2028}\u{2029}", "😀",
        "👩‍👩‍👧‍👦", "\u{10FFFF}", "\u{FFFF}\u{FEFF}", "\u{D7FF}\u{E000}", "Rossi & C. “S.n.c.”",
        String(decoding: [0xED, 0xA0, 0x80, 0xC0, 0xFF], as: UTF8.self),
        String(repeating: "N", count: 10_240), String(repeating: "\u{0}\"😀", count: 3_000),
    ]

    /// A byte that matters, or one beside it, at each place of a word of eight bytes and of the next two.
    private static var placed: [String] {
        var strings: [String] = []
        for place in 0..<24 {
            for byte in ["\"", "\\", "\u{1F}", "\u{20}", "!", "#", "[", "]", "\u{7F}", "é"] {
                let before = String(repeating: "x", count: place)
                strings.append(before + byte + String(repeating: "y", count: (24 - place) % 11))
            }
        }
        return strings
    }

    @Test("strings, as values, keys and elements")
    func strings() throws {
        for string in Self.controls + Self.hostile + Self.placed { try expectSameEverywhere(string) }
    }

    private func expectSameEverywhere(_ string: String) throws {
        try expectSame(string)
        try expectSame([string, string])
        try expectSame([string: string, "z" + string: "", string + "\u{0}": "a"])
    }

    @Test("whole numbers of each size")
    func integers() throws {
        func both<Number: FixedWidthInteger & Encodable>(_: Number.Type) throws {
            let numbers = [.min, .min + 1, 0, 1, 9, 10, 99, 100, .max - 1, .max] as [Number]
            try expectSame(numbers)
            for number in numbers { try expectSame(["n": number]) }
        }
        try both(Int.self)
        try both(Int8.self)
        try both(Int16.self)
        try both(Int32.self)
        try both(Int64.self)
        try both(UInt.self)
        try both(UInt8.self)
        try both(UInt16.self)
        try both(UInt32.self)
        try both(UInt64.self)
        try both(Int128.self)
        try both(UInt128.self)
    }

    static let fractions: [Double] = [
        0, -0.0, 1, -1, 0.1, 1 / 3, 12.345678, 100, 1e15, 1e16, 1e17, 1.5e300, 1e-5, 1e-4, 5e-324, .pi,
        9007199254740993,
        .greatestFiniteMagnitude, -.greatestFiniteMagnitude, .leastNormalMagnitude, .leastNonzeroMagnitude, .ulpOfOne,
        .infinity, -.infinity, .nan, .signalingNaN, -.nan, 10, 1000, 120.0, 120.05,
    ]

    @Test("fractions, at their limits and beyond", arguments: fractions)
    func fraction(number: Double) throws {
        try expectSame(number)
        try expectSame([number])
        try expectSame(["n": number])
        try expectSame(["n": Float(number)])
        try expectSame([Float(number)])
        try expectSame([Float16(number)])
    }

    @Test("fractions of any bits")
    func anyFraction() throws {
        var bits: UInt64 = 0x9E37_79B9_7F4A_7C15
        let numbers = (0..<2_000).map { _ in
            bits = bits &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Double(bitPattern: bits)
        }
        try expectSame(numbers)
        try expectSame(numbers.map { Float($0) })
    }

    @Test("what Foundation has a form of its own for")
    func foundation() throws {
        struct Values: Encodable {
            var date = Date(timeIntervalSinceReferenceDate: 812_345_678.125)
            var data = Data([0, 255, 63, 254])
            var url = URL(string: "https://example.org/a%20b?c=d")
            var decimal = Decimal(string: "12345678901234567890.0123456789")
            var id = UUID(uuidString: "E621E1F8-C36C-495A-93FC-0C247A3E6E5F")
            var list = [Data([1, 2])]
            var absent: Date?
        }
        try expectSame(Values())
        try expectSame(Date(timeIntervalSinceReferenceDate: 0))
        try expectSame(Data())
    }

    @Test("optionals: absent members, nulls of arrays and of dictionaries")
    func optionals() throws {
        struct Optionals: Encodable {
            var absent: Int?
            var present: Int? = 1
            var list: [String?] = ["a", nil]
            var map: [String: Bool?] = ["a": nil, "b": true]
            var twice: Int?? = .some(nil)
        }
        try expectSame(Optionals())
        try expectSame(Int?.none)
        try expectSame([[Int]?.none])
    }

    @Test("empty and nested collections, and dictionaries with keys of other types")
    func collections() throws {
        struct Empty: Encodable {}
        enum Suit: String, Encodable, CodingKeyRepresentable { case hearts, clubs }
        try expectSame(Empty())
        try expectSame([Empty()])
        try expectSame(["a": Empty(), "b": Empty()])
        let lists: [[Int]] = [[], [1], [2, 3]]
        try expectSame(lists)
        try expectSame([[Int]]())
        try expectSame([1: "a", 10: "b", 9: "c", -1: "d"])
        try expectSame([2.5: 1])
        try expectSame([Suit.hearts: 1, .clubs: 2])
        try expectSame(Set([5]))
    }

    @Test("cases with values")
    func cases() throws {
        enum Event: Encodable {
            case began, named(String), moved(from: Int, to: Int?), nested([Self])
        }
        try expectSame([Event.began, .named("a"), .moved(from: 1, to: nil), .nested([.began, .moved(from: 2, to: 3)])])
    }

    @Test("keys in the order of their bytes, also long ones that begin alike, and of many members")
    func order() throws {
        let keys = [
            "serviceLevel", "serviceLevels", "service", "serviceLevelB", "serviceLevel\u{0}", "service Level",
            "Service",
            "_", "a", "aa", "a!", "a ", "a\"", "a\\", "a\u{1}", "10", "9", "~", "\u{7F}", "é", "z", "\u{FFFF}", "😀", "",
        ]
        for first in keys { for second in keys where first != second { try expectSame([first: 1, second: 2]) } }
        try expectSame(Dictionary(uniqueKeysWithValues: keys.enumerated().map { ($1, $0) }))
        try expectSame(Dictionary(uniqueKeysWithValues: (0..<3_000).map { ("\($0 * 7_919 % 3_000)", [$0: "\($0)"]) }))
    }

    @Test("a key that is encoded again has its first spelling and its last value")
    func repeatedKeys() throws {
        struct Pairs: Encodable {
            var pairs: [(String, Int)]
            func encode(to encoder: any Encoder) throws {
                var container = encoder.container(keyedBy: AnyKey.self)
                for (key, value) in pairs { try container.encode([value], forKey: AnyKey(key)) }
            }
        }
        try expectSame(Pairs(pairs: [("b", 1), ("a", 2), ("b", 3), ("b", 4), ("c", 5)]))
        try expectSame(Pairs(pairs: [("a", 1), ("a", 2)]))
        try expectSame(Pairs(pairs: [("e\u{301}", 1), ("f", 2), ("\u{E9}", 3)]))
        try expectSame(Pairs(pairs: [("\u{E9}\"", 1), ("e\u{301}\"", 2)]))
        try expectSame(Pairs(pairs: [("\u{1}", 1), ("\u{1}", 2), ("", 3)]))
    }

    @Test("nested containers and encoders of a superclass, filled in any order")
    func nestedContainers() throws {
        struct Nested: Encodable {
            func encode(to encoder: any Encoder) throws {
                var object = encoder.container(keyedBy: AnyKey.self)
                var late = object.nestedContainer(keyedBy: AnyKey.self, forKey: AnyKey("late"))
                var list = object.nestedUnkeyedContainer(forKey: AnyKey("elements"))
                try object.encode(1, forKey: AnyKey("f"))
                var inner = list.nestedUnkeyedContainer()
                try list.encode("x")
                var other = list.nestedContainer(keyedBy: AnyKey.self)
                _ = list.nestedUnkeyedContainer()
                try inner.encodeNil()
                try other.encodeNil(forKey: AnyKey("z"))
                try other.encode([["q": 1]], forKey: AnyKey("y"))
                try late.encode("é\"", forKey: AnyKey("é\""))
                var again = object.nestedContainer(keyedBy: AnyKey.self, forKey: AnyKey("late"))
                try again.encode(true, forKey: AnyKey("a"))
                try "super".encode(to: object.superEncoder())
                _ = object.superEncoder(forKey: AnyKey("nothing"))
                try [1, 2].encode(to: list.superEncoder())
                #expect(list.count == 5)
            }
        }
        try expectSame(Nested())
        try expectSame([Nested(), Nested()])
        try expectSame(["a": [Nested()]])
    }

    @Test("an object that two types fill, and one that a value fills in two containers")
    func sharedContainers() throws {
        struct Base: Encodable { var z = 1, b = 2 }
        struct Whole: Encodable {
            func encode(to encoder: any Encoder) throws {
                try Base().encode(to: encoder)
                var own = encoder.container(keyedBy: AnyKey.self)
                try own.encode("c", forKey: AnyKey("c"))
                var list = encoder.container(keyedBy: AnyKey.self)
                try list.encode([1], forKey: AnyKey("a"))
            }
        }
        struct Lists: Encodable {
            func encode(to encoder: any Encoder) throws {
                for element in ["a", "b"] {
                    var list = encoder.unkeyedContainer()
                    try list.encode(element)
                }
            }
        }
        try expectSame(["w": Whole()])
        try expectSame(["l": Lists()])
    }

    @Test("a member or an element whose encoding failed is left out, if its container goes on")
    func failures() throws {
        struct Failure: Error {}
        struct Failing: Encodable {
            func encode(to encoder: any Encoder) throws {
                var object = encoder.container(keyedBy: AnyKey.self)
                try object.encode([["b": 1, "a": 2]], forKey: AnyKey("x"))
                throw Failure()
            }
        }
        struct Going: Encodable {
            func encode(to encoder: any Encoder) throws {
                var object = encoder.container(keyedBy: AnyKey.self)
                #expect(throws: Failure.self) { try object.encode(Failing(), forKey: AnyKey("a")) }
                try object.encode(1, forKey: AnyKey("c"))
                #expect(throws: Failure.self) { try object.encode([[Failing()]], forKey: AnyKey("b")) }
                var list = object.nestedUnkeyedContainer(forKey: AnyKey("b"))
                #expect(throws: Failure.self) { try list.encode(Failing()) }
                try list.encode(2)
            }
        }
        // Foundation’s encoder would stop the program here.
        #expect(String(decoding: JSON.encode([Going()]), as: UTF8.self) == #"[{"b":[2],"c":1}]"#)
        #expect(throws: Failure.self) { try JSONWriter.bytes(of: ["a": [Failing()]]) }
    }

    @Test("is refused from the depth on from which Foundation refuses it")
    func depth() throws {
        struct Deep: Encodable {
            var levels: Int
            func encode(to encoder: any Encoder) throws {
                if levels % 2 == 0 {
                    var list = encoder.unkeyedContainer()
                    if levels > 1 { try list.encode(Deep(levels: levels - 1)) }
                } else {
                    var object = encoder.container(keyedBy: AnyKey.self)
                    if levels > 1 { try object.encode(Deep(levels: levels - 1), forKey: AnyKey("a")) }
                }
            }
        }
        try expectSame(Deep(levels: 511))
        for levels in [512, 513, 10_000] {
            #expect(throws: EncodingError.self) { try reference(Deep(levels: min(levels, 600))) }
            #expect((try? JSONWriter.bytes(of: Deep(levels: levels))) == nil)
        }
    }

    @Test("a whole that encodes nothing is refused, as by Foundation")
    func nothing() {
        struct Nothing: Encodable { func encode(to encoder: any Encoder) {} }
        #expect(throws: EncodingError.self) { try reference(Nothing()) }
        #expect((try? JSONWriter.bytes(of: Nothing())) == nil)
        #expect(JSON.encode([Nothing()]) == Array("[{}]".utf8))
    }
}

private struct AnyKey: CodingKey {
    var stringValue: String
    var intValue: Int? { nil }

    init(_ name: String) { stringValue = name }
    init(stringValue: String) { self.init(stringValue) }
    init?(intValue: Int) { nil }
}
