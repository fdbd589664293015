import Access
import Core
import Edges
import Gateway
import Telephony
import Testing
import Time
import Wallboard
import Wire

@Suite("Figures for an outsourcer's supervisor: its queues and people, and nothing else")
struct ScopedFiguresTests {
    var centre = TwoSuppliers()

    private func statistics(_ body: String) -> StatisticsMessage? {
        JSON.decode(StatisticsMessage.self, from: body.utf8)
    }

    private func numerator(_ figure: String, _ message: StatisticsMessage?) -> Int64? {
        message?.figures.first { $0.id == figure }?.numerator
    }

    private static let doors = [
        "/v1/wallboard", "/v1/wallboard/history", "/v1/stats", "/v1/stats?switch=roma", "/v1/stats?supplier=Alfa",
        "/v1/stats?team=squadra alfa", "/v1/stats?group=di alfa", "/v1/stats?queue=alfa uno", "/metrics",
        "/v1/stats/explain?figure=offered", "/v1/stats/explain?figure=handled",
        "/v1/stats/explain?figure=handled&team=squadra alfa", "/v1/stats/explain?figure=answered&supplier=Alfa",
    ]

    @Test("name nothing of the other's, at any door", arguments: doors)
    mutating func nothing(door: String) {
        let accept = [("Accept", door.hasPrefix("/v1/wallboard") ? "application/json" : "*/*")]
        let own = centre.get(door, TwoSuppliers.asAlfa + accept)
        #expect(own.status == 200 && TwoSuppliers.betas(in: own.body) == [], "\(own)")
        // The test can fail: where names are, whoever may see everything reads the others', too.
        guard !door.hasPrefix("/v1/stats?"), door != "/v1/stats" else { return }
        #expect(own.body.contains("alfa"))
        let whole = centre.get(
            door.replacing("alfa", with: "beta").replacing("Alfa", with: "Beta"), TwoSuppliers.asWhole + accept)
        #expect(TwoSuppliers.betas(in: whole.body) != [])
    }

    @Test("total over its own queues, as if there were no others")
    mutating func totals() {
        let total = statistics(centre.get("/v1/stats").body)
        let named = statistics(centre.get("/v1/stats?queue=alfa uno&queue=alfa due", TwoSuppliers.asWhole).body)
        let whole = statistics(centre.get("/v1/stats", TwoSuppliers.asWhole).body)
        #expect(numerator("offered", total) == 2 && numerator("offered", named) == 2)
        #expect(numerator("offered", whole) == 5)
        #expect(total?.contract?.level == named?.contract?.level && total?.contract != nil)
        #expect(numerator("ivrOnly", total) == nil, "what no queue brought is the whole switch's")
        #expect(total?.time?.agents == 6 && whole?.time?.agents == 12)
    }

    @Test(
        "answer a name that may not be seen as one that does not exist",
        arguments: [
            ("queue", "beta uno"), ("group", "di beta"), ("group", "miste"), ("team", "squadra beta"),
            ("supplier", "Beta"), ("switch", "beta-cloud"),
        ])
    mutating func noOracle(kind: String, name: String) {
        for path in ["/v1/stats?", "/v1/stats/explain?figure=handled&"] {
            let known = centre.get("\(path)\(kind)=\(name)")
            let unknown = centre.get("\(path)\(kind)=xxxx")
            #expect(known.status == 400 && unknown.status == 400)
            #expect(known.body.replacing(name, with: "xxxx") == unknown.body)
            #expect(centre.get("\(path)\(kind)=\(name)", TwoSuppliers.asWhole).status == 200)
        }
    }

    @Test("count its people's calls in queues that it does not see, and do not name these")
    mutating func helpedOut() throws {
        let told = centre.get("/v1/stats/explain?figure=handled&team=squadra alfa").body
        let explanation = try #require(JSON.decode(ExplanationMessage.self, from: told.utf8))
        #expect(explanation.numerator.sum == 2 && explanation.numerator.calls.map(\.queue) == ["alfa uno", nil])
        let whole = centre.get("/v1/stats/explain?figure=handled&team=squadra alfa", TwoSuppliers.asWhole).body
        let all = try #require(JSON.decode(ExplanationMessage.self, from: whole.utf8))
        #expect(all.numerator.calls.map(\.queue) == ["alfa uno", "beta uno"])
    }

    @Test("of an earlier moment are of what the scope named then, and names now")
    mutating func earlier() throws {
        // Then, “alfa due” was Beta's.
        var past = TwoSuppliers.configuration
        past.organisation.suppliers[0].queues = ["alfa uno", "beta uno"].map { QueueName($0) }
        let then = TwoSuppliers { $0.organisation = past.organisation }.bench.gateway.core
        for path in ["/v1/stats", "/v1/stats/explain?figure=offered", "/v1/wallboard"] {
            let id = centre.bench.connect(.http)
            let target = path + (path.contains("?") ? "&" : "?") + "at=2026-03-02T08:00:30Z"
            centre.bench.send(
                Bench.request("GET", target, TwoSuppliers.asAlfa + [("Accept", "application/json")]), id)
            centre.bench.lookedBack(id, .found(then, at: centre.bench.moment))
            let answer = Bench.answer(centre.bench.read(id))
            #expect(answer.status == 200 && TwoSuppliers.betas(in: answer.body) == [])
            #expect(!answer.body.contains("alfa due"))
            if path == "/v1/stats" { #expect(numerator("offered", statistics(answer.body)) == 1) }
            if path == "/v1/wallboard" { #expect(answer.body.contains("alfa uno")) }
        }
    }

    @Test("in metrics are its series: of its queues, its agents, and whether its switches are heard")
    mutating func metrics() throws {
        let own = centre.get("/metrics").body
        #expect(own.contains(#"centralino_queue_offered_total{switch="roma",queue="alfa uno"} 1"#))
        #expect(own.contains(#"centralino_switch_link_state{switch="roma",state="connected"} 1"#))
        #expect(own.contains("centralino_queues 2\n") && own.contains("centralino_queues_omitted 0\n"))
        let counts = own.split(separator: "\n").filter { $0.hasPrefix(#"centralino_agents{switch="roma""#) }
        #expect(counts.compactMap { Int($0.split(separator: " ").last ?? "") }.reduce(0, +) == 6)
        for name in [
            "centralino_http_connections", "centralino_switch_channels", "centralino_process", "clients_refused",
        ] {
            #expect(!own.contains("\(name)"), "\(name) is the whole program's")
        }
        let administrator = Grant(holder: .account("anna"), role: .administrator, scope: .everything)
        centre.bench.grant("ctl_admin", administrator)
        let program = centre.get("/metrics", [("Authorization", "Bearer ctl_admin")]).body
        #expect(program.contains("centralino_http_connections") && program.contains("centralino_switch_channels"))
        #expect(!program.contains("queue=") && !program.contains("centralino_agents{"))
    }

    @Test("are none at all where the scope names nothing that exists")
    mutating func nothingAtAll() {
        centre.bench.grant(
            "ctl_gamma", Grant(holder: .program("g"), role: .supervisor, scope: Scope([.supplier("Gamma")])))
        let fields = [("Authorization", "Bearer ctl_gamma"), ("Accept", "application/json")]
        for door in ["/v1/wallboard", "/v1/wallboard/history", "/v1/stats", "/metrics"] {
            let body = centre.get(door, fields).body
            #expect(!body.contains("alfa") && TwoSuppliers.betas(in: body) == [] && !body.contains("roma"), "\(door)")
        }
    }
}
