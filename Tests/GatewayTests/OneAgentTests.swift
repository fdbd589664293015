import ACD
import Contacts
import Figures
import Gateway
import ScreenPop
import Telephony
import Testing
import Time
import Wire

@testable import Core
@testable import Edges
@testable import Gateway

/// A queue names an agent by what it rings, and one person may be rung by several names: FreePBX's
/// `Local/200@from-queue/n`, the telephone itself, an old and a new context. Whatever the names, there is one agent.
@Suite("One agent is one person")
struct OneAgentTests {
    // MARK: a call center in short words

    /// A member of a queue, as queue_log and AMI know one.
    struct Member {
        var seat: String
        var name: String
        var queue: String
        var state = ""
        var status = 1
        var isPaused = false
    }

    static let seat = "Local/200@from-queue/n"
    static let anna = Member(seat: seat, name: "Anna Rossi", queue: "600", state: "hint:200@ext-local")

    private static func bench(_ members: [Member], _ configure: (inout Configuration) -> Void = { _ in }) -> Bench {
        var configuration = Bench.configuration
        configuration.legalBasis = LegalBasis(
            reference: "Accordo 1/2026", date: LocalDate(year: 2026, month: 1, day: 15)!)
        configure(&configuration)
        var bench = Bench(configuration)
        bench.greet()
        for member in members { bench.tell(member) }
        return bench
    }

    private func agents(_ bench: Bench) -> [String] {
        bench.gateway.core.switches[0].acd.agents.values.filter { $0.isAnother != true }.map { agent in
            "\(agent.agent.interface) “\(agent.agent.name)” \(agent.state(at: bench.moment.uptime)) \(agent.queues.map(\.rawValue).joined(separator: "+"))"
        }.sorted()
    }

    /// For each leg of the ended records: which agent, who speaks, how.
    private func legs(_ bench: Bench) -> [String] {
        bench.savedRecords.flatMap(\.legs).map {
            "\($0.agent.interface) \($0.via)"
                + ($0.speaker.interface == $0.agent.interface ? "" : " spoken by \($0.speaker.interface)")
        }
    }

    /// `hint:`, `Custom:`, both, none, a Local channel's own; with and without `/n`, by other contexts, in capitals.
    static let forms = [
        Member(seat: "Local/200@from-queue/n", name: "Anna Rossi", queue: "600", state: "hint:200@ext-local"),
        Member(seat: "Local/200@from-queue/n", name: "Anna Rossi", queue: "600", state: "Custom:DND200"),
        Member(
            seat: "Local/200@from-queue/n", name: "Anna Rossi", queue: "600", state: "hint:200@ext-local&Custom:DND200"),
        Member(seat: "Local/200@from-queue/n", name: "Anna Rossi", queue: "600"),
        Member(seat: "Local/200@from-internal", name: "Anna Rossi", queue: "600"),
        Member(seat: "Local/FMPR-200@from-internal/n", name: "Anna Rossi", queue: "600"),
        Member(seat: "LOCAL/200@from-queue/n", name: "Anna Rossi", queue: "600"),
        Member(seat: "Local/anna@agents/n", name: "", queue: "600"),
        Member(seat: "Agent/200", name: "Anna Rossi", queue: "600"),
    ]

    // MARK: learnt

    @Test(
        "whose telephone is the one that was seen behind the member: direct and outbound calls are hers as well",
        arguments: forms)
    func learnt(member: Member) {
        var bench = Self.bench([member])
        bench.queueCall("1", member, [("2", "PJSIP/200")], answeredBy: "2")
        bench.directCall("3", on: "PJSIP/200")
        bench.outboundCall("4", from: "PJSIP/200")
        #expect(legs(bench) == ["\(member.seat) queue", "\(member.seat) direct", "\(member.seat) outbound"])
        let name = member.name.isEmpty ? member.seat : member.name
        #expect(agents(bench) == ["\(member.seat) “\(name)” available 600"])
    }

    @Test("is learnt while it rings, and kept where nobody answers")
    func learntByRinging() {
        var bench = Self.bench([Self.anna])
        bench.queueCall("1", Self.anna, [("2", "PJSIP/200")], answeredBy: nil)
        bench.directCall("3", on: "PJSIP/200")
        #expect(legs(bench).last == "\(Self.seat) direct")
    }

    @Test("is learnt from the telephone that answers where nobody is dialled: an agents' pool")
    func pool() {
        var bench = Self.bench([Self.anna])
        bench.queueCall("1", Self.anna, [], answeredBy: nil, joins: ("2", "PJSIP/200"))
        bench.directCall("3", on: "PJSIP/200")
        #expect(legs(bench).last == "\(Self.seat) direct")
    }

    @Test("is not learnt from a line: a mobile behind the member is not a telephone of ours")
    func mobile() {
        var bench = Self.bench([Self.anna])
        bench.queueCall("1", Self.anna, [("2", "PJSIP/trunk")], answeredBy: "2")
        bench.join("3")
        bench.leaveQueue("3")
        #expect(bench.savedRecords.map(\.direction) == [.inbound, .inbound])
        #expect(legs(bench) == ["\(Self.seat) queue"])
    }

    @Test("is relearnt where the agent signs in at another telephone, and the previous one is nobody's")
    func hotDesking() {
        var bench = Self.bench([Self.anna])
        bench.queueCall("1", Self.anna, [("2", "PJSIP/200")], answeredBy: "2")
        bench.queueCall("3", Self.anna, [("4", "PJSIP/301")], answeredBy: "4")
        bench.directCall("5", on: "PJSIP/200")
        bench.directCall("6", on: "PJSIP/301")
        #expect(legs(bench).suffix(2) == ["PJSIP/200 direct", "\(Self.seat) direct"])
        #expect(agents(bench) == ["\(Self.seat) “Anna Rossi” available 600"])
    }

    @Test("is its own member's, whatever member it is seen behind, until that one signs off")
    func signedOff() {
        let bruno = Member(seat: "PJSIP/301", name: "Bruno", queue: "700")
        var bench = Self.bench([Self.anna, bruno])
        bench.queueCall("1", Self.anna, [("2", "PJSIP/301")], answeredBy: "2")
        bench.directCall("3", on: "PJSIP/301")
        bench.asterisk("QueueMemberRemoved|Queue: 700|Interface: PJSIP/301|MemberName: Bruno")
        bench.directCall("4", on: "PJSIP/301")
        #expect(legs(bench) == ["\(Self.seat) queue", "PJSIP/301 direct", "\(Self.seat) direct"])
    }

    @Test(
        "is two persons' where two use a telephone one after the other: it belongs to the one who was seen at it last")
    func sharedTelephone() {
        let bruno = Member(seat: "Local/201@from-queue/n", name: "Bruno Neri", queue: "600")
        var bench = Self.bench([Self.anna, bruno])
        bench.queueCall("1", Self.anna, [("2", "PJSIP/55")], answeredBy: "2")
        bench.directCall("3", on: "PJSIP/55")
        bench.queueCall("4", bruno, [("5", "PJSIP/55")], answeredBy: "5")
        bench.directCall("6", on: "PJSIP/55")
        bench.queueCall("7", Self.anna, [("8", "PJSIP/55")], answeredBy: "8")
        bench.directCall("9", on: "PJSIP/55")
        #expect(
            legs(bench).enumerated().filter { $0.offset % 2 == 1 }.map(\.element) == [
                "\(Self.seat) direct", "\(bruno.seat) direct", "\(Self.seat) direct",
            ])
        #expect(agents(bench).count == 2)
    }

    @Test(
        "is nobody's where two telephones ring behind the member, at once or one after the other, and the log says so",
        arguments: [0, 4])
    func group(later: Int64) {
        let group = Member(seat: "Local/600@gruppo/n", name: "Gruppo", queue: "600")
        let chiara = Member(seat: "PJSIP/201", name: "Chiara", queue: "700")
        var bench = Self.bench([group, chiara])
        bench.queueCall("1", group, [("2", "PJSIP/200"), ("3", "PJSIP/201")], answeredBy: "3", apart: .seconds(later))
        // Nor does a later call to one of them alone assign it.
        bench.queueCall("4", group, [("5", "PJSIP/200")], answeredBy: "5")
        bench.directCall("6", on: "PJSIP/200")
        bench.directCall("7", on: "PJSIP/201")
        #expect(legs(bench).suffix(2) == ["PJSIP/200 direct", "PJSIP/201 direct"])
        #expect(agents(bench).count == 2)
        let said = bench.log.filter { $0.text.contains("rings several telephones") }.map(\.text)
        #expect(
            said.count == 1 && said.first?.contains("Local/600@gruppo/n") == true
                && said.first?.contains("PJSIP/200, PJSIP/201") == true)
    }

    @Test("is identified by the telephone in the member's state, before any call, even among other states")
    func stateInterface() {
        for state in ["PJSIP/200", "PJSIP/200&Custom:DND200"] {
            var bench = Self.bench([Member(seat: Self.seat, name: "Anna Rossi", queue: "600", state: state)])
            bench.directCall("1", on: "PJSIP/200")
            #expect(legs(bench) == ["\(Self.seat) direct"])
        }
    }

    // MARK: two names in two queues

    /// The same person by other names in another queue, with the evidence for it.
    static let seconds = [
        // The telephone that is seen behind the one is the other.
        Member(seat: "PJSIP/200", name: "A. Rossi", queue: "700"), Member(seat: "PJSIP/200", name: "", queue: "700"),
        Member(seat: "pjsip/200", name: "Anna", queue: "700"),
        // The same place of the dial plan, another option.
        Member(seat: "Local/200@from-queue", name: "Anna", queue: "700"),
        // The same name and number.
        Member(seat: "Local/200@from-internal", name: "Anna Rossi", queue: "700"),
        // The same hint and number.
        Member(seat: "Local/200@ext-queues/n", name: "Anna", queue: "700", state: "hint:200@ext-local"),
        Member(seat: "SIP/200", name: "Anna Rossi", queue: "700"),
    ]

    @Test("is one agent by two names in two queues: one state, in both queues", arguments: seconds)
    func twoNames(second: Member) {
        var bench = Self.bench([Self.anna, second])
        bench.queueCall("1", Self.anna, [("2", "PJSIP/200")], answeredBy: nil)
        #expect(
            agents(bench).count == 1 && agents(bench).first?.hasSuffix("available 600+700") == true, "\(agents(bench))")
        // Busy for one is busy for both, and rings once.
        bench.join("3", queue: "600")
        bench.callMember("3", Self.anna, [("4", "PJSIP/200")])
        #expect(agents(bench).first?.hasSuffix("ringing 600+700") == true)
        bench.answer("3", Self.anna, "4")
        #expect(agents(bench).first?.hasSuffix("talking 600+700") == true)
        for queue in ["600", "700"] {
            #expect(
                bench.gateway.core.switches[0].acd.agentCounts(of: QueueName(queue), at: bench.moment) == [.talking: 1])
        }
        bench.end("3", "4")
        #expect(agents(bench).first?.hasSuffix("available 600+700") == true)
        #expect(Set(legs(bench)).count == 1)
    }

    @Test("is one in whatever order the names are reported, known by the first, even where that one signs off")
    func order() {
        let (direct, local) = (Self.seconds[0], Self.seconds[5])
        for (members, first) in [
            ([Self.anna, direct, local], "\(Self.seat) “Anna Rossi”"),
            ([direct, local, Self.anna], "PJSIP/200 “A. Rossi”"),
        ] {
            var bench = Self.bench(members)
            bench.queueCall("1", Self.anna, [("2", "PJSIP/200")], answeredBy: nil)
            #expect(agents(bench) == ["\(first) available 600+700"])
            bench.asterisk(
                "QueueMemberRemoved|Queue: \(members[0].queue)|Interface: \(members[0].seat)|MemberName: \(members[0].name)"
            )
            #expect(agents(bench).count == 1 && agents(bench).first?.hasPrefix(first.prefix { $0 != " " }) == true)
        }
    }

    @Test("is two where only a telephone, a state or a name is shared")
    func notOne() {
        for second in [
            Member(seat: "Local/201@from-queue/n", name: "Bruno", queue: "700", state: "Custom:Notte"),
            Member(seat: "PJSIP/201", name: "Anna Rossi", queue: "700"),
            Member(seat: "PJSIP/201", name: "", queue: "700"),
            Member(seat: "Local/2001@from-queue/n", name: "Anna", queue: "700"),
        ] {
            var bench = Self.bench([
                Member(seat: Self.seat, name: "Anna Rossi", queue: "600", state: "Custom:Notte"), second,
            ])
            bench.queueCall("1", Self.anna, [("2", "PJSIP/200")], answeredBy: "2")
            #expect(agents(bench).count == 2, "\(second)")
        }
    }

    @Test("is partially available where she is paused by one name only, in two queues or in one; paused where by both")
    func pause() {
        for queue in ["700", "600"] {
            var direct = Member(seat: "PJSIP/200", name: "Anna Rossi", queue: queue)
            var bench = Self.bench([Self.anna, direct])
            direct.isPaused = true
            bench.tell(direct)
            #expect(agents(bench).first?.contains("partiallyAvailable") == true, "\(agents(bench))")
            var both = Self.anna
            both.isPaused = true
            bench.tell(both)
            #expect(agents(bench).first?.contains(" paused ") == true)
            bench.asterisk("QueueMemberRemoved|Queue: 600|Interface: \(Self.seat)|MemberName: Anna Rossi")
            #expect(agents(bench) == ["\(Self.seat) “Anna Rossi” paused \(queue)"])
            bench.asterisk("QueueMemberRemoved|Queue: \(queue)|Interface: PJSIP/200|MemberName: Anna Rossi")
            #expect(agents(bench) == ["\(Self.seat) “Anna Rossi” loggedOff "])
        }
    }

    @Test("is in use where one of the names is, though a Local channel of its own is always free")
    func device() {
        var blind = Self.anna
        blind.state = ""
        var direct = Member(seat: "PJSIP/200", name: "Anna Rossi", queue: "700", status: 2)
        var bench = Self.bench([blind, direct])
        #expect(agents(bench).first?.contains(" other ") == true)
        bench.tell(blind)
        #expect(agents(bench).first?.contains(" other ") == true)
        direct.status = 5
        bench.tell(direct)
        #expect(agents(bench).first?.contains(" unreachable ") == true)
    }

    @Test("is not counted twice: the time of one agent is not the sum of two, nor are two persons present")
    func time() throws {
        let direct = Member(seat: "PJSIP/200", name: "A. Rossi", queue: "700")
        var bench = Self.bench([Self.anna, direct])
        bench.queueCall("1", Self.anna, [("2", "PJSIP/200")], answeredBy: nil)
        let acd = bench.gateway.core.switches[0].acd
        let since = bench.moment
        bench.wait(.seconds(600))
        func available(_ acd: ACD, _ now: Moment) -> Span {
            acd.stateTime(.sliding(minutes: 30), at: now) { _ in true }?.states[.available] ?? .zero
        }
        #expect(available(bench.gateway.core.switches[0].acd, bench.moment) - available(acd, since) == .seconds(600))
        #expect(bench.gateway.core.switches[0].acd.people(of: [""], .sliding(minutes: 5), at: bench.moment) == 1)
    }

    @Test("did not answer once, where the queue rang her by two names at once")
    func ringNoAnswer() {
        var bench = Self.bench([Self.anna, Member(seat: "PJSIP/200", name: "Anna Rossi", queue: "600")])
        for (caller, seats) in [("1", [Self.seat, "PJSIP/200"]), ("3", [Self.seat])] {
            bench.join(caller, queue: "600")
            for seat in seats {
                bench.asterisk(
                    "AgentCalled|Uniqueid: \(caller)|DestUniqueid: \(caller)\(seat)|Queue: 600|Interface: \(seat)|MemberName: Anna Rossi"
                )
            }
            bench.wait(.seconds(15))
            for seat in seats {
                bench.asterisk(
                    "AgentRingNoAnswer|Uniqueid: \(caller)|DestUniqueid: \(caller)\(seat)|Queue: 600|Interface: \(seat)|MemberName: Anna Rossi"
                )
            }
            bench.leaveQueue(caller, queue: "600")
        }
        #expect(
            bench.gateway.core.switches[0].acd.queues[QueueName("600")]?.counters.ringNoAnswer == [
                MemberName("Anna Rossi"): 2
            ])
        #expect(agents(bench) == ["\(Self.seat) “Anna Rossi” available 600"])
    }

    @Test(
        "has one name in the figures, whatever the queues call her, and each queue's own in the records, as its log has it"
    )
    func names() {
        let second = Member(seat: Self.seat, name: "Rossi A.", queue: "500", state: "hint:200@ext-local")
        var bench = Self.bench([Self.anna, second])
        #expect(agents(bench) == ["\(Self.seat) “Rossi A.” available 500+600"])
        bench.tell(Self.anna)
        #expect(agents(bench) == ["\(Self.seat) “Rossi A.” available 500+600"])
        bench.queueCall("1", Self.anna, [("2", "PJSIP/200")], answeredBy: "2")
        bench.queueCall("3", second, [("4", "PJSIP/200")], answeredBy: "4")
        #expect(bench.savedRecords.flatMap(\.legs).map(\.agent.name) == ["Anna Rossi", "Rossi A."])
        // Somebody corrects the name.
        bench.tell(Member(seat: Self.seat, name: "Anna Rossi", queue: "500"))
        #expect(agents(bench) == ["\(Self.seat) “Anna Rossi” available 500+600"])
    }

    // MARK: desks

    @Test(
        "has the pop on the desk of her telephone, of her name and of the member, from the first ring on which it is known",
        arguments: [false, true])
    func desks(isKnown: Bool) {
        var bench = Self.bench([Self.anna])
        if isKnown { bench.queueCall("1", Self.anna, [("2", "PJSIP/200")], answeredBy: nil) }
        let desks = ["PJSIP/200", "Anna Rossi", Self.seat].map { bench.desk($0) }
        let other = bench.desk("PJSIP/201")
        bench.join("3", queue: "600")
        bench.callMember("3", Self.anna, [("4", "PJSIP/200")])
        for desk in desks { #expect(bench.shown(desk) == [.preview]) }
        bench.answer("3", Self.anna, "4")
        for desk in desks { #expect(bench.shown(desk) == [.open]) }
        bench.end("3", "4")
        for desk in desks { #expect(bench.shown(desk) == [.closed]) }
        #expect(bench.shown(other) == [])
    }

    @Test("loses the card on the desk of a telephone that proves to be one of several behind the member")
    func groupDesk() {
        var bench = Self.bench([Self.anna])
        let desk = bench.desk("PJSIP/301")
        bench.join("1", queue: "600")
        bench.callMember("1", Self.anna, [("2", "PJSIP/301")])
        #expect(bench.shown(desk) == [.preview])
        bench.dial("1-l2", "3", "PJSIP/302")
        #expect(bench.shown(desk) == [.cancelled])
        bench.answer("1", Self.anna, "3")
        bench.end("1", "3")
        #expect(bench.shown(desk) == [])
    }

    @Test("is offered for a desk by the configured interface, and ends her after-call work from it")
    func configuredDesk() {
        var bench = Self.bench([Self.anna]) {
            $0.agents = [
                .init(
                    id: "arossi", name: "Anna", interface: Interface("PJSIP/200"),
                    token: Configuration.Secret("desk-secret"))
            ]
            $0.queueDefaults.wrapUp = .seconds(60)
        }
        bench.queueCall("1", Self.anna, [("2", "PJSIP/200")], answeredBy: "2")
        #expect(agents(bench).first?.contains(" wrapUp ") == true)
        #expect(
            bench.request("GET", "/v1/agents", [("Authorization", "Bearer desk-secret")]).body
                == #"{"agents":[{"interface":"PJSIP/200","name":"Anna Rossi","otherNames":["Local/200@from-queue/n"],"switch":"roma"}]}"#
        )
        let desk = bench.desk("arossi")
        bench.send(#"{"type":"wrapUp.done"}"# + "\n", desk)
        #expect(agents(bench).first?.contains(" available ") == true)
    }

    // MARK: teams

    @Test("is in the team that the configuration gives her by any of her names, from when it is known")
    func team() {
        for name in ["PJSIP/200", Self.seat] {
            var bench = Self.bench([Self.anna]) {
                $0.organisation.teams = [.init(name: "vendite", agents: [Interface(name)])]
            }
            bench.queueCall("1", Self.anna, [("2", "PJSIP/200")], answeredBy: "2")
            #expect(bench.gateway.core.switches[0].acd.teams == ["vendite"])
        }
    }

    // MARK: configured

    @Test("is identified by the configuration, whatever is seen")
    func configured() {
        var bench = Self.bench([Self.anna, Member(seat: "SIP/anna", name: "Postazione", queue: "700")]) {
            $0.agents = [
                .init(
                    id: "a", name: "Anna", interface: Interface("PJSIP/200"),
                    members: [Interface(Self.seat), Interface("SIP/anna")])
            ]
        }
        #expect(agents(bench) == ["PJSIP/200 “Anna Rossi” available 600+700"])
        bench.directCall("1", on: "PJSIP/200")
        bench.queueCall("2", Self.anna, [("3", "PJSIP/301")], answeredBy: "3")
        bench.directCall("4", on: "PJSIP/301")
        bench.directCall("5", on: "SIP/anna")
        #expect(legs(bench) == ["PJSIP/200 direct", "PJSIP/200 queue", "PJSIP/301 direct", "PJSIP/200 direct"])
    }

    @Test("is identified by the configuration from a restart on, with what was known of her before")
    func newlyConfigured() throws {
        var bench = Self.bench([Self.anna])
        bench.queueCall("1", Self.anna, [("2", "PJSIP/200")], answeredBy: "2")
        var configuration = Bench.configuration
        configuration.agents = [
            .init(id: "a", name: "Anna", interface: Interface("PJSIP/200"), members: [Interface(Self.seat)])
        ]
        var core = bench.gateway.core
        core.handle(.resumed(.init(seed: 3, rules: configuration.rules)), .none, at: bench.moment + .seconds(60)) {
            _, _ in
        }
        let known = core.switches[0].acd.agents.values.filter { $0.isAnother != true }
        #expect(known.map(\.agent.interface) == [Interface("PJSIP/200")] && known.first?.queues == [QueueName("600")])
        let journalled = try #require(JSON.decode(Core.Rules.self, from: JSON.encode(configuration.rules)))
        #expect(journalled.agentsByName(on: SwitchID("roma")).count == 2)
    }

    // MARK: kept

    @Test("stays so over a restart: a checkpoint has what was learnt, and reads as it was written")
    func checkpoint() throws {
        let group = Member(seat: "Local/600@gruppo/n", name: "Gruppo", queue: "600")
        let direct = Member(seat: "PJSIP/300", name: "Bruno", queue: "700")
        let bruno = Member(seat: "Local/300@from-queue/n", name: "Bruno", queue: "600")
        var bench = Self.bench([Self.anna, group, direct, bruno])
        bench.queueCall("1", Self.anna, [("2", "PJSIP/200")], answeredBy: "2")
        bench.queueCall("3", group, [("4", "PJSIP/401"), ("5", "PJSIP/402")], answeredBy: "4")
        let state = bench.gateway.core
        let read = try #require(JSON.decode(Core.self, from: JSON.encode(state)))
        let before = agents(bench)
        bench.gateway = Gateway(configuration: Bench.configuration, digests: .openSSL, seed: 1, known: read)
        #expect((bench.gateway.core == state) as Bool)
        #expect(agents(bench) == before)
        bench.directCall("6", on: "PJSIP/200")
        bench.queueCall("7", group, [("8", "PJSIP/401")], answeredBy: "8")
        bench.directCall("9", on: "PJSIP/401")
        bench.directCall("10", on: "PJSIP/300")
        #expect(
            legs(bench).suffix(4) == [
                "\(Self.seat) direct", "Local/600@gruppo/n queue", "PJSIP/401 direct", "PJSIP/300 direct",
            ])
    }

    @Test("is learnt in a call that goes on: what rings and talks is the one agent's, and ends")
    func merging() {
        let direct = Member(seat: "PJSIP/200", name: "A. Rossi", queue: "700")
        var bench = Self.bench([direct, Self.anna])
        #expect(agents(bench).count == 2)
        bench.join("1", queue: "600")
        bench.callMember("1", Self.anna, [])
        #expect(agents(bench).count == 2)
        bench.dial("1-l2", "2", "PJSIP/200")
        #expect(agents(bench) == ["PJSIP/200 “A. Rossi” ringing 600+700"])
        bench.answer("1", Self.anna, "2")
        #expect(agents(bench) == ["PJSIP/200 “A. Rossi” talking 600+700"])
        bench.end("1", "2")
        #expect(agents(bench) == ["PJSIP/200 “A. Rossi” available 600+700"])
        #expect(legs(bench) == ["PJSIP/200 queue"] && bench.savedRecords[0].legs[0].agent.name == "Anna Rossi")
        #expect(
            bench.request("GET", "/v1/agents", [("Authorization", "Bearer desk-secret")]).body
                == #"{"agents":[{"interface":"PJSIP/200","name":"A. Rossi","otherNames":["Local/200@from-queue/n","Anna Rossi"],"switch":"roma"}]}"#
        )
    }
}
