import Edges
import Core
import Testing

@testable import centralino

@Suite("What others can see")
struct HeldEffectsTests {
    private let anna = ConnectionID(1)
    private let berto = ConnectionID(3)

    private func send(_ client: ConnectionID, _ text: String) -> Effect { .send(client, Array(text.utf8)) }

    private func texts(_ effects: [Effect]) -> [String] {
        effects.compactMap { if case .send(_, let bytes) = $0 { String(decoding: bytes, as: UTF8.self) } else { nil } }
    }

    @Test("waits for its own cause in the journal, in order, and for no later one")
    func causes() {
        var held = HeldEffects()
        held.holdAnswers(to: anna, after: 1)
        held.hold(send(anna, "1"), after: 1)
        held.holdAnswers(to: berto, after: 2)
        held.hold(send(berto, "2"), after: 2)
        // A second request of the first client, before the answer to its first one was sent.
        held.holdAnswers(to: anna, after: 3)
        held.hold(send(anna, "3"), after: 3)
        #expect(held.answers == [anna: 3, berto: 2])
        #expect(texts(held.release(after: 0)) == [])
        #expect(texts(held.release(after: 1)) == ["1"])
        #expect(held.answers == [anna: 3, berto: 2], "nothing overtakes the answer that still waits")
        #expect(texts(held.release(after: 3)) == ["2", "3"])
        #expect(held.answers.isEmpty && held.bytes == 0)
    }

    @Test("is measured while it waits, since a disk may hang for ever")
    func bytes() {
        var held = HeldEffects()
        held.hold(send(anna, String(repeating: "x", count: 10_000)), after: 1)
        #expect(held.bytes > 10_000)
        for number in 2...100 { held.hold(.close(anna), after: number) }
        #expect(held.bytes > 10_000 + 99 * 100)
        _ = held.release(after: 100)
        #expect(held.bytes == 0)
    }
}
