import Calls
import Telephony
import Testing
import Time

/// What happened while the link was down, or between the login and the end of the lists, is known only in part, and is
/// flagged. Found by killing a gateway beside a switch whose truth is known (`make kills`).
@Suite("What a gap hides from us")
struct HiddenByGapTests {
    private static let waiting = "0.000 Newchannel ch=C\n0.000 QueueCallerJoin ch=C q=info"
    private static let talking = """
        0.000 Newchannel ch=C
        0.000 QueueCallerJoin ch=C q=info
        1.000 AgentCalled ch=C dest=A1
        10.000 DialEnd dest=A1 status=ANSWER
        10.000 QueueCallerLeave ch=C q=info
        10.000 BridgeEnter br=B1 ch=C
        10.000 BridgeEnter br=B1 ch=A1
        """
    private static let hangup =
        "90.000 HangupRequest ch=C\n90.000 BridgeLeave br=B1 ch=C\n90.000 Hangup ch=C\n90.000 Hangup ch=A1"

    /// The link breaks at 45 s. The lines of what follows.
    private func afterGap(_ before: String, _ text: String) -> [String] { linesAroundGap(before, text).after }

    @Test("a caller whom an event between the login and the list puts into a conversation has a record, and a visit")
    func answeredBeforeTheList() {
        let lines = afterGap(
            "",
            """
            65.000 inventory
            65.001 BridgeEnter br=B1 ch=C
            65.001 BridgeEnter br=B1 ch=A1
            65.002 CoreShowChannel ch=C br=B1 q=info age=12
            65.002 CoreShowChannel ch=A1 br=B1 age=3
            65.003 complete
            \(Self.hangup)
            """)
        #expect(lines.filter { $0.hasPrefix("C began") } == ["C began at 53.002, partial"])
        #expect(lines.contains { $0.hasPrefix("info queued") && $0.hasSuffix("partial") })
        #expect(lines.contains { $0.hasPrefix("info answered by A1") })
        #expect(lines.contains { $0.hasPrefix("A1 talked") && $0.contains("partial") })
    }

    @Test(
        "a phone that the list shows ringing began to ring at an unknown moment; a conversation that is heard is measured all the same"
    )
    func rangInTheGap() {
        let list = """
            65.000 inventory
            65.001 CoreShowChannel ch=C q=info age=65
            65.001 CoreShowChannel ch=A1 age=3
            65.002 QueueEntry ch=C q=info wait=65
            65.003 complete
            """
        let answered = afterGap(
            Self.waiting,
            """
            \(list)
            66.000 DialEnd ch=C dest=A1 status=ANSWER
            66.000 QueueCallerLeave ch=C q=info
            66.000 AgentConnect ch=C dest=A1
            66.000 BridgeEnter br=B1 ch=C
            66.000 BridgeEnter br=B1 ch=A1
            \(Self.hangup)
            """)
        #expect(answered.contains { $0.hasPrefix("info answered by A1, wait 66.000, ring ?") })
        #expect(answered.contains("A1 talked 24.000, hold 0.000, ended by caller"))
        let unanswered = afterGap(
            Self.waiting, "\(list)\n66.000 DialEnd ch=C dest=A1 status=NOANSWER\n66.000 Hangup ch=A1")
        #expect(unanswered == ["A1 alerting at 62.001 for info", "A1 noAnswer after 3.999"])
    }

    @Test("a place in the list that began before the one in a live event is out of date")
    func olderList() {
        let lines = afterGap(
            Self.waiting,
            """
            65.000 inventory
            65.001 QueueCallerJoin ch=C q=claims
            65.002 CoreShowChannel ch=C q=info age=65
            65.002 QueueEntry ch=C q=info wait=65
            65.003 complete
            90.000 HangupRequest ch=C
            90.000 QueueCallerAbandon ch=C q=claims
            90.010 Hangup ch=C
            """)
        #expect(lines.filter { $0.contains("queued") } == ["claims queued at 65.001, place 1"])
        #expect(lines.contains("claims abandoned, wait 24.999"), "\(lines)")
    }

    @Test("an Unhold without its Hold makes the talk an estimate; a hold that we heard does not")
    func holdInTheGap() {
        let list = """
            65.000 inventory
            65.001 CoreShowChannel ch=C br=B1 age=65
            65.001 CoreShowChannel ch=A1 br=B1 age=64
            65.002 complete
            """
        let hidden = afterGap(Self.talking, "\(list)\n70.000 Unhold ch=A1\n\(Self.hangup)")
        #expect(hidden.contains { $0.hasPrefix("A1 talked") && $0.hasSuffix("estimated") })
        let heard = afterGap(Self.talking, "\(list)\n70.000 Hold ch=A1\n75.000 Unhold ch=A1\n\(Self.hangup)")
        #expect(heard.contains("A1 talked 75.000, hold 5.000, ended by caller"))
    }

    @Test("a caller in a menu may have been anywhere meanwhile: the record is an estimate")
    func menu() {
        let lines = afterGap(
            "0.000 Newchannel ch=C",
            "65.000 inventory\n65.001 CoreShowChannel ch=C age=65\n65.002 complete\n90.000 Hangup ch=C")
        #expect(lines == ["C estimated", "C ended at 90.000"])
    }

    @Test("everything that ends between the login and the list is an estimate")
    func endedBeforeTheList() {
        let lines = afterGap(
            Self.waiting,
            """
            65.000 inventory
            65.001 HangupRequest ch=C
            65.001 QueueCallerAbandon ch=C q=info
            65.001 QueueCallerLeave ch=C q=info
            65.001 Hangup ch=C
            65.002 complete
            """)
        #expect(lines == ["info abandoned, wait 65.001, estimated", "C ended at 65.001"])
    }

    @Test("what was heard between two losses also comes from before a gap")
    func lostTwice() {
        var harness = Harness()
        harness.play(Script("0.000 Newchannel ch=D"))
        harness.loseLink(at: .seconds(45))
        harness.play(Script("65.000 inventory\n65.100 Newchannel ch=C"))
        harness.loseLink(at: .seconds(66))
        harness.play(Script("80.000 inventory\n80.001 HangupRequest ch=C\n80.001 Hangup ch=C\n80.002 complete"))
        #expect(
            told(harness.events).map(\.line).dropFirst() == [
                "C began at 65.100", "C estimated", "C ended at 80.001", "D ended at 45.000, lost",
            ])
    }

    @Test("a caller whom another queue connected in the gap flowed out of the one before")
    func overflowInTheGap() {
        let lines = afterGap(
            Self.waiting,
            """
            65.000 inventory
            65.001 CoreShowChannel ch=C br=B1 q=altra age=65
            65.001 CoreShowChannel ch=A1 br=B1 age=4
            65.002 complete
            \(Self.hangup)
            """)
        #expect(lines.first?.hasPrefix("info flow-out unknown, wait 45.000, estimated") == true)
        #expect(lines.contains { $0.hasPrefix("altra queued at 45.000") && $0.hasSuffix("partial") })
        #expect(lines.contains { $0.hasPrefix("altra answered by A1") })
    }

    @Test("a caller whose hang-up is heard is not brought back by a list that was made before it")
    func endedBeforeItsItem() {
        let lines = afterGap(
            "", "65.000 inventory\n65.001 Hangup ch=C\n65.002 CoreShowChannel ch=C q=info age=12\n65.003 complete")
        #expect(lines == [])
    }

    @Test("a queue that an event names before the list is joined once, although the list then says for how long")
    func namedBeforeTheList() {
        let lines = afterGap(
            "0.000 Newchannel ch=C",
            """
            65.000 inventory
            65.001 AgentCalled ch=C q=info dest=A1
            65.002 CoreShowChannel ch=C q=info age=65
            65.003 QueueEntry ch=C q=info wait=15
            65.004 complete
            70.000 DialEnd ch=C dest=A1 status=ANSWER
            70.000 QueueCallerLeave ch=C q=info
            70.000 AgentConnect ch=C dest=A1
            70.000 BridgeEnter br=B1 ch=C
            70.000 BridgeEnter br=B1 ch=A1
            \(Self.hangup)
            """)
        #expect(lines.filter { $0.hasPrefix("info queued") }.count == 1)
        #expect(lines.contains { $0.hasPrefix("info answered by A1, wait 19.997") })
    }
}
