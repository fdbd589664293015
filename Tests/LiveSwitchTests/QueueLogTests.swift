import Testing

/// Tests the judge itself, on lines as Asterisk 22 wrote them; needs no switch.
@Suite("A queue_log is read")
struct QueueLogTests {
    @Test("as waits, talks and who ended the call")
    func answered() throws {
        let log = try QueueLog(
            """
            1795554775|1795554775.0|incentivi|NONE|ENTERQUEUE||0659041001|1
            1795554778|1795554775.0|incentivi|Elena D'Amico|RINGNOANSWER|3000
            1795554782|1795554775.0|incentivi|Carla Verdi|CONNECT|7|1795554775.1|1
            1795554785|1795554775.0|incentivi|Carla Verdi|COMPLETECALLER|7|3|1
            """)
        #expect(
            log.visits == [
                .init(
                    call: "1795554775.0", queue: "incentivi", joined: 1_795_554_775, outcome: .answered, wait: 7,
                    agent: "Carla Verdi",
                    talk: 3,
                    endedBy: "caller")
            ])
        #expect(log.ringNoAnswer == [.init(call: "1795554775.0", queue: "incentivi", agent: "Elena D'Amico"): 1])
    }

    @Test(
        "as the ways out of a queue",
        arguments: [
            ("ABANDON|1|2|5", QueueLog.Visit.Outcome.abandoned, 5), ("EXITWITHTIMEOUT|1|1|6", .flowOut("timeout"), 6),
            ("EXITEMPTY|1|1|3", .flowOut("empty"), 3), ("EXITWITHKEY|9|1|2|4", .flowOut("key"), 4),
        ])
    func exits(line: String, outcome: QueueLog.Visit.Outcome, wait: Int) throws {
        let log = try QueueLog("1|1.1|reclami|NONE|ENTERQUEUE||0659041001|1\n7|1.1|reclami|NONE|\(line)\n")
        #expect(log.visits.map(\.outcome) == [outcome])
        #expect(log.visits.map(\.wait) == [wait])
    }

    @Test("with one call's visits kept apart, and a transfer's talk as the last but one")
    func twoVisits() throws {
        let log = try QueueLog(
            """
            10|10.1|informazioni|NONE|ENTERQUEUE||0659041001|1
            11|10.1|informazioni|Anna Rossi|CONNECT|1|10.4|1
            13|10.1|reclami|NONE|ENTERQUEUE||0659041001|1
            13|10.1|informazioni|Anna Rossi|BLINDTRANSFER|6003|agents|1|2|1
            14|10.1|reclami|Giulia Però|CONNECT|1|10.7|1
            20|10.1|reclami|Giulia Però|COMPLETEAGENT|1|6|1
            """)
        #expect(log.visits.map(\.queue) == ["informazioni", "reclami"])
        #expect(log.visits.map(\.talk) == [2, 6])
        #expect(log.visits.map(\.endedBy) == ["transfer", "agent"])
    }

    @Test("with a caller who inherits the place of the agent's consultation")
    func heir() throws {
        let log = try QueueLog(
            """
            10|10.1|informazioni|NONE|ENTERQUEUE||0659041001|1
            11|10.1|informazioni|Anna Rossi|CONNECT|1|10.4|1
            14|14.2|reclami|NONE|ENTERQUEUE||1001|1
            16|10.1|informazioni|Anna Rossi|ATTENDEDTRANSFER|APP|Queue|1|5|1
            20|10.1|reclami|Giulia Però|CONNECT|6|10.9|0
            22|10.1|reclami|Giulia Però|COMPLETEAGENT|6|2|1
            """)
        #expect(log.visits.map(\.call) == ["10.1", "14.2"])
        #expect(log.visits.map(\.heir) == [nil, "10.1"])
        #expect(log.visits.map(\.talk) == [5, 2])
    }

    @Test("with a caller for whom a killed switch wrote no end")
    func killed() throws {
        let log = try QueueLog("1|1.1|reclami|NONE|ENTERQUEUE||0659041001|1\n9|NONE|NONE|NONE|QUEUESTART|\n")
        #expect(log.visits.map(\.outcome) == [.waiting])
    }

    @Test("or refused, where it has an unknown line")
    func unknown() {
        #expect(throws: Failure.self) { try QueueLog("1|1.1|reclami|NONE|SOMETHING|1\n") }
    }
}
