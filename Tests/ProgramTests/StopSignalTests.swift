import EventLoop
import Glibc
import Testing

@testable import centralino

@Suite("The second signal")
struct StopSignalTests {
    @LoopActor private static var kept: [SignalWatcher] = []

    @Test("ends the program although the loop stands still, e.g. for a disk that hangs", arguments: [SIGTERM, SIGINT])
    func second(signal: Int32) async {
        await #expect(processExitsWith: .signal(signal)) { [signal = signal as Int32] in
            try EventLoop.run {
                let watchers = try Site.stopOnSignals { _ in
                    // The loop does not go on from here.
                    kill(getpid(), signal)
                    exit(0)
                }
                Self.kept = watchers
                kill(getpid(), signal)
            }
        }
    }
}
