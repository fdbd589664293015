import Calls
import Telephony
import Testing
import Time

/// What a parting of caller and agent means: the end, a swap of channels, or a consultation. Times and orders from
/// recordings of a real switch (`members_local`, `atx_feature`, `park_refer`).
@Suite("When caller and agent part")
struct PartingTests {
    private var calls = Calls()
    private var events: [CallEvent] = []

    private static func at(_ seconds: Double) -> Moment {
        let span = Span(microseconds: Int64((seconds * 1_000_000).rounded()))
        return Moment(uptime: span, date: UnixTime(seconds: 1_772_438_400) + span)
    }

    private mutating func feed(_ seconds: Double, _ event: SwitchEvent) {
        calls.deadlineReached(at: Self.at(seconds), into: &events)
        calls.handle(event, at: Self.at(seconds), into: &events)
    }

    private mutating func created(_ id: String) {
        feed(0, .channelCreated(Script.channel(ChannelID(id), CallerID(number: "", name: ""), CallID("C"))))
    }

    private let info = QueueName("info")
    private let agent = AgentRef(interface: Interface("PJSIP/1"), name: "Anna")

    /// Caller C talks since second 10 with the agent's channel `id`.
    private mutating func talking(with id: String) {
        created("C")
        created(id)
        feed(1, .queueJoined(info, ChannelID("C"), CallerID(number: "", name: ""), position: 1, DialplanPosition()))
        feed(2, .agentCalled(info, ChannelID("C"), agent, destination: ChannelID(id)))
        feed(9.9, .queueLeft(info, ChannelID("C"), DialplanPosition()))
        feed(9.9, .agentConnected(info, ChannelID("C"), agent, destination: ChannelID(id)))
        feed(10, entered("B", id))
        feed(10, entered("B", "C"))
    }

    private var ended: AgentLeg? {
        for case .disconnected(let leg) in events { return leg }
        return nil
    }

    @Test("a Local channel that is optimised away hands its part to the real one, and talk goes on")
    mutating func optimised() {
        created("L2")
        created("A")
        created("L1")
        feed(1, .localPaired(ChannelID("L1"), ChannelID("L2")))
        feed(9.8, entered("X", "A"))
        feed(9.8, entered("X", "L2"))
        talking(with: "L1")
        feed(10.034, .bridgeLeft(BridgeID("X"), ChannelID("A")))
        feed(10.034, .bridgeLeft(BridgeID("B"), ChannelID("L1")))
        feed(10.034, entered("B", "A", replacing: ChannelID("L1")))
        feed(10.040, .channelEnded(ChannelID("L1"), DialplanPosition()))
        #expect(ended == nil)
        feed(15, .hangupRequested(ChannelID("C"), byPeer: true, DialplanPosition()))
        feed(15, .bridgeLeft(BridgeID("B"), ChannelID("C")))
        feed(15.001, .channelEnded(ChannelID("C"), DialplanPosition()))
        #expect(ended?.talk == .seconds(5))
        #expect(ended?.endedBy == .caller)
    }

    @Test("a caller's Local channel that is optimised away hands the contact to the customer's own channel")
    mutating func callback() {
        created("L2")
        created("A")
        created("V9")
        feed(1, .queueJoined(info, ChannelID("L2"), CallerID(number: "", name: ""), position: 1, DialplanPosition()))
        feed(2, .agentCalled(info, ChannelID("L2"), agent, destination: ChannelID("A")))
        feed(9.9, .agentConnected(info, ChannelID("L2"), agent, destination: ChannelID("A")))
        feed(10, entered("B", "A"))
        feed(10, entered("B", "L2"))
        feed(10.002, .bridgeLeft(BridgeID("B"), ChannelID("L2")))
        feed(10.002, entered("B", "V9", replacing: ChannelID("L2")))
        feed(10.003, .channelEnded(ChannelID("L2"), DialplanPosition()))
        feed(18, .bridgeLeft(BridgeID("B"), ChannelID("A")))
        feed(18, .channelEnded(ChannelID("A"), DialplanPosition()))
        #expect(ended?.talk == .seconds(8))
    }

    @Test("an agent who goes to another bridge consults: hold until the return")
    mutating func consultation() {
        talking(with: "A")
        feed(12, .bridgeLeft(BridgeID("B"), ChannelID("A")))
        feed(12, entered("X", "A"))
        feed(16, .bridgeLeft(BridgeID("X"), ChannelID("A")))
        feed(16, entered("B", "A"))
        feed(20, .bridgeLeft(BridgeID("B"), ChannelID("A")))
        feed(20, .channelEnded(ChannelID("A"), DialplanPosition()))
        #expect(ended?.talk == .seconds(6))
        #expect(ended?.hold == .seconds(4))
    }

    @Test("a transfer ends the agent's part, whenever the channel is hung up")
    mutating func transferred() {
        talking(with: "A")
        feed(12, .bridgeLeft(BridgeID("B"), ChannelID("A")))
        feed(12, entered("X", "A"))
        feed(16, .transferred(ChannelID("A"), second: nil))
        #expect(ended?.talk == .seconds(2))
        #expect(ended?.hold == .seconds(4))
        let before = events
        feed(26, .channelEnded(ChannelID("A"), DialplanPosition()))
        #expect(events == before)
    }

    @Test("a caller who is taken to another bridge leaves the agent at that moment")
    mutating func parked() {
        talking(with: "A")
        feed(13, .bridgeLeft(BridgeID("B"), ChannelID("C")))
        feed(13, entered("elsewhere", "C"))
        feed(20, entered("Z", "other"))
        #expect(ended?.talk == .seconds(3))
        #expect(ended?.ended == Self.at(13))
    }

    @Test("parting for longer than the tolerance, with the agent nowhere, ends at the first instant")
    mutating func nowhere() {
        talking(with: "A")
        feed(13, .bridgeLeft(BridgeID("B"), ChannelID("A")))
        #expect(ended == nil)
        calls.deadlineReached(at: Self.at(13.25), into: &events)
        #expect(ended?.ended == Self.at(13))
    }

    @Test("a second parting within the tolerance of the first has a tolerance of its own")
    mutating func partedTwice() {
        talking(with: "A")
        for seconds in [13, 13.2] {
            feed(seconds, .bridgeLeft(BridgeID("B"), ChannelID("A")))
            feed(seconds + 0.1, entered("B", "A"))
        }
        #expect(ended == nil)
        feed(16, .bridgeLeft(BridgeID("B"), ChannelID("A")))
        feed(16.1, entered("B", "A"))
        feed(16.2, .bridgeLeft(BridgeID("B"), ChannelID("A")))
        calls.deadlineReached(at: Self.at(16.25), into: &events)
        #expect(ended == nil)
        calls.deadlineReached(at: Self.at(16.45), into: &events)
        #expect(ended?.ended == Self.at(16.2))
    }
}

/// `atx_refer_queue_waiting`: the agent consults a queue and hands the caller over while still waiting there.
@Suite("A place in a queue that changes hands")
struct InheritedPlaceTests {
    @Test("is offered once, and answered for the caller who inherited it")
    func inherited() {
        var calls = Calls()
        var events: [CallEvent] = []
        func feed(_ seconds: Double, _ event: SwitchEvent) {
            let span = Span(microseconds: Int64((seconds * 1_000_000).rounded()))
            calls.handle(event, at: Moment(uptime: span, date: UnixTime(seconds: 1_772_438_400) + span), into: &events)
        }
        let nobody = CallerID(number: "", name: "")
        let anna = AgentRef(interface: Interface("PJSIP/1"), name: "Anna")
        let giulia = AgentRef(interface: Interface("PJSIP/7"), name: "Giulia")
        feed(0, .queueJoined(QueueName("info"), ChannelID("C"), nobody, position: 1, DialplanPosition(exten: "1")))
        feed(1, .agentCalled(QueueName("info"), ChannelID("C"), anna, destination: ChannelID("A1")))
        feed(2, .agentConnected(QueueName("info"), ChannelID("C"), anna, destination: ChannelID("A1")))
        feed(2, entered("B", "A1"))
        feed(2, entered("B", "C"))
        feed(2.9, .channelCreated(Script.channel(ChannelID("K"), nobody, CallID("K"))))
        feed(
            3,
            .queueJoined(QueueName("complaints"), ChannelID("K"), nobody, position: 1, DialplanPosition(exten: "6003")))
        feed(3, .agentCalled(QueueName("complaints"), ChannelID("K"), giulia, destination: ChannelID("A7")))
        feed(6, .transferred(ChannelID("A1"), second: ChannelID("K")))
        feed(6.1, .channelEnded(ChannelID("K"), DialplanPosition(exten: "h")))
        feed(11, .queueLeft(QueueName("complaints"), ChannelID("C"), DialplanPosition(exten: "6003")))
        feed(11, .agentConnected(QueueName("complaints"), ChannelID("C"), giulia, destination: ChannelID("A7")))
        feed(11, entered("D", "A7"))
        feed(11, entered("D", "C"))
        let queued = events.compactMap { if case .queued(let visit) = $0 { visit.queue.rawValue } else { nil } }
        #expect(queued == ["info", "complaints"])
        let answered = events.compactMap { event -> String? in
            guard case .established(let visit, let leg) = event else { return nil }
            return visit.map {
                "\($0.queue) \($0.contact.number) \(leg.agent.name) \($0.wait(until: $0.joined).seconds)"
            }
        }
        #expect(answered == ["info 1 Anna 2.0", "complaints 1 Giulia 8.0"])
        #expect(!events.contains { if case .visitEnded = $0 { true } else { false } })
    }
}
