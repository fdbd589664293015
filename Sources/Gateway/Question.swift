import ACD
import Calls
import Contacts
import HTTP
import Time
import Wallboard
import Wire

/// A question about figures, with all that its answer is a function of: so it can be answered on another thread, while the loop goes on.
public struct Question: Sendable {
    let request: Request
    /// What is known now; nil where the question is about an earlier moment.
    let state: CoreState?
    let at: Moment
    /// What the host had measured: what the journal lacks of now.
    let hostReport: HostReport?
    let hostReportAt: Span
    let digests: Digests
    let namesAgents: Bool
    let hasLegalBasis: Bool

    /// Of a question about now.
    public func answer() -> LookBack { state.map { .answered(answer(of: $0, at: at)) } ?? .failed("Nothing is known.") }

    /// Of a question about an earlier moment, as the journal has it.
    public func answered(_ found: LookBack) -> LookBack { .answered(answer(found)) }

    func answer(_ found: LookBack) -> Response {
        switch found {
        case .answered(let response): response
        case .noJournal:
            .error(404, "Without a journal nothing is known of earlier moments: give [journal] directory in the configuration.")
        case .outside(let words): .error(404, words)
        case .failed(let words): .error(503, words)
        case .found(let state, let moment): answer(of: state, at: moment)
        }
    }

    private func answer(of state: CoreState, at moment: Moment) -> Response {
        var state = state
        // What may be shown of single agents is what may be shown now, too.
        if !hasLegalBasis { state.configuration.legalBasis = nil }
        var gateway = Gateway(state, digests: digests, namesAgents: namesAgents && hasLegalBasis)
        if self.state != nil { gateway.hostReport = hostReport.map { ($0, hostReportAt) } }
        switch request.path {
        case "/v1/wallboard":
            do throws(WallboardFault) {
                let subscription = try gateway.subscription(request).subscription
                return .json(200, gateway.wallboards.snapshot(subscription, gateway.wallboardView(at: moment)))
            } catch {
                return .error(400, error.description)
            }
        case "/v1/wallboard/history":
            return .json(
                200,
                JSON.encode(
                    HistoryMessage(
                        at: "\(moment.date)", stepSeconds: Int(SwitchRoom.historyStep.seconds),
                        queues: gateway.rooms.flatMap { $0.history(at: moment) })))
        default: return gateway.statistics(request, at: moment)
        }
    }
}

extension Gateway {
    /// What is answered beside the loop: it goes through all facts of a day.
    static let pathsBeside: Set = ["/v1/stats", "/v1/stats/explain", "/v1/wallboard/history"]

    /// The question that a client waits to have answered.
    public func question(of id: ConnectionID) -> Question? {
        guard let request = clients[id]?.lookingBack else { return nil }
        let isOfNow = request.query.first("at") == nil || !Self.lookBackPaths.contains(request.path)
        return question(request, state: isOfNow ? figuresState : nil, at: lastTurn)
    }

    func question(_ request: Request, state: CoreState?, at moment: Moment) -> Question {
        Question(
            request: request, state: state, at: moment, hostReport: hostReport?.told, hostReportAt: hostReport?.at ?? .zero,
            digests: digests, namesAgents: configuration.namesAgents,
            hasLegalBasis: configuration.legalBasis != nil)
    }

    /// Of the core's state, what figures are made of. It is a copy that costs nothing until the core changes; what changes with each event and is in no
    /// figure is not in it, or the next event would have to copy it.
    private var figuresState: CoreState {
        var state = coreStateWithoutPops
        for index in state.rooms.indices {
            state.rooms[index].calls = Calls()
            state.rooms[index].contacts = Contacts(switch: state.rooms[index].name, seed: 0)
        }
        return state
    }

    /// Figures are asked for: they are computed beside the loop, one question at a time.
    mutating func ask(_ request: Request, _ id: ConnectionID, _ effects: inout [Effect]) {
        answering = id
        clients[id]?.lookingBack = request
        effects.append(.answer(id))
    }

    /// Somebody else's figures are being computed.
    func mustWait(_ request: Request) -> Bool { answering != nil && isOfFigures(request) }

    /// Whether the answer is computed beside the loop, of what is known now.
    func isOfFigures(_ request: Request) -> Bool {
        Self.pathsBeside.contains(request.path)
            && (request.query.first("at") == nil || !Self.lookBackPaths.contains(request.path))
    }
}
