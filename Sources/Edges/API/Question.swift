import Core
import ACD
import Access
import HTTP
import Telephony
import Time
import Wallboard
import Wire

/// A question about figures, with all that its answer is a function of: so it can be answered on another thread, while
/// the loop goes on.
public struct Question: Sendable {
    let request: Request
    /// What is known now; nil where the question is about an earlier moment.
    let core: Core?
    let at: Moment
    let sight: Sight
    let names: AgentNames
    /// What the journal lacks, where one is kept. Of an earlier moment it is not known.
    let lost: [Range<UnixTime>]?

    /// The answer to a question about now.
    public func answer() -> LookBack { core.map { .answered(answer(of: $0, at: at)) } ?? .failed("Nothing is known.") }

    /// The answer to a question about an earlier moment, from what the journal has of it.
    public func answered(_ found: LookBack) -> LookBack { .answered(answer(found)) }

    func answer(_ found: LookBack) -> Response {
        switch found {
        case .answered(let response): response
        case .noJournal:
            .error(
                404,
                "Without a journal nothing is known of earlier moments: give [journal] directory in the configuration.")
        case .outside(let words): .error(404, words)
        case .failed(let words): .error(503, words)
        case .found(let core, let moment): answer(of: core, at: moment)
        }
    }

    private func answer(of core: Core, at moment: Moment) -> Response {
        let sight = sight.limited(to: core.rules.organisation)
        switch request.path {
        case "/v1/wallboard":
            do throws(WallboardFault) {
                let subscription = try WallboardSubscription.asked(request, sight, core).subscription
                var hub = WallboardHub(hasPorts: false, seed: core.seed)
                // The name of the stream follows from the seed and from when that run began.
                if let startedAt = core.startedAt { hub.start(at: startedAt) }
                return .json(200, hub.snapshot(subscription, .init(core, names, at: moment)))
            } catch {
                return .error(400, error.description)
            }
        case "/v1/wallboard/history":
            // Refused, not ignored: whoever sends it expects an effect.
            if let unknown = request.query.items.first(where: { $0.name != "token" }) {
                return .error(
                    400,
                    "The parameter “\(printable(unknown.name))” is not known: the history has none. It is of the last two hours of every queue."
                )
            }
            return .json(
                200,
                JSON.encode(
                    HistoryMessage(
                        at: "\(moment.date)", stepSeconds: Int(Switch.historyStep.seconds),
                        queues: core.switches.flatMap { $0.history(at: moment, sight) })))
        default: return Statistics(core, sight, lost: self.core == nil ? nil : lost).answer(request, at: moment)
        }
    }
}

extension Edges {
    /// Paths that are answered beside the loop: their answers go through all facts of a day.
    static let pathsBeside: Set = ["/v1/stats", "/v1/stats/explain", "/v1/wallboard/history"]

    /// The question that a client waits to have answered.
    public func question(of id: ConnectionID, _ core: Core, at now: Moment) -> Question? {
        guard let client = clients[id], let request = client.lookingBack else { return nil }
        let isOfNow = request.query.first("at") == nil || !Self.lookBackPaths.contains(request.path)
        return question(request, client.sight, core: isOfNow ? core.forFigures : nil, at: now)
    }

    func question(_ request: Request, _ sight: Sight?, core: Core?, at moment: Moment) -> Question {
        // Without a sight nobody was let in, and nothing is seen.
        var sight = sight ?? Sight(Grant(holder: .thisMachine, role: .auditor, scope: .nothing), in: Organisation())
        sight.namesAgents = sight.namesAgents && sight.showsIndividuals
        return Question(
            request: request, core: core, at: moment, sight: sight, names: names, lost: hostReport?.told.journal?.lost
        )
    }

    /// Where the request knocks.
    static func door(of request: Request) -> Door {
        switch request.path {
        case "/v1/stats": .statistics
        case "/v1/stats/explain": .explanation
        case "/v1/wallboard/history": .boardHistory
        default: .board
        }
    }

    /// Has figures computed beside the loop, one question at a time.
    mutating func ask(_ request: Request, _ id: ConnectionID, _ sight: Sight, _ effects: inout [Effect]) {
        answering = id
        clients[id]?.lookingBack = request
        clients[id]?.sight = sight
        let shown = credential(of: request)
        clients[id]?.credential = shown
        effects.append(.answer(id))
    }

    /// Whether the request must wait, because another client's figures are being computed.
    func mustWait(_ request: Request) -> Bool { answering != nil && isOfFigures(request) }

    /// Whether the answer is computed beside the loop, of what is known now.
    func isOfFigures(_ request: Request) -> Bool {
        Self.pathsBeside.contains(request.path)
            && (request.query.first("at") == nil || !Self.lookBackPaths.contains(request.path))
    }
}
