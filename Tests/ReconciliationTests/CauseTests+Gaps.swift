import Reconciliation
import Telephony
import Testing

/// Causes that lie in what one of the two did not see.
@Suite("A difference from the queue_log beside a gap")
struct GapCauseTests {
    private let answered = """
        100|1.1|info|NONE|ENTERQUEUE||0612|1
        105|1.1|info|Anna|CONNECT|5|1.9|1
        125|1.1|info|Anna|COMPLETECALLER|5|20|1
        """
    private let end = "\n300|NONE|NONE|NONE|CONFIGRELOAD|"

    private func with(_ from: Double, _ to: Double?, _ losesOpenCalls: Bool = false) -> Coverage {
        Coverage(gaps: [.init(from: time(from), to: to.map(time), losesOpenCalls: losesOpenCalls)])
    }

    @Test("is a gap of the link, but no longer than the gap")
    func lengthOfGap() {
        let log = log(answered + end)
        // Answered unseen: our wait lasts until the switch was heard again, and our conversation begins there.
        func late(_ left: Double, _ coverage: Coverage) -> [String] {
            found(log, [our("1.1", joined: 100, wait: left - 100, talk: 125.5 - left)], coverage)
        }
        #expect(late(110, with(104, 110)) == ["waitDiffers linkGap", "talkDiffers linkGap"])
        #expect(late(110, with(106, 110)) == ["waitDiffers linkGap", "talkDiffers linkGap"])
        #expect(late(110.5, with(106, 110)) == ["waitDiffers unexplained", "talkDiffers linkGap"])
        #expect(late(112, with(106, 110)) == ["waitDiffers unexplained", "talkDiffers unexplained"])
        // A gap during the call, but not long enough, or at another time of it.
        let hour = our("1.1", joined: 100, wait: 5, talk: 3600)
        #expect(found(log, [hour], with(110, 112)) == ["talkDiffers unexplained"])
        #expect(found(log, [our("1.1", joined: 100, wait: 5, talk: 10)], with(90, 104)) == ["talkDiffers unexplained"])
        #expect(
            found(log, [our("1.1", joined: 100, wait: 9, talk: 16)], with(110, 200)).first == "waitDiffers unexplained")
        // Several gaps are as long as their union: the same time twice counts once.
        let cut = our("1.1", joined: 100, wait: 5, talk: 10)
        func gaps(_ all: (Double, Double?)...) -> Coverage {
            Coverage(gaps: all.map { .init(from: time($0), to: $1.map(time)) })
        }
        #expect(found(log, [cut], gaps((110, 115), (120, 124))) == ["talkDiffers linkGap"])
        #expect(found(log, [cut], gaps((120, 124), (110, 114))) == ["talkDiffers unexplained"])
        #expect(found(log, [cut], gaps((110, 114), (111, 114), (110, 112), (114, 115))) == ["talkDiffers unexplained"])
        #expect(found(log, [cut], gaps((117, nil), (110, 112))) == ["talkDiffers linkGap"])
        #expect(found(log, [cut], gaps((118, nil), (119, 120))) == ["talkDiffers unexplained"])
    }

    @Test("in the outcome of a visit is a gap's only if the end lies in it, or within a second of it")
    func endInGap() {
        let log = log(answered + end)
        func otherwise(_ left: Double, _ coverage: Coverage) -> [String] {
            found(log, [our("1.1", joined: 100, wait: left - 100, .flowOut(.unknown)) { $0.doubts = .lost }], coverage)
        }
        #expect(otherwise(103, with(103, 110)) == ["differentOutcome linkGap"])
        #expect(otherwise(104, with(104.9, 105.1)) == ["differentOutcome linkGap"])
        #expect(otherwise(109, with(107, nil)) == ["differentOutcome linkGap"])
        #expect(otherwise(102, with(103.1, 103.9)) == ["differentOutcome unexplained"])
        #expect(otherwise(105.2, with(107.1, nil)) == ["differentOutcome unexplained"])
        #expect(otherwise(105.2, with(90, 103)) == ["differentOutcome unexplained"])
        #expect(otherwise(105.2, Coverage()) == ["differentOutcome unexplained"])
        // The answer was seen, or was not.
        let bea = our("1.1", joined: 100, wait: 5, talk: 20, agent: "Bea")
        #expect(found(log, [bea], with(104, 106)) == ["agentDiffers linkGap"])
        #expect(found(log, [bea], with(110, 124)) == ["agentDiffers unexplained"])
    }

    @Test("in a visit that we lack is a gap's only if it began in one")
    func missingInGap() {
        let log = log(answered + end)
        for (coverage, cause) in [
            (with(90, 100.5), "linkGap"), (with(100.9, nil), "linkGap"), (with(99, 99.5), "linkGap"),
            (with(102.1, nil), "unexplained"),
            (with(110, 112), "unexplained"), (with(90, 98.9), "unexplained"), (with(127, 130), "unexplained"),
            // The gateway was not running, and nothing was kept.
            (with(110, 112, true), "linkGap"), (with(125.5, 130, true), "linkGap"),
            (with(126.5, 130, true), "unexplained"),
            (with(90, 98.9, true), "unexplained"),
        ] {
            #expect(found(log, [], coverage) == ["missingHere \(cause)"], "\(coverage.gaps)")
        }
        // And in a visit that the log lacks: the log has what we saw begin.
        func twice(_ doubts: OurVisit.Doubts, _ coverage: Coverage = Coverage()) -> [String] {
            let ours = [
                our("1.1", joined: 100, wait: 5, talk: 20),
                our("1.1", joined: 108, wait: 5, .lost, number: 2) { $0.doubts = doubts },
            ]
            return found(log, ours, coverage)
        }
        #expect(twice(.partial) == ["matched –", "missingInLog linkGap"])
        #expect(twice([], with(106, 107.5)) == ["matched –", "missingInLog linkGap"])
        #expect(twice(.lost, with(110, 120)) == ["matched –", "missingInLog unexplained"])
    }

    @Test("is a gap's if our record says that it does not know, and not if it gives a figure")
    func unknownInGap() {
        let log = log(answered + end)
        #expect(found(log, [our("1.1", joined: 103, talk: 20) { $0.doubts = .partial }]) == ["waitDiffers linkGap"])
        #expect(
            found(log, [our("1.1", joined: 103, wait: 2, talk: 20) { $0.doubts = .partial }]) == [
                "waitDiffers unexplained"
            ])
        func endless(_ doubts: OurVisit.Doubts, _ coverage: Coverage = Coverage()) -> [String] {
            let visit = our("1.1", joined: 100, wait: 5, .answered) {
                $0.agent = "Anna"
                $0.doubts = doubts
            }
            return found(log, [visit], coverage)
        }
        for doubt in [OurVisit.Doubts.partial, .lost] {
            #expect(endless(doubt) == ["talkDiffers linkGap"])
            #expect(
                found(log, [our("1.1", joined: 100, wait: 5, talk: 9) { $0.doubts = doubt }]) == [
                    "talkDiffers unexplained"
                ])
        }
        #expect(endless([], with(120, 130)) == ["talkDiffers linkGap"])
        #expect(endless([], with(110, 120)) == ["talkDiffers unexplained"])
        #expect(found(log, [our("1.1", joined: 100, wait: 5, .lost)]) == ["differentOutcome unexplained"])
    }

    @Test("is a set clock, if our record says so, only for durations, and as far as our own instants confirm it")
    func clockStep() {
        let log = log(answered + end)
        func stepped(_ left: Double?, _ ended: Double) -> [String] {
            let visit = our("1.1", joined: 100, wait: 9, talk: 30) {
                $0.left = left.map(time)
                $0.talkEnded = time(ended)
                $0.doubts = .clockStep
            }
            return found(log, [visit])
        }
        #expect(stepped(105.2, 125.8) == ["waitDiffers clockStep", "talkDiffers clockStep"])
        // Between these instants the switch's clock advanced by as much as we say.
        #expect(stepped(109, 129) == ["waitDiffers unexplained", "talkDiffers clockStep"])
        #expect(stepped(105, 135) == ["waitDiffers clockStep", "talkDiffers unexplained"])
        #expect(stepped(nil, 125) == ["waitDiffers clockStep", "talkDiffers clockStep"])
        #expect(
            found(log, [our("1.1", joined: 100, wait: 9, .abandoned) { $0.doubts = .clockStep }]) == [
                "differentOutcome unexplained"
            ])
    }

    @Test("is a restart of the switch, if QUEUESTART comes before any end")
    func restart() {
        let start = "\n120|NONE|NONE|NONE|QUEUESTART|"
        let waiting = "100|1.1|info|NONE|ENTERQUEUE||06|1"
        let talking = waiting + "\n105|1.1|info|Anna|CONNECT|5|1.9|1"
        #expect(
            found(log(waiting + start + end), [our("1.1", joined: 100, wait: 7, .abandoned)]) == [
                "differentOutcome switchRestart"
            ])
        #expect(
            found(log(waiting + start + end), [our("1.1", joined: 100, wait: 7, .lost)]) == ["matched switchRestart"])
        #expect(
            found(log(talking + start + end), [our("1.1", joined: 100, wait: 5, talk: 9)]) == [
                "talkDiffers switchRestart"
            ])
        #expect(
            found(log(waiting + end), [our("1.1", joined: 100, wait: 7, .abandoned)]) == [
                "differentOutcome unexplained"
            ])
        #expect(found(log(talking + end), [our("1.1", joined: 100, wait: 5, talk: 9)]) == ["talkDiffers endNotWritten"])
        #expect(found(log(waiting + start + end), []) == ["missingHere unexplained"])
    }

    @Test("is management's doing, if the caller lived on after the log's ABANDON")
    func management() {
        let text = "100|1.1|info|NONE|ENTERQUEUE||06|1\n105|1.1|info|NONE|ABANDON|1|1|5"
        let ours = our("1.1", joined: 100, wait: 5, .flowOut(.unknown))
        #expect(found(log(text + end), [ours]) == ["differentOutcome unexplained"])
        let elsewhere = our("1.1", "claims", joined: 105, wait: 1, number: 2)
        let again = "\n105|1.1|claims|NONE|ENTERQUEUE||06|1\n106|1.1|claims|NONE|ABANDON|1|1|1"
        #expect(
            found(log(text + again + end), [ours, elsewhere]) == ["differentOutcome managementTookAway", "matched –"])
        for change in [{ $0.continued = time(105.2) }, { $0.isEndedBySystem = true }] as [(inout OurVisit) -> Void] {
            #expect(
                found(log(text + end), [our("1.1", joined: 100, wait: 5, .flowOut(.key), change: change)]) == [
                    "differentOutcome managementTookAway"
                ])
        }
        // A phone rang for the caller at once: the caller had been sent there. A later ring does not explain the
        // leaving.
        for (rang, cause) in [(105.3, "managementTookAway"), (107.1, "unexplained")] {
            let sent = our("1.1", joined: 100, wait: 5, .flowOut(.unknown)) { $0.rangLater = time(rang) }
            #expect(found(log(text + end), [sent]) == ["differentOutcome \(cause)"])
        }
        // Much later the same channel number may be another call: that is not evidence.
        let later = "\n120|1.1|claims|NONE|ENTERQUEUE||06|1\n121|1.1|claims|NONE|ABANDON|1|1|1"
        #expect(found(log(text + later + end), [ours]).first == "differentOutcome unexplained")
    }

    @Test("is a visit that is still open, if one side ends before it does")
    func stillOpen() {
        let waiting = "100|1.1|info|NONE|ENTERQUEUE||06|1"
        #expect(found(log(waiting), [our("1.1", joined: 100.2, wait: 7, .abandoned)]) == ["differentOutcome stillOpen"])
        #expect(
            found(log(waiting + end), [our("1.1", joined: 100.2, wait: 7, .abandoned)]) == [
                "differentOutcome unexplained"
            ])
        let talking = waiting + "\n105|1.1|info|Anna|CONNECT|5|1.9|1"
        #expect(found(log(talking), [our("1.1", joined: 100, wait: 5, talk: 20)]) == ["talkDiffers stillOpen"])
        // Ours is open: the recording ended at 110.
        let lasting = our("1.1", joined: 100, .waiting)
        #expect(found(log(answered + end), [lasting], Coverage(to: time(106))) == ["differentOutcome stillOpen"])
        #expect(found(log(answered + end), [lasting], Coverage(to: time(110))) == ["differentOutcome unexplained"])
        // Only ended calls have a record.
        #expect(found(log(talking + end), [], Coverage(isOfEndedCalls: true)) == ["missingHere stillOpen"])
        #expect(found(log(talking + end), []) == ["missingHere unexplained"])
        #expect(found(log(answered + end), [], Coverage(isOfEndedCalls: true)) == ["missingHere unexplained"])
    }

    @Test("is beyond what the other side covers, unless that time was requested")
    func outsideWindow() {
        let log = log(answered + end)
        let early = our("0.9", joined: 99.9, wait: 3)
        #expect(found(log, [early]).first == "missingInLog outsideWindow")
        #expect(found(log, [early], Coverage(), .init(from: time(90))).first == "missingInLog unexplained")
        #expect(found(log, [our("2.1", joined: 300.1, wait: 3)]).last == "missingInLog outsideWindow")
        #expect(found(log, [our("2.1", joined: 299.9, wait: 3)]).last == "missingInLog unexplained")
        #expect(found(log, [], Coverage(from: time(101.1), to: nil)) == ["missingHere outsideWindow"])
        #expect(found(log, [], Coverage(from: time(100.5), to: nil)) == ["missingHere unexplained"])
        #expect(found(log, [], Coverage(to: time(99.9))) == ["missingHere outsideWindow"])
    }

    @Test("is not due to a gap after the visit was over")
    func laterGap() {
        let later = Coverage(gaps: [.init(from: time(200), to: time(210))])
        // The log has no end of either: the switch was restarted, or the same call joined the same queue.
        let restarted = "100|1.1|info|NONE|ENTERQUEUE||0612|1\n110|NONE|NONE|NONE|QUEUESTART|" + end
        #expect(found(log(restarted), [], later) == ["missingHere unexplained"])
        let again =
            "100|1.1|info|NONE|ENTERQUEUE||0612|1\n110|1.1|info|NONE|ENTERQUEUE||0612|1\n115|1.1|info|NONE|ABANDON|1|1|5"
            + end
        #expect(
            found(log(again), [our("1.1", joined: 110, wait: 5)], later) == ["missingHere unexplained", "matched –"])
        // An abandoned wait whose contact lasted into the gap.
        let abandoned = "100|1.1|info|NONE|ENTERQUEUE||0612|1\n105|1.1|info|NONE|ABANDON|1|1|5" + end
        #expect(
            found(log(abandoned), [our("1.1", joined: 100, wait: 9) { $0.contactEnded = time(205) }], later) == [
                "waitDiffers unexplained"
            ])
    }

    @Test("is also a wait that the log has and we lack")
    func noWait() {
        #expect(found(log(answered + end), [our("1.1", joined: 100, talk: 20)]).first == "waitDiffers unexplained")
    }
}
