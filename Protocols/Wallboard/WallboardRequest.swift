import Wire

/// What a reader may send on a WebSocket or on the line port: one JSON object. Over HTTP the query says the same.
///
/// Any fault in it is a ``WallboardFault`` that names the fault and the possible values.
public struct WallboardRequest: Decodable, Equatable, Sendable {
    /// The filter from now on; nil leaves the present one.
    public var subscribe: WallboardWish?
    /// The last event's id (`<stream>-<seq>`), or the bare number of the last message.
    public var resume: String?

    public init(subscribe: WallboardWish? = nil, resume: String? = nil) {
        self.subscribe = subscribe
        self.resume = resume
    }

    private enum CodingKeys: String, CodingKey, CaseIterable { case subscribe, resume }

    public init(from decoder: any Decoder) throws {
        try decoder.refuseUnknownMembers(CodingKeys.self, "a request")
        let members = try decoder.container(keyedBy: CodingKeys.self)
        subscribe = try members.decodeIfPresent(WallboardWish.self, forKey: .subscribe)
        if let number = try? members.decodeIfPresent(UInt64.self, forKey: .resume) {
            resume = "\(number)"
        } else {
            resume = try members.decodeIfPresent(String.self, forKey: .resume)
        }
        if subscribe == nil, resume == nil {
            throw WallboardFault(#"A reader says {"subscribe": {…}}, {"resume": "…"}, or both in one object."#)
        }
    }
}

/// A reader's filter: which queues, which of their members, and how often.
public struct WallboardWish: Decodable, Equatable, Sendable {
    /// Names of queues, and of groups of queues; nil in both means all queues.
    public var queues: [String]?
    public var groups: [String]?
    /// The members of a queue that are sent besides `switch` and `name`; nil means all.
    public var metrics: [String]?
    public var agents: Bool?
    /// The least time between two changes.
    public var minIntervalMs: Int?
    /// A queue is sent if one of these metrics has changed by at least this much since it was last sent to this reader;
    /// nil means at every change.
    public var insensitivity: [String: Double]?

    public init(
        queues: [String]? = nil, groups: [String]? = nil, metrics: [String]? = nil, agents: Bool? = nil,
        minIntervalMs: Int? = nil,
        insensitivity: [String: Double]? = nil
    ) {
        self.queues = queues
        self.groups = groups
        self.metrics = metrics
        self.agents = agents
        self.minIntervalMs = minIntervalMs
        self.insensitivity = insensitivity
    }

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case queues, groups, metrics, agents, minIntervalMs, insensitivity
    }

    public init(from decoder: any Decoder) throws {
        try decoder.refuseUnknownMembers(CodingKeys.self, "subscribe")
        let members = try decoder.container(keyedBy: CodingKeys.self)
        queues = try members.decodeIfPresent([String].self, forKey: .queues)
        groups = try members.decodeIfPresent([String].self, forKey: .groups)
        metrics = try members.decodeIfPresent([String].self, forKey: .metrics)
        agents = try members.decodeIfPresent(Bool.self, forKey: .agents)
        minIntervalMs = try members.decodeIfPresent(Int.self, forKey: .minIntervalMs)
        insensitivity = try members.decodeIfPresent([String: Double].self, forKey: .insensitivity)
    }
}

extension WallboardRequest {
    /// Reads a frame or a line.
    public init(reading json: [UInt8]) throws(WallboardFault) {
        if let name = JSON.repeatedMember(in: json) {
            throw WallboardFault("“\(name)” occurs twice, and it is unknown which is meant: send it once.")
        }
        do { self = try JSON.read(WallboardRequest.self, from: json) } catch { throw WallboardFault(reading: error) }
    }
}

/// Why a reader does not get what it asked for.
public struct WallboardFault: Error, Equatable, Sendable, CustomStringConvertible {
    public var description: String
    public init(_ description: String) { self.description = description }

    /// The fault of a request that could not be read.
    public init(reading error: any Error) {
        switch error {
        case let fault as WallboardFault: self = fault
        case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context),
            DecodingError.keyNotFound(_, let context):
            let path = context.codingPath.map(\.stringValue).joined(separator: ".")
            self.init(path.isEmpty ? "This is not a JSON object." : "“\(path)” has the wrong type.")
        default: self.init("This is not JSON, or a number in it is out of range.")
        }
    }
}

/// The answer to a request that cannot be fulfilled: `{"type":"error",…}`. The reader's previous subscription
/// continues.
public struct WallboardRefusal: Codable, Equatable, Sendable {
    public enum Kind: String, Codable, Sendable { case error }
    public var type = Kind.error
    public var at: String
    /// For people: the fault, and the possible values.
    public var message: String

    public init(at: String, message: String) {
        self.at = at
        self.message = message
    }
}

private struct AnyMember: CodingKey {
    let stringValue: String
    let intValue: Int? = nil
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
}

extension Decoder {
    /// An unknown member is refused: a reader who mistypes a filter must not silently get the whole stream.
    fileprivate func refuseUnknownMembers<Keys: CodingKey & CaseIterable>(_ known: Keys.Type, _ place: String) throws {
        let unknown = try container(keyedBy: AnyMember.self).allKeys.map(\.stringValue).sorted().first {
            Keys(stringValue: $0) == nil
        }
        guard let unknown else { return }
        throw WallboardFault(
            "“\(unknown.prefix(Limits.quotedCharacters))” is not a member of \(place); there are: \(Keys.allCases.map(\.stringValue).joined(separator: ", "))."
        )
    }
}
