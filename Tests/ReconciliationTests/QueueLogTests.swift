import Reconciliation
import Telephony
import Testing
import Time

@Suite("A queue_log")
struct QueueLogTests {
    /// The essence of each visit, one on each line.
    private func told(_ log: QueueLog) -> [String] {
        log.visits.map { visit in
            func whole(_ span: Span?) -> String { span.map { "\($0.microseconds / 1_000_000)" } ?? "–" }
            let ending = visit.ending.map { " by \($0)" } ?? ""
            let agent = visit.agent.map { " \($0)" } ?? ""
            return
                "\(visit.call) \(visit.queue) #\(visit.entry) \(visit.outcome) wait \(whole(visit.wait)) talk \(whole(visit.talk))\(agent)\(ending)"
                + (visit.isPartial ? " partial" : "") + (visit.heir.map { " heir \($0)" } ?? "")
                + (visit.restarted == nil ? "" : " restarted")
        }
    }

    @Test("gives a visit for each ENTERQUEUE, closed by each possible exit")
    func waysOut() {
        let text = """
            100|1.1|info|NONE|ENTERQUEUE||0612|1
            102|1.1|info|Anna|CONNECT|2|1.9|1
            109|1.1|info|Anna|COMPLETECALLER|2|7|1
            110|1.1|info|NONE|ENTERQUEUE||0612|1
            113|1.1|info|NONE|ABANDON|1|1|3
            120|1.2|info|NONE|ENTERQUEUE||0612|1
            125|1.2|info|NONE|EXITWITHTIMEOUT|1|1|5
            125|1.2|other|NONE|ENTERQUEUE||0612|1
            126|1.2|other|NONE|EXITWITHKEY|9|1|1|1
            130|1.3|info|NONE|ENTERQUEUE||0612|2
            134|1.3|info|NONE|EXITEMPTY|1|2|4
            140|1.4|info|NONE|ENTERQUEUE||0612|1
            142|1.4|info|NONE|WITHDRAW|1|1|2|by the supervisor | today
            150|1.5|info|NONE|ENTERQUEUE||0612|1
            152|1.5|info|Anna|SYSCOMPAT|
            160|1.6|info|NONE|ENTERQUEUE||0612|1
            163|1.6|info|Anna|CONNECT|3|1.9|1
            165|1.6|info|Anna|BLINDTRANSFER|6001|agents|3|2|1
            170|1.7|info|NONE|ENTERQUEUE||0612|1
            171|1.7|info|Anna|CONNECT|1|1.9|1
            179|1.7|info|Anna|ATTENDEDTRANSFER|LINK|Local/a;1|Local/a;2|1|8|1
            180|1.8|info|NONE|ENTERQUEUE||0612|1
            """
        #expect(
            told(log(text)) == [
                "1.1 info #1 answered wait 2 talk 7 Anna by caller", "1.1 info #2 abandoned wait 3 talk –",
                "1.2 info #1 flowOut(Telephony.QueueVisit.FlowOut.timeout) wait 5 talk –",
                "1.2 other #1 flowOut(Telephony.QueueVisit.FlowOut.key) wait 1 talk –",
                "1.3 info #1 flowOut(Telephony.QueueVisit.FlowOut.empty) wait 4 talk –",
                "1.4 info #1 flowOut(Telephony.QueueVisit.FlowOut.withdrawn) wait 2 talk –",
                "1.5 info #1 incompatible wait – talk –", "1.6 info #1 answered wait 3 talk 2 Anna by blindTransfer",
                "1.7 info #1 answered wait 1 talk 8 Anna by attendedTransfer", "1.8 info #1 waiting wait – talk –",
            ])
        #expect(log(text).visits[4].position == 2)
    }

    @Test("lets the caller who was handed over inherit the place whose wait fits, and not a stranger's beside it")
    func heir() {
        let text = """
            153|1.1|info|NONE|ENTERQUEUE||+378|1
            154|1.1|info|Anna|CONNECT|1|1.9|1
            157|1.2|claims|NONE|ENTERQUEUE||1001|1
            159|1.3|claims|NONE|ENTERQUEUE||0612|2
            159|1.1|info|Anna|ATTENDEDTRANSFER|APP|Queue|1|5|1
            165|1.1|claims|Giulia|CONNECT|8|1.10|1
            168|1.1|claims|Giulia|COMPLETEAGENT|8|3|1
            169|1.3|claims|NONE|ABANDON|1|2|10
            """
        #expect(
            told(log(text)) == [
                "1.1 info #1 answered wait 1 talk 5 Anna by attendedTransfer",
                "1.2 claims #1 answered wait 8 talk 3 Giulia by agent heir 1.1",
                "1.3 claims #1 abandoned wait 10 talk –",
            ])
    }

    @Test(
        "gives the handed-over place to the channel that joined when the wait began, and takes it back if its owner has another line"
    )
    func heirOfSeveral() {
        func text(_ own: String) -> String {
            """
            153|1.1|info|NONE|ENTERQUEUE||+378|1
            154|1.1|info|Anna|CONNECT|1|1.9|1
            157|1.2|claims|NONE|ENTERQUEUE||1001|1
            158|1.3|claims|NONE|ENTERQUEUE||0612|2
            159|1.1|info|Anna|ATTENDEDTRANSFER|APP|Queue|1|5|1
            """ + "\n" + own
        }
        #expect(
            told(log(text("165|1.1|claims|Giulia|CONNECT|8|1.10|1\n168|1.1|claims|Giulia|COMPLETEAGENT|8|3|1")))
                .dropFirst() == [
                    "1.2 claims #1 answered wait 8 talk 3 Giulia by agent heir 1.1",
                    "1.3 claims #1 waiting wait – talk –",
                ])
        // Written a second later than counted: the wait is that of 1.3, who was answered by somebody else.
        let late = "166|1.1|claims|Giulia|CONNECT|8|1.10|1\n"
        let own = "167|1.3|claims|Bruno|CONNECT|9|1.11|1\n"
        let ends = "168|1.1|claims|Giulia|COMPLETEAGENT|8|2|1\n170|1.3|claims|Bruno|COMPLETEAGENT|9|3|2"
        #expect(
            told(log(text(late + own + ends))).dropFirst() == [
                "1.2 claims #1 answered wait 8 talk 2 Giulia by agent heir 1.1",
                "1.3 claims #1 answered wait 9 talk 3 Bruno by agent",
            ])
        #expect(
            told(log(text(late + "168|1.1|claims|Giulia|COMPLETEAGENT|8|2|1\n169|1.3|claims|NONE|ABANDON|1|2|11")))
                .dropFirst() == [
                    "1.2 claims #1 answered wait 8 talk 2 Giulia by agent heir 1.1",
                    "1.3 claims #1 abandoned wait 11 talk –",
                ])
    }

    @Test("finds the place that was handed over by the line's own name, if that is the consultation's")
    func handedOverUnderTheConsultation() {
        let text = """
            253|1.1|sales|NONE|DID|0611
            253|1.1|sales|NONE|ENTERQUEUE||0698|1
            265|1.1|sales|PJSIP/7009|CONNECT|12|1.2|11
            384|1.3|claims|NONE|DID|
            384|1.3|claims|NONE|ENTERQUEUE||7009|1
            384|1.4|claims|NONE|ENTERQUEUE||0612|2
            385|1.3|sales|PJSIP/7009|ATTENDEDTRANSFER|APP|Queue|12|120|1
            391|1.1|claims|PJSIP/7051|CONNECT|7|1.5|6
            564|1.1|claims|PJSIP/7051|COMPLETEAGENT|7|173|1
            """
        #expect(
            told(log(text)) == [
                "1.1 sales #1 answered wait 12 talk 120 PJSIP/7009 by attendedTransfer",
                "1.3 claims #1 answered wait 7 talk 173 PJSIP/7051 by agent heir 1.1",
                "1.4 claims #1 waiting wait – talk –",
            ])
    }

    /// From random plays on Asterisk 22 and 16: the thread that hands over wrote its line after the one that rings for
    /// the place.
    @Test("finds an heir whose lines come before the hand-over's")
    func handedOverLate() {
        func text(_ heirs: String, joined: Int = 476, at handedOver: Int = 478) -> String {
            """
            470|1.1236|sales|NONE|ENTERQUEUE||0612|1
            473|1.1236|sales|Anna|CONNECT|3|1.1237|2
            \(joined)|1.1335|claims|NONE|ENTERQUEUE||3011|1
            477|1.1236|claims|\(heirs)
            \(handedOver)|1.1335|sales|Anna|ATTENDEDTRANSFER|APP|Queue|3|5|1
            481|1.1236|claims|Bea|COMPLETEAGENT|1|4|1
            """
        }
        let connected = "Bea|CONNECT|1|1.1336|1"
        #expect(
            told(log(text(connected))) == [
                "1.1236 sales #1 answered wait 3 talk 5 Anna by attendedTransfer",
                "1.1335 claims #1 answered wait 1 talk 4 Bea by agent heir 1.1236",
            ])
        #expect(
            told(log(text("NONE|ABANDON|1|1|1").replacing("\n481|1.1236|claims|Bea|COMPLETEAGENT|1|4|1", with: "")))
                == [
                    "1.1236 sales #1 answered wait 3 talk 5 Anna by attendedTransfer",
                    "1.1335 claims #1 abandoned wait 1 talk – heir 1.1236",
                ])
        // Not this place: it began at another time, or the hand-over comes too late.
        #expect(
            told(log(text(connected, joined: 474))).contains(
                "1.1236 claims #1 answered wait 1 talk 4 Bea by agent partial"))
        let tooLate = text(connected).replacing("478|", with: "488|").replacing("|3|5|1", with: "|3|15|1")
        #expect(told(log(tooLate)).contains("1.1236 claims #1 answered wait 1 talk 4 Bea by agent partial"))
    }

    /// From a random play on Asterisk 16: the caller of the first conversation was a Local half, whose part an agent's
    /// phone had taken.
    @Test("finds an heir who had taken the caller's part before the hand-over")
    func handedOverAsAnother() {
        let text = """
            408|1.66962|claims|NONE|ENTERQUEUE||1001|3
            409|1.66962|claims|Anna|CONNECT|1|1.66970|0
            412|1.67095|sales|NONE|ENTERQUEUE||3021|7
            415|1.66640|claims|Anna|ATTENDEDTRANSFER|APP|Queue|1|6|3
            416|1.66640|sales|Bea|CONNECT|4|1.67381|1
            418|1.66640|sales|Bea|COMPLETECALLER|4|2|7
            """
        #expect(
            told(log(text)) == [
                "1.66962 claims #1 answered wait 1 talk 6 Anna by attendedTransfer",
                "1.67095 sales #1 answered wait 4 talk 2 Bea by caller heir 1.66640",
            ])
    }

    /// From a random play on Asterisk 16, in a queue whose members may be rung while they talk.
    @Test("distinguishes two conversations that one phone answered in one second, by the callers' positions at joining")
    func twoInOneSecond() {
        func text(_ position: Int) -> String {
            """
            121|1.25083|advice|NONE|ENTERQUEUE||3007|1
            121|1.25108|advice|NONE|ENTERQUEUE||0612|2
            123|1.25108|advice|Dario|CONNECT|2|1.25112|1
            123|1.25083|advice|Dario|CONNECT|2|1.25088|2
            128|1.23996|advice|Dario|BLINDTRANSFER|1009|agents|2|5|\(position)
            134|1.25108|advice|Dario|COMPLETEAGENT|2|11|2
            """
        }
        #expect(
            told(log(text(1))) == [
                "1.25083 advice #1 answered wait 2 talk 5 Dario by blindTransfer",
                "1.25108 advice #1 answered wait 2 talk 11 Dario by agent",
            ])
        // Neither position fits: the visit is not known.
        #expect(told(log(text(3))).first == "1.25083 advice #1 answered wait 2 talk – Dario")
    }

    @Test(
        "recognises a conversation that ends under another name by member, queue, wait and beginning, and by all of them"
    )
    func endedAsAnother() {
        let begun = "100|1.1|info|NONE|ENTERQUEUE||06|1\n102|1.1|info|Anna|CONNECT|2|1.9|1\n"
        #expect(
            told(log(begun + "109|1.7|info|Anna|COMPLETEAGENT|2|7|1")) == [
                "1.1 info #1 answered wait 2 talk 7 Anna by agent"
            ])
        #expect(log(begun + "109|1.7|info|Anna|COMPLETEAGENT|2|7|1").visits.first?.endedAs == ChannelID("1.7"))
        for other in [
            "109|1.7|info|Bea|COMPLETEAGENT|2|7|1", "109|1.7|claims|Anna|COMPLETEAGENT|2|7|1",
            "109|1.7|info|Anna|COMPLETEAGENT|3|7|1",
            "109|1.7|info|Anna|COMPLETEAGENT|2|4|1",
        ] {
            #expect(told(log(begun + other)).first == "1.1 info #1 answered wait 2 talk – Anna", "\(other)")
        }
    }

    @Test("reads a line with an extra bar after its last field")
    func trailingBars() {
        let lines = [
            "102|1.1|info|Anna|CONNECT|2|1.9|1", "109|1.1|info|Anna|BLINDTRANSFER|1011|agents|2|7|1",
            "109|1.1|info|Anna|ATTENDEDTRANSFER|BRIDGE|x|2|7|1", "109|1.1|info|Anna|TRANSFER|1011|agents|2|7|1",
            "109|1.1|info|Anna|COMPLETECALLER|2|7|1", "109|1.1|info|NONE|ABANDON|1|1|9",
            "109|1.1|info|NONE|EXITWITHKEY|1|1|1|9",
            "109|1.1|info|ROSSI|ANNA|COMPLETEAGENT|2|7|1",
        ]
        let joined = "100|1.1|info|NONE|ENTERQUEUE||06|1\n"
        for line in lines {
            #expect(told(log(joined + line + "|")) == told(log(joined + line)), "\(line)")
            #expect(log(joined + line + "|").counts.malformed == 0, "\(line)")
        }
        #expect(log("100|1.1|info|NONE|ENTERQUEUE||06|1|").visits.first?.position == 1)
    }

    @Test("reports what a restart of the switch left without an end")
    func restart() {
        let text = """
            713|1.1|info|NONE|ENTERQUEUE||12|1
            714|1.1|info|Anna|CONNECT|1|1.9|0
            714|1.2|info|NONE|ENTERQUEUE||12|1
            728|NONE|NONE|NONE|QUEUESTART|
            729|1.2|info|NONE|ENTERQUEUE||12|1
            """
        #expect(
            told(log(text)) == [
                "1.1 info #1 answered wait 1 talk – Anna restarted", "1.2 info #1 lost wait – talk – restarted",
                "1.2 info #2 waiting wait – talk –",
            ])
    }

    @Test("that begins in the middle of a call gives what can be known of it")
    func rotated() {
        let log = log(
            "102|1.1|info|Anna|CONNECT|7|1.9|1\n110|1.1|info|Anna|COMPLETEAGENT|7|8|1\n111|1.2|info|Anna|COMPLETEAGENT|3|20|1"
        )
        #expect(
            told(log) == [
                "1.1 info #1 answered wait 7 talk 8 Anna by agent partial",
                "1.2 info #1 answered wait 3 talk 20 Anna by agent partial",
            ])
        #expect(log.visits.map(\.joined) == [time(95), time(88)])
    }

    @Test("closes a conversation by a COMPLETE that comes after the same call was in the same queue again")
    func lateComplete() {
        let text = """
            100|1.1|info|NONE|ENTERQUEUE||0612|1
            102|1.1|info|Anna|CONNECT|2|1.9|1
            105|1.1|info|NONE|ENTERQUEUE||0612|1
            108|1.1|info|Bea|CONNECT|3|1.10|1
            112|1.1|info|Anna|COMPLETECALLER|2|10|1
            112|1.1|info|Bea|COMPLETECALLER|3|4|1
            """
        #expect(
            told(log(text)) == [
                "1.1 info #1 answered wait 2 talk 10 Anna by caller",
                "1.1 info #2 answered wait 3 talk 4 Bea by caller",
            ])
    }

    @Test("counts a second end of one visit as repeated, not as a visit")
    func repeated() {
        let log = log(
            "100|1.1|info|NONE|ENTERQUEUE||0612|1\n104|1.1|info|NONE|EXITEMPTY|1|1|4\n104|1.1|info|NONE|ABANDON|1|1|4")
        #expect(
            told(log) == ["1.1 info #1 flowOut(Telephony.QueueVisit.FlowOut.empty) wait 4 talk –"]
                && log.counts.repeated == 1)
    }

    private let day = """
        90|NONE|NONE|NONE|QUEUESTART|
        100|1.1|info|NONE|ENTERQUEUE||06|1
        105|1.1|info|Anna|CONNECT|5|1.2|4
        115|1.1|info|Anna|COMPLETECALLER|5|10|1
        120|1.3|info|NONE|ENTERQUEUE||06|1
        124|1.3|info|NONE|ABANDON|1|1|4
        130|1.5|info|NONE|ENTERQUEUE||06|1

        """
    private let visitsOfDay = [
        "1.1 info #1 answered wait 5 talk 10 Anna by caller", "1.3 info #1 abandoned wait 4 talk –",
    ]

    @Test("counts lines that it reads again as repeated: rotated files overlap, or one was appended twice")
    func readAgain() {
        let next = "140|1.5|info|Bea|CONNECT|10|1.6|4\n150|1.5|info|Bea|COMPLETEAGENT|10|10|1"
        let twice = log(day + day + next)
        #expect(told(twice) == visitsOfDay + ["1.5 info #1 answered wait 10 talk 10 Bea by agent"])
        #expect(twice.counts.repeated == 7)
        // From the middle of the file, with a visit that has begun since.
        let overlap = log(
            day + next + "\n160|1.7|info|NONE|ENTERQUEUE||06|1\n" + day + "161|1.7|info|NONE|ABANDON|1|1|1")
        #expect(told(overlap).last == "1.7 info #1 abandoned wait 1 talk –" && told(overlap).count == 4)
    }

    @Test("takes a call that joins the same queue twice in one second for two visits")
    func twiceInOneSecond() {
        let join = "100|1.1|info|NONE|ENTERQUEUE||06|1\n100|1.1|info|NONE|EXITEMPTY|1|1|0\n"
        #expect(log(join + join).visits.count == 2)
    }

    /// From random plays on Asterisk 16: the consultation's channel is hung up while its phone rings, and the caller is
    /// handed over to that phone.
    @Test(
        "counts an end written twice, once under the consultation's channel, as repeated; another wait, position or second is not"
    )
    func writtenTwice() {
        func told(_ first: String, _ second: String) -> (visits: [String], repeated: Int) {
            let begin = "26|1.2905|info|NONE|ENTERQUEUE||06|28\n51|1.2905|info|Bea|CONNECT|25|1.3074|2\n"
            let log = log(begin + first + "\n" + second)
            return (self.told(log), log.counts.repeated)
        }
        let complete = "55|1.3113|info|Bea|COMPLETECALLER|25|4|28"
        let transfer = "55|1.2905|info|Bea|ATTENDEDTRANSFER|APP|Dial|25|4|28"
        let visit = "1.2905 info #1 answered wait 25 talk 4 Bea by"
        #expect(told(complete, transfer.replacing("1.2905", with: "1.3113")) == (["\(visit) caller"], 1))
        #expect(told(transfer, complete) == (["\(visit) attendedTransfer"], 1))
        for other in ["|20|4|28", "|25|7|28", "|25|4|27"] {
            #expect(told(transfer, complete.replacing("|25|4|28", with: other)).visits.count == 2)
        }
        #expect(told(transfer, complete.replacing("55|", with: "58|")).visits.count == 2)
        #expect(told(transfer, complete.replacing("Bea", with: "Anna")).visits.count == 2)
    }

    // MARK: hostile lines

    @Test("accepts whole and fractional seconds, and nothing else as a time")
    func times() {
        #expect(
            log("1795402153.104517|1.1|info|NONE|ENTERQUEUE||06|1").visits.first?.joined
                == UnixTime(microseconds: 1_795_402_153_104_517))
        for bad in ["", "x", "-1", "1.", "1.x", "999999999999", "1e9", "+5", " 5", "5.1234567890", "²"] {
            let log = log("\(bad)|1.1|info|NONE|ENTERQUEUE||06|1")
            #expect(log.visits.isEmpty && log.counts.malformed == 1, "\(bad)")
        }
    }

    @Test("keeps a member's name with a bar in it, and never mistakes a caller's text for an event")
    func bars() {
        let text = """
            100|1.1|info|NONE|ENTERQUEUE||06|ABANDON|1|1|3|1
            102|1.1|info|ROSSI|ANNA|CONNECT|2|1.9|1
            109|1.1|info|Rossi|Anna|COMPLETEAGENT|2|7|1
            110|1.2|info|NONE|ENTERQUEUE|http://x/?a=1|2|06|1
            111|1.2|info|PJSIP/1|ESITO|CONNECT|42
            """
        #expect(
            told(log(text)) == [
                "1.1 info #1 answered wait 2 talk 7 ROSSI|ANNA by agent", "1.2 info #1 waiting wait – talk –",
            ])
        // `app_queue` writes these two with the member's name as well, of callers who are gone or do not fit.
        let gone = { (end: String) in "100|1.1|info|NONE|ENTERQUEUE||06|1\n109|1.1|info|Rossi | Azienda|\(end)" }
        #expect(told(log(gone("ABANDON|1|1|9"))) == ["1.1 info #1 abandoned wait 9 talk –"])
        #expect(told(log(gone("SYSCOMPAT|"))) == ["1.1 info #1 incompatible wait – talk –"])
        for other in ["ABANDON|1|9", "ABANDON|1|1|x", "ABANDON|1|1|9|9", "SYSCOMPAT|1"] {
            #expect(told(log(gone(other))) == ["1.1 info #1 waiting wait – talk –"])
        }
        // If the caller's own text may have shifted it, the position is not guessed.
        #expect(log(text).visits.map(\.position) == [1, nil])
    }

    @Test(
        "skips and counts what is not a line of it",
        arguments: [
            "garbage", "||||", "100|1.1|info|NONE", "100|1.1|info|Anna|CONNECT", "100|1.1|info|Anna|CONNECT|x|1.9|1",
            "100|1.1|info|Anna|COMPLETECALLER|1", "100|1.1|info|Anna|COMPLETECALLER|99999999999|1|1",
            "100|1.1|info|Anna|ATTENDEDTRANSFER|1|2",
        ])
    func malformed(line: String) {
        let log = log("90|1.1|info|NONE|ENTERQUEUE||06|1\n\(line)\n99|1.1|info|NONE|ABANDON|1|1|9")
        #expect(told(log) == ["1.1 info #1 abandoned wait 9 talk –"])
        #expect(log.counts.lines == 3 && log.counts.malformed == 1)
    }

    @Test(
        "skips the NUL bytes that a power failure leaves, of any length, and reads the line after them",
        arguments: [1, 900, 40_000])
    func blank(length: Int) {
        let nuls = String(repeating: "\u{0}", count: length)
        func text(_ between: String) -> String {
            "90|1.1|info|NONE|ENTERQUEUE||06|1\n" + between
                + "100|NONE|NONE|NONE|QUEUESTART|\n105|1.2|info|NONE|ENTERQUEUE||06|1\n"
        }
        let clean = log(text(""))
        #expect(told(clean) == ["1.1 info #1 lost wait – talk – restarted", "1.2 info #1 waiting wait – talk –"])
        let blank = log(text(nuls))
        #expect(told(blank) == told(clean) && blank.counts.lines == clean.counts.lines)
        #expect(blank.counts.malformed == 0 && blank.counts.blanks == 1)
        // Half a line means nothing: it may have been ABANDON|1|1|15, or any other length.
        let half = log(text("95|1.1|info|NONE|ABANDON|1|1|1" + nuls))
        #expect(told(half) == told(clean) && half.counts.malformed == 1 && half.counts.blanks == 1)
        // Also after a line end, at the end of the file, and split into pieces.
        #expect(told(log(text(nuls + "\n"))) == told(clean))
        var pieces = QueueLog()
        for byte in text("95|1.1|info" + nuls).utf8 { pieces.receive([byte]) }
        pieces.receive(nuls.utf8)
        pieces.endFile()
        #expect(told(pieces) == told(clean) && pieces.counts.blanks == 2 && pieces.counts.torn == 0)
    }

    @Test("reads the first line of each file after a byte order mark")
    func mark() {
        let marked = log("\u{FEFF}90|NONE|NONE|NONE|QUEUESTART|\n100|1.1|info|NONE|ENTERQUEUE||06|1\n")
        #expect(marked.firstLine == time(90) && marked.counts.malformed == 0)
        var files = QueueLog()
        for file in ["\u{FEFF}90|1.1|info|NONE|ENTERQUEUE||06|1\n", "\u{FEFF}95|1.1|info|NONE|ABANDON|1|1|5\n"] {
            files.receive(file.utf8)
            files.endFile()
        }
        #expect(told(files) == ["1.1 info #1 abandoned wait 5 talk –"] && files.counts.malformed == 0)
        // Anywhere else it is not a time.
        #expect(
            log("90|1.1|info|NONE|ENTERQUEUE||06|1\n\u{FEFF}95|1.1|info|NONE|ABANDON|1|1|5\n").counts.malformed == 1)
    }

    @Test("does not store a line without an end", arguments: [20_000, 100_000])
    func long(length: Int) {
        malformed(line: "100|1.1|info|NONE|ABANDON|" + String(repeating: "y", count: length))
    }

    @Test("ignores a last line that is still being written")
    func torn() {
        var log = QueueLog()
        log.receive("100|1.1|info|NONE|ENTERQUEUE||06|1\n109|1.1|info|Anna|COMPLETEAGENT|2|1".utf8)
        log.endFile()
        #expect(told(log) == ["1.1 info #1 waiting wait – talk –"] && log.counts.torn == 1)
        log.receive("110|1.2|info|NONE|ENTERQUEUE||06|1\r\n".utf8)
        #expect(log.visits.count == 2 && log.counts.malformed == 0)
        log.receive(String(repeating: "z", count: 20_000).utf8)
        log.endFile()
        log.receive("111|1.3|info|NONE|ENTERQUEUE||06|1\n".utf8)
        #expect(log.visits.count == 3 && log.counts.malformed == 0 && log.counts.torn == 2)
    }

    @Test("does not depend on how its bytes were split", arguments: [1, 2, 3, 7, 64])
    func cut(size: Int) {
        let text = Array(
            "100|1.1|info|NONE|ENTERQUEUE||06|1\n102|1.1|info|Però|CONNECT|2|1.9|1\n105|1.1|info|Però|COMPLETEAGENT|2|3|1\n"
                .utf8)
        var log = QueueLog()
        for start in stride(from: 0, to: text.count, by: size) {
            log.receive(text[start..<min(start + size, text.count)])
        }
        #expect(told(log) == ["1.1 info #1 answered wait 2 talk 3 Però by agent"])
    }

    @Test("survives anything")
    func anything() {
        var generator = SplitMix64(seed: 7)
        let words = [
            "ENTERQUEUE", "CONNECT", "ABANDON", "COMPLETECALLER", "ATTENDEDTRANSFER|APP|Queue", "EXITWITHKEY",
            "QUEUESTART", "SYSCOMPAT",
            "?",
        ]
        var log = QueueLog()
        for _ in 0..<5000 {
            let number = { (limit: Int) in Int.random(in: -1...limit, using: &generator) }
            let word = words[Int.random(in: 0..<words.count, using: &generator)]
            let line =
                "\(number(999))|\(number(5))|q\(number(2))|a|\(word)|\(number(9))|\(number(9))|\(number(9))\(number(3) > 1 ? "\n" : "|")"
            log.receive(line.utf8)
        }
        log.endFile()
        #expect(log.visits.count > 100 && log.counts.malformed > 0)
        #expect(Set(log.visits.map { "\($0.call)|\($0.queue)|\($0.entry)" }).count == log.visits.count)
    }
}
