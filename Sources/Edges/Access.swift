import Core
import HTTP
import Telephony
import Time
import Wire

/// What somebody may see. It is decided here, once, and handed to every edge; no edge decides anything of it itself.
public struct Access: Equatable, Sendable {
    /// Which agent is in which state now; otherwise only how many are.
    public var namesAgents: Bool
    /// Figures of single agents, and of fewer than ``Telephony/Organisation/smallestTeam`` of them.
    public var showsIndividuals: Bool

    public init(namesAgents: Bool, showsIndividuals: Bool) {
        self.namesAgents = namesAgents
        self.showsIndividuals = showsIndividuals
    }
}

/// Who asks → what may be seen: the rules of one configuration.
///
/// | who | shows | sees |
/// |---|---|---|
/// | a reader of the board, of figures or of metrics | the wallboards' token; without one, that it is on this machine | figures; agents by name where `name_agents` and single agents' figures where there is a legal basis |
/// | a desk of a configured agent | the agent's own token, or else the common one | the agent's calls; how long they lasted with an own token or a legal basis |
/// | a desk where no agents are configured | the common token | the calls of whom it names |
/// | who asks for the list of agents | any token of desks | the agents whom that token opens |
/// | anybody | nothing | that the gateway lives |
struct AccessRules: Sendable {
    private let wallboardToken: Configuration.Secret?
    private let deskToken: Configuration.Secret?
    private let agents: [Configuration.Agent]
    private let isOnLoopback: Bool
    private let hasLegalBasis: Bool
    private let digests: Digests
    /// Of ``fingerprint(_:)``.
    private let fingerprintKey: [UInt8]
    /// What may be seen by a reader of the board who is let in.
    let ofWatchers: Access

    init(_ configuration: Configuration, _ digests: Digests, seed: UInt64) {
        wallboardToken = configuration.wallboardToken
        deskToken = configuration.deskToken
        agents = configuration.agents
        isOnLoopback = configuration.http?.isLoopback == true
        hasLegalBasis = configuration.legalBasis != nil
        ofWatchers = Access(namesAgents: configuration.namesAgents, showsIndividuals: configuration.legalBasis != nil)
        self.digests = digests
        var generator = SplitMix64(seed: seed)
        fingerprintKey = (0..<4).flatMap { _ in withUnsafeBytes(of: generator.next().littleEndian, Array.init) }
    }

    /// What a wrong token is known by when it comes again.
    func fingerprint(_ token: String) -> TokenGuard.Fingerprint? {
        TokenGuard.Fingerprint(token, key: fingerprintKey, digests)
    }

    private func isEqual(_ expected: Configuration.Secret, _ token: String) -> Bool {
        digests.constantTimeEqual(Array(expected.value.utf8), Array(token.utf8))
    }

    // MARK: who watches

    /// Whether readers must show a token.
    var asksWatchersForToken: Bool { wallboardToken != nil }

    /// Why a reader of the board, of figures or of metrics is not let in; nil: it is, with ``ofWatchers``.
    func refusalOfWatcher(_ request: Request) -> Response? {
        guard let expected = wallboardToken else { return refusalOfForeignHost(request) }
        return isEqual(expected, Self.token(of: request) ?? "") ? nil : Self.unauthorized("wallboards")
    }

    /// Without a token, loopback is what protects the board; but a browser on this machine connects to it for any site
    /// whose name is made to point here (DNS rebinding). Such a request bears the site's name.
    func refusalOfForeignHost(_ request: Request) -> Response? {
        guard wallboardToken == nil, isOnLoopback, !Self.isLoopback(request.headers.first("Host") ?? "") else {
            return nil
        }
        return .error(
            403,
            "Without a token this is for localhost, 127.x.x.x and [::1] only. Ask by one of these, or give [wallboards] token_file."
        )
    }

    /// Whether a `Host` field, with any port or none, names this machine beyond doubt: no name that somebody's DNS
    /// could answer for.
    private static func isLoopback(_ field: String) -> Bool {
        func isDigits(_ text: Substring) -> Bool {
            text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        }
        var host = field[...]
        if let colon = host.lastIndex(of: ":"), isDigits(host[colon...].dropFirst()) { host = host[..<colon] }
        if host == "[::1]" || host.lowercased() == "localhost" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { isDigits($0) && UInt8($0) != nil }
    }

    /// A reader of the stream in a browser cannot send headers.
    static func token(of request: Request) -> String? { bearer(request) ?? request.query.first("token") }

    static func bearer(_ request: Request) -> String? {
        guard let field = request.headers.first("Authorization"), field.lowercased().hasPrefix("bearer ") else {
            return nil
        }
        return String(field.dropFirst("bearer ".count))
    }

    static func unauthorized(_ section: String) -> Response {
        var response = Response.error(
            401, "A token is needed: Authorization: Bearer … (see [\(section)] in the configuration).")
        response.headers.append("WWW-Authenticate", "Bearer")
        return response
    }

    // MARK: desks

    /// What a desk may see of its agent's calls. The common token lets anybody in as any agent: how long each one
    /// talked would be a figure of a single person.
    func ofDesk(of agent: Configuration.Agent?) -> Access {
        Access(namesAgents: false, showsIndividuals: hasLegalBasis || agent?.token != nil)
    }

    /// Without agents in the configuration, a desk may name whatever the switches name.
    var hasAgents: Bool { !agents.isEmpty }

    /// The configured agents that a desk may mean. Interfaces of one switch are unique; an id that nobody gave is the
    /// name, so it may be another's as well.
    func agents(called name: String, on switch: SwitchID?) -> [Configuration.Agent] {
        let there = agents.filter { `switch` == nil || $0.switch == nil || $0.switch == `switch` }
        let byInterface = there.filter { $0.interface == Interface(name) || $0.members.contains(Interface(name)) }
        return byInterface.isEmpty
            ? there.filter { $0.id.isIdentical(to: name) || $0.name.isIdentical(to: name) } : byInterface
    }

    /// Whether the token lets in one of these agents; or, where none is configured, any. Compared in constant time.
    func isAccepted(_ token: String, as agents: [Configuration.Agent]) -> Bool {
        agents.isEmpty ? isAccepted(token) : agents.contains { isAccepted(token, as: $0) }
    }

    /// An agent's own token, or else the common one.
    private func isAccepted(_ token: String, as agent: Configuration.Agent? = nil) -> Bool {
        guard let expected = agent?.token ?? deskToken else { return false }
        return isEqual(expected, token)
    }

    /// Whether the token is the common one, or some agent's own: it opens the list of agents.
    func opensList(_ token: String) -> Bool {
        isAccepted(token) || agents.contains { $0.token != nil && isAccepted(token, as: $0) }
    }

    /// Whether a desk that says hello by this interface would be welcomed.
    func wouldLetIn(_ interface: Interface, on switch: SwitchID?, token: String) -> Bool {
        let meant = agents(called: interface.rawValue, on: `switch`)
        return meant.isEmpty ? agents.isEmpty && isAccepted(token) : meant.count == 1 && isAccepted(token, as: meant[0])
    }

    // MARK: doors: where tokens are judged

    /// Where a hello of one of these agents is judged.
    func doors(of agents: [Configuration.Agent]) -> [Door] {
        var doors: [Door] = []
        for door in agents.isEmpty ? [.desks] : agents.map(Self.door(of:)) where !doors.contains(door) {
            doors.append(door)
        }
        return doors
    }

    private static func door(of agent: Configuration.Agent) -> Door {
        agent.token == nil ? .desks : .agent(agent.interface)
    }

    /// What this token is right for.
    func doors(openedBy token: String) -> [Door] {
        (isAccepted(token) ? [.desks] : [])
            + agents.filter { $0.token != nil && isAccepted(token, as: $0) }.map(Self.door(of:))
    }

    /// Where the list of agents is asked for.
    var doorOfList: Door { agents.contains { $0.token != nil } ? .agentList : .desks }
}
