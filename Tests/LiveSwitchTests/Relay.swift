import Foundation
import Synchronization

/// A connection between the gateway and a switch that a test can cut: bytes pass through it unchanged, TLS included.
final class Relay: Sendable {
    let port: Int
    private let listener: Int32
    private let target: (host: String, port: UInt16)
    private let state = Mutex<(isCut: Bool, open: Set<Int32>)>((false, []))

    init(to host: String, port targetPort: UInt16) throws {
        target = (host, targetPort)
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        var address = Self.address("127.0.0.1", 0)
        let (listener, size) = (listener, length)
        let isListening = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, size) == 0 && listen(listener, 8) == 0 && getsockname(listener, $0, &length) == 0
            }
        }
        guard isListening else { throw Failure("The relay cannot listen: \(String(cString: strerror(errno))).") }
        port = Int(UInt16(bigEndian: address.sin_port))
        Thread { [self] in accept() }.start()
    }

    /// Ends what is open, and every new connection at once.
    func cut() {
        state.withLock { state in
            state.isCut = true
            for descriptor in state.open { shutdown(descriptor, Int32(SHUT_RDWR)) }
        }
    }

    func mend() { state.withLock { $0.isCut = false } }

    func close() {
        cut()
        shutdown(listener, Int32(SHUT_RDWR))
        Glibc.close(listener)
    }

    private func accept() {
        while true {
            let near = Glibc.accept(listener, nil, nil)
            guard near >= 0 else { return }
            _ = fcntl(near, F_SETFD, FD_CLOEXEC)
            let far = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
            var address = Self.address(target.host, target.port)
            let isConnected = withUnsafeMutablePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    connect(far, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
                }
            }
            let isOpen = state.withLock { state in
                guard isConnected, !state.isCut else { return false }
                state.open.formUnion([near, far])
                return true
            }
            guard isOpen else {
                Glibc.close(near)
                Glibc.close(far)
                continue
            }
            // Each direction has a thread. The one that ends last closes both, so that no descriptor is closed while
            // the other uses it.
            let ended = DispatchGroup()
            for (from, to) in [(near, far), (far, near)] {
                ended.enter()
                Thread {
                    Self.copy(from, to)
                    ended.leave()
                }.start()
            }
            Thread { [self] in
                ended.wait()
                state.withLock { $0.open.subtract([near, far]) }
                Glibc.close(near)
                Glibc.close(far)
            }.start()
        }
    }

    private static func copy(_ from: Int32, _ to: Int32) {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        copying: while true {
            let count = read(from, &buffer, buffer.count)
            guard count > 0 else { break }
            var sent = 0
            while sent < count {
                let written = buffer.withUnsafeBytes {
                    send(to, $0.baseAddress! + sent, count - sent, Int32(MSG_NOSIGNAL))
                }
                guard written > 0 else { break copying }
                sent += written
            }
        }
        for descriptor in [from, to] { shutdown(descriptor, Int32(SHUT_RDWR)) }
    }

    private static func address(_ host: String, _ port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        inet_pton(AF_INET, host, &address.sin_addr)
        return address
    }
}

/// What went wrong around a test, for people.
struct Failure: Error, CustomStringConvertible {
    var description: String
    init(_ description: String) { self.description = description }
}
