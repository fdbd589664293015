import Core
import Directory
import Edges
import Telephony
import Testing
import Time

@testable import Contacts
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

    private func record(gaps: Int) -> ContactRecord {
        let date = UnixTime(microseconds: 0)
        var record = ContactRecord(
            id: ContactID("1"), switch: SwitchID("prova"), channel: ChannelID("1.1"), direction: .inbound,
            caller: CallerID(number: "", name: ""), number: .unavailable, called: "", arrived: date, match: .pending)
        record.gaps = Array(repeating: Gap(from: date, cause: .linkLost), count: gaps)
        return record
    }

    @Test("counts with its length, also as a record, and a record that waits is not saved")
    func records() {
        var held = HeldEffects()
        held.hold(.save(record(gaps: 0)), after: 1)
        let short = held.bytes
        held.hold(.save(record(gaps: 10_000)), after: 2)
        #expect(held.bytes > short + 100_000 && held.records == 2 && held.rows == 0)
        held.hold(.saveGap(SwitchID("prova"), record(gaps: 1).gaps[0]), after: 2)
        #expect(held.records == 2 && held.rows == 1)
        _ = held.release(after: 1)
        #expect(held.records == 1 && held.rows == 1)
        _ = held.release(after: 2)
        #expect(held.records == 0 && held.rows == 0 && held.bytes == 0)
    }

    @Test("is released by its own cause also where it was held after what has a later one")
    func earlierCause() {
        var held = HeldEffects()
        held.holdAnswers(to: anna, after: 1)
        held.holdAnswers(to: berto, after: 3)
        held.hold(send(berto, "3"), after: 3)
        held.hold(send(anna, "1"), after: 1)
        held.hold(send(berto, "4"), after: 3)
        #expect(texts(held.release(after: 2)) == ["1"])
        #expect(held.answers == [berto: 3])
        #expect(texts(held.release(after: 3)) == ["3", "4"])
        #expect(held.answers.isEmpty && held.bytes == 0)
    }
}
