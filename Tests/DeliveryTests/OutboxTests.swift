import Delivery
import Testing
import Time

@Suite("An outbox")
struct OutboxTests {
    private var outbox = Outbox(targets: ["crm", "archive"])
    private let first = Outbox.Message(target: "crm", id: "1", body: [1])
    private let second = Outbox.Message(target: "crm", id: "2", body: [2])

    @Test("has a message sent at once, and forgets it when it is taken", arguments: [200, 204, 299])
    mutating func delivered(status: Int) {
        #expect(outbox.add(first) == .accepted)
        #expect(outbox.count == 1 && outbox.nextDeadline == nil, "the attempt is under way")
        #expect(outbox.answered(first.key, .status(status), at: .seconds(1)) == .delivered)
        #expect(outbox.count == 0 && outbox.nextDeadline == nil)
        #expect(outbox.answered(first.key, .status(status), at: .seconds(2)) == .unknown)
    }

    @Test("sends what is refused again after 5 s, 1 min, 5 min and half an hour, and then gives it up")
    mutating func attempts() {
        var now = Span.seconds(100)
        #expect(outbox.add(first) == .accepted)
        for (number, wait) in [5, 60, 300, 1800].enumerated() {
            #expect(
                outbox.answered(first.key, .status(503), at: now)
                    == .again(attempts: number + 1, reason: "the receiver answered 503"))
            #expect(outbox.nextDeadline == now + .seconds(Int64(wait)))
            now = now + .seconds(Int64(wait))
            #expect(outbox.takeDue(at: now - Span(microseconds: 1)) == [])
            #expect(outbox.takeDue(at: now) == [first])
            #expect(outbox.takeDue(at: now) == [], "it is under way")
            // The answer takes a while; the next attempt counts from it.
            now = now + .seconds(7)
        }
        #expect(outbox.count == 1)
        #expect(outbox.answered(first.key, .failed("no route"), at: now) == .givenUp(attempts: 5, reason: "no route"))
        #expect(outbox.count == 0 && outbox.nextDeadline == nil)
    }

    @Test("sends nothing again while the first attempt is under way")
    mutating func underWay() {
        #expect(outbox.add(first) == .accepted)
        #expect(outbox.takeDue(at: .seconds(1_000_000)) == [])
    }

    @Test("sends again in the order in which the attempts fall due, whichever attempt each is")
    mutating func order() {
        let third = Outbox.Message(target: "archive", id: "1", body: [3])
        for message in [first, second, third] { #expect(outbox.add(message) == .accepted) }
        _ = outbox.answered(first.key, .status(500), at: .seconds(0))
        #expect(outbox.takeDue(at: .seconds(5)) == [first])
        _ = outbox.answered(first.key, .status(500), at: .seconds(5))
        _ = outbox.answered(third.key, .status(500), at: .seconds(61))
        _ = outbox.answered(second.key, .status(500), at: .seconds(61))
        #expect(outbox.nextDeadline == .seconds(65))
        #expect(outbox.takeDue(at: .seconds(66)) == [first, third, second])
    }

    @Test("accepts nothing more for a receiver that answered 410, and goes on with the others and with what it has")
    mutating func gone() {
        for message in [first, second] { #expect(outbox.add(message) == .accepted) }
        _ = outbox.answered(second.key, .status(500), at: .zero)
        #expect(outbox.answered(first.key, .status(410), at: .zero) == .ended)
        #expect(outbox.add(Outbox.Message(target: "crm", id: "3", body: [])) == .unwanted)
        #expect(outbox.add(Outbox.Message(target: "archive", id: "3", body: [])) == .accepted)
        #expect(outbox.takeDue(at: .seconds(5)) == [second])
    }

    @Test("accepts nothing for a receiver that is not configured")
    mutating func unknownTarget() {
        #expect(outbox.add(Outbox.Message(target: "nobody", id: "1", body: [])) == .unwanted)
        #expect(outbox.count == 0)
    }

    @Test("is full at its limit, and has room again when a message has left it")
    mutating func full() {
        outbox = Outbox(targets: ["crm"], limit: 2)
        for message in [first, second] { #expect(outbox.add(message) == .accepted) }
        let third = Outbox.Message(target: "crm", id: "3", body: [])
        #expect(outbox.add(third) == .full)
        #expect(outbox.count == 2)
        _ = outbox.answered(first.key, .status(200), at: .zero)
        #expect(outbox.add(third) == .accepted)
    }

    @Test("keeps the same record for two receivers apart")
    mutating func twoReceivers() {
        let other = Outbox.Message(target: "archive", id: first.id, body: [1])
        for message in [first, other] { #expect(outbox.add(message) == .accepted) }
        #expect(outbox.answered(first.key, .status(200), at: .zero) == .delivered)
        #expect(outbox.count == 1)
        #expect(outbox.answered(other.key, .status(200), at: .zero) == .delivered)
    }

    @Test("says at its end how much was not delivered, and sends nothing after that")
    mutating func closing() {
        for message in [first, second] { #expect(outbox.add(message) == .accepted) }
        _ = outbox.answered(first.key, .status(500), at: .zero)
        #expect(outbox.close() == 2)
        #expect(outbox.count == 0 && outbox.nextDeadline == nil)
        #expect(outbox.takeDue(at: .seconds(5)) == [])
        #expect(outbox.answered(second.key, .status(500), at: .seconds(5)) == .unknown)
    }
}
