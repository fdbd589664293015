import Testing

@testable import EventLoop

@Suite("The loop's turns")
struct TurnTimesTests {
    @Test("last as long as the loop did not wait between two polls; the longest is reported once")
    func longest() {
        var times = TurnTimes(at: 1_000, idle: 500)
        // 300 passed, of which 250 were spent waiting.
        times.turnEnded(at: 1_300, idle: 750)
        #expect(times.longest == 50)
        times.turnEnded(at: 1_400, idle: 750)
        times.turnEnded(at: 1_410, idle: 750)
        #expect(times.take() == 100)
        #expect(times.take() == 0)
    }

    @Test("are never negative, whatever the kernel counts")
    func contradiction() {
        var times = TurnTimes(at: 1_000, idle: 0)
        times.turnEnded(at: 1_100, idle: 200)
        times.turnEnded(at: 1_050, idle: 100)
        #expect(times.longest == 0)
    }

    @Test("are measured: a turn that works is reported, the waiting before it is not")
    func measured() async {
        EventLoop.startOnBackgroundThread()
        await Self.work()
        await Self.nextTurn()
        #expect(await Self.longest() >= 5_000)
    }

    /// Works until five milliseconds of the loop's clock have passed.
    @LoopActor private static func work() {
        _ = EventLoop.takeLongestTurnMicroseconds()
        let end = EventLoop.uptimeMicroseconds + 5_000
        while EventLoop.uptimeMicroseconds < end {}
    }

    /// By a timer: the turn of the work has then ended.
    @LoopActor private static func nextTurn() async {
        await withCheckedContinuation { continuation in
            var timer: Timer?
            timer = Timer {
                continuation.resume()
                timer = nil
            }
            timer?.start(afterMicroseconds: 1)
        }
    }

    @LoopActor private static func longest() -> Int64 { EventLoop.takeLongestTurnMicroseconds() }
}
