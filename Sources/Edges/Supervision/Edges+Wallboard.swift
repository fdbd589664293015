import Core
import ACD
import Access
import HTTP
import Switches
import Telephony
import Time
import Wallboard
import Wire

/// What readers of the stream ask for.
extension Edges {
    // MARK: what a reader says

    /// What a request for the stream asks for; nil when it has been refused.
    func wallboardSubscription(
        _ request: Request, _ sight: Sight, _ connection: HTTP.Connection, _ core: Core
    ) -> (WallboardSubscription, resume: String?)? {
        do throws(WallboardFault) { return try WallboardSubscription.asked(request, sight, core) } catch {
            connection.respond(.error(400, error.description))
            return nil
        }
    }

    /// A line from a reader on the line port.
    mutating func wallboardReceived(
        _ id: ConnectionID, _ bytes: [UInt8], _ core: Core, at now: Moment, _ effects: inout [Effect]
    ) {
        guard let outputs = wallboards.subscribers[id]?.framer.receive(bytes) else { return }
        for output in outputs {
            switch output {
            case .line(let line): wallboardAsked(id, line, core, at: now, &effects)
            case .tooLong:
                refuse(
                    id, WallboardFault("A line has at most \(Limits.wallboardLineBytes) bytes."), core, at: now,
                    &effects)
            }
        }
    }

    mutating func wallboardAsked(
        _ id: ConnectionID, _ text: [UInt8], _ core: Core, at now: Moment, _ effects: inout [Effect]
    ) {
        guard wallboards.mayAsk(id, at: now) else {
            // Rate limit exceeded: report it once, then disconnect.
            guard wallboards.subscribers[id] != nil else { return }
            refuse(
                id, WallboardFault("More than \(Limits.wallboardRequestsPerMinute) requests in a minute."), core,
                at: now, &effects)
            wallboards.closed(id)
            return effects.append(.close(id))
        }
        do {
            guard text.count <= Limits.wallboardLineBytes else {
                throw WallboardFault("A request has at most \(Limits.wallboardLineBytes) bytes.")
            }
            let request = try WallboardRequest(reading: text)
            guard let sight = wallboards.subscribers[id]?.subscription.sight else { return }
            let subscription = try request.subscribe.map {
                try WallboardSubscription($0, sight, { .init(core, sight) })
            }
            wallboards.change(id, to: subscription, resume: request.resume, view(core, at: now), &effects)
        } catch {
            refuse(id, WallboardFault(reading: error), core, at: now, &effects)
        }
    }

    private func refuse(
        _ id: ConnectionID, _ fault: WallboardFault, _ core: Core, at now: Moment, _ effects: inout [Effect]
    ) {
        guard let subscriber = wallboards.subscribers[id], subscriber.behind == nil else { return }
        let json = JSON.encode(WallboardRefusal(at: "\(now.date)", message: fault.description))
        effects.append(
            .send(
                id,
                wallboards.framed(json, 0, subscriber.transport, subscriber.subscription.sight))
        )
    }
}

extension WallboardSubscription {
    /// What a request for the stream asks for, as far as it may be seen.
    static func asked(
        _ request: Request, _ sight: Sight, _ core: Core
    ) throws(WallboardFault) -> (subscription: WallboardSubscription, resume: String?) {
        let asked = try WallboardRequest(request.query)
        let subscription = try asked.subscribe.map { (wish) throws(WallboardFault) in
            try WallboardSubscription(wish, sight, { .init(core, sight) })
        }
        // A browser's own reconnection repeats the address and adds the field, which knows more.
        return (
            subscription ?? WallboardSubscription(everythingOf: sight),
            request.headers.first("Last-Event-ID") ?? asked.resume
        )
    }
}

extension WallboardSubscription.Catalogue {
    /// What there is to choose from. A switch that is not connected may have queues that it has not reported yet: after
    /// a restart a reader must not be refused what it had a minute ago.
    ///
    /// What may not be seen is not there: a name of it is answered like one that nobody has.
    init(_ core: Core, _ sight: Sight) {
        self.init(
            queues: Set(core.switches.flatMap(\.acd.queues.keys).filter(sight.sees)),
            isComplete: core.switches.allSatisfy { $0.state == .connected },
            groups: sight.visible(core.rules.organisation).queuesByGroup)
    }
}

extension WallboardHub {
    /// Counts a request; false for one too many in this minute.
    mutating func mayAsk(_ id: ConnectionID, at now: Moment) -> Bool {
        guard let subscriber = subscribers[id] else { return false }
        // not a limit: the minute of wallboardRequestsPerMinute
        if now.uptime - subscriber.requestsSince >= .seconds(60) {
            subscribers[id]?.requestsSince = now.uptime
            subscribers[id]?.requests = 0
        }
        subscribers[id]?.requests += 1
        return (subscribers[id]?.requests ?? 0) <= Limits.wallboardRequestsPerMinute
    }
}
