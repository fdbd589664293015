import Gateway
import Telephony
import Testing

@Suite("Who guesses tokens")
struct TokenGuardTests {
    private static var configuration: Configuration {
        var configuration = Bench.configuration
        configuration.wallboardToken = Configuration.Secret("tabellone")
        configuration.agents = ["anna", "bruno"].enumerated().map { index, name in
            .init(id: name, name: name, interface: Interface("PJSIP/100\(index)"), token: Configuration.Secret("di \(name)"))
        }
        return configuration
    }

    private var bench = Bench(Self.configuration)

    /// The status of a request with this token, or nil where it has no answer yet.
    private mutating func ask(_ path: String, _ token: String, from address: String) -> Int? {
        let id = bench.connect(.http, from: address)
        bench.send(Bench.request("GET", path, [("Authorization", "Bearer \(token)")]), id)
        let answer = bench.read(id)
        return answer.isEmpty ? nil : Bench.answer(answer).status
    }

    /// What a desk of this agent is answered at once.
    private mutating func hello(_ agent: String, _ token: String, from address: String) -> [String] {
        let id = bench.connect(.desks, from: address)
        bench.send(Bench.hello(agent, token: token), id)
        return types(bench.lines(id))
    }

    // MARK: doors

    @Test("with a right token of their own at hand wait all the same: it forgives what was tried at its own door")
    mutating func ownDoor() {
        let address = "192.0.2.1"
        for _ in 0..<Limits.freeMistakes {
            #expect(hello("anna", "x", from: address) == ["refused: token"])
            #expect(hello("bruno", "di bruno", from: address) == ["welcome"])
            #expect(ask("/v1/agents", "di bruno", from: address) == 200)
            #expect(ask("/v1/stats", "tabellone", from: address) == 200)
        }
        #expect(hello("anna", "x", from: address) == [], "the answer waits")
        #expect(hello("anna", "di anna", from: address) == [], "and no other token is looked at there")
        #expect(hello("bruno", "x", from: address) == ["refused: token"], "at this door nobody was wrong")
        bench.wait(.milliseconds(250))
        #expect(hello("anna", "di anna", from: address) == ["welcome"])
        #expect(hello("anna", "x", from: "192.0.2.2") == [], "from elsewhere, too, guesses about one agent wait")
        bench.wait(.seconds(8))
    }

    @Test("are wrong at the list of agents: a right token there forgives nothing, since it may be another agent's")
    mutating func listOfAgents() {
        for _ in 0..<Limits.freeMistakes {
            #expect(ask("/v1/agents", "x", from: "192.0.2.1") == 401)
            #expect(ask("/v1/agents", "di bruno", from: "192.0.2.1") == 200)
        }
        #expect(ask("/v1/agents", "x", from: "192.0.2.1") == nil)
    }

    @Test("by a name that two agents have are wrong about both")
    mutating func sharedName() {
        var configuration = Self.configuration
        for index in configuration.agents.indices { configuration.agents[index].name = "Rossi" }
        bench = Bench(configuration)
        for _ in 0..<Limits.freeMistakes {
            #expect(hello("Rossi", "x", from: "192.0.2.1") == ["refused: token"])
            #expect(hello("Rossi", "di bruno", from: "192.0.2.1") == ["refused: agent"])
        }
        #expect(hello("Rossi", "x", from: "192.0.2.1") == [])
        #expect(hello("anna", "di anna", from: "192.0.2.1") == [])
        #expect(hello("bruno", "di bruno", from: "192.0.2.1") == ["welcome"])
    }

    @Test("for each agent once wait after so many agents")
    mutating func manyAgents() {
        var configuration = Self.configuration
        configuration.agents = (0...Limits.freeMistakesAtDesks).map {
            .init(id: "a\($0)", name: "a\($0)", interface: Interface("PJSIP/\($0)"), token: Configuration.Secret("di \($0)"))
        }
        bench = Bench(configuration)
        for number in 0..<Limits.freeMistakesAtDesks { #expect(hello("a\(number)", "x", from: "192.0.2.1") == ["refused: token"]) }
        #expect(hello("a\(Limits.freeMistakesAtDesks)", "x", from: "192.0.2.1") == [])
        #expect(hello("a0", "di 0", from: "192.0.2.2") == ["welcome"])
    }

    @Test("for one agent over and over delay no other agent behind the same address")
    mutating func oldToken() {
        for _ in 0..<100 {
            _ = hello("anna", "vecchio", from: "192.0.2.1")
            bench.wait(.seconds(8))
        }
        #expect(hello("anna", "vecchio", from: "192.0.2.1") == [])
        #expect(hello("bruno", "di bruno", from: "192.0.2.1") == ["welcome"])
    }

    // MARK: at the same time

    @Test("over a hundred connections at once try no more tokens than over one")
    mutating func parallel() {
        let all = (0..<100).map { _ in bench.connect(.http, from: "192.0.2.1") }
        for id in all { bench.send(Bench.request("GET", "/v1/stats", [("Authorization", "Bearer x")]), id) }
        func counts() -> [Int: Int] {
            all.reduce(into: [:]) { counts, id in
                let status = Bench.answer(bench.read(id)).status
                if status != 0 { counts[status, default: 0] += 1 }
            }
        }
        #expect(counts() == [401: Limits.freeMistakes])
        #expect(ask("/v1/stats", "tabellone", from: "192.0.2.2") == 200)
        // One after the other, at 0, 0.25, 0.75, 1.75 and 3.75 s; the next at 7.75 s is answered 8 s later.
        bench.wait(.milliseconds(7_999))
        #expect(counts() == [401: 5])
        bench.wait(.milliseconds(1))
        #expect(counts() == [429: 100 - Limits.freeMistakes - 6], "the rest was not looked at")
        bench.wait(.seconds(8))
        #expect(counts() == [401: 1])
    }

    @Test("and hang up before the answer learn nothing from it: until then no other token is looked at, not even the right one")
    mutating func hangUp() {
        for _ in 0...Limits.freeMistakes {
            let id = bench.connect(.http, from: "192.0.2.1")
            bench.send(Bench.request("GET", "/v1/stats", [("Authorization", "Bearer x")]), id)
            bench.drop(id)
        }
        let right = bench.connect(.http, from: "192.0.2.1")
        bench.send(Bench.request("GET", "/v1/stats", [("Authorization", "Bearer tabellone")]), right)
        let socket = bench.webSocket("/v1/wallboard?token=tabellone", from: "192.0.2.1")
        bench.wait(.milliseconds(249))
        #expect(bench.read(right).isEmpty && bench.read(socket).isEmpty)
        bench.wait(.milliseconds(1))
        #expect(Bench.answer(bench.read(right)).status == 200)
        #expect(Bench.answer(bench.read(socket)).status == 101)
        #expect(ask("/v1/stats", "x", from: "192.0.2.1") == 401, "who has the right one has mistyped")
    }

    @Test("are told when to come again, and whose fault it is")
    mutating func refusal() {
        for _ in 0..<Limits.freeMistakes + 10 {
            _ = ask("/v1/stats", "x", from: "192.0.2.1")
            bench.wait(.seconds(8))
        }
        let crowd = (0..<2).map { _ in bench.connect(.http, from: "192.0.2.1") }
        for id in crowd { bench.send(Bench.request("GET", "/v1/stats", [("Authorization", "Bearer x")]), id) }
        bench.wait(.milliseconds(100))
        let colleague = bench.connect(.http, from: "192.0.2.1")
        bench.send(Bench.request("GET", "/v1/stats", [("Authorization", "Bearer tabellone")]), colleague)
        bench.wait(.milliseconds(7_900))
        #expect(bench.read(colleague).isEmpty)
        bench.wait(.milliseconds(100))
        let answer = String(decoding: bench.read(colleague), as: UTF8.self)
        #expect(answer.hasPrefix("HTTP/1.1 429 ") && answer.contains("Retry-After: 8\r\n"))
        #expect(answer.contains("Wrong tokens come from your address"))
    }

    @Test("with desks, too: one hello at a time; who has the right token comes in when the answer before is given")
    mutating func desks() {
        for _ in 0..<Limits.freeMistakes { #expect(hello("anna", "x", from: "192.0.2.1") == ["refused: token"]) }
        let desks = ["x", "x", "di anna", "di anna"].map { token in
            let id = bench.connect(.desks, from: "192.0.2.1")
            bench.send(Bench.hello("anna", token: token), id)
            return id
        }
        func told() -> [[String]] { desks.map { types(bench.lines($0)) } }
        bench.wait(.milliseconds(249))
        #expect(told() == [[], [], [], []])
        bench.wait(.milliseconds(1))
        #expect(told() == [["refused: token"], [], [], []])
        bench.wait(.milliseconds(500))
        #expect(told() == [[], ["refused: token"], ["welcome"], ["welcome"]])
    }

    @Test("keep a desk waiting no longer than its hello may take; it is told why")
    mutating func lateDesk() {
        for _ in 0..<20 {
            _ = hello("anna", "x", from: "192.0.2.1")
            bench.wait(.seconds(8))
        }
        for _ in 0..<3 { _ = hello("anna", "x", from: "192.0.2.1") }
        let desk = bench.connect(.desks, from: "192.0.2.1")
        bench.send(Bench.hello("anna", token: "di anna"), desk)
        bench.wait(Limits.hello)
        let lines = bench.lines(desk)
        #expect(types(lines) == ["refused: tooLate"])
        #expect(lines.first?.contains("Wrong tokens come from this address") == true)
    }

    // MARK: addresses

    @Test("are not forgotten for a flood of other addresses")
    mutating func flood() {
        for _ in 0..<2 * Limits.freeMistakes {
            _ = ask("/v1/status", "x", from: "192.0.2.1")
            bench.wait(.seconds(8))
        }
        for number in 0..<Limits.clientAddresses + 2 {
            let id = bench.connect(.http, from: "10.\(number >> 16).\(number >> 8 & 255).\(number & 255)")
            bench.send(Bench.request("GET", "/v1/status?token=x"), id)
            bench.drop(id)
        }
        #expect(ask("/v1/status", "x", from: "192.0.2.1") == nil)
        bench.wait(.milliseconds(7_999))
        #expect(ask("/v1/status", "tabellone", from: "192.0.2.1") == nil)
    }

    @Test(
        "from as many IPv6 addresses as one machine has are one",
        arguments: [
            (["2001:db8::1", "2001:db8::2", "2001:db8:0:0:ffff::", "2001:DB8::9.8.7.6"], "2001:db8:0:1::1"),
            (["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"], "2001:db8:1:3::"), (["192.0.2.1", "::ffff:192.0.2.1"], "::ffff:192.0.2.2"),
            (["fe80::1%eth0", "fe80::1%eth1"], "fe80::2%eth0"), (["::1"], "::2"), (["::1:2:3"], "0:0:0:1::"),
        ])
    mutating func prefixes(same: [String], other: String) {
        for number in 0...Limits.freeMistakes { _ = ask("/v1/stats", "x", from: same[number % same.count]) }
        for address in same { #expect(ask("/v1/stats", "x", from: address) == nil, "\(address)") }
        #expect(ask("/v1/stats", "x", from: other) == 401)
    }
}
