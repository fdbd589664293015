import Glibc
import Testing

@testable import EventLoop

@Suite("A crowd that connects at once", .timeLimit(.minutes(1)))
struct CrowdTests {
    @Test("is accepted completely, over several turns: others have their share of each")
    func crowd() async throws {
        try await onLoop {
            let count = 200
            let finished = Promise<Int>()
            var accepted: [UInt64: Int] = [:]
            let listener = try TCPListener(host: "127.0.0.1", port: 0) { connection in
                accepted[EventLoop.running.turn, default: 0] += 1
                connection.close()
                let sum = accepted.values.reduce(0, +)
                if sum == count { finished.keep(sum) }
            }
            // The kernel establishes the connections while the loop is blocked here.
            let crowd = try (0..<count).map { _ in try Self.socket(connectedTo: listener.port) }
            defer { for descriptor in crowd { close(descriptor) } }
            #expect(await finished.get() == count)
            #expect(accepted.values.max() ?? 0 <= 16, "\(accepted)")
            listener.close()
        }
    }

    @Test("is released when the listener closes in the middle of it")
    func closing() async throws {
        try await onLoop {
            let closed = Promise<Bool>()
            var accepted = 0
            var listener: TCPListener?
            listener = try TCPListener(host: "127.0.0.1", port: 0) { connection in
                accepted += 1
                connection.close()
                guard accepted == 16 else { return }
                // libuv already holds the next connection, which waits for the next turn.
                EventLoop.afterTurn {
                    listener?.close()
                    closed.keep(true)
                }
            }
            let port = try #require(listener).port
            let crowd = try (0..<40).map { _ in try Self.socket(connectedTo: port) }
            defer { for descriptor in crowd { close(descriptor) } }
            _ = await closed.get()
            // A later connection comes after everything that the loop had of the crowd.
            let (client, other) = try await connectedPair { $0.close() }
            #expect(accepted <= 17)
            client.close()
            other.close()
        }
    }

    @Test("that is patient is written to some at a time, and after the others: a pop waits for none of it")
    func patience() async throws {
        try await onLoop {
            let count = 300
            let finished = Promise<Void>()
            var readers: [TCPConnection] = []
            let listener = try TCPListener(host: "127.0.0.1", port: 0) { readers.append($0) }
            let crowd = try (0...count).map { _ in try Self.socket(connectedTo: listener.port) }
            defer { for descriptor in crowd { close(descriptor) } }
            while readers.count <= count { await nextTurn() }
            let desk = readers.removeLast()
            var sent: [UInt64: Int] = [:]
            var deskSent: UInt64?
            for reader in readers {
                reader.isPatient = true
                reader.onDrained = {
                    sent[EventLoop.running.turn, default: 0] += 1
                    if sent.values.reduce(0, +) == count { finished.keep(()) }
                }
                reader.write([1])
            }
            desk.onDrained = { deskSent = EventLoop.running.turn }
            desk.write([1])
            await finished.get()
            #expect(sent.values.max() ?? 0 <= 64, "\(sent)")
            let first = try #require(sent.keys.min())
            #expect(try #require(deskSent) <= first)
            for reader in readers + [desk] { reader.close() }
            listener.close()
        }
    }

    /// Lets the sockets have their turn.
    @LoopActor
    private func nextTurn() async {
        let turned = Promise<Void>()
        EventLoop.afterTurn { EventLoop.post { turned.keep(()) } }
        await turned.get()
    }

    private static func socket(connectedTo port: Int) throws -> Int32 {
        let descriptor = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        let code = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        try #require(descriptor >= 0 && code == 0, "errno \(errno)")
        return descriptor
    }
}
