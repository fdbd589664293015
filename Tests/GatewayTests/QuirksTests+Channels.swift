import Foundation
import Core
import Edges
import Gateway
import Recordings
import Records
import ScreenPop
import Telephony
import Testing
import Time

// Channels, bridges, identity.
extension QuirksTests {
    @Test(
        "15. Linkedid changes in the middle of a call and no event says so: it stays one contact",
        arguments: ["22/atx_refer-a", "16/atx_refer-a"])
    func linkedidChanges(name: String) throws {
        let surprise = try Surprise(name)
        var seen: [String: Set<String>] = [:]
        for event in surprise.events where event.title != "CEL" {
            if let id = event["Uniqueid"], let linked = event["Linkedid"] { seen[id, default: []].insert(linked) }
        }
        try #require(seen.values.contains { $0.count == 2 })
        let contact = try #require(surprise.contacts.first { $0.caller.raw == "1515" })
        #expect(contact.talked.map(\.interface) == ["PJSIP/1003", "PJSIP/1011"])
        #expect(surprise.contacts.filter { !$0.talked.isEmpty && $0.direction != "internal" }.count == 1)
    }

    @Test("16. An attended transfer into a queue makes Local/_attended@ channels that stay: they do not become callers")
    func attendedLocals() throws {
        let surprise = try Surprise("22/atx_refer_queue-a")
        let locals = Set(
            surprise.all("Newchannel").filter { $0["Channel"]?.hasPrefix("Local/_attended@") == true }.map {
                $0["Uniqueid"]
            })
        try #require(locals.count == 2)
        #expect(!surprise.contacts.contains { locals.contains($0.channel) })
        #expect(surprise.isCountedAsLogged)
        // The customer talked on with the second agent until the end.
        let customer = try #require(surprise.contacts.first { $0.legs.contains { $0.interface == "PJSIP/1002" } })
        #expect(customer.talked.contains { $0.interface == "PJSIP/1007" })
    }

    @Test(
        "17. A transfer by feature code goes through Local channels; the agent who hung up is gone, though his Hangup comes 10 s later"
    )
    func featureCode() throws {
        let surprise = try Surprise("22/atx_feature_blonde-a")
        let asked = try #require(
            surprise.all("HangupRequest").first { $0["Channel"]?.hasPrefix("PJSIP/1001-") == true })
        let hangup = try #require(surprise.all("Hangup").first { $0["Uniqueid"] == asked["Uniqueid"] })
        try #require(hangup.at - asked.at > 5)
        let leg = try #require(surprise.contacts.flatMap(\.talked).first { $0.interface == "PJSIP/1001" })
        #expect(abs((surprise.seconds(leg.endedAt) ?? 0) - asked.at) < 0.25)
        let plain = try Surprise("22/atx_feature-a")
        #expect(plain.contacts.filter { $0.direction != "internal" }.count == 1)
        #expect(plain.isCountedAsLogged)
    }

    @Test(
        "18. Local channels come in pairs and vanish on the first voice frame: the live channel's BridgeLeave is not the end"
    )
    func localPairs() throws {
        let surprise = try Surprise("22/members_local-a")
        try #require(!surprise.all("LocalBridge").isEmpty && !surprise.all("LocalOptimizationBegin").isEmpty)
        let legs = surprise.contacts.flatMap(\.talked)
        #expect(legs.count == 2)
        #expect(legs.allSatisfy { ($0.talkSeconds ?? 0) > 2.5 })
        #expect(surprise.isCountedAsLogged)
        let forwards = try Surprise("22/forward_local-a")
        #expect(
            forwards.contacts.filter { $0.direction != "internal" }.count == 4, "four callers, however many channels")
    }

    @Test("19. An unanswered leg gets DialEnd twice: it rang once")
    func dialEndTwice() throws {
        let surprise = try Surprise("22/abandon_long-a")
        let ends = Dictionary(grouping: surprise.all("DialEnd")) { $0["DestUniqueid"] ?? "" }
        try #require(ends.values.contains { $0.count == 2 })
        let rang = surprise.all("AgentCalled").count
        #expect(surprise.contacts.flatMap(\.legs).count == rang)
    }

    @Test(
        "19. A queue call picked up by a colleague is credited to the member whose telephone rang; the voice is at the colleague's",
        arguments: ["22/pickup_queue-a", "16/pickup_queue-a"])
    func pickedUp(name: String) throws {
        let surprise = try Surprise(name)
        let connect = try #require(surprise.all("AgentConnect").first)
        try #require(connect["DestChannel"]?.hasPrefix("PJSIP/1011-") == true && connect["Interface"] != "PJSIP/1011")
        #expect(surprise.isCountedAsLogged)
        let talked = surprise.contacts.flatMap(\.talked)
        #expect(talked.count == 1)
        #expect(abs((talked.first?.talkSeconds ?? 0) - 3.0) < 0.25)
        let log = try String(contentsOfFile: surprise.trace.recording.path + "/queue_log", encoding: .utf8)
        try #require(log.contains("|informazioni|Carla Verdi|CONNECT|"))
        #expect(
            talked.first?.agent == "Carla Verdi" && talked.first?.interface == "PJSIP/1003"
                && talked.first?.via == "pickup")
        // The card belongs on the colleague's desk.
        var bench = Bench()
        let (colleague, member) = (bench.desk("PJSIP/1011"), bench.desk("PJSIP/1003"))
        for chunk in surprise.trace.recording.chunks where chunk.direction == .incoming {
            bench.wait(Span(microseconds: chunk.microseconds) - bench.now)
            bench.hear(chunk.bytes)
        }
        #expect(bench.card(colleague) == [.preview, .open, .closed])
        #expect(bench.card(member) == [.preview, .cancelled])
    }

    @Test("20. One Hangup per channel, and who hung up is not in its Cause: the side that asked first, or the switch")
    func whoHungUp() throws {
        for (name, ender) in [
            ("22/caller_hangup-a", "caller"), ("22/agent_hangup-a", "agent"), ("22/ami_hangup-a", "system"),
        ] {
            let surprise = try Surprise(name)
            let hangups = surprise.all("Hangup").map { $0["Uniqueid"] }
            try #require(Set(hangups).count == hangups.count)
            try #require(Set(hangups) == Set(surprise.all("Newchannel").map { $0["Uniqueid"] }))
            #expect(surprise.contacts.flatMap(\.talked).map(\.endedBy) == [ender], "\(name)")
        }
    }

    @Test("21. Join, AgentCalled, Leave, AgentConnect, the caller's BridgeEnter: in that order, whatever falls between")
    func order() throws {
        let surprise = try Surprise("22/mixed-a")
        for connect in surprise.all("AgentConnect") {
            let id = connect["Uniqueid"], queue = connect["Queue"]
            func index(_ title: String, after: Bool = false) -> Int? {
                let here =
                    surprise.events.firstIndex {
                        $0.title == "AgentConnect" && $0["Uniqueid"] == id && $0["Queue"] == queue
                    } ?? 0
                let range =
                    after ? Array(surprise.events.indices[here...]) : Array(surprise.events.indices[..<here]).reversed()
                return range.first { surprise.events[$0].title == title && surprise.events[$0]["Uniqueid"] == id }
            }
            let joined = try #require(index("QueueCallerJoin"))
            let called = try #require(index("AgentCalled"))
            let left = try #require(index("QueueCallerLeave"))
            let entered = try #require(index("BridgeEnter", after: true))
            try #require(joined < called && called < left && left < entered)
        }
        #expect(surprise.isCountedAsLogged)
        #expect(
            surprise.contacts.flatMap(\.visits).filter { $0.outcome == "answered" }.allSatisfy {
                ($0.waitSeconds ?? -1) >= 0
            })
    }

    @Test(
        "22. The answer of an agent is not a state of the caller: with early media the caller rings until AgentConnect")
    func earlyMedia() throws {
        let surprise = try Surprise("22/early_media-a")
        let join = try #require(surprise.all("QueueCallerJoin").first)
        try #require(join["ChannelStateDesc"] == "Ring")
        #expect(surprise.contacts.flatMap(\.visits).map(\.outcome) == ["answered", "abandoned"])
        #expect(surprise.isCountedAsLogged)
    }

    @Test("23. ConnectedLine of a waiting caller is the agent rung last: that is no conversation")
    func connectedLine() throws {
        let surprise = try Surprise("22/rna_all_then_abandon-a")
        let waiting = try #require(surprise.all("QueueCallerAbandon").first)
        try #require(waiting["ConnectedLineNum"].map { $0.hasPrefix("100") } == true)
        #expect(surprise.contacts.flatMap(\.talked).isEmpty)
        #expect(surprise.contacts.map(\.outcome) == ["abandoned"])
    }

    @Test("24. A failed Originate has no Uniqueid, and its pseudo channel OutgoingSpoolFailed is nobody's call")
    func failedOriginate() throws {
        let dialled = try Surprise("22/click_to_dial-a")
        try #require(
            dialled.all("OriginateResponse").contains { $0["Response"] == "Failure" && $0["Uniqueid"] == "<unknown>" })
        #expect(!dialled.contacts.contains { $0.channel == "<unknown>" || $0.channel.isEmpty })
        let surprise = try Surprise("22/callback_local-a")
        let pseudo = try #require(
            surprise.all("Newchannel").first { $0["Channel"] == "OutgoingSpoolFailed" }?["Uniqueid"])
        try #require(surprise.all("UserEvent").contains { $0["Uniqueid"] == pseudo && $0["UserEvent"] == "FineCoda" })
        #expect(!surprise.contacts.contains { $0.channel == pseudo })
        #expect(surprise.report.queues.values.allSatisfy { $0.refused.full == 0 && $0.refused.empty == 0 })
        #expect(surprise.report.queues[""] == nil)
    }

    @Test(
        "25. An agent of app_agent_pool keeps one channel, whose Linkedid changes with each call: two callers, two contacts"
    )
    func agentPool() throws {
        let surprise = try Surprise("22/agent_pool-a")
        try #require(surprise.all("AgentConnect").allSatisfy { $0["DestChannel"]?.hasPrefix("Local/") == true })
        let answered = surprise.contacts.filter { !$0.talked.isEmpty }
        #expect(answered.map { $0.talked.map(\.agent) } == [["Marta Greco"], ["Nino Ferri"]])
        #expect(answered.flatMap(\.talked).allSatisfy { ($0.talkSeconds ?? 0) > 2 })
        #expect(surprise.isCountedAsLogged)
    }

    @Test(
        "26. Hold belongs to the side that pressed it; a call that ends on hold has no Unhold; a status comes once for each queue"
    )
    func hold() throws {
        let byCaller = try Surprise("22/hold_by_caller-a")
        try #require(
            byCaller.all("Hold").allSatisfy { $0["Channel"]?.hasPrefix("PJSIP/trunk-") == true }
                && !byCaller.all("Hold").isEmpty)
        #expect(byCaller.contacts.flatMap(\.talked).map(\.holdSeconds) == [0])
        let byAgent = try Surprise("22/hold-a")
        try #require(byAgent.all("Hold").count == byAgent.all("Unhold").count + 1)
        let leg = try #require(byAgent.contacts.flatMap(\.talked).first)
        // What the telephone pressed: 1.910 + 3.359 + 3.116, and from 15.870 until the caller hung up at 18.038.
        #expect(abs((leg.holdSeconds ?? 0) - 10.553) < 0.25)
        let statuses = byAgent.all("QueueMemberStatus").filter { $0["Interface"] == "PJSIP/1007" }
        try #require(Set(statuses.compactMap { $0["Queue"] }).count == 2)
        #expect(byAgent.report.agents.values.filter { $0.interface == "PJSIP/1007" }.count == 1)
    }

    @Test(
        "27. Device states of queues, rooms, slots and Local channels are not agents",
        arguments: ["22/conference-a", "22/park_refer-a", "22/agent_pool-a", "22/forward_local-a"])
    func deviceStates(name: String) throws {
        let surprise = try Surprise(name)
        let others = surprise.all("DeviceStateChange").compactMap { $0["Device"] }.filter { !$0.hasPrefix("PJSIP/") }
        try #require(!others.isEmpty)
        for agent in surprise.report.agents.values {
            #expect(agent.interface.hasPrefix("PJSIP/") || agent.interface.hasPrefix("Local/"), "\(agent.interface)")
            #expect(!agent.queues.isEmpty)
        }
    }
}

extension Bench {
    /// What became of a desk's one card, without repetitions of what nobody acknowledges, and without the
    /// anagrafica's answer.
    fileprivate mutating func card(_ desk: ConnectionID) -> [Pop.Kind] {
        var types: [Pop.Kind] = []
        for pop in pops(desk) where pop.type != .update && pop.type != types.last { types.append(pop.type) }
        return types
    }
}
