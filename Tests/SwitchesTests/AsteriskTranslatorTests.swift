import AMI
import Switches
import Telephony
import Testing
import Time

@Suite("Asterisk's events in our words")
struct AsteriskTranslatorTests {
    /// The message, after a banner; lines end in LF here.
    static func message(_ text: String) -> Message {
        var framer = Framer(role: .client)
        var found: Message?
        let wire = "Asterisk Call Manager/11.0.0\r\n" + text.replacing("\n", with: "\r\n") + "\r\n\r\n"
        framer.receive(Array(wire.utf8)) { if case .message(let message) = $0 { found = message } }
        return found!
    }

    private func event(_ text: String, notice: AsteriskTranslator.QueueStatusNotice = .init()) -> SwitchEvent? {
        var translator = AsteriskTranslator(notice: notice)
        return translator.event(Self.message(text))
    }

    /// A channel snapshot as Asterisk 16 and 22 write it.
    private func snapshot(_ prefix: String = "", name: String = #"D\'Angelo Nicolò"#, number: String = "+390659041234")
        -> String
    {
        """
        \(prefix)Channel: PJSIP/trunk-000000a1
        \(prefix)ChannelState: 6
        \(prefix)ChannelStateDesc: Up
        \(prefix)CallerIDNum: \(number)
        \(prefix)CallerIDName: \(name)
        \(prefix)ConnectedLineNum: 1004
        \(prefix)ConnectedLineName: Interno 1004
        \(prefix)Language: en
        \(prefix)AccountCode: 
        \(prefix)Context: from-trunk
        \(prefix)Exten: 0690004
        \(prefix)Priority: 2
        \(prefix)Uniqueid: \(prefix.isEmpty ? "1795402418.211" : "1795402418.212")
        \(prefix)Linkedid: 1795402418.211
        """
    }

    private let channel = ChannelID("1795402418.211")
    private let destination = ChannelID("1795402418.212")
    private let place = DialplanPosition(context: "from-trunk", exten: "0690004", priority: "2")
    private let caller = CallerID(number: "+390659041234", name: "D'Angelo Nicolò")
    /// The snapshot, of a leg that is up.
    private var leg: Channel {
        Channel(
            id: channel, call: CallID("1795402418.211"), name: "PJSIP/trunk-000000a1", caller: caller,
            called: "0690004", kind: .line,
            isIncoming: false, device: Interface("PJSIP/trunk"))
    }
    private let queue = QueueName("orientamento")
    private let giulia = AgentRef(interface: Interface("PJSIP/1007"), name: "Giulia Però")
    private let member = "Queue: orientamento\nInterface: PJSIP/1007\nMemberName: Giulia Però"

    @Test("for a channel's life: created, hang-up requested by either side, ended")
    func channels() {
        #expect(
            event(
                "Event: Newchannel\nPrivilege: call,all\n"
                    + snapshot().replacing("ChannelState: 6", with: "ChannelState: 0"))
                == .channelCreated(leg))
        #expect(
            event(
                "Event: NewCallerid\nPrivilege: call,all\n" + snapshot()
                    + "\nCID-CallingPres: 0 (Presentation Allowed, Not Screened)")
                == .callerIdentified(channel, caller))
        #expect(
            event("Event: HangupRequest\nPrivilege: call,all\n" + snapshot())
                == .hangupRequested(channel, byPeer: true, place))
        #expect(
            event("Event: HangupRequest\nPrivilege: call,all\n" + snapshot() + "\nCause: 16\nTechCause: SIP 200")
                == .hangupRequested(channel, byPeer: true, place))
        #expect(
            event("Event: SoftHangupRequest\nPrivilege: call,all\n" + snapshot() + "\nCause: 16")
                == .hangupRequested(channel, byPeer: false, place))
        #expect(
            event("Event: Hangup\nPrivilege: call,all\n" + snapshot() + "\nCause: 26\nCause-txt: Answered elsewhere")
                == .channelEnded(channel, place))
    }

    @Test("for bridges and holds; a swap names the channel that is replaced")
    func bridges() {
        let bridge =
            "BridgeUniqueid: ebe95edc-9c0b\nBridgeType: basic\nBridgeCreator: <unknown>\nBridgeName: <unknown>\nBridgeNumChannels: 1\n"
        let id = BridgeID("ebe95edc-9c0b")
        #expect(
            event("Event: BridgeEnter\nPrivilege: call,all\n" + bridge + snapshot())
                == .bridgeEntered(id, .conversation, leg, replacing: nil))
        #expect(
            event("Event: BridgeEnter\nPrivilege: call,all\n" + bridge + snapshot() + "\nSwapUniqueid: 1795402418.99")
                == .bridgeEntered(id, .conversation, leg, replacing: ChannelID("1795402418.99")))
        #expect(event("Event: BridgeLeave\nPrivilege: call,all\n" + bridge + snapshot()) == .bridgeLeft(id, channel))
        #expect(event("Event: Hold\nPrivilege: call,all\n" + snapshot() + "\nMusicClass: default") == .held(channel))
        #expect(event("Event: Unhold\nPrivilege: call,all\n" + snapshot()) == .retrieved(channel))
    }

    @Test(
        "for the end of an attempt to reach a phone; an unknown status counts as no answer",
        arguments: [
            ("ANSWER", .answered), ("BUSY", .busy), ("NOANSWER", .noAnswer), ("CANCEL", .cancelled),
            ("CHANUNAVAIL", .unreachable),
            ("CONGESTION", .unreachable), ("answer", .answered), ("GOTO", .noAnswer), ("", .noAnswer),
        ] as [(String, DialStatus)])
    func dialEnd(word: String, status: DialStatus) {
        #expect(
            event(
                "Event: DialEnd\nPrivilege: call,all\n" + snapshot() + "\n" + snapshot("Dest") + "\nDialStatus: \(word)"
            )
                == .dialEnded(source: channel, destination: destination, status))
        // A call that the switch itself made has no source.
        #expect(
            event("Event: DialEnd\nPrivilege: call,all\n" + snapshot("Dest") + "\nDialStatus: \(word)")
                == .dialEnded(destination: destination, status))
    }

    @Test("for callers in queues")
    func callers() {
        #expect(
            event(
                "Event: QueueCallerJoin\nPrivilege: agent,all\n" + snapshot()
                    + "\nQueue: orientamento\nPosition: 3\nCount: 3")
                == .queueJoined(queue, channel, caller, position: 3, place))
        #expect(
            event(
                "Event: QueueCallerLeave\nPrivilege: agent,all\n" + snapshot()
                    + "\nQueue: orientamento\nPosition: 1\nCount: 0")
                == .queueLeft(queue, channel, place))
        #expect(
            event(
                "Event: QueueCallerAbandon\nPrivilege: agent,all\n" + snapshot()
                    + "\nQueue: orientamento\nPosition: 2\nOriginalPosition: 2\nHoldTime: 0")
                == .queueAbandoned(queue, channel, place))
    }

    @Test("for agents; the switch's RingTime and HoldTime are not used")
    func agents() {
        let both = snapshot() + "\n" + snapshot("Dest") + "\n" + member
        #expect(
            event("Event: AgentCalled\nPrivilege: agent,all\n" + both)
                == .agentCalled(queue, channel, giulia, destination: destination))
        #expect(
            event("Event: AgentConnect\nPrivilege: agent,all\n" + both + "\nHoldTime: 4\nRingTime: 4")
                == .agentConnected(queue, channel, giulia, destination: destination))
        #expect(
            event("Event: AgentRingNoAnswer\nPrivilege: agent,all\n" + both + "\nRingTime: 5000")
                == .agentRangNoAnswer(queue, channel, giulia, destination: destination))
        #expect(
            event("Event: AgentRingNoAnswer\nPrivilege: agent,all\n" + snapshot() + "\n" + member + "\nRingTime: 5000")
                == .agentRangNoAnswer(queue, channel, giulia, destination: nil))
        #expect(
            event(
                "Event: AgentComplete\nPrivilege: agent,all\n" + both + "\nHoldTime: 2\nTalkTime: 3\nReason: transfer")
                == .agentCompleted(queue, channel, giulia))
    }

    @Test("for a completion without channels, as 0.3 % are")
    func completeWithoutChannels() {
        #expect(
            event("Event: AgentComplete\nPrivilege: agent,all\n" + member + "\nHoldTime: 2\nTalkTime: 3\nReason: agent")
                == .agentCompleted(queue, nil, giulia))
    }

    @Test("for a member without a name: the interface is the name")
    func unnamedMember() {
        #expect(
            event("Event: AgentComplete\nQueue: q\nInterface: PJSIP/1007\nMemberName: ")
                == .agentCompleted(
                    QueueName("q"), nil, AgentRef(interface: Interface("PJSIP/1007"), name: "PJSIP/1007")))
    }

    @Test(
        "for every event about a member, in the forms of 16 and 22",
        arguments: [
            "QueueMemberStatus", "QueueMemberPause", "QueueMemberAdded", "QueueMemberPenalty", "QueueMemberRinginuse",
        ])
    func members(title: String) {
        let text = """
            Event: \(title)
            Privilege: agent,all
            Queue: orientamento
            MemberName: Giulia Però
            Interface: PJSIP/1007
            StateInterface: PJSIP/1007
            Membership: static
            Penalty: 0
            CallsTaken: 0
            LastCall: 0
            LastPause: 1795402421
            LoginTime: 1795401866
            InCall: 1
            Status: 6
            Paused: 1
            PausedReason: Caffè
            Ringinuse: 0
            Wrapuptime: 4
            """
        let expected = SwitchEvent.member(
            QueueMember(
                queue: queue, agent: giulia, device: .ringing, isPaused: true, pauseReason: "Caffè", inCall: true,
                wrapUp: .seconds(4)))
        #expect(event(text) == expected)
        #expect(event(text + "\nReason: Caffè") == expected)
    }

    @Test("for a member with fewer headers: what is absent is unknown")
    func oldMember() {
        #expect(
            event(
                "Event: QueueMemberStatus\nQueue: orientamento\nMemberName: Giulia Però\nInterface: PJSIP/1007\nPaused: 0"
            )
                == .member(
                    QueueMember(
                        queue: queue, agent: giulia, device: .unknown, isPaused: false, pauseReason: "", inCall: nil)))
        #expect(
            event("Event: QueueMemberRemoved\nQueue: orientamento\nMemberName: Giulia Però\nInterface: PJSIP/1007")
                == .memberRemoved(queue, giulia.interface))
    }

    @Test("for a number or name that the network did not send: empty")
    func unknownCaller() {
        let text = "Event: NewCallerid\n" + snapshot(name: "<unknown>", number: "<unknown>")
        #expect(event(text) == .callerIdentified(channel, CallerID(number: "", name: "")))
        #expect(
            event("Event: NewCallerid\n" + snapshot(name: "unknown", number: "anonymous"))
                == .callerIdentified(channel, CallerID(number: "anonymous", name: "unknown")))
    }

    @Test(
        "for names as they were before Asterisk escaped them; numbers are not escaped",
        arguments: [
            (#"D\'Angelo\?"#, "D'Angelo?"), (#"a\\\"b"#, #"a\"b"#), (#"x\r\nEvent: Hangup"#, "x\r\nEvent: Hangup"),
            (#"tab\there"#, "tab\there"),
            ("Event: Hangup", "Event: Hangup"), ("a: b", "a: b"), (#"\"#, #"\"#), ("Łódź ✆", "Łódź ✆"),
        ])
    func names(escaped: String, name: String) {
        #expect(
            event("Event: NewCallerid\n" + snapshot(name: escaped, number: #"12\'3"#))
                == .callerIdentified(channel, CallerID(number: #"12\'3"#, name: name)))
    }

    @Test("for a UserEvent of the dial plan with a queue status, and for no other UserEvent")
    func queueStatus() {
        let text = "Event: UserEvent\nPrivilege: user,all\n" + snapshot() + "\nUserEvent: FineCoda\n"
        #expect(event(text + "Coda: orientamento\nStato: LEAVEEMPTY") == .queueStatus(channel, queue, .leaveEmpty))
        #expect(event(text + "Stato: TIMEOUT") == .queueStatus(channel, nil, .timeout))
        #expect(event(text + "Coda: \nStato: FULL") == .queueStatus(channel, nil, .full))
        #expect(event(text + "Stato: ") == nil)
        #expect(event(text + "Stato: SOMETHING") == nil)
        #expect(event("Event: UserEvent\nUserEvent: FineCoda\nStato: TIMEOUT") == nil)
        #expect(event("Event: UserEvent\n" + snapshot() + "\nUserEvent: Sondaggio\nStato: TIMEOUT") == nil)
        let own = AsteriskTranslator.QueueStatusNotice(
            events: ["QueueEnd"], queueHeader: "queue", statusHeader: "STATUS")
        #expect(
            event("Event: UserEvent\n" + snapshot() + "\nUserEvent: QueueEnd\nQueue: q\nStatus: WITHDRAW", notice: own)
                == .queueStatus(channel, QueueName("q"), .withdrawn))
    }

    @Test("for the switch's own start and stop")
    func link() {
        #expect(event("Event: Shutdown\nPrivilege: system,all\nShutdown: Cleanly\nRestart: True") == .restarting)
        #expect(
            event("Event: FullyBooted\nPrivilege: system,all\nUptime: 3\nStatus: Fully Booted")
                == .booted(uptime: .seconds(3)))
    }

    @Test(
        "do not exist for events without a meaning, some with names as long as those with one",
        arguments: [
            "VarSet", "Cdr", "CEL", "RTCPSent", "DialBegin", "Bridge", "QueueMember", "PeerStatus", "Holdx",
            "AgentLogin", "QueueCallerXxxx", "",
        ])
    func others(title: String) {
        #expect(event("Event: \(title)\n" + snapshot()) == nil)
    }

    @Test("do not depend on the case of names and titles, nor on the order of headers")
    func form() {
        #expect(
            event("event: bridgeleave\nUNIQUEID: u\nbridgeuniqueid: b") == .bridgeLeft(BridgeID("b"), ChannelID("u")))
    }

    // MARK: the inventory

    @Test("for the inventory, whose headers have other names")
    func inventory() {
        var translator = AsteriskTranslator()
        func item(_ text: String) -> SwitchEvent? { translator.inventory(Self.message(text)) }
        #expect(item("Event: QueueParams\nQueue: orientamento\nMax: 2\nActionID: 1") == .queueDeclared(queue))
        #expect(
            item(
                "Event: QueueMember\nQueue: orientamento\nName: Giulia Però\nLocation: PJSIP/1007\nInCall: 0\nStatus: 1\nPaused: 0\nPausedReason: \nWrapuptime: 0"
            )
                == .member(
                    QueueMember(
                        queue: queue, agent: giulia, device: .notInUse, isPaused: false, pauseReason: "", inCall: false)
                ))
        // Names are not escaped here.
        #expect(
            item(
                #"Event: QueueEntry\#nQueue: orientamento\#nPosition: 2\#nChannel: PJSIP/trunk-1\#nUniqueid: 1.2\#nCallerIDNum: +39061\#nCallerIDName: D\'A\#nWait: 37"#
            )
                == .queueEntryFound(
                    queue, ChannelID("1.2"), CallerID(number: "+39061", name: #"D\'A"#), position: 2, wait: .seconds(37)
                ))
        #expect(
            item(
                "Event: QueueEntry\nQueue: orientamento\nPosition: 2\nUniqueid: 1.2\nCallerIDNum: unknown\nCallerIDName: unknown\nWait: 0"
            )
                == .queueEntryFound(queue, ChannelID("1.2"), CallerID(number: "", name: ""), position: 2, wait: .zero))
        #expect(item("Event: Newchannel\nUniqueid: 1.2") == nil)
    }

    // MARK: time

    @Test("happened at the time of the Timestamp, on the clock that never jumps")
    func timestamps() {
        var translator = AsteriskTranslator()
        func moment(_ timestamp: String, _ received: Moment) -> Moment {
            translator.date(
                Self.message("Event: Hold\nPrivilege: call,all\nTimestamp: \(timestamp)\n" + snapshot()),
                received: received
            ).moment
        }
        let first = Moment(uptime: .seconds(500), date: UnixTime(seconds: 1_795_402_000))
        #expect(
            moment("1795402407.614349", first)
                == Moment(uptime: .seconds(500), date: UnixTime(microseconds: 1_795_402_407_614_349)))
        // Received late, but it happened 2.5 s after the first.
        #expect(
            moment("1795402410.114349", Moment(uptime: .seconds(512), date: UnixTime(seconds: 1_795_402_400)))
                == Moment(uptime: .milliseconds(502_500), date: UnixTime(microseconds: 1_795_402_410_114_349)))
    }

    @Test(
        "happened when they were received, if no Timestamp can be read",
        arguments: ["", "1795402407", "1795402407.6143", "x.123456", "-1.000000", "99999999999999.000000"])
    func withoutTimestamp(text: String) {
        var translator = AsteriskTranslator()
        let now = Moment(uptime: .seconds(500), date: UnixTime(seconds: 1_795_402_000))
        #expect(
            translator.date(
                Self.message("Event: Hold\nPrivilege: call,all\nTimestamp: \(text)\nUniqueid: 1"), received: now
            ).moment
                == now)
        #expect(
            translator.date(
                Self.message("Event: Hold\nPrivilege: call,all\nUniqueid: 1\nTimestamp: 1795402407.614349"),
                received: now
            ).moment == now)
    }
}
