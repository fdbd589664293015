import Cuv

/// A connected TCP socket. The loop keeps it alive until it is closed.
///
/// What is written within one turn of the loop is sent together, in one system call, at the end of the turn. No
/// callback is ever called from within `write` or `close`, and any callback may call both.
///
/// A peer that ends its own direction (a FIN) counts as gone: what was written before is still sent to it, then the
/// connection closes with ``CloseReason/peer``.
@LoopActor
public final class TCPConnection: HandleOwner {
    public enum CloseReason: Equatable, Sendable {
        /// The peer closed the connection in an orderly way.
        case peer
        /// We closed it: `close` was called, or the loop stopped.
        case local
        /// The peer read so slowly that more than ``TCPConnection/unsentLimit`` bytes waited.
        case slow
        /// The network or the peer broke it: `ECONNRESET`, `ETIMEDOUT`, `EPIPE`, …
        case error(UVCode)
    }

    /// Receives bytes as they arrive, at most 16 KiB a call. Without it they are discarded.
    public var onRead: (@LoopActor ([UInt8]) -> Void)?
    /// Called exactly once, when the socket is closed, from the loop; nothing is called after it.
    public var onClose: (@LoopActor (CloseReason) -> Void)?
    /// Everything that was written has been handed to the kernel: the moment to write more of something long.
    public var onDrained: (@LoopActor () -> Void)?
    /// More than ``congestedBytes`` still wait after an attempt to send them. Not called again until ``onDrained``
    /// was called.
    public var onCongested: (@LoopActor () -> Void)?
    /// See ``onCongested``, its only use.
    public var congestedBytes = Int.max
    /// The peer's address and port, e.g. `192.0.2.1:51234` or `[2001:db8::1]:51234`.
    public let peer: String
    /// Its address without the port and without brackets.
    public var peerHost: String {
        let host = peer.prefix(upTo: peer.lastIndex(of: ":") ?? peer.endIndex)
        return String(host.hasPrefix("[") ? host.dropFirst().dropLast() : host)
    }
    /// How many bytes may wait for the peer to read, beyond what the kernel takes. More closes the connection with
    /// ``CloseReason/slow``.
    public var unsentLimit = Limits.unsentBytes

    /// What is written may wait until the other connections have sent theirs, and then some turns more. For one of many
    /// that get the same: a thousand system calls in one turn would hold everything else up for 20 ms.
    public var isPatient = false

    enum State {
        case open
        /// The program reads nothing more; the rest is being sent, then the connection closes for this reason.
        case finishing(CloseReason)
        case closing(CloseReason)
    }

    private(set) var state = State.open
    private(set) var handle: Handle?
    private var isReadingPaused = false
    private var hasBegun = false
    private var peerEnded = false
    private var isShutDown = false
    private var flushDeadline: Timer?

    /// How many reads there were in the turn `turnOfReads`.
    private var reads = 0
    private var turnOfReads: UInt64 = 0

    // MARK: Writing; the rest is in TCPConnection+Writing.swift
    var pending: [UInt8] = []
    var isWaitingForTurnEnd = false
    var isWriting = false
    var isCongested = false

    init(acceptedFrom listener: Handle) throws(UVCode) {
        let owner = Placeholder()
        let handle = try Handle(uv_tcp_t.self, owner: owner) { uv_tcp_init(EventLoop.running.uv, $0) }
        let code = uv_accept(listener.stream, handle.stream)
        guard code == 0 else {
            handle.close()
            throw UVCode(code)
        }
        peer = SocketAddress.peer(of: handle.tcp)?.description ?? "unknown"
        take(handle)
    }

    /// Takes over a connected handle.
    init(connected handle: Handle, peer: String) {
        self.peer = peer
        take(handle)
    }

    private func take(_ handle: Handle) {
        self.handle = handle
        handle.pass(to: self)
        // We gather writes ourselves, at the end of the turn; the kernel's gathering (Nagle) would add up to 40 ms to
        // a screen pop.
        uv_tcp_nodelay(handle.tcp, 1)
        uv_tcp_keepalive(handle.tcp, 1, Limits.keepAliveSeconds)
    }

    /// Starts to read, once the callbacks are set.
    func begin() {
        hasBegun = true
        if !isReadingPaused { startReading() }
    }

    public var isOpen: Bool { if case .open = state { true } else { false } }

    /// Stops `onRead` until ``resumeReading()``; TCP's window slows the peer down. While paused, only a write notices
    /// the end of the connection.
    public func pauseReading() {
        isReadingPaused = true
        if case .open = state, hasBegun, let handle { uv_read_stop(handle.stream) }
    }

    public func resumeReading() {
        isReadingPaused = false
        if case .open = state, hasBegun { startReading() }
    }

    /// Closes the connection; `onClose` follows from the loop. Written bytes that the kernel has not taken yet are
    /// lost, unless `afterFlushing`: then they are sent first, and the peer has 5 seconds to take them and to close
    /// its side.
    public func close(afterFlushing: Bool = false) {
        guard afterFlushing else { return end(.local) }
        guard case .open = state else { return }
        finish(.local)
    }

    /// Closes at once.
    func end(_ reason: CloseReason) {
        if case .closing = state { return }
        state = .closing(reason)
        handle?.close()
    }

    private func finish(_ reason: CloseReason) {
        state = .finishing(reason)
        let deadline = Timer { [self] in end(reason) }
        deadline.start(afterMicroseconds: Limits.flushBeforeCloseMicroseconds)
        flushDeadline = deadline
        // The peer's end must be seen even if the program has paused reading.
        if !peerEnded { startReading() }
        scheduleFlush()
    }

    /// The kernel has taken everything that was written.
    func drained() {
        isCongested = false
        switch state {
        case .open: onDrained?()
        case .finishing(let reason):
            if peerEnded { return end(reason) }
            // Closing a socket that has unread input resets the connection, and the reset may overtake and destroy
            // what we sent. So we end our direction, and wait for the peer to end its own.
            shutDown()
        case .closing: break
        }
    }

    private func shutDown() {
        guard !isShutDown, let handle else { return }
        isShutDown = true
        let request = UnsafeMutablePointer<uv_shutdown_t>.allocate(capacity: 1)
        let code = uv_shutdown(request, handle.stream) { request, status in
            request!.deallocate()
        }
        if code != 0 {
            request.deallocate()
            end(.local)
        }
    }

    private func startReading() {
        guard let handle, !handle.isClosing else { return }
        let code = uv_read_start(
            handle.stream,
            { _, _, buffer in
                let shared = EventLoop.running.readBuffer
                buffer!.pointee = uv_buf_init(
                    shared.baseAddress!.assumingMemoryBound(to: CChar.self), UInt32(shared.count))
            },
            { stream, count, buffer in
                let connection: TCPConnection? = Handle.owner(of: stream)
                connection?.didRead(count, from: buffer!.pointee.base)
            })
        // UV_EALREADY would mean that it is already reading.
        if code != 0, code != UV_EALREADY.rawValue { end(.error(UVCode(code))) }
    }

    private func didRead(_ count: Int, from base: UnsafeMutablePointer<CChar>?) {
        if count > 0 {
            guard case .open = state, let onRead else { return }
            onRead(Array(UnsafeRawBufferPointer(start: base, count: count)))
            return countRead()
        }
        // libuv's way of saying that nothing came after all (EAGAIN).
        if count == 0 { return }
        guard count == Int(UV_EOF.rawValue) else { return end(.error(UVCode(Int32(count)))) }
        peerEnded = true
        if let handle { uv_read_stop(handle.stream) }
        switch state {
        case .open: finish(.peer)
        case .finishing(let reason): if unsentBytes == 0 { end(reason) }
        case .closing: break
        }
    }

    /// A peer that sends without a pause shares each turn with the others.
    private func countRead() {
        let turn = EventLoop.running.turn
        if turn != turnOfReads {
            turnOfReads = turn
            reads = 0
        }
        reads += 1
        guard reads == Limits.readsPerTurn, case .open = state, !isReadingPaused, let handle, !handle.isClosing else {
            return
        }
        uv_read_stop(handle.stream)
        EventLoop.afterTurn { [weak self] in
            guard let self, case .open = state, !isReadingPaused, !peerEnded else { return }
            startReading()
        }
    }

    func loopStops() {
        flush()
        end(.local)
    }

    func handleClosed() {
        handle = nil
        flushDeadline = nil
        pending = []
        let callback = onClose
        onRead = nil
        onClose = nil
        onDrained = nil
        onCongested = nil
        if case .closing(let reason) = state { callback?(reason) }
    }

    /// Owns a handle that has no connection yet.
    private final class Placeholder: HandleOwner {
        func loopStops() {}
        func handleClosed() {}
    }
}
