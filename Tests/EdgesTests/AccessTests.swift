import Access
import Core
import HTTP
import Telephony
import Testing
import Time
import Wire

@testable import Edges

@Suite("Who may see what")
struct AccessTests {
    private static let digests = Digests(
        md5: { _ in [] }, hmacSHA256: { _, message in message }, sha256: { $0.reversed() },
        constantTimeEqual: { $0 == $1 })

    private static func rules(_ change: (inout Configuration) -> Void) -> AccessRules {
        var configuration = Configuration()
        change(&configuration)
        return AccessRules(configuration, digests, seed: 1)
    }

    private static func request(_ fields: [(String, String)] = [], query: String = "") throws -> Request {
        let head = fields.map { "\($0.0): \($0.1)\r\n" }.joined()
        let connection = HTTP.Connection()
        let events = connection.receive(Array("GET /v1/stats\(query) HTTP/1.1\r\n\(head)\r\n".utf8))
        for case .request(let request) in events { return request }
        throw HTTPError(text: "no request came of \(head)")
    }

    private struct HTTPError: Error { var text: String }

    private static let anna = Configuration.Agent(
        id: "anna", name: "Anna Rossi", interface: Interface("PJSIP/1001"), token: .init("token-anna"))
    private static let bruno = Configuration.Agent(id: "bruno", name: "Bruno", interface: Interface("PJSIP/1002"))

    // MARK: who watches

    @Test("a reader without a token is let in on this machine, by a name that nobody's DNS could answer for")
    func loopback() throws {
        let rules = Self.rules { _ in }
        for host in ["localhost:8080", "127.0.0.1", "[::1]:8080", "127.1.2.3:1"] {
            #expect(try rules.refusalOfWatcher(Self.request([("Host", host)])) == nil, "\(host)")
        }
        for host in ["centralino.example", "127.0.0.1.example", "127.0.0.256", "0.0.0.0"] {
            #expect(try rules.refusalOfWatcher(Self.request([("Host", host)]))?.status == 403, "\(host)")
        }
    }

    @Test("a reader with the wallboards' token is let in from anywhere, by header or by query; one without it is not")
    func wallboardToken() throws {
        let rules = Self.rules { $0.wallboardToken = .init("w-secret") }
        let host = ("Host", "centralino.example")
        #expect(try rules.refusalOfWatcher(Self.request([host, ("Authorization", "Bearer w-secret")])) == nil)
        #expect(try rules.refusalOfWatcher(Self.request([host], query: "?token=w-secret")) == nil)
        for fields in [[host], [host, ("Authorization", "Bearer other")], [("Host", "localhost")]] {
            #expect(try rules.refusalOfWatcher(Self.request(fields))?.status == 401)
        }
    }

    @Test("a reader is shown agents by name, and single agents' figures, where the configuration allows it")
    func watchers() {
        func sight(_ change: (inout Configuration) -> Void) -> Sight {
            let rules = Self.rules(change)
            return rules.sight(of: rules.ofConfiguration, in: Organisation())
        }
        #expect(sight { _ in } == .everything(namesAgents: true, showsIndividuals: false))
        #expect(sight { $0.namesAgents = false } == .everything(namesAgents: false, showsIndividuals: false))
        let basis = LegalBasis(reference: "accordo", date: TimeZoneRule.utc.localDate(at: UnixTime(microseconds: 0)))
        #expect(sight { $0.legalBasis = basis } == .everything(namesAgents: true, showsIndividuals: true))
    }

    // MARK: grants of the store

    private static let auditor = Grant(holder: .program("revisore"), role: .auditor)
    private static let supplier = Grant(
        holder: .program("Alfa"), role: .supervisor, scope: Scope([.supplier("Alfa")]))
    private static let tokens = ["ctl_auditor": auditor, "ctl_alfa": supplier]

    private static func known(_ digest: [UInt8]) -> Grant? {
        tokens[String(decoding: digest.reversed(), as: UTF8.self)]
    }

    /// Who the asker is; or the status by which it is refused.
    private static func admitted(_ admission: Admission) -> (Grant?, status: Int?) {
        switch admission {
        case .granted(let grant): (grant, nil)
        case .refused(let response): (nil, response.status)
        }
    }

    @Test("a reader without a token of the store is a supervisor of everything, as the configuration lets it in")
    func configuredGrant() throws {
        let request = try Self.request([("Host", "localhost")])
        let open = Self.admitted(Self.rules { _ in }.grant(of: request, Self.known))
        #expect(open.0 == Grant(holder: .thisMachine, role: .supervisor))
        let rules = Self.rules { $0.wallboardToken = .init("w-secret") }
        #expect(Self.admitted(rules.grant(of: request, Self.known)).status == 401)
        let shown = try Self.request([("Host", "localhost"), ("Authorization", "Bearer w-secret")])
        #expect(
            Self.admitted(rules.grant(of: shown, Self.known)).0
                == Grant(holder: .configured("wallboards"), role: .supervisor))
    }

    @Test("a token of the store says who asks, even where nobody would be asked for one", arguments: [nil, "w-secret"])
    func storedGrant(wallboardToken: String?) throws {
        let rules = Self.rules { $0.wallboardToken = wallboardToken.map { .init($0) } }
        for request in [
            try Self.request([("Host", "elsewhere"), ("Authorization", "Bearer ctl_alfa")]),
            try Self.request([("Host", "localhost")], query: "?token=ctl_alfa"),
        ] {
            #expect(Self.admitted(rules.grant(of: request, Self.known)).0 == Self.supplier)
        }
        let unknown = try Self.request([("Host", "localhost"), ("Authorization", "Bearer ctl_revoked")])
        #expect(Self.admitted(rules.grant(of: unknown, Self.known)).status == 401)
    }

    @Test("a role that does not open the door is refused as known, not as unknown")
    func forbidden() throws {
        let rules = Self.rules { _ in }
        let request = try Self.request([("Host", "localhost"), ("Authorization", "Bearer ctl_auditor")])
        #expect(Self.admitted(rules.admission(of: request, to: .statistics, Self.known)).status == 403)
        #expect(Self.admitted(rules.admission(of: request, to: .audit, Self.known)).0 == Self.auditor)
        let narrow = try Self.request([("Host", "localhost"), ("Authorization", "Bearer ctl_alfa")])
        #expect(Self.admitted(rules.admission(of: narrow, to: .status, Self.known)).status == 403)
        #expect(Self.admitted(rules.admission(of: narrow, to: .metrics, Self.known)).0 == Self.supplier)
    }

    // MARK: desks

    @Test("a desk is let in with its agent's own token, or else with the common one, and never with another agent's")
    func desks() {
        let rules = Self.rules {
            $0.deskToken = .init("common"); $0.agents = [Self.anna, Self.bruno]
        }
        #expect(rules.isAccepted("token-anna", as: [Self.anna]) && !rules.isAccepted("common", as: [Self.anna]))
        #expect(rules.isAccepted("common", as: [Self.bruno]) && !rules.isAccepted("token-anna", as: [Self.bruno]))
        #expect(rules.wouldLetIn(Interface("PJSIP/1001"), on: nil, token: "token-anna"))
        #expect(!rules.wouldLetIn(Interface("PJSIP/1003"), on: nil, token: "common"), "who is not configured is nobody")
        #expect(rules.opensList("common") && rules.opensList("token-anna") && !rules.opensList("guess"))
        let open = Self.rules { $0.deskToken = .init("common") }
        #expect(open.wouldLetIn(Interface("PJSIP/1003"), on: nil, token: "common"))
        let closed = Self.rules { _ in }
        #expect(!closed.isAccepted("", as: []) && !closed.opensList(""), "without a token nobody is let in")
    }

    @Test("a desk is shown how long its agent's calls lasted with the agent's own token or a legal basis")
    func lengths() {
        let rules = Self.rules {
            $0.deskToken = .init("common"); $0.agents = [Self.anna, Self.bruno]
        }
        func showsLengths(_ agent: Configuration.Agent?) -> Bool {
            rules.showsLengths(to: rules.grantOfDesk(of: agent))
        }
        #expect(showsLengths(Self.anna) && !showsLengths(Self.bruno) && !showsLengths(nil))
        #expect(rules.grantOfDesk(of: Self.anna).agent == Self.anna.interface)
        let basis = LegalBasis(reference: "accordo", date: TimeZoneRule.utc.localDate(at: UnixTime(microseconds: 0)))
        let lawful = Self.rules { $0.legalBasis = basis }
        #expect(lawful.showsLengths(to: lawful.grantOfDesk(of: nil)))
    }

    @Test("a token is judged at the door of what it opens: a mistake at one is none at another")
    func doors() {
        let rules = Self.rules {
            $0.deskToken = .init("common"); $0.agents = [Self.anna, Self.bruno]
        }
        #expect(rules.doors(of: [Self.anna]) == [.agent(Interface("PJSIP/1001"))])
        #expect(rules.doors(of: [Self.bruno]) == [.desks] && rules.doors(of: []) == [.desks])
        #expect(rules.doors(openedBy: "token-anna") == [.agent(Interface("PJSIP/1001"))])
        #expect(rules.doors(openedBy: "common") == [.desks] && rules.doors(openedBy: "guess") == [])
        #expect(rules.doorOfList == .agentList && Self.rules { _ in }.doorOfList == .desks)
    }
}
