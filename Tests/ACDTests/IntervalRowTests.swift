import ACD
import Figures
import Telephony
import Testing
import Time

/// Rows of quarter-hours at the level of facts: their values, and when they are written. Second 0 is 08:00 UTC.
/// `domain.md` §3.9, §10.2–10.4.
@Suite("A row of a quarter-hour")
struct IntervalRowTests {
    /// Statistics, their ledger, and every row as it was written last.
    private struct Book {
        var acd: ACD
        var ledger = IntervalLedger(at: at(0).date)
        var rows: [IntervalRow.Key: IntervalRow] = [:]
        /// Every row, as often as it was written.
        var written: [IntervalRow] = []
        var late: [IntervalRow.Key] = []
        var thresholds: [Span] = [.seconds(10), .seconds(20)]
        /// Until when the switch was heard; nil: always.
        var heard: UnixTime?
        private var now = at(0)

        init(_ policy: ACD.Policy = .init(), settings: ACD.Settings = .init()) {
            acd = ACD(settings: [info: settings], policy: policy)
        }

        /// Time passes, and everything that becomes due is done when it is.
        mutating func pass(to milliseconds: Int64) {
            defer { now = at(milliseconds) }
            ledger.notice(isTouched: acd.facts.hasTouched, heard: heard ?? now.date, at: now)
            while true {
                let due = ledger.nextDeadline(at: now)
                guard due <= .milliseconds(milliseconds) else { break }
                now = at(max(now.uptime.microseconds, due.microseconds) / 1000)
                let closing = acd.closeIntervals(
                    of: &ledger, thresholds: thresholds, .init(until: heard ?? now.date) { _ in .zero }, at: now)
                written += closing.rows
                for row in closing.rows { rows[row.key] = row }
                late += closing.late
                ledger.notice(isTouched: acd.facts.hasTouched, heard: heard ?? now.date, at: now)
            }
        }

        /// The row of the quarter that begins so many minutes after 08:00.
        func row(_ minute: Int64, _ name: String = "info", _ kind: IntervalRow.Kind = .queue) -> IntervalRow? {
            rows[.init(start: at(minute * 60_000).date, kind: kind, name: name)]
        }
    }

    private static let minute: Int64 = 60_000

    // MARK: values

    @Test("of the worked scenarios has the counts and sums of the reference")
    func worked() throws {
        var book = Book()
        var number: UInt64 = 1
        func next() -> UInt64 {
            defer { number += 1 }
            return number
        }
        for wait in [4040, 17700, 20000, 10000, 10000, 10000, 10000, 10010, 10010, 15250, 10000] as [Int64] {
            book.acd.add(next(), wait: .milliseconds(wait), nil)
        }
        for wait in [25490, 4000] as [Int64] { book.acd.add(next(), wait: .milliseconds(wait), .abandoned) }
        for (wait, reason) in [(60000, .timeout), (60000, .unknown), (12000, .key)] as [(Int64, QueueVisit.FlowOut)] {
            book.acd.add(next(), wait: .milliseconds(wait), .flowOut(reason))
        }
        book.acd.handle(.refused(info, .full), at: at(70_000))
        book.acd.handle(.refused(info, .empty), at: at(71_000))
        book.acd.handle(.ringNoAnswer(info, anna), at: at(72_000))
        book.pass(to: 16 * Self.minute)
        let row = try #require(book.row(0))
        let cohort = try #require(row.cohort)
        #expect(cohort.offered == 16 && cohort.answered == 11 && cohort.abandoned == 2 && cohort.shortAbandons == 1)
        #expect(
            cohort.flowOut.timeout == 1 && cohort.flowOut.unknown == 1 && cohort.flowOut.key == 1
                && cohort.flowOut.total == 3)
        #expect(
            cohort.lost == 0 && cohort.open == 0 && cohort.unmeasured == 0 && cohort.blockedFull == 1
                && cohort.blockedEmpty == 1)
        #expect(
            cohort.within == [
                .init(threshold: .seconds(10), answered: 6, abandoned: 1),
                .init(threshold: .seconds(20), answered: 11, abandoned: 1),
            ])
        #expect(cohort.waitAnswered == .milliseconds(127_010) && cohort.waitedAnswered == 11)
        #expect(cohort.waitAbandoned == .milliseconds(29_490) && cohort.waitedAbandoned == 2)
        #expect(cohort.waitFlowOut == .milliseconds(132_000) && cohort.waitedFlowOut == 3)
        #expect(cohort.longestWait == .seconds(60))
        #expect(
            cohort.waitP50.map { $0.seconds.rounded() } == 10
                && cohort.waitP90.map { ($0.seconds * 10).rounded() } == 177)
        #expect(
            cohort.serviceLevel.map { [$0.numerator, $0.denominator] } == [11, 15]
                && cohort.serviceLevel?.formula == "SL6+F")
        #expect(row.completion == .init(answered: 11, abandoned: 2, flowOut: 3, lost: 0))
        #expect(row.legs.ringNoAnswer == 1)
        // The eleven conversations last still.
        #expect(row.openLegs == 11 && row.provisional)
    }

    @Test("has a visit where the caller joined and where the wait ended, and its conversation where it took place")
    func straddling() throws {
        var book = Book()
        let joined = at(14 * Self.minute + 59_990)
        let bridged = at(15 * Self.minute + 4_000)
        let ended = at(31 * Self.minute + 4_000)
        book.acd.handle(.queued(visit(1, joined: joined)), at: joined)
        book.acd.handle(
            .established(visit(1, joined: joined, ended: bridged), leg(1, established: bridged)), at: bridged)
        book.acd.handle(.disconnected(leg(1, established: bridged, ended: ended)), at: ended)
        book.pass(to: 46 * Self.minute)
        let rows = try [0, 15, 30].map { try #require(book.row($0)) }
        #expect(rows.map { $0.cohort?.offered } == [1, 0, 0] && rows.map { $0.cohort?.answered } == [1, 0, 0])
        #expect(rows.map { $0.completion?.answered } == [0, 1, 0])
        #expect(rows.map { $0.occupancy?.talk } == [.zero, .seconds(896), .seconds(64)])
        #expect(rows.map(\.legs.handled) == [0, 0, 1] && rows.map(\.legs.talk) == [.zero, .zero, .seconds(960)])
        #expect(rows.allSatisfy { !$0.provisional })
    }

    @Test("begins at its first microsecond: a caller who joins at 08:15:00 is in the row of 08:15")
    func border() {
        var book = Book()
        for number in [0, 900] as [UInt64] { book.acd.add(number, wait: .seconds(3), .abandoned) }
        book.pass(to: 31 * Self.minute)
        #expect([0, 15].map { book.row($0)?.cohort?.offered } == [1, 1])
    }

    @Test("counts a visit whose beginning was not seen, and adds its wait to no sum")
    func estimated() throws {
        var book = Book()
        book.acd.add(1, wait: .seconds(500), .abandoned, isPartial: true)
        book.pass(to: 16 * Self.minute)
        let row = try #require(book.row(0))
        #expect(row.cohort?.abandoned == 1 && row.cohort?.unmeasured == 1 && row.estimatedRecords == 1)
        #expect(
            row.cohort?.waitAbandoned == .zero && row.cohort?.waitedAbandoned == 0 && row.cohort?.longestWait == nil)
        #expect(row.cohort?.serviceLevel?.denominator == 0)
    }

    // MARK: when it is written

    @Test("is closed a minute after the quarter's end, for queues without a call, too")
    func due() {
        var book = Book()
        book.pass(to: 16 * Self.minute - 1)
        #expect(book.written == [])
        book.pass(to: 16 * Self.minute)
        #expect(book.written.map(\.key) == [.init(start: at(0).date, kind: .queue, name: "info")])
        #expect(book.written[0].cohort?.offered == 0 && !book.written[0].provisional)
        book.pass(to: 40 * Self.minute)
        #expect(book.written.count == 2)
    }

    @Test(
        "is provisional while a caller who joined in it waits, is written again when that is over, and never after that"
    )
    func provisional() throws {
        var book = Book()
        book.acd.handle(.queued(visit(1, joined: at(0))), at: at(0))
        book.pass(to: 16 * Self.minute)
        #expect(
            book.row(0).map { $0.provisional && $0.openVisits == 1 && $0.cohort?.open == 1 && $0.cohort?.offered == 1 }
                == true)
        // Nothing new: nothing is written.
        book.pass(to: 20 * Self.minute)
        #expect(book.written.count == 1)
        let left = at(20 * Self.minute + 5_000)
        book.acd.handle(.visitEnded(visit(1, joined: at(0), ended: left), .abandoned), at: left)
        book.pass(to: 50 * Self.minute)
        #expect(book.row(0).map { !$0.provisional && $0.openVisits == 0 && $0.cohort?.abandoned == 1 } == true)
        #expect(book.written.filter { $0.start == at(0).date }.count == 2)
        #expect(book.row(15)?.completion?.abandoned == 1)
    }

    @Test("is provisional while a conversation reaches into it, or the after-call work of one that ended in it lasts")
    func legs() throws {
        var book = Book(settings: .init(wrapUp: .seconds(600)))
        book.acd.handle(member(), at: at(0))
        book.acd.handle(.queued(visit(1, joined: at(0))), at: at(0))
        let bridged = at(10_000)
        book.acd.handle(
            .established(visit(1, joined: at(0), ended: bridged), leg(1, established: bridged)), at: bridged)
        book.pass(to: 16 * Self.minute)
        #expect(book.row(0).map { $0.provisional && $0.openLegs == 1 } == true)
        let ended = at(20 * Self.minute)
        book.acd.handle(.disconnected(leg(1, established: bridged, ended: ended)), at: ended)
        book.pass(to: 22 * Self.minute)
        #expect(book.row(0)?.provisional == false)
        // Ended at 08:20; the work for it lasts until 08:30 and is of the quarter from 08:15.
        book.acd.deadlineReached(at: at(30 * Self.minute))
        book.pass(to: 33 * Self.minute)
        #expect(
            book.row(15).map { !$0.provisional && $0.legs.wrapUp == .seconds(600) && $0.legs.measured == 1 } == true)
    }

    @Test("never changes once it is final: a change that comes too late is counted")
    func final() throws {
        var book = Book()
        book.acd.add(1, wait: .seconds(3), .abandoned)
        book.pass(to: 17 * Self.minute)
        let before = try #require(book.row(0))
        #expect(!before.provisional)
        // Reported three minutes late, although the switch was heard all the time.
        book.acd.handle(.queued(visit(2, joined: at(14 * Self.minute))), at: at(17 * Self.minute))
        book.acd.handle(
            .visitEnded(visit(2, joined: at(14 * Self.minute), ended: at(14 * Self.minute + 9)), .abandoned),
            at: at(17 * Self.minute))
        book.pass(to: 20 * Self.minute)
        #expect(book.row(0) == before)
        #expect(book.late == [before.key] && book.ledger.lateChanges == 1)
    }

    @Test(
        "is provisional as long as the switch was not heard after it, and knows of callers who waited through the gap")
    func unheard() throws {
        var book = Book()
        book.heard = at(14 * Self.minute).date
        book.pass(to: 40 * Self.minute)
        #expect(book.row(0)?.provisional == true && book.row(15)?.provisional == true)
        // The inventory reports a caller who joined meanwhile.
        book.acd.handle(.queued(visit(1, joined: at(20 * Self.minute), isPartial: true)), at: at(40 * Self.minute))
        book.acd.handle(
            .visitEnded(
                visit(1, joined: at(20 * Self.minute), ended: at(40 * Self.minute), isPartial: true), .abandoned),
            at: at(40 * Self.minute))
        book.heard = nil
        book.pass(to: 42 * Self.minute)
        #expect(book.row(0).map { !$0.provisional && $0.cohort?.offered == 0 } == true)
        #expect(book.row(15).map { !$0.provisional && $0.cohort?.offered == 1 && $0.estimatedRecords == 1 } == true)
        #expect(book.late == [])
    }

    @Test("keeps its facts over midnight for as long as it is provisional")
    func retention() throws {
        var book = Book()
        // Second 0 is 09:00 in Rome. Somebody talks for two days; the other calls of that quarter must not be forgotten
        // meanwhile.
        book.acd.handle(.queued(visit(1, joined: at(0))), at: at(0))
        book.acd.handle(.established(visit(1, joined: at(0), ended: at(1)), leg(1, established: at(1))), at: at(1))
        book.acd.add(2, wait: .seconds(3), .abandoned)
        for hour in 1...48 as ClosedRange<Int64> {
            book.pass(to: hour * 60 * Self.minute)
            book.acd.handle(.ringNoAnswer(info, anna), at: at(hour * 60 * Self.minute))
        }
        let left = at(48 * 60 * Self.minute + 1)
        #expect(book.row(0)?.provisional == true)
        book.acd.handle(.disconnected(leg(1, established: at(1), ended: left)), at: left)
        book.pass(to: 48 * 60 * Self.minute + 2 * Self.minute)
        #expect(book.row(0).map { !$0.provisional && $0.cohort?.abandoned == 1 && $0.cohort?.answered == 1 } == true)
    }

    // MARK: agents

    private func agent(_ number: Int) -> AgentRef {
        AgentRef(interface: Interface("PJSIP/\(number)"), name: "A\(number)")
    }

    /// Agents 1 to `count` of the team are available from 08:10 on.
    private func staffed(_ teams: [(String, Int)], isAllowed: Bool = false) -> Book {
        var names: [Interface: String] = [:]
        var agents: [AgentRef] = []
        for (team, count) in teams {
            for _ in 0..<count {
                let agent = agent(agents.count + 1)
                agents.append(agent)
                if !team.isEmpty { names[agent.interface] = team }
            }
        }
        var book = Book(.init(teams: names, keepsIndividuals: isAllowed))
        for agent in agents { book.acd.handle(member(info, agent), at: at(10 * Self.minute)) }
        return book
    }

    private func teams(_ book: Book) -> [String] {
        book.rows.keys.sorted().filter { $0.kind == .team && $0.start == at(0).date }.map(\.name)
    }

    @Test("of a team has its agents' time, split at the border, to the microsecond, also while a state lasts")
    func teamTime() throws {
        var book = staffed([("nord", 5)])
        book.acd.handle(member(info, agent(1), paused: true, reason: "pausa"), at: at(12 * Self.minute))
        book.pass(to: 31 * Self.minute)
        let first = try #require(book.row(0, "nord", .team)?.time)
        #expect(first[.available] == .seconds(4 * 300 + 120) && first[.paused] == .seconds(180))
        #expect(first.pauses == ["pausa": .seconds(180)] && first.loggedIn == .seconds(1500))
        let second = try #require(book.row(15, "nord", .team)?.time)
        #expect(second[.available] == .seconds(4 * 900) && second[.paused] == .seconds(900))
    }

    @Test(
        "does not exist for a team smaller than five: such teams and agents in none are added up, and together they may be too few"
    )
    func smallTeams() {
        func names(_ teams: [(String, Int)], isAllowed: Bool = false) -> [String] {
            var book = staffed(teams, isAllowed: isAllowed)
            book.pass(to: 16 * Self.minute)
            return self.teams(book)
        }
        #expect(names([("nord", 5), ("sud", 3), ("est", 1), ("", 1)]) == ["(other)", "nord"])
        #expect(names([("nord", 5), ("sud", 3)]) == ["nord"])
        #expect(names([("nord", 5), ("", 6)]) == ["", "nord"])
        // A large rest is added to a small team: otherwise the small one would be the difference.
        #expect(names([("sud", 2), ("", 6)]) == ["(other)"])
        #expect(names([("(other)", 6)]) == ["(other)"])
        #expect(names([("nord", 5), ("sud", 3), ("", 1)], isAllowed: true) == ["", "nord", "sud"])
    }

    @Test("of all small teams is the sum of their rows")
    func otherTeams() throws {
        var book = staffed([("sud", 3), ("est", 2), ("", 1)])
        book.pass(to: 16 * Self.minute)
        #expect(book.row(0, "(other)", .team)?.time?[.available] == .seconds(6 * 300))
    }

    // MARK: sums

    @Test("is added to others and divided once: 1 of 1 and 10 of 100 are 11 of 101, not 55 %")
    func rollUp() throws {
        func row(_ minute: Int64, _ numerator: Int, _ denominator: Int, formula: String = "SL6+F") -> IntervalRow {
            var row = IntervalRow(kind: .queue, name: "info", start: at(minute * Self.minute).date)
            var cohort = IntervalRow.Cohort()
            cohort.offered = denominator
            cohort.waitP50 = .seconds(3)
            cohort.serviceLevel = .init(
                formula: formula, threshold: .seconds(20), shortAbandon: .seconds(5), numerator: numerator,
                denominator: denominator)
            cohort.within = [.init(threshold: .seconds(20), answered: numerator)]
            row.cohort = cohort
            row.provisional = false
            return row
        }
        let sum = try #require(IntervalRow.sum([row(0, 1, 1), row(15, 10, 100)]))
        #expect(sum.cohort?.serviceLevel.map { [$0.numerator, $0.denominator] } == [11, 101])
        #expect(sum.cohort?.offered == 101 && sum.cohort?.within.first?.answered == 11 && sum.length == .seconds(1800))
        #expect(!sum.provisional && sum.cohort?.waitP50 == nil)
        #expect(IntervalRow.sum([row(0, 1, 1)])?.cohort?.waitP50 == .seconds(3))
        var open = row(15, 0, 0)
        open.provisional = true
        #expect(IntervalRow.sum([row(0, 1, 1), open])?.provisional == true)
        // The contract changed in between: there is no figure of both.
        #expect(IntervalRow.sum([row(0, 1, 1), row(15, 1, 1, formula: "SL1")])?.cohort?.serviceLevel == nil)
        #expect(IntervalRow.sum([]) == nil)
    }
}
