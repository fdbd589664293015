import ACD
@testable import Core
@testable import Edges
import Figures
@testable import Gateway
import Records
import ScreenPop
import Telephony
import Time
import Testing
import Wallboard
import Webhook
import Wire

@Suite("A webhook")
struct WebhookTests {
    var bench = Bench()

    private func body(_ type: String, call: String = "c-9", _ data: String = "") -> String {
        #"{"type":"\#(type)","timestamp":"\#(bench.moment.date)","data":{"callId":"\#(call)"\#(data.isEmpty ? "" : "," + data)}}"#
    }

    /// The fields of a genuine delivery of `body`, now.
    private func signed(_ body: String, id: String) throws -> [(String, String)] {
        let seconds = bench.moment.date.microseconds / 1_000_000
        let secret = try SigningSecret(Bench.webhookSecret)
        return [
            ("Content-Type", "application/json"), ("webhook-id", id), ("webhook-timestamp", "\(seconds)"),
            (
                "webhook-signature",
                WebhookSignature.sign(
                    id: id, timestamp: seconds, body: Array(body.utf8), secret: secret, digests: .openSSL)
            ),
        ]
    }

    @discardableResult
    private mutating func deliver(_ body: String, id: String, to source: String = "cloud") throws -> Int {
        bench.request("POST", "/v1/webhooks/\(source)", try signed(body, id: id), body: body).status
    }

    private mutating func queue(_ name: String = "info") throws -> WallboardMessage.Queue? {
        let answer = bench.request("GET", "/v1/wallboard", [("Accept", "application/json")])
        return try #require(JSON.decode(WallboardMessage.self, from: answer.body.utf8)).queues?.first {
            $0.name == name && $0.switch == "cloud"
        }
    }

    private let caller = #""from":{"raw":"+390612345678","name":"Mario"},"queue":"info""#

    @Test("is answered with 204; so is a duplicate, which is counted once")
    mutating func duplicates() throws {
        let text = body("call.queued", caller)
        #expect(try deliver(text, id: "e1") == 204)
        #expect(try deliver(text, id: "e1") == 204)
        // Another body under the same id: the first is kept.
        #expect(try deliver(body("call.queued", call: "c-10", caller), id: "e1") == 204)
        #expect(try queue()?.offered == 1)
        let status = bench.request("GET", "/v1/status").body
        #expect(status.contains(#""webhooks":{"accepted":1,"conflicts":1,"duplicates":1,"unsigned":0,"unusable":0}"#))
    }

    @Test("is answered after the journal has it; so is a repetition, which may come before that")
    mutating func acknowledgement() throws {
        let text = body("call.queued", caller)
        try deliver(text, id: "e1")
        try deliver(text, id: "e1")
        #expect(bench.journalled.count == 1)
        #expect(bench.acknowledged.map(\.after) == [1, 1])
    }

    @Test("that is refused is answered at once: a stranger's answers do not fill what a hanging disk holds back")
    mutating func refusedAtOnce() throws {
        let text = body("call.queued", caller)
        #expect(bench.request("POST", "/v1/webhooks/cloud", body: text).status == 400)
        #expect(try deliver(text, id: "e1", to: "nowhere") == 404)
        #expect(try deliver("{}", id: "e2") >= 400)
        #expect(bench.acknowledged.isEmpty)
    }

    @Test("is handled after the journal's checkpoint that stands before it: replayed from there it happens once")
    mutating func checkpoint() throws {
        try deliver(body("call.queued", caller), id: "e1")
        let (before, input, moment) = try #require(bench.acceptances.first)
        var again = before
        again.handle(input, .none, at: moment) { _, _ in }
        // Longer than anything that is decided late.
        let later = Moment(uptime: moment.uptime + .seconds(5), date: moment.date + .seconds(5))
        again.handle(nil, .none, at: later) { _, _ in }
        let room = try #require(again.switches.first { $0.name == SwitchID("cloud") })
        let activity = try #require(room.acd.queues[QueueName("info")])
        #expect(activity.counters.offered == 1 && activity.waiting.count == 1)
    }

    @Test("is not answered with a body where there is none")
    mutating func noContent() throws {
        let text = body("call.queued", caller)
        let answer = bench.request("POST", "/v1/webhooks/cloud", try signed(text, id: "e1"), body: text)
        #expect(answer.body == "")
    }

    @Test("with a bad signature, of another body, of another time, or without one is refused and counts nothing")
    mutating func unsigned() throws {
        let text = body("call.queued", caller)
        let genuine = try signed(text, id: "e1")
        func with(_ name: String, _ value: String) -> [(String, String)] {
            genuine.map { $0.0 == name ? (name, value) : $0 }
        }
        let target = "/v1/webhooks/cloud"
        #expect(bench.request("POST", target, with("webhook-signature", "v1,AAAA"), body: text).status == 401)
        #expect(bench.request("POST", target, genuine, body: text + " ").status == 401)
        #expect(bench.request("POST", target, with("webhook-timestamp", "1772000000"), body: text).status == 401)
        #expect(bench.request("POST", target, with("webhook-id", "e2"), body: text).status == 401)
        #expect(bench.request("POST", target, genuine.filter { $0.0 != "webhook-signature" }, body: text).status == 400)
        #expect(try queue() == nil)
        #expect(bench.log.contains { $0.text.hasPrefix("Refused with 401: No v1 signature") })
        #expect(!bench.log.contains { $0.text.contains("whsec") || $0.text.contains("+3906") })
        // None of these spoils the id for the genuine one.
        #expect(try deliver(text, id: "e1") == 204)
        #expect(try queue()?.offered == 1)
    }

    @Test("to a source that is not configured is 404, and so is an Asterisk's name")
    mutating func unknownSource() throws {
        #expect(try deliver(body("call.queued", caller), id: "e1", to: "other") == 404)
        #expect(try deliver(body("call.queued", caller), id: "e1", to: "roma") == 404)
        #expect(try deliver(body("call.queued", caller), id: "e1", to: "") == 404)
    }

    @Test(
        "that cannot be used is 422 once, and 204 when it comes again, so that its sender stops",
        arguments: [
            "", "x", "[]", #"{"type":"call.sung","timestamp":"2026-03-02T08:00:00Z","data":{}}"#,
            #"{"type":"call.ended","timestamp":"2026-03-02T08:00:00Z"}"#,
        ])
    mutating func unusable(text: String) throws {
        #expect(try deliver(text, id: "e1") == 422)
        #expect(try deliver(text, id: "e1") == 204)
        #expect(try deliver(text, id: "e2") == 422)
    }

    @Test("that is too large is 413, by its own limit and by the port's")
    mutating func tooLarge() throws {
        #expect(try deliver(String(repeating: "x", count: 20_001), id: "e1") == 413)
        #expect(
            bench.request("POST", "/v1/webhooks/cloud", [], body: String(repeating: "x", count: 300_000)).status == 413)
    }

    @Test("reports a call that pops on the agent's desk and is counted like any other")
    mutating func call() throws {
        let desk = bench.desk("PJSIP/1001")
        try deliver(body("call.queued", caller), id: "e1")
        #expect(bench.lookups.map(\.caller) == [CallerID(number: "+390612345678", name: "Mario")])
        bench.wait(.seconds(3))
        try deliver(body("call.ringing", #""agent":{"id":"PJSIP/1001","name":"Anna"}"#), id: "e2")
        bench.wait(.seconds(4))
        try deliver(body("call.answered", #""agent":{"id":"PJSIP/1001","name":"Anna"}"#), id: "e3")
        #expect(try queue()?.talking == 1)
        bench.wait(.seconds(60))
        try deliver(body("call.ended", #""endedBy":"caller""#), id: "e4")
        bench.wait(.seconds(2))
        var kinds: [Pop.Kind] = []
        let pops = bench.pops(desk)
        for pop in pops where kinds.last != pop.type { kinds.append(pop.type) }
        #expect(kinds == [.preview, .open, .closed])
        #expect(pops.last?.switch == "cloud")
        #expect(pops.last?.talkSeconds == 60)
        #expect(pops.last?.waitSeconds == 7)
        let figures = try queue()
        #expect(figures?.offered == 1)
        #expect(figures?.answered == 1)
        #expect(figures?.serviceLevel.ratio == 1)
        #expect(bench.saved.count == 1)
    }

    @Test("of one source says nothing about calls of the other switches with the same names")
    mutating func apart() throws {
        bench.greet()
        bench.join("c-9")
        try deliver(body("call.queued", caller), id: "e1")
        try deliver(body("call.ended"), id: "e2")
        bench.wait(.seconds(2))
        #expect(bench.saved.map(\.switch) == ["cloud"])
        let text = bench.request("GET", "/v1/wallboard", [("Accept", "application/json")]).body
        let queues = JSON.decode(WallboardMessage.self, from: text.utf8)?.queues ?? []
        #expect(queues.map { "\($0.switch) \($0.waiting) \($0.abandoned)" } == ["roma 1 0", "cloud 0 1"])
    }
}
