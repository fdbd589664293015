import Telephony
import Testing

@testable import Gateway

@Suite("What is due at different moments")
struct DueHeapTests {
    @Test("is taken in the order of these, and of one moment as it was set, whenever it is asked for", arguments: 1...20)
    func order(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        var heap = DueHeap<Int>()
        var expected: [(due: Span, number: Int)] = []
        for number in 0..<300 {
            let due = Span.milliseconds(Int64.random(in: 0..<50, using: &generator))
            heap.insert(number, due: due)
            expected.append((due, number))
            #expect(heap.next == expected.map(\.due).min())
            guard number % 3 == 0 else { continue }
            let now = Span.milliseconds(Int64.random(in: 0..<50, using: &generator))
            let next = expected.filter { $0.due <= now }.min { ($0.due, $0.number) < ($1.due, $1.number) }
            #expect(heap.take(at: now) == next?.number)
            expected.removeAll { $0.number == next?.number }
        }
        var rest: [Int] = []
        while let number = heap.take(at: .seconds(1)) { rest.append(number) }
        #expect(rest == expected.sorted { ($0.due, $0.number) < ($1.due, $1.number) }.map(\.number))
        #expect(heap.next == nil)
    }
}
