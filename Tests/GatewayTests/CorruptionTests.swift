import AMI
import Core
import Edges
import Gateway
import Records
import Switches
import Telephony
import Testing
import Time
import Wire

/// Bytes that a broken switch or network puts between good messages, and how much of them is not a message.
struct Damage: CustomTestStringConvertible, Sendable {
    var testDescription: String
    var bytes: [UInt8]
    var malformed = 1

    init(_ description: String, _ text: String, malformed: Int = 1) {
        testDescription = description
        bytes = Array(text.replacing("\n", with: "\r\n").utf8)
        self.malformed = malformed
    }

    /// It contains a joining caller: a count of 9.1 means that a non-message was believed.
    private static let lost = "Event: QueueCallerJoin\nPrivilege: agent,all\nUniqueid: 9.1\nQueue: info\n"

    static let all = [
        Damage("a line without colon", lost + "Position 1\n\n"),
        Damage(
            "a message cut by a switch that could not write, which goes on in the middle of another",
            lost + "Contel,all\nUniqueid: 9.2\n\n"
        ),
        Damage(
            "a message cut after a line, and the next one's head",
            lost + "Event: Hangup\nPrivilege: call,all\nUniqueid: 9.2\n\n"),
        Damage(
            "a message cut in a name, and the next one's head",
            lost + "PosiEvent: Hangup\nPrivilege: call,all\nChannel: PJSIP/1\n\n"),
        Damage(
            "a message cut in a value, and the next one's head",
            lost + "Context: fromEvent: Hangup\nPrivilege: call,all\nCause: 16\n\n"),
        Damage("the middle of a message, its head lost", "Uniqueid: 9.1\nQueue: info\n\n"),
        Damage("a line of more than 64 KiB", lost + "CallerIDName: \(String(repeating: "x", count: 65_536))\n\n"),
        Damage("a line of a megabyte, without a colon", lost + String(repeating: "x", count: 1_000_000) + "\n\n"),
        Damage("NULs before a message's head", "\0\0\0" + lost + "\n"),
        Damage("a block of NULs", String(repeating: "\0", count: 5000) + "\n\n"),
        Damage("a message of ten thousand lines", lost + String(repeating: "x: y\n", count: 10_000) + "\n"),
        Damage("a second banner", "Asterisk Call Manager/11.0.0\n\n"),
        Damage("two in a row", lost + "no colon\n\n" + "Queue: info\n\n", malformed: 2),
    ]

    /// Bytes that are not damage: they count as good.
    static let harmless = [
        Damage("an extra empty line, as Asterisk ends some events", "\n", malformed: 0),
        Damage("many of them, some with LF alone", "\n\n\n\n\n\n", malformed: 0),
        Damage(
            "an event with a NUL in a value",
            "Event: Newchannel\nPrivilege: call,all\nUniqueid: 8.1\nCallerIDName: a\0b\n\n", malformed: 0),
        Damage(
            "an event with a line of just 64 KiB",
            "Event: Newchannel\nPrivilege: call,all\nUniqueid: 8.1\nCallerIDName: \(String(repeating: "x", count: 65_522))\n\n",
            malformed: 0),
    ]
}

/// A gateway that is logged in to a switch.
struct LiveSwitch {
    var bench: Bench

    /// `isAnswered`: its inventory is known as well.
    init(isAnswered: Bool = true) {
        var configuration = Bench.liveConfiguration
        configuration.webhooks = []
        bench = Bench(configuration)
        logIn()
        if isAnswered { tellInventory() }
    }

    /// The link is open again and accepts the login; the inventory is requested.
    mutating func reconnect() {
        bench.reconnectSwitch()
        logIn()
    }

    private mutating func logIn() {
        hear("Asterisk Call Manager/11.0.0\n")
        hear("Response: Success\nActionID: \(lastID())\nMessage: Authentication accepted\n\n")
    }

    mutating func hear(_ text: String) { bench.hear(Array(text.replacing("\n", with: "\r\n").utf8)) }

    /// The actions sent since the last call, by name, without the session's own keep-alive.
    mutating func actions() -> [String] {
        sent().filter {
            $0.hasPrefix("Action: ") && $0 != "Action: Ping"
        }
        .map { String($0.dropFirst(8)) }
    }

    /// Sends the three lists, one after the other. The channels listed are these: `Header: value|…`, ten in one read.
    mutating func tellInventory(channels: [String] = []) {
        for list in ["BridgeList", "CoreShowChannels", "QueueStatus"] {
            let id = beginList()
            let items =
                list == "CoreShowChannels"
                ? channels.map { "Event: CoreShowChannel|\($0)" }
                : list == "QueueStatus" ? ["Event: QueueParams|Queue: info"] : []
            tellItems(items, id)
            endList(list, id, items: items.count)
        }
    }

    mutating func endList(_ list: String, _ id: String, items: Int = 0) {
        hear("Event: \(list)Complete\nActionID: \(id)\nEventList: Complete\nListItems: \(items)\n\n")
    }

    mutating func tellItems(_ items: [String], _ id: String) {
        for first in stride(from: 0, to: items.count, by: 10) {
            hear(
                items[first..<min(first + 10, items.count)].map { "\($0)|ActionID: \(id)||".replacing("|", with: "\n") }
                    .joined())
        }
    }

    /// Begins the requested list; returns its ActionID.
    mutating func beginList() -> String {
        let id = lastID()
        hear("Response: Success\nActionID: \(id)\nEventList: start\n\n")
        return id
    }

    mutating func lastID() -> String {
        sent().last { $0.hasPrefix("ActionID: ") }.map { String($0.dropFirst(10)) } ?? ""
    }

    private mutating func sent() -> [Substring] {
        bench.toSwitch.map { String(decoding: bench.read($0), as: UTF8.self).split(separator: "\r\n") } ?? []
    }

    var report: Report {
        var report = Report()
        report.add(bench.gateway.core, closed: [], at: bench.moment)
        return report
    }

    /// What the operator sees.
    mutating func status() -> (state: String, malformed: Int)? {
        struct Answer: Decodable {
            struct Switch: Decodable {
                var state: String
                var malformed: Int
            }
            var switches: [Switch]
        }
        return JSON.decode(Answer.self, from: bench.request("GET", "/v1/status").body.utf8)?.switches.first.map {
            ($0.state, $0.malformed)
        }
    }
}

@Suite("Damage in a switch's stream")
struct CorruptionTests {
    @Test(
        "is skipped up to the next message, counted, and makes the gateway ask for the inventory", arguments: Damage.all
    )
    func damage(_ damage: Damage) {
        var live = LiveSwitch()
        live.bench.join("1.1")
        #expect(live.actions() == [])
        live.bench.hear(damage.bytes)
        #expect(live.actions() == ["BridgeList"])
        live.bench.join("1.2")
        let report = live.report
        #expect(report.events.malformed == damage.malformed)
        #expect(report.queues["info"]?.offered == 2)
        #expect(report.contacts.map(\.channel) == ["1.1", "1.2"])
        let status = live.status()
        #expect(status?.malformed == damage.malformed)
        #expect(status?.state == "connected")
    }

    @Test("is the same damage however the network cuts it", arguments: Damage.all + Damage.harmless, [1, 7, 1000])
    func cut(_ damage: Damage, size: Int) {
        var live = LiveSwitch()
        // A megabyte in single bytes would only take long.
        let size = max(size, damage.bytes.count / 20_000)
        for start in stride(from: 0, to: damage.bytes.count, by: size) {
            live.bench.hear(Array(damage.bytes[start..<min(start + size, damage.bytes.count)]))
        }
        live.bench.join("1.2")
        #expect(live.report.events.malformed == damage.malformed)
        #expect(live.report.contacts.map(\.channel) == ["1.2"])
        #expect(live.actions() == (damage.malformed > 0 ? ["BridgeList"] : []))
    }

    @Test("is not seen where there is none", arguments: Damage.harmless)
    func harmless(_ damage: Damage) {
        var live = LiveSwitch()
        live.bench.hear(damage.bytes)
        live.bench.join("1.1")
        #expect(live.report.events.malformed == 0)
        #expect(live.report.queues["info"]?.offered == 1)
        #expect(live.actions() == [])
    }

    @Test("does not make the gateway ask repeatedly, but does so again after a minute")
    func repair() {
        var live = LiveSwitch()
        live.hear("no colon\n\n")
        live.tellInventory()
        live.hear("no colon\n\n")
        #expect(live.actions() == [])
        for _ in 0..<7 {
            live.bench.wait(.milliseconds(8500))
            live.hear("Event: Hold\nUniqueid: 5.5\n\n")
        }
        live.hear("no colon\n\n")
        #expect(live.actions() == [])
        live.bench.wait(.milliseconds(500))
        live.hear("no colon\n\n")
        #expect(live.actions() == ["BridgeList"])
        #expect(live.report.events.malformed == 4)
    }

    @Test("within the minute after an inventory is repaired by one when the minute is over")
    func lateRepair() {
        var live = LiveSwitch()
        live.hear("no colon\n\n")
        live.tellInventory()
        live.bench.wait(.seconds(5))
        live.hear("no colon\n\n")
        for _ in 0..<10 {
            live.bench.wait(.seconds(6))
            live.hear("Event: Hold\nUniqueid: 5.5\n\n")
        }
        #expect(live.actions() == ["BridgeList"])
    }

    @Test("at the end of a connection, in the middle of a message, is discarded with it")
    func dyingSwitch() {
        var live = LiveSwitch()
        live.bench.join("1.1")
        live.hear("Event: QueueCallerJoin\nPrivilege: agent,all\nUniqueid: 9.1\nQueue: in")
        live.bench.cutSwitch()
        live.bench.wait(.seconds(1))
        let before = live.report
        // Only the switch can say what became of the waiting callers.
        #expect(before.queues["info"]?.offered == 1 && before.queues["info"]?.waiting == 1)
        #expect(before.events.malformed == 0)
        #expect(before.gaps.count == 1)
        let state = live.status()?.state
        #expect(state != nil && state != "connected")
    }
}
