import ACD
import Calls
import Contacts
import Core
import Edges
import Gateway
import Telephony
import Testing
import Time
import Webhook

/// What `centralino bench attacks` measures in milliseconds, in counts: events, effects and rows of one turn, which
/// are the same on every machine.
@Suite("Under attack a turn is bounded")
struct AttackTests {
    /// How many contacts end in one slice of a correction.
    private static let slice = 100
    private static let calls = 450

    private static func call(_ number: Int) -> String {
        "Newchannel|Channel: PJSIP/trunk-\(number)|ChannelState: 4|CallerIDNum: 06123\(10_000 + number)|Exten: 1|Uniqueid: 1.\(number)|Linkedid: 1.\(number)"
    }

    private static func listed(_ number: Int, bridge: String = "") -> String {
        "Channel: PJSIP/trunk-\(number)|ChannelState: 6|CallerIDNum: 06123\(10_000 + number)|Context: in|Exten: 1|Priority: 1|Uniqueid: 1.\(number)|Linkedid: 1.\(number)|Duration: 00:01:00|Application: Wait|BridgeId: \(bridge)"
    }

    /// A switch with this many calls in progress, whose link is then lost for ten seconds.
    private static func interrupted(_ count: Int = calls) -> LiveSwitch {
        var live = LiveSwitch()
        for number in 0..<count { live.bench.asterisk(call(number)) }
        live.bench.wait(.seconds(60))
        live.bench.cutSwitch()
        live.reconnect()
        live.forget()
        return live
    }

    // MARK: the end of an inventory

    @Test(
        "by a switch that comes back without its calls: all of them end, a hundred at a time, as of the moment when they were last known"
    )
    func gone() throws {
        var live = Self.interrupted()
        live.tellInventory()
        #expect(live.bench.savedRecords.count <= Self.slice && !live.bench.savedRecords.isEmpty)
        // A caller who arrives meanwhile is heard at once.
        live.bench.asterisk(Self.call(9_999))
        #expect(live.bench.lookups.last?.caller.number == "0612319999")
        live.bench.wait(.seconds(1))
        #expect(live.bench.savedRecords.count == Self.calls)
        #expect(Set(live.bench.savedRecords.map(\.id)).count == Self.calls)
        let gap = try #require(live.bench.savedGaps.last).from
        #expect(live.bench.savedRecords.allSatisfy { $0.outcome == .lost && $0.ended == gap })
        #expect(live.bench.mostCallEvents <= Self.slice && live.bench.mostEffects <= 2 * Self.slice)
    }

    @Test("and what a live event names between two slices lives: it is newer than the lists")
    func alive() {
        var live = Self.interrupted()
        live.tellInventory()
        let last = Self.calls - 1
        live.bench.asterisk(
            "QueueCallerJoin|Queue: info|Position: 1|CallerIDNum: 06|Context: in|Exten: 1|Priority: 3|Uniqueid: 1.\(last)"
        )
        live.bench.wait(.seconds(5))
        #expect(live.bench.savedRecords.count == Self.calls - 1)
        live.bench.asterisk("Hangup|Uniqueid: 1.\(last)|Cause: 16")
        live.bench.wait(.seconds(5))
        #expect(live.bench.savedRecords.count == Self.calls)
        #expect(live.bench.savedRecords.last?.visits.map(\.queue) == [QueueName("info")])
    }

    @Test(
        "and until all have ended the switch is not connected: nobody who is gone is shown as waiting, or raises an alarm"
    )
    func connectedAtLast() throws {
        var live = Self.interrupted()
        live.tellInventory()
        func state() -> String { live.bench.request("GET", "/v1/status").body }
        #expect(state().contains(#""state":"synchronizing""#))
        #expect(live.bench.savedGaps.allSatisfy { $0.to == nil })
        live.bench.wait(.seconds(1))
        #expect(state().contains(#""state":"connected""#))
        #expect(live.bench.savedGaps.last?.to != nil)
    }

    @Test("and a gateway that wakes late gives the same result")
    func late() {
        var (punctual, late) = (Self.interrupted(), Self.interrupted())
        punctual.tellInventory()
        late.tellInventory()
        punctual.bench.wait(.seconds(2))
        late.bench.oversleep(.seconds(2))
        late.bench.wait(.zero)
        #expect(punctual.bench.savedRecords == late.bench.savedRecords)
    }

    @Test(
        "and if the link is lost again between two slices, the next inventory ends the rest: each once, as of the first loss"
    )
    func lostAgain() throws {
        var live = Self.interrupted()
        live.tellInventory()
        let gap = try #require(live.bench.savedGaps.last).from
        live.bench.wait(Calls.correctionInterval)
        live.bench.cutSwitch()
        #expect(live.bench.savedRecords.count < Self.calls)
        live.reconnect()
        live.tellInventory()
        live.bench.wait(.seconds(1))
        #expect(
            live.bench.savedRecords.count == Self.calls && Set(live.bench.savedRecords.map(\.id)).count == Self.calls)
        #expect(live.bench.savedRecords.allSatisfy { $0.ended == gap })
    }

    @Test(
        "by calls that are in other bridges when the link comes back: they are placed a few at a time, and all of them meet their partners"
    )
    func placed() {
        var live = Self.interrupted()
        live.tellInventory(channels: (0..<Self.calls).map { Self.listed($0, bridge: "b\($0 / 2)") })
        live.bench.wait(.seconds(1))
        #expect(live.bench.mostCallEvents <= Self.slice)
        for number in 0..<Self.calls { live.bench.asterisk("Hangup|Uniqueid: 1.\(number)|Cause: 16") }
        live.bench.wait(.seconds(2))
        #expect(live.bench.savedRecords.count == Self.calls)
        #expect(live.bench.savedRecords.allSatisfy { $0.conferencedWith.count == 1 })
    }

    @Test(
        "by calls that the first list brings: a hundred callers at a time, even if the link is lost before all are reported",
        arguments: [false, true])
    func strangers(isLost: Bool) {
        var live = LiveSwitch(isAnswered: false)
        live.tellInventory(channels: (0..<Self.calls).map { Self.listed($0) })
        #expect(live.bench.lookups.count <= Self.slice && !live.bench.lookups.isEmpty)
        if isLost { live.bench.cutSwitch() }
        live.bench.wait(.milliseconds(400))
        #expect(Set(live.bench.lookups.map(\.caller)).count == Self.calls)
        #expect(live.bench.mostCallEvents <= 2 * Self.slice)
        if !isLost { live.bench.cutSwitch() }
        live.reconnect()
        live.tellInventory()
        live.bench.wait(.seconds(1))
        #expect(live.bench.savedRecords.count == Self.calls)
    }

    // MARK: a list without an end

    @Test(
        "by an endless list of channels: what only it names is released when it is given up, and the status says where to look"
    )
    func endless() throws {
        var live = LiveSwitch()
        live.bench.asterisk("Reload|Module: All|Status: 0")
        live.endList("BridgeList", live.beginList())
        let id = live.beginList()
        live.tellItems((0..<200).map { "Event: CoreShowChannel|" + Self.listed($0) }, id)
        // A live event names one of them.
        live.bench.asterisk(
            "QueueCallerJoin|Queue: info|Position: 1|CallerIDNum: 06|Context: in|Exten: 1|Priority: 3|Uniqueid: 1.7")
        for _ in 0..<121 {
            live.bench.wait(.seconds(5))
            live.hear("Response: Success\nPing: Pong\nActionID: \(live.lastID())\n\n")
            live.tellItems(["Event: CoreShowChannel|" + Self.listed(0)], id)
        }
        live.endList("QueueStatus", live.beginList())
        live.bench.wait(.seconds(1))
        let status = live.bench.request("GET", "/v1/status").body
        #expect(status.contains(#""channels":1,"#), "\(status)")
        let line = try #require(live.bench.log.last { $0.text.contains("CoreShowChannels was given up after") }).text
        #expect(line.contains("core show channels") && !line.contains("write = reporting"))
        // A caller who exists after all is brought by the next list.
        live.bench.cutSwitch()
        live.reconnect()
        live.tellInventory(channels: [Self.listed(3), Self.listed(7)])
        live.bench.wait(.seconds(1))
        #expect(live.bench.request("GET", "/v1/status").body.contains(#""channels":2,"#))
    }

    // MARK: floods of events

    /// A flood, the most call events that one turn of it may cause, and the records that it leaves.
    struct Flood: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var mostEvents: Int
        var records: Int
        var events: @Sendable () -> [String]
    }

    static let floods = [
        Flood(testDescription: "callers who leave a long queue, the last first", mostEvents: 4, records: 400) {
            (0..<400).flatMap {
                [
                    call($0),
                    "QueueCallerJoin|Queue: info|Position: 1|CallerIDNum: 06|Context: in|Exten: 1|Priority: 3|Uniqueid: 1.\($0)",
                ]
            }
                + (0..<400).reversed().flatMap {
                    [
                        "HangupRequest|Context: in|Exten: 1|Priority: 3|Uniqueid: 1.\($0)",
                        "QueueCallerAbandon|Queue: info|Context: in|Exten: 1|Priority: 3|Uniqueid: 1.\($0)",
                        "Hangup|Uniqueid: 1.\($0)|Cause: 16",
                    ]
                }
        },
        Flood(testDescription: "a crowd in one conference", mostEvents: Calls.bridgeLimit, records: 250) {
            (0..<250).map(call)
                + (0..<250).map {
                    "BridgeEnter|BridgeUniqueid: b1|BridgeType: base|BridgeTechnology: softmix|ChannelState: 6|Uniqueid: 1.\($0)|Linkedid: 1.\($0)"
                }
                + (0..<250).map { "Hangup|Uniqueid: 1.\($0)|Cause: 16" }
        },
        Flood(testDescription: "calls under ten Uniqueids", mostEvents: 4, records: 500) {
            (0..<500).map { call($0).replacing("Uniqueid: 1.\($0)", with: "Uniqueid: 1.\($0 % 10)") }
                + (0..<10).map { "Hangup|Uniqueid: 1.\($0)|Cause: 16" }
        },
        Flood(testDescription: "channels of one telephone", mostEvents: 4, records: 0) {
            (0..<500).flatMap {
                [
                    "Newchannel|Channel: PJSIP/1001-\($0)|ChannelState: 0|Uniqueid: 2.\($0)|Linkedid: 2.\($0)",
                    "DialBegin|DestChannel: PJSIP/1001-\($0)|DestUniqueid: 2.\($0)|DestLinkedid: 2.\($0)|DialString: 1001",
                ]
            } + (0..<500).reversed().map { "Hangup|Uniqueid: 2.\($0)|Cause: 16" }
        },
        Flood(testDescription: "a clock that is set with each event", mostEvents: 300, records: 300) {
            (0..<300).map(call)
                + (0..<300).map {
                    "Newexten|Timestamp: \(1_772_438_400 + ($0 % 2) * 300).000000|Uniqueid: 1.1|Exten: \($0)"
                }
                + (0..<300).map { "Hangup|Uniqueid: 1.\($0)|Cause: 16" }
        },
        Flood(testDescription: "reloads and garbage", mostEvents: 0, records: 0) {
            (0..<300).map { $0 % 2 == 0 ? "Reload|Module: All|Status: 0" : ":|x" }
        },
    ]

    @Test("by a flood of events", arguments: floods)
    func flood(_ flood: Flood) {
        var bench = Bench()
        bench.greet()
        _ = bench.connect(.wallboards)
        bench.wait(.seconds(1))
        bench.largestTurn = 0
        for event in flood.events() { bench.asterisk(event) }
        bench.wait(.seconds(5))
        #expect(bench.mostCallEvents <= flood.mostEvents)
        #expect(bench.largestTurn <= Core.Limits.changeWork)
        #expect(bench.savedRecords.count == flood.records)
    }

    @Test("by agents in very many queues: rows and memberships of a turn are bounded, whatever their telephones do")
    func members() {
        var bench = Bench()
        bench.greet()
        _ = bench.connect(.wallboards)
        for agent in 0..<5 { for queue in 0..<300 { bench.member("\(agent)", queue: "q\(queue)") } }
        bench.wait(.seconds(5))
        bench.largestTurn = 0
        for status in [2, 1, 6] { for agent in 0..<5 { bench.member("\(agent)", queue: "q0", status: status) } }
        for queue in 0..<300 {
            bench.asterisk(
                "QueueMemberPause|Queue: q\(queue)|MemberName: 1|Interface: PJSIP/1|Status: 1|Paused: 1|PausedReason: Pausa"
            )
        }
        bench.wait(.seconds(5))
        // Each agent's queues are visited once for a change, and its rows are parts of bounded work.
        #expect(bench.largestTurn <= 5 * 300 + Core.Limits.changeWork)
    }

    @Test(
        "by a storm of callers while many read with filters of their own: rows of a change and look-ups for readers are bounded"
    )
    func storm() {
        var bench = Bench()
        bench.greet()
        for queue in 0..<100 { bench.member("\(queue % 20)", queue: "q\(queue)") }
        bench.wait(.seconds(1))
        let readers = 60
        for reader in 0..<readers {
            let id = bench.connect(.wallboards, from: "192.0.2.\(reader)")
            bench.send(
                #"{"subscribe":{"queues":["q\#(reader)"],"metrics":["waiting"],"insensitivity":{"waiting":\#(1 + reader)}}}"#
                    + "\n", id)
        }
        bench.wait(.seconds(1))
        bench.largestTurn = 0
        for number in 0..<300 {
            bench.join("3.\(number)", queue: "q\(number % 100)")
            if number % 20 == 19 { bench.wait(.milliseconds(20)) }
        }
        bench.wait(.seconds(5))
        let rows = Core.Limits.changeWork / ACD.rowWork + 1
        // The rows once, and for each reader its one queue and that queue's agents.
        #expect(bench.largestTurn <= rows + 20 + readers * (1 + 2 * 20))
    }

    @Test("by the visits of a long day: a queue's row costs the same whatever its day")
    func longDay() {
        var acd = ACD()
        for queue in ["a", "b", "c"] {
            acd.handle(.queueDeclared(QueueName(queue)), at: Moment(uptime: .zero, date: Bench.start))
        }
        _ = acd.takeChanges()
        for number in 1...5_000 as ClosedRange<UInt64> {
            let moment = Moment(uptime: .milliseconds(Int64(number)), date: Bench.start + .milliseconds(Int64(number)))
            let visit = QueueVisit(
                number: number, contact: ContactKey(number), channel: ChannelID("\(number)"), queue: QueueName("a"),
                position: 1,
                joined: moment)
            acd.handle(.queued(visit), at: moment)
            acd.handle(.visitEnded(visit, .abandoned), at: moment)
        }
        for queue in ["b", "c"] { acd.markChanged(QueueName(queue)) }
        #expect(acd.takeChanges(work: 3 * ACD.rowWork).queues == ["a", "b", "c"].map { QueueName($0) })
    }

    // MARK: floods of webhooks

    @Test(
        "by webhooks in one packet: sixteen are accepted, and those with a wrong signature do not reach the core",
        arguments: [true, false])
    func webhooks(isGenuine: Bool) throws {
        var bench = Bench()
        bench.greet()
        let id = bench.connect(.http)
        let secret = try SigningSecret(isGenuine ? Bench.webhookSecret : "whsec_" + "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFB")
        let seconds = bench.moment.date.microseconds / 1_000_000
        bench.send(
            (0..<60).map { number in
                let body =
                    #"{"type":"call.queued","timestamp":"\#(bench.moment.date)","data":{"callId":"c-\#(number)","queue":"info"}}"#
                let signature = WebhookSignature.sign(
                    id: "m\(number)", timestamp: seconds, body: Array(body.utf8), secret: secret, digests: .openSSL)
                return Bench.request(
                    "POST", "/v1/webhooks/cloud",
                    [
                        ("Content-Type", "application/json"), ("webhook-id", "m\(number)"),
                        ("webhook-timestamp", "\(seconds)"),
                        ("webhook-signature", signature),
                    ], body: body)
            }.joined(), id)
        bench.wait(.seconds(5))
        #expect(bench.journalled.count == (isGenuine ? 16 : 0))
        // Each of the sixteen is two events of calls, and all are taken in with the packet.
        #expect(bench.mostCallEvents <= 2 * 16)
        #expect(bench.log.count { $0.subject == "webhook cloud" } <= Limits.logLinesPerSecond + 1)
    }
}

extension LiveSwitch {
    /// Resets what was counted so far.
    fileprivate mutating func forget() { (bench.mostCallEvents, bench.mostEffects) = (0, 0) }
}
