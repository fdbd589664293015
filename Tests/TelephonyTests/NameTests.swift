import Foundation
import Telephony
import Testing

@Suite("A name")
struct NameTests {
    private static let composed = "Qualit\u{E0}"
    private static let decomposed = "Qualita\u{300}"

    @Test(
        "of more than 256 bytes is visibly shortened; two that differ anywhere remain two, and shortening again changes nothing"
    )
    func long() {
        func name(_ bytes: [UInt8]) -> String { String(name: bytes[...]) }
        let long = [UInt8](repeating: UInt8(ascii: "x"), count: 60_000)
        #expect(name(Array(long.prefix(256))).utf8.count == 256)
        let cut = name(long)
        #expect(cut.hasPrefix(String(repeating: "x", count: 120) + "…") && cut.utf8.count == 120 + 3 + 16)
        #expect(name(long + [UInt8(ascii: "y")]) != cut)
        #expect(name([UInt8(ascii: "y")] + long) != cut)
        #expect(name(Array(cut.utf8)) == cut)
        // A letter of two bytes on the boundary, and bytes that are not letters.
        let letters = Array(("x" + String(repeating: "é", count: 200)).utf8)
        #expect(name(letters).utf8.count < 256)
        #expect(name([UInt8](repeating: 0xE0, count: 300)).utf8.count < 600)
        #expect(String(boundedText: long[...]) == cut)
        #expect(String(boundedText: Array("Mario".utf8)[...]) == "Mario")
    }

    @Test("is compared by its bytes: a composed and a decomposed letter differ, in sets, dictionaries and order")
    func canonicalEquivalence() {
        try? #require(Self.composed == Self.decomposed, "Swift takes the two for equal")
        #expect(Interface(Self.composed) != Interface(Self.decomposed))
        #expect(!(Interface(Self.composed) == Interface(Self.decomposed)))
        #expect(Set([Interface(Self.composed), Interface(Self.decomposed)]).count == 2)
        #expect(
            Interface(Self.decomposed) < Interface(Self.composed)
                && !(Interface(Self.composed) < Interface(Self.decomposed)))
        #expect(QueueName(Self.composed) != QueueName(Self.decomposed))
        #expect(
            AgentRef(interface: Interface("a"), name: Self.composed)
                != AgentRef(interface: Interface("a"), name: Self.decomposed))
        // The order of combining marks: equally many bytes, and canonically equal.
        #expect(Interface("a\u{323}\u{307}") != Interface("a\u{307}\u{323}"))
    }

    @Test("is compared and hashed by every one of its bytes, however long it is, and a queue's by their lower case")
    func words() {
        var generator = SplitMix64(seed: 3)
        let scalars = Array("@AZ[`az{09/é\0".unicodeScalars)
        for length in 0..<40 {
            for _ in 0..<20 {
                var text = String.UnicodeScalarView()
                for _ in 0..<length { text.append(scalars[Int(generator.next() % UInt64(scalars.count))]) }
                let name = String(text)
                #expect(Interface(name) == Interface(String(decoding: Array(name.utf8), as: UTF8.self)))
                #expect(Interface(name).hashValue == Interface(name).hashValue)
                var bytes = Array(name.utf8)
                for index in bytes.indices where bytes[index] < 0x80 {
                    let before = bytes[index]
                    for other in [before ^ 0x20, before ^ 1] {
                        bytes[index] = other
                        let changed = String(decoding: bytes, as: UTF8.self)
                        #expect(Interface(name) != Interface(changed))
                        #expect(Interface(name).hashValue != Interface(changed).hashValue)
                        let isSame = before.lowered == other.lowered
                        #expect((QueueName(name) == QueueName(changed)) == isSame)
                        #expect((QueueName(name).hashValue == QueueName(changed).hashValue) == isSame)
                    }
                    bytes[index] = before
                }
                #expect(Interface(name) != Interface(name + "\0") && QueueName(name) != QueueName(name + "\0"))
            }
        }
    }

    @Test("of a telephone is the same by bytes as by characters")
    func telephone() {
        for name in [
            "PJSIP/200", "pjsip/200", "Sip/a b", "/200", "hint:1/2", "Local/200@x/n", "SIP/trunk/06", "PJSIP/a@b",
            "SIP/a&SIP/b", "SIP/a:b", "200", "a//", "DAHDI/1-1", "SIP/\r\n",
        ] {
            // A letter beyond ASCII takes the name the long way.
            #expect(Interface(name + "é").telephone == Interface(name).telephone.map { Interface($0.rawValue + "é") })
        }
        #expect(Interface("PJSIP/").telephone == nil)
    }

    @Test("of a queue is compared without case in ASCII letters and no others, as by strcasecmp")
    func queues() {
        #expect(QueueName("INFORMAZIONI") == QueueName("informazioni"))
        #expect(Set([QueueName("Info"), QueueName("iNFO")]).count == 1)
        #expect(!(QueueName("Info") < QueueName("iNFO")) && !(QueueName("iNFO") < QueueName("Info")))
        #expect(QueueName("a") < QueueName("B") && QueueName("B") < QueueName("c"))
        #expect(QueueName("QUALIT\u{C0}") != QueueName("QUALIT\u{E0}"))
        #expect(QueueName("a[") != QueueName("a{") && QueueName("a@") != QueueName("a`"))
        #expect(Interface("PJSIP/anna") != Interface("PJSIP/Anna"))
    }

    @Test("that is not UTF-8 shows the byte as an escape, and a person who writes the escape gets the name")
    func escapes() {
        let name = QueueName(String(name: (Array("Qualit".utf8) + [0xE0])[...]))
        #expect(name.rawValue == "Qualit\\xe0")
        #expect(name != QueueName(String(name: (Array("Qualit".utf8) + [0xE8])[...])))
        #expect(QueueName(writtenName: "Qualit\\xe0") == name && QueueName(writtenName: "Qualit\\xE0") == name)
        #expect(
            QueueName(String(name: (Array("Qualit\\xe0".utf8))[...])) != name,
            "a name that really has a backslash in it")
        #expect(
            QueueName(String(name: (Array("a\\b".utf8))[...])).rawValue == "a\\b",
            "and one that cannot be mistaken is itself")
        // Cut in the middle of a character; an overlong form; a surrogate.
        #expect(String(name: [0x61, 0xC3]) == "a\\xc3")
        #expect(String(name: [0xC0, 0xAF]) == "\\xc0\\xaf")
        #expect(String(name: [0xED, 0xA0, 0x80, 0xC3, 0xA0]) == "\\xed\\xa0\\x80\u{E0}")
        #expect(String(writtenName: "Qualita\\xcc\\x80").isIdentical(to: Self.decomposed))
    }

    @Test("of any bytes remains distinct from every other, as text, as a key of JSON, and as written by a person")
    func random() throws {
        var generator = SplitMix64(seed: 20_261_129)
        let pieces: [[UInt8]] = [
            [0xE0], [0xC3, 0xA0], [0x61, 0xCC, 0x80], [0x5C], Array("x".utf8), Array("X5c".utf8), Array("e0".utf8),
            [0xF0, 0x9F], [0x80],
            Array("%".utf8), Array("\"".utf8), [0xE2, 0x84, 0xAB], [0xC3, 0x85], Array("A".utf8), [0xCC, 0x8A],
            [0xEF, 0xBF, 0xBD],
        ]
        var names: [[UInt8]: String] = [:]
        for _ in 0..<20_000 {
            let bytes = (0..<Int.random(in: 1...6, using: &generator)).flatMap { _ in
                pieces.randomElement(using: &generator)!
            }
            names[bytes] = String(name: bytes[...])
        }
        #expect(Set(names.values.map { Interface($0) }).count == names.count)
        for (bytes, text) in names {
            #expect(String(writtenName: text).isIdentical(to: text), "\(bytes)")
            #expect(Interface(String(name: bytes[...])).rawValue.isIdentical(to: text))
        }
        let counted = Dictionary(uniqueKeysWithValues: names.values.enumerated().map { (Interface($1), $0) })
        #expect(try JSONDecoder().decode([Interface: Int].self, from: JSONEncoder().encode(counted)) == counted)
        // Names of queues that differ in more than the case of ASCII letters remain two.
        let queues = Set(names.keys.map { $0.map { $0 >= 65 && $0 <= 90 ? $0 | 0x20 : $0 } })
        #expect(Set(names.values.map { QueueName($0) }).count == queues.count)
    }

    @Test("is read from a state that an older version wrote: keys were plain text then")
    func oldKeys() throws {
        let old = Data(#"{"PJSIP/1001": 1, "Qualità": 2}"#.utf8)
        #expect(
            try JSONDecoder().decode([Interface: Int].self, from: old) == [
                Interface("PJSIP/1001"): 1, Interface("Qualità"): 2,
            ])
    }
}
