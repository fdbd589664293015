import Delivery
import Testing
import Time

@Suite("Rows that replace each other, on their way to the store")
struct OrderedBacklogTests {
    private var backlog = OrderedBacklog<Int>(limit: 4)

    @Test("go one transaction at a time, each with everything that came meanwhile")
    mutating func transactions() {
        #expect(backlog.next() == nil)
        backlog.append(1)
        #expect(backlog.next() == [1])
        backlog.append(2)
        backlog.append(3)
        #expect(backlog.next() == nil, "one is being written")
        backlog.stored()
        #expect(backlog.next() == [2, 3])
        #expect(backlog.waiting == [] && backlog.inFlight == [2, 3])
    }

    @Test("wait before what came meanwhile when the store refuses them")
    mutating func refused() {
        backlog.append(1)
        _ = backlog.next()
        backlog.append(2)
        #expect(backlog.refused() == 0)
        backlog.append(3)
        #expect(backlog.next() == [1, 2, 3])
    }

    @Test("are given up beyond the limit, the oldest first")
    mutating func limit() {
        for row in 1...3 { backlog.append(row) }
        _ = backlog.next()
        for row in 4...6 { backlog.append(row) }
        #expect(backlog.refused() == 2)
        #expect(backlog.waiting == [3, 4, 5, 6])
    }
}

@Suite("Records on their way to the store")
struct NumberedBacklogTests {
    private var backlog = NumberedBacklog<String>(limit: 3, batch: 2)

    private mutating func taken() throws -> [NumberedBacklog<String>.Numbered] {
        let batch = backlog.next()
        return try #require(batch)
    }

    @Test("go in batches, in order; the next one's rows are made while the store writes the one before")
    mutating func batches() throws {
        backlog.append(["a", "b", "c"])
        let first = try taken()
        #expect(first.map(\.record) == ["a", "b"] && first.map(\.number) == [1, 2])
        #expect(backlog.next() == nil, "its rows are being made")
        backlog.rowsMade()
        let second = try taken()
        #expect(second.map(\.record) == ["c"])
        #expect(backlog.inFlight == 3)
        backlog.stored(first)
        backlog.stored(second)
        #expect(backlog.inFlight == 0 && backlog.settled == 3)
    }

    @Test("are settled up to the first one that is not stored, whichever of the others are")
    mutating func settled() throws {
        backlog.append(["a", "b", "c"])
        #expect(backlog.ordered == 3 && backlog.settled == 0)
        let first = try taken()
        backlog.rowsMade()
        let second = try taken()
        backlog.stored(second)
        #expect(backlog.settled == 0)
        backlog.stored(first)
        #expect(backlog.settled == 3)
    }

    @Test("are kept when the store refuses them, and go again after those that wait already")
    mutating func refused() throws {
        backlog.append(["a", "b", "c"])
        let first = try taken()
        backlog.rowsMade()
        let givenUp = backlog.refused(first)
        #expect(givenUp == 0 && backlog.refused == 2 && backlog.inFlight == 1 && backlog.settled == 0)
        backlog.retry()
        #expect(backlog.refused == 0 && backlog.inFlight == 3)
        #expect(backlog.next()?.map(\.record) == ["c", "a"])
    }

    @Test("count as settled when they are given up beyond the limit, the oldest first")
    mutating func limit() throws {
        backlog.append(["a", "b", "c", "d"])
        for expected in [0, 1] {
            let batch = try taken()
            backlog.rowsMade()
            let givenUp = backlog.refused(batch)
            #expect(givenUp == expected)
        }
        #expect(backlog.refused == 3 && backlog.settled == 1)
        backlog.retry()
        #expect(backlog.next()?.map(\.record) == ["b", "c"])
    }
}

@Suite("Everything that waits for the store")
struct StoreBacklogTests {
    private var backlog = StoreBacklog<String, Int, Int>(limit: 10, batch: 10)

    @Test("is tried again 5 s after the last refusal")
    mutating func retry() {
        #expect(backlog.nextRetry == nil)
        backlog.retryLater(at: .seconds(100))
        backlog.retryLater(at: .seconds(102))
        #expect(backlog.nextRetry == .seconds(107))
        backlog.retry()
        #expect(backlog.nextRetry == nil)
    }

    @Test("is not tried again when the program is to end")
    mutating func stopping() {
        backlog.retryLater(at: .seconds(100))
        backlog.stop()
        #expect(backlog.nextRetry == nil)
        backlog.retryLater(at: .seconds(101))
        #expect(backlog.nextRetry == nil)
    }

    @Test("gives the last reason while the store fails, and reports the first failure only")
    mutating func fault() {
        #expect(backlog.failed("disk full") == true)
        #expect(backlog.failed("locked") == false)
        #expect(backlog.fault == "locked")
        #expect(backlog.recovered() == true)
        #expect(backlog.fault == nil)
        #expect(backlog.recovered() == false, "it had not failed")
        #expect(backlog.failed("disk full") == true, "once more")
    }

    @Test("counts as stored again only when nothing waits, whatever kind it is")
    mutating func recovered() throws {
        _ = backlog.failed("disk full")
        backlog.records.append(["a"])
        backlog.gaps.append(1)
        backlog.intervals.append(2)
        #expect(backlog.unsaved == 3 && backlog.inFlight == 1 && backlog.waitingRows == 2)
        let records = backlog.records.next()
        _ = backlog.gaps.next()
        _ = backlog.intervals.next()
        #expect(backlog.unsaved == 3 && backlog.inFlight == 3 && backlog.waitingRows == 0)
        backlog.records.stored(try #require(records))
        #expect(backlog.recovered() == false)
        backlog.gaps.stored()
        #expect(backlog.recovered() == false)
        #expect(backlog.intervals.refused() == 0)
        #expect(backlog.recovered() == false)
        _ = backlog.intervals.next()
        backlog.intervals.stored()
        #expect(backlog.recovered() == true)
    }
}
