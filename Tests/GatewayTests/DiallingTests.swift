import Contacts
import Playback
import Telephony
import Testing
import Time

/// One call, several telephones or lines: `Dial()` with more than one destination, one after the other, and its dial
/// strings.
@Suite("Calls that ring in several places")
struct DiallingTests {
    /// One line a record, `direction outcome called talk`, and one a leg.
    private func told(_ lines: String) -> [String] {
        var replay = Replay(start: UnixTime(seconds: 1_795_424_400), digests: .openSSL)
        replay.play([.init(chunks: AMIStory(lines).chunks)])
        return replay.closed.flatMap { record -> [String] in
            let talk = record.legs.compactMap(\.talk).reduce(Span.zero, +).microseconds / 1_000_000
            return ["\(record.direction) \(record.outcome) \(record.called) \(talk)"]
                + record.legs.map { leg in
                    let result =
                        switch leg.result {
                        case .notAnswered(let reason): reason.rawValue
                        case .ended(let ender): "ended by \(ender.rawValue)"
                        default: "\(leg.result)"
                        }
                    return "\(leg.agent.interface) \(leg.via) \(result)"
                }
        }
    }

    private static let caller = "0.0 new 1 PJSIP/trunk-01 state=4 num=0612345678 exten=800\n"

    /// The caller, 1, and `other` talk for 30 s.
    private static func talk(_ other: String, from start: Double) -> String {
        let end = start + 30
        return """
            \(start) in \(other) b
            \(start) in 1 b
            \(end) asks 1
            \(end) out 1 b
            \(end) out \(other) b
            \(end) gone \(other)
            \(end) gone 1
            """
    }

    // MARK: a group of phones

    private static func group(_ phones: [String]) -> String {
        caller
            + phones.enumerated().map { "1.0 new \($0.offset + 2) \($0.element) link=1\n" }.joined()
            + phones.indices.map { "1.0 dial 1 \($0 + 2)\n" }.joined()
    }

    @Test(
        "are answered elsewhere for the rest of a group, whether the switch reports that before the answer or after it",
        arguments: [
            "5.0 end 1 2 CANCEL\n5.0 end 1 4 CANCEL\n5.001 end 1 3 ANSWER\n5.1 gone 2\n5.1 gone 4\n"
                + talk("3", from: 5.1),
            "5.0 end 1 2 CANCEL\n5.0 gone 2\n5.0 end 1 4 CANCEL\n5.0 gone 4\n5.001 end 1 3 ANSWER\n"
                + talk("3", from: 5.1),
            // An announcement to the agent who answered.
            "5.0 end 1 2 CANCEL\n5.0 end 1 4 CANCEL\n5.0 gone 2\n5.0 gone 4\n9.0 end 1 3 ANSWER\n"
                + talk("3", from: 9.1),
            "5.0 end 1 3 ANSWER\n5.0 end 1 2 CANCEL\n5.0 end 1 4 CANCEL\n5.0 gone 2\n5.0 gone 4\n"
                + talk("3", from: 5.1),
        ])
    func group(answer: String) {
        #expect(
            told(Self.group(["PJSIP/1004-02", "PJSIP/1005-03", "PJSIP/1006-04"]) + answer) == [
                "inbound answered 800 30", "PJSIP/1004 direct answeredElsewhere", "PJSIP/1005 direct ended by caller",
                "PJSIP/1006 direct answeredElsewhere",
            ])
    }

    @Test("are answered elsewhere even where the telephones are outside")
    func mobiles() {
        #expect(
            told(
                Self.group(["PJSIP/trunk-02", "PJSIP/trunk-03"]) + "5 end 1 2 CANCEL\n5 end 1 3 ANSWER\n5 gone 2\n"
                    + Self.talk("3", from: 5)) == [
                    "inbound answered 800 30", "PJSIP/trunk direct answeredElsewhere",
                    "PJSIP/trunk direct ended by caller",
                ])
    }

    @Test(
        "are left by the caller where all are cancelled, whether or not the caller's hang-up is reported first",
        arguments: ["9 asks 1\n", ""])
    func givenUp(asks: String) {
        #expect(
            told(
                Self.group(["PJSIP/1004-02", "PJSIP/1005-03"]) + asks
                    + "9 end 1 2 CANCEL\n9 end 1 3 CANCEL\n9 gone 2\n9 gone 3\n9.01 gone 1"
            ).dropFirst() == [
                "PJSIP/1004 direct callerLeft", "PJSIP/1005 direct callerLeft",
            ])
    }

    // MARK: one phone that is registered twice

    @Test(
        "ring once on a telephone that two devices are registered for, whichever answers",
        arguments: [
            "5 end 1 2 CANCEL\n5 end 1 3 ANSWER\n5 gone 2\n" + talk("3", from: 5),
            "5 end 1 3 CANCEL\n5 end 1 2 ANSWER\n5 gone 3\n" + talk("2", from: 5),
            "1.1 end 1 2 CHANUNAVAIL\n1.1 gone 2\n5 end 1 3 ANSWER\n" + talk("3", from: 5),
            "2 end 1 3 BUSY\n2 gone 3\n5 end 1 2 ANSWER\n" + talk("2", from: 5),
        ])
    func twins(answer: String) {
        #expect(
            told(Self.group(["PJSIP/1005-02", "PJSIP/1005-03"]) + answer) == [
                "inbound answered 800 30", "PJSIP/1005 direct ended by caller",
            ])
    }

    @Test("ring in vain once on a telephone that two devices are registered for")
    func twinsInVain() {
        #expect(
            told(
                Self.group(["PJSIP/1005-02", "PJSIP/1005-03"])
                    + "20 end 1 2 NOANSWER\n20 end 1 3 NOANSWER\n20 gone 2\n20 gone 3\n20 stops 1\n20 gone 1") == [
                    "inbound notAnswered 800 0", "PJSIP/1005 direct noAnswer",
                ])
    }

    // MARK: an agent calls out over several lines

    private static let agent = "0.0 new 1 PJSIP/1001-01 state=4 num=1001 exten=0612345678\n"
    private static func line(_ id: Int, _ number: String, at time: Double, _ trunk: String = "trunk") -> String {
        "\(time) new \(id) PJSIP/\(trunk)-0\(id) link=1\n\(time) dial 1 \(id) string=\(number)@\(trunk)\n"
    }

    @Test("are one outbound call over two lines at once, whichever answers, and to the number that did")
    func linesAtOnce() {
        let both = Self.agent + Self.line(2, "0612345678", at: 0.1) + Self.line(3, "3351234567", at: 0.1)
        #expect(
            told(both + "4 end 1 2 CANCEL\n4 end 1 3 ANSWER\n4 gone 2\n" + Self.talk("3", from: 4)) == [
                "outbound answered 3351234567 30", "PJSIP/1001 outbound ended by agent",
            ])
        #expect(
            told(both + "4 end 1 3 CANCEL\n4 end 1 2 ANSWER\n4 gone 3\n" + Self.talk("2", from: 4)) == [
                "outbound answered 0612345678 30", "PJSIP/1001 outbound ended by agent",
            ])
        #expect(
            told(both + "4 asks 1\n4 end 1 2 CANCEL\n4 end 1 3 CANCEL\n4 gone 2\n4 gone 3\n4 gone 1").map {
                $0.prefix(20)
            } == [
                "outbound notAnswered", "PJSIP/1001 outbound ",
            ])
    }

    @Test(
        "are one outbound call where a second trunk takes what the first refuses",
        arguments: ["CHANUNAVAIL", "CONGESTION"])
    func trunksInTurn(status: String) {
        let first = Self.agent + Self.line(2, "0612345678", at: 0.1) + "0.4 end 1 2 \(status)\n0.4 gone 2\n"
        #expect(
            told(
                first + Self.line(3, "0612345678", at: 0.5, "trunkbis") + "4 end 1 3 ANSWER\n" + Self.talk("3", from: 4)
            ) == [
                "outbound answered 0612345678 30", "PJSIP/1001 outbound ended by agent",
            ])
        // And not one that is called again.
        #expect(
            told(first + "5 stops 1\n5 gone 1") == [
                "outbound notAnswered 0612345678 0", "PJSIP/1001 outbound noAnswer",
            ])
    }

    @Test("are one outbound call where the dial plan calls a busy customer again")
    func again() {
        #expect(
            told(
                Self.agent + Self.line(2, "0612345678", at: 0.1) + "3.1 end 1 2 BUSY\n3.1 gone 2\n"
                    + Self.line(3, "0612345678", at: 10)
                    + "13 end 1 3 ANSWER\n" + Self.talk("3", from: 13)) == [
                    "outbound answered 0612345678 30", "PJSIP/1001 outbound busy", "PJSIP/1001 outbound ended by agent",
                ])
    }

    @Test("are two outbound calls where an agent calls twice")
    func twice() {
        let call =
            Self.agent + Self.line(2, "0612345678", at: 0.1) + "3.1 end 1 2 BUSY\n3.1 gone 2\n4 asks 1\n4 gone 1\n"
        let second = call.split(separator: "\n").map { line in
            var words = line.split(separator: " ").map(String.init)
            words[0] = String(Double(words[0])! + 20)
            let ids = words[1] == "new" ? 2...2 : 2...(words[1] == "dial" || words[1] == "end" ? 3 : 2)
            for index in ids { words[index] = "9" + words[index] }
            return words.joined(separator: " ").replacing("link=1", with: "link=91")
        }
        #expect(told(call + second.joined(separator: "\n")).filter { $0.hasPrefix("outbound") }.count == 2)
    }

    @Test("are one callback where a second trunk takes what the first refuses")
    func callback() {
        let call = """
            0.0 new 1 Local/0612345678@richiama-01;1 state=0 exten=0612345678
            0.0 new 2 Local/0612345678@richiama-01;2 state=4 exten=0612345678 link=1
            0.0 raw LocalBridge LocalOneUniqueid=1 LocalTwoUniqueid=2
            0.0 dial - 1 string=0612345678@richiama/n
            0.2 new 3 PJSIP/trunk-03 link=1
            0.2 dial 2 3 string=0612345678@trunk
            0.6 end 2 3 CONGESTION
            0.6 gone 3
            0.8 new 4 PJSIP/trunkbis-04 link=1
            0.8 dial 2 4 string=0612345678@trunkbis
            5.0 end 2 4 ANSWER
            5.0 in 4 b
            5.0 in 2 b
            9.0 asks 4
            9.0 out 4 b
            9.0 gone 4
            9.0 out 2 b
            9.0 gone 2
            9.0 gone 1
            """
        #expect(told(call).filter { $0.hasPrefix("callback") }.count == 1)
    }

    // MARK: a colleague with a mobile

    @Test(
        "are nobody's contact where a colleague's desk phone answers and the mobile rang beside it, in either order",
        arguments: [[2, 3], [3, 2]])
    func colleague(order: [Int]) {
        let made = Self.agent + "0.1 new 2 PJSIP/1004-02 link=1\n0.1 new 3 PJSIP/trunk-03 link=1\n"
        let dials = order.map { "0.2 dial 1 \($0) string=\($0 == 2 ? "1004" : "3351234567@trunk")\n" }.joined()
        #expect(told(made + dials + "4 end 1 3 CANCEL\n4 end 1 2 ANSWER\n4 gone 3\n" + Self.talk("2", from: 4)).isEmpty)
        // The switch does not say whose the outside number is.
        #expect(
            told(made + dials + "4 end 1 2 CANCEL\n4 end 1 3 ANSWER\n4 gone 2\n" + Self.talk("3", from: 4)) == [
                "outbound answered 3351234567 30", "PJSIP/1001 outbound ended by agent",
            ])
    }

    @Test(
        "are nobody's contact where the colleague and the mobile are behind Local channels, in either order",
        arguments: [false, true])
    func followMe(isMobileFirst: Bool) {
        let desk = "0.3 new 6 PJSIP/1004-06 link=1\n0.3 dial 3 6\n"
        let mobile = "0.3 new 7 PJSIP/trunk-07 link=1\n0.3 dial 5 7 string=3351234567@trunk\n"
        let call =
            Self.agent + """
                0.1 new 2 Local/FMPR-1004@interni-02;1 link=1
                0.1 new 3 Local/FMPR-1004@interni-02;2 state=4 link=1
                0.1 raw LocalBridge LocalOneUniqueid=2 LocalTwoUniqueid=3
                0.1 new 4 Local/FMGL-335@interni-03;1 link=1
                0.1 new 5 Local/FMGL-335@interni-03;2 state=4 link=1
                0.1 raw LocalBridge LocalOneUniqueid=4 LocalTwoUniqueid=5
                0.1 dial 1 2
                0.1 dial 1 4

                """ + (isMobileFirst ? mobile + desk : desk + mobile) + """
                4.0 end 3 6 ANSWER
                4.0 end 1 4 CANCEL
                4.0 end 1 2 ANSWER
                4.0 in 6 c
                4.0 in 3 c
                4.1 end 5 7 CANCEL
                4.1 gone 7
                4.1 gone 4
                4.1 gone 5

                """ + Self.talk("2", from: 4.2) + "\n34.3 out 3 c\n34.3 gone 3\n34.3 out 6 c\n34.3 gone 6"
        #expect(told(call).isEmpty)
    }

    // MARK: the number in the dial string

    @Test(
        "are to the number in the dial string, without the digit for an outside line",
        arguments: [
            ("DAHDI/i1/trunk", "g1/w0612345678"), ("DAHDI/i1/trunk", "g1/ww9,0612345678"),
            ("DAHDI/i1/trunk", "g0/0612345678/r"),
            ("SIP/trunk", "trunk/0612345678/192.0.2.9"), ("SIP/trunk", "0612345678:pw@trunk"),
            ("SIP/trunk", "06-1234-5678@trunk"),
            ("PJSIP/trunk", "trunk/sip:0612345678;user=phone@192.0.2.9"),
            ("PJSIP/trunk", "trunk/sips:0612345678@192.0.2.9"),
            ("PJSIP/trunk", "trunk/tel:0612345678"), ("PJSIP/trunk", "#31#0612345678@trunk"),
            ("PJSIP/trunk", "*67#0612345678@trunk"),
            ("IAX2/trunk", "39061234@192.0.2.9/0612345678"), ("IAX2/trunk", "utente:pw@192.0.2.9/0612345678"),
            ("mISDN/trunk-u23", "1/0612345678/:n"), ("Khomp/trunk", "b0c1/0612345678:orig=0698"),
            ("Dongle/trunk", "dongle0/0612345678"),
        ])
    func dialString(channel: String, string: String) {
        #expect(
            told(
                "0.0 new 1 PJSIP/1001-01 state=4 num=1001 exten=00612345678\n0.1 new 2 \(channel)-02 link=1\n0.1 dial 1 2 string=\(string)\n"
                    + "4 end 1 2 ANSWER\n" + Self.talk("2", from: 4)
            ).first == "outbound answered 0612345678 30")
    }
}
