import Figures
import Foundation
import Telephony
import Testing
import Time

@Suite("A log of facts")
struct FactLogTests {
    private struct Fact: LoggedFact {
        var position: Span
        var number: Int
        var dates: ClosedRange<UnixTime> {
            let date = UnixTime(microseconds: position.microseconds)
            return date...date
        }
    }

    /// In the order of their positions, as many as several chunks hold.
    private func filled(_ count: Int) -> (log: FactLog<Fact>, list: [Fact]) {
        let list = (0..<count).map { Fact(position: .seconds(Int64($0)), number: $0) }
        var log = FactLog<Fact>()
        for fact in list { log.insert(fact) }
        return (log, list)
    }

    @Test("is a list in the order of positions, whatever happens to it", arguments: 0..<10 as Range<UInt64>)
    func list(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        var log = FactLog<Fact>()
        var list: [Fact] = []
        for number in 0..<3_000 {
            // Most are reported in order, some of them late, and several at once.
            let late = Bool.random(using: &generator) ? 0 : Int.random(in: 0...900, using: &generator)
            let fact = Fact(position: .seconds(Int64(max(0, number - late) / 3)), number: number)
            log.insert(fact)
            list.insert(fact, at: (list.lastIndex { $0.position <= fact.position } ?? -1) + 1)
            switch Int.random(in: 0..<400, using: &generator) {
            case 0:
                let old = Span.seconds(Int64.random(in: 0...Int64(number / 3), using: &generator))
                let isOld = { (fact: Fact) in fact.position < old && fact.number % 5 != 0 }
                let gone = list.count { isOld($0) }
                list.removeAll(where: isOld)
                #expect(log.removeAll(below: old, before: UnixTime(microseconds: .max), where: isOld) == gone)
            case 1:
                let first = Int.random(in: 0...list.count / 3, using: &generator)
                list.removeFirst(first)
                log.removeFirst(first)
            case 2:
                let last = Int.random(in: 0...list.count, using: &generator)
                for index in list.indices.suffix(last) where list[index].number % 2 == 0 { list[index].number += 2 }
                log.change(last: last, where: { $0.number % 2 == 0 }) { $0.number += 2 }
            case 3:
                let position = Span.seconds(Int64.random(in: 0...Int64(number / 3), using: &generator))
                let last = list.lastIndex { $0.position == position }
                if let last { list.remove(at: last) }
                #expect(log.removeOne(at: position) == (last != nil))
            default: break
            }
        }
        #expect(log.count == list.count && Array(log) == list && Array(log.reversed()) == list.reversed())
        #expect(
            log.chunks.allSatisfy { !$0.facts.isEmpty } && Set(log.chunks.map(\.identity)).count == log.chunks.count)
    }

    @Test("keeps the name of what has not changed: an incremental checkpoint writes the other chunks only")
    func names() throws {
        var (log, _) = filled(2_000)
        func names() -> [[UInt64]] { log.chunks.map { [$0.identity, $0.version] } }
        let before = names()
        log.insert(Fact(position: .seconds(5_000), number: 0))
        #expect(names().dropLast() == before.dropLast() && names().last != before.last)
        let appended = names()
        log.change(last: .max, where: { $0.number == 700 }) { $0.number = -1 }
        #expect(zip(names(), appended).count { $0 != $1 } == 1)
        let changed = names()
        log.change(last: .max, where: { $0.number == 700 }) { $0.number = -1 }
        #expect(names() == changed)
    }

    @Test("lets nobody pay for a copy that somebody else holds but for one chunk")
    func sharing() {
        var (log, list) = filled(2_000)
        let copy = log
        log.insert(Fact(position: .seconds(5_000), number: 0))
        func places(_ log: FactLog<Fact>) -> [UnsafeRawPointer?] {
            log.chunks.map { $0.facts.withUnsafeBytes { $0.baseAddress } }
        }
        #expect(zip(places(log), places(copy)).count { $0 != $1 } == 1)
        #expect(Array(copy) == list)
        list.removeAll()
    }

    @Test("is written as the list of its facts")
    func encoding() throws {
        let (log, list) = filled(600)
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        #expect(try encoder.encode(log) == encoder.encode(list))
        #expect(try JSONDecoder().decode(FactLog<Fact>.self, from: encoder.encode(list)) == log)
        #expect(try encoder.encode(FactLog<Fact>()) == encoder.encode([Fact]()))
    }
}
