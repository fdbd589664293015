import EventLoop
import Glibc
import Testing

@Suite("A TCP connection on the loop", .timeLimit(.minutes(3)))
struct TCPConnectionTests {
    @Test("returns what an echo sends")
    func echo() async throws {
        try await onLoop {
            let (client, listener) = try await connectedPair { server in
                server.onRead = { [unowned server] in server.write($0) }
            }
            let answer = Promise<[UInt8]>()
            var received: [UInt8] = []
            client.onRead = { bytes in
                received += bytes
                if received.count == 11 { answer.keep(received) }
            }
            client.resumeReading()
            client.write(Array("Ciao, ".utf8))
            client.write(Array("mondo".utf8))
            #expect(await answer.get() == Array("Ciao, mondo".utf8))
            #expect(client.peer == "127.0.0.1:\(listener.port)")
            client.close()
            listener.close()
        }
    }

    @Test("joins the writes of one turn into one")
    func gathering() async throws {
        try await onLoop {
            let reads = Promise<[Int]>()
            var sizes: [Int] = []
            let (client, listener) = try await connectedPair { server in
                server.onRead = { bytes in
                    sizes.append(bytes.count)
                    if sizes.reduce(0, +) == 300 { reads.keep(sizes) }
                }
            }
            for _ in 0..<100 { client.write([1, 2, 3]) }
            #expect(client.unsentBytes == 300, "nothing goes out before the turn ends")
            #expect(await reads.get() == [300])
            client.close()
            listener.close()
        }
    }

    @Test("is read at most a few times in a turn, however fast its peer sends: others have their share of each turn")
    func share() async throws {
        try await onLoop {
            let total = 4 * 1024 * 1024
            let finished = Promise<Int>()
            var (count, reads, most) = (0, 0, 0)
            let (client, listener) = try await connectedPair { server in
                server.onRead = { bytes in
                    reads += 1
                    if reads == 1 {
                        EventLoop.afterTurn {
                            most = max(most, reads)
                            reads = 0
                            if count == total { finished.keep(most) }
                        }
                    }
                    count += bytes.count
                }
            }
            client.write([UInt8](repeating: 7, count: total))
            #expect(await finished.get() <= 4)
            client.close()
            listener.close()
        }
    }

    @Test("carries 64 MiB to a reader that pauses, unchanged and with bounded memory")
    func backPressure() async throws {
        try await onLoop {
            let total = 64 * 1024 * 1024
            let chunk = (0..<262_144).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ ($0 >> 8)) }
            let twice = chunk + chunk
            let finished = Promise<(count: Int, mismatches: Int)>()
            var count = 0
            var mismatches = 0
            var timer: Timer?
            let (client, listener) = try await connectedPair { server in
                var pauses = 0
                timer = Timer { server.resumeReading() }
                server.onRead = { bytes in
                    let isSame = bytes.withUnsafeBytes { bytes in
                        twice.withUnsafeBytes {
                            memcmp(bytes.baseAddress!, $0.baseAddress! + count % chunk.count, bytes.count) == 0
                        }
                    }
                    if !isSame { mismatches += 1 }
                    count += bytes.count
                    if count / 4_000_000 > pauses {
                        pauses += 1
                        server.pauseReading()
                        timer?.start(afterMicroseconds: 1000)
                    }
                }
                server.onClose = { _ in finished.keep((count, mismatches)) }
            }
            var sent = 0
            var highest = 0
            client.onDrained = {
                guard sent < total else { return client.close(afterFlushing: true) }
                client.write(chunk)
                sent += chunk.count
                highest = max(highest, client.unsentBytes)
            }
            client.write(chunk)
            sent += chunk.count
            let result = await finished.get()
            #expect(result.count == total)
            #expect(result.mismatches == 0)
            #expect(highest <= chunk.count)
            timer = nil
            listener.close()
        }
    }

    @Test("is closed when its peer reads more slowly than the limit allows")
    func slowReader() async throws {
        try await onLoop {
            let closed = Promise<TCPConnection.CloseReason>()
            var flood: Flood?
            let (client, listener) = try await connectedPair { server in
                server.unsentLimit = 1_000_000
                server.onClose = { closed.keep($0) }
                flood = Flood(server)
                flood?.goOn()
            }
            // The client is open and reads nothing.
            #expect(await closed.get() == .slow)
            #expect(try #require(flood).highest <= 1_000_000)
            client.close()
            listener.close()
        }
    }

    @Test("reports once that its peer reads too slowly, and then that everything was read", arguments: [1, 40])
    func congestion(pieces: Int) async throws {
        try await onLoop {
            var said: [String] = []
            let congested = Promise<Bool>()
            let drained = Promise<Bool>()
            var unsent = 0
            let (client, listener) = try await connectedPair { server in
                server.congestedBytes = 64_000
                server.onCongested = {
                    said.append("congested")
                    unsent = server.unsentBytes
                    congested.keep(true)
                }
                server.onDrained = {
                    if said.last == "congested" { drained.keep(true) }
                    said.append("drained")
                }
                server.onRead = { _ in
                    // In one turn, or each in a turn of its own while the first is under way.
                    for piece in 0..<pieces {
                        let write: @LoopActor () -> Void = {
                            server.write([UInt8](repeating: 7, count: 12_000_000 / pieces))
                        }
                        if piece == 0 { write() } else { EventLoop.post(write) }
                    }
                }
            }
            client.write([1])
            _ = await congested.get()
            #expect(unsent > 64_000)
            #expect(said.filter { $0 == "congested" }.count == 1)
            client.resumeReading()
            _ = await drained.get()
            #expect(said.last == "drained")
            client.close()
            listener.close()
        }
    }

    /// Writes a little in every turn, whether or not anybody reads.
    @LoopActor final class Flood {
        private let connection: TCPConnection
        private(set) var highest = 0
        init(_ connection: TCPConnection) { self.connection = connection }

        func goOn() {
            guard connection.isOpen else { return }
            connection.write([UInt8](repeating: 7, count: 300_000))
            highest = max(highest, connection.unsentBytes)
            EventLoop.post { self.goOn() }
        }
    }

    @Test("closes after the last byte was sent, although the peer's bytes are unread")
    func closeAfterFlushing() async throws {
        try await onLoop {
            let long = [UInt8](repeating: 42, count: 8_000_000)
            let (client, listener) = try await connectedPair { server in
                server.onRead = { _ in
                    server.write(long)
                    server.close(afterFlushing: true)
                    server.write([0])  // too late: must not arrive
                }
            }
            let closed = Promise<TCPConnection.CloseReason>()
            var count = 0
            client.onRead = { bytes in
                // What we send now reaches a server that no longer reads: a plain close would reset the connection.
                client.write([9])
                count += bytes.count
            }
            client.onClose = { closed.keep($0) }
            client.resumeReading()
            client.write([1])
            #expect(await closed.get() == .peer)
            #expect(count == long.count)
            listener.close()
        }
    }

    @Test("answers a peer that has ended its own direction, then closes")
    func halfClosed() async throws {
        try await onLoop {
            let serverClosed = Promise<TCPConnection.CloseReason>()
            let clientClosed = Promise<TCPConnection.CloseReason>()
            let long = [UInt8](repeating: 1, count: 3_000_000)
            let (client, listener) = try await connectedPair { server in
                server.onRead = { _ in server.write(long) }
                server.onClose = { serverClosed.keep($0) }
            }
            var count = 0
            client.onRead = { count += $0.count }
            client.onClose = { clientClosed.keep($0) }
            client.write([1])
            client.close(afterFlushing: true)
            #expect(await serverClosed.get() == .peer)
            #expect(await clientClosed.get() == .local)
            listener.close()
        }
    }

    @Test(
        "may be closed in any callback, and reports that once",
        arguments: ["connection", "read", "drained", "close", "twice", "turn"])
    func closeInCallback(place: String) async throws {
        try await onLoop {
            let closed = Promise<TCPConnection.CloseReason>()
            let clientClosed = Promise<TCPConnection.CloseReason>()
            let (client, listener) = try await connectedPair { server in
                server.onClose = { reason in
                    server.close()
                    server.write([1])
                    closed.keep(reason)
                }
                server.onRead = { _ in
                    switch place {
                    case "read": server.close()
                    case "twice":
                        server.close(afterFlushing: true)
                        server.close()
                        server.close(afterFlushing: true)
                    case "turn": EventLoop.afterTurn { server.close() }
                    case "drained": server.write([2])
                    default: server.close()
                    }
                }
                if place == "drained" { server.onDrained = { server.close() } }
                if place == "connection" { server.close() }
            }
            client.onClose = { clientClosed.keep($0) }
            client.resumeReading()
            client.write([1])
            #expect(await closed.get() == .local)
            _ = await clientClosed.get()
            #expect(closed.timesKept == 1)
            #expect(clientClosed.timesKept == 1)
            #expect(!client.isOpen)
            listener.close()
        }
    }

    @Test("is released when it is closed")
    func noLeak() async throws {
        try await onLoop {
            let closed = Promise<Bool>()
            weak var server: TCPConnection?
            weak var weakClient: TCPConnection?
            weak var weakListener: TCPListener?
            do {
                let (client, listener) = try await connectedPair { connection in
                    server = connection
                    connection.onRead = { connection.write($0) }  // a cycle, until it closes
                    connection.onClose = { _ in closed.keep(true) }
                }
                weakClient = client
                weakListener = listener
                client.write([1])
                client.close()
                listener.close()
            }
            _ = await closed.get()
            await turns(3)
            #expect(server == nil)
            #expect(weakClient == nil)
            #expect(weakListener == nil)
        }
    }

    @Test("opens and closes two thousand times without leaving a descriptor behind")
    func shortConnections() async throws {
        try await onLoop {
            let before = openDescriptors()
            var accepted = 0
            let listener = try TCPListener(host: "127.0.0.1", port: 0) { server in
                accepted += 1
                server.onRead = { server.write($0) }
            }
            for round in 0..<40 {
                let done = Promise<Int>()
                var answered = 0
                for _ in 0..<50 {
                    TCPConnection.connect(host: "127.0.0.1", port: listener.port, timeoutMicroseconds: 20_000_000) {
                        result in
                        guard case .success(let client) = result else { return done.keep(-1) }
                        client.onRead = { _ in client.close() }
                        client.onClose = { _ in
                            answered += 1
                            if answered == 50 { done.keep(answered) }
                        }
                        client.write([UInt8(round)])
                    }
                }
                #expect(await done.get() == 50)
            }
            #expect(accepted == 2000)
            listener.close()
            await turns(5)
            // Other tests open and close some at the same time.
            #expect(openDescriptors() - before < 200)
        }
    }

    /// Waits for `count` turns of the loop.
    @LoopActor private func turns(_ count: Int) async {
        for _ in 0..<count {
            let turned = Promise<Bool>()
            let timer = Timer { turned.keep(true) }
            timer.start(afterMicroseconds: 0)
            _ = await turned.get()
        }
    }
}
