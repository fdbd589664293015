import Telephony
import Testing
import Time

@Suite("Deadlines that lie equally far ahead")
struct DeadlinesTests {
    @Test("fall due in the order in which they were set, at their instant and not before")
    func order() {
        var deadlines = Deadlines<String>()
        #expect(deadlines.next == nil)
        #expect(deadlines.take(at: .seconds(100)) == nil)
        deadlines.append("a", due: .seconds(1))
        deadlines.append("b", due: .seconds(2))
        deadlines.append("c", due: .seconds(2))
        #expect(deadlines.next == .seconds(1))
        #expect(deadlines.take(at: .milliseconds(999)) == nil)
        #expect(deadlines.take(at: .seconds(1)) == "a")
        #expect(deadlines.take(at: .seconds(1)) == nil)
        #expect(deadlines.next == .seconds(2))
        #expect(deadlines.take(at: .seconds(9)) == "b")
        #expect(deadlines.take(at: .seconds(9)) == "c")
        #expect(deadlines.next == nil)
    }

    @Test("lose and repeat none over thousands, added and taken in turns", arguments: 1...3 as ClosedRange<UInt64>)
    func many(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        var deadlines = Deadlines<Int>()
        var set = 0
        var taken = 0
        for now in 0..<4000 {
            for _ in 0..<Int.random(in: 0...3, using: &generator) {
                deadlines.append(set, due: .seconds(Int64(now + 50)))
                set += 1
            }
            while let element = deadlines.take(at: .seconds(Int64(now))) {
                #expect(element == taken)
                taken += 1
            }
        }
        while let element = deadlines.take(at: .seconds(10_000)) {
            #expect(element == taken)
            taken += 1
        }
        #expect(taken == set)
    }

    @Test("can all be removed at once")
    func removed() {
        var deadlines = Deadlines<Int>()
        for number in 0..<600 { deadlines.append(number, due: .seconds(1)) }
        for number in 0..<300 { #expect(deadlines.take(at: .seconds(1)) == number) }
        deadlines.removeAll()
        #expect(deadlines.next == nil)
        #expect(deadlines.take(at: .seconds(2)) == nil)
        deadlines.append(7, due: .seconds(3))
        #expect(deadlines.take(at: .seconds(3)) == 7)
    }
}
