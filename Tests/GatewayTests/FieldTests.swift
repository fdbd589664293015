import AMI
import Contacts
import Core
import Edges
import Gateway
import Playback
import Switches
import Telephony
import Testing
import Time

/// What other people's switches do and ours did not: other channel technologies, other bridges, calls that leave the
/// house. Each of these calls was once reported wrongly.
@Suite("Calls as other people's switches report them")
struct FieldTests {
    /// One line for each record and one for each leg: what a person would say of the call.
    private func told(_ lines: String, _ configuration: Configuration = Configuration()) -> [String] {
        var replay = Replay(configuration, start: UnixTime(seconds: 1_795_424_400), digests: .openSSL)
        replay.play([.init(chunks: AMIStory(lines).chunks)])
        return replay.closed.flatMap { record -> [String] in
            let parks = record.parks.isEmpty ? "" : ", parked \(record.parks.count)"
            let others = record.conferencedWith.isEmpty ? "" : ", in conference"
            return ["\(record.direction) \(record.outcome)\(parks)\(others)"]
                + record.legs.map { leg in "\(leg.agent.interface) \(leg.via) \(leg.result)" }
        }
    }

    /// A telephone rings for the caller, answers at 3 s, and the caller hangs up 20 s later.
    private static func answered(_ phone: String, _ caller: String = "1") -> String {
        """
        0.2 new 2 \(phone)-02 link=\(caller)
        0.3 dial \(caller) 2
        0.4 state 2 5
        3.0 state 2 6
        3.1 end \(caller) 2 ANSWER
        3.2 in 2 b
        3.3 in \(caller) b
        23.0 asks \(caller)
        23.1 out \(caller) b
        23.2 out 2 b
        23.3 gone 2
        23.4 gone \(caller)
        """
    }

    // MARK: a caller's channel is known by becoming Ring

    @Test(
        "are inbound when the caller's channel is Ring from the first, becomes Ring, or is up without having been rung",
        arguments: [
            "0.0 new 1 PJSIP/trunk-01 state=4 num=0612345678 exten=800",
            "0.0 new 1 SIP/trunk-01 state=0 num=0612345678 exten=800\n0.1 state 1 4",
            "0.0 new 1 IAX2/trunk-01 state=0 num=0612345678\n0.1 state 1 4 exten=800",
            "0.0 new 1 DAHDI/i1/0612345678-1 state=1 num=0612345678\n0.1 state 1 4 exten=800",
            "0.0 new 1 DAHDI/i2/0612345678-1 state=9 num=0612345678 exten=800\n0.1 state 1 4",
            "0.0 new 1 SIP/trunk-01 state=0 num=0612345678 exten=800\n0.1 state 1 6",
            "0.0 new 1 OOH323/trunk-01 state=6 num=0612345678 exten=800",
        ])
    func incoming(begin: String) {
        #expect(
            told(begin + "\n" + Self.answered("SIP/1001")) == [
                "inbound answered", "SIP/1001 direct ended(Telephony.AgentLeg.Ender.caller)",
            ])
    }

    @Test("are self-service in a menu, whatever the technology")
    func menu() {
        for begin in ["SIP/trunk-01 state=0", "DAHDI/i1/0612345678-1 state=1"] {
            #expect(
                told("0 new 1 \(begin) num=0612345678 exten=800\n0.1 state 1 4\n0.2 state 1 6\n8 asks 1\n8.1 gone 1")
                    == [
                        "inbound selfService"
                    ])
        }
    }

    @Test("do not exist where a line is called and nobody calls: Dialing, Ringing, Up after a dial")
    func calledOut() {
        #expect(
            told(
                "0 new 1 SIP/trunk-01 state=0\n0.1 dial - 1 string=trunk/0612345678\n0.2 state 1 5\n3 state 1 6\n9 gone 1"
            ).isEmpty)
    }

    @Test("have the number that was dialled, even where it comes digit by digit")
    func overlap() throws {
        var replay = Replay(start: UnixTime(seconds: 1_795_424_400), digests: .openSSL)
        replay.play([
            .init(
                chunks: AMIStory(
                    "0 new 1 DAHDI/i1/0612345678-1 state=1 num=0612345678\n0.4 state 1 4 exten=0690001\n"
                        + Self.answered("SIP/1001")
                ).chunks)
        ])
        #expect(try #require(replay.closed.first).called == "0690001")
    }

    // MARK: a holding bridge is no conversation

    @Test(
        "are in no conference where two wait in one holding bridge, whatever its type",
        arguments: ["base", "stasis", "holding"])
    func holding(type: String) {
        let wait = """
            0.0 new 1 PJSIP/trunk-01 state=4 num=0612345678 exten=800
            0.1 new 2 PJSIP/trunk-02 state=4 num=0698765432 exten=800
            1.0 in 1 h type=\(type) tech=holding_bridge
            3.0 in 2 h type=\(type) tech=holding_bridge
            13.0 asks 1
            13.1 out 1 h
            13.2 gone 1
            14.0 asks 2
            14.1 out 2 h
            14.2 gone 2
            """
        #expect(told(wait) == ["inbound selfService", "inbound selfService"])
    }

    // MARK: calls that leave the house

    @Test("are answered, or not, where the dial plan sends them to an outside number")
    func sentOutside() {
        let begin = "0.0 new 1 PJSIP/trunk-01 state=4 num=0612345678 exten=800\n"
        #expect(
            told(begin + Self.answered("PJSIP/trunk")) == [
                "inbound answered", "PJSIP/trunk direct ended(Telephony.AgentLeg.Ender.caller)",
            ])
        let unanswered = """
            0.2 new 2 PJSIP/trunk-02 link=1
            0.3 dial 1 2
            25.0 end 1 2 NOANSWER
            25.1 gone 2
            25.2 stops 1
            25.3 gone 1
            """
        #expect(
            told(begin + unanswered) == [
                "inbound notAnswered", "PJSIP/trunk direct notAnswered(Telephony.CallEvent.AlertingEnd.noAnswer)",
            ])
    }

    // MARK: whose phone it is

    @Test(
        "are outbound where an agent's click goes through a Local channel; the agent has a leg even where the customer is busy"
    )
    func clickToDial() {
        let click = """
            0.0 new 1 Local/0612345678@fuori-01;1 state=0 exten=0612345678
            0.1 new 2 Local/0612345678@fuori-01;2 state=4 exten=0612345678 link=1
            0.2 raw LocalBridge LocalOneUniqueid=1 LocalTwoUniqueid=2
            0.3 new 3 PJSIP/1001-03 state=0 link=1
            0.4 dial 1 3
            2.0 state 3 6
            2.1 end 1 3 ANSWER
            2.2 in 3 a
            2.3 in 1 a
            2.4 new 4 PJSIP/trunk-04 state=0 link=1
            2.5 dial 2 4 string=0612345678@trunk
            """
        let busy = "\n4.0 end 2 4 BUSY\n4.1 gone 4\n4.2 gone 2\n4.3 out 1 a\n4.4 gone 1\n4.5 out 3 a\n4.6 gone 3"
        #expect(told(click + busy).first == "outbound notAnswered")
        #expect(told(click + busy).last?.hasPrefix("PJSIP/1001 outbound notAnswered") == true, "\(told(click + busy))")
    }

    /// An agent hands the customer over while the colleague's telephone rings, and the colleague rejects the call.
    @Test(
        "have a leg of the colleague whose telephone rings on for the customer after a hand-over, even where he rejects the call"
    )
    func blonde() {
        let call = """
            0.0 new 1 PJSIP/trunk-01 state=4 num=0612345678 exten=800
            0.1 new 2 PJSIP/1001-02 link=1
            0.2 dial 1 2
            3.0 end 1 2 ANSWER
            3.1 in 2 b
            3.2 in 1 b
            8.0 raw Hold Uniqueid=2
            8.1 new 3 PJSIP/1001-03 state=4 num=1001 exten=1002
            8.2 new 4 PJSIP/1002-04 link=3
            8.3 dial 3 4
            11.0 raw AttendedTransfer Result=Success OrigTransfererUniqueid=2 SecondTransfererUniqueid=3 DestType=App
            11.1 out 2 b
            11.2 asks 2
            11.3 gone 2
            11.4 out 1 b
            11.5 end 3 4 NOANSWER
            11.6 dial 1 4
            11.7 gone 3
            19.0 end 1 4 BUSY
            19.1 asks 4 cause=17
            19.2 gone 4
            19.3 stops 1
            19.4 gone 1
            """
        #expect(
            told(call) == [
                "inbound answered", "PJSIP/1001 direct ended(Telephony.AgentLeg.Ender.transfer)",
                "PJSIP/1002 transfer notAnswered(Telephony.CallEvent.AlertingEnd.busy)",
            ])
    }

    /// The agent parks the consultation by an attended transfer: the caller takes its place in the lot.
    @Test("are parked where the caller takes the place of a consultation in the lot")
    func parkedSwap() {
        let call = """
            0.0 new 1 PJSIP/trunk-01 state=4 num=0612345678 exten=800
            0.1 new 2 PJSIP/1001-02 link=1
            0.2 dial 1 2
            3.0 end 1 2 ANSWER
            3.1 in 2 b
            3.2 in 1 b
            8.0 raw Hold Uniqueid=2
            8.1 new 3 PJSIP/1001-03 state=4 num=1001 exten=700
            8.2 state 3 6
            8.3 in 3 p type=parking tech=holding_bridge
            8.4 raw ParkedCall ParkeeUniqueid=3
            12.0 out 3 p type=parking tech=holding_bridge
            12.1 out 1 b
            12.2 in 1 p type=parking tech=holding_bridge swap=3
            12.3 raw ParkedCallSwap ParkeeUniqueid=1
            12.4 raw AttendedTransfer Result=Success OrigTransfererUniqueid=2 SecondTransfererUniqueid=3 DestType=Bridge
            12.5 out 2 b
            12.6 gone 2
            12.7 gone 3
            27.0 asks 1
            27.1 raw ParkedCallGiveUp ParkeeUniqueid=1
            27.2 out 1 p type=parking tech=holding_bridge
            27.3 gone 1
            """
        #expect(told(call).first == "inbound answered, parked 1")
    }

    @Test(
        "are nobody's contact between two telephones, even where an account's name looks like a number, if the trunks are known"
    )
    func internalCall() {
        var configuration = Configuration()
        configuration.switches = [
            .init(
                name: SwitchID("sede"), address: .init(host: "x", port: 1),
                secret: "", link: .init(username: "", lines: LineRule(trunks: ["PJSIP/trunk*"])))
        ]
        let call = "0.0 new 1 PJSIP/390612345601-01 state=4 num=201 exten=202\n" + Self.answered("PJSIP/390612345602")
        var replay = Replay(
            configuration, of: SwitchID("sede"), start: UnixTime(seconds: 1_795_424_400), digests: .openSSL)
        replay.play([.init(chunks: AMIStory(call).chunks)])
        #expect(replay.closed.isEmpty)
    }
}
