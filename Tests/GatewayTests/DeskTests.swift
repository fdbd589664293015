import ACD
import Directory
import Records
import Figures
import ScreenPop
import Telephony
import Testing
import Time

@testable import Core
@testable import Edges
@testable import Gateway

@Suite("A desk")
struct DeskTests {
    var bench = Bench()

    init() { bench.greet() }

    @Test("that says hello is welcomed")
    mutating func welcome() {
        let desk = bench.connect(.desks)
        bench.send(Bench.hello("PJSIP/1001"), desk)
        #expect(
            bench.lines(desk) == [
                #"{"agent":"PJSIP/1001","heartbeatSeconds":15,"server":"centralino","timeZone":"Europe/Rome","type":"welcome","version":1}"#
            ])
        #expect(bench.closedByUs == [])
    }

    @Test("is known by id, name or interface where agents are configured")
    func configuredAgents() {
        var configuration = Bench.configuration
        configuration.agents = [.init(id: "anna", name: "Anna Rossi", interface: Interface("PJSIP/1001"))]
        var bench = Bench(configuration)
        for name in ["anna", "Anna Rossi", "PJSIP/1001"] {
            let desk = bench.connect(.desks)
            bench.send(Bench.hello(name), desk)
            #expect(
                bench.lines(desk) == [
                    #"{"agent":"Anna Rossi","heartbeatSeconds":15,"interface":"PJSIP/1001","server":"centralino","timeZone":"Europe/Rome","type":"welcome","version":1}"#
                ])
        }
        let stranger = bench.connect(.desks)
        bench.send(Bench.hello("PJSIP/1002"), stranger)
        #expect(types(bench.lines(stranger)) == ["refused: agent"])
    }

    @Test(
        "is refused with the reason and the connection is closed",
        arguments: [
            (Bench.hello("PJSIP/1001", token: "guess"), "token"), (Bench.hello("PJSIP/1001", token: ""), "token"),
            (Bench.hello("PJSIP/1001", version: 2), "version"), (Bench.hello(""), "agent"),
            (Bench.hello(String(repeating: "a", count: 121)), "agent"),
            ("nonsense\n", "malformed"), ("[]\n", "malformed"), (#"{"type":"hello"}"# + "\n", "malformed"),
            (#"{"type":"pop.ack","popId":"x","revision":1}"# + "\n", "malformed"),
            (#"{"type":"other"}"# + "\n", "malformed"),
            ("\u{0}\u{1}\n", "malformed"), (String(repeating: "x", count: 20_000), "tooLong"),
        ])
    mutating func refused(text: String, reason: String) {
        let desk = bench.connect(.desks)
        bench.send(text, desk)
        #expect(types(bench.lines(desk)) == ["refused: \(reason)"])
        #expect(bench.closedByUs == [desk])
        // What it sends afterwards is ignored.
        bench.send(Bench.hello("PJSIP/1001"), desk)
        #expect(bench.lines(desk) == [])
    }

    @Test(
        "learns which member of its message is missing or wrong, but no value of it",
        arguments: [
            ("nonsense", "This is not JSON in UTF-8, or a number in it is not a whole number."),
            ("[]", "A message is a JSON object."),
            ("{}", "The member “type” is missing."),
            (#"{"type":7}"#, "The member “type” must be a string."),
            (
                #"{"type":"helo","token":"segreto"}"#,
                "The type “helo” is unknown; there are hello, pop.ack and wrapUp.done."
            ),
            (#"{"type":"hello","token":"segreto","version":1}"#, "The member “agent” is missing."),
            (#"{"type":"hello","token":"segreto","agent":null,"version":1}"#, "The member “agent” must be a string."),
            (
                #"{"type":"hello","token":"segreto","agent":"a","version":"1"}"#,
                "The member “version” must be a whole number."
            ),
            (
                #"{"type":"hello","token":"segreto","agent":"a","version":1.5}"#,
                "This is not JSON in UTF-8, or a number in it is not a whole number."
            ),
            (
                #"{"type":"hello","token":"segreto","agent":"a","version":1,"switch":1}"#,
                "The member “switch” must be a string."
            ),
            (#"{"type":"pop.ack","revision":1}"#, "The member “popId” is missing."),
            (
                #"{"type":"hello","token":"a","token":"segreto","agent":"a","version":1}"#,
                "The member “token” occurs twice, and it is unknown which is meant. Send it once."
            ),
        ])
    mutating func faults(text: String, fault: String) {
        let desk = bench.connect(.desks)
        bench.send(text + "\n", desk)
        let line = bench.lines(desk).first ?? ""
        #expect(line.contains(#""message":"\#(fault) The messages are in ScreenPop.md.""#), "\(line)")
        #expect(line.contains(#""reason":"malformed""#) && !line.contains("segreto"))
    }

    @Test(
        "shows no name where the switch has none, whatever it writes in its place",
        arguments: [
            "0", "Unknown", "Anonymous", "unavailable", "<unknown>", "anonimo", "No Caller ID", "asterisk",
            "Sconosciuto",
        ])
    mutating func noName(word: String) throws {
        let desk = bench.desk("PJSIP/1001")
        bench.join("c1", number: "0612345678", name: word)
        bench.ring("c1", agent: "1001")
        let pop = try #require(bench.pops(desk).first)
        #expect(pop.caller.name == nil && pop.caller.display == "0612345678")
        bench.dialEnd("c1", agent: "1001", "CANCEL")
        bench.hangUp("c1")
        #expect(bench.saved.count == 1 && bench.saved.first?.caller.name == nil)
    }

    @Test("shows a name that only resembles one of these", arguments: ["Anonima Sarda", "0 Rossi", "Privata"])
    mutating func name(word: String) throws {
        let desk = bench.desk("PJSIP/1001")
        bench.join("c1", number: "0612345678", name: word)
        bench.ring("c1", agent: "1001")
        #expect(try #require(bench.pops(desk).first).caller.name == word)
    }

    @Test(
        "ends its agent's after-call work, whose length is then in the figures; and the core is informed, so that the journal has it"
    )
    func wrapUpDone() throws {
        var configuration = Bench.configuration
        configuration.queueDefaults.wrapUp = .seconds(60)
        var bench = Bench(configuration)
        bench.greet()
        bench.member("1001")
        let desk = bench.desk("PJSIP/1001")
        bench.join("c1")
        bench.ring("c1", agent: "1001")
        bench.pickUp("c1", agent: "1001")
        bench.wait(.seconds(10))
        bench.hangUp("c1", agent: "1001")
        func state() -> String {
            bench.gateway.core.switches[0].acd.agents[Interface("PJSIP/1001")].map { $0.state(at: bench.now).rawValue }
                ?? ""
        }
        #expect(state() == "wrapUp")
        bench.wait(.seconds(7))
        bench.send(#"{"type":"wrapUp.done"}"# + "\n", desk)
        #expect(state() == "available")
        let legs = bench.gateway.core.switches[0].acd.facts[QueueName("info")]?.legs
        #expect(legs?.map(\.wrapUp) == [.seconds(7)] && legs?.map(\.wrapUpTimedOut) == [false])
        // Again, and by a desk that has no such work: no effect.
        bench.send(#"{"type":"wrapUp.done"}"# + "\n", desk)
        #expect(state() == "available" && bench.closedByUs == [])
        for input in [
            Core.Input.wrapUpDone(agent: "PJSIP/1001", on: nil),
            .wrapUpDone(agent: "Anna\nRossi", on: SwitchID("roma")),
        ] {
            #expect(Core.Input(.wrapUpDone, ConnectionID(0), input.bytes) == input)
        }
    }

    @Test(
        "of one switch's agent sees no calls of another switch's telephone of the same name, and does not end that agent's work"
    )
    func equalInterfaces() throws {
        var configuration = Bench.configuration
        var other = configuration.switches[0]
        other.name = SwitchID("milano")
        configuration.switches.append(other)
        configuration.queueDefaults.wrapUp = .seconds(60)
        var gateway = Gateway(configuration: configuration, digests: .openSSL, seed: 7)
        var inbox: [ConnectionID: String] = [:]
        var links: [ConnectionID] = []
        var ended: [String] = []
        func tell(_ input: Gateway.Input, _ gateway: inout Gateway) {
            var effects: [Effect] = []
            gateway.handle(input, at: Moment(uptime: .seconds(1), date: Bench.start), into: &effects)
            for effect in effects {
                switch effect {
                case .connect(let id, _, _): links.append(id)
                case .send(let id, let bytes): inbox[id, default: ""] += String(decoding: bytes, as: UTF8.self)
                case .journal(.wrapUpDone(let agent, let name)): ended.append("\(agent) on \(name?.rawValue ?? "all")")
                default: break
                }
            }
        }
        tell(.started, &gateway)
        for link in links {
            tell(.opened(link), &gateway)
            tell(.received(link, Array("Asterisk Call Manager/11.0.0\r\n".utf8)), &gateway)
        }
        let (roma, milano, both) = (ConnectionID(1), ConnectionID(3), ConnectionID(5))
        for (desk, name) in [(roma, "\"switch\":\"roma\","), (milano, "\"switch\":\"milano\","), (both, "")] {
            tell(.accepted(desk, .desks), &gateway)
            let token = configuration.deskToken?.value ?? ""
            let hello = "{\"type\":\"hello\",\"token\":\"\(token)\",\(name)\"agent\":\"PJSIP/1001\",\"version\":1}\n"
            tell(.received(desk, Array(hello.utf8)), &gateway)
        }
        let call =
            "Channel: PJSIP/t-1\r\nCallerIDNum: 0612345678\r\nContext: in\r\nExten: 800\r\nPriority: 2\r\nUniqueid: 1.1\r\nLinkedid: 1.1\r\n"
        let events = [
            "Newchannel\r\n" + call, "QueueCallerJoin\r\n" + call + "Queue: info\r\nPosition: 1\r\n",
            "AgentCalled\r\n" + call
                + "DestChannel: PJSIP/1001-1\r\nDestUniqueid: 1.2\r\nQueue: info\r\nInterface: PJSIP/1001\r\nMemberName: A\r\n",
        ]
        tell(.received(links[1], Array(events.map { "Event: \($0)\r\n" }.joined().utf8)), &gateway)
        #expect(inbox[roma]?.contains("pop.preview") == false, "a citizen who called Milano")
        #expect(inbox[milano]?.contains("pop.preview") == true && inbox[both]?.contains("pop.preview") == true)
        tell(.received(roma, Array("{\"type\":\"wrapUp.done\"}\n".utf8)), &gateway)
        #expect(ended == ["PJSIP/1001 on roma"])
    }

    @Test("may send little before its welcome, and more after it")
    mutating func longHello() {
        let longest = String(repeating: "x", count: Limits.helloBytes)
        for (text, refusal) in [(longest, "malformed"), (longest + "x", "tooLong")] {
            let stranger = bench.connect(.desks)
            bench.send(text + "\n", stranger)
            #expect(types(bench.lines(stranger)) == ["refused: \(refusal)"])
        }
        let desk = bench.desk("PJSIP/1001")
        bench.send(longest + "x\n", desk)
        #expect(types(bench.lines(desk)) == ["refused: malformed"])
    }

    @Test("that says hello twice, or sends nonsense later, is refused")
    mutating func nonsenseLater() {
        for text in [Bench.hello("PJSIP/1001"), "?\n"] {
            let desk = bench.desk("PJSIP/1001")
            bench.send(text, desk)
            #expect(types(bench.lines(desk)) == ["refused: malformed"])
            #expect(bench.closedByUs.contains(desk))
        }
    }

    @Test("that says no hello within 10 s is refused, to the instant")
    mutating func tooLate() {
        let desk = bench.connect(.desks)
        bench.wait(.milliseconds(9999))
        #expect(bench.lines(desk) == [])
        bench.wait(.milliseconds(1))
        #expect(types(bench.lines(desk)) == ["refused: tooLate"])
        #expect(bench.closedByUs == [desk])
    }

    @Test("is refused where no token is configured at all")
    func noToken() {
        var configuration = Bench.configuration
        configuration.deskToken = nil
        var bench = Bench(configuration)
        let desk = bench.connect(.desks)
        bench.send(Bench.hello("PJSIP/1001", token: ""), desk)
        #expect(types(bench.lines(desk)) == ["refused: token"])
    }

    @Test("of an agent with a token of her own is admitted with that and with no other")
    func ownToken() {
        var configuration = Bench.configuration
        configuration.agents = [
            .init(
                id: "anna", name: "Anna", interface: Interface("PJSIP/1001"), token: Configuration.Secret("anna-secret")
            ),
            .init(id: "bruno", name: "Bruno", interface: Interface("PJSIP/1002")),
        ]
        var bench = Bench(configuration)
        for (agent, token, answer) in [
            ("anna", "anna-secret", "welcome"), ("anna", "desk-secret", "refused: token"),
            ("bruno", "desk-secret", "welcome"),
            ("bruno", "anna-secret", "refused: token"),
        ] {
            let desk = bench.connect(.desks)
            bench.send(Bench.hello(agent, token: token), desk)
            #expect(types(bench.lines(desk)) == [answer])
        }
    }

    @Test("never makes a token appear in the log")
    mutating func secretLog() {
        let desk = bench.connect(.desks)
        bench.send(Bench.hello("PJSIP/1001", token: "guess-123"), desk)
        #expect(!bench.log.contains { $0.text.contains("guess-123") || $0.text.contains("desk-secret") })
        #expect(bench.log.contains { $0.subject == "desks" })
    }

    @Test("receives a heartbeat every 15 s")
    mutating func heartbeat() {
        let desk = bench.desk("PJSIP/1001")
        bench.wait(.seconds(60))
        let heard = types(bench.lines(desk))
        #expect(heard.allSatisfy { $0 == "heartbeat" })
        #expect((4...5).contains(heard.count))
    }

    @Test("receives its heartbeat with some others, never with all")
    mutating func heartbeatParts() {
        let desks = (0..<120).map { _ in bench.desk("PJSIP/1001") }
        var most = 0
        for _ in 0..<60 {
            bench.wait(.milliseconds(250))
            most = max(most, desks.count { !bench.lines($0).isEmpty })
        }
        #expect((1...2).contains(most), "of 120 desks")
    }

    @Test("receives the same by WebSocket as on the TCP port, to the byte")
    mutating func transports() {
        let tcp = bench.desk("PJSIP/1001")
        let web = bench.webSocket("/v1/desk")
        bench.send(Bench.frame(Bench.hello("PJSIP/1001")), web)
        #expect(types(bench.frames(web)) == ["welcome"])
        bench.join("1.1")
        bench.ring("1.1", agent: "1001")
        bench.pickUp("1.1", agent: "1001")
        bench.hangUp("1.1", agent: "1001")
        let lines = bench.lines(tcp)
        #expect(types(lines) == ["pop.preview", "pop.open", "pop.closed"])
        #expect(bench.frames(web) == lines)
    }

    @Test("by WebSocket is refused with a message and the close code 1008")
    mutating func refusedByWebSocket() {
        let web = bench.webSocket("/v1/desk")
        bench.send(Bench.frame(Bench.hello("PJSIP/1001", token: "guess")), web)
        let frames = bench.frames(web)
        #expect(types(Array(frames.prefix(1))) == ["refused: token"])
        #expect(frames.last == "close 1008")
        #expect(bench.closedByUs == [web])
    }
}

@Suite("A pop")
struct PopTests {
    var bench = Bench()

    init() { bench.greet() }

    @Test("is previewed when the telephone rings, opened at the answer, closed at the end: on the right desk only")
    mutating func answered() throws {
        let anna = bench.desk("PJSIP/1001")
        let bruno = bench.desk("PJSIP/1002")
        bench.join("1.1")
        bench.wait(.seconds(10))
        bench.ring("1.1", agent: "1001")
        bench.wait(.seconds(4))
        bench.pickUp("1.1", agent: "1001")
        bench.wait(.seconds(60))
        bench.hangUp("1.1", agent: "1001")
        #expect(types(bench.lines(bruno)).allSatisfy { $0 == "heartbeat" })
        let pops = bench.pops(anna).reduce(into: [Pop]()) { pops, pop in
            if pops.last?.revision != pop.revision { pops.append(pop) }
        }
        #expect(pops.map(\.type) == [.preview, .open, .closed])
        #expect(Set(pops.map(\.popId)).count == 1)
        #expect(pops.map(\.revision) == [1, 2, 3])
        #expect(
            pops.map(\.at) == [
                "2026-03-02T08:00:10.000Z", "2026-03-02T08:00:14.000Z", "2026-03-02T08:01:14.000Z",
            ])
        #expect(pops.map(\.waitSeconds) == [10, 14, 14])
        let last = try #require(pops.last)
        #expect(last.reason == .ended)
        #expect(last.talkSeconds == 60)
        #expect(last.holdSeconds == 0)
        #expect(last.queue == "info")
        #expect(last.called == "800")
        #expect(last.switch == "roma")
    }

    @Test("of each rung agent is cancelled with the reason when another answers")
    mutating func answeredElsewhere() {
        let anna = bench.desk("PJSIP/1001")
        let bruno = bench.desk("Agente 1002")
        bench.join("1.1")
        bench.ring("1.1", agent: "1001")
        bench.ring("1.1", agent: "1002")
        bench.pickUp("1.1", agent: "1002")
        bench.dialEnd("1.1", agent: "1001", "CANCEL")
        #expect(bench.pops(anna).map(\.type) == [.preview, .cancelled])
        #expect(bench.pops(bruno).map(\.type) == [.preview, .open])
        bench.join("1.2")
        bench.ring("1.2", agent: "1001")
        bench.dialEnd("1.2", agent: "1001", "BUSY")
        bench.ring("1.2", agent: "1001")
        #expect(bench.pops(anna).map(\.reason) == [nil, .busy, nil])
        bench.hangUp("1.2")
        bench.dialEnd("1.2", agent: "1001", "CANCEL")
        #expect(bench.pops(anna).map(\.reason) == [.callerLeft])
    }

    @Test("is sent again after 2 s, three times in all, and then counted as not acknowledged")
    mutating func resend() {
        let desk = bench.desk("PJSIP/1001")
        bench.join("1.1")
        bench.answer(bench.lookups[0].id, DirectoryAnswer(number: .unavailable, match: .none))
        bench.ring("1.1", agent: "1001")
        #expect(bench.pops(desk).map(\.revision) == [1])
        bench.wait(.milliseconds(1999))
        #expect(bench.pops(desk) == [])
        bench.wait(.milliseconds(1))
        #expect(bench.pops(desk).map(\.type) == [.preview])
        bench.wait(.seconds(2))
        #expect(bench.pops(desk).map(\.revision) == [1])
        bench.wait(.seconds(10))
        #expect(bench.pops(desk) == [])
        #expect(bench.request("GET", "/v1/status").body.contains(#""popsUnacknowledged":1"#))
    }

    @Test("that is acknowledged is not sent again; an old revision's acknowledgement does not count for the new one")
    mutating func acknowledged() throws {
        let desk = bench.desk("PJSIP/1001")
        bench.join("1.1")
        bench.answer(bench.lookups[0].id, DirectoryAnswer(number: .unavailable, match: .none))
        bench.ring("1.1", agent: "1001")
        let preview = try #require(bench.pops(desk).first)
        bench.send(Bench.acknowledgement(preview), desk)
        bench.wait(.seconds(10))
        #expect(bench.pops(desk) == [])
        bench.pickUp("1.1", agent: "1001")
        let open = try #require(bench.pops(desk).first)
        bench.send(Bench.acknowledgement(preview), desk)
        bench.wait(.seconds(2))
        #expect(bench.pops(desk).map(\.type) == [.open])
        bench.send(Bench.acknowledgement(open), desk)
        bench.wait(.seconds(10))
        #expect(bench.pops(desk) == [])
        #expect(bench.request("GET", "/v1/status").body.contains(#""popsUnacknowledged":0"#))
    }

    @Test(
        "that changed before it was acknowledged is sent again in its new form, 2 s after the change; the old one is forgotten"
    )
    mutating func superseded() throws {
        let desk = bench.desk("PJSIP/1001")
        bench.join("1.1")
        bench.answer(bench.lookups[0].id, DirectoryAnswer(number: .unavailable, match: .none))
        bench.ring("1.1", agent: "1001")
        #expect(bench.pops(desk).map(\.revision) == [1])
        bench.wait(.seconds(1))
        bench.pickUp("1.1", agent: "1001")
        #expect(bench.pops(desk).map(\.revision) == [2])
        bench.wait(.milliseconds(1999))
        #expect(bench.pops(desk) == [], "2 s after the preview, which nobody needs any more")
        bench.wait(.milliseconds(1))
        let open = try #require(bench.pops(desk).first)
        #expect(open.type == .open && open.revision == 2)
        bench.send(Bench.acknowledgement(open), desk)
        bench.wait(.seconds(10))
        #expect(bench.pops(desk) == [])
        #expect(bench.request("GET", "/v1/status").body.contains(#""popsUnacknowledged":0"#))
    }

    @Test("comes to a desk that reconnects: only the current one, in its present form")
    mutating func reconnected() {
        bench.join("1.1")
        bench.ring("1.1", agent: "1001")
        bench.pickUp("1.1", agent: "1001")
        bench.hangUp("1.1", agent: "1001")
        bench.join("1.2")
        bench.ring("1.2", agent: "1001")
        bench.pickUp("1.2", agent: "1001")
        bench.join("1.3")
        bench.ring("1.3", agent: "1002")
        for _ in 0..<2 {
            let desk = bench.connect(.desks)
            bench.send(Bench.hello("PJSIP/1001"), desk)
            let lines = bench.lines(desk)
            // The previous call is reported as one that has ended.
            #expect(types(lines) == ["welcome", "pop.open", "pop.recent"])
            #expect(lines.dropFirst().first?.contains(#""revision":2"#) == true)
            bench.drop(desk)
        }
    }

    @Test(
        "stays on the desk while the link to the switch is broken, and is closed as lost when the call proves to be gone"
    )
    mutating func lost() {
        let desk = bench.desk("PJSIP/1001")
        bench.join("1.1")
        bench.ring("1.1", agent: "1001")
        bench.cutSwitch()
        #expect(bench.pops(desk).map(\.reason) == [nil])
        #expect(bench.saved.isEmpty)
        bench.reconnectSwitch()
        #expect(bench.pops(desk).map(\.reason) == [.lost])
        #expect(bench.saved.map(\.flags) == [["estimated", "lost"]])
        #expect(bench.gateway.nextDeadline != nil)
    }
}

@Suite("A look-up of the caller")
struct LookupTests {
    var bench = Bench()
    private let party = Party(key: "A-1042", kind: .company, name: "Rossi & Figli S.r.l.", town: "Viterbo")
    private let number = CallerNumber.number(e164: "+390612345678", kind: "fixed", display: "06 1234 5678")

    init() { bench.greet() }

    @Test("answered before the telephone rings is on the first card")
    mutating func early() {
        let desk = bench.desk("PJSIP/1001")
        bench.join("1.1")
        #expect(bench.lookups.map(\.caller) == [CallerID(number: "0612345678", name: "Mario")])
        bench.answer(bench.lookups[0].id, DirectoryAnswer(number: number, match: .one(party)))
        bench.ring("1.1", agent: "1001")
        let pops = bench.pops(desk)
        #expect(pops.map(\.type) == [.preview])
        #expect(
            pops.first?.match
                == Pop.Match(
                    result: .one,
                    parties: [.init(key: "A-1042", kind: .company, name: "Rossi & Figli S.r.l.", town: "Viterbo")]))
        #expect(pops.first?.caller.number == "+390612345678")
    }

    @Test("answered while the telephone rings updates the card")
    mutating func whileRinging() {
        let desk = bench.desk("PJSIP/1001")
        bench.join("1.1")
        bench.ring("1.1", agent: "1001")
        bench.wait(.milliseconds(700))
        bench.answer(bench.lookups[0].id, DirectoryAnswer(number: number, match: .one(party)))
        let pops = bench.pops(desk)
        #expect(pops.map(\.type) == [.preview, .update])
        #expect(pops.map(\.match.result) == [.pending, .one])
        #expect(pops.first?.caller.display == "0612345678")
        bench.wait(.seconds(1))
        #expect(bench.pops(desk) == [])
    }

    @Test("that is not answered in 1.5 s is shown as not available; the late answer updates it")
    mutating func never() {
        let desk = bench.desk("PJSIP/1001")
        bench.join("1.1")
        bench.ring("1.1", agent: "1001")
        _ = bench.pops(desk)
        bench.wait(.milliseconds(1499))
        #expect(bench.pops(desk) == [])
        bench.wait(.milliseconds(1))
        #expect(bench.pops(desk).map(\.match.result) == [.notAvailable])
        bench.wait(.seconds(1))
        _ = bench.pops(desk)
        bench.answer(bench.lookups[0].id, DirectoryAnswer(number: number, match: .one(party)))
        #expect(bench.pops(desk).map(\.match.result) == [.one])
    }

    @Test("of a withheld number shows and stores nothing of it")
    mutating func withheld() {
        let desk = bench.desk("PJSIP/1001")
        bench.join("1.1", number: "0612345678", name: "Mario Segreto")
        bench.answer(bench.lookups[0].id, DirectoryAnswer(number: .withheld, match: .withheld))
        bench.ring("1.1", agent: "1001")
        bench.hangUp("1.1")
        let text = bench.lines(desk).joined()
        #expect(text.contains("withheld"))
        #expect(!text.contains("0612345678") && !text.contains("Segreto"))
        #expect(bench.saved.count == 1)
        #expect(!bench.log.contains { $0.text.contains("0612345678") })
    }
    @Test("is not needed to know that a caller withholds the number: even the first card shows none")
    mutating func withheldAtOnce() {
        let desk = bench.desk("PJSIP/1001")
        bench.join("1.1", number: "anonymous", name: "Mario Segreto")
        bench.ring("1.1", agent: "1001")
        bench.hangUp("1.1")
        let text = bench.lines(desk).joined()
        #expect(text.contains("withheld"))
        #expect(!text.contains("Segreto"))
        #expect(bench.lookups.map(\.caller) == [CallerID(number: "anonymous", name: "")])
    }

    @Test("whose question is outdated is ignored")
    mutating func outdated() {
        let desk = bench.desk("PJSIP/1001")
        bench.join("1.1")
        bench.asterisk("NewCallerid|CallerIDNum: anonymous|CallerIDName: Mario|Uniqueid: 1.1")
        bench.ring("1.1", agent: "1001")
        bench.answer(bench.lookups[1].id, DirectoryAnswer(number: .withheld, match: .withheld))
        bench.answer(bench.lookups[0].id, DirectoryAnswer(number: number, match: .one(party)))
        let pops = bench.pops(desk)
        #expect(!pops.isEmpty)
        #expect(pops.map(\.match.result) == pops.map { _ in .withheld })
        #expect(pops.allSatisfy { $0.caller.number == nil && $0.caller.display == nil })
    }
}
