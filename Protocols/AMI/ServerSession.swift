import Wire

/// The switch's side of one AMI connection, as far as a simulator needs it: banner, login (plain and MD5), Ping,
/// Events, Logoff. Every other action is passed to the owner once the client is logged in. The answers have Asterisk's
/// words (`domain.md` §1.3).
public struct ServerSession: Sendable {
    public enum Output {
        case send([UInt8])
        /// From now on the client wants events.
        case loggedIn(username: String)
        /// For the owner to answer with ``answer(_:to:_:)`` or a list.
        case action(Message)
        case close
    }

    private let users: [String: String]
    private let version: String
    private let digests: Digests
    private let challenge: String
    private var framer = Framer(role: .server)
    public private(set) var username: String?
    private var closed = false

    /// `users` maps user names to secrets; `challenge` is the number that an MD5 login must sign.
    public init(users: [String: String], version: String = "11.0.0", challenge: String, digests: Digests) {
        self.users = users
        self.version = version
        self.challenge = challenge
        self.digests = digests
    }

    /// The banner, which the client receives first.
    public var greeting: [UInt8] { Array("Asterisk Call Manager/\(version)\r\n".utf8) }

    public mutating func receive(_ bytes: some Collection<UInt8>, _ body: (Output) -> Void) {
        var framer = Framer(role: .server)
        swap(&framer, &self.framer)
        framer.receive(bytes) { output in
            guard !closed else { return }
            switch output {
            case .banner: break
            case .malformed:
                body(.send(Self.response("Error", id: nil, [("Message", "Failed to parse message: line too long")])))
            case .message(let message): received(message, body)
            }
        }
        swap(&framer, &self.framer)
    }

    private mutating func received(_ message: Message, _ body: (Output) -> Void) {
        let id = message["ActionID"]
        func answer(_ title: String, _ headers: [(String, String)]) {
            body(.send(Self.response(title, id: id, headers)))
        }
        switch message["Action"]?.lowercased() {
        case nil, "": answer("Error", [("Message", "Missing action in request")])
        case "challenge": answer("Success", [("Challenge", challenge)])
        case "login": logIn(message, id: id, body)
        case "logoff":
            closed = true
            answer("Goodbye", [("Message", "Thanks for all the fish.")])
            body(.close)
        case _ where username == nil: answer("Error", [("Message", "Permission denied")])
        case "ping": answer("Success", [("Ping", "Pong")])
        case "events": answer("Success", [("Events", "On")])
        default: body(.action(message))
        }
    }

    private mutating func logIn(_ message: Message, id: String?, _ body: (Output) -> Void) {
        let name = message["Username"] ?? ""
        guard username == nil else {
            return body(.send(Self.response("Error", id: id, [("Message", "Already authenticated")])))
        }
        let accepted: Bool
        if let secret = users[name] {
            if message["AuthType"]?.lowercased() == "md5" {
                let expected = digests.md5(Array((challenge + secret).utf8))
                accepted =
                    expected.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined() == message["Key"]
            } else {
                accepted = digests.constantTimeEqual(Array(secret.utf8), Array((message["Secret"] ?? "").utf8))
            }
        } else {
            accepted = false
        }
        guard accepted else {
            closed = true
            body(.send(Self.response("Error", id: id, [("Message", "Authentication failed")])))
            return body(.close)
        }
        username = name
        body(.send(Self.response("Success", id: id, [("Message", "Authentication accepted")])))
        body(.loggedIn(username: name))
    }

    /// A response message in Asterisk's order: `Response`, `ActionID`, the rest.
    public static func response(_ title: String, id: String?, _ headers: [(String, String)]) -> [UInt8] {
        var text = "Response: \(title)\r\n"
        if let id { text += "ActionID: \(id)\r\n" }
        for (name, value) in headers { text += "\(name): \(value)\r\n" }
        return Array((text + "\r\n").utf8)
    }
}
