import Foundation
import Telephony
import Testing

@testable import Calls

@Suite("A boxed record")
struct BoxedTests {
    private struct Part: Codable, Equatable {
        var number: Int
        var notes: [String] = []
    }

    @Test("is a value: what holds it keeps what it had where a copy of it is changed")
    func copied() {
        var table = [1: Boxed(Part(number: 1))]
        let held = table[1]
        var other = table
        other[1]?.number = 2
        other[1]?.notes.append("changed")
        #expect(held?.value == Part(number: 1) && table[1]?.value == Part(number: 1))
        #expect(other[1]?.value == Part(number: 2, notes: ["changed"]))
        table[1]?.value.number = 3
        #expect(held?.number == 1 && table[1]?.number == 3)
    }

    @Test("is written as the record itself")
    func written() throws {
        let bytes = try JSONEncoder().encode(Boxed(Part(number: 7)))
        #expect(try JSONDecoder().decode(Part.self, from: bytes) == Part(number: 7))
        #expect(try JSONDecoder().decode(Boxed<Part>.self, from: bytes) == Boxed(Part(number: 7)))
    }
}
