import Foundation
import Records
import SchemaValidation
import Testing
import Wire

@Suite("The contact record's documentation")
struct DocumentationTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(
        path: "../../Protocols/Records")
    private static let schema = JSONSchema(of: "Records/contact.schema.json")

    private static func text(_ name: String) throws -> String {
        try String(contentsOf: folder.appending(path: name), encoding: .utf8)
    }

    private func encoded(_ value: some Encodable) -> String { String(decoding: JSON.encode(value), as: UTF8.self) }

    @Test("has only examples that the schema allows and the gateway reads, without loss")
    func examples() throws {
        let page = try Self.text("Records.md")
        let blocks = page.components(separatedBy: "```json\n").dropFirst().map { $0.components(separatedBy: "```")[0] }
        let deliveries = blocks.filter { $0.contains("contact.closed") }
        let records = blocks.filter { !$0.contains("contact.closed") }
        #expect(deliveries.count == 1 && records.count == 3)
        #expect(try Self.schema.violations(of: records.map { $0.replacing("\n", with: " ") }) == [])
        #expect(try Self.schema.violations(of: deliveries.map { $0.replacing("\n", with: " ") }, as: "delivery") == [])
        for block in records {
            #expect(try Self.object(block) == Self.object(encoded(JSON.read(ContactDocument.self, from: block.utf8))))
        }
        for block in deliveries {
            #expect(try Self.object(block) == Self.object(encoded(JSON.read(DeliveryMessage.self, from: block.utf8))))
        }
    }

    private static func object(_ text: String) throws -> NSDictionary? {
        try JSONSerialization.jsonObject(with: Data(text.utf8)) as? NSDictionary
    }

    private struct Schema: Decodable {
        struct Definition: Decodable {
            struct Member: Decodable {
                var `enum`: [String]?
                init(from decoder: any Decoder) throws {
                    `enum` = try? decoder.container(keyedBy: Key.self).decodeIfPresent([String].self, forKey: .words)
                }
                private enum Key: String, CodingKey { case words = "enum" }
            }
            var properties: [String: Member]?
        }
        var definitions: [String: Definition]
        enum CodingKeys: String, CodingKey { case definitions = "$defs" }
    }

    /// The members of the Swift type, by an instance that has all of them.
    private static let members: [(definition: String, names: Set<String>)] = {
        func names(_ value: some Encodable) -> Set<String> {
            let object = try? JSONSerialization.jsonObject(with: Data(JSON.encode(value)))
            return Set((object as? [String: Any])?.keys.map { $0 } ?? [])
        }
        let whole = ContactDocumentTests.whole
        return [
            ("contact", names(whole)), ("caller", names(whole.caller)), ("visit", names(whole.visits[1])),
            ("leg", names(whole.legs[0])),
            ("span", names(whole.parks![0])), ("gap", names(whole.gaps![0])),
            ("delivery", names(DeliveryMessage(timestamp: "", data: whole))),
        ]
    }()

    @Test("has a schema with the members of the Swift type, and names all of them, with their words, on the page")
    func members() throws {
        let schema = try JSONDecoder().decode(Schema.self, from: Data(Self.text("contact.schema.json").utf8))
        let page = try Self.text("Records.md")
        for (definition, names) in Self.members {
            let properties = try #require(schema.definitions[definition]?.properties)
            #expect(Set(properties.keys) == names, "\(definition)")
            for (name, member) in properties {
                #expect(page.contains("`\(name)`") || page.contains("\"\(name)\""), "\(definition): \(name)")
                for word in member.enum ?? [] { #expect(page.contains("`\(word)`"), "\(definition): \(name): \(word)") }
            }
        }
    }

    @Test("has a schema that allows a whole record, and a delivery of it")
    func whole() throws {
        #expect(try Self.schema.violations(of: [encoded(ContactDocumentTests.whole)]) == [])
        let message = DeliveryMessage(timestamp: "2026-03-02T08:02:00.000Z", data: ContactDocumentTests.whole)
        #expect(try Self.schema.violations(of: [encoded(message)], as: "delivery") == [])
    }

    @Test(
        "has a schema that finds a member missing, misspelt, of another type or in the wrong place",
        .enabled(if: JSONSchema.isChecked),
        arguments: [
            (#""id":"01M834VWD383JQ917NQPP3V2T8","#, ""), (#""direction":"inbound","#, ""),
            (#""flags":["estimated"],"#, ""),
            (#""arrivedAt""#, #""arivedAt""#), (#""waitSeconds":10.000001},"#, #""waitSecond":10.000001},"#),
            (#""holds""#, #""hold""#),
            (#""position":1"#, #""position":"1""#), (#""position":1"#, #""position":0"#),
            (#""survey":"4""#, #""survey":null"#),
            (#""ringSeconds":5"#, #""ringSeconds":-5"#), (#"08:02:00.000Z"#, #"08:02:00Z"#),
            (#""cause":"linkLost""#, #""cause":"lost""#), (#""cause":"linkLost","#, ""),
            (#""endedBy":"caller""#, #""endedBy":"transfer""#),
            (#""endedAt":"2026-03-02T08:02:00.000Z","#, ""), (#""reason":"key""#, #""reason":null"#),
            (#","reason":"key""#, ""),
            (#""kind":"fixed""#, #""kind":"withheld""#), (#""e164":"+390612345678","#, ""),
            (#""result":"answered""#, #""result":"busy""#),
            (#""isExternal":true"#, #""isExternal":false"#), (#""flags":["partial"]"#, #""flags":["partly"]"#),
            (
                #""from":"2026-03-02T08:00:41.000Z","to":"2026-03-02T08:00:50.000Z""#,
                #""to":"2026-03-02T08:00:50.000Z""#
            ),
        ])
    func bites(fault: (text: String, replacement: String)) throws {
        let whole = encoded(ContactDocumentTests.whole)
        let faulty = whole.replacing(fault.text, with: fault.replacement, maxReplacements: 1)
        try #require(faulty != whole)
        #expect(try !Self.schema.violations(of: [faulty]).isEmpty)
    }
}
