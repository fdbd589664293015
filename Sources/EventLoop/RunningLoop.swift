import Cuv

/// The libuv loop between the beginning and the end of one ``EventLoop/run(_:)``.
@LoopActor
final class RunningLoop {
    let uv: UnsafeMutablePointer<uv_loop_t>
    let readBuffer: UnsafeMutableRawBufferPointer
    var afterTurn: [@LoopActor () -> Void] = []

    var turnTimes: TurnTimes
    /// The number of the current turn.
    private(set) var turn: UInt64 = 0

    private var unflushed: [TCPConnection] = []
    /// Those that are patient, in the order of their writes.
    private var patient: ArraySlice<TCPConnection> = []
    private var isStopping = false
    private var isInRun = false
    // The loop's own handles differ from the program's by having no `data`.
    private let wakeup: UnsafeMutablePointer<uv_async_t>
    private let turnEnd: UnsafeMutablePointer<uv_prepare_t>

    init() throws(EventLoopError) {
        uv = .allocate(capacity: 1)
        wakeup = .allocate(capacity: 1)
        turnEnd = .allocate(capacity: 1)
        readBuffer = .allocate(byteCount: Limits.readBufferBytes, alignment: 16)
        turnTimes = TurnTimes(at: uv_hrtime(), idle: 0)
        let code = uv_loop_init(uv)
        guard code == 0 else { throw .noLoop(code: UVCode(code)) }
        // With a libuv that cannot count idle time, all waiting would count as work.
        let idleCode = uv_count_idle_time(uv)
        guard idleCode == 0 else { throw .noLoop(code: UVCode(idleCode)) }
        let wakeupCode = uv_async_init(uv, wakeup) { _ in LoopExecutor.shared.drain() }
        guard wakeupCode == 0 else { throw .noLoop(code: UVCode(wakeupCode)) }
        wakeup.pointee.data = nil
        uv_prepare_init(uv, turnEnd)
        turnEnd.pointee.data = nil
        uv_prepare_start(turnEnd) { _ in EventLoop.running.endTurn() }
        LoopExecutor.shared.wake(through: wakeup)
    }

    func run() {
        guard !isStopping else { return }
        isInRun = true
        uv_run(uv, UV_RUN_DEFAULT)
        isInRun = false
    }

    func stop() {
        isStopping = true
        // Outside of uv_run this would stop the next run, which must close the handles.
        if isInRun { uv_stop(uv) }
    }

    func flushAfterTurn(_ connection: TCPConnection) {
        if connection.isPatient { patient.append(connection) } else { unflushed.append(connection) }
    }

    /// Called before the loop waits for sockets (uv_prepare), after timers, sockets and close callbacks.
    private func endTurn() {
        turn += 1
        flushAll()
        flushPatient()
        turnTimes.turnEnded(at: uv_hrtime(), idle: uv_metrics_idle_time(uv))
    }

    private func flushAll() {
        for _ in 0..<Limits.roundsAfterTurn {
            if afterTurn.isEmpty && unflushed.isEmpty { return }
            for work in taken(&afterTurn) { work() }
            for connection in taken(&unflushed) { connection.flush() }
        }
        // An owner that writes from `onDrained` for ever must share the loop: a wake-up makes the next wait return at
        // once.
        uv_async_send(wakeup)
    }

    /// Some of them; sockets and timers get their turn before the next.
    private func flushPatient() {
        guard !patient.isEmpty else { return }
        let some = patient.prefix(Limits.patientFlushesPerTurn)
        patient = patient.dropFirst(some.count)
        for connection in some { connection.flush() }
        if patient.isEmpty { patient = [] } else { uv_async_send(wakeup) }
    }

    private func taken<Element>(_ list: inout [Element]) -> [Element] {
        var empty: [Element] = []
        swap(&list, &empty)
        return empty
    }

    func closeEverything() {
        endTurn()
        // Close callbacks run at the end of a turn; they may open new handles, which the next round closes.
        var rounds = 0
        while closeHandles() > 0, rounds < Limits.roundsWhileStopping {
            uv_run(uv, UV_RUN_NOWAIT)
            rounds += 1
        }
        afterTurn = []
        unflushed = []
        patient = []
        LoopExecutor.shared.wake(through: nil)
        uv_close(UnsafeMutableRawPointer(wakeup).assumingMemoryBound(to: uv_handle_t.self), nil)
        uv_close(UnsafeMutableRawPointer(turnEnd).assumingMemoryBound(to: uv_handle_t.self), nil)
        uv_run(uv, UV_RUN_NOWAIT)
        // A name look-up that hangs in the thread pool cannot be cancelled and still points to the loop (EBUSY).
        // Waiting for it would delay the program's end for up to half a minute, so the loop's memory is left to it
        // instead.
        guard uv_loop_close(uv) == 0 else { return }
        uv.deallocate()
        wakeup.deallocate()
        turnEnd.deallocate()
        readBuffer.deallocate()
    }

    /// Asks every handle of the program to close; returns how many are not closed yet.
    private func closeHandles() -> Int {
        var open = 0
        withUnsafeMutablePointer(to: &open) { count in
            uv_walk(
                uv,
                { handle, count in
                    guard let owner = Handle.from(handle)?.owner else { return }
                    count!.assumingMemoryBound(to: Int.self).pointee += 1
                    owner.loopStops()
                }, count)
        }
        return open
    }
}
