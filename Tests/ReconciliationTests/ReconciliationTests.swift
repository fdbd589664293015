import Reconciliation
import Telephony
import Testing
import Time

@Suite("A reconciliation")
struct ReconciliationTests {
    @Test("pairs the n-th joining with the n-th, and if one side has more, the nearest")
    func pairing() {
        let stays = [100, 200, 300].map {
            "\($0)|1.1|info|NONE|ENTERQUEUE||06|1\n\($0 + 5)|1.1|info|NONE|ABANDON|1|1|5"
        }
        let text = stays.joined(separator: "\n")
        func ours(_ joined: Double...) -> [OurVisit] {
            joined.enumerated().map { our("1.1", joined: $0.element, wait: 5, number: UInt64($0.offset + 1)) }
        }
        #expect(found(log(text), ours(100.5, 200.5, 300.5)) == ["matched –", "matched –", "matched –"])
        #expect(found(log(text), ours(200.5, 300.5)) == ["missingHere unexplained", "matched –", "matched –"])
        #expect(found(log(text), ours(100.5, 300.5)) == ["matched –", "missingHere unexplained", "matched –"])
        #expect(
            found(log(text), ours(100.5, 150, 200.5, 300.5)) == [
                "matched –", "missingInLog unexplained", "matched –", "matched –",
            ])
        // Another queue or another call is another visit.
        #expect(found(log(stays[0]), [our("1.1", "claims", joined: 100, wait: 5)]).count == 2)
        #expect(found(log(stays[0]), [our("1.2", joined: 100, wait: 5)]).count == 2)
    }

    @Test("counts a visit in the window of its joining, by the log's clock")
    func window() {
        let log = log(
            "100|1.1|info|NONE|ENTERQUEUE||06|1\n205|1.1|info|NONE|ABANDON|1|1|105\n200|1.2|info|NONE|ENTERQUEUE||06|1\n205|1.2|info|NONE|ABANDON|1|1|5"
        )
        let ours = [our("1.1", joined: 100.9, wait: 105), our("1.2", joined: 200.9, wait: 5)]
        func counts(_ from: Double?, _ to: Double?) -> [Int] {
            let result = Reconciliation(log, ours, window: .init(from: from.map(time), to: to.map(time)))
            return [result.loggedCount, result.ourCount, result.pairCount, result.findings.count, result.outsideCount]
        }
        #expect(counts(nil, nil) == [2, 2, 2, 2, 0])
        #expect(counts(100, 200) == [1, 1, 1, 1, 1])
        #expect(counts(100.5, 200.5) == [1, 1, 1, 1, 1])
        #expect(counts(200, nil) == [1, 1, 1, 1, 1])
        #expect(counts(201, 300) == [0, 0, 0, 0, 2])
    }

    @Test("does not depend on the order of our visits")
    func order() {
        let text = (100..<120).map {
            "\($0)|1.\($0)|info|NONE|ENTERQUEUE||06|1\n\($0 + 5)|1.\($0)|info|NONE|ABANDON|1|1|5"
        }.joined(
            separator: "\n")
        let ours = (100..<125).map { our("1.\($0)", joined: Double($0), wait: 5) }
        var generator = SplitMix64(seed: 3)
        let expected = Reconciliation(log(text), ours).findings
        #expect(Reconciliation(log(text), ours.shuffled(using: &generator)).findings == expected)
        #expect(expected.map(\.joined) == expected.map(\.joined).sorted())
    }

    @Test("of a log with the visits made of it finds no difference", arguments: 1...20 as ClosedRange<UInt64>)
    func itself(seed: UInt64) {
        let log = invented(seed)
        let ours = log.visits.enumerated().compactMap { OurVisit(of: $0.element, number: UInt64($0.offset)) }
        #expect(log.visits.count > 50 && ours.count > 40)
        let result = Reconciliation(log, ours)
        let differences = result.findings.filter { $0.kind != .matched && $0.logged?.outcome != .incompatible }
        #expect(differences.map { "\($0.kind) \($0.call) \($0.queue)" } == [])
        #expect(result.loggedCount == log.visits.count && result.pairCount == ours.count)
        // And without one of them exactly that one.
        let missing = Reconciliation(log, Array(ours.dropFirst()))
        #expect(
            missing.findings.count { $0.kind == .missingHere } == result.findings.count { $0.kind == .missingHere } + 1)
    }

    /// A log of some calls that overlap, with every exit.
    private func invented(_ seed: UInt64) -> QueueLog {
        var generator = SplitMix64(seed: seed)
        func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &generator) }
        var lines: [(time: Int, text: String)] = []
        for call in 0..<80 {
            var now = number(1000...2000)
            for _ in 0..<number(1...3) {
                let queue = "q\(number(0...1))"
                func line(_ agent: String, _ rest: String) {
                    lines.append((now, "1.\(call)|\(queue)|\(agent)|\(rest)"))
                }
                line("NONE", "ENTERQUEUE||06|1")
                let wait = number(0...30)
                now += wait
                switch number(0...6) {
                case 0: line("NONE", "ABANDON|1|1|\(wait)")
                case 1: line("NONE", "EXITWITHTIMEOUT|1|1|\(wait)")
                case 2: line("NONE", "EXITWITHKEY|1|1|1|\(wait)")
                case 3: line("NONE", "EXITEMPTY|1|1|\(wait)")
                default:
                    line("Anna", "CONNECT|\(wait)|1.9|1")
                    let talk = number(0...60)
                    now += talk
                    let words = [
                        "COMPLETECALLER", "COMPLETEAGENT", "BLINDTRANSFER|6001|agents", "ATTENDEDTRANSFER|BRIDGE|x",
                    ]
                    line("Anna", "\(words[number(0...3)])|\(wait)|\(talk)|1")
                }
                now += 1
            }
        }
        let ordered = lines.enumerated().sorted { ($0.element.time, $0.offset) < ($1.element.time, $1.offset) }
        return log(ordered.map { "\($0.element.time)|\($0.element.text)" }.joined(separator: "\n"))
    }
}

extension OurVisit {
    /// The visit of a gateway that saw exactly what the log says.
    fileprivate init?(of logged: LoggedVisit, number: UInt64) {
        let outcome: OurVisit.Outcome
        switch logged.outcome {
        case .waiting: outcome = .waiting
        case .answered: outcome = .answered
        case .abandoned: outcome = .abandoned
        case .flowOut(let reason): outcome = .flowOut(reason)
        case .lost: outcome = .lost
        case .incompatible: return nil
        }
        self.init(
            contact: "C\(logged.call)", number: number, call: logged.call, queue: logged.queue, joined: logged.joined,
            outcome: outcome)
        left = logged.left
        wait = logged.wait
        agent = logged.agent
        talk = logged.talk
        talkEnded = logged.ended
    }
}
