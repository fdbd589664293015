import Cuv

// Writes one after the other: first `uv_try_write`, which usually takes everything. What it leaves goes into one
// `uv_write` request, and what is written meanwhile gathers in `pending` until that request is done.
extension TCPConnection {
    /// Bytes written that the kernel has not taken yet.
    public var unsentBytes: Int {
        // Of a connection that is at rest nothing but its own fields is touched: each is asked once a second.
        guard isWriting || !pending.isEmpty, let handle, !handle.isClosing else { return 0 }
        return pending.count + uv_stream_get_write_queue_size(handle.stream)
    }

    /// Sends `bytes` at the end of this turn, together with everything else that is written in it. After a close it
    /// does nothing.
    ///
    /// If more than ``unsentLimit`` bytes still wait after an attempt to send them, the connection closes with
    /// ``CloseReason/slow``.
    public func write(_ bytes: [UInt8]) {
        guard case .open = state, !bytes.isEmpty else { return }
        // The first array is kept as it is: an event for a thousand wallboards is one array, and stays one.
        if pending.isEmpty { pending = bytes } else { pending.append(contentsOf: bytes) }
        scheduleFlush()
        // libuv has something of ours only while a request is under way. Without one its handle is not touched: for a
        // thousand connections that would be a thousand times memory that is in no cache.
        if (isWriting ? unsentBytes : pending.count) > unsentLimit {
            sendPending()
            if unsentBytes > unsentLimit { return end(.slow) }
        }
        // While a request is under way nothing is flushed. The owner must still learn of the congestion, though not
        // from within this call.
        if isWriting, !isCongested, unsentBytes > congestedBytes, !isWaitingForTurnEnd {
            isWaitingForTurnEnd = true
            EventLoop.running.flushAfterTurn(self)
        }
    }

    func scheduleFlush() {
        // A request under way flushes when it is done.
        guard !isWaitingForTurnEnd, !isWriting else { return }
        isWaitingForTurnEnd = true
        EventLoop.running.flushAfterTurn(self)
    }

    /// Called at the end of the turn.
    func flush() {
        isWaitingForTurnEnd = false
        sendPending()
        guard let handle, !handle.isClosing else { return }
        if !isWriting, pending.isEmpty { return drained() }
        if !isCongested, case .open = state, unsentBytes > congestedBytes {
            isCongested = true
            onCongested?()
        }
    }

    private func sendPending() {
        guard !isWriting, !pending.isEmpty, let handle, !handle.isClosing else { return }
        var bytes: [UInt8] = []
        swap(&bytes, &pending)
        let sent = bytes.withUnsafeBytes { bytes in
            var buffer = Self.buffer(bytes)
            return Int(uv_try_write(handle.stream, &buffer, 1))
        }
        guard sent >= 0 || sent == Int(UV_EAGAIN.rawValue) else { return end(.error(UVCode(Int32(sent)))) }
        let taken = max(0, sent)
        if taken < bytes.count { bytes.withUnsafeBytes { request($0[taken...], on: handle) } }
    }

    private func request(_ rest: Slice<UnsafeRawBufferPointer>, on handle: Handle) {
        let request = WriteRequest(rest)
        var buffer = Self.buffer(UnsafeRawBufferPointer(request.bytes))
        let code = uv_write(request.uv, handle.stream, &buffer, 1) { request, status in
            let stream = request!.pointee.handle
            WriteRequest.free(request!)
            let connection: TCPConnection? = Handle.owner(of: stream)
            connection?.didWrite(status: status)
        }
        guard code == 0 else {
            WriteRequest.free(request.uv)
            return end(.error(UVCode(code)))
        }
        isWriting = true
    }

    private func didWrite(status: Int32) {
        isWriting = false
        guard status == 0 else { return end(.error(UVCode(status))) }
        flush()
    }

    private static func buffer(_ bytes: UnsafeRawBufferPointer) -> uv_buf_t {
        // libuv only reads it, though its type is not const. A write of more than 4 GiB is impossible, because
        // unsentLimit bytes are in memory.
        let base = UnsafeMutablePointer(mutating: bytes.baseAddress?.assumingMemoryBound(to: CChar.self))
        return uv_buf_init(base, UInt32(clamping: bytes.count))
    }
}

/// A `uv_write_t` with a copy of the bytes that it sends, which must stay where they are until its callback.
private struct WriteRequest {
    let uv: UnsafeMutablePointer<uv_write_t>
    let bytes: UnsafeMutableRawBufferPointer

    init(_ rest: Slice<UnsafeRawBufferPointer>) {
        uv = .allocate(capacity: 1)
        bytes = .allocate(byteCount: rest.count, alignment: 1)
        bytes.copyBytes(from: rest)
        uv.pointee.data = bytes.baseAddress
    }

    static func free(_ uv: UnsafeMutablePointer<uv_write_t>) {
        uv.pointee.data.deallocate()
        uv.deallocate()
    }
}
