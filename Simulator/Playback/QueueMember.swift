import AMI

/// A member of a queue, as an item of QueueStatus says it or an event about members does.
struct QueueMember: Sendable {
    struct Key: Hashable, Sendable {
        var queue: String
        var interface: String
    }

    var key: Key
    private var values: [String: [UInt8]]

    /// A `QueueMember` item: `Name` and `Location` are `MemberName` and `Interface` elsewhere, and `Ringinuse` is not
    /// in it.
    init(item: Message, ringInUse: [Key: String]) {
        values = Self.values(of: item)
        values["MemberName"] = values["Name"]
        values["Interface"] = values["Location"]
        key = Key(queue: item["Queue"] ?? "", interface: item["Location"] ?? "")
        values["Ringinuse"] = Array((ringInUse[key] ?? "0").utf8)
    }

    init(event: Message) {
        values = Self.values(of: event)
        key = Key(queue: event["Queue"] ?? "", interface: event["Interface"] ?? "")
    }

    private static func values(of message: Message) -> [String: [UInt8]] {
        Dictionary((0..<message.count).map { (message.name(at: $0), Array(message.bytes(at: $0))) }) { first, _ in first
        }
    }

    /// The event that says this member's state: `QueueMemberStatus`, `QueueMemberAdded` or `QueueMemberRemoved`, which
    /// all have the same headers in the same order (Asterisk `apps/app_queue.c`).
    func event(_ name: String) -> MessageTemplate {
        var template = MessageTemplate()
        template.append("Event", name)
        template.append("Privilege", "agent,all")
        let headers = [
            "Queue", "MemberName", "Interface", "StateInterface", "Membership", "Penalty", "CallsTaken", "LastCall",
            "LastPause",
            "LoginTime",
            "InCall", "Status", "Paused", "PausedReason", "Ringinuse", "Wrapuptime",
        ]
        for header in headers { if let value = values[header] { template.append(header, value[...]) } }
        template.end()
        return template
    }
}

/// What the live events of a recording say about who is a member.
struct MemberChanges {
    private var changes: [(key: QueueMember.Key, member: QueueMember?)] = []
    /// `Ringinuse` by member, which the inventory does not show.
    private(set) var ringInUse: [QueueMember.Key: String] = [:]

    mutating func see(_ event: Message) {
        guard event.title.starts(with: "QueueMember".utf8) else { return }
        let member = QueueMember(event: event)
        if ringInUse[member.key] == nil, let value = event["Ringinuse"] { ringInUse[member.key] = value }
        if event.isTitled("QueueMemberAdded") { changes.append((member.key, member)) }
        if event.isTitled("QueueMemberRemoved") { changes.append((member.key, nil)) }
    }

    func applied(to members: [QueueMember]) -> [QueueMember] {
        var members = members
        for (key, member) in changes {
            members.removeAll { $0.key == key }
            if let member { members.append(member) }
        }
        return members
    }
}
