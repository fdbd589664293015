/// What a desk (the agent's page or a CRM's helper program) sends to the gateway: one JSON object in a WebSocket text
/// frame, or on a line of the TCP port.
public enum DeskMessage: Equatable, Sendable {
    case hello(Hello)
    case acknowledge(Acknowledgement)
    /// The after-call work is over: the agent has filed the call and is ready for the next one.
    case wrapUpDone

    public struct Hello: Codable, Equatable, Sendable {
        /// The shared secret of the desks, from the configuration. Empty, or absent in JSON, where a session's cookie
        /// came with the WebSocket.
        public var token: String
        /// The agent's interface (`PJSIP/1001`), name or configured id.
        public var agent: String
        /// The switch, if several have an interface of that name; absent: all switches.
        public var `switch`: String?
        /// The protocol version that the desk speaks: 1.
        public var version: Int

        public init(token: String, agent: String, switch: String? = nil, version: Int) {
            self.token = token
            self.agent = agent
            self.switch = `switch`
            self.version = version
        }

        public init(from decoder: any Decoder) throws {
            let members = try decoder.container(keyedBy: CodingKeys.self)
            token = try members.decodeIfPresent(String.self, forKey: .token) ?? ""
            agent = try members.decode(String.self, forKey: .agent)
            `switch` = try members.decodeIfPresent(String.self, forKey: .switch)
            version = try members.decode(Int.self, forKey: .version)
        }
    }

    public struct Acknowledgement: Codable, Equatable, Sendable {
        public var popId: String
        public var revision: Int
        /// When the agent could see the message: RFC 3339, by the desk's clock.
        public var shownAt: String?

        public init(popId: String, revision: Int, shownAt: String? = nil) {
            self.popId = popId
            self.revision = revision
            self.shownAt = shownAt
        }
    }
}

extension DeskMessage: Decodable {
    private enum Key: String, CodingKey { case type }

    public init(from decoder: any Decoder) throws {
        let type = try decoder.container(keyedBy: Key.self).decode(String.self, forKey: .type)
        switch type {
        case "hello": self = .hello(try Hello(from: decoder))
        case "wrapUp.done": self = .wrapUpDone
        case "pop.ack": self = .acknowledge(try Acknowledgement(from: decoder))
        default: throw DeskFault.unknownType(type)
        }
    }
}
