import Telephony
import Testing
import Time

@testable import Core
@testable import Edges
@testable import Gateway

@Suite("What is due at different moments")
struct DueHeapTests {
    private typealias Item = (due: Span, number: Int)

    private func sorted(_ items: [Item]) -> [Item] {
        items.sorted { (left: Item, right: Item) -> Bool in
            left.due == right.due ? left.number < right.number : left.due < right.due
        }
    }

    @Test(
        "is taken in their order, and within one moment in the order of setting, whenever it is asked for",
        arguments: 1...20)
    func order(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        var heap = DueHeap<Int>()
        var expected: [Item] = []
        for number in 0..<300 {
            let due = Span.milliseconds(Int64.random(in: 0..<50, using: &generator))
            heap.insert(number, due: due)
            expected.append((due, number))
            let earliest: Span? = sorted(expected).first?.due
            #expect(heap.next == earliest)
            guard number % 3 == 0 else { continue }
            let now = Span.milliseconds(Int64.random(in: 0..<50, using: &generator))
            let next: Int? = sorted(expected).first { $0.due <= now }?.number
            let taken = heap.take(at: now)
            #expect(taken == next)
            expected.removeAll { $0.number == next }
        }
        var rest: [Int] = []
        while let number = heap.take(at: .seconds(1)) { rest.append(number) }
        let all: [Int] = sorted(expected).map(\.number)
        #expect(rest == all)
        #expect(heap.next == nil)
    }
}
