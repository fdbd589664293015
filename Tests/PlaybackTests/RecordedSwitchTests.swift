import AMI
import Playback
import Recordings
import Telephony
import Testing
import Time

@Suite("A recorded switch")
struct RecordedSwitchTests {
    /// The events without what playing changes: identifiers of channels and bridges, and epochs.
    static func withoutTimes(_ heard: Heard) -> [String] {
        heard.headers.map { header in
            let name = header.prefix { $0 != ":" }.lowercased()
            let moves =
                name.hasSuffix("niqueid") || name.hasSuffix("inkedid")
                || ["lastcall", "lastpause", "logintime"].contains(name)
            return moves ? String(header.prefix { $0 != ":" }) : header
        }
    }

    @Test(
        "plays the recorded events in their order, at their times",
        arguments: [
            "22/mixed-a", "22/hold-a", "22/names_hostile-a", "22/ringall_race-a", "22/overflow-a", "16/mixed-a",
            "16/names_hostile-a",
        ])
    func asRecorded(name: String) throws {
        let expected = try recorded(name)
        var world = try World([.load(name)])
        world.connect(1)
        world.run(until: .seconds(3600))
        let heard = try #require(world.heard[1])
        #expect(heard.first?.title == "FullyBooted")
        let live = Array(heard.dropFirst())
        #expect(live.count == expected.count)
        #expect(live.map { $0.at - .seconds(500) } == expected.map(\.at))
        #expect(live.map(Self.withoutTimes) == expected.map(Self.withoutTimes))
        #expect(world.malformed == 0)
        #expect(world.failures == [])
        #expect(world.recordedSwitch.eventsPlayed == expected.count)
        #expect(world.recordedSwitch.isFinished)
    }

    @Test("moves identifiers and times to today, by the same seconds, and keeps their width")
    func today() throws {
        let expected = try recorded("22/mixed-a")
        var world = try World([.load("22/mixed-a")])
        world.connect(1)
        world.run(until: .seconds(3600))
        let live = try #require(world.heard[1]).dropFirst()
        // The recording's start_epoch is 1795402417.499689; the world began at 1800000000.
        let shift = 1_800_000_000 - 1_795_402_417
        for (played, recorded) in zip(live, expected) {
            for (id, original) in zip(played.identifiers, recorded.identifiers) {
                let parts = original.split(separator: ".")
                if parts.count == 2, let epoch = Int(parts[0]) {
                    #expect(id == "\(epoch + shift).\(parts[1])")
                } else {
                    #expect(id == original, "the first playing leaves bridges")
                }
            }
            for name in ["LastCall", "LastPause", "LoginTime"] {
                guard let value = recorded[name], let epoch = Int(value) else { continue }
                #expect(played[name] == (epoch == 0 ? "0" : "\(epoch + shift)"))
            }
        }
    }

    @Test("repeats no identifier, however often it plays, and whatever the clock does", arguments: [1.0, 10, 1000])
    func newIdentifiers(speed: Double) throws {
        let names = ["22/ringall_race-a", "22/hold-a", "16/wrapup-a"]
        var world = try World(names.map(SwitchRecording.load), speed: speed, loops: true)
        world.connect(1)
        for step in 1...60 where world.recordedSwitch.playings < 10 {
            world.run(until: Span(microseconds: Int64(Double(step) * 10_000_000 / min(speed, 10))))
            // The clock steps back by a minute from time to time.
            if step % 5 == 0 { world.now.date = world.now.date + Span(microseconds: -60_000_000) }
        }
        let heard = try #require(world.heard[1])
        let rounds = (1...9).map { round in Set(heard.filter { $0.round == round }.flatMap(\.identifiers)) }
        #expect(rounds.allSatisfy { $0.count >= 3 })
        var seen: Set<String> = []
        for (index, round) in rounds.enumerated() {
            #expect(
                seen.isDisjoint(with: round), "round \(index) repeats \(seen.intersection(round).sorted().prefix(3))")
            seen.formUnion(round)
        }
    }

    @Test("plays ten times as fast, and loops")
    func speed() throws {
        let expected = try recorded("22/caller_hangup-a")
        var world = try World([.load("22/caller_hangup-a")], speed: 10, loops: true)
        world.connect(1)
        let length = try #require(expected.last?.at)
        world.run(until: Span(microseconds: length.microseconds / 10 + 1))
        let live = try #require(world.heard[1]).dropFirst()
        #expect(live.map(Self.withoutTimes) == expected.map(Self.withoutTimes))
        for (played, recorded) in zip(live, expected) {
            #expect(abs((played.at - .seconds(500)).microseconds - recorded.at.microseconds / 10) <= 1)
        }
        world.run(until: .seconds(60))
        #expect(world.recordedSwitch.playings > 20)
        #expect(world.malformed == 0)
    }

    @Test("reports the members' states before it begins again, as events of the switch")
    func handover() throws {
        var world = try World([.load("22/hold-a"), .load("22/wrapup-a")], loops: true)
        world.connect(1)
        let first = try recorded("22/hold-a")
        world.run(until: try #require(first.last?.at) + .seconds(1))
        let handover = try #require(world.heard[1]).dropFirst(1 + first.count)
        #expect(handover.count == 15)
        #expect(handover.allSatisfy { $0.title == "QueueMemberStatus" })
        // The same headers in the same order as the switch's own.
        let own = try #require(first.first { $0.title == "QueueMemberStatus" })
        func names(_ heard: Heard) -> [String] { heard.headers.map { String($0.prefix { $0 != ":" }) } }
        for event in handover { #expect(names(event) == names(own)) }
        let member = try #require(handover.first { $0["Interface"] == "PJSIP/1007" && $0["Queue"] == "orientamento" })
        #expect(member["MemberName"] == "Giulia Però")
        #expect(member["Ringinuse"] == "1")
    }

    @Test("answers each client's inventory from the start of the recording, with the asker's ActionID")
    func inventory() throws {
        var world = try World([.load("22/mixed-a")])
        world.connect(1)
        world.run(until: .seconds(20))
        let asked = try #require(try world.ask(1, Action("queuestatus")))
        let items = try #require(world.items[asked])
        #expect(items.count { $0.title == "QueueMember" } == 15)
        #expect(items.count { $0.title == "QueueParams" } == 7)
        #expect(items.allSatisfy { $0["ActionID"] == asked })
        #expect(
            items.first { $0.title == "QueueMember" }?["LoginTime"]?.hasPrefix("17999") == true,
            "moved to before the world began")
        for name in ["QueueSummary", "CoreShowChannels", "BridgeList", "ParkedCalls", "DeviceStateList"] {
            let id = try #require(try world.ask(1, Action(name)))
            #expect(world.ended.contains(id), "\(name) ends")
        }
        let single = try #require(try world.ask(1, Action("QueuePause", ["Interface": "PJSIP/1001"]), isList: false))
        #expect(world.answers[single]?.title == "Success")
        let other = try #require(try world.ask(1, Action("Originate"), isList: false))
        #expect(world.answers[other]?.title == "Success")
        let unknown = try #require(try world.ask(1, Action("QueueStatusses"), isList: false))
        #expect(world.answers[unknown]?.title == "Error")
        #expect(world.answers[unknown]?["Message"] == "Invalid/unknown command")
    }

    @Test("gives a client that connects in the middle only what happens from then on")
    func late() throws {
        var world = try World([.load("22/mixed-a")])
        world.connect(1)
        world.run(until: .seconds(20))
        let before = try #require(world.heard[1]).count
        world.connect(2)
        world.run(until: .seconds(3600))
        let first = try #require(world.heard[1])
        let second = try #require(world.heard[2])
        #expect(second.map(\.title).first == "FullyBooted")
        #expect(Array(second.dropFirst()) == Array(first.dropFirst(before)))
    }

    @Test("refuses a wrong secret, and plays nothing to a client that is not logged in")
    func refused() throws {
        var world = try World([.load("22/hold-a")])
        world.connect(1, secret: "wrong")
        #expect(world.failures == [.loginRefused(username: "cti", reason: "Authentication failed")])
        #expect(world.clients[1] == nil)
        #expect(world.recordedSwitch.nextDeadline == nil, "it begins with the first login")
        _ = world.recordedSwitch.connectionOpened(2, at: world.now)
        world.connect(3)
        world.run(until: .seconds(3600))
        #expect(world.heard[2] == nil)
        #expect((world.heard[3]?.count ?? 0) > 50)
    }

    @Test("keeps a quiet link alive: Ping is answered")
    func quiet() throws {
        let quiet = SwitchRecording(
            name: "quiet", start: nil,
            live: [
                .init(
                    offset: .zero, fromSwitch: true,
                    bytes: Array("Asterisk Call Manager/9.0.0\r\nEvent: A\r\n\r\n".utf8)),
                .init(offset: .seconds(600), fromSwitch: true, bytes: Array("Event: B\r\n\r\n".utf8)),
            ], control: [])
        var world = try World([quiet])
        world.connect(1)
        world.run(until: .seconds(3600))
        #expect(world.failures == [])
        #expect(world.heard[1]?.map(\.title) == ["FullyBooted", "A", "B"])
    }

    @Test("refuses recordings that would leave calls up for ever")
    func callsUp() throws {
        let dying = SwitchRecording(
            name: "dying", start: nil,
            live: [
                .init(
                    offset: .zero, fromSwitch: true,
                    bytes: Array(
                        "Asterisk Call Manager/9.0.0\r\nEvent: Newchannel\r\nUniqueid: 1795402101.89\r\n\r\n".utf8))
            ], control: [])
        #expect(dying.channelsUpAtEnd == ["1795402101.89"])
        #expect(throws: RecordedSwitch.PlaylistError.callsUpAtEnd(recording: "dying", channels: 1)) {
            try World([dying], loops: true)
        }
        #expect(throws: RecordedSwitch.PlaylistError.callsUpAtEnd(recording: "dying", channels: 1)) {
            try World([dying, dying])
        }
        #expect(throws: Never.self) { try World([dying]) }
        #expect(throws: RecordedSwitch.PlaylistError.empty) { try World([]) }
    }

    @Test("moves identifiers with a system's name, and time stamps, but nothing that only looks like one")
    func shapes() throws {
        let text = """
            Event: E\r\nTimestamp: 1795402407.614349\r\nUniqueid: pbx-roma-1795402400.31\r\nLinkedid: <unknown>\r\nCallerIDNum: 1795402400\r
            LastCall: 0\r\nDestBridgeUniqueid: 0e8a1485-0819-44b5-a352-713f00000000\r\nBridgeUniqueid: conference\r\n\r\n
            """
        let recording = SwitchRecording(
            name: "shapes", start: UnixTime(microseconds: 1_795_402_400_500_000),
            live: [
                .init(
                    offset: .seconds(1), fromSwitch: true, bytes: Array(("Asterisk Call Manager/9.0.0\r\n" + text).utf8)
                )
            ], control: []
        )
        var world = try World([recording], loops: true)
        world.connect(1)
        world.run(until: .seconds(4))
        let events = try #require(world.heard[1]).filter { $0.title == "E" }
        try #require(events.count == 2)
        #expect(
            events[0].headers.dropFirst() == [
                "Timestamp: 1800000007.614349", "Uniqueid: pbx-roma-1800000000.31", "Linkedid: <unknown>",
                "CallerIDNum: 1795402400",
                "LastCall: 0", "DestBridgeUniqueid: 0e8a1485-0819-44b5-a352-713f00000000", "BridgeUniqueid: conference",
            ])
        #expect(events[1]["Uniqueid"] == "pbx-roma-1800000002.31")
        #expect(events[1]["DestBridgeUniqueid"] == "0e8a1484-0819-44b5-a352-713f00000000")
    }

    @Test("repeats no identifier although the clock is set back to where it was")
    func clockSetBack() throws {
        let live = Array("Asterisk Call Manager/9.0.0\r\nEvent: E\r\nUniqueid: 1795402400.31\r\n\r\n".utf8)
        let recording = SwitchRecording(
            name: "one", start: UnixTime(seconds: 1_795_402_400),
            live: [.init(offset: .seconds(1), fromSwitch: true, bytes: live)],
            control: [])
        var world = try World([recording], loops: true)
        world.connect(1)
        for round in 1...4 {
            world.run(until: .seconds(Int64(round) * 2 - 1))
            world.now.date = World.start + Span(microseconds: -1_000_000)
        }
        let events = try #require(world.heard[1]).filter { $0.title == "E" }
        #expect(events.map { $0["Uniqueid"] } == (0..<4).map { "\(1_800_000_000 + $0).31" })
    }

    @Test("answers with the recorded switch's bytes, in its order")
    func answerBytes() throws {
        var now = Moment(uptime: .zero, date: World.start)
        var recordedSwitch = try RecordedSwitch(
            recordings: [.load("22/hold-a")], configuration: .init(users: ["cti": "secret"]), digests: .none, at: now)
        func text(_ outputs: [RecordedSwitch.Output]) -> String {
            outputs.map { output in
                switch output {
                case .send(_, let bytes): String(decoding: bytes, as: UTF8.self)
                case .close: "[close]"
                }
            }.joined()
        }
        #expect(text(recordedSwitch.connectionOpened(7, at: now)) == "Asterisk Call Manager/11.0.0\r\n")
        now = now + .seconds(60)
        #expect(
            text(
                recordedSwitch.received(
                    "Action: Login\r\nUsername: cti\r\nSecret: secret\r\n\r\n".utf8, from: 7, at: now))
                == "Response: Success\r\nMessage: Authentication accepted\r\n\r\n"
                + "Event: FullyBooted\r\nPrivilege: system,all\r\nUptime: 3660\r\nLastReload: 3660\r\nStatus: Fully Booted\r\n\r\n"
        )
        let asked = "Action: QueueStatus\r\nActionID: mine-1\r\n\r\nAction: BridgeList\r\n\r\n"
        let answer = text(recordedSwitch.received(asked.utf8, from: 7, at: now))
        #expect(
            answer.hasPrefix(
                "Response: Success\r\nActionID: mine-1\r\nEventList: start\r\nMessage: Queue status will follow\r\n\r\n"
                    + "Event: QueueParams\r\nQueue: decentrata\r\n"))
        #expect(
            answer.hasSuffix(
                "Event: QueueStatusComplete\r\nActionID: mine-1\r\nEventList: Complete\r\nListItems: 22\r\n\r\n"
                    + "Response: Success\r\nEventList: start\r\nMessage: Bridge listing will follow\r\n\r\n"
                    + "Event: BridgeListComplete\r\nEventList: Complete\r\nListItems: 0\r\n\r\n"))
        #expect(!answer.contains("lab-"))
    }
}
