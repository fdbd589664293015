import Access
import Core
import HTTP
import Telephony

/// Who asks, and what that person or program sees now.
extension Edges {
    func admission(of request: Request, to door: Door) -> Admission {
        rules.admission(of: request, to: door) { credentials[$0] }
    }

    /// The grant of the store that the request shows; nil: it shows none, or something else.
    func storedGrant(of request: Request) -> Grant? {
        AccessRules.token(of: request).flatMap { rules.grant(of: $0) { credentials[$0] } }
    }

    /// What the request shows, as it is known when the store takes it back; nil where the store gave nothing for it.
    func credential(of request: Request) -> [UInt8]? {
        AccessRules.token(of: request).map(rules.digest(of:)).flatMap { credentials[$0] == nil ? nil : $0 }
    }

    func sight(of grant: Grant, _ core: Core) -> Sight { rules.sight(of: grant, in: core.rules.organisation) }

    /// Whatever was opened by another grant for the same credential is closed: who still may see something asks again.
    mutating func granted(_ digest: [UInt8], _ grant: Grant?, _ effects: inout [Effect]) {
        let before = credentials[digest]
        credentials[digest] = grant
        guard let before, before != grant else { return }
        for id in clients.ids where clients[id]?.credential == digest {
            effects.append(.close(id))
            forget(id, &effects)
        }
    }

    /// The connection is gone, or is to go.
    mutating func forget(_ id: ConnectionID, _ effects: inout [Effect]) {
        clients[id] = nil
        desks.closed(id)
        wallboards.closed(id)
        stopLookingBack(for: id, &effects)
    }
}
