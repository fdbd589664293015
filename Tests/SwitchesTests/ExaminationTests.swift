import AMI
import Switches
import Telephony
import Testing
import Time

@Suite("The examination of a switch")
struct ExaminationTests {
    private func examined(_ name: String, user: String = "centralino", hearing events: Bool = true) throws -> (
        SwitchFacts, ExaminationBench
    ) {
        let recorded = try RecordedAnswers(name)
        var bench = ExaminationBench(
            recorded, way: .init(username: user, isEncrypted: true, isLoopback: false, port: 5039))
        bench.hear(recorded.banner + "\r\n")
        if events { bench.hear(recorded.events) }
        bench.finish()
        #expect(bench.failure == nil)
        return (try #require(bench.facts), bench)
    }

    @Test(
        "learns all that can be known from a user with only the needed rights",
        arguments: ["22-centralino", "16-centralino"])
    func narrow(name: String) throws {
        let (facts, _) = try examined(name)
        #expect(facts.amiVersion == (name.hasPrefix("22") ? "11.0.0" : "5.0.4"))
        #expect(try #require(facts.version).hasPrefix(name.hasPrefix("22") ? "22.10.1" : "16.28.0"))
        #expect(facts.systemName == "")
        #expect(facts.hasBooted)
        #expect(facts.writeClasses == ["reporting"])
        #expect(facts.actions?["CoreSettings"] == ["reporting", "system"])
        #expect(facts.actions?["BridgeDestroy"] == nil, "what everybody may do proves nothing")
        #expect(facts.setting("manager.conf", "centralino", "read") == "system,call,agent,user")
        #expect(facts.setting("manager.conf", "general", "timestampevents") == (name.hasPrefix("22") ? "yes" : nil))
        #expect(facts.setting("queues.conf", "incentivi", "wrapuptime") == "4")
        #expect(
            facts.queues?.map(\.name).sorted() == [
                "decentrata", "incentivi", "informazioni", "orientamento", "prenotazioni", "reclami", "rigida",
            ])
        #expect(facts.queues?.first { $0.name == "incentivi" }?.serviceLevel == 5)
        #expect(
            facts.members.contains(
                .init(
                    queue: "decentrata", name: "Lucia Conti", interface: "Local/1010@agenti-locali",
                    stateInterface: "PJSIP/1010")))
        #expect(facts.dialPlan?.notices.contains { $0.place.context == "dopo-coda" } == true)
        #expect(try #require(facts.dialPlan).queueCalls.count > 20)
    }

    @Test(
        "counts by class the events that come meanwhile, and whether they are stamped; once all classes were seen it waits no longer"
    )
    func events() throws {
        let (facts, bench) = try examined("22-centralino")
        #expect(Set(facts.eventsSeen.keys) == ["agent", "call", "user"])
        #expect(facts.eventsStamped > 30 && facts.eventsUnstamped == 0)
        #expect(facts.listened < .seconds(5), "call, agent, user and FullyBooted have come")
        #expect(bench.now < .seconds(105))
        let (quiet, _) = try examined("22-centralino", hearing: false)
        #expect(quiet.eventsSeen == [:])
        #expect(!quiet.hasBooted)
        #expect(quiet.listened >= .seconds(5))
    }

    @Test("learns next to nothing if the user may ask nothing, and does not treat that as an answer")
    func mute() throws {
        let (facts, bench) = try examined("22-muto", user: "muto")
        #expect(facts.writeClasses == [])
        #expect(facts.actions?["Getvar"] == nil)
        #expect(facts.version == nil && facts.systemName == nil && facts.dialPlan == nil)
        #expect(facts.settings == [:])
        #expect(facts.queues?.count == 7, "everybody may ask for queues")
        #expect(
            !bench.asked.contains { $0.contains("Getvar") || $0.contains("ShowDialPlan") },
            "no refusals in the switch's log")
    }

    @Test("sees surplus rights")
    func broad() throws {
        let (facts, _) = try examined("22-cti", user: "cti")
        #expect(facts.writeClasses == ["agent", "call", "command", "originate", "reporting", "system", "user"])
        #expect(facts.setting("manager.conf", "cti", "read") == "system,call,agent,user,reporting,dtmf")
    }

    @Test("asks only questions that change nothing, and never for a secret")
    func harmless() throws {
        let (_, bench) = try examined("22-cti", user: "cti")
        let names = Set(bench.asked.map { String($0.dropFirst("Action: ".count).prefix { $0.isLetter }) })
        #expect(
            names == [
                "Challenge", "Login", "Ping", "ListCommands", "CoreSettings", "QueueStatus", "ShowDialPlan", "Getvar",
            ])
        #expect(!bench.asked.contains { $0.lowercased().contains("secret") || $0.contains("geheim") })
    }

    @Test("never puts a name into a function that would interpret it", arguments: ["a,b", "a)", "${X}", "a b", ""])
    func names(user: String) throws {
        let (_, bench) = try examined("22-centralino", user: user)
        #expect(!bench.asked.contains { $0.contains("Getvar") && $0.contains("(manager.conf,\(user),") })
        #expect(bench.asked.contains { $0.contains("AST_CONFIG(manager.conf,general,timestampevents,-1)") })
    }

    @Test("compares the clocks by the quickest of eight answers")
    func clock() throws {
        let (facts, bench) = try examined("22-centralino")
        #expect(bench.asked.count { $0.hasPrefix("Action: Ping") } == 8)
        #expect(facts.clock?.roundTrip == .milliseconds(4))
        // The recorded switch reports the time of its recording, which began at the bench's.
        #expect(abs(try #require(facts.clock).offset.seconds) < 2)
    }

    @Test("continues without unanswered questions, and ends")
    func silence() {
        var bench = ExaminationBench(nil)
        bench.hear("Asterisk Call Manager/11.0.0\r\n")
        bench.hear("Response: Success\r\nActionID: doctor-1795555303-1\r\nChallenge: 1\r\n\r\n")
        bench.hear("Response: Success\r\nActionID: doctor-1795555303-2\r\n\r\n")
        // Any bytes prove that the link lives.
        for _ in 0..<20 where bench.facts == nil {
            bench.hear("Event: X\r\nPrivilege: call,all\r\n\r\n")
            bench.finish()
        }
        #expect(bench.failure == .silent(for: .seconds(25)))
    }

    @Test("fails with the reason if the switch refuses the login")
    func refused() {
        var bench = ExaminationBench(nil)
        bench.hear("Asterisk Call Manager/11.0.0\r\n")
        bench.hear("Response: Success\r\nActionID: doctor-1795555303-1\r\nChallenge: 1\r\n\r\n")
        bench.hear("Response: Error\r\nActionID: doctor-1795555303-2\r\nMessage: Authentication failed\r\n\r\n")
        #expect(bench.failure == .loginRefused(username: "centralino", reason: "Authentication failed"))
        #expect(bench.facts == nil)
    }
}
