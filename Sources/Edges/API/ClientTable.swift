import Core
import Time

/// The HTTP port's connections, with counts of those that have not become a desk or a reader of the stream: each new
/// connection asks for these, and they must not cost more the more there are.
struct ClientTable {
    private var clients: [ConnectionID: HTTPClient] = [:]
    private var unsettledOfAddress: [String: Int] = [:]
    private(set) var unsettled = 0

    var count: Int { clients.count }
    var isEmpty: Bool { clients.isEmpty }
    var ids: [ConnectionID] { clients.keys.sorted() }

    func unsettled(of address: String) -> Int { unsettledOfAddress[address, default: 0] }

    /// Those whose deadline has come, in order.
    func late(at now: Moment) -> [(id: ConnectionID, client: HTTPClient)] {
        clients.filter { $0.value.deadline <= now.uptime }.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    subscript(id: ConnectionID) -> HTTPClient? {
        get { clients[id] }
        _modify {
            let before = clients[id].flatMap(Self.unsettledAddress)
            defer {
                let after = clients[id].flatMap(Self.unsettledAddress)
                if before != after {
                    if let before { count(before, -1) }
                    if let after { count(after, 1) }
                }
            }
            yield &clients[id]
        }
    }

    private static func unsettledAddress(_ client: HTTPClient) -> String? {
        client.role == .requests ? client.address : nil
    }

    private mutating func count(_ address: String, _ change: Int) {
        unsettled += change
        let count = unsettledOfAddress[address, default: 0] + change
        unsettledOfAddress[address] = count == 0 ? nil : count
    }
}
