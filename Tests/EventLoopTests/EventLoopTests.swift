import EventLoop
import Glibc
import Synchronization
import Testing

@Suite("The event loop", .timeLimit(.minutes(1)))
struct EventLoopTests {
    @Test("runs what other threads post, in each thread's order")
    func postOrder() async {
        await onLoop {
            let threads = 8
            let each = 5000
            let done = Promise<Bool>()
            let seen = Seen(threads: threads)
            for thread in 0..<threads {
                Task.detached {
                    for number in 0..<each {
                        EventLoop.post {
                            if seen.next[thread] != number { seen.disorder += 1 }
                            seen.next[thread] = number + 1
                            if seen.next.allSatisfy({ $0 == each }) { done.keep(true) }
                        }
                    }
                }
            }
            _ = await done.get()
            #expect(seen.disorder == 0)
        }
    }

    @LoopActor final class Seen {
        var next: [Int]
        var disorder = 0
        init(threads: Int) { next = Array(repeating: 0, count: threads) }
    }

    @Test("knows its own thread")
    func isolation() async {
        await Task { @LoopActor in LoopActor.preconditionIsolated() }.value
        let isOnLoop = await Task { @LoopActor in LoopActor.assumeIsolated { true } }.value
        #expect(isOnLoop)
    }

    @Test("stops the program when its code is called from another thread")
    func wrongThread() async {
        await #expect(processExitsWith: .failure) { LoopActor.assumeIsolated {} }
    }

    @Test("fires timers in the order of their times, and none early")
    func timers() async {
        await onLoop {
            let done = Promise<[Int]>()
            var fired: [Int] = []
            var early = 0
            var timers: [Timer] = []
            // A loop that never sleeps checks its timers all the time, and would notice one that is due too early.
            let busy = Busy()
            busy.goOn()
            for delay in [30, 10, 20, 0, 40] {
                let due = EventLoop.uptimeMicroseconds + Int64(delay) * 1000 + 300
                let timer = Timer {
                    if EventLoop.uptimeMicroseconds < due { early += 1 }
                    fired.append(delay)
                    if fired.count == 5 { done.keep(fired) }
                }
                timer.start(afterMicroseconds: Int64(delay) * 1000 + 300)
                timers.append(timer)
            }
            #expect(await done.get() == [0, 10, 20, 30, 40])
            #expect(early == 0)
            timers = []
            busy.isOver = true
        }
    }

    @Test("fires a restarted timer once, and a cancelled or released one never")
    func timerLife() async {
        await onLoop {
            let done = Promise<Int>()
            var again = 0
            var never = 0
            let repeated = Timer { again += 1 }
            repeated.start(afterMicroseconds: 0)
            repeated.start(afterMicroseconds: 5000)
            let cancelled = Timer { never += 1 }
            cancelled.start(afterMicroseconds: 0)
            cancelled.cancel()
            do {
                let released = Timer { never += 1 }
                released.start(afterMicroseconds: 1000)
            }
            let end = Timer { done.keep(again) }
            end.start(afterMicroseconds: 20_000)
            #expect(await done.get() == 1)
            #expect(never == 0)
        }
    }

    @Test("takes any delay", arguments: [Int64.min, -1, 0, .max])
    func extremeDelay(delay: Int64) async {
        await onLoop {
            let fired = Promise<Bool>()
            let timer = Timer { fired.keep(true) }
            timer.start(afterMicroseconds: delay)
            if delay == .max { timer.start(afterMicroseconds: 0) }
            #expect(await fired.get())
        }
    }

    @Test("runs work after the turn once, after the turn's other callbacks")
    func afterTurn() async {
        await onLoop {
            let done = Promise<[String]>()
            var order: [String] = []
            let second = Timer { order.append("second") }
            let first = Timer {
                EventLoop.afterTurn {
                    order.append("after")
                    EventLoop.afterTurn { done.keep(order) }
                }
                order.append("first")
            }
            // With the same time, both fire in one turn, in the order in which they were started.
            first.start(afterMicroseconds: 0)
            second.start(afterMicroseconds: 0)
            #expect(await done.get() == ["first", "second", "after"])
        }
    }

    @Test("delivers signals on the loop")
    func signals() async throws {
        try await onLoop {
            let received = Promise<Bool>()
            let watcher = try SignalWatcher(.hangUp) { received.keep(true) }
            kill(getpid(), SIGHUP)
            #expect(await received.get())
            _ = watcher
        }
    }

    @Test("serves its sockets although a task keeps it busy")
    func fairness() async throws {
        try await onLoop {
            let answered = Promise<Bool>()
            let busy = Busy()
            let (client, listener) = try await connectedPair { server in server.onRead = { server.write($0) } }
            client.onRead = { _ in answered.keep(true) }
            client.resumeReading()
            busy.goOn()
            client.write([1])
            #expect(await answered.get())
            busy.isOver = true
            client.close()
            listener.close()
        }
    }

    @LoopActor final class Busy {
        var isOver = false
        func goOn() {
            guard !isOver else { return }
            EventLoop.post { self.goOn() }
        }
    }

    @Test("closes everything when it stops, and can run again")
    func runAndStop() async {
        await #expect(processExitsWith: .success) {
            let rounds = 20
            let before = openDescriptors()
            for _ in 0..<rounds {
                let closed = Mutex<[TCPConnection.CloseReason]>([])
                try EventLoop.run {
                    let timer = Timer { preconditionFailure("a minute has not passed") }
                    timer.start(afterMicroseconds: 60_000_000)
                    let listener = try TCPListener(host: "127.0.0.1", port: 0) { server in
                        _ = timer
                        server.onRead = { _ in EventLoop.stop() }
                        server.onClose = { reason in
                            closed.withLock { $0.append(reason) }
                            // A reconnection, at this moment of all.
                            TCPConnection.connect(host: "127.0.0.1", port: 9, timeoutMicroseconds: 1_000_000) { _ in }
                        }
                    }
                    TCPConnection.connect(host: "127.0.0.1", port: listener.port, timeoutMicroseconds: 5_000_000) {
                        result in
                        guard case .success(let client) = result else { preconditionFailure("\(result)") }
                        client.onClose = { reason in closed.withLock { $0.append(reason) } }
                        client.write([1])
                    }
                }
                precondition(closed.withLock { $0 } == [.local, .local])
            }
            // libuv and libdispatch open some descriptors for themselves, once in the life of the process.
            precondition(openDescriptors() - before < rounds, "descriptors are left open")
            struct Refusal: Error {}
            do {
                try EventLoop.run { throw Refusal() }
                preconditionFailure("the error was swallowed")
            } catch is Refusal {}
        }
    }

    /// Seen in the program: a delivery that waited for its next attempt held its own timer.
    @Test("stops although a timer and its closure hold each other")
    func timerCycle() async {
        await #expect(processExitsWith: .success) {
            @LoopActor final class Delivery {
                var timer: Timer?
                func wait() {
                    let timer = Timer { self.timer = nil }
                    timer.start(afterMicroseconds: 60_000_000)
                    self.timer = timer
                }
            }
            try EventLoop.run {
                Delivery().wait()
                EventLoop.stop()
            }
        }
    }
}
