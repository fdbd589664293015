/// What a switch without AMI reports about a call: our canonical event, `event.schema.json`. Absent members are
/// unknown.
public struct CallEvent: Codable, Equatable, Sendable {
    public enum Kind: String, Codable, Equatable, Sendable, CaseIterable {
        case initiated = "call.initiated"
        case queued = "call.queued"
        case ringing = "call.ringing"
        case answered = "call.answered"
        case held = "call.held"
        case resumed = "call.resumed"
        case transferred = "call.transferred"
        case ended = "call.ended"
    }

    public enum Direction: String, Codable, Equatable, Sendable, CaseIterable { case inbound, outbound, `internal` }

    public enum Presentation: String, Codable, Equatable, Sendable, CaseIterable {
        case allowed
        /// The caller withholds the number.
        case restricted
        /// The network did not know the number.
        case unavailable
    }

    public struct Caller: Codable, Equatable, Sendable {
        /// The number as the switch had it, not normalised; until then it is hostile text.
        public var raw: String?
        /// As the switch had it; control and bidirectional-formatting characters are replaced by blanks.
        public var name: String?
        public var presentation: Presentation

        public init(raw: String?, name: String? = nil, presentation: Presentation = .allowed) {
            self.raw = raw
            self.name = name
            self.presentation = presentation
        }
    }

    public struct Agent: Codable, Equatable, Sendable {
        /// The agent's interface or configured id, as the desk sends it in its `hello`.
        public var id: String
        public var name: String?

        public init(id: String, name: String? = nil) {
            self.id = id
            self.name = name
        }
    }

    public enum EndedBy: String, Codable, Equatable, Sendable, CaseIterable { case caller, agent, system }

    public var type: Kind
    /// When it happened, by the sender's clock: RFC 3339, as sent.
    public var timestamp: String
    /// The sender's name of the call, the same in all its events.
    public var callId: String
    /// Read and checked, but not used yet.
    public var direction: Direction?
    public var from: Caller?
    /// The number that was called, as the switch had it.
    public var to: String?
    public var queue: String?
    public var agent: Agent?
    /// Q.850 hang-up cause, 0 to 127. Read and checked, but not used yet.
    public var cause: Int?
    public var endedBy: EndedBy?
    /// In `call.ended`, seconds since the answer.
    public var talkSeconds: Double?
    /// Grows with each event of the call. It orders events of one instant.
    public var seq: Int?

    public init(
        type: Kind, timestamp: String, callId: String, direction: Direction? = nil, from: Caller? = nil,
        to: String? = nil,
        queue: String? = nil,
        agent: Agent? = nil, cause: Int? = nil, endedBy: EndedBy? = nil, talkSeconds: Double? = nil, seq: Int? = nil
    ) {
        self.type = type
        self.timestamp = timestamp
        self.callId = callId
        self.direction = direction
        self.from = from
        self.to = to
        self.queue = queue
        self.agent = agent
        self.cause = cause
        self.endedBy = endedBy
        self.talkSeconds = talkSeconds
        self.seq = seq
    }
}
