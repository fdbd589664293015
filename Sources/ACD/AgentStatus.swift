import Telephony
import Time

/// Everything that one agent's state is derived from.
///
/// The state is not stored: it is the first of these that holds, from the top.
///
/// | state                | holds while                                 | begins and ends with                        |
/// |----------------------|---------------------------------------------|---------------------------------------------|
/// | `consulting`         | in a conversation, a third party listens    | consultation began, ended                   |
/// | `held`               | in a conversation, a caller is on hold      | held, retrieved                             |
/// | `talking`            | in a conversation                           | established; disconnected or parked         |
/// | `ringing`            | a call rings for the agent, or the device   | alerting; alerting ended or established     |
/// | `loggedOff`          | a member of no queue                        | the last membership, the first one          |
/// | `unreachable`        | the device is unavailable or invalid        | what the switch reports of the device       |
/// | `wrapUp`             | after-call work lasts                       | disconnected; time, next call, agent, log-off |
/// | `other`              | the device is in use without a call of ours | what the switch reports of the device       |
/// | `paused`             | paused in every queue                       | what the switch reports of the memberships  |
/// | `unknown`            | the switch does not know the device         | what the switch reports of the device       |
/// | `partiallyAvailable` | paused in some queues                       | what the switch reports of the memberships  |
/// | `available`          | nothing above holds                         |                                             |
///
/// The device of an agent who is logged off does not count. So any state may follow any other: whatever ends,
/// the next one that holds takes its place. While the switch is not heard, the time of a member is counted as
/// `unknown`; the state itself is then the last that was known. `domain.md` §2.9.
public struct AgentStatus: Codable, Equatable, Sendable {
    public struct Membership: Codable, Equatable, Sendable {
        public var isPaused: Bool
        public var reason: String
        /// Fixed after-call work of this member for this queue; zero: the queue's.
        var wrapUp = Span.zero
        /// The interface that the queue rings; nil: the agent's own.
        var seat: Interface?
    }

    /// The state of the device of one of several seats.
    struct SeatDevice: Codable, Equatable, Sendable {
        var device: QueueMember.Device
        var isStateless: Bool
    }

    public internal(set) var agent: AgentRef
    /// An agent without memberships is logged off.
    public internal(set) var memberships = Memberships()
    public internal(set) var device = QueueMember.Device.unknown
    /// For a queue that rings the agent by several seats, each of them; ``memberships`` has their sum.
    var doubles: [QueueName: [Interface: Membership]]?
    /// By seat.
    var devices: [Interface: SeatDevice]?
    /// Other interfaces that mean the agent.
    var aliases: [Interface]?
    /// Turned out to be another agent, who has everything that was here. Published as logged off, and counted nowhere.
    public internal(set) var isAnother: Bool?
    var ringing: Set<UInt64> = []
    var talking: Set<UInt64> = []
    var held: Set<UInt64> = []
    var consulting: Set<UInt64> = []
    /// After-call work lasts until this uptime.
    public internal(set) var wrapUpEnds: Span?
    /// The conversation that it follows.
    var wrapUpOf: WrapUp?
    /// The state whose time is being counted, and since when. It is never published since when a person is in a state.
    var counted = AgentState.loggedOff
    var countedReason: String?
    var since: Moment
    /// The last quarter-hour in which this agent was counted among those logged in.
    var countedIn: UnixTime?

    struct WrapUp: Codable, Equatable, Sendable {
        var leg: UInt64
        var queue: QueueName?
        var began: Moment
    }

    init(_ agent: AgentRef, at now: Moment) {
        self.agent = agent
        since = now
    }

    /// In order of their names.
    public var queues: [QueueName] { memberships.queues }

    /// What a change means for the counts of the queues.
    struct Change {
        /// The memberships of the queues that were asked about, before and after it.
        var left: [Membership?] = []
        var joined: [Membership?] = []
        var before: AgentState
        var after: AgentState
        /// Where the state is another one than before, all memberships.
        var memberships: Memberships?
    }

    /// All of it in one place, so that nothing of a status is copied to be read.
    mutating func change(_ agent: AgentRef, in queues: some Collection<QueueName>, _ body: (inout Self) -> Void)
        -> Change
    {
        // A cloud switch may name the agent in some events only.
        if self.agent.isNameless, !agent.isNameless { self.agent = agent }
        let before = stateButForTime
        let left = queues.map { memberships[$0] }
        body(&self)
        let after = stateButForTime
        return Change(
            left: left, joined: queues.map { memberships[$0] }, before: before, after: after,
            memberships: after == before ? nil : memberships)
    }

    /// Counts the time from `now` on for the state that holds now. `isBlind`: nobody knows the state of a member.
    /// - Returns: the state that was counted so far, where it is over.
    mutating func count(at now: Moment, isBlind: Bool) -> (state: AgentState, reason: String?, since: Moment)? {
        let state = state(at: now.uptime)
        let next = isBlind && state != .loggedOff ? .unknown : state
        let nextReason = next == .paused ? pauseReason : nil
        guard next != counted || nextReason != countedReason else { return nil }
        defer {
            counted = next
            countedReason = nextReason
            // Events may be reported a little out of order: no time is counted twice.
            if now.uptime > since.uptime { since = now }
        }
        return (counted, countedReason, since)
    }

    /// The first that holds, from the top; `now` decides whether the after-call work is over.
    public func state(at now: Span) -> AgentState { state { now < $0 } }

    /// The state as if after-call work lasted until somebody ends it.
    var stateButForTime: AgentState { state { _ in true } }

    /// This takes the same time for a member of one queue and of a thousand.
    private func state(_ isBeforeEnd: (Span) -> Bool) -> AgentState {
        // Above the hold: without one there is hardly a consultation.
        if !talking.isEmpty { return consulting.isEmpty ? held.isEmpty ? .talking : .held : .consulting }
        if !ringing.isEmpty { return .ringing }
        if memberships.isEmpty { return .loggedOff }
        if device == .ringing { return .ringing }
        if device == .unavailable || device == .invalid { return .unreachable }
        if let wrapUpEnds, isBeforeEnd(wrapUpEnds) { return .wrapUp }
        switch device {
        case .inUse, .busy, .ringingInUse, .onHold: return .other
        case .unknown, .notInUse, .ringing, .invalid, .unavailable: break
        }
        let paused = memberships.pausedCount
        if paused == memberships.count { return .paused }
        if device == .unknown { return .unknown }
        let isDoublePaused = doubles?.values.contains { $0.values.contains(where: \.isPaused) } == true
        return paused > 0 || isDoublePaused ? .partiallyAvailable : .available
    }

    /// The reason of the pause in the first queue, by name, that has one.
    public var pauseReason: String? { memberships.pauseReason }
}

// One person may be a member by several interfaces: in different queues, or in one.
extension AgentStatus {
    /// Each of the agent's places in a queue.
    var places: [(queue: QueueName, seat: Interface, membership: Membership)] {
        queues.flatMap { queue in
            if let double = doubles?[queue] { return double.keys.sorted().map { (queue, $0, double[$0]!) } }
            return memberships[queue].map { [(queue, $0.seat ?? agent.interface, $0)] } ?? []
        }
    }

    mutating func sit(_ seat: Interface, in queue: QueueName, _ membership: Membership) {
        var membership = membership
        membership.seat = seat == agent.interface ? nil : seat
        if let there = memberships[queue], doubles?[queue] != nil || there.seat != membership.seat {
            var double = doubles?[queue] ?? [there.seat ?? agent.interface: there]
            double[seat] = membership
            replace(queue, by: double)
        } else {
            memberships[queue] = membership
        }
    }

    mutating func leave(_ queue: QueueName, _ seat: Interface) {
        if var double = doubles?[queue] {
            double[seat] = nil
            replace(queue, by: double)
        } else if let there = memberships[queue], (there.seat ?? agent.interface) == seat {
            memberships[queue] = nil
        }
    }

    /// Forgets the devices of seats that have left their last queue.
    mutating func forgetDevices() {
        guard let devices else { return }
        let seats = Set(places.map(\.seat))
        self.devices = devices.filter { seats.contains($0.key) }
        decideDevice()
    }

    /// The queue rings the agent as long as one of the seats is not paused.
    private mutating func replace(_ queue: QueueName, by double: [Interface: Membership]) {
        let all = double.keys.sorted().map { double[$0]! }
        var sum = all.first { !$0.isPaused } ?? all.first { !$0.reason.isEmpty } ?? all.first
        sum?.wrapUp = all.map(\.wrapUp).max() ?? .zero
        memberships[queue] = sum
        var doubles = doubles ?? [:]
        doubles[queue] = double.count > 1 ? double : nil
        self.doubles = doubles.isEmpty ? nil : doubles
    }

    mutating func set(_ device: QueueMember.Device, of seat: Interface, isStateless: Bool) {
        guard devices != nil || seat != agent.interface || isStateless else {
            self.device = device
            return
        }
        // This device was reported for the agent's own interface, before there was another seat.
        if devices == nil, seat != agent.interface, places.contains(where: { $0.seat == agent.interface }) {
            devices = [agent.interface: SeatDevice(device: self.device, isStateless: false)]
        }
        devices = devices ?? [:]
        devices![seat] = SeatDevice(device: device, isStateless: isStateless)
        decideDevice()
    }

    /// The busiest device counts: the telephones are one person's. A stateless seat counts only where every
    /// seat is stateless.
    mutating func decideDevice() {
        guard let all = devices?.values, !all.isEmpty else { return }
        let informed = all.filter { !$0.isStateless }  // any order: the busiest is taken of them
        let telling = informed.isEmpty ? Array(all) : informed  // any order: the busiest is taken of them
        device =
            telling.map(\.device).min { $0.rank < $1.rank }
            ?? .unknown
    }
}

extension QueueMember.Device {
    /// The busiest first.
    fileprivate var rank: Int {
        switch self {
        case .ringing: 0
        case .ringingInUse: 1
        case .inUse: 2
        case .busy: 3
        case .onHold: 4
        case .notInUse: 5
        case .unknown: 6
        case .unavailable: 7
        case .invalid: 8
        }
    }
}
