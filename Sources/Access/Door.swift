/// A way in: an address, or several that show the same. What each role may do there stands in ``permission(for:)``, and
/// nowhere else; `Access.md` shows it as a table.
public enum Door: String, CaseIterable, Sendable {
    case pages, health, session
    case board, boardStream, boardHistory
    case statistics, explanation, earlierMoments
    case metrics, status
    case agentList, desk
    case webhooks
    case accounts, audit

    /// Where it is, for people.
    public var place: String {
        switch self {
        case .pages: "`/desk`, `/wallboard` and their parts"
        case .health: "`GET /healthz`, `GET /readyz`; `GET /v1/status`: that the gateway lives"
        case .session: "signing in, and one’s own session"
        case .board: "`GET /v1/wallboard` as a document"
        case .boardStream: "`GET /v1/wallboard` as SSE or WebSocket; the port of `[wallboards]`"
        case .boardHistory: "`GET /v1/wallboard/history`"
        case .statistics: "`GET /v1/stats`"
        case .explanation: "`GET /v1/stats/explain`"
        case .earlierMoments: "the same with `at=`, and `GET /v1/wallboard?at=`"
        case .metrics: "`GET /metrics`"
        case .status: "`GET /v1/status`: how the program runs"
        case .agentList: "`GET /v1/agents`"
        case .desk: "`GET /v1/desk` as WebSocket; the port of `[desks]`"
        case .webhooks: "`POST /v1/webhooks/…`"
        case .accounts: "accounts and tokens"
        case .audit: "the audit"
        }
    }

    public enum Permission: String, CaseIterable, Sendable {
        /// The answer is 403; to somebody who shows nothing, 401.
        case refused
        /// What the scope names, and nothing else.
        case scoped
        /// Only the person's own desk.
        case own
        /// Only where the scope is everything: what is shown is the whole centre's.
        case unscoped
        /// All of it: nothing there is a queue's or a person's that a scope could name.
        case allowed
    }

    /// `role`: nil for somebody who shows nothing, and is not on this machine.
    public func permission(for role: Role?) -> Permission {
        switch self {
        // A page is empty until something of the other doors fills it. A load balancer asks for the health.
        case .pages, .health, .session: .allowed
        case .board, .boardStream, .boardHistory, .statistics, .explanation, .earlierMoments:
            switch role {
            case .supervisor, .quality, .integrator: .scoped
            // Who keeps the program running needs no call and no person for it; who reads the audit, neither.
            case nil, .agent, .administrator, .auditor: .refused
            }
        case .metrics:
            switch role {
            case .supervisor, .integrator: .scoped
            // Of the program, its links and its machine; of no queue and no agent.
            case .administrator: .allowed
            case nil, .agent, .quality, .auditor: .refused
            }
        case .status:
            switch role {
            case .supervisor: .unscoped
            case .administrator: .allowed
            case nil, .agent, .quality, .integrator, .auditor: .refused
            }
        // A desk shows who calls. Nobody looks over an agent's shoulder.
        case .agentList, .desk: role == .agent ? .own : .refused
        // A switch proves itself by its signature; no role stands for it.
        case .webhooks: .refused
        case .accounts: role == .administrator ? .allowed : .refused
        // An administrator lets people in, so the trace of that is not for an administrator to read.
        case .audit: role == .auditor ? .allowed : .refused
        }
    }
}

extension Grant {
    public func opens(_ door: Door) -> Bool {
        switch door.permission(for: role) {
        case .refused: false
        case .unscoped: scope.isEverything
        case .scoped, .own, .allowed: true
        }
    }
}
