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
        md5: { _ in [] }, hmacSHA256: { _, message in message }, constantTimeEqual: { $0 == $1 })

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
        #expect(Self.rules { _ in }.ofWatchers == Access(namesAgents: true, showsIndividuals: false))
        #expect(Self.rules { $0.namesAgents = false }.ofWatchers == Access(namesAgents: false, showsIndividuals: false))
        let basis = LegalBasis(reference: "accordo", date: TimeZoneRule.utc.localDate(at: UnixTime(microseconds: 0)))
        #expect(Self.rules { $0.legalBasis = basis }.ofWatchers == Access(namesAgents: true, showsIndividuals: true))
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
        #expect(rules.ofDesk(of: Self.anna).showsIndividuals && !rules.ofDesk(of: Self.bruno).showsIndividuals)
        #expect(!rules.ofDesk(of: nil).showsIndividuals)
        let basis = LegalBasis(reference: "accordo", date: TimeZoneRule.utc.localDate(at: UnixTime(microseconds: 0)))
        #expect(Self.rules { $0.legalBasis = basis }.ofDesk(of: nil).showsIndividuals)
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
