import Cuv

/// Reports when a socket that somebody else owns (libcurl) can be read or written. It stops when it is closed or
/// released. It does not close the descriptor, which must stay open until the watcher is closed.
@LoopActor
public final class DescriptorWatcher {
    public struct Readiness: OptionSet, Sendable {
        public let rawValue: Int
        public init(rawValue: Int) { self.rawValue = rawValue }

        public static let readable = Readiness(rawValue: 1)
        public static let writable = Readiness(rawValue: 2)
        /// The socket has an error, which a read or a write will return.
        public static let failed = Readiness(rawValue: 4)
    }

    private let core: DescriptorCore

    public init(descriptor: Int32, onReady: @escaping @LoopActor (Readiness) -> Void) throws(EventLoopError) {
        core = try DescriptorCore(descriptor: descriptor, onReady: onReady)
    }

    isolated deinit { core.close() }

    /// Sets what to wait for from now on; calls repeat for as long as the socket is ready.
    public func wait(for readiness: Readiness) { core.wait(for: readiness) }

    public func close() { core.close() }
}

/// Separate from ``DescriptorWatcher`` for the same reason as in ``Timer``.
@LoopActor
private final class DescriptorCore: HandleOwner {
    private var handle: Handle?
    private var onReady: (@LoopActor (DescriptorWatcher.Readiness) -> Void)?

    init(descriptor: Int32, onReady: @escaping @LoopActor (DescriptorWatcher.Readiness) -> Void) throws(EventLoopError)
    {
        self.onReady = onReady
        do throws(UVCode) {
            handle = try Handle(uv_poll_t.self, owner: self) { uv_poll_init(EventLoop.running.uv, $0, descriptor) }
        } catch {
            throw .cannotWatch(what: "descriptor \(descriptor)", code: error)
        }
    }

    func wait(for readiness: DescriptorWatcher.Readiness) {
        guard let handle, !handle.isClosing else { return }
        var events: UInt32 = 0
        if readiness.contains(.readable) { events |= UV_READABLE.rawValue }
        if readiness.contains(.writable) { events |= UV_WRITABLE.rawValue }
        let poll = handle.pointer.assumingMemoryBound(to: uv_poll_t.self)
        guard events != 0 else {
            uv_poll_stop(poll)
            return
        }
        uv_poll_start(poll, Int32(events)) { pointer, status, events in
            guard let core = Handle.owner(of: pointer, as: DescriptorCore.self) else { return }
            var readiness: DescriptorWatcher.Readiness = status < 0 ? .failed : []
            if UInt32(events) & UV_READABLE.rawValue != 0 { readiness.insert(.readable) }
            if UInt32(events) & UV_WRITABLE.rawValue != 0 { readiness.insert(.writable) }
            core.onReady?(readiness)
        }
    }

    func close() {
        // What the closure held may be released with it and then use this very object: so not before the assignment
        // is over.
        let released = onReady
        defer { withExtendedLifetime(released) {} }
        onReady = nil
        handle?.close()
    }

    func loopStops() { close() }
    func handleClosed() { handle = nil }
}
