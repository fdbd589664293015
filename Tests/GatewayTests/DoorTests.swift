import ACD
import Access
import Core
import Edges
import Gateway
import Telephony
import Testing
import Time
import Wallboard
import Wire

/// Knocks on every door of a gateway, over its ports, and compares with the table role × door. Without a token nobody
/// is let in here: the wallboards have one.
@Suite("Every door, for every role")
struct DoorTests {
    /// Doors at which no grant is judged: a password is, or they are on the machine (`centralino user`, `audit`).
    private static let elsewhere: Set<Door> = [.session, .accounts, .audit]
    private static let alfa = Scope([.supplier("Alfa")])
    private static let scopes: [(name: String, scope: Scope)] = [
        ("everything", .everything), ("a supplier", alfa), ("nothing that exists", Scope([.supplier("Gamma")])),
    ]

    private static func bench() -> Bench {
        var configuration = Bench.configuration
        configuration.wallboardToken = .init("wallboard-secret")
        configuration.agents = [
            .init(id: "anna", name: "Anna", interface: Interface("PJSIP/1001")),
            .init(id: "bice", name: "Bice", interface: Interface("PJSIP/1002")),
        ]
        configuration.organisation.suppliers = [.init(name: "Alfa", queues: ["info"].map { QueueName($0) })]
        var bench = Bench(
            configuration, pages: ["/desk": .init(contentType: "text/html; charset=utf-8", bytes: Array("…".utf8))])
        bench.greet()
        bench.member("1001")
        bench.member("1002", queue: "altro")
        bench.wait(.seconds(1))
        return bench
    }

    enum Answer: Equatable, CustomStringConvertible {
        case open
        case refused(Int)
        var description: String {
            switch self {
            case .open: "open"
            case .refused(let status): "refused with \(status)"
            }
        }

        init(_ status: Int) { self = status == 200 || status == 101 ? .open : .refused(status) }
    }

    /// What comes of knocking, at each of the door's addresses.
    private static func knock(_ door: Door, _ token: String?, _ bench: inout Bench) -> [Answer] {
        let fields = token.map { [("Authorization", "Bearer \($0)")] } ?? []
        func get(_ target: String, _ more: [(String, String)] = []) -> Answer {
            Answer(bench.request("GET", target, fields + more).status)
        }
        switch door {
        case .pages: return [get("/desk")]
        case .health: return [get("/healthz"), get("/v1/status")]
        case .board: return [get("/v1/wallboard", [("Accept", "application/json")])]
        case .boardStream:
            let asSocket = bench.webSocket("/v1/wallboard", fields)
            defer { bench.drop(asSocket) }
            // A browser's stream cannot send the header.
            return [
                get("/v1/wallboard"), Answer(Bench.answer(bench.read(asSocket)).status),
                Answer(bench.request("GET", "/v1/wallboard" + (token.map { "?token=\($0)" } ?? "")).status),
            ]
        case .boardHistory: return [get("/v1/wallboard/history")]
        case .statistics: return [get("/v1/stats")]
        case .explanation: return [get("/v1/stats/explain?figure=offered")]
        case .earlierMoments:
            return ["/v1/stats?", "/v1/stats/explain?figure=offered&", "/v1/wallboard?"].map { target in
                let before = bench.looksBack.count
                let id = bench.connect(.http)
                bench.send(
                    Bench.request(
                        "GET", "\(target)at=2026-03-02T07:00:00Z", fields + [("Accept", "application/json")]), id)
                defer { bench.drop(id) }
                return bench.looksBack.count > before ? .open : Answer(Bench.answer(bench.read(id)).status)
            }
        case .metrics: return [get("/metrics")]
        case .status:
            let answer = bench.request("GET", "/v1/status", fields)
            // Whoever may not see it learns that the gateway lives.
            return [answer.body.contains("\"switches\"") ? .open : .refused(token == nil ? 401 : 403)]
        case .agentList: return [get("/v1/agents")]
        case .desk:
            let id = bench.webSocket("/v1/desk", fields)
            defer { bench.drop(id) }
            let status = Bench.answer(bench.read(id)).status
            guard status == 101, token == nil else { return [Answer(status)] }
            // The handshake shows nothing, so the hello is judged.
            bench.send(Bench.frame(Bench.hello("anna", token: "")), id)
            return [bench.frames(id).contains("close 1008") ? .refused(401) : .open]
        case .webhooks:
            let unsigned = [
                ("webhook-id", "1"), ("webhook-timestamp", "\(bench.moment.date.microseconds / 1_000_000)"),
                ("webhook-signature", "v1,AAAA"),
            ]
            return [Answer(bench.request("POST", "/v1/webhooks/cloud", fields + unsigned, body: "{}").status)]
        case .session, .accounts, .audit: return []
        }
    }

    private static func expected(_ door: Door, _ grant: Grant?) -> Answer {
        // No role stands for a signature.
        if door == .webhooks { return .refused(401) }
        guard let grant else { return door.permission(for: nil) == .refused ? .refused(401) : .open }
        return grant.opens(door) ? .open : .refused(403)
    }

    @Test("opens as the table says, in any scope, and to nobody who shows nothing", arguments: Door.allCases)
    func table(door: Door) {
        var bench = Self.bench()
        #expect(Self.elsewhere.contains(door) == Self.knock(door, nil, &bench).isEmpty)
        for answer in Self.knock(door, nil, &bench) {
            #expect(answer == Self.expected(door, nil), "nobody at \(door)")
        }
        for role in Role.allCases {
            for (name, scope) in Self.scopes {
                let grant = Grant(
                    holder: .program("p"), role: role, scope: scope,
                    agent: role == .agent ? Interface("PJSIP/1001") : nil)
                bench.grant("ctl_p", grant)
                for answer in Self.knock(door, "ctl_p", &bench) {
                    #expect(answer == Self.expected(door, grant), "\(role) of \(name) at \(door)")
                }
            }
        }
    }

    @Test("stays shut for a wrong token, and for one that was taken back", arguments: Door.allCases)
    func takenBack(door: Door) {
        // The desk's handshake needs no token; what it is worth is judged by the hello.
        guard door.permission(for: nil) == .refused, door != .desk else { return }
        var bench = Self.bench()
        bench.grant("ctl_p", Grant(holder: .program("p"), role: .supervisor))
        bench.grant("ctl_p", nil)
        for token in ["ctl_p", "ctl_guess", "desk-secret"] where !(token == "desk-secret" && door == .agentList) {
            for answer in Self.knock(door, token, &bench) {
                #expect(answer != .open && (door == .status || answer == .refused(401)), "\(token) at \(door)")
            }
            bench.wait(.seconds(600))
        }
    }

    @Test("shows an agent's grant the agent's own name in the list of agents, and no other")
    func ownName() {
        var bench = Self.bench()
        bench.grant("ctl_anna", Grant(holder: .account("anna"), role: .agent, agent: Interface("PJSIP/1001")))
        bench.grant("ctl_nobody", Grant(holder: .account("nobody"), role: .agent))
        let own = bench.request("GET", "/v1/agents", [("Authorization", "Bearer ctl_anna")]).body
        #expect(own.contains("1001") && !own.contains("1002"))
        #expect(bench.request("GET", "/v1/agents", [("Authorization", "Bearer ctl_nobody")]).body == #"{"agents":[]}"#)
        #expect(
            bench.request("GET", "/v1/agents", [("Authorization", "Bearer desk-secret")]).body.contains("1002"),
            "the common token of the configuration opens every desk")
    }

    @Test("closes what was opened with a narrow grant when a reload changes who works for whom; the page asks again")
    func reorganised() {
        var centre = TwoSuppliers()
        func socket(_ fields: [(String, String)]) -> ConnectionID { centre.bench.webSocket("/v1/wallboard", fields) }
        let (alfa, whole) = (socket(TwoSuppliers.asAlfa), socket(TwoSuppliers.asWhole))
        var configuration = TwoSuppliers.configuration
        configuration.queueDefaults.wrapUp = .seconds(7)
        centre.bench.reload(configuration)
        #expect(centre.bench.closedByUs.isEmpty, "nobody's scope has changed")
        configuration.organisation.suppliers[0].queues = [QueueName("alfa due")]
        centre.bench.reload(configuration)
        #expect(centre.bench.closedByUs == [alfa])
        let again = wallboardMessages(centre.bench.frames(socket(TwoSuppliers.asAlfa))).first
        #expect(again?.queues?.map(\.name) == ["alfa due"])
        centre.bench.wait(.seconds(1))
        #expect(!centre.bench.frames(whole).isEmpty)
    }

    @Test("closes what was opened with a grant when the store takes it back or changes it, and nothing else")
    func closes() {
        var bench = Self.bench()
        let grant = Grant(holder: .program("p"), role: .supervisor, scope: Self.alfa)
        bench.grant("ctl_p", grant)
        bench.grant("ctl_q", grant)
        let mine = bench.webSocket("/v1/wallboard", [("Authorization", "Bearer ctl_p")])
        let streamed = bench.connect(.http)
        bench.send(Bench.request("GET", "/v1/wallboard?token=ctl_p", []), streamed)
        let others = bench.webSocket("/v1/wallboard", [("Authorization", "Bearer ctl_q")])
        bench.grant("ctl_p", grant)
        #expect(bench.closedByUs.isEmpty, "nothing has changed")
        var wider = grant
        wider.scope = .everything
        bench.grant("ctl_p", wider)
        #expect(bench.closedByUs == [mine, streamed])
        bench.grant("ctl_q", nil)
        #expect(bench.closedByUs == [mine, streamed, others])
        bench.join("1.1")
        bench.wait(.seconds(1))
        #expect(bench.gateway.edges.standing(of: others) == .reader, "it is forgotten")
    }

    @Test("gives no answer about an earlier moment to whoever lost the grant while the journal was read")
    func lostWhileReading() throws {
        var bench = Self.bench()
        bench.grant("ctl_p", Grant(holder: .program("p"), role: .quality, scope: Self.alfa))
        let id = bench.connect(.http)
        bench.send(
            Bench.request("GET", "/v1/stats?at=2026-03-02T07:00:00Z", [("Authorization", "Bearer ctl_p")]), id)
        bench.grant("ctl_p", nil)
        #expect(bench.looksGivenUp == [id] && bench.closedByUs == [id])
        bench.lookedBack(id, .found(bench.gateway.core, at: bench.moment))
        #expect(bench.read(id) == [])
    }
}
