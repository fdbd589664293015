import Calls
import Directory
import Telephony

/// Contact records and their life, and when a screen pops: a preview when the phone rings, the full card when the agent answers.
///
/// The caller is looked up when a queue is joined, so that the answer waits for the agent and not the reverse.
public struct Contacts: Sendable {
    public enum Output: Equatable, Sendable {
        case lookUp(ContactID, CallerID)
        case pop(PopChange)
        /// The record is complete.
        case closed(ContactRecord)
    }

    /// A change of what an agent should see.
    public struct PopChange: Equatable, Sendable {
        public enum Kind: Equatable, Sendable {
            case preview, open, update
            case cancelled(CallEvent.AlertingEnd)
            case closed(lost: Bool)
        }
        public var kind: Kind
        /// One pop lives as long as one leg; this numbers it within the switch.
        public var leg: AgentLeg
        public var record: ContactRecord
        public var history: [PastContact]
        public var visit: QueueVisit?
        public var at: Moment
    }

    /// Parts of one record beyond which new ones are counted but not kept: a forwarding loop must not fill the memory.
    public static let partsLimit = 200

    private struct Open: Sendable {
        var record: ContactRecord
        var history: [PastContact] = []
        var visit: QueueVisit?
        /// Ringing or talking.
        var legs: [AgentLeg] = []
        /// Its place in a queue went over to another contact.
        var isBequeathed = false
    }

    private let `switch`: SwitchID
    private var generator: SplitMix64
    private var open: [ContactKey: Open] = [:]
    private var keys: [ContactID: ContactKey] = [:]

    public init(switch: SwitchID, seed: UInt64) {
        self.switch = `switch`
        generator = SplitMix64(seed: seed)
    }

    public var openCount: Int { open.count }

    /// Records of contacts that have not ended, in order of arrival.
    public var openRecords: [ContactRecord] { open.keys.sorted { $0.number < $1.number }.compactMap { open[$0]?.record } }

    public mutating func handle(_ event: CallEvent, at now: Moment, into outputs: inout [Output]) {
        switch event {
        case .contactBegan(let contact): begin(contact, into: &outputs)
        case .contactIdentified(let key, let caller):
            guard let id = open[key]?.record.id else { return }
            open[key]!.record.caller = caller
            if caller.isWithheld { open[key]!.record.withhold() }
            // Asked even so: an answer to an earlier question, still on its way, must not be the last word.
            outputs.append(.lookUp(id, caller.isWithheld ? CallerID(number: caller.number, name: "") : caller))
        case .queued(let visit): queued(visit)
        case .alerting(let leg):
            change(leg) { $0.legs.append(leg) }
            record(leg) { _ in }
            pop(.preview, leg, at: leg.alerted, into: &outputs)
        case .alertingEnded(let leg, let reason, let moment):
            change(leg) { $0.legs.removeAll { $0.number == leg.number } }
            record(leg) {
                $0.ended = moment.date
                $0.ring = max(.zero, moment - leg.alerted)
                $0.result = .notAnswered(reason)
            }
            pop(.cancelled(reason), leg, at: moment, into: &outputs)
        case .established(let visit, let leg):
            ended(visit, .answered)
            change(leg) { open in
                if let index = open.legs.firstIndex(where: { $0.number == leg.number }) {
                    open.legs[index] = leg
                } else {
                    open.legs.append(leg)
                }
            }
            record(leg) {
                $0.established = leg.established?.date
                $0.ring = leg.ring
                $0.result = .connected
            }
            pop(.open, leg, at: now, into: &outputs)
        case .held(let leg, let moment), .retrieved(let leg, let moment):
            change(leg) { open in if let index = open.legs.firstIndex(where: { $0.number == leg.number }) { open.legs[index] = leg } }
            record(leg) { $0.hold = leg.hold }
            pop(.update, leg, at: moment, into: &outputs)
        case .disconnected(let leg):
            change(leg) { $0.legs.removeAll { $0.number == leg.number } }
            record(leg) {
                $0.ended = leg.ended?.date
                $0.talk = leg.talk
                $0.hold = leg.hold
                $0.result = .ended(leg.endedBy ?? .unknown)
            }
            pop(.closed(lost: false), leg, at: leg.ended ?? now, into: &outputs)
        case .visitEnded(let visit, let outcome):
            switch outcome {
            case .abandoned: ended(visit, .abandoned)
            case .flowOut(let reason): ended(visit, .flowOut(reason))
            case .lost: ended(visit, .lost)
            }
        case .placeInherited(let visit, let consultation): inherit(visit, from: consultation)
        case .ringNoAnswer, .refused: break
        case .contactEnded(let key, let moment, let lost): end(key, at: moment, lost: lost, into: &outputs)
        }
    }

    /// The anagrafica's answer, early or late. A late one updates what the agents see.
    public mutating func found(_ answer: DirectoryAnswer, for id: ContactID, at now: Moment, into outputs: inout [Output]) {
        guard let key = keys[id], open[key] != nil else { return }
        open[key]!.record.number = answer.number
        open[key]!.record.match = answer.match
        open[key]!.history = answer.history
        if answer.number == .withheld {
            open[key]!.record.withhold()
        }
        for leg in open[key]!.legs { pop(.update, leg, at: now, into: &outputs) }
    }

    // MARK: the record

    private mutating func begin(_ contact: Contact, into outputs: inout [Output]) {
        let id = ContactID(at: contact.arrived.date, using: &generator)
        var record = ContactRecord(
            id: id, switch: `switch`, channel: contact.channel, caller: contact.caller, number: .unavailable, called: contact.called,
            arrived: contact.arrived.date, match: .pending)
        if contact.isPartial { record.flags.insert(.partial) }
        if contact.caller.isWithheld { record.withhold() }
        open[contact.key] = Open(record: record)
        keys[id] = contact.key
        let caller = contact.caller
        outputs.append(.lookUp(id, caller.isWithheld ? CallerID(number: caller.number, name: "") : caller))
    }

    private mutating func queued(_ visit: QueueVisit) {
        guard open[visit.contact] != nil else { return }
        open[visit.contact]!.visit = visit
        guard open[visit.contact]!.record.visits.count < Self.partsLimit else { return }
        open[visit.contact]!.record.visits.append(
            ContactRecord.Visit(
                number: visit.number, queue: visit.queue, joined: visit.joined.date, left: nil, wait: nil, outcome: .waiting))
    }

    private mutating func inherit(_ visit: QueueVisit, from consultation: ContactKey) {
        guard let index = open[consultation]?.record.visits.lastIndex(where: { $0.number == visit.number }), open[visit.contact] != nil
        else { return }
        let part = open[consultation]!.record.visits.remove(at: index)
        open[visit.contact]!.record.visits.append(part)
        open[visit.contact]!.visit = visit
        let ringing = open[consultation]!.legs
        open[consultation]!.legs = []
        open[consultation]!.isBequeathed = true
        open[visit.contact]!.legs += ringing
        let numbers = Set(ringing.map(\.number))
        open[visit.contact]!.record.legs += open[consultation]!.record.legs.filter { numbers.contains($0.number) }
        open[consultation]!.record.legs.removeAll { numbers.contains($0.number) }
    }

    private mutating func ended(_ visit: QueueVisit, _ outcome: ContactRecord.Visit.Outcome) {
        guard let index = open[visit.contact]?.record.visits.lastIndex(where: { $0.number == visit.number }) else { return }
        open[visit.contact]!.visit = visit
        open[visit.contact]!.record.visits[index].left = visit.ended?.date
        open[visit.contact]!.record.visits[index].wait = visit.ended.map { visit.wait(until: $0) }
        open[visit.contact]!.record.visits[index].outcome = outcome
    }

    private mutating func record(_ leg: AgentLeg, _ body: (inout ContactRecord.Leg) -> Void) {
        guard let record = open[leg.contact]?.record else { return }
        var part =
            record.legs.last { $0.number == leg.number }
            ?? ContactRecord.Leg(
                number: leg.number, queue: leg.queue, agent: leg.agent, alerted: leg.alerted.date, established: nil, ended: nil, ring: nil,
                talk: nil,
                hold: .zero, result: .ringing)
        body(&part)
        if let index = record.legs.lastIndex(where: { $0.number == leg.number }) {
            open[leg.contact]!.record.legs[index] = part
        } else if record.legs.count < Self.partsLimit {
            open[leg.contact]!.record.legs.append(part)
        }
    }

    private mutating func end(_ key: ContactKey, at now: Moment, lost: Bool, into outputs: inout [Output]) {
        guard let ended = open.removeValue(forKey: key) else { return }
        var record = ended.record
        keys[record.id] = nil
        record.ended = now.date
        if lost { record.flags.insert(.lost) }
        // A consultation whose only place another contact took over was no contact of a customer's.
        if ended.isBequeathed, record.visits.isEmpty { return }
        outputs.append(.closed(record))
    }

    private mutating func change(_ leg: AgentLeg, _ body: (inout Open) -> Void) {
        guard open[leg.contact] != nil else { return }
        body(&open[leg.contact]!)
    }

    // MARK: pops

    private func pop(_ kind: PopChange.Kind, _ leg: AgentLeg, at now: Moment, into outputs: inout [Output]) {
        guard let open = open[leg.contact] else { return }
        outputs.append(.pop(PopChange(kind: kind, leg: leg, record: open.record, history: open.history, visit: open.visit, at: now)))
    }
}
