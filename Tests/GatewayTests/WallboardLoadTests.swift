import Core
import Edges
import Gateway
import Telephony
import Testing
import Time
import Wallboard

@Suite("Many wallboards, and slow ones")
struct WallboardLoadTests {
    var bench = Bench()

    init() {
        bench.greet()
        bench.member("1001")
        bench.wait(.seconds(1))
    }

    private mutating func messages(_ id: ConnectionID) -> [WallboardMessage] { wallboardMessages(bench.lines(id)) }

    /// How many arrays were written since, however many readers they went to; they are kept, so an address identifies
    /// an array.
    private mutating func arrays() -> (writes: Int, arrays: Int) {
        let kept = bench.keptWrites ?? []
        bench.keptWrites = []
        return (
            kept.count,
            Set(kept.map { bytes in bytes.withUnsafeBufferPointer { UInt(bitPattern: $0.baseAddress) } }).count
        )
    }

    // MARK: a thousand

    @Test(
        "that come at once share one picture although calls never rest: the next change has what moved meanwhile; who asks once, or for some queues, gets it as it is now"
    )
    mutating func sharedPicture() throws {
        let first = bench.connect(.wallboards)
        bench.join("1.1")
        let second = bench.connect(.wallboards)
        let filtered = bench.connect(.wallboards)
        _ = bench.lines(filtered)
        bench.send(#"{"subscribe":{"queues":["info"]}}"# + "\n", filtered)
        #expect(bench.lines(second) == bench.lines(first))
        #expect(messages(filtered).last?.queues?.first?.waiting == 1)
        let asked = bench.request("GET", "/v1/wallboard", [("Accept", "application/json")]).body
        #expect(asked.contains(#""waiting":1"#))
        bench.wait(.milliseconds(100))
        for reader in [first, second, filtered] {
            let change = try #require(messages(reader).last)
            #expect(change.type == .change && change.queues?.first?.waiting == 1)
        }
        bench.join("1.2")
        bench.wait(.milliseconds(99))
        let third = bench.connect(.wallboards)
        #expect(messages(third).last?.queues?.first?.waiting == 2, "A change later there is another picture.")
    }

    @Test("wait until the others have theirs, whatever they read it by; desks and those who ask for figures do not")
    mutating func patience() {
        let lines = bench.connect(.wallboards)
        let events = bench.connect(.http)
        bench.send("GET /v1/wallboard HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n", events)
        let asking = bench.connect(.http)
        bench.send("GET /v1/wallboard HTTP/1.1\r\nHost: localhost\r\nAccept: application/json\r\n\r\n", asking)
        _ = bench.desk("PJSIP/1001")
        #expect(bench.patient == [lines, events])
    }

    @Test(
        "receive the same bytes: a change is written once for each transport and each distinct subscription, for a thousand readers"
    )
    mutating func thousand() {
        let kinds = [
            "{}", #"{"queues":["info"]}"#, #"{"metrics":["waiting"]}"#,
            #"{"queues":["info"],"insensitivity":{"waiting":1}}"#,
            #"{"minIntervalMs":100}"#,
        ]
        let readers = (0..<1000).map { number in
            let id = bench.connect(.wallboards)
            if number % 5 > 0 { bench.send("{\"subscribe\":\(kinds[number % 5])}\n", id) }
            return id
        }
        for id in readers { _ = bench.lines(id) }
        bench.keptWrites = []
        for number in 1...10 {
            bench.join("1.\(number)")
            bench.wait(.milliseconds(100))
            #expect(arrays() == (1000, kinds.count))
        }
        for id in readers {
            let told = bench.lines(id)
            #expect(
                told.count == 10
                    && (0..<told.count).allSatisfy {
                        told[$0].contains("\"waiting\":\($0 + 1)}") || told[$0].contains("\"waiting\":\($0 + 1),")
                    })
        }
        bench.wait(.seconds(15))
        #expect(arrays() == (1000, 1))
    }

    @Test("that come between two changes get one snapshot, written once; after the change another")
    mutating func crowd() {
        func snapshots() -> Set<[String]> {
            let readers = (0..<1000).map { number in
                if number % 20 == 0 { bench.wait(.milliseconds(1)) }
                return bench.connect(.wallboards)
            }
            return Set(readers.map { bench.lines($0) })
        }
        let first = snapshots()
        #expect(first.count == 1)
        bench.join("1.1")
        // What has moved since then is in the change that follows.
        #expect(snapshots() == first)
        bench.wait(.milliseconds(100))
        let next = snapshots()
        #expect(next.count == 1 && next != first)
    }

    // MARK: slow readers

    @Test("that are behind get nothing more until they have read, then the latest state in place of what they missed")
    mutating func slow() {
        let slow = bench.connect(.wallboards)
        let quick = bench.connect(.wallboards)
        bench.join("1.0")
        bench.wait(.milliseconds(100))
        _ = (bench.lines(slow), bench.lines(quick))
        bench.unsent(slow, Limits.congestedBytes + 1)
        for number in 1...20 {
            bench.join("1.\(number)")
            bench.wait(.milliseconds(100))
        }
        bench.wait(.seconds(20))
        #expect(bench.lines(slow) == [])
        bench.unsent(slow, 1_000)
        #expect(bench.lines(slow) == [])
        let last = messages(quick).last
        bench.unsent(slow, 0)
        let caughtUp = messages(slow)
        #expect(caughtUp.map(\.type) == [.snapshot])
        #expect(caughtUp.first?.conflated == 20 && caughtUp.first?.resumed == nil && caughtUp.first?.seq == last?.seq)
        #expect(caughtUp.first?.queues?.first?.waiting == 21)
        bench.join("1.21")
        bench.wait(.milliseconds(100))
        #expect(bench.lines(slow) == bench.lines(quick))
    }

    @Test("that were behind and missed nothing continue")
    mutating func slowButNothingHappened() {
        let slow = bench.connect(.wallboards)
        _ = bench.lines(slow)
        bench.unsent(slow, 100_000)
        bench.wait(.seconds(20))
        bench.unsent(slow, 0)
        #expect(bench.lines(slow) == [])
        bench.join("1.1")
        bench.wait(.milliseconds(100))
        #expect(messages(slow).map(\.type) == [.change])
    }

    @Test("whose request comes while they are behind get its snapshot when they have read")
    mutating func requestWhileBehind() {
        let slow = bench.connect(.wallboards)
        _ = bench.lines(slow)
        bench.unsent(slow, 100_000)
        bench.send(#"{"subscribe":{"queues":["info"]},"resume":0}"# + "\n", slow)
        bench.send("{}\n", slow)
        #expect(bench.lines(slow) == [])
        bench.unsent(slow, 0)
        let caughtUp = messages(slow)
        #expect(
            caughtUp.map(\.type) == [.snapshot] && caughtUp.first?.resumed == false && caughtUp.first?.conflated == nil)
    }

    @Test("that take nothing for 60 s are disconnected, and the log says so; those that take a little are not")
    mutating func dead() {
        let dead = bench.connect(.wallboards)
        let slow = bench.connect(.wallboards)
        bench.unsent(dead, 100_000)
        bench.unsent(slow, 100_000)
        bench.wait(.seconds(30))
        bench.unsent(dead, 100_000)
        bench.unsent(slow, 99_000)
        bench.wait(.milliseconds(29_999))
        #expect(bench.closedByUs == [])
        bench.wait(.milliseconds(1))
        #expect(bench.closedByUs == [dead])
        #expect(bench.log.last?.text.contains("took nothing for 60 s, with 100000 bytes unread") == true)
        bench.wait(.seconds(30))
        #expect(bench.closedByUs == [dead, slow])
    }

    @Test("that are connections of another kind are not affected")
    mutating func others() {
        let desk = bench.desk("PJSIP/1001")
        bench.unsent(desk, 100_000)
        bench.wait(.seconds(120))
        #expect(bench.closedByUs == [])
    }
}
