import AMI
import Telephony
import Time
import Wire

/// A switch that invents calls from a seed, at a given rate, and knows what became of each: the truth for a gateway
/// that is killed beside it.
///
/// It is an AMI server without sockets, like `RecordedSwitch`. Unlike that one it goes on while nobody listens, and
/// answers a question with the state at that instant. It sends lists and live events as a real switch does. A list has
/// the state of the moment at which it was requested, and its items come among the events that happen meanwhile. Events
/// are sent a little after they happened (``Configuration/lag``), so that a list can be ahead of them.
///
/// Calls go to menus, to queues and directly to phones. In queues one phone or two ring, phones do not answer, waits
/// time out or overflow to a second queue, callers give up, and agents hold. There are no transfers, conferences,
/// parking, pick-ups or callbacks, and nobody sets the clock.
public struct BusySwitch: Sendable {
    public typealias ConnectionID = Int

    public struct Configuration: Sendable {
        public var users: [String: String]
        public var callsPerSecond: Double
        public var agents: Int
        public var queues: [String]
        public var seed: UInt64
        /// From an event to its message.
        public var lag: Span
        /// Between two items of a list, at most.
        public var itemInterval: Span

        public init(
            users: [String: String] = ["cti": "cti"], callsPerSecond: Double = 20, agents: Int = 120,
            queues: [String] = ["informazioni", "incentivi", "reclami"], seed: UInt64, lag: Span = .milliseconds(10),
            itemInterval: Span = .milliseconds(1)
        ) {
            self.users = users
            self.callsPerSecond = callsPerSecond
            self.agents = agents
            self.queues = queues
            self.seed = seed
            self.lag = lag
            self.itemInterval = itemInterval
        }

        func queue(of agent: Int) -> String { queues[agent % queues.count] }
    }

    public enum Output: Equatable, Sendable {
        case send(ConnectionID, [UInt8])
        case close(ConnectionID)
    }

    struct Phone: Sendable {
        var channel: String
        var id: String
        var created: Moment
        var agent: Int
        /// Of the truth's legs.
        var leg: Int
        /// 0 down, 5 rings, 6 up
        var state = 0
    }

    struct Call: Sendable {
        enum Phase: Sendable { case menu, waiting, dialling, talking }
        var truth: InventedCall
        var name: String
        var number: String
        var arrived: Moment
        var phase = Phase.menu
        var state = 4
        var exten: String
        var priority = 1
        /// In which it waits, or from which it was answered.
        var queue: String?
        var joined: Moment?
        var phones: [Phone] = []
        var bridge: String?
        var heldSince: UnixTime?
        /// Steps that were planned before the last change do not happen.
        var turn = 0
    }

    private enum Step: Sendable {
        case arrival
        case menuOver(call: Int, turn: Int)
        case seekAgent(call: Int, visit: Int)
        case rings(call: Int, turn: Int)
        case answer(call: Int, turn: Int, phone: Int)
        case ringOver(call: Int, turn: Int)
        case giveUp(call: Int, visit: Int)
        case timeOut(call: Int, visit: Int)
        case hold(call: Int, turn: Int)
        case end(call: Int, turn: Int)
    }

    private struct Planned: Sendable {
        var due: Span
        var step: Step
    }

    struct Spoken: Sendable {
        var due: Span
        /// nil: everybody who listens.
        var to: ConnectionID?
        var bytes: [UInt8]
        /// The last word of an inventory.
        var endsInventory = false
    }

    private struct Client: Sendable {
        var session: ServerSession
        var isListening = false
    }

    /// When a client logged in, and when the last list of its inventory had been sent.
    public struct Watch: Sendable {
        public var login: UnixTime
        public var inventorySent: UnixTime?
    }

    let configuration: Configuration
    private let digests: Digests
    private let epoch: Moment
    private var generator: SplitMix64
    private var clients: [ConnectionID: Client] = [:]
    private var plan: [Planned] = []
    var spoken: [Spoken] = []
    private var opened = 0
    private var nextID = 1
    private var busyAgents: Set<Int> = []
    private var isAccepting = true
    /// Calls that are up, by number.
    private(set) var calls: [Int: Call] = [:]
    private var nextCall = 0

    /// What became of every call, the ended ones in the order of their ends.
    public private(set) var ended: [InventedCall] = []
    public private(set) var watches: [Watch] = []
    private var watchOf: [ConnectionID: Int] = [:]

    public init(_ configuration: Configuration, digests: Digests, at now: Moment) {
        self.configuration = configuration
        self.digests = digests
        epoch = now
        generator = SplitMix64(seed: configuration.seed)
        plan(.arrival, at: now.uptime)
    }

    public var openCalls: Int { calls.count }
    /// No new calls from now on; those that are up go on to their ends.
    public mutating func acceptNoMore() { isAccepting = false }

    // MARK: connections

    public mutating func connectionOpened(_ connection: ConnectionID) -> [Output] {
        opened += 1
        let session = ServerSession(
            users: configuration.users, challenge: String(840_415_272 + opened), digests: digests)
        clients[connection] = Client(session: session)
        return [.send(connection, session.greeting)]
    }

    public mutating func connectionClosed(_ connection: ConnectionID) {
        clients[connection] = nil
        spoken.removeAll { $0.to == connection }
    }

    /// Feeds bytes from a client, cut anywhere.
    public mutating func received(_ bytes: some Collection<UInt8>, from connection: ConnectionID, at now: Moment)
        -> [Output]
    {
        // What happened before, in order: a list has the state of now.
        var outputs = deadlineReached(at: now)
        guard var client = clients[connection] else { return outputs }
        var isClosing = false
        client.session.receive(bytes) { output in
            switch output {
            case .send(let bytes): outputs.append(.send(connection, bytes))
            case .loggedIn:
                client.isListening = true
                watchOf[connection] = watches.count
                watches.append(Watch(login: now.date))
                outputs.append(.send(connection, fullyBooted(at: now)))
            case .action(let message): answer(message, connection, at: now)
            case .close: isClosing = true
            }
        }
        clients[connection] = isClosing ? nil : client
        return outputs + (isClosing ? [.close(connection)] : []) + deadlineReached(at: now)
    }

    private func fullyBooted(at now: Moment) -> [UInt8] {
        let seconds = (now.uptime - epoch.uptime).microseconds / 1_000_000 + 86_400
        return Array(
            "Event: FullyBooted\r\nPrivilege: system,all\r\nUptime: \(seconds)\r\nLastReload: \(seconds)\r\nStatus: Fully Booted\r\n\r\n"
                .utf8)
    }

    // MARK: time

    /// The uptime at which ``deadlineReached(at:)`` has something to do.
    public var nextDeadline: Span? { [plan.first?.due, spoken.first?.due].compactMap { $0 }.min() }

    /// Performs what is due, and sends it to the clients that listen.
    public mutating func deadlineReached(at now: Moment) -> [Output] {
        while let next = plan.first, next.due <= now.uptime {
            plan.removeFirst()
            perform(next.step, at: moment(next.due))
        }
        let due = spoken.prefix { $0.due <= now.uptime }
        guard !due.isEmpty else { return [] }
        let listening = clients.filter(\.value.isListening).keys.sorted()
        var outputs: [Output] = []
        for spoken in due {
            for connection in listening where spoken.to == nil || spoken.to == connection {
                outputs.append(.send(connection, spoken.bytes))
            }
            if spoken.endsInventory, let watch = spoken.to.flatMap({ watchOf[$0] }), watches[watch].inventorySent == nil
            {
                watches[watch].inventorySent = now.date
            }
        }
        spoken.removeFirst(due.count)
        return outputs
    }

    /// The switch's clock at an instant of its uptime.
    public func moment(_ uptime: Span) -> Moment { epoch + (uptime - epoch.uptime) }

    private mutating func plan(_ step: Step, at due: Span) {
        let place = plan.firstIndex { $0.due > due } ?? plan.count
        plan.insert(Planned(due: due, step: step), at: place)
    }

    mutating func speak(_ bytes: [UInt8], to connection: ConnectionID? = nil, at due: Span, endsInventory: Bool = false)
    {
        let place = spoken.lastIndex { $0.due <= due }.map { $0 + 1 } ?? 0
        spoken.insert(Spoken(due: due, to: connection, bytes: bytes, endsInventory: endsInventory), at: place)
    }

    mutating func span(_ milliseconds: ClosedRange<Int64>) -> Span {
        .milliseconds(Int64.random(in: milliseconds, using: &generator))
    }
    mutating func microspan(upTo limit: Span) -> Span {
        Span(microseconds: Int64.random(in: 0...max(0, limit.microseconds), using: &generator))
    }
    private mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &generator) < percent }

    private mutating func newID(at now: Moment) -> String {
        defer { nextID += 1 }
        return "\(now.date.microseconds / 1_000_000).\(nextID)"
    }

    // MARK: what happens

    private mutating func perform(_ step: Step, at now: Moment) {
        switch step {
        case .arrival: arrive(at: now)
        case .menuOver(let call, let turn): if calls[call]?.turn == turn { menuOver(call, at: now) }
        case .seekAgent(let call, let visit):
            if isWaiting(call, visit), calls[call]?.phones.isEmpty == true { seekAgent(call, at: now) }
        case .rings(let call, let turn): if calls[call]?.turn == turn { rings(call, at: now) }
        case .answer(let call, let turn, let phone): if calls[call]?.turn == turn { answer(call, phone, at: now) }
        case .ringOver(let call, let turn): if calls[call]?.turn == turn { ringOver(call, at: now) }
        case .giveUp(let call, let visit): if isWaiting(call, visit) { giveUp(call, at: now) }
        case .timeOut(let call, let visit): if isWaiting(call, visit) { timeOut(call, at: now) }
        case .hold(let call, let turn): if calls[call]?.turn == turn { hold(call, at: now) }
        case .end(let call, let turn): if calls[call]?.turn == turn { end(call, at: now) }
        }
    }

    private func isWaiting(_ call: Int, _ visit: Int) -> Bool {
        calls[call].map { $0.phase == .waiting && $0.truth.visits.count == visit + 1 } ?? false
    }

    private mutating func arrive(at now: Moment) {
        guard isAccepting else { return }
        plan(
            .arrival,
            at: now.uptime + microspan(upTo: Span(microseconds: Int64(2_000_000 / configuration.callsPerSecond))))
        let id = newID(at: now)
        let number = nextCall
        nextCall += 1
        calls[number] = Call(
            truth: InventedCall(channel: id, arrived: now.date), name: "PJSIP/trunk-\(hex(nextID))",
            number: "06\(5_500_000 + number)",
            arrived: now, exten: "069000\(1 + number % 3)")
        tell([newChannel(calls[number]!)], at: now)
        plan(.menuOver(call: number, turn: 0), at: now.uptime + span(20...900))
    }

    func hex(_ number: Int) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: max(0, 8 - digits.count)) + digits
    }

    private mutating func menuOver(_ number: Int, at now: Moment) {
        calls[number]!.turn += 1
        if chance(8) { return hangUpInMenu(number, at: now) }
        if chance(12) { return dial(number, at: now) }
        calls[number]!.state = 6
        calls[number]!.priority = 3
        join(
            number, configuration.queues[Int.random(in: 0..<configuration.queues.count, using: &generator)], at: now,
            first: true)
    }

    private mutating func hangUpInMenu(_ number: Int, at now: Moment) {
        let call = calls[number]!
        tell([hangupRequest(call), softHangup(call), hangup(call)], at: now)
        finish(number, at: now)
    }

    private mutating func join(_ number: Int, _ queue: String, at now: Moment, first: Bool) {
        calls[number]!.phase = .waiting
        calls[number]!.queue = queue
        calls[number]!.joined = now
        let visit = calls[number]!.truth.visits.count
        calls[number]!.truth.visits.append(InventedCall.Visit(queue: queue, joined: now.date))
        let call = calls[number]!
        tell((first ? [newState(call)] : []) + [queueJoin(call, position: waiting(in: queue).count)], at: now)
        plan(.seekAgent(call: number, visit: visit), at: now.uptime + span(50...1500))
        if chance(20) { plan(.giveUp(call: number, visit: visit), at: now.uptime + span(100...3000)) }
        plan(.timeOut(call: number, visit: visit), at: now.uptime + span(3500...6000))
    }

    func waiting(in queue: String) -> [Call] {
        calls.values.filter { $0.phase == .waiting && $0.queue == queue }.sorted {
            ($0.joined!.uptime, $0.truth.channel) < ($1.joined!.uptime, $1.truth.channel)
        }
    }

    /// A member of the queue, or anybody.
    private mutating func freeAgent(of queue: String?) -> Int? {
        let free = (0..<configuration.agents).filter {
            !busyAgents.contains($0) && (queue == nil || configuration.queue(of: $0) == queue)
        }
        return free.randomElement(using: &generator)
    }

    private mutating func seekAgent(_ number: Int, at now: Moment) {
        let wanted = chance(25) ? 2 : 1
        for _ in 0..<wanted {
            guard let agent = freeAgent(of: calls[number]!.queue) else { break }
            addPhone(number, agent, visit: calls[number]!.truth.visits.count - 1, at: now)
        }
        guard !calls[number]!.phones.isEmpty else {
            return plan(
                .seekAgent(call: number, visit: calls[number]!.truth.visits.count - 1), at: now.uptime + span(100...300)
            )
        }
        let call = calls[number]!
        tell(call.phones.flatMap { [newChannel($0, of: call), agentCalled(call, $0), dialBegin(call, $0)] }, at: now)
        plan(.rings(call: number, turn: calls[number]!.turn), at: now.uptime + span(30...80))
    }

    private mutating func addPhone(_ number: Int, _ agent: Int, visit: Int?, at now: Moment) {
        busyAgents.insert(agent)
        let id = newID(at: now)
        calls[number]!.phones.append(
            Phone(
                channel: "\(interface(agent))-\(hex(nextID))", id: id, created: now, agent: agent,
                leg: calls[number]!.truth.legs.count))
        calls[number]!.truth.legs.append(
            InventedCall.Leg(interface: interface(agent), agent: name(agent), visit: visit, alerted: now.date))
    }

    func interface(_ agent: Int) -> String { "PJSIP/\(1001 + agent)" }
    func name(_ agent: Int) -> String { "Agente \(1001 + agent)" }

    private mutating func dial(_ number: Int, at now: Moment) {
        guard let agent = freeAgent(of: nil) else { return hangUpInMenu(number, at: now) }
        calls[number]!.phase = .dialling
        addPhone(number, agent, visit: nil, at: now)
        let call = calls[number]!
        tell([newChannel(call.phones[0], of: call), dialBegin(call, call.phones[0])], at: now)
        plan(.rings(call: number, turn: call.turn), at: now.uptime + span(30...80))
    }

    private mutating func rings(_ number: Int, at now: Moment) {
        for index in calls[number]!.phones.indices { calls[number]!.phones[index].state = 5 }
        calls[number]!.turn += 1
        let call = calls[number]!
        tell(call.phones.map { newState($0, of: call) }, at: now)
        if chance(80) {
            plan(
                .answer(call: number, turn: call.turn, phone: Int.random(in: 0..<call.phones.count, using: &generator)),
                at: now.uptime + span(100...1200))
        } else {
            plan(.ringOver(call: number, turn: call.turn), at: now.uptime + span(1200...1500))
        }
    }

    private mutating func answer(_ number: Int, _ index: Int, at now: Moment) {
        calls[number]!.turn += 1
        let ringing = calls[number]!
        var phone = ringing.phones[index]
        let others = ringing.phones.filter { $0.id != phone.id }
        phone.state = 6
        for other in others { endLeg(number, other, "answeredElsewhere", at: now) }
        calls[number]!.phones = [phone]
        calls[number]!.state = 6
        calls[number]!.bridge = "b-\(ringing.truth.channel)"
        calls[number]!.truth.legs[phone.leg].established = now.date
        let isQueued = ringing.phase == .waiting
        if isQueued { endVisit(number, "answered", at: now) }
        calls[number]!.phase = .talking
        let call = calls[number]!
        tell(
            [newState(phone, of: call), dialEnd(call, phone, "ANSWER")]
                + (isQueued ? [queueLeave(call), agentConnect(call, phone)] : [newState(call)])
                + others.flatMap { [dialEnd(call, $0, "CANCEL"), hangup($0, of: call)] }
                + [bridgeEnter(call, phone, 1), bridgeEnter(call, nil, 2)], at: now)
        if chance(25) {
            plan(.hold(call: number, turn: call.turn), at: now.uptime + span(200...1500))
        } else {
            plan(.end(call: number, turn: call.turn), at: now.uptime + span(300...5000))
        }
    }

    private mutating func endLeg(_ number: Int, _ phone: Phone, _ result: String, at now: Moment) {
        busyAgents.remove(phone.agent)
        calls[number]!.truth.legs[phone.leg].result = result
        calls[number]!.truth.legs[phone.leg].ended = now.date
    }

    private mutating func endVisit(_ number: Int, _ outcome: String, _ reason: String? = nil, at now: Moment) {
        let last = calls[number]!.truth.visits.count - 1
        calls[number]!.truth.visits[last].left = now.date
        calls[number]!.truth.visits[last].outcome = outcome
        calls[number]!.truth.visits[last].reason = reason
    }

    private mutating func ringOver(_ number: Int, at now: Moment) {
        calls[number]!.turn += 1
        let call = calls[number]!
        for phone in call.phones { endLeg(number, phone, "noAnswer", at: now) }
        calls[number]!.phones = []
        guard call.phase == .waiting else {
            tell(
                call.phones.flatMap { [dialEnd(call, $0, "NOANSWER"), hangup($0, of: call)] } + [
                    softHangup(call), hangup(call),
                ], at: now)
            return finish(number, at: now)
        }
        tell(
            call.phones.flatMap { [agentRingNoAnswer(call, $0), dialEnd(call, $0, "NOANSWER"), hangup($0, of: call)] },
            at: now)
        plan(.seekAgent(call: number, visit: call.truth.visits.count - 1), at: now.uptime + span(50...400))
    }

    private mutating func giveUp(_ number: Int, at now: Moment) {
        let call = calls[number]!
        for phone in call.phones { endLeg(number, phone, "callerLeft", at: now) }
        endVisit(number, "abandoned", at: now)
        tell(
            [hangupRequest(call)] + call.phones.map { dialEnd(call, $0, "CANCEL") } + [
                queueAbandon(call), queueLeave(call),
            ]
                + call.phones.map { hangup($0, of: call) } + [softHangup(call), hangup(call)], at: now)
        finish(number, at: now)
    }

    private mutating func timeOut(_ number: Int, at now: Moment) {
        calls[number]!.turn += 1
        var call = calls[number]!
        for phone in call.phones { endLeg(number, phone, "noAnswer", at: now) }
        endVisit(number, "flowOut", "timeout", at: now)
        let round = call.phones.flatMap { [agentRingNoAnswer(call, $0), dialEnd(call, $0, "NOANSWER")] }
        let out = [queueAbandon(call), queueLeave(call)] + call.phones.map { hangup($0, of: call) }
        calls[number]!.phones = []
        calls[number]!.priority += 1
        call.priority += 1
        let status = queueEnd(call)
        if call.truth.visits.count < 2, chance(50) {
            let other = configuration.queues.first { $0 != call.queue } ?? configuration.queues[0]
            tell(round + out + [status], at: now)
            calls[number]!.priority += 1
            join(number, other, at: now + .milliseconds(12), first: false)
        } else {
            tell(round + out + [status, softHangup(call), hangup(call)], at: now)
            finish(number, at: now)
        }
    }

    private mutating func hold(_ number: Int, at now: Moment) {
        calls[number]!.turn += 1
        let call = calls[number]!
        let phone = call.phones[0]
        if let since = call.heldSince {
            calls[number]!.truth.legs[phone.leg].hold = calls[number]!.truth.legs[phone.leg].hold + (now.date - since)
            calls[number]!.heldSince = nil
            tell([held(call, phone, "Unhold")], at: now)
            plan(.end(call: number, turn: call.turn), at: now.uptime + span(200...2000))
        } else {
            calls[number]!.heldSince = now.date
            tell([held(call, phone, "Hold")], at: now)
            let step: Step = chance(85) ? .hold(call: number, turn: call.turn) : .end(call: number, turn: call.turn)
            plan(step, at: now.uptime + span(100...2000))
        }
    }

    private mutating func end(_ number: Int, at now: Moment) {
        let call = calls[number]!
        let phone = call.phones[0]
        if let since = call.heldSince {
            calls[number]!.truth.legs[phone.leg].hold = calls[number]!.truth.legs[phone.leg].hold + (now.date - since)
        }
        endLeg(number, phone, "answered", at: now)
        let byCaller = chance(50)
        calls[number]!.truth.legs[phone.leg].endedBy = byCaller ? "caller" : "agent"
        let complete = call.queue == nil ? [] : [agentComplete(call, phone, byCaller ? "caller" : "agent")]
        if byCaller {
            tell(
                [hangupRequest(call)] + complete + [
                    bridgeLeave(call, nil, 1), bridgeLeave(call, phone, 0), softHangup(call), hangup(phone, of: call),
                    hangup(call),
                ], at: now)
        } else {
            tell(
                [hangupRequest(phone, of: call)] + complete + [
                    bridgeLeave(call, phone, 1), bridgeLeave(call, nil, 0), hangup(phone, of: call), softHangup(call),
                    hangup(call),
                ], at: now)
        }
        finish(number, at: now)
    }

    private mutating func finish(_ number: Int, at now: Moment) {
        guard var call = calls.removeValue(forKey: number) else { return }
        call.truth.ended = now.date
        ended.append(call.truth)
    }
}
