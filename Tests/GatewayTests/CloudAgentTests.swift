import ACD
import Core
import Edges
import Gateway
import Telephony
import Testing
import Time
import Wallboard
import Webhook
import Wire

/// A cloud switch reports what its agents' calls do, and never which queues have which members. What it does not
/// report is unknown, which is not zero.
@Suite("The agents of a cloud switch")
struct CloudAgentTests {
    private var bench: Bench
    private var delivered = 0

    init() { bench = Bench() }

    private mutating func tell(_ type: String, _ data: String, call: String = "c-1") throws {
        delivered += 1
        let body = #"{"type":"\#(type)","timestamp":"\#(bench.moment.date)","data":{"callId":"\#(call)",\#(data)}}"#
        let seconds = bench.moment.date.microseconds / 1_000_000
        let signature = WebhookSignature.sign(
            id: "e\(delivered)", timestamp: seconds, body: Array(body.utf8),
            secret: try SigningSecret(Bench.webhookSecret),
            digests: .openSSL)
        let fields = [
            ("webhook-id", "e\(delivered)"), ("webhook-timestamp", "\(seconds)"), ("webhook-signature", signature),
        ]
        #expect(bench.request("POST", "/v1/webhooks/cloud", fields, body: body).status == 204)
    }

    /// A call in which an agent talks.
    private mutating func talk(_ agent: String) throws {
        try tell("call.queued", #""queue":"vendite""#)
        try tell("call.ringing", agent)
        bench.wait(.seconds(2))
        try tell("call.answered", agent)
    }

    private mutating func end() throws {
        bench.wait(.seconds(20))
        try tell("call.ended", #""endedBy":"caller""#)
        bench.wait(.seconds(3))
    }

    private static let anna = #""agent":{"id":"a-17","name":"Anna Bianchi"}"#
    private static let nameless = #""agent":{"id":"a-17"}"#

    private mutating func board() throws -> WallboardMessage {
        let answer = bench.request("GET", "/v1/wallboard", [("Accept", "application/json")])
        return try #require(JSON.decode(WallboardMessage.self, from: answer.body.utf8))
    }

    /// `name interface state` of each agent on the wallboard.
    private mutating func onTheWall() throws -> [String] {
        try (board().agents ?? []).map { "\($0.name) \($0.interface) \($0.state.rawValue)" }
    }

    private mutating func forSignIn(_ token: String = "desk-secret") -> [String] {
        struct List: Decodable {
            struct Agent: Decodable {
                var name: String
                var interface: String
                var `switch`: String?
            }
            var agents: [Agent]
        }
        let answer = bench.request("GET", "/v1/agents", [("Authorization", "Bearer \(token)")])
        return (JSON.decode(List.self, from: answer.body.utf8)?.agents ?? []).map {
            "\($0.name) \($0.interface) \($0.switch ?? "?")"
        }
    }

    @Test(
        "stand on the wallboard by name: talking in a call, and between calls in no known state instead of logged off")
    mutating func wall() throws {
        try talk(Self.anna)
        #expect(try onTheWall() == ["Anna Bianchi a-17 talking"])
        try end()
        #expect(try onTheWall() == ["Anna Bianchi a-17 unknown"])
        #expect(forSignIn() == ["Anna Bianchi a-17 cloud"])
    }

    @Test("are not counted as members of a queue: the count is absent, in the stream and in the metrics")
    mutating func count() throws {
        try talk(Self.anna)
        let queue = try #require(try board().queues?.first { $0.name == "vendite" })
        #expect(queue.agents == nil && queue.talking == 1)
        let metrics = bench.request("GET", "/metrics").body
        #expect(!metrics.contains(#"centralino_queue_agents{switch="cloud""#))
        #expect(metrics.contains(#"centralino_agents{switch="cloud",state="talking"} 1"#))
        try end()
        #expect(bench.request("GET", "/metrics").body.contains(#"centralino_agents{switch="cloud",state="unknown"} 1"#))
    }

    @Test("of an Asterisk are counted, even when there are none")
    mutating func asterisk() throws {
        bench.greet()
        bench.join("1.1")
        #expect(try board().queues?.first { $0.name == "info" }?.agents == [:])
    }

    @Test("raise no alarm that too few are available: the number is unknown")
    mutating func alarm() throws {
        var configuration = Bench.configuration
        configuration.alarms = [QueueName("vendite"): [AlarmRule(metric: .available, raise: 1, clear: 2)]]
        bench = Bench(configuration)
        try talk(Self.anna)
        bench.wait(.seconds(1))
        #expect(try board().queues?.first { $0.name == "vendite" }?.alarms == [])
    }

    @Test(
        "have the name that any event gives, or else the configuration's, even if the sender identifies them only by number"
    )
    mutating func names() throws {
        try talk(Self.nameless)
        #expect(try onTheWall() == ["a-17 a-17 talking"])
        try end()
        bench.wait(.seconds(1))
        try tell("call.queued", #""queue":"vendite""#, call: "c-2")
        try tell("call.ringing", Self.anna, call: "c-2")
        #expect(try onTheWall() == ["Anna Bianchi a-17 ringing"])

        var configuration = Bench.configuration
        configuration.agents = [
            .init(id: "anna", name: "Anna Verdi", interface: Interface("a-17"), switch: SwitchID("cloud"))
        ]
        bench = Bench(configuration)
        try talk(Self.nameless)
        #expect(try onTheWall() == ["Anna Verdi a-17 talking"])
        #expect(forSignIn() == ["Anna Verdi a-17 cloud"])
    }

    @Test("who are configured can sign in before their first call; each with a token of their own sees nobody else")
    mutating func signIn() {
        var configuration = Bench.configuration
        configuration.agents = [
            .init(id: "anna", name: "Anna Verdi", interface: Interface("a-17"), switch: SwitchID("cloud")),
            .init(id: "ugo", name: "Ugo Neri", interface: Interface("a-18"), token: Configuration.Secret("of-ugo")),
        ]
        bench = Bench(configuration)
        #expect(forSignIn() == ["Anna Verdi a-17 cloud"])
        #expect(forSignIn("of-ugo") == ["Ugo Neri a-18 ?"])
        #expect(forSignIn("guess") == [])
    }
}
