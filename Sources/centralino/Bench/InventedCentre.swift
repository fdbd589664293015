import Telephony
import Time

/// A call centre whose calls are invented from a seed: what its switch would say, in order, as long as somebody asks.
///
/// A call has some twenty events: few beside a real one's sixty, but all those by which figures and records change.
struct InventedCentre {
    struct Saying {
        var at: Moment
        var text: String
    }

    private struct Planned {
        var at: Int64
        var order: Int
        var text: String
        /// This agent is free from now on.
        var freed: Int?
        var endsCall = false
    }

    private let queues: Int
    private let agents: Int
    private let start: Moment
    private var between: Span
    private var generator: SplitMix64
    /// A heap: the earliest first.
    private var planned: [Planned] = []
    private var nextArrival = Span.zero
    private var order = 0
    private var busy: Set<Int> = []
    private(set) var callsBegun = 0
    private(set) var callsEnded = 0

    /// - Parameter between: from one arrival to the next, on average.
    init(queues: Int, agents: Int, between: Span, seed: UInt64, at start: Moment) {
        self.queues = queues
        self.agents = agents
        self.start = start
        self.between = between
        generator = SplitMix64(seed: seed)
    }

    /// The answer to `QueueStatus`, each item without its ActionID.
    var members: [String] {
        (0..<agents).flatMap { agent in
            queuesOf(agent).map { queue in
                "QueueMember|Queue: coda-\(queue)|Name: Agente \(agent)|Location: PJSIP/\(2000 + agent)|StateInterface: PJSIP/\(2000 + agent)|Membership: dynamic|Penalty: 0|CallsTaken: 0|LastCall: 0|InCall: 0|Status: 1|Paused: 0"
            }
        }
    }

    /// Each agent works for two queues.
    private func queuesOf(_ agent: Int) -> [Int] {
        let first = agent % queues
        let second = (agent * 7 + 1) % queues
        return first == second ? [first] : [first, second]
    }

    /// From now on calls arrive at this interval, on average.
    mutating func hurry(between: Span) { self.between = between }

    /// The next thing that the switch says. It never ends.
    mutating func next() -> Saying {
        while planned.first.map({ $0.at > nextArrival.microseconds }) ?? true { arrive() }
        let saying = take()
        if let agent = saying.freed { busy.remove(agent) }
        if saying.endsCall { callsEnded += 1 }
        return Saying(at: start + Span(microseconds: saying.at), text: saying.text)
    }

    private mutating func arrive() {
        let queue = Int.random(in: 0..<queues, using: &generator)
        callsBegun += 1
        plan(call: callsBegun, queue: queue, at: nextArrival.microseconds)
        let mean = between.microseconds
        nextArrival = nextArrival + Span(microseconds: Int64.random(in: 1...2 * mean, using: &generator))
    }

    private mutating func plan(call: Int, queue: Int, at arrival: Int64) {
        let caller = channel(
            "PJSIP/trunk-\(call)", number: "+3933\(10_000_000 + call % 90_000_000)", "1.\(call)", of: call)
        let place = "|Queue: coda-\(queue)"
        var now = arrival
        func later(_ range: ClosedRange<Int64>, _ bench: inout InventedCentre) {
            now += Int64.random(in: range, using: &bench.generator)
        }
        say(now, "Newchannel|ChannelState: 4" + caller)
        later(50_000...200_000, &self)
        say(now, "Newstate|ChannelState: 6" + caller)
        say(now, "QueueCallerJoin|ChannelState: 6" + caller + place + "|Position: 1|Count: 1")
        later(2_000_000...20_000_000, &self)
        let agent = freeAgent(of: queue)
        guard let agent, Int.random(in: 0..<100, using: &generator) >= 4 else {
            later(10_000_000...40_000_000, &self)
            say(
                now,
                "QueueCallerAbandon|ChannelState: 6" + caller + place + "|Position: 1|OriginalPosition: 1|HoldTime: 30")
            say(now, "QueueCallerLeave|ChannelState: 6" + caller + place + "|Position: 1|Count: 0")
            return say(now, "Hangup|ChannelState: 6" + caller + "|Cause: 16|Cause-txt: Normal Clearing", endsCall: true)
        }
        busy.insert(agent)
        let interface = "PJSIP/\(2000 + agent)"
        let member = channel("\(interface)-\(call)", number: "\(2000 + agent)", "2.\(call)", of: call)
        let called = member.replacing("|", with: "|Dest")
        let who = place + "|Interface: \(interface)|MemberName: Agente \(agent)"
        say(now, "Newchannel|ChannelState: 0" + member)
        say(now, "AgentCalled|ChannelState: 6" + caller + called + who)
        later(3_000_000...9_000_000, &self)
        say(now, "QueueCallerLeave|ChannelState: 6" + caller + place + "|Position: 1|Count: 0")
        say(now, "AgentConnect|ChannelState: 6" + caller + called + who + "|RingTime: 5|HoldTime: 10")
        let bridge = "|BridgeUniqueid: b-\(call)|BridgeType: basic|BridgeTechnology: simple_bridge"
        say(now, "BridgeEnter|ChannelState: 6" + bridge + "|BridgeNumChannels: 1" + member)
        say(now, "BridgeEnter|ChannelState: 6" + bridge + "|BridgeNumChannels: 2" + caller)
        for queue in queuesOf(agent) { say(now, status(of: agent, queue, device: 2)) }
        later(30_000_000...240_000_000, &self)
        say(now, "BridgeLeave|ChannelState: 6" + bridge + "|BridgeNumChannels: 1" + caller)
        say(now, "BridgeLeave|ChannelState: 6" + bridge + "|BridgeNumChannels: 0" + member)
        say(now, "AgentComplete|ChannelState: 6" + caller + called + who + "|HoldTime: 10|TalkTime: 100|Reason: caller")
        say(now, "Hangup|ChannelState: 6" + member + "|Cause: 16|Cause-txt: Normal Clearing")
        for queue in queuesOf(agent) { say(now, status(of: agent, queue, device: 1), freed: agent) }
        say(now, "Hangup|ChannelState: 6" + caller + "|Cause: 16|Cause-txt: Normal Clearing", endsCall: true)
    }

    private func status(of agent: Int, _ queue: Int, device: Int) -> String {
        "QueueMemberStatus|Queue: coda-\(queue)|MemberName: Agente \(agent)|Interface: PJSIP/\(2000 + agent)|StateInterface: PJSIP/\(2000 + agent)|Membership: dynamic|Penalty: 0|CallsTaken: 0|InCall: \(device == 2 ? 1 : 0)|Status: \(device)|Paused: 0"
    }

    private func channel(_ name: String, number: String, _ id: String, of call: Int) -> String {
        "|Channel: \(name)|CallerIDNum: \(number)|CallerIDName: |ConnectedLineNum: <unknown>|ConnectedLineName: <unknown>|Context: from-trunk|Exten: 0690001|Priority: 1|Uniqueid: \(id)|Linkedid: 1.\(call)"
    }

    /// Tries some at random. A caller for whom none is found waits in vain.
    private mutating func freeAgent(of queue: Int) -> Int? {
        for _ in 0..<20 {
            // Those whose first queue it is.
            let agent = queue + queues * Int.random(in: 0..<max(1, agents / queues), using: &generator)
            if agent < agents, !busy.contains(agent) { return agent }
        }
        return nil
    }

    // MARK: the heap

    private mutating func say(_ at: Int64, _ text: String, freed: Int? = nil, endsCall: Bool = false) {
        order += 1
        planned.append(Planned(at: at, order: order, text: text, freed: freed, endsCall: endsCall))
        var index = planned.count - 1
        while index > 0, isBefore(index, (index - 1) / 2) {
            planned.swapAt(index, (index - 1) / 2)
            index = (index - 1) / 2
        }
    }

    private mutating func take() -> Planned {
        planned.swapAt(0, planned.count - 1)
        let first = planned.removeLast()
        var index = 0
        while true {
            let left = 2 * index + 1
            guard left < planned.count else { return first }
            let least = left + 1 < planned.count && isBefore(left + 1, left) ? left + 1 : left
            guard isBefore(least, index) else { return first }
            planned.swapAt(index, least)
            index = least
        }
    }

    private func isBefore(_ one: Int, _ other: Int) -> Bool {
        (planned[one].at, planned[one].order) < (planned[other].at, planned[other].order)
    }
}
