import Core
import Edges
import Gateway
import Telephony
import Testing
import Time

@Suite("Clients that guess tokens")
struct TokenGuardTests {
    private static var configuration: Configuration {
        var configuration = Bench.configuration
        configuration.wallboardToken = Configuration.Secret("tabellone")
        configuration.agents = ["anna", "bruno"].enumerated().map { index, name in
            .init(
                id: name, name: name, interface: Interface("PJSIP/100\(index)"),
                token: Configuration.Secret("di \(name)"))
        }
        return configuration
    }

    private var bench = Bench(Self.configuration)

    /// The status of a request with this token, or nil where it has no answer yet.
    private mutating func ask(_ path: String, _ token: String, from address: String) -> Int? {
        let id = bench.connect(.http, from: address)
        bench.send(Bench.request("GET", path, [("Authorization", "Bearer \(token)")]), id)
        bench.wait(.zero)
        let answer = bench.read(id)
        return answer.isEmpty ? nil : Bench.answer(answer).status
    }

    /// What a desk of this agent receives at once.
    private mutating func hello(_ agent: String, _ token: String, from address: String) -> [String] {
        let id = bench.connect(.desks, from: address)
        bench.send(Bench.hello(agent, token: token), id)
        return types(bench.lines(id))
    }

    // MARK: doors

    @Test("with a right token of their own wait all the same: it forgives only what was tried at its own door")
    mutating func ownDoor() {
        let address = "192.0.2.1"
        for number in 0..<Limits.freeMistakes {
            #expect(hello("anna", "x\(number)", from: address) == ["refused: token"])
            #expect(hello("bruno", "di bruno", from: address) == ["welcome"])
            #expect(ask("/v1/agents", "di bruno", from: address) == 200)
            #expect(ask("/v1/stats", "tabellone", from: address) == 200)
        }
        #expect(hello("anna", "y", from: address) == [], "the answer waits")
        #expect(hello("bruno", "x", from: address) == ["refused: token"], "at this door nobody was wrong")
        #expect(hello("anna", "x", from: "192.0.2.2") == [], "from elsewhere, too, guesses about one agent wait")
        #expect(hello("anna", "di anna", from: address) == ["welcome"], "the right one waits for nobody's answer")
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
        #expect(hello("anna", "y", from: "192.0.2.1") == [])
        #expect(hello("bruno", "di bruno", from: "192.0.2.1") == ["welcome"])
    }

    @Test("once for each agent wait after so many agents")
    mutating func manyAgents() {
        var configuration = Self.configuration
        configuration.agents = (0...Limits.freeMistakesAtDesks).map {
            .init(
                id: "a\($0)", name: "a\($0)", interface: Interface("PJSIP/\($0)"),
                token: Configuration.Secret("di \($0)"))
        }
        bench = Bench(configuration)
        for number in 0..<Limits.freeMistakesAtDesks {
            #expect(hello("a\(number)", "x", from: "192.0.2.1") == ["refused: token"])
        }
        #expect(hello("a\(Limits.freeMistakesAtDesks)", "x", from: "192.0.2.1") == [])
        #expect(hello("a0", "di 0", from: "192.0.2.2") == ["welcome"])
    }

    @Test("for one agent repeatedly delay no other agent behind the same address")
    mutating func oneAgent() {
        for number in 0..<100 {
            _ = hello("anna", "x\(number)", from: "192.0.2.1")
            bench.wait(.seconds(8))
        }
        #expect(hello("anna", "y", from: "192.0.2.1") == [])
        #expect(hello("bruno", "x", from: "192.0.2.1") == ["refused: token"])
        #expect(hello("bruno", "di bruno", from: "192.0.2.1") == ["welcome"])
    }

    // MARK: old tokens

    @Test(
        "after these were changed, from 190 desks and as many wallboards of one address: a client with the new one is admitted at once"
    )
    mutating func staleClients() {
        for second in 0..<20 {
            let stale = (0..<190).map { _ in
                (bench.connect(.desks, from: "192.0.2.1"), bench.connect(.http, from: "192.0.2.1"))
            }
            for (desk, board) in stale {
                bench.send(Bench.hello("anna", token: "vecchio di anna"), desk)
                bench.send(Bench.request("GET", "/v1/stats", [("Authorization", "Bearer vecchio")]), board)
            }
            if second % 5 == 4 {
                #expect(hello("anna", "di anna", from: "192.0.2.1") == ["welcome"])
                #expect(ask("/v1/stats", "tabellone", from: "192.0.2.1") == 200)
            }
            bench.wait(.seconds(1))
            for (desk, board) in stale {
                bench.drop(desk)
                bench.drop(board)
            }
        }
    }

    @Test(
        "of each agent's own, outdated, also used for the list: each is one mistake, and the new ones are admitted in their turn"
    )
    mutating func staleTokensOfMany() {
        let (desks, seconds) = (Limits.wrongTokens, 30)
        for _ in 0..<seconds {
            let stale = (0..<desks).map { _ in bench.connect(.http, from: "192.0.2.1") }
            for (number, id) in stale.enumerated() {
                bench.send(Bench.request("GET", "/v1/agents", [("Authorization", "Bearer vecchio \(number)")]), id)
            }
            bench.wait(.seconds(2))
            for id in stale { bench.drop(id) }
        }
        let stale = (0..<desks).map { _ in bench.connect(.http, from: "192.0.2.1") }
        for (number, id) in stale.enumerated() {
            bench.send(Bench.request("GET", "/v1/agents", [("Authorization", "Bearer vecchio \(number)")]), id)
        }
        #expect(ask("/v1/agents", "di anna", from: "192.0.2.1") == 200, "no look is spent on those that are known")
    }

    @Test("repeatedly are answered later each time, though it is one mistake only")
    mutating func again() {
        for _ in 0..<Limits.freeMistakes { #expect(ask("/v1/stats", "vecchio", from: "192.0.2.1") == 401) }
        let id = bench.connect(.http, from: "192.0.2.1")
        bench.send(Bench.request("GET", "/v1/stats", [("Authorization", "Bearer vecchio")]), id)
        bench.wait(.milliseconds(249))
        #expect(bench.read(id).isEmpty)
        bench.wait(.milliseconds(1))
        #expect(Bench.answer(bench.read(id)).status == 401)
        #expect(ask("/v1/stats", "x", from: "192.0.2.1") == 401, "who mistypes beside it does not wait")
    }

    @Test("where none is read are not known as wrong: the list of agents accepts none from its address")
    mutating func tokenNotRead() {
        bench.send(Bench.request("GET", "/v1/agents?token=di%20anna"), bench.connect(.http, from: "192.0.2.1"))
        #expect(ask("/v1/agents", "di anna", from: "192.0.2.1") == 200)
    }

    // MARK: at the same time

    /// Wrong tokens so far.
    private mutating func wrongTokens() -> Int {
        let id = bench.connect(.http, from: "198.51.100.9")
        bench.send(Bench.request("GET", "/metrics", [("Authorization", "Bearer tabellone")]), id)
        bench.wait(.zero)
        let name = #"centralino_clients_refused_total{reason="token"} "#
        let line = Bench.answer(bench.read(id)).body.split(separator: "\n").first { $0.hasPrefix(name) }
        return line.flatMap { Int($0.dropFirst(name.count)) } ?? 0
    }

    @Test(
        "over a hundred connections at once are checked one after the other; a right one behind them all has its turn")
    mutating func parallel() {
        let all = (0..<100).map { _ in bench.connect(.http, from: "192.0.2.1") }
        for (number, id) in all.enumerated() {
            bench.send(Bench.request("GET", "/v1/stats", [("Authorization", "Bearer x\(number)")]), id)
        }
        let right = bench.connect(.http, from: "192.0.2.1")
        bench.send(Bench.request("GET", "/v1/stats", [("Authorization", "Bearer tabellone")]), right)
        let answered = all.filter { !bench.read($0).isEmpty }.count
        #expect(answered == Limits.freeMistakes)
        #expect(ask("/v1/stats", "tabellone", from: "192.0.2.2") == 200)
        // Of the others one was checked as it came, one at once in its turn, and then one each 20 ms.
        bench.wait(.milliseconds(20 * 93 + 19))
        #expect(bench.read(right).isEmpty)
        #expect(wrongTokens() == 100)
        bench.wait(.milliseconds(1))
        #expect(Bench.answer(bench.read(right)).status == 200)
        bench.wait(.seconds(8))
        let refused = all.filter { Bench.answer(bench.read($0)).status == 401 }.count
        #expect(refused == 100 - Limits.freeMistakes)
    }

    @Test("and hang up before the answer, for a minute, try no more tokens than are checked, and keep nobody out")
    mutating func hangUp() {
        var number = 0
        for _ in 0..<600 {
            let all = (0..<20).map { _ in bench.connect(.http, from: "192.0.2.1") }
            for id in all {
                number += 1
                bench.send(Bench.request("GET", "/v1/stats", [("Authorization", "Bearer x\(number)")]), id)
            }
            bench.wait(.milliseconds(100))
            for id in all { bench.drop(id) }
        }
        let looks = wrongTokens()
        #expect(
            looks <= 60 * Limits.tokenLooksPerSecond + Limits.freeMistakes + 2
                && looks > 59 * Limits.tokenLooksPerSecond, "\(looks)")
        let socket = bench.webSocket("/v1/wallboard?token=tabellone", from: "192.0.2.1")
        bench.wait(.milliseconds(20))
        #expect(Bench.answer(bench.read(socket)).status == 101)
        #expect(ask("/v1/stats", "x", from: "192.0.2.1") == 401, "who has the right one has mistyped")
    }

    @Test("are checked where the loop was late, but only those of the last 200 ms")
    mutating func lateLoop() {
        let all = (0..<100).map { _ in bench.connect(.http, from: "192.0.2.1") }
        for (number, id) in all.enumerated() {
            bench.send(Bench.request("GET", "/v1/stats", [("Authorization", "Bearer x\(number)")]), id)
        }
        let before = wrongTokens()
        bench.oversleep(.seconds(1))
        bench.wait(.zero)
        let late = wrongTokens() - before
        #expect(late == 11, "one that was due and those of 200 ms")
    }

    /// The longest that a right token may wait.
    private static let longestWait = Span.milliseconds(
        Int64(1000 * Limits.unsettledPerAddress / Limits.tokenLooksPerSecond))

    @Test(
        "from a full house of guessers at the wallboards: a right one among them is admitted within 4 s, whenever it comes"
    )
    mutating func fullHouse() {
        #expect(Self.longestWait < Limits.longestMistake && Self.longestWait < Limits.hello)
        var number = 0
        let guessers = (1..<Limits.unsettledPerAddress).map { _ in bench.connect(.http, from: "192.0.2.1") }
        func guess(_ id: ConnectionID) {
            number += 1
            bench.send(Bench.request("GET", "/v1/status", [("Authorization", "Bearer x\(number)")]), id)
        }
        for id in guessers { guess(id) }
        for _ in 0..<3 {
            let right = bench.connect(.http, from: "192.0.2.1")
            bench.send(Bench.request("GET", "/v1/stats", [("Authorization", "Bearer tabellone")]), right)
            var waited = Span.zero
            while waited < Self.longestWait, bench.read(right).isEmpty {
                bench.wait(.milliseconds(20))
                waited = waited + .milliseconds(20)
                for id in guessers where !bench.read(id).isEmpty { guess(id) }
            }
            #expect(waited < Self.longestWait)
            bench.drop(right)
            for _ in 0..<40 {
                bench.wait(.milliseconds(100))
                for id in guessers where !bench.read(id).isEmpty { guess(id) }
            }
        }
    }

    @Test(
        "from a full house of desks: a desk with a right one is admitted within 4 s, and none is too late that said hello in time"
    )
    mutating func fullHouseOfDesks() {
        for round in 0..<3 {
            // Slow to speak, but in time.
            let anna = bench.connect(.desks, from: "192.0.2.1")
            bench.wait(Limits.hello - .seconds(1))
            let guessers = (1..<Limits.unsettledPerAddress).map { _ in bench.connect(.desks, from: "192.0.2.1") }
            for (number, id) in guessers.enumerated() {
                bench.send(Bench.hello("anna", token: "x\(round) \(number)"), id)
            }
            bench.send(Bench.hello("anna", token: "di anna"), anna)
            bench.wait(Self.longestWait)
            #expect(types(bench.lines(anna)) == ["welcome"])
            for id in guessers { bench.drop(id) }
            bench.drop(anna)
        }
    }

    @Test(
        "with desks as well: one hello after the other; a client with the right token does not wait for earlier answers"
    )
    mutating func desks() {
        for number in 0..<Limits.freeMistakes {
            #expect(hello("anna", "x\(number)", from: "192.0.2.1") == ["refused: token"])
        }
        let desks = ["y", "z", "di anna", "di anna"].map { token in
            let id = bench.connect(.desks, from: "192.0.2.1")
            bench.send(Bench.hello("anna", token: token), id)
            return id
        }
        func told() -> [[String]] { desks.map { types(bench.lines($0)) } }
        bench.wait(.milliseconds(19))
        #expect(told() == [[], [], [], []])
        bench.wait(.milliseconds(21))
        #expect(told() == [[], [], ["welcome"], ["welcome"]])
        bench.wait(.milliseconds(209))
        #expect(told() == [[], [], [], []])
        bench.wait(.milliseconds(1))
        #expect(told() == [["refused: token"], [], [], []])
        bench.wait(.milliseconds(250))
        #expect(told() == [[], ["refused: token"], [], []])
    }

    // MARK: addresses

    @Test("are not forgotten during a flood of other addresses")
    mutating func flood() {
        for guess in 0..<2 * Limits.freeMistakes {
            _ = ask("/v1/status", "x\(guess)", from: "192.0.2.1")
            bench.wait(.seconds(8))
        }
        for number in 0..<Limits.clientAddresses + 2 {
            let id = bench.connect(.http, from: "10.\(number >> 16).\(number >> 8 & 255).\(number & 255)")
            bench.send(Bench.request("GET", "/v1/status?token=x"), id)
            bench.drop(id)
        }
        #expect(ask("/v1/status", "y", from: "192.0.2.1") == nil)
    }

    @Test(
        "from as many IPv6 addresses as one machine has are one",
        arguments: [
            (["2001:db8::1", "2001:db8::2", "2001:db8:0:0:ffff::", "2001:DB8::9.8.7.6"], "2001:db8:0:1::1"),
            (["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"], "2001:db8:1:3::"),
            (["192.0.2.1", "::ffff:192.0.2.1"], "::ffff:192.0.2.2"),
            (["fe80::1%eth0", "fe80::1%eth1"], "fe80::2%eth0"), (["::1"], "::2"), (["::1:2:3"], "0:0:0:1::"),
        ])
    mutating func prefixes(same: [String], other: String) {
        for number in 0...Limits.freeMistakes { _ = ask("/v1/stats", "x", from: same[number % same.count]) }
        for address in same { #expect(ask("/v1/stats", "x", from: address) == nil, "\(address)") }
        #expect(ask("/v1/stats", "x", from: other) == 401)
    }
}
