import Calls
import Telephony
import Testing
import Time

/// Orders and repetitions that once lost or doubled a caller, each as the shortest input that shows it.
@Suite("Whatever the order of the switch's events")
struct HostileOrderTests {
    private var calls = Calls()
    private var events: [CallEvent] = []
    private let info = QueueName("info")
    private let anna = AgentRef(interface: Interface("PJSIP/1"), name: "Anna")
    private let nobody = CallerID(number: "", name: "")

    private mutating func feed(_ milliseconds: Int64, _ event: SwitchEvent) {
        let span = Span.milliseconds(milliseconds)
        calls.handle(event, at: Moment(uptime: span, date: UnixTime(seconds: 1_772_438_400) + span), into: &events)
    }

    private var joined: Int { events.count { if case .queued = $0 { true } else { false } } }
    private var outcomes: [QueueVisit.Outcome] {
        events.compactMap { if case .visitEnded(_, let outcome) = $0 { outcome } else { nil } }
    }

    @Test("a caller whom the inventory names before the live event does is offered once, and whole")
    mutating func inventoryOvertakes() {
        feed(1000, .queueEntryFound(info, ChannelID("C"), nobody, position: 1, wait: .zero))
        feed(1002, .queueJoined(info, ChannelID("C"), nobody, position: 1, DialplanPosition(exten: "800")))
        #expect(joined == 1)
        feed(5000, .hangupRequested(ChannelID("C"), byPeer: true, DialplanPosition(exten: "800")))
        feed(5001, .queueAbandoned(info, ChannelID("C"), DialplanPosition(exten: "800")))
        #expect(outcomes == [.abandoned])
        guard case .visitEnded(let visit, _)? = events.last else {
            return #expect(Bool(false), "the visit has not ended")
        }
        #expect(visit.wait(until: visit.joined) == .milliseconds(3998))
        #expect(!visit.isPartial)
    }

    @Test("a phone that is reported as ring without answer after it was connected leaves no caller waiting for ever")
    mutating func connectedThenRangNoAnswer() {
        feed(0, .queueJoined(info, ChannelID("C"), nobody, position: 1, DialplanPosition()))
        feed(1000, .agentCalled(info, ChannelID("C"), anna, destination: ChannelID("A")))
        feed(2000, .agentConnected(info, ChannelID("C"), anna, destination: ChannelID("A")))
        feed(2001, .agentRangNoAnswer(info, ChannelID("C"), anna, destination: ChannelID("A")))
        feed(2002, .channelEnded(ChannelID("A"), DialplanPosition()))
        feed(2003, .channelEnded(ChannelID("C"), DialplanPosition()))
        let closed = events.count {
            switch $0 {
            case .established, .visitEnded: true
            default: false
            }
        }
        #expect(closed == 1)
    }

    @Test(
        "a refusal at another door, named or not, is counted, and ends the wait to see why the caller left the first",
        arguments: [QueueName("other"), nil])
    mutating func refusedElsewhere(door: QueueName?) {
        feed(0, .queueJoined(info, ChannelID("C"), nobody, position: 1, DialplanPosition(exten: "1")))
        feed(3000, .queueLeft(info, ChannelID("C"), DialplanPosition(exten: "1")))
        feed(3100, .queueStatus(ChannelID("C"), door, .full))
        #expect(outcomes == [.flowOut(.key)])
        #expect(events.contains(.refused(door, .full)))
    }

    @Test("a phone that rang for the previous queue is not a leg of the next one")
    mutating func ringsOn() {
        feed(0, .queueJoined(info, ChannelID("C"), nobody, position: 1, DialplanPosition()))
        feed(1000, .agentCalled(info, ChannelID("C"), anna, destination: ChannelID("A")))
        feed(2000, .queueAbandoned(info, ChannelID("C"), DialplanPosition()))
        feed(2500, .queueJoined(QueueName("other"), ChannelID("C"), nobody, position: 1, DialplanPosition()))
        let ended = events.contains { if case .alertingEnded(let leg, _, _) = $0 { leg.queue == info } else { false } }
        #expect(ended)
    }

    private func channel(_ id: String, _ name: String) -> Channel {
        Channel(id: ChannelID(id), call: CallID(id), name: name)
    }

    private var lost: Int { events.count { if case .contactEnded(_, _, .lost) = $0 { true } else { false } } }
    private var began: Int { events.count { if case .contactBegan = $0 { true } else { false } } }

    @Test("another channel under the Uniqueid of one that lives is another call, and the first is reported as lost")
    mutating func namesake() {
        feed(0, .channelCreated(channel("C", "PJSIP/trunk-1")))
        feed(1, .queueJoined(info, ChannelID("C"), nobody, position: 1, DialplanPosition()))
        feed(2, .channelCreated(channel("C", "PJSIP/trunk-1")))
        #expect(began == 1, "told twice, it is one")
        feed(3, .channelCreated(channel("C", "PJSIP/trunk-2")))
        #expect(began == 2 && lost == 1)
        #expect(outcomes == [.lost])
        #expect(calls.channelsReplaced == 1 && calls.channelCount == 1)
        feed(4, .queueJoined(info, ChannelID("C"), nobody, position: 1, DialplanPosition()))
        feed(5, .hangupRequested(ChannelID("C"), byPeer: true, DialplanPosition()))
        feed(6, .queueAbandoned(info, ChannelID("C"), DialplanPosition()))
        feed(7, .channelEnded(ChannelID("C"), DialplanPosition()))
        #expect(outcomes == [.lost, .abandoned])
        feed(8, .channelEnded(ChannelID("C"), DialplanPosition()))
        #expect(lost == 1 && calls.channelCount == 0)
    }

    @Test("an agent's channel whose Uniqueid is taken by another ends its part as lost, and the caller's call goes on")
    mutating func namesakeOfAgent() {
        let phone = Channel(
            id: ChannelID("A"), call: CallID("C"), name: "PJSIP/1-1", kind: .phone, isIncoming: false,
            device: anna.interface)
        feed(0, .channelCreated(channel("C", "PJSIP/trunk-1")))
        feed(1, .channelCreated(phone))
        feed(2, .dialBegan(source: ChannelID("C"), phone, number: "1"))
        feed(3, .dialEnded(destination: ChannelID("A"), .answered))
        feed(4, .bridgeEntered(BridgeID("B"), .conversation, channel("C", "PJSIP/trunk-1"), replacing: nil))
        feed(5, .bridgeEntered(BridgeID("B"), .conversation, phone, replacing: nil))
        feed(
            6,
            .channelCreated(
                Channel(id: ChannelID("A"), call: CallID("D"), name: "PJSIP/2-9", kind: .phone, isIncoming: false)))
        let ended = events.compactMap { if case .disconnected(let leg) = $0 { leg } else { nil } }
        #expect(ended.map(\.isMeasured) == [false])
        #expect(lost == 0)
    }

    @Test("a clock that is set with each event flags each contact once")
    mutating func restlessClock() {
        for index in 0..<50 { feed(0, .channelCreated(channel("C\(index)", "PJSIP/trunk-\(index)"))) }
        for step in 1...100 { feed(Int64(step), .clockStepped) }
        func stepped() -> Int { events.count { if case .clockStepped = $0 { true } else { false } } }
        #expect(stepped() == 50)
        feed(200, .channelCreated(channel("D", "PJSIP/trunk-d")))
        feed(201, .clockStepped)
        #expect(stepped() == 51)
    }

    @Test("a chain of bridges and Local channels is followed as far as two of the largest conferences, and no further")
    mutating func chain() {
        func half(_ number: Int, _ side: Int) -> Channel {
            Channel(
                id: ChannelID("L\(number);\(side)"), call: CallID("x"), name: "Local/\(number);\(side)", kind: .local,
                isIncoming: false)
        }
        for number in 0..<1_500 {
            feed(0, .channelCreated(half(number, 1)))
            feed(0, .channelCreated(half(number, 2)))
            feed(0, .localPaired(half(number, 1).id, half(number, 2).id))
        }
        // Neighbours first, then pairs of neighbours and so on: link after link, each of the thousands would be
        // followed to the limit.
        for number in (0...1_500).sorted(by: { $0.trailingZeroBitCount < $1.trailingZeroBitCount }) {
            if number < 1_500 {
                feed(0, .bridgeEntered(BridgeID("B\(number)"), .conversation, half(number, 2), replacing: nil))
            }
            if number > 0 {
                feed(0, .bridgeEntered(BridgeID("B\(number)"), .conversation, half(number - 1, 1), replacing: nil))
            }
        }
        #expect(calls.channelCount == 3_000)
    }

    @Test("an endless series of phones for one caller is bounded")
    mutating func flood() {
        feed(0, .queueJoined(info, ChannelID("C"), nobody, position: 1, DialplanPosition()))
        for index in 0..<3000 { feed(1, .agentCalled(info, ChannelID("C"), anna, destination: ChannelID("A\(index)"))) }
        #expect(calls.channelCount < 600)
    }

    @Test("of an endless series of devices of one member, the last is kept")
    mutating func devices() {
        for index in 0...20_000 { memberOn(device: index) }
        var other = HostileOrderTests()
        other.memberOn(device: 20_000)
        // Not in the expectation: it would print everything.
        let isKept = calls == other.calls
        #expect(isKept)
    }

    private mutating func memberOn(device: Int) {
        feed(
            1,
            .member(
                QueueMember(
                    queue: info, agent: anna, device: .notInUse, isPaused: false, pauseReason: "",
                    stateInterface: Interface("PJSIP/\(device)"))))
    }

    @Test("one channel that the inventory lists again and again is kept once")
    mutating func listedAgain() {
        func found(_ name: String) -> SwitchEvent {
            let half = Channel(id: ChannelID("L"), call: CallID("L"), name: name, kind: .local, isIncoming: false)
            return .channelFound(half, bridge: BridgeID("B"), queue: nil, age: .zero)
        }
        feed(0, .inventoryBegan)
        feed(1, found("Local/1@x-1;1"))
        let once = calls
        feed(1, found("Local/1@x-2;1"))
        #expect(calls == once)
    }

    @Test(
        "a list fills three quarters of the places at most: new calls find room while it names channels that may not exist"
    )
    mutating func places() {
        func channel(_ number: Int) -> Channel {
            Channel(
                id: ChannelID("\(number)"), call: CallID("\(number)"), name: "PJSIP/\(number)-1", kind: .phone,
                isIncoming: false)
        }
        feed(0, .inventoryBegan)
        for number in 0...Calls.listedLimit {
            feed(1, .channelFound(channel(number), bridge: nil, queue: nil, age: .zero))
        }
        #expect(calls.channelCount == Calls.listedLimit && calls.channelsRefused == 1)
        feed(2, .channelCreated(channel(-1)))
        #expect(calls.channelCount == Calls.listedLimit + 1)
    }
}
