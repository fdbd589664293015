import Telephony
import Time

/// Who a switch's agents are.
///
/// A queue names an agent by the interface that it rings (a *seat*), and one person may have several seats: `PJSIP/200`
/// in one queue, `Local/200@from-queue/n` in another. Everything else (figures, states, desks, teams) knows an agent by
/// one interface, which is decided here and nowhere else.
///
/// Two seats are one person's where the configuration says so. They also are where both have one thing in common (the
/// telephone that was seen behind them, the device or hint whose state counts, the place in the dial plan), and their
/// names or extension numbers do not say otherwise. Two persons may share a telephone, one after the other: a telephone
/// alone makes nobody one person.
///
/// The telephone of a seat is the one that was last seen to ring or answer behind it. A seat behind which two ring for
/// one call is a group of telephones, and none of them is its own except the one that has the seat's own number. Two
/// devices of one extension (FreePBX: `PJSIP/1004` and `PJSIP/991004`, both in the seat's state) are no group: they are
/// its person's.
///
/// A person is known by the seat that was reported first, and stays so: an agent who signs in at a telephone beside it
/// is the agent who was there. Which seats are one person's does not depend on the order in which they were reported.
///
/// What changes is returned as events, which ``Calls`` publishes.
public struct Roster: Equatable, Sendable {
    /// Seats that are remembered: more than a switch has phones, so only a hostile stream reaches it.
    static let seatLimit = 20_000
    /// Names of one seat in different queues: beyond it they are not remembered.
    static let nameLimit = 8
    /// If more seats than these have something in common, it says nothing about who they are.
    static let sharingLimit = 16
    /// Seats of one person.
    static let personLimit = 64

    struct Seat: Codable, Equatable, Sendable {
        /// The ordinal of its first report, over all seats.
        var order: UInt64 = 0
        /// Its name in the first queue (by the queue's name) that gives one; the interface if none does.
        var name: String
        /// The queue that gave the name; nil: the next report counts.
        var namedBy: QueueName?
        /// Every name that a queue has given it.
        var names: [String] = []
        /// The interface whose state counts for it, where that is another. A queue that names a telephone comes before
        /// one that does not; among them, the first by name counts.
        var state: Interface?
        /// The queue that gave it; nil: the next report counts.
        var statedBy: QueueName?
        /// The telephone that was seen behind it.
        var telephone: Interface?
        /// The ordinal of the last sighting, over all seats.
        var sighted: UInt64 = 0
        /// Several telephones ring behind it.
        var isGroup = false
        /// A queue reported that it is no longer a member, and none has reported since that it is.
        var isSignedOff = false
    }

    private var seats: [Interface: Seat] = [:]
    /// The last ordinal: of a report, or of a sighting.
    private var ordinal: UInt64 = 0
    /// The agent whose name this is, by the configuration.
    private var configured: [Interface: Interface] = [:]

    // Derived from the above.
    /// The person of each seat that is not the person's own interface.
    private var persons: [Interface: Interface] = [:]
    /// The seats of each such person, in order.
    private var seatsOf: [Interface: [Interface]] = [:]
    /// The seats that have a mark in common, in order.
    private var marked: [Interface: [Interface]] = [:]

    public init() {}

    public var isEmpty: Bool { seats.isEmpty }

    /// Sets the names under which queues and telephones know an agent, each with the agent's own interface. To be
    /// called after decoding, too.
    public mutating func apply(_ configured: [Interface: Interface]) {
        guard self.configured != configured else { return }
        self.configured = configured
        rebuild()
    }

    private mutating func rebuild() {
        persons = [:]
        seatsOf = [:]
        marked = [:]
        // any order: sorted on the next line
        for seat in seats.keys { for mark in marks(of: seat) { marked[mark, default: []].append(seat) } }
        for mark in marked.keys { marked[mark]!.sort() }
        for seat in seats.keys.sorted() where persons[seat] == nil { _ = regroup(seat) }
    }

    // MARK: who it is

    /// The interface by which everything else knows the agent in this seat.
    public func person(of seat: Interface) -> Interface { persons[seat] ?? configured[seat] ?? seat }

    /// The agent, with the name that the queue gave.
    func credited(_ agent: AgentRef) -> AgentRef {
        let person = person(of: agent.interface)
        return person == agent.interface ? agent : AgentRef(interface: person, name: agent.name)
    }

    /// The person with the name that people are shown.
    public func shown(_ person: Interface) -> AgentRef {
        // Nearly everybody has one seat, and is known by it.
        if seatsOf[person] == nil { return AgentRef(interface: person, name: seats[person]?.name ?? person.rawValue) }
        let named = ([person] + seats(of: person)).filter { seat in
            seats[seat].map { isName($0.name, of: seat) } ?? false
        }
        // A queue that has no such member any more counts only if no other queue gives a name.
        let seat = named.first { seats[$0]?.namedBy != nil } ?? named.first
        return AgentRef(interface: person, name: seat.flatMap { seats[$0]?.name } ?? person.rawValue)
    }

    func hasSeveralSeats(_ person: Interface) -> Bool { (seatsOf[person]?.count ?? 1) > 1 }

    private func isName(_ name: String, of seat: Interface) -> Bool { !name.isIdentical(to: seat.rawValue) }

    private func seats(of person: Interface) -> [Interface] {
        seatsOf[person] ?? (seats[person] != nil && persons[person] == nil ? [person] : [])
    }

    /// The event with the agent's own interface in place of the seat's, for the account of agents' states.
    public func resolved(_ event: SwitchEvent) -> SwitchEvent {
        switch event {
        case .member(var member):
            let seat = member.agent.interface
            let person = person(of: seat)
            member.agent = seats[seat] == nil ? credited(member.agent) : shown(person)
            if member.agent.interface != seat { member.seat = seat }
            return .member(member)
        case .memberRemoved(let queue, let seat, _):
            let person = person(of: seat)
            return .memberRemoved(queue, seat, of: person == seat ? nil : person)
        default: return event
        }
    }

    /// The agent at a telephone: the one whose seat it is, unless that has signed off; or the one seen at it last; or
    /// the one whose state it has.
    func agent(behind device: Interface) -> AgentRef {
        if let person = configured[device] { return shown(person) }
        let nobody = AgentRef(interface: device, name: device.rawValue)
        guard let telephone = device.telephone, let mark = marked[Self.mark(telephone)] else {
            return seats[device] == nil ? nobody : shown(person(of: device))
        }
        let direct = seats[device] == nil ? mark.first { $0.telephone == telephone } : device
        if let direct, !seats[direct]!.isSignedOff { return shown(person(of: direct)) }
        let seen = mark.filter { seats[$0]?.telephone?.telephone == telephone }.max {
            seats[$0]!.sighted < seats[$1]!.sighted
        }
        let seat = seen ?? direct ?? mark.first { hasInState(telephone, $0) }
        return seat.map { shown(person(of: $0)) } ?? nobody
    }

    /// Whether a queue or the configuration says that it is an agent's: then it is no line to the outside, whatever its
    /// name looks like.
    func isTelephone(_ device: Interface) -> Bool {
        if seats[device] != nil || configured[device] != nil { return true }
        guard let telephone = device.telephone, let mark = marked[Self.mark(telephone)] else { return false }
        return mark.contains { $0.telephone == telephone || hasInState(telephone, $0) }
    }

    // MARK: telephones

    /// Whether the telephone has the seat's own extension number.
    private static func hasOwnNumber(_ telephone: Interface, _ seat: Interface) -> Bool {
        seat.extensionNumber.map { $0 == telephone.extensionNumber } ?? false
    }

    /// The telephones that a state names for the person in this seat: one, or several if one of them has the seat's own
    /// number. Otherwise they are a group's.
    private static func telephones(in state: Interface?, of seat: Interface) -> [Interface] {
        let telephones = state?.telephonesOfState ?? []
        return telephones.count == 1 || telephones.contains { hasOwnNumber($0, seat) } ? telephones : []
    }

    private func telephonesOfState(_ seat: Interface) -> [Interface] {
        Self.telephones(in: seats[seat]?.state, of: seat)
    }

    private func hasInState(_ telephone: Interface, _ seat: Interface) -> Bool {
        telephonesOfState(seat).contains { $0.telephone == telephone }
    }

    /// Whether it is this person's, whatever else is rung with it.
    private func isOwn(_ telephone: Interface, _ seat: Interface) -> Bool {
        Self.hasOwnNumber(telephone, seat) || telephone.telephone.map { hasInState($0, seat) } == true
    }

    /// Every interface that means the person, the person's own first: seats, telephones, and what the configuration
    /// adds.
    public func interfaces(of person: Interface) -> [Interface] {
        var interfaces: [Interface] = []
        func add(_ interface: Interface?) {
            if let interface, interface != person, !interfaces.contains(interface) { interfaces.append(interface) }
        }
        for seat in seats(of: person) {
            add(seat)
            add(seats[seat]?.telephone)
            for telephone in telephonesOfState(seat) { add(telephone) }
        }
        // any order: sorted below
        if configured[person] != nil { for (name, agent) in configured where agent == person { add(name) } }
        return [person] + interfaces.sorted()
    }

    /// Every name by which the person may be addressed.
    public func names(of person: Interface) -> [String] {
        var names = interfaces(of: person).map(\.rawValue)
        for seat in seats(of: person) {
            for name in seats[seat]!.names where !names.contains(where: name.isIdentical) { names.append(name) }
        }
        return names
    }

    // MARK: what is reported and seen

    /// A queue reports a member.
    mutating func remember(_ member: QueueMember) -> [CallEvent] {
        let interface = member.agent.interface
        let isNew = seats[interface] == nil
        guard !isNew || seats.count < Self.seatLimit else { return [] }
        if isNew { ordinal += 1 }
        var seat = seats[interface] ?? Seat(order: ordinal, name: interface.rawValue)
        let before = seat
        name(&seat, interface, member.agent.name, by: member.queue)
        state(&seat, interface, member.stateInterface, by: member.queue)
        seat.isSignedOff = false
        guard isNew || seat != before else { return [] }
        return replace(interface, by: seat, isNew: isNew || seat.state != before.state || seat.names != before.names)
    }

    private func name(_ seat: inout Seat, _ interface: Interface, _ name: String, by queue: QueueName) {
        guard isName(name, of: interface) else {
            guard seat.namedBy == queue else { return }
            seat.name = interface.rawValue
            seat.namedBy = nil
            return
        }
        if seat.namedBy.map({ queue <= $0 }) ?? true {
            // The queue calls it otherwise now.
            if seat.namedBy == queue, !seat.name.isIdentical(to: name) {
                seat.names.removeAll { $0.isIdentical(to: seat.name) }
            }
            seat.name = name
            seat.namedBy = queue
        }
        if seat.names.count < Self.nameLimit, !seat.names.contains(where: name.isIdentical) { seat.names.append(name) }
    }

    private func state(_ seat: inout Seat, _ interface: Interface, _ state: Interface?, by queue: QueueName) {
        if seat.statedBy == queue {
            seat.state = state
            if state == nil { seat.statedBy = nil }
        } else if let state {
            let hasTelephone = !Self.telephones(in: state, of: interface).isEmpty
            let hadTelephone = !Self.telephones(in: seat.state, of: interface).isEmpty
            let isBetter = hasTelephone && !hadTelephone
            let isWorse = !hasTelephone && hadTelephone
            guard isBetter || !isWorse && seat.statedBy.map({ queue < $0 }) ?? true else { return }
            seat.state = state
            seat.statedBy = queue
        }
    }

    /// The queue has lost this member: the next queue that reports it gives the name and the state. An agent who signs
    /// in again may be at another telephone, or at a single one.
    mutating func removed(_ seat: Interface, from queue: QueueName) {
        guard seats[seat] != nil else { return }
        if seats[seat]!.namedBy == queue { seats[seat]!.namedBy = nil }
        if seats[seat]!.statedBy == queue { seats[seat]!.statedBy = nil }
        seats[seat]!.isGroup = false
        seats[seat]!.isSignedOff = true
    }

    /// These telephones were rung or answered for a call to this seat; the last is the one seen now.
    mutating func sighted(_ telephones: [Interface], behind agent: AgentRef, in queue: QueueName?) -> [CallEvent] {
        let interface = agent.interface
        guard let last = telephones.last, configured[interface] == nil, last != interface else { return [] }
        guard seats[interface] != nil || seats.count < Self.seatLimit else { return [] }
        let isNew = seats[interface] == nil
        if isNew { ordinal += 1 }
        var seat = seats[interface] ?? Seat(order: ordinal, name: interface.rawValue)
        if isNew, let queue { name(&seat, interface, agent.name, by: queue) }
        guard !seat.isGroup else { return [] }
        let own = telephones.first { Self.hasOwnNumber($0, interface) }
        if Set(telephones).count > 1, !telephones.allSatisfy({ isOwn($0, interface) }) {
            seat.telephone = own
            seat.isGroup = true
            return replace(interface, by: seat, isNew: true) + [.severalTelephones(interface, Set(telephones).sorted())]
        }
        // Of the devices of one extension, the one with its number stands for it.
        let before = seat.telephone.flatMap { Self.hasOwnNumber($0, interface) && isOwn(last, interface) ? $0 : nil }
        let telephone = own ?? before ?? last
        let isLast = seat.telephone == telephone && seat.sighted == lastSighting(of: telephone)
        guard !isLast else { return [] }
        ordinal += 1
        seat.sighted = ordinal
        let hasMoved = seat.telephone != telephone
        seat.telephone = telephone
        return replace(interface, by: seat, isNew: isNew || hasMoved)
    }

    private func lastSighting(of telephone: Interface) -> UInt64? {
        let mark = telephone.telephone.flatMap { marked[Self.mark($0)] }
        return mark?.lazy.compactMap { seats[$0]?.telephone == telephone ? seats[$0]?.sighted : nil }.max()
    }

    private mutating func replace(_ interface: Interface, by seat: Seat, isNew: Bool) -> [CallEvent] {
        guard isNew else {
            seats[interface] = seat
            return []
        }
        let before = seats[interface] == nil ? [] : marks(of: interface)
        seats[interface] = seat
        let now = marks(of: interface)
        // A mark that too many seats share, or no longer too many, changes who the others are.
        var others: Set<Interface> = []
        for mark in before where !now.contains(mark) {
            marked[mark]!.removeAll { $0 == interface }
            if marked[mark]!.count == Self.sharingLimit { others.formUnion(marked[mark]!) }
            if marked[mark]!.isEmpty { marked[mark] = nil }
        }
        for mark in now where !before.contains(mark) {
            let index = marked[mark]?.firstIndex { $0 > interface } ?? marked[mark]?.endIndex ?? 0
            marked[mark, default: []].insert(interface, at: index)
            if marked[mark]!.count == Self.sharingLimit + 1 { others.formUnion(marked[mark]!) }
        }
        var changes = regroup(interface)
        for other in others.sorted() where other != interface { changes += regroup(other) }
        return changes
    }

    // MARK: which seats are one person's

    private static func mark(_ telephone: Interface) -> Interface { Interface("telephone " + telephone.rawValue) }

    /// What this seat may have in common with another of the same person.
    private func marks(of interface: Interface) -> [Interface] {
        var marks: [Interface] = []
        func add(_ mark: Interface) { if !marks.contains(mark) { marks.append(mark) } }
        if let telephone = interface.telephone { add(Self.mark(telephone)) }
        if let place = interface.dialPlanPlace { add(Interface("place \(place)")) }
        if let telephone = configured[interface]?.telephone { add(Self.mark(telephone)) }
        guard let seat = seats[interface] else { return marks }
        if let number = interface.extensionNumber {
            for name in seat.names { add(Interface("number \(number) name \(name)")) }
        }
        if let telephone = seat.telephone?.telephone { add(Self.mark(telephone)) }
        if let state = seat.state {
            let telephones = telephonesOfState(interface).compactMap(\.telephone)
            if telephones.isEmpty {
                add(Interface("state \(state)"))
            } else {
                for telephone in telephones { add(Self.mark(telephone)) }
            }
        }
        return marks
    }

    /// Whether these two, which have something in common, may be one person: nothing says that they are two.
    private func areOne(_ one: Interface, _ two: Interface) -> Bool {
        if let first = configured[one], let second = configured[two] { return first == second }
        if let first = one.extensionNumber, let second = two.extensionNumber, first == second { return true }
        let first = seats[one]?.names ?? []
        let second = seats[two]?.names ?? []
        if !first.isEmpty, !second.isEmpty {
            return first.contains { name in second.contains(where: name.isIdentical) }
        }
        // One of them has no name. Two places in the dial plan, and two telephones, are two persons.
        if one.dialPlanPlace != nil, two.dialPlanPlace != nil { return one.dialPlanExtension == two.dialPlanExtension }
        if one.telephone != nil, two.telephone != nil { return one.telephone == two.telephone }
        return one.extensionNumber == nil || two.extensionNumber == nil
    }

    /// All seats of the person in this one, as far as is known.
    private func reach(from seat: Interface, _ seen: inout Set<Interface>) -> [Interface] {
        var reached = [seat]
        var next = 0
        while next < reached.count, reached.count < Self.personLimit {
            let one = reached[next]
            next += 1
            for mark in marks(of: one) {
                guard let sharing = marked[mark], sharing.count <= Self.sharingLimit else { continue }
                for other in sharing where other != one && areOne(one, other) && seen.insert(other).inserted {
                    reached.append(other)
                }
            }
        }
        return reached
    }

    /// The configured agent, or the seat that was reported first.
    private func interface(for group: [Interface]) -> Interface {
        group.compactMap { configured[$0] }.min() ?? group.min {
            (seats[$0]?.order ?? .max, $0) < (seats[$1]?.order ?? .max, $1)
        }!
    }

    /// Something about this seat has changed: it may be another person's now, or others its person's.
    private mutating func regroup(_ seat: Interface) -> [CallEvent] {
        let before = person(of: seat)
        var seen: Set<Interface> = []
        var moves: [(seat: Interface, from: Interface, to: Interface)] = []
        var concerned: Set = [before]
        for first in Set(seats(of: before) + [seat]).sorted() where seen.insert(first).inserted {
            let group = reach(from: first, &seen)
            let chosen = interface(for: group)
            for member in group.sorted() {
                let now = configured[member] ?? chosen
                concerned.insert(now)
                if person(of: member) != now { moves.append((member, person(of: member), now)) }
                sit(member, now)
            }
        }
        return announcements(moves, concerned)
    }

    private mutating func sit(_ seat: Interface, _ person: Interface) {
        func keep(_ kept: [Interface], of person: Interface) {
            seatsOf[person] = kept.isEmpty || kept == [person] ? nil : kept
        }
        let before = self.person(of: seat)
        if before != person { keep(seats(of: before).filter { $0 != seat }, of: before) }
        let with = Set(seats(of: person) + [seat]).sorted()
        persons[seat] = person == seat ? nil : person
        keep(with, of: person)
    }

    private func announcements(
        _ moves: [(seat: Interface, from: Interface, to: Interface)], _ concerned: Set<Interface>
    ) -> [CallEvent] {
        var events: [CallEvent] = []
        var became: [Interface: Interface] = [:]
        for move in moves where became[move.from] == nil && seats(of: move.from).isEmpty {
            became[move.from] = move.to
            events.append(.agentBecame(move.from, shown(move.to)))
        }
        for move in moves {
            let from = became[move.from] ?? move.from
            if from != move.to { events.append(.seatMoved(move.seat, from: from, to: shown(move.to))) }
        }
        for person in concerned.sorted() where !seats(of: person).isEmpty {
            events.append(.agentKnownAs(shown(person), interfaces(of: person)))
        }
        return events
    }
}

/// What was reported and seen. The configuration is not in it: see ``Roster/apply(_:)``.
extension Roster: Codable {
    private enum CodingKeys: CodingKey { case seats, ordinal }

    public init(from decoder: any Decoder) throws {
        self.init()
        let container = try decoder.container(keyedBy: CodingKeys.self)
        seats = try container.decode([Interface: Seat].self, forKey: .seats)
        ordinal = try container.decode(UInt64.self, forKey: .ordinal)
        rebuild()
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(seats, forKey: .seats)
        try container.encode(ordinal, forKey: .ordinal)
    }
}
