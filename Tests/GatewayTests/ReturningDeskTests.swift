import ACD
import Directory
import ScreenPop
import Telephony
import Testing
import Time
import Wire

@testable import Core
@testable import Edges
@testable import Gateway

/// A page that is loaded again, or opened on another machine, knows nothing: the gateway sends again what it showed.
@Suite("A desk that comes back")
struct ReturningDeskTests {
    private var bench: Bench

    init() {
        var configuration = Bench.configuration
        configuration.queueDefaults.wrapUp = .seconds(60)
        bench = Bench(configuration)
        bench.greet()
        bench.member("1001")
        bench.member("1002")
    }

    private static let party = Party(
        key: "A-1", kind: .company, name: "Rossi & Figli", town: "Viterbo", language: nil, note: "Richiamare")
    private static let known = DirectoryAnswer(
        number: .number(e164: "+390612345678", kind: "fixed", display: "06 1234 5678"), match: .one(party),
        history: [PastContact(at: Bench.start, queue: "info", agent: nil, outcome: "answered")])

    /// A caller whom the agent answers, and whom the registry names unless `answer` says otherwise.
    private mutating func conversation(
        _ channel: String, _ agent: String = "1001", seconds: Int64 = 10, answer: DirectoryAnswer = known
    ) {
        bench.join(channel)
        bench.answer(bench.lookups[bench.lookups.count - 1].id, answer)
        bench.ring(channel, agent: agent)
        bench.wait(.seconds(2))
        bench.pickUp(channel, agent: agent)
        bench.wait(.seconds(seconds))
        bench.hangUp(channel, agent: agent)
    }

    /// The types of the messages that a desk of the agent receives on arrival.
    private mutating func arrival(_ agent: String, token: String = "desk-secret") -> [String] {
        let desk = bench.connect(.desks)
        bench.send(Bench.hello(agent, token: token), desk)
        let lines = bench.lines(desk)
        bench.drop(desk)
        return lines
    }

    private mutating func recent(_ agent: String, token: String = "desk-secret") -> [Pop] {
        arrival(agent, token: token).compactMap { JSON.decode(RecentPops.self, from: $0.utf8) }.filter {
            $0.type == "pop.recent"
        }.first?
        .pops ?? []
    }

    @Test("receives the call that it shows, the ended calls, and the after-call work that is running")
    mutating func everything() throws {
        conversation("1.1")
        bench.wait(.seconds(61))
        conversation("2.1", seconds: 30)
        bench.wait(.seconds(5))
        #expect(types(arrival("PJSIP/1001")) == ["welcome", "pop.recent", "wrapUp.running"])
        #expect(types(arrival("Agente 1001")) == ["welcome", "pop.recent", "wrapUp.running"], "by whatever name")
        bench.join("3.1")
        bench.ring("3.1", agent: "1001")
        #expect(types(arrival("PJSIP/1001")) == ["welcome", "pop.preview", "pop.recent", "wrapUp.running"])
        #expect(types(arrival("PJSIP/1002")) == ["welcome"], "nothing of a colleague's")
    }

    @Test(
        "sees the ended calls as the desk that was connected saw them end, the newest first, with the name and without the history"
    )
    mutating func recentCalls() throws {
        let present = bench.desk("PJSIP/1001")
        conversation("1.1")
        bench.join("2.1")
        bench.ring("2.1", agent: "1001")
        bench.wait(.seconds(3))
        bench.hangUp("2.1")
        let seen = bench.pops(present).filter { $0.type == .closed || $0.type == .cancelled }
        #expect(seen.map(\.type) == [.closed, .cancelled] && seen.first?.history.isEmpty == false)
        let recent = recent("PJSIP/1001")
        #expect(recent.map(\.popId) == seen.reversed().map(\.popId))
        #expect(recent.map(\.at) == seen.reversed().map(\.at) && recent.map(\.reason) == [.callerLeft, .ended])
        #expect(
            seen.first?.talkSeconds == 10 && recent.last?.talkSeconds == nil,
            "how long is for the desk that showed the call")
        #expect(recent.last?.match.parties.map(\.name) == ["Rossi & Figli"])
        #expect(recent.allSatisfy { $0.history.isEmpty }, "what happened before is the registry's to keep")
    }

    @Test("receives ten calls at most, of the last twelve hours, and a caller who was offered repeatedly once")
    mutating func bounds() throws {
        for number in 1...11 {
            conversation("\(number).1", seconds: 1)
            bench.wait(.seconds(60))
        }
        #expect(recent("PJSIP/1001").count == 10)
        bench.join("20.1")
        for _ in 1...3 {
            bench.ring("20.1", agent: "1001")
            bench.dialEnd("20.1", agent: "1001", "NOANSWER")
            bench.asterisk(
                "RingNoAnswer",
                "AgentRingNoAnswer|Uniqueid: 20.1|DestUniqueid: 20.1-1001|Queue: info|Interface: PJSIP/1001|MemberName: A"
            )
            bench.asterisk("Hangup|Uniqueid: 20.1-1001")
        }
        #expect(recent("PJSIP/1001").map(\.reason).prefix(2) == [.noAnswer, .ended])
        bench.wait(.seconds(12 * 3600))
        #expect(recent("PJSIP/1001") == [])
        bench.member("1002", status: 2)
        #expect(bench.gateway.core.screens.recent == RecentCalls(), "and no checkpoint has them for longer")
    }

    @Test("learns nothing of a caller who withholds the number, even if that became known after the telephone had rung")
    mutating func withheld() throws {
        bench.join("1.1", number: "0698765432", name: "Segreto")
        bench.ring("1.1", agent: "1001")
        bench.dialEnd("1.1", agent: "1001", "NOANSWER")
        bench.asterisk("Hangup|Uniqueid: 1.1-1001")
        #expect(recent("PJSIP/1001").map(\.caller.display) == ["0698765432"])
        bench.asterisk(
            "NewCallerid|Channel: PJSIP/trunk-1.1|Uniqueid: 1.1|CallerIDNum: 0698765432|CallerIDName: Segreto|CID-CallingPres: 33 (Presentation Prohibited, Passed Screen)"
        )
        #expect(recent("PJSIP/1001").map(\.caller) == [.init(presentation: .withheld)])
        let state = String(decoding: JSON.encode(bench.gateway.core.screens.recent), as: UTF8.self)
        #expect(!state.contains("0698765432") && !state.contains("Segreto"))
        conversation("2.1", answer: DirectoryAnswer(number: .withheld, match: .withheld))
        #expect(recent("PJSIP/1001").first?.caller == .init(presentation: .withheld))
    }

    @Test(
        "that stays learns when the after-call work begins and until when; and that another desk of the agent has ended it"
    )
    mutating func wrapUp() throws {
        let (one, other, colleague) = (bench.desk("PJSIP/1001"), bench.desk("PJSIP/1001"), bench.desk("PJSIP/1002"))
        conversation("1.1")
        let begun = bench.lines(one).compactMap { JSON.decode(WrapUp.self, from: $0.utf8) }
        let now = bench.moment.date
        #expect(
            begun == [
                WrapUp(type: .running, at: "\(now)", switch: "roma", since: "\(now)", until: "\(now + .seconds(60))")
            ])
        #expect(types(bench.lines(other)).last == "wrapUp.running")
        bench.wait(.seconds(7))
        bench.send(#"{"type":"wrapUp.done"}"# + "\n", other)
        #expect(types(bench.lines(one)).last == "wrapUp.over" && types(bench.lines(other)).last == "wrapUp.over")
        #expect(!types(bench.lines(colleague)).contains { $0.hasPrefix("wrapUp") })
        #expect(types(arrival("PJSIP/1001")) == ["welcome", "pop.recent"])
    }

    @Test(
        "learns of no after-call work where there is none: its time is over, the next call has come, or the queue has none"
    )
    mutating func noWrapUp() throws {
        conversation("1.1")
        bench.wait(.seconds(60))
        #expect(types(arrival("PJSIP/1001")) == ["welcome", "pop.recent"])
        conversation("2.1")
        bench.join("3.1")
        bench.ring("3.1", agent: "1001")
        bench.pickUp("3.1", agent: "1001")
        #expect(types(arrival("PJSIP/1001")) == ["welcome", "pop.open", "pop.recent"])

        var bench = Bench()
        bench.greet()
        let desk = bench.desk("PJSIP/1001")
        bench.join("1.1")
        bench.ring("1.1", agent: "1001")
        bench.pickUp("1.1", agent: "1001")
        bench.hangUp("1.1", agent: "1001")
        #expect(!types(bench.lines(desk)).contains { $0.hasPrefix("wrapUp") })
    }

    @Test(
        "learns how long the agent talked only with the agent's own token, or where a legal basis allows figures of single persons"
    )
    mutating func figuresOfOnePerson() throws {
        let basis = LegalBasis(reference: "Accordo 1/2026", date: try #require(LocalDate("2026-01-15")))
        for (ownToken, legalBasis, isTold) in [(nil, nil, false), ("annas", nil, true), (nil, basis, true)]
            as [(String?, LegalBasis?, Bool)]
        {
            var configuration = Bench.configuration
            configuration.agents = [
                .init(
                    id: "anna", name: "Anna Rossi", interface: Interface("PJSIP/1001"),
                    token: ownToken.map { Configuration.Secret($0) })
            ]
            configuration.legalBasis = legalBasis
            bench = Bench(configuration)
            bench.greet()
            conversation("1.1")
            let call = try #require(recent("anna", token: ownToken ?? "desk-secret").first)
            #expect(call.type == .closed && call.reason == .ended)
            #expect(call.talkSeconds == (isTold ? 10 : nil) && call.holdSeconds == (isTold ? 0 : nil))
        }
    }

    /// The agent configured for the telephone 1001, each with a token of their own.
    private static func configuration(_ agent: String?) -> Configuration {
        var configuration = Bench.configuration
        configuration.agents = ["nobody's", agent].compactMap { $0 }.map {
            .init(
                id: $0, name: $0, interface: Interface($0 == "nobody's" ? "PJSIP/1009" : "PJSIP/1001"),
                token: Configuration.Secret("token-\($0)"))
        }
        return configuration
    }

    @Test("does not receive the calls of the person who had its telephone before")
    mutating func takenOver() throws {
        bench = Bench(Self.configuration("anna"))
        bench.greet()
        conversation("1.1")
        try bench.restart(Self.configuration("anna"))
        #expect(recent("anna", token: "token-anna").map(\.type) == [.closed], "the same agent is told")
        try bench.restart(Self.configuration("bruno"))
        #expect(recent("bruno", token: "token-bruno") == [])
        #expect(bench.gateway.core.screens.recent == RecentCalls(), "and no checkpoint has them")
        bench.greet()
        conversation("2.1")
        #expect(recent("bruno", token: "token-bruno").map(\.type) == [.closed])
        try bench.restart(Self.configuration(nil))
        #expect(
            bench.gateway.core.screens.recent == RecentCalls(), "nor where nobody is configured to have it any more")
    }

    @Test("whose telephone is a member of queues by another name is one agent after a start, and its calls stay")
    mutating func members() throws {
        var configuration = Bench.configuration
        configuration.agents = [
            .init(id: "anna", name: "Anna Rossi", interface: Interface("SIP/anna"), members: [Interface("PJSIP/1001")])
        ]
        bench = Bench(configuration)
        bench.greet()
        conversation("1.1")
        configuration.agents.append(.init(id: "bruno", name: "Bruno", interface: Interface("PJSIP/1002")))
        try bench.restart(configuration)
        #expect(recent("anna").map(\.type) == [.closed])
    }

    @Test("receives the same from a gateway that was started again from a checkpoint")
    mutating func restart() throws {
        conversation("1.1")
        let bytes = JSON.encode(bench.gateway.core)
        let state = try #require(JSON.decode(Core.self, from: bytes))
        #expect(state.screens.recent == bench.gateway.core.screens.recent)
        #expect(state.screens.recent.cards(at: bench.moment.date, of: { _, _ in true }).count == 1)
    }
}
