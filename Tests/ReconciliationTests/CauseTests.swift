import Reconciliation
import Telephony
import Testing

/// Each cause with its evidence, and the same difference without it.
@Suite("A difference from the queue_log")
struct CauseTests {
    private let answered = """
        100|1.1|info|NONE|ENTERQUEUE||0612|1
        105|1.1|info|Anna|CONNECT|5|1.9|1
        125|1.1|info|Anna|COMPLETECALLER|5|20|1
        """
    private let end = "\n300|NONE|NONE|NONE|CONFIGRELOAD|"

    @Test("of up to a second is the truncation of the log's clocks, a microsecond more is not")
    func truncation() {
        let log = log(answered + end)
        #expect(found(log, [our("1.1", joined: 100.4, wait: 5, talk: 20)]) == ["matched –"])
        for (wait, talk) in [(5.999_999, 20), (4.000_001, 20), (6, 20), (5, 21), (5, 19.000_001), (4, 19)] {
            #expect(
                found(log, [our("1.1", joined: 100, wait: wait, talk: talk)]) == ["matched truncation"],
                "\(wait) \(talk)")
        }
        #expect(found(log, [our("1.1", joined: 100.9, wait: 3.999_999, talk: 20)]) == ["waitDiffers unexplained"])
        #expect(
            found(log, [our("1.1", joined: 100, wait: 5, talk: 18.999_999) { $0.contactEnded = nil }]) == [
                "talkDiffers unexplained"
            ])
    }

    @Test("is a late event, if our instant lies after the second of the log's own line, and by no more than that")
    func lateEvent() {
        let log = log(answered + end)
        // CONNECT was written before 106.0; it was reported to us at 106.3.
        #expect(found(log, [our("1.1", joined: 100.1, wait: 6.2, talk: 19.2)]) == ["waitDiffers lateEvent"])
        #expect(found(log, [our("1.1", joined: 100.7, wait: 5.6, talk: 18.8)]) == ["talkDiffers lateEvent"])
        // In the right second, but too long.
        #expect(found(log, [our("1.1", joined: 99.5, wait: 6.2, talk: 19.2)]) == ["waitDiffers unexplained"])
        // No switch delays events that long.
        #expect(
            found(log, [our("1.1", joined: 100.1, wait: 8, talk: 17)]) == [
                "waitDiffers unexplained", "talkDiffers unexplained",
            ])
    }

    @Test("is a late event of more than a second only if other calls' events of those seconds were as late")
    func lateStream() {
        let text = """
            100|1.1|info|NONE|ENTERQUEUE||0612|1
            123|1.2|info|NONE|ENTERQUEUE||0612|1
            125|1.1|info|NONE|ABANDON|1|1|25
            140|1.2|info|NONE|ABANDON|1|1|17
            """
        func first(_ left: Double, other: Double, otherLeft: Double = 140.5) -> String {
            let visits = [
                our("1.1", joined: 100.2, wait: left - 100.2), our("1.2", joined: other, wait: otherLeft - other),
            ]
            return found(log(text + end), visits).first ?? ""
        }
        // 1.2 joined 6 s late, by our account, and 1.1 left 7 s late.
        #expect(first(133, other: 130) == "waitDiffers lateEvent")
        #expect(first(133, other: 123.5) == "waitDiffers unexplained")
        // Later than any other, and by more than the tolerance.
        #expect(first(133.1, other: 130) == "waitDiffers unexplained")
    }

    @Test("in an unknown reason is what AMI does not report; in a known one it is unexplained")
    func reason() {
        let log = log("100|1.1|info|NONE|ENTERQUEUE||0612|1\n105|1.1|info|NONE|EXITWITHTIMEOUT|1|1|5" + end)
        #expect(found(log, [our("1.1", joined: 100, wait: 5, .flowOut(.unknown))]) == ["matched reasonNotTold"])
        #expect(found(log, [our("1.1", joined: 100, wait: 5, .flowOut(.timeout))]) == ["matched –"])
        #expect(found(log, [our("1.1", joined: 100, wait: 5, .flowOut(.key))]) == ["differentOutcome unexplained"])
        #expect(found(log, [our("1.1", joined: 100, wait: 5, .abandoned)]) == ["differentOutcome unexplained"])
    }

    @Test("is an inherited place, if the log shows the heir")
    func inheritedPlace() {
        let handOver = "159|1.1|info|Anna|ATTENDEDTRANSFER|APP|Queue|1|5|1\n"
        let text = """
            157|1.2|claims|NONE|ENTERQUEUE||1001|1
            \(handOver)165|1.1|claims|Giulia|CONNECT|8|1.10|1
            168|1.1|claims|Giulia|COMPLETEAGENT|8|3|1
            """
        let first = our("1.1", "info", joined: 153, wait: 1, talk: 5)
        let before = "153|1.1|info|NONE|ENTERQUEUE||06|1\n154|1.1|info|Anna|CONNECT|1|1.9|1\n"
        // Under the caller's channel, and under the one that joined.
        let ours = our("1.1", "claims", joined: 157.1, wait: 8, talk: 3, agent: "Giulia", number: 2)
        #expect(found(log(before + text + end), [first, ours]) == ["matched –", "matched inheritedPlace"])
        #expect(
            found(
                log(before + text + end),
                [first, our("1.2", "claims", joined: 157.1, wait: 8, talk: 3, agent: "Giulia")])
                == ["matched –", "matched inheritedPlace"])
        // Counted from the hand-over: both agree on the end.
        let late = our("1.1", "claims", joined: 159.2, wait: 5.9, talk: 3, agent: "Giulia", number: 2)
        #expect(found(log(before + text + end), [first, late]) == ["matched –", "waitDiffers inheritedPlace"])
        // No hand-over, no heir: a caller who never joined, and one who never left.
        let without = log(before + text.replacing(handOver, with: "") + end)
        #expect(found(without, [first, ours]).contains { $0 == "missingHere unexplained" })
    }

    @Test("is an inherited place, if a Surrogate stood in the queue for a caller whom `Bridge` took away")
    func surrogate() {
        let text = "100|1.1|info|NONE|ENTERQUEUE||06|1\n120|1.3|info|NONE|ABANDON|1|1|20\n"
        let taken = our("1.1", joined: 100, wait: 20)
        #expect(found(log(text + end), [taken]) == ["matched inheritedPlace"])
        // Another end, or an outcome of ours that is no ABANDON: then they are two visits of the log.
        #expect(found(log(text + end), [our("1.1", joined: 100, wait: 23)]).contains("missingHere unexplained"))
        #expect(
            found(log(text + end), [our("1.1", joined: 100, wait: 20, talk: 3)]).contains("missingHere unexplained"))
    }

    /// From a random play on Asterisk 16: a call that had been handed over was handed over again, without a queue being
    /// informed.
    @Test(
        "is an inherited place, if the log has a place without an end and an end without a place, and our record has it change hands"
    )
    func inheritedUnseen() {
        let text = """
            555|1.76810|claims|NONE|ENTERQUEUE||3025|2
            565|1.76844|claims|Bea|CONNECT|10|1.77260|2
            567|1.76844|claims|Bea|COMPLETEAGENT|10|2|2
            """
        func moved(_ change: (inout OurVisit) -> Void = { _ in }) -> [String] {
            let visit = our("1.76810", "claims", joined: 555.7, wait: 9.5, talk: 2.6, agent: "Bea") {
                $0.customer = ChannelID("1.76126")
                change(&$0)
            }
            return found(log(text + "\n700|NONE|NONE|NONE|CONFIGRELOAD|"), [visit])
        }
        #expect(moved() == ["matched inheritedPlace"])
        // The joining channel's own place, or another end: then they are two visits of the log.
        #expect(moved { $0.customer = $0.call }.contains("missingHere unexplained"))
        #expect(moved { $0.left = time(569) }.contains("missingHere unexplained"))
        #expect(moved { $0.queue = QueueName("info") }.contains("missingHere unexplained"))
    }

    @Test("is a transfer by an agent who consulted the queue while a caller of the agent's waited")
    func consultation() {
        let own = "136|1.1|info|NONE|ENTERQUEUE||06|1\n138|1.1|info|Bruno|CONNECT|2|1.9|1\n"
        let consulted =
            "141|1.2|claims|NONE|ENTERQUEUE||1002|1\n143|1.2|claims|Anna|CONNECT|2|1.10|1\n146|1.2|claims|Anna|COMPLETECALLER|2|3|1\n"
        let handOver = "146|1.1|info|Bruno|ATTENDEDTRANSFER|LINK|a|b|2|8|1"
        func consultation(_ change: @escaping (inout OurVisit) -> Void) -> [OurVisit] {
            [
                our("1.1", joined: 136, wait: 2, talk: 8, agent: "Bruno"),
                our("1.2", "claims", joined: 141, wait: 2, talk: 30, change: change),
            ]
        }
        let whole = log(own + consulted + handOver + end)
        // It became a part of the call that was handed over; or the record of the agent's own call, if the two were not
        // seen to be one.
        let ours = consultation { $0.customer = ChannelID("1.1") }
        #expect(found(whole, ours) == ["matched –", "talkDiffers transferredOnward"])
        #expect(found(whole, consultation { $0.isInternal = true }) == ["matched –", "talkDiffers transferredOnward"])
        // A customer's own visit that ends in the second of somebody else's transfer, and a part of another call than
        // that one.
        #expect(found(whole, consultation { _ in }) == ["matched –", "talkDiffers unexplained"])
        #expect(
            found(whole, consultation { $0.customer = ChannelID("1.0") }) == ["matched –", "talkDiffers unexplained"])
        // Somebody else's transfer: of a caller who came when the other was already waiting.
        let later = "142|1.1|info|NONE|ENTERQUEUE||06|1\n143|1.1|info|Bruno|CONNECT|1|1.9|1\n"
        #expect(found(log(consulted + later + handOver + end), [ours[1]]).contains("talkDiffers unexplained"))
    }

    @Test("is a Local channel optimised away, if the log says 0 and both agree on the beginning")
    func localOptimised() {
        let text =
            "100|1.1|info|NONE|ENTERQUEUE||06|1\n105|1.1|info|Anna|CONNECT|5|1.9|1\n105|1.1|info|Anna|COMPLETECALLER|5|0|1"
        func local(wait: Double = 5) -> OurVisit {
            our("1.1", joined: 100, wait: wait, talk: 8) { $0.customer = ChannelID("1.0") }
        }
        #expect(found(log(text + end), [local()]) == ["talkDiffers localOptimised"])
        #expect(
            found(log(text + end), [our("1.1", joined: 100, wait: 5, talk: 8) { $0.isCallback = true }]) == [
                "talkDiffers localOptimised"
            ])
        // The caller's own channel cannot be optimised away: the caller hung up at once, and we did not see it.
        #expect(found(log(text + end), [our("1.1", joined: 100, wait: 5, talk: 8)]) == ["talkDiffers unexplained"])
        #expect(found(log(text + end), [local(wait: 8)]) == ["waitDiffers unexplained", "talkDiffers unexplained"])
        #expect(found(log(text.replacing("|5|0|1", with: "|5|1|1") + end), [local()]) == ["talkDiffers unexplained"])
        // The second changed between the two lines, 20 ms apart.
        let turned = text.replacing(
            "105|1.1|info|Anna|COMPLETECALLER|5|0|1", with: "106|1.1|info|Anna|COMPLETECALLER|5|1|1")
        #expect(found(log(turned + end), [local()]) == ["talkDiffers localOptimised"])
        #expect(found(log(turned.replacing("|5|1|1", with: "|5|2|1") + end), [local()]) == ["talkDiffers unexplained"])
        #expect(
            found(log(text.replacing("105|1.1|info|Anna|COMP", with: "113|1.1|info|Anna|COMP") + end), [local()]) == [
                "talkDiffers unexplained"
            ])
    }

    @Test("is a COMPLETE that came late, if the caller was elsewhere meanwhile")
    func lateComplete() {
        let ours = our("1.1", joined: 100, wait: 5, talk: 4)
        #expect(found(log(answered + end), [ours]) == ["talkDiffers unexplained"])
        let redirected = answered.replacing(
            "125|", with: "110|1.1|claims|NONE|ENTERQUEUE||06|1\n125|1.1|claims|NONE|ABANDON|1|1|15\n125|")
        let claims = our("1.1", "claims", joined: 110, wait: 15, number: 2)
        #expect(found(log(redirected + end), [ours, claims]) == ["talkDiffers lateComplete", "matched –"])
        func cut(_ change: (inout OurVisit) -> Void) -> [String] {
            found(log(answered + end), [our("1.1", joined: 100, wait: 5, talk: 4, change: change)])
        }
        #expect(cut { $0.continued = time(109) } == ["talkDiffers lateComplete"])
        // Another customer in the conversation: the switch writes the line when the caller hangs up, and not before.
        for (hangUp, cause) in [
            (125.5, "lateComplete"), (124, "lateComplete"), (123.9, "unexplained"), (127.1, "unexplained"),
        ] {
            let told = cut {
                $0.isConferenced = true
                $0.contactEnded = time(hangUp)
            }
            #expect(told == ["talkDiffers \(cause)"], "\(hangUp)")
        }
        let lasting = cut {
            $0.isConferenced = true
            $0.contactEnded = nil
        }
        #expect(lasting == ["talkDiffers unexplained"])
        // Something after the log's end of the conversation is not a reason for it.
        #expect(
            found(log(answered + end), [our("1.1", joined: 100, wait: 5, talk: 4) { $0.continued = time(126) }]) == [
                "talkDiffers unexplained"
            ])
    }

    @Test(
        "is a COMPLETE that came late, if a phone only rang for the caller meanwhile, and the caller's own end is the line's second"
    )
    func rangMeanwhile() {
        func moved(rang: Double?, gone: Double?, _ change: (inout OurVisit) -> Void = { _ in }) -> [String] {
            let visit = our("1.1", joined: 100, wait: 5, talk: 0.2) {
                $0.rangLater = rang.map(time)
                $0.contactEnded = gone.map(time)
                change(&$0)
            }
            return found(log(answered + end), [visit])
        }
        #expect(moved(rang: 105.3, gone: 125.1) == ["talkDiffers lateComplete"])
        // The caller was gone long before the line, or stayed after it; no phone rang, or only later; it was not the
        // caller's own channel.
        #expect(moved(rang: 105.3, gone: 110) == ["talkDiffers unexplained"])
        #expect(moved(rang: 105.3, gone: 140) == ["talkDiffers unexplained"])
        #expect(moved(rang: 105.3, gone: nil) == ["talkDiffers unexplained"])
        #expect(moved(rang: nil, gone: 125.1) == ["talkDiffers unexplained"])
        // The agent hung up, and the caller continued in the dial plan, e.g. in a survey.
        #expect(moved(rang: nil, gone: 125.1) { $0.isHungUpByAgent = true } == ["talkDiffers lateComplete"])
        #expect(moved(rang: nil, gone: 110) { $0.isHungUpByAgent = true } == ["talkDiffers unexplained"])
        #expect(moved(rang: 126.5, gone: 125.1) == ["talkDiffers unexplained"])
        #expect(moved(rang: 105.3, gone: 125.1) { $0.isCallback = true } == ["talkDiffers unexplained"])
        #expect(moved(rang: 105.3, gone: 125.1) { $0.customer = ChannelID("1.0") } == ["talkDiffers unexplained"])
    }

    @Test(
        "is another's transfer, if the record has somebody who had joined the two, and who transferred in that second")
    func othersTransfer() {
        let log = log(answered.replacing("COMPLETECALLER|5|20|1", with: "BLINDTRANSFER|1009|agents|5|20|1") + end)
        func longer(_ others: [Double]) -> [String] {
            found(log, [our("1.1", joined: 100, wait: 5, talk: 24) { $0.othersTransfers = others.map(time) }])
        }
        #expect(longer([110, 125.4]) == ["talkDiffers othersTransfer"])
        #expect(longer([]) == ["talkDiffers unexplained"])
        #expect(longer([110, 127.1]) == ["talkDiffers unexplained"])
        // The caller or the agent hung up: that is not a transfer.
        let visit = our("1.1", joined: 100, wait: 5, talk: 24) { $0.othersTransfers = [time(125.4)] }
        #expect(found(QueueLog.of(answered + end), [visit]) == ["talkDiffers unexplained"])
    }

    @Test(
        "is a slow parking, if the agent parked the caller and the voices were separated only when the caller was in the lot"
    )
    func parkedSlowly() {
        let parking = QueueLog.of(
            answered.replacing("COMPLETECALLER|5|20|1", with: "BLINDTRANSFER|700|agents|5|20|1") + end)
        func longer(_ log: QueueLog, talk: Double = 23, parked: Double?, _ change: (inout OurVisit) -> Void = { _ in })
            -> [String]
        {
            let visit = our("1.1", joined: 100, wait: 5, talk: talk) {
                $0.isHandedOver = true
                $0.parked = parked.map(time)
                change(&$0)
            }
            return found(log, [visit])
        }
        #expect(longer(parking, parked: 128) == ["talkDiffers parkedSlowly"])
        #expect(longer(parking, parked: nil) == ["talkDiffers unexplained"])
        #expect(longer(parking, parked: 124) == ["talkDiffers unexplained"])
        #expect(longer(parking, parked: 128) { $0.isHandedOver = false } == ["talkDiffers unexplained"])
        #expect(longer(parking, talk: 31, parked: 136) == ["talkDiffers unexplained"])
        #expect(longer(QueueLog.of(answered + end), parked: 128) == ["talkDiffers unexplained"])
    }

    @Test(
        "is a line that came late, if the switch had reported before that the call was over or handed on, and by at most ten seconds"
    )
    func lateLine() {
        func cut(_ log: QueueLog, _ change: (inout OurVisit) -> Void = { _ in }) -> [String] {
            found(log, [our("1.1", joined: 100, wait: 5, talk: 16, change: change)])
        }
        let log = log(answered + end)
        #expect(cut(log) == ["talkDiffers lateLine"])
        #expect(cut(log) { $0.contactEnded = time(125.2) } == ["talkDiffers unexplained"])
        #expect(cut(log) { $0.contactEnded = nil } == ["talkDiffers unexplained"])
        #expect(cut(log) { $0.doubts = .lost } == ["talkDiffers unexplained"])
        // It is not certain whose channel was hung up.
        #expect(cut(log) { $0.customer = ChannelID("1.0") } == ["talkDiffers unexplained"])
        #expect(cut(log) { $0.isCallback = true } == ["talkDiffers unexplained"])
        #expect(found(log, [our("1.1", joined: 100, wait: 5, talk: 9.9)]) == ["talkDiffers unexplained"])
        // The agent hung up, and the caller continues, e.g. in a survey; the line must say the same.
        let byAgent = QueueLog.of(answered.replacing("COMPLETECALLER", with: "COMPLETEAGENT") + end)
        #expect(
            cut(byAgent) {
                $0.contactEnded = time(200); $0.isHungUpByAgent = true
            } == ["talkDiffers lateLine"])
        #expect(cut(byAgent) { $0.contactEnded = time(200) } == ["talkDiffers unexplained"])
        #expect(
            cut(log) {
                $0.contactEnded = time(200); $0.isHungUpByAgent = true
            } == ["talkDiffers unexplained"])
        let transferred = QueueLog.of(
            answered.replacing("COMPLETECALLER|5|20|1", with: "BLINDTRANSFER|1011|agents|5|20|1") + end)
        #expect(cut(transferred) { $0.contactEnded = time(200) } == ["talkDiffers unexplained"])
        #expect(
            cut(transferred) {
                $0.contactEnded = time(200)
                $0.isHandedOver = true
            } == ["talkDiffers lateLine"])
    }

    @Test("is a transfer that the log does not see, of an agent behind a Local channel")
    func transferUnseen() {
        func behind(_ interface: String, _ change: (inout OurVisit) -> Void = { _ in }) -> [String] {
            let visit = our("1.1", joined: 100, wait: 5, talk: 4) {
                $0.interface = interface
                $0.isHandedOver = true
                $0.contactEnded = time(125.3)
                change(&$0)
            }
            return found(log(answered + end), [visit])
        }
        #expect(behind("Local/1009@agents/n") == ["talkDiffers transferUnseen"])
        #expect(behind("PJSIP/1009") == ["talkDiffers unexplained"])
        #expect(behind("Local/1009@agents/n") { $0.isHandedOver = false } == ["talkDiffers unexplained"])
        #expect(behind("Local/1009@agents/n") { $0.contactEnded = time(140) } == ["talkDiffers unexplained"])
        // The person to whom the agent handed over hung up, and the caller continued.
        #expect(
            behind("Local/1009@agents/n") {
                $0.contactEnded = time(140)
                $0.laterEnds = [time(125.4)]
            } == ["talkDiffers transferUnseen"])
    }

    @Test("is somebody else's talk, if the log ends the conversation under another channel's name")
    func anotherWentOn() {
        let renamed = answered.replacing("125|1.1", with: "125|1.7")
        let ours = our("1.1", joined: 100, wait: 5, talk: 4) { $0.contactEnded = time(200) }
        #expect(found(log(renamed + end), [ours]) == ["talkDiffers anotherWentOn"])
        #expect(found(log(renamed + end), [our("1.1", joined: 100, wait: 5, talk: 20)]) == ["matched –"])
        #expect(found(log(answered + end), [ours]) == ["talkDiffers unexplained"])
    }

    @Test("is the talk of two agents after the caller hung up, one of whom had called the queue and joined all three")
    func agentsWentOn() {
        func shared(_ lines: String? = nil, _ change: (inout OurVisit) -> Void = { _ in }) -> [String] {
            found(
                log(
                    (lines ?? answered.replacing("125|1.1", with: "115|1.1").replacing("|5|20|", with: "|5|10|")) + end),
                [
                    our("1.1", joined: 100, wait: 5, talk: 4) {
                        $0.customer = ChannelID("1.0")
                        $0.contactEnded = $0.talkEnded
                        $0.isSharedAtEnd = true
                        change(&$0)
                    }
                ])
        }
        #expect(shared() == ["talkDiffers anotherWentOn"])
        // The agent's own channel: the line came late.
        #expect(shared { $0.customer = $0.call } == ["talkDiffers lateLine"])
        #expect(shared { $0.isSharedAtEnd = false } == ["talkDiffers unexplained"])
        #expect(shared { $0.contactEnded = time(120) } == ["talkDiffers unexplained"])
        #expect(shared { $0.isCallback = true } == ["talkDiffers unexplained"])
        // If longer, it could be an end that we set too early.
        #expect(shared(answered) == ["talkDiffers unexplained"])
    }

    @Test("is an end that was never written, if the log shows the call elsewhere, or the switch had reported its end")
    func endNotWritten() {
        let talking = "100|1.1|info|NONE|ENTERQUEUE||06|1\n105|1.1|info|Anna|CONNECT|5|1.9|1"
        let lasting = our("1.1", joined: 100, wait: 5, talk: 4) { $0.contactEnded = nil }
        #expect(found(log(talking + end), [lasting]) == ["talkDiffers unexplained"])
        #expect(found(log(talking + end), [our("1.1", joined: 100, wait: 5, talk: 4)]) == ["talkDiffers endNotWritten"])
        #expect(
            found(log(talking + end), [our("1.1", joined: 100, wait: 5, talk: 4) { $0.doubts = .lost }]) == [
                "talkDiffers unexplained"
            ])
        // It ended within the last second of the log: the line may still come.
        #expect(
            found(log(talking + end), [our("1.1", joined: 100, wait: 5, talk: 4) { $0.contactEnded = time(299.5) }])
                == [
                    "talkDiffers unexplained"
                ])
        let elsewhere = talking + "\n109|1.1|claims|NONE|ENTERQUEUE||06|1\n111|1.1|claims|NONE|ABANDON|1|1|2"
        #expect(
            found(log(elsewhere + end), [lasting, our("1.1", "claims", joined: 109, wait: 2, number: 2)]) == [
                "talkDiffers endNotWritten", "matched –",
            ])
    }

    @Test("in the agent is a pick-up, if our record says so")
    func pickedUp() {
        let log = log(answered + end)
        #expect(found(log, [our("1.1", joined: 100, wait: 5, talk: 20, agent: "Bea")]) == ["agentDiffers unexplained"])
        #expect(
            found(log, [our("1.1", joined: 100, wait: 5, talk: 20, agent: "Bea") { $0.isPickedUp = true }]) == [
                "agentDiffers pickedUp"
            ])
        // A member without a name is called by its interface.
        let nameless = self.answered.replacing("Anna", with: "PJSIP/1001")
        #expect(found(QueueLog.of(nameless + end), [our("1.1", joined: 100, wait: 5, talk: 20)]) == ["matched –"])
    }
}

extension QueueLog {
    static func of(_ text: String) -> QueueLog { log(text) }
}
