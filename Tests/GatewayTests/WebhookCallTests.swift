import Core
import Edges
import Gateway
import Records
import Telephony
import Testing
import Time
import Wallboard
import Webhook
import Wire

@Suite("A call that webhooks report")
struct WebhookCallTests {
    var bench = Bench()
    private var delivered = 0

    /// Delivers a signed event under an id of its own; returns the status of the answer.
    @discardableResult
    private mutating func tell(_ type: String, _ data: String = "", secret: String = Bench.webhookSecret) throws -> Int
    {
        try deliver(Self.body(type, data, at: bench.moment.date), secret: secret)
    }

    @discardableResult
    private mutating func deliver(_ body: String, secret: String = Bench.webhookSecret) throws -> Int {
        delivered += 1
        let id = "e\(delivered)"
        let seconds = bench.moment.date.microseconds / 1_000_000
        let signature = WebhookSignature.sign(
            id: id, timestamp: seconds, body: Array(body.utf8), secret: try SigningSecret(secret), digests: .openSSL)
        let fields = [("webhook-id", id), ("webhook-timestamp", "\(seconds)"), ("webhook-signature", signature)]
        return bench.request("POST", "/v1/webhooks/cloud", fields, body: body).status
    }

    private static func body(_ type: String, _ data: String, at date: UnixTime) -> String {
        #"{"type":"\#(type)","timestamp":"\#(date)","data":{"callId":"c-9"\#(data.isEmpty ? "" : "," + data)}}"#
    }

    /// `name waiting talking answered abandoned` of each queue.
    private mutating func figures() -> [String] {
        let answer = bench.request("GET", "/v1/wallboard", [("Accept", "application/json")])
        let queues = JSON.decode(WallboardMessage.self, from: answer.body.utf8)?.queues ?? []
        return queues.map { "\($0.name) \($0.waiting) \($0.talking) \($0.answered) \($0.abandoned)" }
    }

    private let x = #""agent":{"id":"PJSIP/1001","name":"Anna"}"#

    @Test("is talk of the queue that connected it, and of no other, after it overflowed while a telephone rang")
    mutating func overflow() throws {
        try tell("call.queued", #""queue":"A""#)
        try tell("call.ringing", x)
        bench.wait(.seconds(20))
        try tell("call.queued", #""queue":"B""#)
        try tell("call.ringing", x)
        bench.wait(.seconds(5))
        try tell("call.answered", x)
        #expect(figures() == ["A 0 0 0 0", "B 0 1 1 0"])
        bench.wait(.seconds(60))
        try tell("call.ended", #""endedBy":"caller""#)
        bench.wait(.seconds(2))
        #expect(figures() == ["A 0 0 0 0", "B 0 0 1 0"])
        #expect(bench.saved.count == 1)
    }

    @Test("is not abandoned when the switch ends it while the caller waits")
    mutating func endedBySystem() throws {
        try tell("call.queued", #""queue":"A""#)
        bench.wait(.seconds(20))
        try tell("call.ended", #""endedBy":"system""#)
        bench.wait(.seconds(2))
        #expect(figures() == ["A 0 0 0 0"])
        #expect(bench.saved.count == 1)
    }

    @Test("is in the journal as it was sent, once; what was refused is not")
    mutating func journal() throws {
        let queued = Self.body("call.queued", #""queue":"A""#, at: bench.moment.date)
        #expect(try tell("call.queued", #""queue":"A""#) == 204)
        #expect(bench.journalled == ["cloud " + queued])
        delivered -= 1
        #expect(try tell("call.queued", #""queue":"A""#) == 204)
        #expect(try tell("call.sung") == 422)
        #expect(try tell("call.ended", secret: "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=") == 401)
        #expect(bench.journalled.count == 1)
    }

    @Test("whose answer comes a moment after its end is answered, without any event in between")
    mutating func answerAfterEnd() throws {
        try tell("call.queued", #""queue":"A""#)
        bench.wait(.seconds(20))
        try tell("call.ended", #""endedBy":"caller""#)
        let answered = Self.body("call.answered", x, at: bench.moment.date + .seconds(-8))
        bench.wait(.milliseconds(900))
        #expect(bench.saved.isEmpty)
        try deliver(answered)
        bench.wait(.milliseconds(1100))
        #expect(bench.saved.map(\.outcome) == ["answered"])
        #expect(bench.saved.first?.talkSeconds == 8)
    }

    @Test(
        "belongs to the queue that is dated a millisecond after its ringing; what comes after its end is counted and reported"
    )
    mutating func ringBeforeQueue() throws {
        let now = bench.moment.date
        try deliver(Self.body("call.ringing", x, at: now + .milliseconds(-1)))
        try deliver(Self.body("call.queued", #""queue":"A""#, at: now))
        bench.wait(.seconds(3))
        try tell("call.answered", x)
        #expect(figures() == ["A 0 1 1 0"])
        bench.wait(.seconds(60))
        try tell("call.ended", #""endedBy":"caller""#)
        bench.wait(.seconds(2))
        #expect(bench.saved.map(\.outcome) == ["answered"])
        #expect(!bench.log.contains { $0.text.contains("changed nothing") })
        try tell("call.held")
        #expect(bench.log.contains { $0.subject == "webhook cloud" && $0.text.contains("changed nothing") })
        let metrics = bench.request("GET", "/metrics").body
        #expect(metrics.contains(#"centralino_switch_webhook_events_late_total{switch="cloud"} 1"#))
    }

    @Test("whose end is held back when the gateway stops without a journal has ended, and is not lost")
    mutating func heldAtStop() throws {
        try tell("call.queued", #""queue":"A""#)
        try tell("call.ended", #""endedBy":"caller""#)
        bench.stop()
        #expect(bench.saved.map(\.outcome) == ["abandoned"])
    }

    @Test("and is open when the gateway stops leaves its record all the same")
    mutating func stop() throws {
        try tell("call.queued", #""queue":"A""#)
        bench.stop()
        #expect(bench.saved.map(\.outcome) == ["lost"])
        #expect(bench.saved.map(\.switch) == ["cloud"])
    }
}
