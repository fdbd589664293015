import Foundation
import Core
import Edges
import Gateway
import Telephony
import Testing
import Time

/// A turn is one input with everything that it leads to: while it lasts, the switches wait. It is measured in work,
/// which is the same on every machine; `centralino bench attacks` has the milliseconds.
@Suite("A turn of the loop")
struct TurnTests {
    private static let queues = 40
    private static let agents = 30
    /// All rows there are, written once.
    private static let everything = queues + agents

    private static func bench() -> Bench {
        var bench = Bench()
        bench.greet()
        for queue in 1...queues { bench.member("\(1000 + queue % agents)", queue: "q\(queue)") }
        for number in 1...50 { bench.join("1.\(number)", queue: "q\(1 + number % queues)") }
        bench.wait(.seconds(1))
        bench.largestTurn = 0
        return bench
    }

    // MARK: figures are computed beside the loop

    @Test(
        "does not compute figures: they are requested, and the loop goes on; one question at a time, in order, and the links come first"
    )
    func beside() {
        var bench = Self.bench()
        bench.answersAtOnce = false
        let (first, second) = (bench.connect(.http), bench.connect(.http))
        let paths = ["/v1/stats", "/v1/stats/explain?figure=offered", "/v1/wallboard/history"]
        bench.send(paths.map { Bench.request("GET", $0) }.joined() + Bench.request("GET", "/v1/status"), first)
        bench.send(Bench.request("GET", "/v1/stats"), second)
        #expect(bench.questions.map(\.id) == [first])
        #expect(bench.largestTurn == 0)
        // A caller comes meanwhile: the answer is of the moment of the question.
        bench.join("2.1", queue: "q1")
        bench.answerQuestions(atMost: 1)
        let answer = Bench.answer(bench.read(first))
        #expect(answer.status == 200 && answer.body.contains(#""numerator":50"#), "\(answer.body.prefix(2000))")
        #expect(bench.questions.map(\.id) == [first])
        // A waiting client needs no turn until then: a deadline that is always due would keep the machine busy.
        #expect(bench.gateway.nextDeadline.map { $0 > bench.moment.uptime } ?? true)
        while !bench.questions.isEmpty {
            bench.answerQuestions(atMost: 1)
            bench.wait(.zero, turns: 1)
        }
        let told = String(decoding: bench.read(first), as: UTF8.self)
        #expect(told.components(separatedBy: "HTTP/1.1 200").count - 1 == 3)
        #expect(Bench.answer(bench.read(second)).body.contains(#""numerator":51"#))
    }

    @Test("accepts the answer for a client that has gone, and goes on with the next")
    func gone() {
        var bench = Self.bench()
        bench.answersAtOnce = false
        let (first, second) = (bench.connect(.http), bench.connect(.http))
        bench.send(Bench.request("GET", "/v1/stats"), first)
        bench.send(Bench.request("GET", "/v1/stats"), second)
        bench.drop(first)
        bench.answerQuestions(atMost: 1)
        bench.wait(.zero, turns: 1)
        bench.answerQuestions(atMost: 1)
        #expect(Bench.answer(bench.read(second)).status == 200)
        #expect(bench.read(first).isEmpty)
    }

    // MARK: whatever is asked

    @Test("is bounded, whatever clients request, how often, and in one packet", arguments: 1...25)
    func anything(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        var bench = Self.bench()
        func pick<Element>(_ choices: [Element]) -> Element { choices.randomElement(using: &generator)! }
        func request() -> String {
            let path = pick([
                "/v1/stats", "/v1/stats/explain", "/v1/wallboard", "/v1/wallboard/history", "/metrics", "/v1/status",
                "/v1/agents", "/",
                "/nothing",
                "/v1/webhooks/cloud", "/v1/webhooks/%00", "*",
            ])
            let parameters = (0..<Int.random(in: 0..<4, using: &generator)).map { _ in
                pick([
                    "from=1000-01-01T00:00:00Z", "to=9999-12-31T23:59:59Z", "from=2026-03-02T08:00:00Z",
                    "to=2026-03-02T07:00:00Z",
                    "queue=q1",
                    "queue=" + String(repeating: "x", count: 2_000), "figure=offered", "figure=serviceLevel",
                    "limit=1000000", "limit=-1",
                    "offset=9223372036854775807", "window=today", "window=last60min", "group=none", "team=",
                    "switch=roma", "threshold=0",
                    "metric=waiting", "insensitivity=waiting:0.0001", "minIntervalMs=60000", "resume=1",
                    "at=2026-03-02T08:00:00Z",
                    "token=x", "a=%",
                    "base=cohort", "agents=0",
                ])
            }
            let fields = pick([
                [], [("Accept", "application/json")], [("Authorization", "Bearer x")], [("Host", "evil")],
            ])
            return Bench.request(
                pick(["GET", "GET", "GET", "HEAD", "POST", "DELETE", "BREW"]),
                path + (parameters.isEmpty ? "" : "?" + parameters.joined(separator: "&")),
                fields)
        }
        var open: [ConnectionID] = []
        for step in 0..<60 {
            let id =
                open.isEmpty || Bool.random(using: &generator)
                ? bench.connect(.http, from: "192.0.2.\(step % 3)") : pick(open)
            open.append(id)
            let requests = (0..<pick([1, 1, 3, 40])).map { _ in request() }.joined()
            // Cut anywhere.
            let cut = Int.random(in: 0...requests.utf8.count, using: &generator)
            bench.send(Array(requests.utf8.prefix(cut)), id)
            bench.send(Array(requests.utf8.dropFirst(cut)), id)
            if Bool.random(using: &generator) {
                bench.wait(.milliseconds(Int64.random(in: 0...500, using: &generator)))
            }
        }
        bench.wait(.seconds(20))
        // All rows once for the answer, and once for a change that is due in the same turn.
        #expect(bench.largestTurn <= 2 * Self.everything)
        #expect(bench.turns < 10_000, "each request needs a turn or two, and no deadline is due without end")
    }

    // MARK: the log

    @Test("logs five lines a second of what strangers can cause, and how many more there were")
    func log() {
        var bench = Self.bench()
        let before = bench.log.count
        for _ in 0..<100 { _ = bench.request("POST", "/v1/webhooks/nobody", body: "{}") }
        #expect(bench.log.count - before == Limits.logLinesPerSecond)
        bench.wait(.seconds(1))
        #expect(bench.log.last?.text == "95 more webhooks were refused within a second.")
        // Each kind by itself, and each second again.
        let id = bench.connect(.http)
        bench.send("NONSENSE\r\n\r\n", id)
        _ = bench.request("POST", "/v1/webhooks/nobody", body: "{}")
        #expect(bench.log.suffix(2).map(\.subject) == ["http", "webhook nobody"])
        let count = bench.log.count
        bench.wait(.seconds(5))
        #expect(bench.log.count == count)
    }

    // MARK: readers of lines

    @Test("has places for readers of lines by address, as for all others; a client that leaves frees its place")
    func readers() {
        var bench = Self.bench()
        let readers = (0..<Limits.unsettledPerAddress).map { _ in bench.connect(.wallboards, from: "192.0.2.1") }
        #expect(bench.closedByUs.isEmpty)
        let beyond = bench.connect(.wallboards, from: "192.0.2.1")
        #expect(bench.closedByUs == [beyond])
        let other = bench.connect(.wallboards, from: "192.0.2.2")
        #expect(!bench.lines(other).isEmpty)
        bench.drop(readers[0])
        let next = bench.connect(.wallboards, from: "192.0.2.1")
        #expect(!bench.lines(next).isEmpty)
        #expect(
            bench.request("GET", "/metrics").body.contains("centralino_clients_refused_total{reason=\"address\"} 1\n"))
    }

    @Test("lets nobody reconnect repeatedly for pictures of everything: the address's budget counts them")
    func reconnecting() {
        var bench = Self.bench()
        var refused = 0
        for _ in 0..<(Limits.clientWork / Limits.answerWork + 10) {
            let id = bench.connect(.wallboards, from: "192.0.2.1")
            if bench.closedByUs.contains(id) { refused += 1 }
            bench.drop(id)
        }
        #expect(refused == 10)
    }
}
