import Foundation
import Testing
import Webhook

@Suite("The webhook's documentation")
struct DocumentationTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(
        path: "../../Protocols/Webhook")

    private static func text(_ name: String) throws -> String {
        try String(contentsOf: folder.appending(path: name), encoding: .utf8)
    }

    @Test("has only valid examples")
    func examples() throws {
        let page = try Self.text("Webhook.md")
        let blocks = page.components(separatedBy: "```json\n").dropFirst().map { $0.components(separatedBy: "```")[0] }
        #expect(blocks.count == 2)
        for block in blocks { #expect(throws: Never.self) { try CallEvent(body: Array(block.utf8)) } }
    }

    @Test("shows a delivery whose signature is right")
    func delivery() throws {
        let page = try Self.text("Webhook.md")
        let secret = try SigningSecret(SignatureTests.old)
        let signature = WebhookSignature.sign(
            id: "msg_ctl0001", timestamp: SignatureTests.sentAt, body: SignatureTests.body, secret: secret,
            digests: .reference)
        #expect(
            page.contains(
                "webhook-signature: \(signature)\nContent-Length: \(SignatureTests.body.count)\n\n"
                    + String(decoding: SignatureTests.body, as: UTF8.self) + "\n"))
        #expect(page.contains("secret='\(SignatureTests.old)'"))
        #expect(page.contains("# \(signature)\n"))
    }

    @Test("has a schema with the same words and bounds as the code")
    func schema() throws {
        struct Schema: Decodable {
            final class Node: Decodable {
                var `enum`: [String?]?
                var maximum: Double?
                var maxLength: Int?
                var required: [String]?
                var properties: [String: Node]?
            }
            var properties: [String: Node]
            var required: [String]
            var definitions: [String: Node]

            enum CodingKeys: String, CodingKey { case properties, required, definitions = "$defs" }
        }
        let schema = try JSONDecoder().decode(Schema.self, from: Data(Self.text("event.schema.json").utf8))
        let data = try #require(schema.properties["data"])
        func words(_ node: Schema.Node?) -> [String]? { node?.enum?.compactMap(\.self) }
        #expect(schema.required == ["type", "timestamp", "data"])
        #expect(data.required == ["callId"])
        #expect(words(schema.properties["type"]) == CallEvent.Kind.allCases.map(\.rawValue))
        #expect(words(data.properties?["direction"]) == CallEvent.Direction.allCases.map(\.rawValue))
        #expect(words(data.properties?["endedBy"]) == CallEvent.EndedBy.allCases.map(\.rawValue))
        #expect(
            words(data.properties?["from"]?.properties?["presentation"])
                == CallEvent.Presentation.allCases.map(\.rawValue))
        #expect(schema.definitions.values.map(\.maxLength) == [CallEvent.textLimit, CallEvent.textLimit])
        func body(_ member: String) -> [UInt8] {
            Array(#"{"type":"call.ended","timestamp":"2026-03-02T08:15:04Z","data":{"callId":"c",\#(member)}}"#.utf8)
        }
        for name in ["cause", "talkSeconds", "seq"] {
            let maximum = Int(try #require(data.properties?[name]?.maximum))
            #expect(throws: Never.self) { try CallEvent(body: body("\"\(name)\":\(maximum)")) }
            #expect(throws: CallEventError.self) { try CallEvent(body: body("\"\(name)\":\(maximum + 1)")) }
        }
    }
}
