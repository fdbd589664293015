import Figures
import Telephony
import Wallboard

/// The wire's words for what the core knows. Whatever is new there does not compile here until it has a word.
extension WallboardMessage.AgentState {
    public init(_ state: Telephony.AgentState) {
        self =
            switch state {
            case .loggedOff: .loggedOff
            case .unreachable: .unreachable
            case .talking: .talking
            case .held: .held
            case .consulting: .consulting
            case .ringing: .ringing
            case .wrapUp: .wrapUp
            case .other: .other
            case .paused: .paused
            case .partiallyAvailable: .partiallyAvailable
            case .available: .available
            case .unknown: .unknown
            }
    }
}

extension WallboardMessage {
    static func byState<Value>(_ values: [Telephony.AgentState: Value]) -> [String: Value] {
        Dictionary(uniqueKeysWithValues: values.map { (AgentState($0.key).rawValue, $0.value) })
    }
}

extension WallboardMessage.FlowOut {
    init(_ visits: VisitTally) {
        self.init(timeout: 0, key: 0, empty: 0, withdrawn: 0, unknown: 0)
        for reason in QueueVisit.FlowOut.allCases {
            let count = visits.count(of: .flowOut(reason))
            switch reason {
            case .timeout: timeout = count
            case .key: key = count
            case .empty: empty = count
            case .withdrawn: withdrawn = count
            case .unknown: unknown = count
            }
        }
    }
}
