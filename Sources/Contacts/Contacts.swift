import Directory
import Telephony
import Time

/// The contact records, from first event to last, and the screen pops: a preview when the phone rings, the full card
/// when the agent answers.
///
/// The caller is looked up when the contact begins. So the answer waits for the agent, and not the agent for the
/// answer.
public struct Contacts: Codable, Equatable, Sendable {
    public enum Output: Equatable, Sendable {
        case lookUp(ContactID, CallerID)
        case pop(PopChange)
        /// The record is complete.
        case closed(ContactRecord)
    }

    /// A change of what an agent should see.
    public struct PopChange: Codable, Equatable, Sendable {
        public enum Kind: Codable, Equatable, Sendable {
            case preview, open, update
            case cancelled(CallEvent.AlertingEnd)
            case closed(lost: Bool)
        }
        public var kind: Kind
        /// A pop lasts as long as its leg. The leg's number identifies the pop within the switch.
        public var leg: AgentLeg
        public var record: ContactRecord
        public var history: [PastContact]
        public var visit: QueueVisit?
        public var at: Moment
    }

    /// The most visits, legs, parks and conferences in one record; later ones are not kept: a forwarding loop must not
    /// fill the memory.
    public static let partsLimit = 200
    /// The most holds of one leg whose instants are kept; beyond it only their total length. Nobody presses the key so
    /// often in one call.
    public static let holdsLimit = 50

    private struct Open: Codable, Equatable, Sendable {
        var record: ContactRecord
        var history: [PastContact] = []
        var visit: QueueVisit?
        /// The legs that ring or talk.
        var legs: [AgentLeg] = []

        func index(of leg: AgentLeg) -> Int? {
            for index in legs.indices where legs[index].number == leg.number { return index }
            return nil
        }

        mutating func remove(_ leg: AgentLeg) { while let index = index(of: leg) { legs.remove(at: index) } }
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

    /// The record of a contact that has not ended.
    public func record(of key: ContactKey) -> ContactID? { open[key]?.record.id }

    public func caller(of key: ContactKey) -> CallerID? { open[key]?.record.caller }

    /// Records of contacts that have not ended, in order of arrival.
    public var openRecords: [ContactRecord] {
        open.keys.sorted { $0.number < $1.number }.compactMap { open[$0]?.record }
    }

    public mutating func handle(_ event: CallEvent, at now: Moment, into outputs: inout [Output]) {
        switch event {
        case .contactBegan(let contact): begin(contact, into: &outputs)
        case .contactIdentified(let key, let caller):
            guard let id = open[key]?.record.id else { return }
            open[key]!.record.caller = caller
            if caller.isWithheld { open[key]!.record.withhold() }
            // Asked even for a withheld number: the answer to an earlier question, still on its way, must not be the
            // last word.
            outputs.append(.lookUp(id, caller.isWithheld ? CallerID(number: caller.number, name: "") : caller))
        case .contactDialled(let key, let number):
            open[key]?.record.called = number
            for leg in open[key]?.legs ?? [] { pop(.update, leg, at: now, into: &outputs) }
        case .queued(let visit): queued(visit)
        case .alerting(let leg):
            change(leg) { $0.legs.append(leg) }
            record(leg) { _ in }
            pop(.preview, leg, at: leg.alerted, into: &outputs)
        case .alertingEnded(let leg, let reason, let moment):
            change(leg) { $0.remove(leg) }
            record(leg) {
                $0.ended = moment.date
                // An agent who hung up in the announcement had picked up before.
                let isKnown = leg.via == .outbound || leg.isPartial || leg.isRingUnseen || leg.answered != nil
                $0.ring = isKnown ? leg.ring : max(.zero, moment - leg.alerted)
                $0.result = .notAnswered(reason)
            }
            pop(.cancelled(reason), leg, at: moment, into: &outputs)
        case .established(let visit, let leg):
            if let visit { ended(visit, .answered) }
            change(leg) { open in
                if let index = open.index(of: leg) { open.legs[index] = leg } else { open.legs.append(leg) }
            }
            record(leg) { $0.result = .connected }
            pop(.open, leg, at: now, into: &outputs)
        case .held(let leg, let moment), .retrieved(let leg, let moment):
            change(leg) { open in
                if let index = open.index(of: leg) {
                    open.legs[index] = leg
                } else {
                    // The agent took the call back from the parking lot.
                    open.legs.append(leg)
                }
            }
            record(leg) { if case .held = event { $0.hold(from: moment.date) } else { $0.retrieve(at: moment.date) } }
            pop(.update, leg, at: moment, into: &outputs)
        // Shown with the next event of the leg.
        case .consultationBegan, .consultationEnded: break
        case .legParked(let leg, let moment):
            change(leg) { $0.remove(leg) }
            // A hold, if the same agent takes the call back; otherwise the leg ends here.
            record(leg) { $0.hold(from: moment.date) }
            pop(.closed(lost: false), leg, at: moment, into: &outputs)
        case .disconnected(let leg):
            let isShown = open[leg.contact]?.index(of: leg) != nil
            change(leg) { $0.remove(leg) }
            record(leg) {
                $0.ended = leg.ended?.date
                if let ended = leg.ended { $0.retrieve(at: ended.date) }
                $0.talk = leg.isMeasured ? leg.talk : nil
                $0.result = .ended(leg.endedBy ?? .unknown)
            }
            if isShown { pop(.closed(lost: leg.isLost), leg, at: leg.ended ?? now, into: &outputs) }
        case .visitEnded(let visit, let outcome): ended(visit, outcome)
        case .placeInherited(let visit, let consultation): inherit(visit, from: consultation, at: now, into: &outputs)
        case .contactMerged(let part, let whole): merge(part, into: whole)
        case .contactsConferenced(let one, let two):
            // Neither record is copied: two hundred in one conference make twenty thousand pairs.
            guard let first = open[one]?.record.id, let second = open[two]?.record.id,
                max(open[one]!.record.conferencedWith.count, open[two]!.record.conferencedWith.count) < Self.partsLimit
            else { return }
            open[one]!.record.conferencedWith.append(second)
            open[two]!.record.conferencedWith.append(first)
        case .parked(let key, let moment):
            guard let parks = open[key]?.record.parks, parks.count < Self.partsLimit else { return }
            open[key]!.record.parks.append(ContactRecord.Park(from: moment.date, to: nil))
        case .unparked(let key, let moment):
            guard let last = open[key]?.record.parks.indices.last else { return }
            open[key]!.record.parks[last].to = moment.date
        case .surveyAnswered(let key, let answer): open[key]?.record.survey = answer
        case .contactEstimated(let key): open[key]?.record.flags.insert(.estimated)
        case .clockStepped(let key): open[key]?.record.flags.insert(.clockStep)
        case .agentBecame(let before, let agent): rename(before, to: agent.interface)
        case .ringNoAnswer, .refused, .seatMoved, .agentKnownAs, .severalTelephones: break
        case .contactEnded(let key, let moment, let how): end(key, at: moment, how, into: &outputs)
        }
    }

    /// The registry's answer. A late answer updates what the agents see.
    public mutating func found(
        _ answer: DirectoryAnswer, for id: ContactID, at now: Moment, into outputs: inout [Output]
    ) {
        guard let key = keys[id], isOpen(key) else { return }
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
            id: id, switch: `switch`, channel: contact.channel, direction: contact.direction, caller: contact.caller,
            number: .unavailable,
            called: contact.called,
            arrived: contact.arrived.date, match: .pending)
        if contact.isPartial { record.flags.insert(.partial) }
        var caller = contact.caller
        if caller.isWithheld {
            record.withhold()
            caller.name = ""
        }
        open[contact.key] = Open(record: record)
        keys[id] = contact.key
        outputs.append(.lookUp(id, caller))
    }

    private mutating func queued(_ visit: QueueVisit) {
        guard isOpen(visit.contact) else { return }
        open[visit.contact]!.visit = visit
        guard open[visit.contact]!.record.visits.count < Self.partsLimit else { return }
        open[visit.contact]!.record.visits.append(
            ContactRecord.Visit(
                number: visit.number, channel: visit.channel, queue: visit.queue, position: visit.position,
                joined: visit.joined.date,
                left: nil, wait: nil, outcome: nil, flags: visit.isPartial ? [.partial] : []))
    }

    private mutating func inherit(
        _ visit: QueueVisit, from consultation: ContactKey, at now: Moment, into outputs: inout [Output]
    ) {
        guard let index = open[consultation]?.record.visits.lastIndex(where: { $0.number == visit.number }),
            open[visit.contact] != nil
        else { return }
        let part = open[consultation]!.record.visits.remove(at: index)
        open[visit.contact]!.record.visits.append(part)
        open[visit.contact]!.visit = visit
        let ringing = open[consultation]!.legs
        open[consultation]!.legs = []
        let numbers = Set(ringing.map(\.number))
        open[visit.contact]!.record.legs += open[consultation]!.record.legs.filter { numbers.contains($0.number) }
        open[consultation]!.record.legs.removeAll { numbers.contains($0.number) }
        for var leg in ringing {
            leg.contact = visit.contact
            open[visit.contact]!.legs.append(leg)
            // The phone now rings for another caller.
            pop(.preview, leg, at: now, into: &outputs)
        }
    }

    /// A contact turned out to be a part of this one. Visits and legs are ordered by their times.
    private mutating func merge(_ part: ContactKey, into whole: ContactKey) {
        guard open[whole] != nil, let merged = open.removeValue(forKey: part) else { return }
        keys[merged.record.id] = nil
        let visits = (open[whole]!.record.visits + merged.record.visits).sorted {
            ($0.joined, $0.number) < ($1.joined, $1.number)
        }
        let legs = (open[whole]!.record.legs + merged.record.legs).sorted {
            ($0.alerted, $0.number) < ($1.alerted, $1.number)
        }
        open[whole]!.record.visits = Array(visits.prefix(Self.partsLimit))
        open[whole]!.record.legs = Array(legs.prefix(Self.partsLimit))
        open[whole]!.record.flags.formUnion(merged.record.flags.subtracting([.partial]))
    }

    private mutating func ended(_ visit: QueueVisit, _ outcome: QueueVisit.Outcome) {
        guard isOpen(visit.contact), open[visit.contact]!.record.noteEnd(of: visit, outcome) else { return }
        open[visit.contact]!.visit = visit
    }

    private mutating func record(_ leg: AgentLeg, _ body: (inout ContactRecord.Leg) -> Void) {
        guard isOpen(leg.contact) else { return }
        open[leg.contact]!.record.note(leg, body)
    }

    /// What is kept of a contact is large: comparing it with nil would copy it.
    private func isOpen(_ key: ContactKey) -> Bool { open.contains(key: key) }

    private mutating func end(_ key: ContactKey, at now: Moment, _ how: ContactEnd, into outputs: inout [Output]) {
        guard let ended = open.removeValue(forKey: key) else { return }
        var record = ended.record
        keys[record.id] = nil
        record.ended = now.date
        // First heard of in the middle of the call, and since then in no queue and with no agent: what happened before
        // was not seen.
        if record.isUnknown { record.flags.insert(.estimated) }
        switch how {
        case .by(let ender): record.endedBy = ender
        case .lost: record.flags.formUnion([.lost, .estimated])
        }
        outputs.append(.closed(record))
    }

    private mutating func change(_ leg: AgentLeg, _ body: (inout Open) -> Void) {
        guard isOpen(leg.contact) else { return }
        body(&open[leg.contact]!)
    }

    /// Two names turned out to be one person's.
    private mutating func rename(_ before: Interface, to now: Interface) {
        for key in open.keys {
            for index in open[key]!.legs.indices { open[key]!.legs[index].rename(before, to: now) }
            for index in open[key]!.record.legs.indices {
                let leg = open[key]!.record.legs[index]
                if leg.agent.interface == before {
                    open[key]!.record.legs[index].agent.interface = now
                    if leg.queue != nil {
                        open[key]!.record.legs[index].seat = (leg.seat ?? before) == now ? nil : leg.seat ?? before
                    }
                }
                if open[key]!.record.legs[index].speaker.interface == before {
                    open[key]!.record.legs[index].speaker.interface = now
                }
            }
        }
    }

    // MARK: pops

    private func pop(_ kind: PopChange.Kind, _ leg: AgentLeg, at now: Moment, into outputs: inout [Output]) {
        guard let record = open[leg.contact]?.record, let history = open[leg.contact]?.history else { return }
        let visit = open[leg.contact]?.visit
        outputs.append(
            .pop(PopChange(kind: kind, leg: leg, record: record, history: history, visit: visit, at: now)))
    }
}
