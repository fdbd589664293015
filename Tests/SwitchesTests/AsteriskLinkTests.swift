import Switches
import Telephony
import Testing
import Time

@Suite("The link to an Asterisk")
struct AsteriskLinkTests {
    @Test("connects, logs in, asks for the inventory and is connected when that is complete")
    func life() {
        var bench = LinkBench()
        bench.start()
        bench.open()
        bench.hear("Asterisk Call Manager/11.0.0\n")
        #expect(bench.take() == ["connecting", "connect", "loggingIn", "Action: Login"])
        bench.hear("Response: Success\nActionID: \(bench.actionID)\nMessage: Authentication accepted\n\n")
        #expect(bench.take() == ["synchronizing", "Action: BridgeList"])
        bench.tellInventory(
            "Event: QueueParams\nQueue: info\nActionID: $id\n\nEvent: Hold\nUniqueid: 7.1\n\nEvent: QueueMember\nQueue: info\nName: Anna\nLocation: PJSIP/1001\nStatus: 1\nPaused: 0\nActionID: $id\n\n"
        )
        #expect(
            bench.take() == [
                "Action: CoreShowChannels", "Action: QueueStatus", "inventory", "event", "inventory", "connected",
            ])
        #expect(bench.events.count == 3)
        #expect(bench.events[1] == .held(ChannelID("7.1")))
        #expect(bench.link.state == .connected)
    }

    @Test("receives events from the login on, and counts those with a meaning")
    func events() {
        var bench = LinkBench.connected()
        bench.hear("Event: Hold\nUniqueid: 7.1\n\nEvent: VarSet\nUniqueid: 7.1\n\nEvent: Unho")
        bench.hear("ld\nUniqueid: 7.1\n\n")
        #expect(bench.events == [.held(ChannelID("7.1")), .retrieved(ChannelID("7.1"))])
        #expect(bench.link.read == 3)
        #expect(bench.link.understood == 2)
    }

    @Test(
        "is retried after 0.5 s, doubled each time up to 30 s, plus or minus 20 %",
        arguments: 1...10 as ClosedRange<UInt64>)
    func backoff(seed: UInt64) {
        var bench = LinkBench(seed: seed)
        bench.start()
        for milliseconds in [500, 1000, 2000, 4000, 8000, 16000, 30000, 30000, 30000] as [Int64] {
            bench.close("connection refused")
            let pause = bench.link.nextDeadline! - bench.now
            #expect(pause >= .milliseconds(milliseconds * 8 / 10), "seed \(seed)")
            #expect(pause <= .milliseconds(milliseconds * 12 / 10), "seed \(seed)")
            _ = bench.take()
            bench.wait(pause - Span(microseconds: 1))
            #expect(bench.take() == [])
            bench.wait(Span(microseconds: 1))
            #expect(bench.take() == ["connecting", "connect"])
        }
    }

    @Test("spreads its attempts: two gateways do not connect at the same moment")
    func jitter() {
        let pauses = (1...20 as ClosedRange<UInt64>).map { seed in
            var bench = LinkBench(seed: seed)
            bench.start()
            bench.close()
            return bench.link.nextDeadline! - bench.now
        }
        #expect(Set(pauses).count > 10)
    }

    @Test(
        "begins with short pauses again once it has its inventory; until then a switch that drops us counts like one that does not answer"
    )
    func backoffReset() {
        var bench = LinkBench()
        bench.start()
        for _ in 0..<6 {
            bench.close()
            bench.wait(.seconds(40))
        }
        bench.logIn()
        bench.close()
        #expect(bench.link.nextDeadline! - bench.now >= .seconds(24))
        bench.wait(.seconds(40))
        bench.logIn()
        bench.tellInventory()
        bench.close()
        #expect(bench.link.nextDeadline! - bench.now <= .milliseconds(600))
    }

    @Test("reports the loss of the switch only if it was logged in, once for each lost connection")
    func cuts() {
        var bench = LinkBench()
        bench.start()
        bench.open()
        bench.close("cut in the login")
        #expect(bench.take().contains("lost") == false)
        for round in 1...3 {
            bench.wait(.seconds(40))
            bench.logIn()
            if round == 2 { bench.tellInventory() }
            if round == 3 {
                bench.hear("Response: Success\nActionID: \(bench.actionID)\nEventList: start\n\nEvent: QueuePar")
            }
            _ = bench.take()
            bench.close("cut \(round)")
            #expect(bench.take() == ["lost", "disconnected: cut \(round)"])
        }
        bench.wait(.seconds(40))
        bench.logIn()
        bench.tellInventory()
        // The half message of the previous connection is not completed by this one.
        #expect(bench.link.state == .connected)
        #expect(bench.link.malformed == 0)
        #expect(bench.connections == 5)
    }

    @Test(
        "is refused with a text that says what to check, and does not retry for at least 60 s",
        arguments: 1...10 as ClosedRange<UInt64>)
    func refused(seed: UInt64) {
        var bench = LinkBench(seed: seed)
        bench.start()
        bench.open()
        bench.hear("Asterisk Call Manager/11.0.0\n")
        _ = bench.take()
        bench.hear("Response: Error\nActionID: \(bench.actionID)\nMessage: Authentication failed\n\n")
        #expect(
            bench.take() == [
                "refused: Asterisk refused the login of “cti”: Authentication failed. Check [cti] in manager.conf: secret, and deny/permit for this host.",
                "close",
            ])
        #expect(bench.link.state == .refused)
        bench.close("closed")
        #expect(bench.link.state == .refused)
        let pause = bench.link.nextDeadline! - bench.now
        #expect(pause >= .seconds(60) && pause <= .seconds(90))
        #expect(bench.take() == [])
        bench.wait(pause)
        #expect(bench.take() == ["connecting", "connect"])
        bench.logIn()
        bench.tellInventory()
        #expect(bench.link.state == .connected)
    }

    @Test("is also refused for a wrong certificate, and waits as long", arguments: 1...10 as ClosedRange<UInt64>)
    func badCertificate(seed: UInt64) {
        var bench = LinkBench(seed: seed)
        bench.start()
        _ = bench.take()
        bench.close("the certificate expired", isConfigurationFault: true)
        #expect(bench.take() == ["refused: the certificate expired"])
        let pause = bench.link.nextDeadline! - bench.now
        #expect(pause >= .seconds(60) && pause <= .seconds(90))
        bench.wait(pause)
        #expect(bench.take() == ["connecting", "connect"])
        // The next failure is judged by itself.
        bench.close("connection refused")
        #expect(bench.take() == ["disconnected: connection refused"])
        #expect(bench.link.nextDeadline! - bench.now <= .seconds(2))
    }

    @Test("is also refused for a port that is not AMI")
    func notAsterisk() {
        var bench = LinkBench()
        bench.start()
        bench.open()
        _ = bench.take()
        bench.hear("SSH-2.0-OpenSSH_9.2\n")
        let said = bench.take()
        #expect(said.count == 2)
        #expect(said[0].hasPrefix("refused: This port does not speak AMI: it began with “SSH-2.0-OpenSSH_9.2”"))
        #expect(said[0].contains("Check host and port"))
        #expect(said[1] == "close")
    }

    @Test("asks a silent switch with Ping, twice, and then gives it up")
    func silence() {
        var bench = LinkBench.connected()
        bench.wait(.seconds(14))
        #expect(bench.take() == [])
        bench.wait(.seconds(1))
        #expect(bench.take() == ["Action: Ping"])
        bench.wait(.seconds(5))
        #expect(bench.take() == ["Action: Ping"])
        bench.wait(.seconds(5))
        let said = bench.take()
        #expect(said.count == 2)
        #expect(said.first?.hasPrefix("disconnected: The switch has said nothing for 25 s") == true)
        #expect(said.last == "close")
        let heard = bench.now - .seconds(25)
        bench.close("closed by us")
        #expect(bench.take().first == "lost")
        #expect(bench.lostAt?.uptime == heard, "what happened in the silence was not heard either")
    }

    @Test("keeps a quiet switch that answers Ping")
    func ping() {
        var bench = LinkBench.connected()
        for _ in 0..<20 {
            bench.wait(.seconds(15))
            #expect(bench.take() == ["Action: Ping"])
            bench.hear("Response: Success\nActionID: \(bench.actionID)\nPing: Pong\n\n")
        }
        #expect(bench.link.state == .connected)
    }

    @Test("gives up a switch that greets and does not answer the login, or does not greet")
    func loginUnanswered() {
        for greeting in ["", "Asterisk Call Manager/11.0.0\n"] {
            var bench = LinkBench()
            bench.start()
            bench.open()
            bench.hear(greeting)
            _ = bench.take()
            bench.wait(.seconds(10))
            let said = bench.take()
            #expect(said.first?.hasPrefix("disconnected: ") == true)
            #expect(said.last == "close")
        }
    }

    @Test("asks for the inventory again after malformed bytes, because something may have been lost")
    func malformed() {
        var bench = LinkBench.connected()
        bench.hear("this is no header\n\nEvent: Hold\nUniqueid: 7.1\n\n")
        #expect(bench.link.malformed == 1)
        #expect(bench.take() == ["event", "Action: BridgeList"])
        bench.hear("neither is this\n\n")
        // One inventory at a time.
        #expect(bench.take() == [])
        bench.tellInventory()
        // A malformed answer must not make us ask for ever: once a minute is the limit.
        #expect(bench.take() == ["Action: CoreShowChannels", "Action: QueueStatus", "connected"])
        bench.hear("nor this\n\n")
        #expect(bench.take() == [])
        bench.skip(.seconds(60))
        bench.hear("nor this\n\n")
        #expect(bench.take() == ["Action: BridgeList"])
        // Begin and end of the first inventory and of the second, and the beginning of the third.
        #expect(bench.brackets == 5)
    }

    @Test("asks again after a reload of the switch's configuration, and when it has booted")
    func reload() {
        var bench = LinkBench.connected()
        bench.hear("Event: Reload\nPrivilege: system,all\nModule: All\nStatus: 0\n\n")
        #expect(bench.take() == ["Action: BridgeList"])
        bench.tellInventory()
        _ = bench.take()
        bench.hear("Event: FullyBooted\nPrivilege: system,all\nStatus: Fully Booted\n\n")
        #expect(bench.take() == ["event", "Action: BridgeList"])
    }

    @Test("continues with live events if the inventory is refused or not answered, and says so")
    func withoutInventory() {
        var bench = LinkBench.loggedIn()
        _ = bench.take()
        for _ in 0..<3 { bench.hear("Response: Error\nActionID: \(bench.actionID)\nMessage: Permission denied\n\n") }
        let refused = "was refused: Permission denied"
        #expect(
            bench.take().last
                == "connected: The inventory is not whole: BridgeList \(refused); CoreShowChannels \(refused); QueueStatus \(refused). Give the user write = reporting."
        )

        bench = LinkBench.loggedIn()
        _ = bench.take()
        for _ in 0..<10 {
            bench.wait(.seconds(10))
            bench.hear("Event: VarSet\nUniqueid: 7.1\n\n")
        }
        #expect(
            bench.take().contains {
                $0.hasPrefix("connected: The inventory is not whole: BridgeList was not answered;")
            })
    }

    @Test(
        "reports at an inventory's end whether channels and queues are complete",
        arguments: ["", "BridgeList", "CoreShowChannels", "QueueStatus"])
    func refusedList(refused: String) {
        var bench = LinkBench.loggedIn()
        for list in ["BridgeList", "CoreShowChannels", "QueueStatus"] {
            bench.hear(
                list == refused
                    ? "Response: Error\nActionID: \(bench.actionID)\nMessage: Permission denied\n\n"
                    : "Response: Success\nActionID: \(bench.actionID)\nEventList: start\n\nEvent: \(list)Complete\nActionID: \(bench.actionID)\nEventList: Complete\n\n"
            )
        }
        #expect(
            bench.endings == [
                .inventoryEnded(hasChannels: refused != "CoreShowChannels", hasQueues: refused != "QueueStatus")
            ])
    }

    /// `items` channels in a list whose end says two.
    private func tellChannels(_ items: Int, _ bench: inout LinkBench) {
        let start = "Response: Success\nActionID: \(bench.actionID)\nEventList: start\n\n"
        let item = "Event: CoreShowChannel\nUniqueid: 7.$n\nActionID: \(bench.actionID)\n\n"
        bench.hear(start + (0..<items).map { item.replacing("$n", with: "\($0)") }.joined())
        if items < 2 {
            bench.hear("Event: CoreShowChannel\nthis is no header\nUniqueid: 7.2\nActionID: \(bench.actionID)\n\n")
        }
        bench.hear(
            "Event: CoreShowChannelsComplete\nActionID: \(bench.actionID)\nEventList: Complete\nListItems: 2\n\n")
    }

    private func tell(_ list: String, _ bench: inout LinkBench) {
        bench.hear("Response: Success\nActionID: \(bench.actionID)\nEventList: start\n\n")
        bench.hear("Event: \(list)Complete\nActionID: \(bench.actionID)\nEventList: Complete\nListItems: 0\n\n")
    }

    @Test(
        "begins the inventory again if a list is shorter than its end says: a caller whose item was lost must not count as gone"
    )
    func shortList() {
        var bench = LinkBench.loggedIn()
        tell("BridgeList", &bench)
        _ = bench.take()
        tellChannels(1, &bench)
        #expect(bench.take() == ["inventory", "Action: BridgeList"])
        #expect(bench.endings == [])
        tell("BridgeList", &bench)
        tellChannels(2, &bench)
        tell("QueueStatus", &bench)
        #expect(
            bench.take() == ["Action: CoreShowChannels", "inventory", "inventory", "Action: QueueStatus", "connected"])
        #expect(bench.endings == [.inventoryEnded(hasChannels: true, hasQueues: true)])
        // Begun twice, ended once; and nothing is asked again for the malformed bytes of the first.
        #expect(bench.brackets == 3)
        bench.hear("Event: VarSet\nUniqueid: 7.1\n\n")
        #expect(bench.take() == [])
    }

    @Test("continues without the channels if their list remains too short, says so, and asks again after a minute")
    func alwaysShort() {
        var bench = LinkBench.loggedIn()
        for _ in 1...3 {
            tell("BridgeList", &bench)
            tellChannels(1, &bench)
        }
        #expect(bench.endings == [])
        tell("QueueStatus", &bench)
        #expect(bench.endings == [.inventoryEnded(hasChannels: false, hasQueues: true)])
        #expect(
            bench.take().last
                == "connected: The inventory is not whole: CoreShowChannels was shorter than it said, three times. Something between the switch and us damages what it says; it is asked again in a minute."
        )
        bench.skip(.seconds(60))
        bench.hear("Event: VarSet\nUniqueid: 7.1\n\n")
        #expect(bench.take() == ["Action: BridgeList"])
    }

    @Test("asks nothing and waits for nothing when it plays a recording")
    func recording() {
        var bench = LinkBench(isRecording: true)
        bench.start()
        bench.open()
        bench.hear(
            "Asterisk Call Manager/11.0.0\nResponse: Success\nMessage: Authentication accepted\n\nEvent: Hold\nUniqueid: 7.1\n\n"
        )
        #expect(bench.take() == ["connecting", "connect", "connected", "event"])
        #expect(bench.link.nextDeadline == nil)
    }
}
