import AMI

/// What the dial plan does around its queues, read from the items of `ShowDialPlan` one by one and never kept whole: a large one has tens
/// of thousands of priorities.
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

    /// A `Queue()` and what comes after it.
    public struct QueueCall: Equatable, Sendable {
        public enum Next: Equatable, Sendable {
            /// The extension ends without a word about what became of the caller.
            case nothing
            case notice
            /// It goes on elsewhere, in this context; empty where a variable or a subroutine decides.
            case elsewhere(context: String)
        }
        public var place: Place
        public var queue: String
        public var next = Next.nothing
    }

    /// A `UserEvent` that tells what became of a caller, and its headers as they are written.
    public struct Notice: Equatable, Sendable {
        public var place: Place
        public var event: String
        public var headers: [String: String]
    }

    /// More than any dial plan of a call centre has; what is beyond is not judged, and that is said.
    static let limit = 2_000

    public private(set) var notices: [Notice] = []
    public private(set) var queueCalls: [QueueCall] = []
    public private(set) var priorities = 0
    public private(set) var isCut = false
    private let events: [String]
    /// The last call of the extension that is being listed, if there is one yet.
    private var first = 0
    private var listed: [String] = []

    public init(events: [String]) { self.events = events }

    /// Takes in one `ListDialplan` item; priorities come in order.
    public mutating func add(_ item: Message) {
        guard let application = item["Application"], let context = item["Context"], let exten = item["Extension"] else { return }
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
            // The next Queue() overwrites what became of the one before.
            first = queueCalls.count
            queueCalls.append(QueueCall(place: place, queue: arguments.first ?? ""))
        case "userevent":
            guard let event = arguments.first, events.contains(event) else { return }
            for index in queueCalls.indices[first...] where queueCalls[index].next != .notice { queueCalls[index].next = .notice }
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
        case "goto", "gotoif", "gotoiftime", "gosub", "gosubif", "macro", "macroif", "return", "agi", "stasis", "exec", "execif":
            let target = application.lowercased() == "goto" && arguments.count == 3 && !arguments[0].contains("$") ? arguments[0] : ""
            // A jump to a label of its own extension leads on in it.
            for index in queueCalls.indices[first...] where queueCalls[index].next == .nothing {
                queueCalls[index].next = .elsewhere(context: target)
            }
        default: break
        }
    }

    /// The queue calls after which nothing tells what became of the caller, as far as that can be seen.
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

    /// At commas that are in no `${…}`, `$[…]` or brackets.
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
