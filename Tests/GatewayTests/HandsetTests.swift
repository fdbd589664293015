import Contacts
import Playback
import Telephony
import Testing
import Time

/// A queue's member is a place in the dial plan, and the telephone behind it may have any name: an account (Wazo), a
/// MAC address, a person's name. Or there are two: FreePBX's desk phone and softphone of one extension.
@Suite("The telephones behind a member")
struct HandsetTests {
    private static let seat = "Local/1004@from-queue/n"

    private struct Telephone {
        var name: String
        var string: String?
        init(_ name: String, _ string: String? = nil) { (self.name, self.string) = (name, string) }
    }

    private static func member(_ state: String = "hint:1004@ext-local") -> String {
        "0 raw QueueMemberStatus Queue=600 MemberName=Carlo Interface=\(seat) StateInterface=\(state) Status=1 Paused=0\n"
    }

    /// The member's Local channel rings these, and the last one answers.
    private static func queueCall(_ start: Double, _ n: String, _ telephones: [Telephone]) -> String {
        let (answer, end) = (start + 3, start + 13)
        var lines = """
            \(start) new \(n)c PJSIP/trunk-\(n)c state=4 num=0612345678 exten=800
            \(start) raw QueueCallerJoin Uniqueid=\(n)c Queue=600 Position=1 Context=ingresso Exten=800 Priority=1
            \(start) new \(n)a Local/x@y-\(n);1 link=\(n)c
            \(start) new \(n)b Local/x@y-\(n);2 link=\(n)c state=4
            \(start) raw LocalBridge LocalOneUniqueid=\(n)a LocalTwoUniqueid=\(n)b
            \(start) dial \(n)c \(n)a
            \(start) raw AgentCalled Uniqueid=\(n)c DestUniqueid=\(n)a Queue=600 Interface=\(seat) MemberName=Carlo

            """
        for (index, telephone) in telephones.enumerated() {
            lines += "\(start) new \(n)t\(index) \(telephone.name)-\(n)\(index) link=\(n)c\n"
            lines += "\(start) dial \(n)b \(n)t\(index)" + (telephone.string.map { " string=\($0)" } ?? "") + "\n"
        }
        let last = "\(n)t\(telephones.count - 1)"
        lines += "\(answer) end \(n)b \(last) ANSWER\n"
        for index in telephones.indices.dropLast() {
            lines += "\(answer) end \(n)b \(n)t\(index) CANCEL\n\(answer) gone \(n)t\(index)\n"
        }
        return lines + """
            \(answer) end \(n)c \(n)a ANSWER
            \(answer) raw QueueCallerLeave Uniqueid=\(n)c Queue=600
            \(answer) raw AgentConnect Uniqueid=\(n)c DestUniqueid=\(n)a Queue=600 Interface=\(seat) MemberName=Carlo
            \(answer) in \(n)b i\(n)
            \(answer) in \(last) i\(n)
            \(answer) in \(n)c o\(n)
            \(answer) in \(n)a o\(n)
            \(end) asks \(n)c
            \(end) out \(n)c o\(n)
            \(end) gone \(n)a
            \(end) gone \(n)b
            \(end) gone \(last)
            \(end) gone \(n)c

            """
    }

    private static func directCall(
        _ start: Double, _ n: String, _ telephone: Telephone, over trunk: String = "PJSIP/trunk"
    ) -> String {
        """
        \(start) new \(n)c \(trunk)-\(n)c state=4 num=0612345678 exten=801
        \(start) new \(n)t \(telephone.name)-\(n)t link=\(n)c
        \(start) dial \(n)c \(n)t\(telephone.string.map { " string=\($0)" } ?? "")

        """ + talk(start, "\(n)c", "\(n)t")
    }

    private static func outboundCall(_ start: Double, _ n: String, _ telephone: String) -> String {
        """
        \(start) new \(n)t \(telephone)-\(n)t state=4 num=1004 exten=0698765432
        \(start) new \(n)l PJSIP/trunk-\(n)l link=\(n)t
        \(start) dial \(n)t \(n)l string=0698765432@trunk

        """ + talk(start, "\(n)t", "\(n)l")
    }

    private static func talk(_ start: Double, _ one: String, _ two: String) -> String {
        """
        \(start + 2) end \(one) \(two) ANSWER
        \(start + 2) in \(one) d\(one)
        \(start + 2) in \(two) d\(one)
        \(start + 12) asks \(one)
        \(start + 12) out \(one) d\(one)
        \(start + 12) out \(two) d\(one)
        \(start + 12) gone \(two)
        \(start + 12) gone \(one)

        """
    }

    /// The direction of each record, and the person of each leg.
    private func told(_ lines: String) -> [String] {
        var replay = Replay(start: UnixTime(seconds: 1_795_424_400), digests: .openSSL)
        replay.play([.init(chunks: AMIStory(lines).chunks)])
        return replay.closed.map { record in
            ([record.direction.rawValue] + record.legs.map { "\($0.agent.interface) \($0.via)" }).joined(
                separator: ", ")
        }
    }

    // MARK: whatever it is called

    @Test(
        "are hers whatever their names: direct and outbound calls are the member's, from the first ring that a queue caused",
        arguments: [
            ("PJSIP/k9xh2l0p", "k9xh2l0p"), ("SIP/carlo", "SIP/carlo"), ("PJSIP/0004f2aabbcc", "0004f2aabbcc"),
            ("PJSIP/39061234567", "39061234567"), ("PJSIP/k9xh2l0p", "k9xh2l0p/sip:k9xh2l0p@10.0.0.5:5060"),
            ("PJSIP/k9xh2l0p", "k9xh2l0p/sip:f3q8@10.0.0.5:5060;transport=ws"),
        ])
    func names(name: String, string: String) {
        let telephone = Telephone(name, string)
        #expect(
            told(
                Self.member() + Self.queueCall(1, "1", [telephone]) + Self.directCall(20, "2", telephone)
                    + Self.outboundCall(40, "3", name))
                == ["inbound, \(Self.seat) queue", "inbound, \(Self.seat) direct", "outbound, \(Self.seat) outbound"])
    }

    @Test("are not lines on which somebody was called by a number, nor the caller's own line", arguments: [0, 1, 2])
    func trunks(case index: Int) {
        // A mobile; the same over the caller's own trunk, by an odd dial plan; another switch that was called by name
        // after a number.
        let mobile = [
            [Telephone("PJSIP/mobile", "3331234567@mobile")], [Telephone("PJSIP/trunk", "trunk")],
            [Telephone("PJSIP/mobile", "mobile")],
        ][index]
        let before = index == 2 ? Self.directCall(1, "0", Telephone("PJSIP/mobile", "3331234567@mobile")) : ""
        let line = mobile[0].name
        let told = told(
            Self.member() + before + Self.queueCall(20, "1", mobile)
                + Self.directCall(40, "2", Telephone("PJSIP/1009", "1009"), over: line))
        #expect(told.suffix(2) == ["inbound, \(Self.seat) queue", "inbound, PJSIP/1009 direct"])
    }

    // MARK: two of one extension

    @Test("are one person's where the member's state names both, whichever answers", arguments: [false, true])
    func twoDevices(isReversed: Bool) {
        let devices = [Telephone("PJSIP/1004"), Telephone("PJSIP/991004")]
        #expect(
            told(
                Self.member("PJSIP/1004&PJSIP/991004")
                    + Self.queueCall(1, "1", isReversed ? devices.reversed() : devices)
                    + Self.directCall(20, "2", devices[0]) + Self.directCall(40, "3", devices[1])
                    + Self.outboundCall(60, "4", "PJSIP/991004"))
                == [
                    "inbound, \(Self.seat) queue", "inbound, \(Self.seat) direct", "inbound, \(Self.seat) direct",
                    "outbound, \(Self.seat) outbound",
                ])
    }

    @Test("are a group's, except the one with the member's own number, where no state names them")
    func ownNumber() {
        let group = [Telephone("PJSIP/1004"), Telephone("PJSIP/2001")]
        #expect(
            told(
                Self.member() + Self.queueCall(1, "1", group) + Self.directCall(20, "2", group[0])
                    + Self.directCall(40, "3", group[1]))
                == ["inbound, \(Self.seat) queue", "inbound, \(Self.seat) direct", "inbound, PJSIP/2001 direct"])
    }

    @Test("are a group's where the state names several, and none with the member's own number")
    func groupState() {
        #expect(
            told(Self.member("PJSIP/2001&PJSIP/2002") + Self.directCall(20, "2", Telephone("PJSIP/2001")))
                == ["inbound, PJSIP/2001 direct"])
    }
}
