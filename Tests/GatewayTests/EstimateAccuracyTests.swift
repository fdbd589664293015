import ACD
import Figures
import Foundation
import Playback
import Recordings
import Telephony
import Testing
import Time
import Wire

@testable import Core
@testable import Edges
@testable import Gateway

/// How good the estimates of the waiting time are over recordings of load: a table for people (`estimates:`), and
/// what must hold whatever it shows.
@Suite("Estimates of the waiting time", .tags(.recordings))
struct EstimateAccuracyTests {
    /// The after-call work for which these switches withheld calls from an agent. AMI reports a member's own, which
    /// was 0, and never the queue's: the configuration must give it.
    private static let wrapUps: [QueueName: ACD.Settings] = [
        QueueName("incentivi"): .init(wrapUp: .seconds(4)), QueueName("reclami"): .init(wrapUp: .seconds(2)),
    ]

    @Test(
        "are measured against the waits of the answered callers", arguments: try Trace.everywhere().filter(\.isLoad),
        [true, false])
    func accuracy(trace: Trace, knowsWrapUp: Bool) throws {
        var configuration = Configuration()
        configuration.queues = knowsWrapUp ? Self.wrapUps : [:]
        var replay = Replay(
            configuration, start: UnixTime(microseconds: trace.recording.startEpoch ?? 0), digests: .openSSL)
        replay.play(trace.connections(slowness: 1))
        let acd = try #require(replay.gateway.core.switches.first).acd
        for queue in acd.queues.keys.sorted() {
            let answered = (acd.facts[queue]?.visits ?? []).filter { $0.outcome == .answered && $0.isMeasured }
            guard !answered.isEmpty else { continue }
            let waits = answered.map { $0.wait(at: replay.now) }
            let mean = Span(microseconds: waits.reduce(.zero, +).microseconds / Int64(waits.count))
            let about = knowsWrapUp ? "" : ", after-call work not configured"
            var line = "estimates: \(trace.name), \(queue)\(about): \(waits.count) answered after \(Self.told(mean))"
            let accuracy = acd.accuracy(of: queue)
            let methods: [(String, EstimateAccuracy?, (WaitingTimeEstimate) -> Span?)] = [
                ("QL", accuracy.queueLength, \.queueLength),
                ("QLA", accuracy.queueLengthAbandoning, \.queueLengthAbandoning),
                ("LES", accuracy.lastToEnterService, \.lastToEnterService),
            ]
            for (name, accuracy, estimate) in methods {
                // Computed again from what each caller would have been told.
                let errors = zip(answered, waits).compactMap { fact, wait in
                    estimate(fact.estimates).map { ($0 - wait).microseconds }
                }
                #expect(accuracy?.count ?? 0 == errors.count)
                guard !errors.isEmpty else { continue }
                let count = Int64(errors.count)
                #expect(accuracy?.meanAbsoluteError?.microseconds == errors.reduce(0) { $0 + abs($1) } / count)
                #expect(accuracy?.bias?.microseconds == errors.reduce(0, +) / count)
                line +=
                    "; \(name) \(count): MAE \(Self.told(accuracy?.meanAbsoluteError)) bias \(Self.told(accuracy?.bias))"
            }
            print(line)
        }
    }

    private static func told(_ span: Span?) -> String { span.map { String(format: "%.3f s", $0.seconds) } ?? "–" }
}
