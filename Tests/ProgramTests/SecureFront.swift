import Foundation
import TLS

/// TLS in front of an AMI server without it: accepts connections on a port of its own and forwards them to another.
final class SecureFront: Sendable {
    let port: Int
    private let listener: Int32

    /// `saysGoodbye`: a connection that the other server ends is ended with close_notify; otherwise it is cut.
    init(to target: Int, certificateFile: String, keyFile: String, saysGoodbye: Bool = true) throws {
        let context = try Context.server(certificateFile: certificateFile, keyFile: keyFile)
        let (listener, port) = try Loopback.listen()
        self.listener = listener
        self.port = port
        Thread {
            while true {
                let descriptor = accept(listener, nil, nil)
                guard descriptor >= 0 else { return }
                _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
                Thread {
                    try? Self.pass(descriptor, target, Session(server: context), saysGoodbye: saysGoodbye)
                    close(descriptor)
                }.start()
            }
        }.start()
    }

    func stop() {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
    }

    private static func pass(_ secure: Int32, _ target: Int, _ session: Session, saysGoodbye: Bool) throws {
        let plain = try Loopback.connect(target)
        defer { close(plain) }
        var ends = [
            pollfd(fd: secure, events: Int16(POLLIN), revents: 0), pollfd(fd: plain, events: Int16(POLLIN), revents: 0),
        ]
        var buffer = [UInt8](repeating: 0, count: 65_536)
        // What is sent before the handshake is over waits in the socket.
        while poll(&ends, session.state == .established ? 2 : 1, -1) > 0 {
            if ends[0].revents != 0 {
                let count = read(secure, &buffer, buffer.count)
                guard count > 0 else { return }
                let output = session.receive(Array(buffer[..<count]))
                try Loopback.write(output.ciphertext, to: secure)
                try Loopback.write(output.plaintext, to: plain)
                if output.failure != nil || session.state == .closed { return }
            }
            if session.state == .established, ends[1].revents != 0 {
                let count = read(plain, &buffer, buffer.count)
                guard count > 0 else {
                    if saysGoodbye { try Loopback.write(session.close().ciphertext, to: secure) }
                    return
                }
                try Loopback.write(session.send(Array(buffer[..<count])).ciphertext, to: secure)
            }
            ends[1].revents = 0
        }
    }
}
