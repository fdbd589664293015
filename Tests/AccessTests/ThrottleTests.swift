import Access
import Testing
import Time

@Suite("Throttle: wrong passwords are answered later each time, and then not looked at for a while")
struct ThrottleTests {
    private var throttle = Throttle()

    private mutating func fail(_ account: String, from address: String, times: Int, at now: Span = .zero)
        -> [Throttle.Verdict]
    {
        (0..<times).map { _ in throttle.failed(account, from: address, at: now) }
    }

    @Test("three are answered at once; then each waits twice as long, up to eight seconds")
    mutating func delays() {
        let delays = fail("maria", from: "10.0.0.1", times: 9).map(\.delay.seconds)
        #expect(delays == [0, 0, 0, 0.25, 0.5, 1, 2, 4, 8])
    }

    @Test("the tenth locks the account for that address, for a minute, and says until when")
    mutating func lock() {
        let verdicts = fail("maria", from: "10.0.0.1", times: 10, at: .seconds(5))
        #expect(verdicts.map(\.lockedUntil) == Array(repeating: nil, count: 9) + [.seconds(65)])
        #expect(throttle.lockedUntil("maria", from: "10.0.0.1", at: .seconds(64)) == .seconds(65))
        #expect(throttle.lockedUntil("maria", from: "10.0.0.1", at: .seconds(65)) == nil)
        #expect(throttle.lockedUntil("maria", from: "10.0.0.2", at: .seconds(5)) == nil)
        #expect(throttle.lockedUntil("luca", from: "10.0.0.1", at: .seconds(5)) == nil)
    }

    @Test("each further lock is twice as long, up to a quarter of an hour")
    mutating func locks() {
        var now = Span.zero
        var lengths: [Double] = []
        for _ in 0..<6 {
            let until = fail("maria", from: "10.0.0.1", times: 10, at: now).last?.lockedUntil ?? .zero
            lengths.append((until - now).seconds)
            now = until
        }
        // The fifth ten are fifty for the account.
        #expect(lengths == [60, 120, 240, 480, 900, 900])
    }

    @Test("a right password forgives its own address, not what another address got wrong")
    mutating func forgiven() {
        _ = fail("maria", from: "10.0.0.9", times: 45)
        _ = fail("maria", from: "10.0.0.1", times: 4)
        throttle.succeeded("maria", from: "10.0.0.1")
        #expect(throttle.failed("maria", from: "10.0.0.1", at: .zero).delay == .zero)
        // 45 + 1 are known of the account: four more lock it for everybody.
        #expect(fail("maria", from: "10.0.0.2", times: 4).last?.lockedUntil == .seconds(60))
        #expect(throttle.lockedUntil("maria", from: "10.0.0.3", at: .zero) == .seconds(60))
    }

    @Test("many addresses that guess at one account lock it for all; one address that guesses at many is locked itself")
    mutating func spread() {
        let many = (0..<AccessLimits.failuresToLockAccount).map {
            throttle.failed("maria", from: "10.0.1.\($0)", at: .zero)
        }
        #expect(many.last?.lockedUntil != nil && many.dropLast().allSatisfy { $0.lockedUntil == nil })
        let names = (0..<AccessLimits.failuresToLockAddress).map {
            throttle.failed("a\($0)", from: "10.9.9.9", at: .zero)
        }
        #expect(names.last?.lockedUntil != nil && names.dropLast().allSatisfy { $0.lockedUntil == nil })
        #expect(throttle.lockedUntil("never.tried", from: "10.9.9.9", at: .zero) != nil)
    }

    @Test("failures are forgotten after an hour without another")
    mutating func forgotten() {
        _ = fail("maria", from: "10.0.0.1", times: 9)
        #expect(throttle.failed("maria", from: "10.0.0.1", at: .seconds(3600)).delay == .zero)
    }

    @Test("a flood of names takes bounded memory, and does not wash out the one that is guessed at")
    mutating func flood() {
        _ = fail("maria", from: "10.0.0.1", times: 9)
        for number in 0..<30_000 {
            _ = throttle.failed(
                "a\(number)", from: "10.\(number / 65_536).\(number / 256 % 256).\(number % 256)", at: .seconds(1))
        }
        #expect(throttle.count <= AccessLimits.throttled + 3)
        #expect(throttle.failed("maria", from: "10.0.0.1", at: .seconds(2)).lockedUntil != nil)
    }
}
