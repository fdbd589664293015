import Simulation
import Foundation
import Reference
import Simulation
import Telephony
import Testing
import Time

/// The gateway is killed beside a switch whose truth is known, in virtual time. `make kills` does the same with the
/// program, on real sockets and a real clock.
@Suite("A gateway that is killed under load", .tags(.slow))
struct KillTests {
    /// CENTRALINO_KILL_SEEDS=100 for more.
    static let seeds = 1...(ProcessInfo.processInfo.environment["CENTRALINO_KILL_SEEDS"].flatMap { UInt64($0) } ?? 4)

    @Test("stores no record that differs from what happened without a flag, and none twice", arguments: seeds)
    func killed(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        func span(_ milliseconds: ClosedRange<Int64>) -> Span {
            .milliseconds(Int64.random(in: milliseconds, using: &generator))
        }
        var run = KilledRun(
            .init(
                seed: seed, lag: span(0...60), itemInterval: .milliseconds(Int64.random(in: 0...3, using: &generator))))
        for _ in 0..<5 { run.live(span(0...6000), thenAwayFor: span(20...5000)) }
        run.finish()
        let oracle = run.oracle()
        #expect(run.busy.openCalls == 0 && run.openContacts == 0 && run.busy.ended.count > 100)
        #expect(oracle.faults == [])
        for kind in [Oracle.Kind.unflagged, .unflaggedPart] {
            let found = oracle.differences.filter { $0.kind == kind }
            #expect(
                found.isEmpty,
                "seed \(seed): \(found.count)\n\(found.prefix(12).map(\.description).joined(separator: "\n"))")
        }
        #expect(oracle.unexplained.isEmpty, "seed \(seed): \(oracle.unexplained.prefix(5))")
        if ProcessInfo.processInfo.environment["CENTRALINO_KILL_SEEDS"] != nil {
            print("seed \(seed): \(oracle.summary(calls: run.busy.ended.count))")
        }
    }
}
