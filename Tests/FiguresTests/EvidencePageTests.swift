import Testing
import Time

@testable import Figures

@Suite("A page of evidence")
struct EvidencePageTests {
    private func evidence(_ value: Int64, _ number: Int) -> Evidence {
        Evidence(from: UnixTime(microseconds: Int64(number)), value: value, rule: "")
    }

    @Test(
        "is a part of the whole list, in every order, and never more than twice the page is in memory",
        arguments: [0, 7, 90])
    func pages(offset: Int) {
        var state: UInt64 = 42
        let values = (0..<5_000).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1
            return Int64(state >> 59)
        }
        for order in [EvidencePage.Order.asFound, .longestFirst, .shortestFirst] {
            var page = EvidencePage(offset: offset, limit: 10, order: order)
            var most = 0
            var made = 0
            for (number, value) in values.enumerated() {
                page.owner = number / 1000
                page.add(value) {
                    made += 1
                    return evidence(value, number)
                }
                most = max(most, page.keptCount)
            }
            var all = values.enumerated().map { ($0.offset, $0.element) }
            if order == .longestFirst { all.sort { $0.1 == $1.1 ? $0.0 < $1.0 : $0.1 > $1.1 } }
            if order == .shortestFirst { all.sort { $0.1 == $1.1 ? $0.0 < $1.0 : $0.1 < $1.1 } }
            let expected = all[offset..<offset + 10]
            #expect(page.page().map(\.1) == expected.map { evidence($0.1, $0.0) })
            #expect(page.page().map(\.owner) == expected.map { $0.0 / 1000 })
            #expect(page.count == values.count && page.sum == values.reduce(0, +))
            #expect(most <= 2 * (offset + 10) && made < values.count / 2)
        }
    }
}
