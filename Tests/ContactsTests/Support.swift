import Contacts
import Directory
import Telephony
import Time

let key = ContactKey(1)
let info = QueueName("info")
let anna = AgentRef(interface: Interface("PJSIP/1001"), name: "Anna")
let bruno = AgentRef(interface: Interface("PJSIP/1002"), name: "Bruno")
let carla = AgentRef(interface: Interface("PJSIP/1003"), name: "Carla")

func at(_ milliseconds: Int64) -> Moment {
    Moment(uptime: .milliseconds(milliseconds), date: UnixTime(seconds: 1_772_438_400) + .milliseconds(milliseconds))
}

func visit(_ number: UInt64 = 1, joined: Int64, ended: Int64? = nil, of contact: ContactKey = key) -> QueueVisit {
    QueueVisit(number: number, contact: contact, queue: info, position: 1, joined: at(joined), ended: ended.map(at))
}

func leg(
    _ number: UInt64 = 1, agent: AgentRef = anna, alerted: Int64 = 0, answered: Int64? = nil, established: Int64? = nil,
    ended: Int64? = nil,
    hold: Int64 = 0, endedBy: AgentLeg.Ender? = nil, of contact: ContactKey = key
) -> AgentLeg {
    AgentLeg(
        number: number, contact: contact, queue: info, agent: agent, channel: ChannelID("A\(number)"),
        alerted: at(alerted),
        answered: answered.map(at),
        established: established.map(at), ended: ended.map(at), hold: .milliseconds(hold), endedBy: endedBy)
}

/// `Contacts` and its outputs.
struct Desk {
    var contacts: Contacts
    private var outputs: [Contacts.Output] = []

    init(seed: UInt64 = 1) { contacts = Contacts(switch: SwitchID("roma"), seed: seed) }

    mutating func begin(_ key: ContactKey = key, arrived: Int64 = 0, isPartial: Bool = false) {
        let contact = Contact(
            key: key, channel: ChannelID("C"), caller: CallerID(number: "0612345678", name: "Mario"),
            called: "800123456",
            arrived: at(arrived),
            isPartial: isPartial)
        tell(.contactBegan(contact), at: arrived)
    }

    mutating func tell(_ event: CallEvent, at milliseconds: Int64) {
        contacts.handle(event, at: at(milliseconds), into: &outputs)
    }

    /// The registry answers for the first call that was looked up, unless another is named.
    mutating func find(_ answer: DirectoryAnswer, at milliseconds: Int64, id: ContactID? = nil) {
        for case .lookUp(let asked, _) in outputs {
            return contacts.found(answer, for: id ?? asked, at: at(milliseconds), into: &outputs)
        }
    }

    var closed: [ContactRecord] { outputs.compactMap { if case .closed(let record) = $0 { record } else { nil } } }
    var pops: [Contacts.PopChange] { outputs.compactMap { if case .pop(let change) = $0 { change } else { nil } } }

    /// One word or two for each output.
    var said: [String] {
        outputs.map { output in
            switch output {
            case .lookUp(_, let caller): return "look up \(caller.number)"
            case .closed: return "closed"
            case .pop(let change):
                let match: String
                switch change.record.match {
                case .one: match = "one"
                case .withheld: match = "withheld"
                case .pending: match = "pending"
                default: match = "other"
                }
                let kind: String
                switch change.kind {
                case .preview: kind = "preview"
                case .open: kind = "open"
                case .update: kind = "update"
                case .cancelled(let end): kind = "cancelled(\(end))"
                case .closed(let lost): kind = lost ? "lost" : "closed"
                }
                return "\(kind) \(match)"
            }
        }
    }
}
