import Core
import Wallboard
import Wire

/// A message as it was written once, and what a subscription leaves of it: members are taken out of the bytes, nothing
/// is written again.
struct WallboardPieces {
    struct Queue {
        var name: String
        var whole: ArraySlice<UInt8>
        var members: [(name: String, value: ArraySlice<UInt8>)]
    }

    let message: WallboardMessage
    let json: [UInt8]
    /// In the order of `message.queues` and so on.
    private(set) var queues: [Queue] = []
    private(set) var agents: [ArraySlice<UInt8>] = []
    private var switches: ArraySlice<UInt8>?
    private var rest: [(name: String, value: ArraySlice<UInt8>)] = []

    init(_ message: WallboardMessage, _ json: [UInt8]) {
        self.message = message
        self.json = json
        for member in JSON.members(of: json[...]) {
            switch member.name {
            case "queues":
                queues = zip(message.queues ?? [], JSON.elements(of: member.value)).map {
                    Queue(name: $0.name, whole: $1, members: JSON.members(of: $1))
                }
            case "agents": agents = JSON.elements(of: member.value)
            case "switches": switches = member.value
            default: rest.append(member)
            }
        }
    }

    /// One queue with the members that the subscription asks for.
    func bytes(ofQueue index: Int, _ subscription: WallboardSubscription) -> ArraySlice<UInt8> {
        guard let metrics = subscription.metrics else { return queues[index].whole }
        return JSON.object(
            queues[index].members.filter {
                WallboardSubscription.keyNames.contains($0.name) || metrics.contains($0.name)
            })[...]
    }

    /// The message with these queues and agents, and more members; a list of which nothing is left is left out of a
    /// change.
    func assembled(
        queues: [ArraySlice<UInt8>], agents: [ArraySlice<UInt8>], adding: [(name: String, value: String)] = []
    ) -> [UInt8] {
        var members = rest + adding.map { ($0.name, Array($0.value.utf8)[...]) }
        let isWhole = message.type == .snapshot
        if isWhole || !queues.isEmpty { members.append(("queues", JSON.array(queues)[...])) }
        if isWhole || !agents.isEmpty { members.append(("agents", JSON.array(agents)[...])) }
        if let switches { members.append(("switches", switches)) }
        return JSON.object(members.sorted { $0.name < $1.name })
    }

    var hasSwitches: Bool { switches != nil }
}

/// A metric's value as an insensitivity compares it.
enum MetricValue: Equatable {
    case unknown
    case number(Double)
    /// Anything else: each difference counts.
    case other([UInt8])

    /// The value of a queue's member as it was written; of a service level, its ratio.
    init(_ bytes: ArraySlice<UInt8>?) {
        guard let bytes, !bytes.elementsEqual("null".utf8) else {
            self = .unknown
            return
        }
        if let number = Self.number(bytes) {
            self = .number(number)
            return
        }
        let members = JSON.members(of: bytes)
        guard members.contains(where: { $0.name == "denominator" }) else {
            self = .other(Array(bytes))
            return
        }
        self =
            members.first { $0.name == "ratio" }.flatMap { Self.number($0.value) }.map(MetricValue.number) ?? .unknown
    }

    private static func number(_ bytes: ArraySlice<UInt8>) -> Double? {
        guard let first = bytes.first, first == UInt8(ascii: "-") || (0x30...0x39).contains(first) else { return nil }
        return Double(String(decoding: bytes, as: UTF8.self))
    }

    func hasMoved(from before: MetricValue, by step: Double) -> Bool {
        guard case .number(let new) = self, case .number(let old) = before else { return self != before }
        // 0.57 - 0.56 is a little less than 0.01.
        return abs(new - old) >= step - 1e-9
    }
}
