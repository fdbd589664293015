import Directory
import EventLoop
import Numbering
import Store
import Telephony
import Time

/// Answers the gateway's lookups from the store: reads the number, then asks for exactly that number, off the loop.
struct DirectoryService: Sendable {
    let store: Store?
    let numbers: PhoneNumbers
    let internalPlan: InternalPlan
    let trunkRule: TrunkRule

    /// `completion` runs on the loop, never within this call's stack where a disk is asked.
    @LoopActor
    func lookUp(_ caller: CallerID, _ completion: @escaping @Sendable @LoopActor (DirectoryAnswer) -> Void) {
        let read = numbers.normalise(caller.number, trunkRule: trunkRule, internalPlan: internalPlan)
        let number = CallerNumber(read)
        guard case .number(let e164, _, _) = number else {
            // A number that cannot be read is in no registry; a withheld one is not looked up.
            let match: DirectoryMatch = number == .withheld || number == .unavailable ? .withheld : .none
            return EventLoop.post { completion(DirectoryAnswer(number: number, match: match)) }
        }
        // A digit may be missing or too many: the number is shown, but whose it is cannot be said.
        if read.isDoubtful { return EventLoop.post { completion(DirectoryAnswer(number: number, match: .none)) } }
        guard let store else {
            return EventLoop.post { completion(DirectoryAnswer(number: number, match: .notAvailable)) }
        }
        store.lookUp(e164: e164, or: read.alternative, historyLimit: ProgramLimits.historyOfPop) { result in
            let answer =
                switch result {
                case .success(let found): DirectoryAnswer(number: number, found)
                case .failure: DirectoryAnswer(number: number, match: .notAvailable)
                }
            EventLoop.post { completion(answer) }
        }
    }
}

extension CallerNumber {
    init(_ read: NormalisedNumber) {
        self =
            switch read.result {
            case .number(let e164, let kind, _, let display): .number(e164: e164, kind: kind.rawValue, display: display)
            case .extension(let digits): .extension(digits)
            case .short(let digits): .short(digits)
            case .withheld: .withheld
            case .unavailable: .unavailable
            case .invalid: .invalid
            }
    }
}

extension DirectoryAnswer {
    init(number: CallerNumber, _ found: Store.Lookup) {
        let parties = found.parties.map {
            Party(
                key: $0.key, kind: $0.kind == .company ? .company : .person, name: $0.name, town: $0.town,
                language: $0.language,
                note: $0.note)
        }
        self.init(
            number: number, match: DirectoryMatch(parties: parties, total: found.partyCount, isShared: found.isShared),
            history: found.history.map {
                PastContact(
                    at: UnixTime(microseconds: $0.arrived), queue: $0.queue, agent: $0.agent, outcome: $0.outcome)
            })
    }
}
