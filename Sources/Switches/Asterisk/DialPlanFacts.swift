import AMI

/// What the dial plan does around its queues. The items of `ShowDialPlan` are read one by one and not stored: a large
/// dial plan has tens of thousands of priorities.
public struct DialPlanFacts: Equatable, Sendable {
    public struct Place: Equatable, Sendable, CustomStringConvertible {
        public var context: String
        public var exten: String
        public var priority: String
        public var description: String { "[\(context)] exten => \(exten),\(priority)" }

        public init(context: String, exten: String, priority: String) {
            self.context = context
            self.exten = exten
            self.priority = priority
        }
    }

    /// A call of `Queue()` and what follows it.
    public struct QueueCall: Equatable, Sendable {
        public enum Next: Equatable, Sendable {
            /// The extension ends without reporting what became of the caller.
            case nothing
            case notice
            /// It continues in this context; empty if a variable or a subroutine decides.
            case elsewhere(context: String)
        }
        public var place: Place
        public var queue: String
        public var next = Next.nothing
    }

    /// A `UserEvent` that reports what became of a caller, with its headers as written.
    public struct Notice: Equatable, Sendable {
        public var place: Place
        public var event: String
        public var headers: [String: String]
    }

    /// More than any call centre's dial plan has. What is beyond the limit is not judged, and the result says so.
    static let limit = 2_000

    public private(set) var notices: [Notice] = []
    public private(set) var queueCalls: [QueueCall] = []
    public private(set) var priorities = 0
    public private(set) var isCut = false
    private let events: [String]
    /// The last queue call of the extension that is being listed; the end of the list if there is none yet.
    private var first = 0
    private var listed: [String] = []

    public init(events: [String]) { self.events = events }

    /// Adds one `ListDialplan` item; priorities come in order.
    public mutating func add(_ item: Message) {
        guard let application = item["Application"], let context = item["Context"], let exten = item["Extension"] else {
            return
        }
        priorities += 1
        let place = Place(context: context, exten: exten, priority: item["Priority"] ?? "")
        if listed != [context, exten] {
            first = queueCalls.count
            listed = [context, exten]
        }
        let arguments = split(item["AppData"] ?? "")
        switch application.lowercased() {
        case "queue":
            guard queueCalls.count < Self.limit else {
                isCut = true
                return
            }
            // The next Queue() overwrites the result of the one before.
            first = queueCalls.count
            queueCalls.append(QueueCall(place: place, queue: arguments.first ?? ""))
        case "userevent":
            guard let event = arguments.first, events.contains(event) else { return }
            for index in queueCalls.indices[first...] where queueCalls[index].next != .notice {
                queueCalls[index].next = .notice
            }
            guard notices.count < Self.limit else {
                isCut = true
                return
            }
            var headers: [String: String] = [:]
            for argument in arguments.dropFirst() {
                guard let colon = argument.firstIndex(of: ":") else { continue }
                let value = argument[argument.index(after: colon)...].drop { $0 == " " }
                headers[String(argument[..<colon])] = String(value)
            }
            notices.append(Notice(place: place, event: event, headers: headers))
        case "goto", "gotoif", "gotoiftime", "gosub", "gosubif", "macro", "macroif", "return", "agi", "stasis", "exec",
            "execif":
            let target =
                application.lowercased() == "goto" && arguments.count == 3 && !arguments[0].contains("$")
                ? arguments[0] : ""
            // A jump to a label of the same extension continues in it.
            for index in queueCalls.indices[first...] where queueCalls[index].next == .nothing {
                queueCalls[index].next = .elsewhere(context: target)
            }
        default: break
        }
    }

    /// The queue calls after which nothing reports what became of the caller, as far as the dial plan shows it.
    public var untold: [QueueCall] {
        let told = Set(notices.map(\.place.context))
        return queueCalls.filter { call in
            switch call.next {
            case .nothing: true
            case .notice: false
            case .elsewhere(let context): !context.isEmpty && !told.contains(context)
            }
        }
    }

    /// Splits at commas that are not inside `${…}`, `$[…]` or brackets.
    private func split(_ text: String) -> [String] {
        var parts = [""]
        var depth = 0
        for character in text {
            switch character {
            case "{", "[", "(": depth += 1
            case "}", "]", ")": depth -= 1
            default: break
            }
            if character == ",", depth <= 0 { parts.append("") } else { parts[parts.count - 1].append(character) }
        }
        return parts
    }
}
