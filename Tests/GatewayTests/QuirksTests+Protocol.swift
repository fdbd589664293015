import AMI
import Foundation
import Core
import Edges
import Gateway
import Recordings
import Records
import Telephony
import Testing
import Time
import Wire

// The protocol.
extension QuirksTests {
    @Test(
        "33. The banner is one line with no blank line after it, and may come in the same packet as the login's answer",
        arguments: ["11.0.0", "5.0.4"])
    func banner(version: String) {
        var client = TypedClient()
        client.hears(
            "Asterisk Call Manager/\(version)|Response: Success|ActionID: t-1|Message: Authentication accepted||Event: Hangup||"
        )
        #expect(client.take() == ["Action: Login", "logged in to \(version)", "event Hangup"])
    }

    @Test(
        "34. FullyBooted may never come; after a restart the login works before QueueStatus does, and then it is asked again"
    )
    func fullyBooted() throws {
        let after = try #require(
            try Surprise("22/crash-a").trace.recording.others.first { $0.name == "ami-after" }?.chunks)
        let answers = Recording.answers(in: after)
        try #require(answers["QueueStatus"]?.contains("Invalid/unknown command: QueueStatus") == true)
        var gateway = AskingGateway(answers: answers, at: UnixTime(microseconds: 0))
        #expect(gateway.asked.filter { $0 == "QueueStatus" }.count == 1)
        #expect(gateway.gateway.core.isSynchronized, "it does not wait for a FullyBooted that may never come")
        gateway.hears("Event: FullyBooted\r\nPrivilege: system,all\r\nStatus: Fully Booted\r\n\r\n")
        #expect(gateway.asked.filter { $0 == "QueueStatus" }.count == 2)
    }

    @Test(
        "35. A few events end with an extra blank line, so that the next one begins with CRLF: nothing is lost",
        arguments: ["22/atx_feature-a", "22/ivr-a", "22/ami_redirect-a", "16/mixed-a"])
    func extraBlankLine(name: String) throws {
        let surprise = try Surprise(name)
        let bytes = surprise.trace.recording.chunks.filter { $0.direction == .incoming }.flatMap(\.bytes)
        try #require(bytes.firstRange(of: Array("\r\n\r\n\r\nEvent: ".utf8)) != nil)
        try #require(surprise.all("TestEvent").contains { $0.message.all("State").count == 2 })
        #expect(surprise.report.events.malformed == 0)
        #expect(surprise.report.events.read == surprise.events.filter { $0.message.kind == .event }.count)
    }

    @Test(
        "36. Headers repeat: Output, ChanVariable, Variable, and whatever a UserEvent brings; some texts hold a bare LF"
    )
    func repeatedHeaders() throws {
        let text =
            "Asterisk Call Manager/11.0.0\r\nResponse: Success\r\nOutput: informazioni has 1 calls\r\nOutput:    Members: \r\nOutput: \r\n\r\n"
            + "Event: Newstate\r\nChanVariable: A=1\r\nChanVariable: B=2=3\r\nDestChanVariable: A=4\r\n\r\n"
            + "Response: Error\r\nMessage: CoreShowChannelMap requires a channel.\n\r\n\r\nEvent: Hangup\r\nUniqueid: 1.1\r\n\r\n"
        let messages = Surprise.messages(in: [.init(microseconds: 0, direction: .incoming, bytes: Array(text.utf8))])
        #expect(messages.map(\.title) == ["Success", "Newstate", "Error", "Hangup"])
        #expect(messages[0].message.all("Output") == ["informazioni has 1 calls", "   Members: ", ""])
        #expect(messages[1].message.all("ChanVariable") == ["A=1", "B=2=3"])
        let login = try Surprise("22/tls_and_users-a", of: "login-longline")
        #expect(login.all("UserEvent").contains { $0["UserEvent"] == "ok" && $0.message.all("A") == ["1", "2"] })
    }

    @Test(
        "37. Live events fall between the items of a list, and items may be named like one: only the ActionID distinguishes them"
    )
    func lists() throws {
        var client = TypedClient()
        client.logIn()
        let id = try client.asks("DeviceStateList", isList: true)
        client.hears(
            "Response: Success|ActionID: \(id)|EventList: start||Event: DeviceStateChange|ActionID: \(id)|Device: PJSIP/1||"
        )
        client.hears(
            "Event: DeviceStateChange|Device: PJSIP/2||Event: DeviceStateChange|ActionID: \(id)|Device: PJSIP/3||")
        client.hears("Event: DeviceStateListComplete|ActionID: \(id)|EventList: Complete|ListItems: 2||")
        #expect(
            client.take() == [
                "item DeviceStateChange", "event DeviceStateChange", "item DeviceStateChange", "list ended",
            ])
        let reconnect = try #require(
            try Surprise("22/client_reconnect-a").trace.recording.others.first { $0.name == "reconnect" }?.chunks)
        let list = try #require(Recording.answers(in: reconnect)["DeviceStateList"])
        try #require(list.contains("Event: DeviceStateChange\r\n") && list.contains("EventList: Complete"))
    }

    @Test("38. An unknown queue is an empty list, an unknown interface an error, and a QueueLog action is not an event")
    func unknownQueue() throws {
        var client = TypedClient()
        client.logIn()
        let list = try client.asks("QueueStatus", isList: true)
        client.hears("Response: Success|ActionID: \(list)|EventList: start|Message: Queue status will follow||")
        client.hears("Event: QueueStatusComplete|ActionID: \(list)|EventList: Complete|ListItems: 0||")
        #expect(client.take() == ["list ended"])
        let pause = try client.asks("QueuePause")
        client.hears("Response: Error|ActionID: \(pause)|Message: Interface not found||")
        #expect(client.take() == ["answer Error: Interface not found"])
        let admin = try Surprise("22/queue_admin-a")
        let log = try String(contentsOfFile: admin.trace.path + "/queue_log", encoding: .utf8)
        try #require(log.contains("|ESITO|"))
        #expect(
            !admin.events.contains { event in
                (0..<event.message.count).contains { event.message.value(at: $0).contains("ESITO") }
            })
    }

    @Test(
        "39. A bad login is answered after a second and closed; the TLS port closes without a byte; a line has at most 1,022 bytes"
    )
    func badLogin() throws {
        let wrong = try #require(
            try Surprise("22/tls_and_users-a").trace.recording.others.first { $0.name == "login-wrong" }?.chunks)
        let refusal = try #require(Surprise.messages(in: wrong).first)
        try #require(refusal.title == "Error" && refusal.at > 1 && wrong.last?.direction == .closed)
        var client = TypedClient()
        client.hears("Asterisk Call Manager/11.0.0|Response: Error|ActionID: t-1|Message: Authentication failed||")
        #expect(client.take().last?.hasPrefix("failed: Asterisk refused the login") == true)
        let others = try Surprise("22/tls_and_users-a").trace.recording.others
        let silent = try #require(others.first { $0.name == "login-plain-on-tls" }?.chunks)
        try #require(silent.last?.direction == .closed && !silent.contains { $0.direction == .incoming })
        var bench = Bench(Bench.liveConfiguration)
        let first = try #require(bench.toSwitch)
        bench.cutSwitch()
        bench.wait(.seconds(1))
        #expect(
            bench.toSwitch != nil && bench.toSwitch != first, "a port that closes without a byte is tried again soon")
        let line = String(repeating: "y", count: 3000)
        #expect(throws: Action.EncodingError.self) { try Action("UserEvent", ["X": line]).encoded(id: "1") }
    }

    @Test("40. A client that connects in mid-call can rebuild who waits and who talks; what it cannot learn is absent")
    func midCall() throws {
        let surprise = try Surprise("22/client_reconnect-a")
        let reconnect = try #require(surprise.trace.recording.others.first { $0.name == "reconnect" }?.chunks)
        let start = UnixTime(
            microseconds: (surprise.trace.recording.startEpoch ?? 0) + (reconnect.first?.microseconds ?? 0))
        let gateway = AskingGateway(answers: Recording.answers(in: reconnect), at: start)
        #expect(gateway.report.queues["incentivi"]?.waiting == 1)
        let contacts = gateway.report.contacts
        let waiting = try #require(contacts.first { $0.visits.contains { $0.queue == "incentivi" } })
        // QueueEntry says since when, in whole seconds.
        let join = try #require(surprise.all("QueueCallerJoin").first { $0["Queue"] == "incentivi" })
        #expect(abs((surprise.seconds(waiting.visits.first?.joinedAt) ?? 0) - join.at) <= 1)
        #expect(contacts.allSatisfy { $0.flags.contains("partial") })
        // Two callers talk (one of them on hold), one telephone rings for a direct call.
        #expect(contacts.count >= 4)
        let talking = contacts.flatMap(\.talked)
        #expect(talking.count == 2)
        #expect(talking.allSatisfy { $0.ringSeconds == nil }, "how long the phone had rung nobody tells")
    }

    @Test(
        "41. systemname puts a prefix into every Uniqueid: it is never a number; and channel names come again after a restart"
    )
    func systemName() throws {
        let plain = try Surprise("22/hold-a")
        let named = try Surprise("22/hold-a") { text, _ in
            text.replacing(/((?:Uniqueid|UniqueID|Linkedid|LinkedID|uniqueid): )(\d{10}\.)/) {
                "\($0.1)pbx-roma-\($0.2)"
            }
        }
        try #require(named.all("Newchannel").allSatisfy { $0["Uniqueid"]?.hasPrefix("pbx-roma-1795") == true })
        #expect(named.figures == plain.figures)
        #expect(named.contacts.map(\.channel) == plain.contacts.map { "pbx-roma-\($0.channel)" })
        // Here the switch had created 169 channels before the restart. Otherwise the earlier names would have come
        // again.
        let restart = try Surprise("22/core_restart-a")
        let again = try Surprise("22/core_restart-a") { text, _ in
            text.replacing(/(PJSIP\/\w+-)(000000a[9a-e])/) { "\($0.1)0000000\(Int($0.2, radix: 16)! - 0xa9)" }
        }
        let names = again.all("Newchannel").compactMap { $0["Channel"] }
        try #require(names.count == 10 && Set(names).count == 6)
        #expect(again.figures == restart.figures)
        #expect(again.contacts.map(\.channel) == restart.contacts.map(\.channel))
        #expect(JSON.encode(again.report.queues) == JSON.encode(restart.report.queues))
        #expect(again.isCountedAsLogged)
    }

    @Test(
        "42. With timestampevents a Timestamp stands after Privilege, and steps back by less than a millisecond from time to time"
    )
    func timestamps() throws {
        let plain = try Surprise("22/hold-a")
        let start = Double(plain.trace.recording.startEpoch ?? 0) / 1_000_000
        var count = 0
        let stamped = try Surprise("22/hold-a") { text, at in
            count += 1
            let stamp = start + at - 0.0014 - (count.isMultiple(of: 7) ? 0.0009 : 0)
            return text.replacing(/(Privilege: [^\r]*\r\n)/, maxReplacements: 1) {
                "\($0.1)Timestamp: \(String(format: "%.6f", stamp))\r\n"
            }
        }
        try #require(stamped.all("Hangup").allSatisfy { $0["Timestamp"] != nil })
        #expect(stamped.report.events.malformed == 0)
        for (left, right) in zip(stamped.contacts.flatMap(\.legs), plain.contacts.flatMap(\.legs)) {
            #expect(abs((left.talkSeconds ?? 0) - (right.talkSeconds ?? 0)) < 0.005)
            #expect(abs((left.holdSeconds ?? 0) - (right.holdSeconds ?? 0)) < 0.005)
            #expect(abs((left.ringSeconds ?? 0) - (right.ringSeconds ?? 0)) < 0.005)
        }
        #expect(stamped.contacts.flatMap(\.legs).count == plain.contacts.flatMap(\.legs).count)
    }

    @Test(
        "43. CEL, TestEvent and RTCP are half of the stream and mean nothing to us: without them we report the same",
        arguments: ["22/hold-a", "22/mixed-a", "16/mixed-a"])
    func noise(name: String) throws {
        let plain = try Surprise(name)
        let noise = plain.events.filter { ["CEL", "TestEvent", "RTCPSent", "RTCPReceived"].contains($0.title) }
        try #require(noise.count * 4 > plain.events.count)
        let quiet = try Surprise(name) { text, _ in
            text.contains(/^\s*Event: (CEL|TestEvent|RTCPSent|RTCPReceived)\r/) ? nil : text
        }
        #expect(JSON.encode(quiet.report.queues) == JSON.encode(plain.report.queues))
        #expect(JSON.encode(quiet.report.contacts) == JSON.encode(plain.report.contacts))
    }
}
