import ACD
import Contacts
import Foundation
import Recordings
import Simulation
import Telephony
import Testing
import Wire

@testable import Gateway

/// The judge of the statistics: at random instants of recordings of a real Asterisk, over every window, each figure equals what plain loops over the contact records give.
@Suite("The statistics")
struct NaiveStatisticsTests {
    /// How many instants in all: over the load recordings where those are at hand (CENTRALINO_TRACES), else over the bundled ones.
    private static let instants = 1000

    @Test("equal a plain recomputation from the contact records, for every window, at 1,000 random instants")
    func naive() throws {
        let loads = try Recording.find(paths: [Trace.folder] + OutsideTraces.folders).filter { $0.contains("/load-") }
        var generator = SplitMix64(seed: 4)
        var looked = 0
        var compared = 0
        var differences: [String] = []
        for (index, path) in loads.enumerated() {
            let recording = try Recording.load(path)
            let chunks = recording.chunks.filter { $0.direction == .incoming }
            let length = chunks.last?.microseconds ?? 0
            let share = Self.instants / loads.count + (index < Self.instants % loads.count ? 1 : 0)
            let instants = (0..<share).map { _ in Span(microseconds: Int64.random(in: 0..<max(1, length), using: &generator)) }.sorted()
            let start = UnixTime(microseconds: recording.startEpoch ?? 0)
            var replay = Replay(start: start, digests: .openSSL)
            let connection = Replay.Connection(
                chunks: chunks.map { .init(time: Span(microseconds: $0.microseconds), bytes: $0.bytes) })
            replay.play([connection], stoppingAt: instants) { run in
                looked += 1
                compared += Self.compare(run, recording.name, &generator, &differences)
            }
        }
        print("statistics: \(looked) instants, \(compared) figures compared, \(differences.count) differ")
        #expect(differences.prefix(20) == [])
        // The last chunk's instant may be the end.
        #expect(looked >= Self.instants - loads.count)
    }

    private static func compare(
        _ run: Replay, _ name: String, _ generator: inout SplitMix64, _ differences: inout [String]
    ) -> Int {
        let now = run.now
        let room = run.gateway.rooms[0]
        let naive = NaiveStatistics(run.closed + room.contacts.openRecords, now: now.date)
        let zone = TimeZoneRule.rome
        var windows: [(Window, NaiveStatistics.Window)] = [(.today(zone, at: now), .joinedIn(zone.day(containing: now.date)))]
        for minutes in Window.slidingMinutes { windows.append((.sliding(minutes: minutes), .endedWithin(.seconds(minutes * 60)))) }
        for length in [900, 1800] as [Int64] {
            let interval = ClockInterval.containing(now.date, length: .seconds(length))
            windows.append((.interval(interval), .joinedIn(interval.range)))
            windows.append((.interval(interval, base: .completion), .endedIn(interval.range)))
        }
        let queues = room.acd.queues.keys.sorted()
        let chosen = queues.isEmpty ? [[]] : [queues, [queues[Int.random(in: 0..<queues.count, using: &generator)]]]
        let threshold = [Span.seconds(2), .seconds(5), .seconds(10), .seconds(20)].randomElement(using: &generator)!
        var compared = 0
        for (window, other) in windows {
            for queues in chosen {
                let names = Set(queues.map(\.rawValue))
                var figures = room.acd.figures(of: queues, window, thresholds: [threshold], at: now)
                figures.visits = figures.byThreshold[threshold] ?? figures.visits
                let expected = naive.figures(names, other, threshold: threshold, short: .seconds(5))
                for id in expected.keys.sorted() {
                    let value = figures.value(FigureDefinition.find(id)!)
                    compared += 1
                    if [value.numerator, value.denominator] != expected[id]! {
                        differences.append(
                            "\(name) at \(now.date) \(window.name) \(window.base) \(names.sorted()) \(id): \([value.numerator, value.denominator]) for \(expected[id]!)"
                        )
                    }
                }
                for percent in [50, 90, 95, 99] as [Double] {
                    let exact = naive.quantile(names, other, percent)
                    let told = figures.answeredWaits.quantile(percent)?.microseconds
                    compared += 1
                    let isWithin =
                        exact == nil ? told == nil : told.map { $0 >= exact! && Double($0) <= Double(exact!) * 1.001 + 1000 } ?? false
                    if !isWithin {
                        differences.append("\(name) at \(now.date) \(window.name) P\(percent): \(told ?? -1) for \(exact ?? -1)")
                    }
                }
                let connected = naive.connected(names, window.dates(at: now))
                compared += 1
                if (figures.talkTime + figures.holdTime).microseconds != connected {
                    differences.append(
                        "\(name) at \(now.date) \(window.name) connected: \((figures.talkTime + figures.holdTime).microseconds) for \(connected)"
                    )
                }
            }
        }
        return compared
    }
}
