import Foundation
import Simulation
import Telephony
import Time
import Wire

@testable import centralino

/// A ``BusySwitch`` on a loopback port, by the real clock, on threads of its own. It goes on whether or not a client
/// is connected.
final class BusySwitchServer: @unchecked Sendable {
    let port: Int
    private let listener: Int32
    private let condition = NSCondition()
    private var busy: BusySwitch
    private var clients: [Int: Int32] = [:]
    private var isStopped = false

    init(_ configuration: BusySwitch.Configuration) throws {
        (listener, port) = try Loopback.listen()
        busy = BusySwitch(configuration, digests: .openSSL, at: Self.now)
        Thread { [self] in accept() }.start()
        Thread { [self] in drive() }.start()
    }

    /// What became of the calls that have ended, and how many are open.
    var calls: (ended: [InventedCall], open: Int) { condition.withLock { (busy.ended, busy.openCalls) } }

    func acceptNoMore() { condition.withLock { busy.acceptNoMore() } }

    func stop() {
        condition.withLock {
            isStopped = true
            for descriptor in clients.values { shutdown(descriptor, Int32(SHUT_RDWR)) }
            condition.broadcast()
        }
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
    }

    private static var now: Moment {
        func microseconds(_ clock: clockid_t) -> Int64 {
            var time = timespec()
            clock_gettime(clock, &time)
            return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
        }
        return Moment(
            uptime: Span(microseconds: microseconds(CLOCK_MONOTONIC)),
            date: UnixTime(microseconds: microseconds(CLOCK_REALTIME)))
    }

    private func accept() {
        var number = 0
        while true {
            let descriptor = Glibc.accept(listener, nil, nil)
            guard descriptor >= 0 else { return }
            _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
            number += 1
            let id = number
            condition.withLock {
                clients[id] = descriptor
                perform(busy.connectionOpened(id))
            }
            Thread { [self] in serve(id, descriptor) }.start()
        }
    }

    private func serve(_ id: Int, _ descriptor: Int32) {
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            guard count > 0 else { break }
            condition.withLock {
                perform(busy.received(buffer[..<count], from: id, at: Self.now))
                condition.broadcast()
            }
        }
        condition.withLock {
            clients[id] = nil
            busy.connectionClosed(id)
        }
        close(descriptor)
    }

    private func drive() {
        condition.lock()
        defer { condition.unlock() }
        while !isStopped {
            let now = Self.now
            perform(busy.deadlineReached(at: now))
            let wait = busy.nextDeadline.map { max(0, ($0 - Self.now.uptime).seconds) } ?? 1
            condition.wait(until: Date(timeIntervalSinceNow: wait))
        }
    }

    private func perform(_ outputs: [BusySwitch.Output]) {
        for output in outputs {
            switch output {
            // A client that was killed receives nothing more.
            case .send(let id, let bytes):
                if let descriptor = clients[id] { try? Loopback.write(bytes, to: descriptor) }
            case .close(let id): if let descriptor = clients[id] { shutdown(descriptor, Int32(SHUT_RDWR)) }
            }
        }
    }
}
