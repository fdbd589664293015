import ACD
import HTTP
import Switches
import Telephony
import Time
import Wallboard
import Wire

/// The stream between the core and its readers.
extension Gateway {
    func wallboardView(at now: Moment) -> WallboardHub.View { WallboardHub.View(rooms: rooms, stream: stream, now: now) }

    // MARK: the core's side

    /// Cuts the change that is due by now, at the moment at which it was due; before anything else that comes later.
    mutating func cutStream(until uptime: Span, _ effects: inout [Effect]) {
        guard let change = stream.cut(&rooms, until: uptime) else { return }
        for index in rooms.indices where rooms[index].state == .connected {
            // What an alarm does at this moment is told with this change.
            _ = rooms[index].alarms.evaluate(change.queues.filter { $0.room == index }.map(\.name), rooms[index].acd, at: change.at)
        }
        wallboards.take(change, wallboardView(at: change.at), &effects)
    }

    // MARK: what a reader says

    /// What a request for the stream asks for; nil when it has been refused.
    func wallboardSubscription(_ request: Request, _ connection: HTTP.Connection) -> (WallboardSubscription, resume: String?)? {
        if let refusal = refusalOfWallboard(request) {
            connection.respond(refusal)
            return nil
        }
        do throws(WallboardFault) { return try subscription(request) } catch {
            connection.respond(.error(400, error.description))
            return nil
        }
    }

    func subscription(_ request: Request) throws(WallboardFault) -> (subscription: WallboardSubscription, resume: String?) {
        let asked = try WallboardRequest(request.query)
        let subscription = try asked.subscribe.map { (wish) throws(WallboardFault) in try WallboardSubscription(wish, wallboardCatalogue) }
        // A browser's own reconnection repeats the address and adds the field, which knows more.
        return (permitted(subscription ?? .everything), request.headers.first("Last-Event-ID") ?? asked.resume)
    }

    /// Where only counts may be shown nobody is named, whatever is asked for.
    func permitted(_ subscription: WallboardSubscription) -> WallboardSubscription {
        guard !configuration.namesAgents else { return subscription }
        var subscription = subscription
        subscription.hasAgents = false
        return subscription
    }

    /// A line from a reader on the line port.
    mutating func wallboardReceived(_ id: ConnectionID, _ bytes: [UInt8], at now: Moment, _ effects: inout [Effect]) {
        guard let outputs = wallboards.subscribers[id]?.framer.receive(bytes) else { return }
        for output in outputs {
            switch output {
            case .line(let line): wallboardAsked(id, line, at: now, &effects)
            case .tooLong: refuse(id, WallboardFault("A line has at most \(Limits.wallboardLineBytes) bytes."), at: now, &effects)
            }
        }
    }

    mutating func wallboardAsked(_ id: ConnectionID, _ text: [UInt8], at now: Moment, _ effects: inout [Effect]) {
        guard wallboards.mayAsk(id, at: now) else {
            // More than a person or a sound program would: it is told once, and goes.
            guard wallboards.subscribers[id] != nil else { return }
            refuse(id, WallboardFault("More than \(Limits.wallboardRequestsPerMinute) requests in a minute."), at: now, &effects)
            wallboards.closed(id)
            return effects.append(.close(id))
        }
        do {
            guard text.count <= Limits.wallboardLineBytes else {
                throw WallboardFault("A request has at most \(Limits.wallboardLineBytes) bytes.")
            }
            let request = try WallboardRequest(reading: text)
            let subscription = try request.subscribe.map { try WallboardSubscription($0, wallboardCatalogue) }
            wallboards.change(id, to: subscription.map(permitted), resume: request.resume, wallboardView(at: now), &effects)
        } catch {
            refuse(id, WallboardFault(reading: error), at: now, &effects)
        }
    }

    private func refuse(_ id: ConnectionID, _ fault: WallboardFault, at now: Moment, _ effects: inout [Effect]) {
        guard let subscriber = wallboards.subscribers[id], subscriber.behind == nil else { return }
        let json = JSON.encode(WallboardRefusal(at: "\(now.date)", message: fault.description))
        effects.append(.send(id, wallboards.framed(json, stream.sequence, subscriber.transport)))
    }

    /// What there is to choose from. A switch that is not connected may have queues of which it has not told yet: after a restart a reader must
    /// not be refused what it had a minute ago.
    func wallboardCatalogue() -> WallboardSubscription.Catalogue {
        WallboardSubscription.Catalogue(
            queues: Set(rooms.flatMap(\.acd.queues.keys)), isComplete: rooms.allSatisfy { $0.state == .connected },
            groups: configuration.organisation.queuesByGroup)
    }
}

extension WallboardHub {
    /// Counts a request; false for one too many in this minute.
    mutating func mayAsk(_ id: ConnectionID, at now: Moment) -> Bool {
        guard let subscriber = subscribers[id] else { return false }
        if now.uptime - subscriber.requestsSince >= .seconds(60) {
            subscribers[id]?.requestsSince = now.uptime
            subscribers[id]?.requests = 0
        }
        subscribers[id]?.requests += 1
        return (subscribers[id]?.requests ?? 0) <= Limits.wallboardRequestsPerMinute
    }
}
