import Telephony

/// Of which part of the centre somebody may see calls, figures and people: everything, or what is named.
///
/// Names stay names until they are looked up in an ``Telephony/Organisation``: a supplier that gets another queue by
/// contract is seen with it by all who may see that supplier.
public struct Scope: Hashable, Sendable {
    public enum Part: Hashable, Sendable {
        case queue(QueueName)
        /// A group's queues.
        case group(String)
        /// A team's agents.
        case team(String)
        /// A supplier's queues, and the agents of its teams.
        case supplier(String)
    }

    /// In the order in which they were named, each once; nil: everything.
    public let parts: [Part]?

    public static let everything = Scope(parts: nil)
    /// Nothing at all; what somebody sees whose scope names nothing that exists.
    public static let nothing = Scope([])

    public init(_ parts: [Part]) {
        var seen: Set<Part> = []
        self.init(parts: parts.filter { seen.insert($0).inserted })
    }

    private init(parts: [Part]?) { self.parts = parts }

    public var isEverything: Bool { parts == nil }

    /// The queues that may be seen; nil: all.
    public func queues(in organisation: Organisation) -> Set<QueueName>? {
        parts.map { parts in
            Set(
                parts.flatMap { part -> [QueueName] in
                    switch part {
                    case .queue(let name): [name]
                    case .group(let name): organisation.group(named: name)?.queues ?? []
                    case .team: []
                    case .supplier(let name): organisation.supplier(named: name)?.queues ?? []
                    }
                })
        }
    }

    /// The agents that may be seen; nil: all.
    public func agents(in organisation: Organisation) -> Set<Interface>? {
        parts.map { parts in
            Set(
                parts.flatMap { part -> [Interface] in
                    switch part {
                    case .queue, .group: []
                    case .team(let name): organisation.team(named: name)?.agents ?? []
                    case .supplier(let name):
                        organisation.teams.filter { $0.supplier == name }.flatMap(\.agents)
                    }
                })
        }
    }
}

// MARK: in words: `everything`, `supplier:Alfa`, `queue:informazioni`

extension Scope.Part: CustomStringConvertible, Codable {
    public init?(_ text: String) {
        guard let colon = text.firstIndex(of: ":") else { return nil }
        let name = String(text[text.index(after: colon)...])
        guard Organisation.isName(name) else { return nil }
        switch text[..<colon] {
        case "queue": self = .queue(QueueName(name))
        case "group": self = .group(name)
        case "team": self = .team(name)
        case "supplier": self = .supplier(name)
        default: return nil
        }
    }

    public var description: String {
        switch self {
        case .queue(let name): "queue:\(name.rawValue)"
        case .group(let name): "group:\(name)"
        case .team(let name): "team:\(name)"
        case .supplier(let name): "supplier:\(name)"
        }
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let part = Self(text) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "“\(text)” is no part of a scope")
        }
        self = part
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

/// JSON: `"everything"`, or a list of parts.
extension Scope: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let parts = try? container.decode([Part].self) {
            self.init(parts)
        } else if try container.decode(String.self) == "everything" {
            self = .everything
        } else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "neither “everything” nor a list")
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        if let parts { try container.encode(parts) } else { try container.encode("everything") }
    }
}
