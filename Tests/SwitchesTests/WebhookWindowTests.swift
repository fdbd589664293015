import Calls
import Contacts
import Foundation
import Switches
import Telephony
import Testing
import Time
import Webhook

/// Deliveries overtake each other. When a call's events happened decides about the call.
@Suite("Webhooks that arrive in another order than they happened")
struct WebhookWindowTests {
    typealias Event = Webhook.CallEvent

    /// One event of a shape: its kind, the seconds after the beginning, and its agent or queue.
    struct Told {
        var type: Event.Kind
        var at: Double
        var queue: String?
        var agent: String?
        var endedBy: Event.EndedBy?

        init(_ type: Event.Kind, at: Double, queue: String? = nil, agent: String? = nil, endedBy: Event.EndedBy? = nil)
        {
            (self.type, self.at, self.queue, self.agent, self.endedBy) = (type, at, queue, agent, endedBy)
        }

        var event: Event {
            Event(
                type: type, timestamp: "\(WebhookWindowTests.moment(at).date)", callId: "c-1",
                from: type == .initiated ? Event.Caller(raw: "+390612345678") : nil, queue: queue,
                agent: agent.map { Event.Agent(id: $0) }, endedBy: endedBy)
        }
    }

    static let shapes: [String: [Told]] = [
        "answered, with a hold": [
            Told(.initiated, at: 0), Told(.queued, at: 3, queue: "info"), Told(.ringing, at: 5, agent: "a"),
            Told(.answered, at: 8, agent: "a"), Told(.held, at: 12), Told(.resumed, at: 15),
            Told(.ended, at: 30, endedBy: .caller),
        ],
        "rung on two phones": [
            Told(.initiated, at: 0), Told(.queued, at: 2, queue: "info"), Told(.ringing, at: 4, agent: "a"),
            Told(.ringing, at: 6, agent: "b"), Told(.answered, at: 9, agent: "b"),
            Told(.ended, at: 20, endedBy: .agent),
        ],
        "given up": [
            Told(.initiated, at: 0), Told(.queued, at: 2, queue: "info"), Told(.ringing, at: 4, agent: "a"),
            Told(.ended, at: 9, endedBy: .caller),
        ],
        "flowed over to a second queue": [
            Told(.initiated, at: 0), Told(.queued, at: 2, queue: "info"), Told(.ringing, at: 4, agent: "a"),
            Told(.queued, at: 9, queue: "altra"), Told(.ringing, at: 11, agent: "b"),
            Told(.answered, at: 14, agent: "b"),
            Told(.ended, at: 25, endedBy: .caller),
        ],
    ]

    static func moment(_ seconds: Double) -> Moment { CloudBench.moment(0) + .milliseconds(Int64(seconds * 1000)) }

    private func inOrder(_ shape: [Told]) -> CloudBench {
        var cloud = CloudBench()
        for told in shape { cloud.receive(told.event, at: Self.moment(told.at)) }
        cloud.pass(until: Self.moment(100))
        return cloud
    }

    /// The first events arrive as they happen. The others were delayed, and arrive within 0.25 s of the last, in any
    /// order, some of them twice.
    @Test("leave the same record as in order", arguments: shapes.keys.sorted())
    func shuffled(name: String) throws {
        let shape = try #require(Self.shapes[name])
        let expected = inOrder(shape)
        #expect(expected.records.count == 1)
        for seed in 0..<300 as Range<UInt64> {
            var generator = SplitMix64(seed: seed)
            let punctual = Int.random(in: 0..<shape.count, using: &generator)
            var late = Array(shape[punctual...])
            for told in late where Bool.random(using: &generator) { late.append(told) }
            late.shuffle(using: &generator)
            var cloud = CloudBench()
            for told in shape[..<punctual] { cloud.receive(told.event, at: Self.moment(told.at)) }
            var now = try #require(shape.last).at
            for told in late {
                now += Double.random(in: 0...0.25, using: &generator) / Double(late.count)
                cloud.receive(told.event, at: Self.moment(now))
            }
            cloud.pass(until: Self.moment(100))
            #expect(cloud.records == expected.records, "seed \(seed): \(late.map { "\($0.type) \($0.at)" })")
            #expect(cloud.calls.channelCount == 0)
        }
    }

    @Test("are not held if nothing is missing before them: a ringing phone is reported at once, and so is its answer")
    func prompt() {
        var cloud = CloudBench()
        for told in Self.shapes["answered, with a hold"]!.dropLast() {
            let before = cloud.happened.count
            cloud.receive(told.event, at: Self.moment(told.at + 0.2))
            #expect(cloud.happened.count > before, "\(told.type) was held")
            #expect(cloud.translator.nextDeadline == nil)
        }
    }

    @Test("are held for 0.3 s if something may be missing, and an end until two seconds after it happened")
    func bounds() {
        var cloud = CloudBench()
        cloud.receive(Told(.queued, at: 0, queue: "info").event, at: Self.moment(0))
        cloud.receive(Told(.ringing, at: 1, agent: "a").event, at: Self.moment(1))
        // The ring of this phone was not reported.
        cloud.receive(Told(.answered, at: 5, agent: "b").event, at: Self.moment(5.1))
        #expect(cloud.translator.nextDeadline == Self.moment(5.4).uptime)
        cloud.pass(until: Self.moment(5.4))
        #expect(cloud.translator.nextDeadline == nil)
        cloud.receive(Told(.ended, at: 9, endedBy: .caller).event, at: Self.moment(9.5))
        #expect(cloud.translator.nextDeadline == Self.moment(11).uptime)
        cloud.pass(until: Self.moment(10.9))
        #expect(cloud.records.isEmpty)
        cloud.pass(until: Self.moment(11))
        #expect(cloud.records.map(\.outcome) == [.answered])
    }

    @Test("survive a restart from a checkpoint")
    func checkpoint() throws {
        var cloud = CloudBench()
        cloud.receive(Told(.queued, at: 0, queue: "info").event, at: Self.moment(0))
        cloud.receive(Told(.ended, at: 9, endedBy: .caller).event, at: Self.moment(9))
        cloud.translator = try JSONDecoder().decode(
            WebhookTranslator.self, from: JSONEncoder().encode(cloud.translator))
        cloud.receive(Told(.answered, at: 4, agent: "a").event, at: Self.moment(9.2))
        cloud.pass(until: Self.moment(20))
        #expect(cloud.records.map(\.outcome) == [.answered])
    }

    @Test("that arrive after the window change nothing")
    func tooLate() {
        var cloud = CloudBench()
        cloud.receive(Told(.queued, at: 0, queue: "info").event, at: Self.moment(0))
        cloud.receive(Told(.ended, at: 9, endedBy: .caller).event, at: Self.moment(9))
        cloud.receive(Told(.answered, at: 4, agent: "a").event, at: Self.moment(11.1))
        cloud.pass(until: Self.moment(20))
        #expect(cloud.records.map(\.outcome) == [.abandoned])
        #expect(cloud.calls.channelCount == 0)
    }
}
