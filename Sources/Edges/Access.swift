import Access
import Core
import HTTP
import Telephony
import Time
import Wire

/// Whether somebody is let in at a door, and as whom.
enum Admission {
    case granted(Grant)
    case refused(Response)
}

/// Who asks → who that is, as a ``Access/Grant``, and what it sees, as a ``Access/Sight``: the rules of one
/// configuration. What a role may do stands in ``Access/Door``.
///
/// | who | shows | sees |
/// |---|---|---|
/// | whoever has a grant of the store | its token, as a header or in the address; or a session's cookie | what the grant's scope names |
/// | a reader of the board, of figures or of metrics | the wallboards' token; without one, that it is on this machine | everything, as a supervisor; agents by name where `name_agents` and single agents' figures where there is a legal basis |
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
    private let namesAgents: Bool

    init(_ configuration: Configuration, _ digests: Digests, seed: UInt64) {
        wallboardToken = configuration.wallboardToken
        deskToken = configuration.deskToken
        agents = configuration.agents
        isOnLoopback = configuration.http?.isLoopback == true
        hasLegalBasis = configuration.legalBasis != nil
        namesAgents = configuration.namesAgents
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

    // MARK: who asks

    /// Who asks for what is not a desk's. `known`: the store's grant for the SHA-256 of a token.
    func grant(of request: Request, _ known: ([UInt8]) -> Grant?) -> Admission {
        let token = Self.token(of: request)
        if let grant = Self.shown(by: request).flatMap({ self.grant(of: $0, known) }) { return .granted(grant) }
        guard let refusal = refusalOfWatcher(request) else {
            // A program whose token was revoked must not go on because it is on this machine.
            if wallboardToken == nil, let token, token.hasPrefix(Credentials.tokenPrefix) {
                return .refused(Self.unknownToken())
            }
            return .granted(ofConfiguration)
        }
        return .refused(refusal)
    }

    /// The store's grant for this token; nil: it has none.
    func grant(of token: String, _ known: ([UInt8]) -> Grant?) -> Grant? { known(digest(of: token)) }

    /// By which the store knows the token.
    func digest(of token: String) -> [UInt8] { digests.sha256(Array(token.utf8)) }

    /// Who asks, if its role opens the door.
    func admission(of request: Request, to door: Door, _ known: ([UInt8]) -> Grant?) -> Admission {
        switch grant(of: request, known) {
        case .granted(let grant) where !grant.opens(door): .refused(Self.forbidden(grant))
        case let admission: admission
        }
    }

    /// Whoever has the wallboards' token, or needs none.
    var ofConfiguration: Grant {
        Grant(holder: wallboardToken == nil ? .thisMachine : .configured("wallboards"), role: .supervisor)
    }

    /// What the holder of the grant sees of a centre that is organised so.
    func sight(of grant: Grant, in organisation: Organisation) -> Sight {
        Sight(grant, in: organisation, namesAgents: namesAgents, showsIndividuals: hasLegalBasis)
    }

    static func forbidden(_ grant: Grant) -> Response {
        .error(
            403,
            "The role “\(grant.role.rawValue)” does not open this\(grant.scope.isEverything ? "" : ", or only for the whole centre"). An administrator can give another role."
        )
    }

    private static func unknownToken() -> Response {
        var response = Response.error(
            401, "This token is not known here: it was revoked, it has expired, or it is another gateway's.")
        response.headers.append("WWW-Authenticate", "Bearer")
        return response
    }

    // MARK: who watches

    /// Whether readers must show a token.
    var asksWatchersForToken: Bool { wallboardToken != nil }

    /// Why a reader of the board, of figures or of metrics is not let in by the configuration; nil: it is, as
    /// ``ofConfiguration``.
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

    /// What the store may know: a token, or else a session's id.
    static func shown(by request: Request) -> String? { token(of: request) ?? SessionCookie.id(of: request) }

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

    /// Who a desk of this agent is that was let in by a token of the configuration.
    func grantOfDesk(of agent: Configuration.Agent?) -> Grant {
        let isOwn = agent?.token != nil
        return Grant(
            holder: .configured(isOwn ? "agents.\(agent?.id ?? "")" : "desks"), role: .agent, scope: .nothing,
            agent: agent?.interface)
    }

    /// Whether a desk may show how long its agent's calls lasted. The common token lets anybody in as any agent: how
    /// long each one talked would be a figure of a single person.
    func showsLengths(to grant: Grant) -> Bool { hasLegalBasis || grant.holder != .configured("desks") }

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

    /// Whether the interface is the desk of this grant's agent.
    func isDesk(_ interface: Interface, on switch: SwitchID?, of grant: Grant) -> Bool {
        guard let agent = grant.agent else { return false }
        let meant = agents(called: interface.rawValue, on: `switch`)
        return meant.isEmpty ? agents.isEmpty && interface == agent : meant.count == 1 && meant[0].interface == agent
    }

    // MARK: doors: where tokens are judged

    /// Where a hello of one of these agents is judged.
    func doors(of agents: [Configuration.Agent]) -> [TokenDoor] {
        var doors: [TokenDoor] = []
        for door in agents.isEmpty ? [.desks] : agents.map(Self.door(of:)) where !doors.contains(door) {
            doors.append(door)
        }
        return doors
    }

    private static func door(of agent: Configuration.Agent) -> TokenDoor {
        agent.token == nil ? .desks : .agent(agent.interface)
    }

    /// What this token is right for.
    func doors(openedBy token: String) -> [TokenDoor] {
        (isAccepted(token) ? [.desks] : [])
            + agents.filter { $0.token != nil && isAccepted(token, as: $0) }.map(Self.door(of:))
    }

    /// Where the list of agents is asked for.
    var doorOfList: TokenDoor { agents.contains { $0.token != nil } ? .agentList : .desks }
}
