import Cuv

/// The owner of a libuv handle. The handle keeps its owner alive until it is closed.
@LoopActor
protocol HandleOwner: AnyObject {
    /// The loop ends: the owner closes the handle. May be called more than once.
    func loopStops()
    /// libuv has released the handle. Called once.
    func handleClosed()
}

/// The memory of one libuv handle.
///
/// libuv keeps a handle in its lists until the callback of `uv_close` has run. So the memory is freed there and
/// nowhere else. Until then the handle's `data` keeps this object alive, and this object its owner.
@LoopActor
final class Handle {
    let pointer: UnsafeMutableRawPointer
    /// nil once closed, which also breaks the reference cycle with the owner.
    private(set) var owner: (any HandleOwner)?
    private(set) var isClosing = false

    /// Allocates a handle of `type` (`uv_tcp_t`, …) and initialises it with `initialize`, which returns libuv's code.
    init<Type>(_ type: Type.Type, owner: any HandleOwner, initialize: (UnsafeMutablePointer<Type>) -> Int32)
        throws(UVCode)
    {
        let typed = UnsafeMutablePointer<Type>.allocate(capacity: 1)
        pointer = UnsafeMutableRawPointer(typed)
        let code = initialize(typed)
        guard code == 0 else {
            typed.deallocate()
            throw UVCode(code)
        }
        self.owner = owner
        uv_handle_set_data(uv, Unmanaged.passRetained(self).toOpaque())
    }

    var uv: UnsafeMutablePointer<uv_handle_t> { pointer.assumingMemoryBound(to: uv_handle_t.self) }
    var stream: UnsafeMutablePointer<uv_stream_t> { pointer.assumingMemoryBound(to: uv_stream_t.self) }
    var tcp: UnsafeMutablePointer<uv_tcp_t> { pointer.assumingMemoryBound(to: uv_tcp_t.self) }

    /// The object behind a pointer that libuv passes to a callback; nil for the loop's own handles.
    static func from(_ pointer: UnsafeMutableRawPointer?) -> Handle? {
        guard let data = uv_handle_get_data(pointer?.assumingMemoryBound(to: uv_handle_t.self)) else { return nil }
        return Unmanaged<Handle>.fromOpaque(data).takeUnretainedValue()
    }

    /// The owner behind a pointer that libuv passes to a callback.
    static func owner<Owner: HandleOwner>(of pointer: UnsafeMutableRawPointer?, as type: Owner.Type = Owner.self)
        -> Owner?
    {
        from(pointer)?.owner as? Owner
    }

    /// Hands a connected handle from the attempt over to the connection.
    func pass(to newOwner: any HandleOwner) { owner = newOwner }

    /// Closes the handle; ``HandleOwner/handleClosed()`` follows at the end of a turn, never from within this call.
    func close() {
        guard !isClosing else { return }
        isClosing = true
        uv_close(uv) { pointer in
            let handle = Unmanaged<Handle>.fromOpaque(uv_handle_get_data(pointer)!).takeRetainedValue()
            handle.pointer.deallocate()
            let owner = handle.owner
            handle.owner = nil
            owner?.handleClosed()
        }
    }
}
