import Testing

@testable import Calls

@Suite("A list in which nothing stands twice")
struct DistinctListTests {
    @Test("refuses what stands in it, however long it is")
    func refuses() {
        var list = DistinctList([0])
        for number in 1..<100 {
            let isNew = list.append(number)
            #expect(isNew)
            for earlier in 0...number {
                let isTwice = list.append(earlier)
                #expect(!isTwice, "\(earlier) of \(number)")
            }
        }
        #expect(list.count == 100 && list[99] == 99)
    }
}
