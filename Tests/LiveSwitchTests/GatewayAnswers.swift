import Records

extension ContactDocument.Leg {
    /// Talk and hold together, as queue_log has it.
    var connectedSeconds: Double? { talkSeconds.map { $0 + (holdSeconds ?? 0) } }
}

/// `GET /v1/wallboard`, as far as the tests compare it.
struct Figures: Decodable {
    struct FlowOut: Decodable {
        var timeout: Int, key: Int, empty: Int, withdrawn: Int, unknown: Int
    }

    struct Queue: Decodable {
        var `switch`: String
        var name: String
        var waiting: Int
        var talking: Int
        var offered: Int
        var answered: Int
        var abandoned: Int
        var flowOut: FlowOut
        var lost: Int
    }

    struct Link: Decodable {
        var name: String
        var state: String
        var since: String
    }

    var queues: [Queue]
    var switches: [Link]

    /// The figures of one queue that only grow, by name; a queue that nobody called has none.
    func counts(_ switchID: String, _ queue: String) -> [String: Int] {
        guard let found = queues.first(where: { $0.switch == switchID && $0.name == queue }) else { return [:] }
        return [
            "offered": found.offered, "answered": found.answered, "abandoned": found.abandoned, "lost": found.lost,
            "flowOut.timeout": found.flowOut.timeout, "flowOut.key": found.flowOut.key,
            "flowOut.empty": found.flowOut.empty,
            "flowOut.withdrawn": found.flowOut.withdrawn, "flowOut.unknown": found.flowOut.unknown,
            "waiting": found.waiting,
            "talking": found.talking,
        ]
    }
}

/// `GET /v1/status`, likewise.
struct GatewayStatus: Decodable {
    struct Switch: Decodable {
        var name: String
        var state: String
        var eventsRead: Int?
        var malformed: Int?
        var openContacts: Int
        var gaps: Int
    }
    var switches: [Switch]
}
