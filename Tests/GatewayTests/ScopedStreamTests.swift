import Access
import Core
import Edges
import Gateway
import Telephony
import Testing
import Time
import Wallboard
import Wire

@Suite("The stream for an outsourcer's supervisor: its queues and people, and nothing else")
struct ScopedStreamTests {
    var centre = TwoSuppliers()

    private mutating func tick() { centre.bench.wait(.milliseconds(100)) }

    private mutating func streamed(_ token: String = "ctl_alfa", _ query: String = "", lastEventID: String? = nil)
        -> ConnectionID
    {
        let id = centre.bench.connect(.http)
        centre.bench.send(
            Bench.request(
                "GET", "/v1/wallboard?token=\(token)\(query)", lastEventID.map { [("Last-Event-ID", $0)] } ?? []), id)
        return id
    }

    private mutating func socket(_ fields: [(String, String)] = TwoSuppliers.asAlfa) -> ConnectionID {
        centre.bench.webSocket("/v1/wallboard", fields)
    }

    private mutating func ask(_ id: ConnectionID, _ json: String) -> [String] {
        centre.bench.send(Bench.frame(json), id)
        return centre.bench.frames(id)
    }

    @Test("begins with its queues, its agents and its switches; an agent's other queues are not named")
    mutating func snapshot() throws {
        let id = socket()
        let frames = centre.bench.frames(id)
        let snapshot = try #require(wallboardMessages(frames).first)
        #expect(snapshot.queues?.map(\.name) == ["alfa due", "alfa uno"])
        #expect(snapshot.agents?.map(\.interface) == (1001...1006).map { "PJSIP/\($0)" })
        #expect(snapshot.agents?.first?.queues == ["alfa uno"])
        #expect(frames.allSatisfy { TwoSuppliers.betas(in: $0) == [] })
        #expect(
            snapshot.switches?.allSatisfy { $0.detail == nil } == true, "what is wrong with a link is the operator's")
    }

    @Test("has no line of what moves at the other's, and one of what moves at its own")
    mutating func changes() {
        let (alfa, whole) = (socket(), socket(TwoSuppliers.asWhole))
        let first = wallboardMessages(centre.bench.frames(alfa)).last?.seq ?? 0
        _ = centre.bench.frames(whole)
        centre.bench.join("2.1", queue: "beta uno")
        centre.bench.member("2003", queue: "beta uno", status: 2)
        tick()
        #expect(centre.bench.frames(alfa) == [] && centre.bench.frames(whole).count == 1)
        centre.bench.join("2.2", queue: "alfa uno")
        centre.bench.member("2004", queue: "beta uno", status: 2)
        centre.bench.member("1001", queue: "beta uno", status: 2)
        tick()
        let told = wallboardMessages(centre.bench.frames(alfa))
        #expect(told.count == 1 && told.first?.queues?.map(\.name) == ["alfa uno"])
        #expect(told.first?.agents?.map(\.interface) == ["PJSIP/1001"])
        #expect(told.first?.agents?.first?.queues == ["alfa uno"])
        #expect(told.first?.seq == first + 1, "a hole would mean a loss")
        centre.bench.wait(.seconds(15))
        #expect(wallboardMessages(centre.bench.frames(alfa)).last?.type == .heartbeat)
        centre.bench.wait(.seconds(15))
        let last = wallboardMessages(centre.bench.frames(alfa)).last
        #expect(last?.type == .heartbeat && last?.seq == first + 1)
    }

    @Test("is told of the switches that have its queues, or were never heard and may have them; of no other")
    mutating func switches() throws {
        let alfa = socket()
        let names = wallboardMessages(centre.bench.frames(alfa)).first?.switches?.map(\.name)
        #expect(names == ["roma"], "the other switches have none of its queues")
        centre.bench.cutSwitch()
        tick()
        let cut = wallboardMessages(centre.bench.frames(alfa)).flatMap { $0.switches ?? [] }
        #expect(cut.first { $0.name == "roma" }?.state == .disconnected)
        let gamma = Grant(holder: .program("g"), role: .supervisor, scope: Scope([.supplier("Gamma")]))
        centre.bench.grant("ctl_gamma", gamma)
        let nobody = socket([("Authorization", "Bearer ctl_gamma")])
        #expect(wallboardMessages(centre.bench.frames(nobody)).first?.switches == [])
        centre.bench.reconnectSwitch()
        tick()
        #expect(centre.bench.frames(nobody) == [], "whoever sees nothing needs no switch for it")
        // It has not let us in yet, so its queues are not known.
        var configuration = TwoSuppliers.configuration
        configuration.switches = Bench.liveConfiguration.switches
        var unheard = Bench(configuration)
        unheard.grant("ctl_alfa", TwoSuppliers.alfa)
        let early = unheard.webSocket("/v1/wallboard", TwoSuppliers.asAlfa)
        #expect(wallboardMessages(unheard.frames(early)).first?.switches?.contains { $0.name == "roma" } == true)
    }

    @Test(
        "takes a wish for less, and none for more",
        arguments: [
            #"{"subscribe":{"queues":["beta uno"]}}"#, #"{"subscribe":{"groups":["di beta"]}}"#,
            #"{"subscribe":{"groups":["miste"]}}"#,
        ])
    mutating func wishes(json: String) {
        // All switches have reported, so that an unknown name is a mistake.
        centre = TwoSuppliers { $0.webhooks = [] }
        let alfa = socket()
        _ = centre.bench.frames(alfa)
        let name = json.split(separator: "\"")[5]
        let refused = ask(alfa, json)
        #expect(
            refused.map { $0.replacing(name, with: "xxxx") } == ask(alfa, json.replacing(name, with: "xxxx")),
            "no oracle for names")
        #expect(refused.first?.contains("There is no") == true)
        let less = wallboardMessages(ask(alfa, #"{"subscribe":{"queues":["alfa uno"]}}"#)).first
        #expect(less?.queues?.map(\.name) == ["alfa uno"] && less?.agents?.count == 6)
        let all = wallboardMessages(ask(alfa, #"{"subscribe":{}}"#)).first
        #expect(all?.queues?.count == 2)
    }

    @Test("shows nothing of a queue that is asked for before its switch has named it, if it may not be seen")
    mutating func early() {
        // While a switch is not heard, a name that nobody knows may be one of its queues.
        centre.bench.cutSwitch()
        tick()
        let id = socket()
        _ = centre.bench.frames(id)
        for name in ["beta uno", "xxxx"] {
            let frames = ask(id, #"{"subscribe":{"queues":["\#(name)"]}}"#)
            #expect(wallboardMessages(frames).first?.queues == [] && wallboardMessages(frames).first?.agents == [])
        }
    }

    // MARK: coming back

    private mutating func position(_ id: ConnectionID) -> String? {
        let events = centre.bench.events(id)
        return events.last?.id
    }

    @Test("is resumed by its own readers: what they missed of theirs, and nothing of the other's")
    mutating func resumed() throws {
        let first = streamed()
        let last = try #require(position(first))
        // Somebody goes on reading, so that what changes is kept.
        centre.bench.drop(first)
        _ = socket(TwoSuppliers.asWhole)
        centre.bench.join("4.1", queue: "alfa uno")
        centre.bench.join("4.2", queue: "beta uno")
        centre.bench.member("2003", queue: "beta uno", status: 2)
        tick()
        let second = streamed(lastEventID: last)
        let events = centre.bench.events(second)
        let messages = wallboardMessages(events.map(\.data))
        #expect(messages.map(\.type) == [.change, .heartbeat] && messages.last?.resumed == true)
        #expect(messages.first?.queues?.map(\.name) == ["alfa uno"])
        #expect(events.allSatisfy { TwoSuppliers.betas(in: $0.data) == [] })
    }

    @Test("cannot go on from another sight's position: there is a snapshot of what may be seen")
    mutating func notResumed() throws {
        let alfa = try #require(position(streamed("ctl_alfa")))
        let beta = try #require(position(streamed("ctl_beta")))
        let whole = try #require(position(streamed("ctl_whole")))
        #expect(Set([alfa, beta, whole].map { $0.split(separator: "-")[0] }).count == 3)
        for (token, position) in [
            ("ctl_alfa", whole), ("ctl_alfa", beta), ("ctl_whole", alfa),
            ("ctl_alfa", "\(whole.split(separator: "-")[1])"),
        ] {
            let again = wallboardMessages(centre.bench.events(streamed(token, lastEventID: position)).map(\.data))
            #expect(again.map(\.type) == [.snapshot] && again.first?.resumed == false)
            #expect(again.first?.queues?.count == (token == "ctl_whole" ? 3 : 2))
        }
    }

    // MARK: what it costs

    @Test("is written once for all readers with one sight, however many they are")
    mutating func cost() {
        func work(_ readers: Int, _ tokens: [String]) -> (work: Int, bytes: Set<[UInt8]>, writes: Int) {
            var centre = TwoSuppliers()
            centre.bench.grant("ctl_same", TwoSuppliers.alfa)
            for index in 0..<readers {
                let id = centre.bench.connect(.http)
                centre.bench.send(Bench.request("GET", "/v1/wallboard?token=\(tokens[index % tokens.count])"), id)
            }
            centre.bench.keptWrites = []
            let before = centre.bench.gateway.workDone
            for call in 0..<20 {
                centre.bench.join("5.\(call)", queue: call % 2 == 0 ? "alfa uno" : "beta uno")
                centre.bench.wait(.milliseconds(100))
            }
            let writes = centre.bench.keptWrites ?? []
            return (centre.bench.gateway.workDone - before, Set(writes), writes.count)
        }
        let one = work(1, ["ctl_alfa"])
        let many = work(200, ["ctl_alfa", "ctl_same"])
        #expect(one.work == many.work && one.bytes == many.bytes, "two tokens of one scope are one sight")
        #expect(many.writes == 200 * one.writes && one.writes == 10)
        let mixed = work(200, ["ctl_alfa", "ctl_beta"])
        #expect(mixed.work <= 2 * many.work)
    }
}
