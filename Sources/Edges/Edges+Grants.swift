import Access
import Core
import HTTP
import Telephony
import Time

/// Who asks, and what that person or program sees now.
extension Edges {
    func admission(of request: Request, to door: Door) -> Admission {
        rules.admission(of: request, to: door) { credentials[$0] }
    }

    /// The grant of the store that the request shows; nil: it shows none, or something else.
    func storedGrant(of request: Request) -> Grant? {
        AccessRules.shown(by: request).flatMap { rules.grant(of: $0) { credentials[$0] } }
    }

    /// What the request shows, as it is known when the store takes it back; nil where the store gave nothing for it.
    func credential(of request: Request) -> [UInt8]? {
        AccessRules.shown(by: request).map(rules.digest(of:)).flatMap { credentials[$0] == nil ? nil : $0 }
    }

    func sight(of grant: Grant, _ core: Core) -> Sight { rules.sight(of: grant, in: core.rules.organisation) }

    /// Whatever was opened by another grant for the same credential is closed: who still may see something asks again.
    mutating func granted(_ digest: [UInt8], _ grant: Grant?, at now: Moment, _ effects: inout [Effect]) {
        let before = credentials[digest]
        credentials[digest] = grant
        guard let before, before != grant else { return }
        for id in clients.ids where clients[id]?.credential == digest { dismiss(id, at: now, &effects) }
    }

    /// The names in scopes mean something else now. Who has one asks again.
    mutating func organisationChanged(at now: Moment, _ effects: inout [Effect]) {
        for id in clients.ids {
            guard let digest = clients[id]?.credential, let grant = credentials[digest], !grant.scope.isEverything
            else { continue }
            dismiss(id, at: now, &effects)
        }
    }

    private mutating func dismiss(_ id: ConnectionID, at now: Moment, _ effects: inout [Effect]) {
        // 1008: policy (RFC 6455 §7.4.1). The page connects again, and is asked to sign in.
        if clients[id]?.role == .desk || wallboards.subscribers[id]?.transport == .webSocket {
            effects.append(.send(id, WebSocketFrame.close(1008, "sign in again")))
        }
        effects.append(.close(id))
        auditLeaving(id, at: now, &effects)
        forget(id, &effects)
    }

    /// The connection is gone, or is to go.
    mutating func forget(_ id: ConnectionID, _ effects: inout [Effect]) {
        clients[id] = nil
        desks.closed(id)
        wallboards.closed(id)
        stopLookingBack(for: id, &effects)
    }
}
