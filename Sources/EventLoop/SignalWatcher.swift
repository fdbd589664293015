import Cuv
import Glibc

/// Calls a closure on the loop, not in the signal's context, each time the process receives the signal. Meanwhile the
/// signal's default effect is off. It stops when it is released.
@LoopActor
public final class SignalWatcher {
    public enum Signal: Sendable {
        /// SIGINT: Ctrl-C.
        case interrupt
        /// SIGTERM: `systemctl stop`, `kill`.
        case terminate
        /// SIGHUP: by custom, "reload the configuration".
        case hangUp

        var number: Int32 {
            switch self {
            case .interrupt: SIGINT
            case .terminate: SIGTERM
            case .hangUp: SIGHUP
            }
        }
    }

    private let core: SignalCore

    public init(_ signal: Signal, onSignal: @escaping @LoopActor () -> Void) throws(EventLoopError) {
        core = try SignalCore(signal, onSignal: onSignal)
    }

    /// From now on the signal has its default effect again, which is the kernel's and needs no loop.
    public func end() { core.close() }

    isolated deinit { core.close() }
}

/// Separate from ``SignalWatcher`` for the same reason as in ``Timer``.
@LoopActor
private final class SignalCore: HandleOwner {
    private var handle: Handle?
    private var onSignal: (@LoopActor () -> Void)?

    init(_ signal: SignalWatcher.Signal, onSignal: @escaping @LoopActor () -> Void) throws(EventLoopError) {
        self.onSignal = onSignal
        do throws(UVCode) {
            let handle = try Handle(uv_signal_t.self, owner: self) { uv_signal_init(EventLoop.running.uv, $0) }
            self.handle = handle
            let code = uv_signal_start(
                handle.pointer.assumingMemoryBound(to: uv_signal_t.self),
                { pointer, _ in Handle.owner(of: pointer, as: SignalCore.self)?.onSignal?() }, signal.number)
            if code != 0 {
                handle.close()
                throw UVCode(code)
            }
        } catch {
            throw .cannotWatch(what: "signal \(signal)", code: error)
        }
    }

    func close() {
        // What the closure held may be released with it and then use this very object: so not before the assignment
        // is over.
        let released = onSignal
        defer { withExtendedLifetime(released) {} }
        onSignal = nil
        handle?.close()
    }

    func loopStops() { close() }
    func handleClosed() { handle = nil }
}
