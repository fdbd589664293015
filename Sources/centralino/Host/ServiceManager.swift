import EventLoop
import Glibc

/// What systemd is told about the service (`Type=notify`, sd_notify(3)): datagrams of `NAME=value` lines to the socket
/// that `NOTIFY_SOCKET` names. Without the variable nothing is sent.
///
/// The protocol is a promise of systemd's, and four lines long: a library for it would be another dependency of the
/// package. A message that the kernel does not take at once is dropped, because the gateway waits for nobody.
@LoopActor
final class ServiceManager {
    private let notifier: Notifier?
    /// Half of what the manager allows; nil: it does not watch.
    private let watchdogMicroseconds: Int64?
    /// From the loop itself: a loop that hangs sends no sign of life, and is started again.
    private lazy var watchdog = Timer { [unowned self] in
        notifier?.send("WATCHDOG=1")
        watch()
    }

    init(environment: [String: String], process: Int32 = getpid()) {
        notifier = environment["NOTIFY_SOCKET"].flatMap { Notifier(socket: $0) }
        watchdogMicroseconds = Self.watchdog(environment, process: process).map { $0 / 2 }
    }

    /// In microseconds; nil where none is wanted, or it is another process's.
    nonisolated static func watchdog(_ environment: [String: String], process: Int32) -> Int64? {
        if let owner = environment["WATCHDOG_PID"], owner != "\(process)" { return nil }
        return environment["WATCHDOG_USEC"].flatMap { Int64($0) }.flatMap { $0 > 0 ? $0 : nil }
    }

    /// The service can be used. Also the end of a reload.
    func ready(_ status: String) {
        notifier?.send("READY=1\nSTATUS=\(Self.line(status))")
        watch()
    }

    /// Until the next ``ready(_:)``.
    func reloading() {
        notifier?.send("RELOADING=1\nMONOTONIC_USEC=\(EventLoop.uptimeMicroseconds)")
    }

    func stopping() { notifier?.send("STOPPING=1\nSTATUS=Stopping.") }

    private func watch() {
        if notifier != nil, let watchdogMicroseconds { watchdog.start(afterMicroseconds: watchdogMicroseconds) }
    }

    /// A line end would begin another assignment.
    private nonisolated static func line(_ text: String) -> String {
        String(text.map { $0.isNewline ? " " : $0 })
    }
}

/// A datagram socket of the file system, or of Linux's abstract names (`@name`).
private final class Notifier: Sendable {
    private let descriptor: Int32
    private let address: [UInt8]

    /// nil where the name is none: neither a path nor abstract, or too long.
    init?(socket name: String) {
        let bytes = Array(name.utf8)
        let offset = MemoryLayout<sockaddr_un>.offset(of: \.sun_path)!
        guard bytes.count > 1, bytes[0] == UInt8(ascii: "/") || bytes[0] == UInt8(ascii: "@"),
            offset + bytes.count < MemoryLayout<sockaddr_un>.size
        else { return nil }
        // An abstract name begins with a zero byte and has no end but the address's; a path ends with one.
        let isAbstract = bytes[0] == UInt8(ascii: "@")
        let path = isAbstract ? [0] + bytes.dropFirst() : bytes + [0]
        address = withUnsafeBytes(of: sa_family_t(AF_UNIX)) { Array($0) } + path
        descriptor = Glibc.socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return nil }
    }

    deinit { close(descriptor) }

    func send(_ text: String) {
        let text = Array(text.utf8)
        _ = address.withUnsafeBytes { address in
            text.withUnsafeBytes { bytes in
                sendto(
                    descriptor, bytes.baseAddress, bytes.count, Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL),
                    address.baseAddress!.assumingMemoryBound(to: sockaddr.self), socklen_t(address.count))
            }
        }
    }
}
