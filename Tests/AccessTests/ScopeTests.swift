import Access
import Foundation
import Telephony
import Testing

@Suite("Scope: of which part of the centre somebody may see calls, figures and people")
struct ScopeTests {
    let organisation = Organisation(
        groups: [.init(name: "Fisco", queues: [QueueName("tributi"), QueueName("catasto")])],
        teams: [
            .init(name: "Alfa Roma", agents: [Interface("PJSIP/1"), Interface("PJSIP/2")], supplier: "Alfa"),
            .init(name: "Alfa Bari", agents: [Interface("PJSIP/3")], supplier: "Alfa"),
            .init(name: "Interni", agents: [Interface("PJSIP/9")]),
        ],
        suppliers: [.init(name: "Alfa", queues: [QueueName("informazioni")])])

    @Test("a supplier's supervisor sees its queues and its people, and nothing else")
    func supplier() {
        let scope = Scope([.supplier("Alfa")])
        #expect(scope.queues(in: organisation) == [QueueName("informazioni")])
        #expect(scope.agents(in: organisation) == [Interface("PJSIP/1"), Interface("PJSIP/2"), Interface("PJSIP/3")])
    }

    @Test("parts add up")
    func severalParts() {
        let scope = Scope([.group("Fisco"), .queue(QueueName("informazioni")), .team("Interni")])
        #expect(scope.queues(in: organisation) == Set(["tributi", "catasto", "informazioni"].map { QueueName($0) }))
        #expect(scope.agents(in: organisation) == [Interface("PJSIP/9")])
    }

    @Test("a name that does not exist shows nothing, not everything")
    func unknownNames() {
        for part: Scope.Part in [.supplier("Beta"), .group("Beta"), .team("Beta")] {
            #expect(Scope([part]).queues(in: organisation) == [])
            #expect(Scope([part]).agents(in: organisation) == [])
        }
        #expect(Scope.nothing.queues(in: organisation) == [])
        #expect(Scope.everything.queues(in: organisation) == nil)
    }

    @Test("is written as people read it, and read back")
    func words() throws {
        let scopes: [Scope] = [
            .everything, .nothing,
            Scope([.queue(QueueName("a:b")), .group("Fisco"), .team("Alfa Roma"), .supplier("Alfa")]),
        ]
        for scope in scopes {
            #expect(try JSONDecoder().decode(Scope.self, from: JSONEncoder().encode(scope)) == scope)
        }
        #expect(Scope.Part("supplier:Alfa") == .supplier("Alfa"))
        for text in ["Alfa", "supplier:", "everyone:Alfa", "team:a\nb"] { #expect(Scope.Part(text) == nil) }
        #expect(throws: DecodingError.self) { try JSONDecoder().decode(Scope.self, from: Data(#""all""#.utf8)) }
    }
}
