import ACD
import Contacts
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
@testable import Reference

/// The statistics core against ``NaiveStatistics``, at random instants of recordings of real switches: every figure
/// that can be computed from the contact records must equal theirs, to the microsecond.
///
/// The recordings last two minutes. Played slower, up to hundreds of times, and begun at other dates, they cross
/// every border that a window has: minutes, quarters, midnight, and the hours that are skipped or repeated.
@Suite("The statistics are those of the contact records", .tags(.recordings, .slow))
struct NaiveStatisticsTests {
    /// How a recording is played.
    struct Play: CustomTestStringConvertible {
        var trace: Trace
        /// Civil time at the recording's start; nil takes the recording's own.
        var start: UnixTime?
        /// How many times slower.
        var slowness: Int64 = 1
        var instants: Int
        var seed: UInt64

        var testDescription: String {
            "\(trace.name) ×\(slowness) from \(start.map { "\($0)" } ?? "its own time"), seed \(seed)"
        }
    }

    /// Ten seconds before midnight; two minutes before the change; so long before both that all three are in it.
    private static let dates: [(start: String, slowness: Int64)] = [
        ("2026-03-02T22:59:20Z", 1), ("2026-03-29T00:12:00Z", 40), ("2026-10-24T18:37:00Z", 400),
        ("2026-10-25T00:10:30Z", 29),
    ]

    private static var loads: [Play] {
        get throws {
            let loads = try Trace.everywhere().filter(\.isLoad)
            // A thousand in total where all recordings are available.
            let instants = loads.count > 1 ? 1000 / (loads.count * dates.count) + 1 : 12
            return plays(loads, instants)
        }
    }

    private static func plays(_ traces: [Trace], _ instants: Int) -> [Play] {
        traces.flatMap { trace in
            dates.enumerated().map {
                Play(
                    trace: trace, start: UnixTime(rfc3339: $0.element.start), slowness: $0.element.slowness,
                    instants: instants,
                    seed: UInt64($0.offset + 1))
            }
        }
    }

    @Test("under load, over every window, at random instants", arguments: try loads)
    func load(play: Play) throws {
        var judge = Judge(play)
        try judge.run()
        #expect(judge.differences == [], "\(judge.differenceCount) differences")
        #expect(judge.instants == play.instants && judge.compared > 1000 * play.instants)
    }

    /// Not to the microsecond: states are counted by the clock that never jumps, records by dates; and a state begins
    /// when its event is heard.
    @Test("agents' time on hold and in consultation equals that of their parts", arguments: try Trace.everywhere())
    func consultations(trace: Trace) throws {
        guard !trace.isLoad else { return }
        var replay = Replay(start: UnixTime(microseconds: trace.recording.startEpoch ?? 0), digests: .openSSL)
        let connections = trace.connections(slowness: 1)
        // A connection that ended is a gap: what an agent did in it is unknown.
        guard connections.count == 1 else { return }
        replay.play(connections, pauses: [(connections[0].chunks.map(\.time).max() ?? .zero) + .seconds(30)]) {
            replay in
            guard let acd = replay.gateway.core.switches.first?.acd else { return }
            let time = acd.stateTime(.today(.rome, at: replay.now), at: replay.now) { _ in true }
            let records = replay.closed + (replay.gateway.core.switches.first?.contacts.openRecords ?? [])
            let legs = records.flatMap(\.legs).filter { !$0.isExternal && acd.agents[$0.speaker.interface] != nil }
            // An agent in two parts at once is in one state.
            let busiest = Dictionary(grouping: legs.filter { $0.established != nil }, by: \.speaker.interface).values
                .map { legs in
                    let sorted = legs.sorted { $0.established! < $1.established! }
                    return zip(sorted, sorted.dropFirst()).contains { ($0.ended ?? $1.established!) > $1.established! }
                }
            guard !busiest.contains(true) else { return }
            let consult = legs.reduce(Span.zero) { $0 + $1.consult }
            let hold = legs.reduce(Span.zero) { $0 + $1.hold }
            let states = time?.states ?? [:]
            let counted = states[.consulting] ?? .zero
            let held = counted + (states[.held] ?? .zero)
            let slack = Span.milliseconds(5)
            // An agent may take the customer off hold and still talk with the colleague: that is consultation, not
            // hold.
            if max(counted - consult, consult - counted) > slack || held < hold - slack || held > hold + consult + slack
                || consult == .zero && held > hold + slack
            {
                Issue.record(
                    "\(trace.name): consulting \(counted.seconds) s, in the records \(consult.seconds) s; held \(held.seconds), in the records \(hold.seconds)"
                )
            }
        }
    }

    @Test("as far as records go: without refused callers and after-call work")
    func coverage() {
        let naive =
            NaiveStatistics.visitFigures([], threshold: 0, short: 0).map(\.id)
            + NaiveStatistics.legFigures([], missed: 0, in: .sliding(minutes: 5, now: 0)).map(\.id) + [
                "P50", "P90", "P95", "P99",
            ]
        let figures = (FigureDefinition.ofQueues + FigureDefinition.ofLegs).map(\.id)
        #expect(
            Set(figures).subtracting(naive) == [
                "blocked.full", "blocked.empty", "presented", "ivrOnly", "AACW", "wrapUpsTimedOut",
            ])
        #expect(Set(naive).isSubset(of: figures) && Set(naive).count == naive.count)
    }

    @Test("in every scenario, over every window, at a random instant and at the end", arguments: try Trace.everywhere())
    func scenarios(trace: Trace) throws {
        guard !trace.isLoad else { return }
        for (number, date) in Self.dates.enumerated() where number < 2 {
            let start = UnixTime(rfc3339: date.start)
            var judge = Judge(
                Play(trace: trace, start: start, slowness: number == 0 ? 1 : 97, instants: 2, seed: UInt64(number + 7)))
            try judge.run()
            #expect(judge.differences == [], "\(judge.differenceCount) differences")
        }
    }
}

extension Trace {
    /// Hundreds of calls at once.
    var isLoad: Bool { name.contains("/load-") }

    /// What the switch sent, this many times slower.
    func connections(slowness: Int64) -> [Replay.Connection] {
        ([recording.chunks] + recording.others.filter { $0.name == "ami-after" }.map(\.chunks)).map { chunks in
            Replay.Connection(
                chunks: chunks.filter { $0.direction == .incoming }.map {
                    .init(time: Span(microseconds: $0.microseconds * slowness), bytes: $0.bytes)
                })
        }
    }
}

/// Plays a recording, pauses from time to time, and compares.
private struct Judge {
    let play: NaiveStatisticsTests.Play
    private(set) var differences: [String] = []
    private(set) var differenceCount = 0
    private(set) var compared = 0
    private(set) var instants = 0
    private var promises: [Promise] = []
    private var generator: SplitMix64
    private let contract: Span
    private let short: Span
    /// The published figures of visits or legs.
    private let definitions = Dictionary(
        uniqueKeysWithValues: (FigureDefinition.ofQueues + FigureDefinition.ofLegs).map { ($0.id, $0) })

    init(_ play: NaiveStatisticsTests.Play) {
        self.play = play
        generator = SplitMix64(seed: play.seed)
        // As slow as the recording, so that there are visits on both sides of it.
        contract = Span(microseconds: 6_000_000 * play.slowness)
        short = Span(microseconds: 2_000_000 * play.slowness)
    }

    mutating func run() throws {
        let recording = play.trace.recording
        let connections = play.trace.connections(slowness: play.slowness)
        var configuration = Configuration()
        configuration.queueDefaults = .init(serviceLevel: .init(threshold: contract, shortAbandon: short))
        var replay = Replay(
            configuration, start: play.start ?? UnixTime(microseconds: recording.startEpoch ?? 0), digests: .openSSL)
        let times = connections.flatMap { $0.chunks.map(\.time) }
        let length = times.max() ?? .zero
        // Half of the pauses at the very moment of an event; the last when everything is over.
        var pauses = (1..<play.instants).map { number in
            number % 2 == 0
                ? times.randomElement(using: &generator)!
                : Span(microseconds: .random(in: 0...length.microseconds, using: &generator))
        }
        pauses.append(length + .seconds(.random(in: 3...5000, using: &generator)))
        var judge = self
        replay.play(connections, pauses: pauses.sorted()) { judge.look(at: $0) }
        self = judge
    }

    // MARK: what is told of an interval that is not over

    /// The bounds that were given for the service levels of a cohort's visits.
    private struct Promise {
        var queue: String?
        var period: NaiveStatistics.Period
        var bounds: [(id: String, least: ServiceLevel, most: ServiceLevel)]
        var place: String
    }

    private mutating func promise(
        _ figures: Figures, _ queue: String?, _ period: NaiveStatistics.Period, at now: Moment, _ place: String
    ) {
        guard period.base == .cohort, figures.visits.count(VisitClass.waiting) > 0 else { return }
        var period = period
        period.to = min(period.to, now.date.microseconds + 1)
        let bounds = ServiceLevel.Formula.all.map { formula in
            let bounds = figures.visits.bounds(formula)
            return (id: formula.id, least: bounds.least, most: bounds.most)
        }
        promises.append(Promise(queue: queue, period: period, bounds: bounds, place: place))
    }

    /// Everything is over: the outcomes of those who waited then must lie within the bounds.
    private mutating func keepPromises(_ reference: NaiveStatistics) {
        for promise in promises {
            let stays = reference.stays(of: promise.queue, in: promise.period)
            let levels = NaiveStatistics.serviceLevels(
                stays, threshold: contract.microseconds, short: short.microseconds)
            // A visit whose end or wait was not seen is in no rate, which the bounds do not foresee.
            guard stays.allSatisfy({ $0.way != .lost && $0.isMeasured }) else { continue }
            for (level, bounds) in zip(levels, promise.bounds) where level.value.denominator! > 0 {
                compared += 1
                let ratio = Double(level.value.numerator!) / Double(level.value.denominator!)
                if level.id != bounds.id || ratio < (bounds.least.ratio ?? 0) - 1e-12
                    || ratio > (bounds.most.ratio ?? 1) + 1e-12
                {
                    differ(
                        "\(promise.place), \(bounds.id): in the end \(level.value), not within \(bounds.least) and \(bounds.most)"
                    )
                }
            }
        }
    }

    // MARK: one instant

    private mutating func look(at replay: borrowing Replay) {
        let now = replay.now
        instants += 1
        guard let room = replay.gateway.core.switches.first else { return }
        let acd = room.acd
        let reference = NaiveStatistics(replay.closed + room.contacts.openRecords)
        for contradiction in reference.contradictions { differ("a record contradicts itself: \(contradiction)") }
        let queues = acd.queues.keys.sorted()
        if instants == play.instants { keepPromises(reference) }
        // A part whose after-call work is not over is in no mean yet.
        let hasWrapUp = queues.contains { acd.facts[$0]?.legs.contains { $0.wrapUp != .zero } ?? false }
        for (window, period) in windows(reference, at: now) {
            let threshold = anyThreshold(reference)
            // The total is asked for every time; its visits are added up only sometimes, because that is slow.
            let addsUp = Int.random(in: 0..<50, using: &generator) == 0
            var sum: Figures?
            for queue in queues.map(Optional.some) + [nil] {
                var figures = acd.figures(
                    of: queue.map { [$0] } ?? queues, window, thresholds: [threshold], withDirect: queue == nil, at: now
                )
                if queue == nil, let sum {
                    // Agents' parts in calls without a queue are in no queue's figures, and a contact may have parts
                    // in two.
                    (figures.visits, figures.byThreshold, figures.callers) = (sum.visits, sum.byThreshold, sum.callers)
                    (figures.joined, figures.answeredWaits) = (sum.joined, sum.answeredWaits)
                    figures.longestWaitingSince = sum.longestWaitingSince
                }
                if addsUp {
                    if sum == nil { sum = figures } else { sum! += figures }
                }
                let place = "\(now.date), \(window.name) \(window.base), \(queue?.rawValue ?? "all queues")"
                compare(figures, reference, queue?.rawValue, period, threshold, hasWrapUp: hasWrapUp, at: now, place)
                promise(figures, queue?.rawValue, period, at: now, place)
            }
        }
    }

    /// Any threshold; or exactly as long as somebody waited, or a microsecond less.
    private mutating func anyThreshold(_ reference: NaiveStatistics) -> Span {
        let less = Int64.random(in: -1...1, using: &generator)
        if less <= 0, let wait = reference.stays.randomElement(using: &generator)?.wait {
            return Span(microseconds: wait + less)
        }
        return Span(microseconds: .random(in: 0...20_000_000, using: &generator) * play.slowness)
    }

    /// Every window that can be asked for now; and windows that begin and end at the very moment at which somebody
    /// joined or left.
    private mutating func windows(_ reference: NaiveStatistics, at now: Moment) -> [(Window, NaiveStatistics.Period)] {
        let date = now.date.microseconds
        var all: [(Window, NaiveStatistics.Period)] = [(.today(.rome, at: now), .today(now: date))]
        for minutes in Window.slidingMinutes {
            all.append((.sliding(minutes: minutes), .sliding(minutes: minutes, now: date)))
        }
        for minutes in [15, 30] as [Int64] {
            for back in [0, minutes] {
                let instant = date - back * 60_000_000
                let bases =
                    [(.cohort, .cohort), (.completion, .completion)] as [(Window.Base, NaiveStatistics.Period.Base)]
                // Of the previous interval, one or the other.
                for (base, naive) in back == 0 ? bases : [bases.randomElement(using: &generator)!] {
                    let interval = ClockInterval.containing(
                        UnixTime(microseconds: instant), length: .seconds(minutes * 60))
                    all.append((.interval(interval, base: base), .interval(minutes: minutes, naive, of: instant)))
                }
            }
        }
        // Facts are kept for no longer than twelve hours before midnight.
        let kept = reference.stays.filter { $0.joined >= all[0].1.from - 12 * 3_600_000_000 }
        guard let one = kept.randomElement(using: &generator), let other = kept.randomElement(using: &generator) else {
            return all
        }
        let joined = [one.joined, other.joined].sorted()
        all.append(
            (
                Window(
                    name: "border", base: .cohort,
                    extent: .dates(UnixTime(microseconds: joined[0])..<UnixTime(microseconds: joined[1]))),
                NaiveStatistics.Period(base: .cohort, from: joined[0], to: joined[1])
            ))
        if let left = one.left {
            all.append(
                (
                    Window(name: "sliding border", base: .completion, extent: .last(Span(microseconds: date - left))),
                    NaiveStatistics.Period(base: .completion, from: left, to: date, isSliding: true)
                ))
        }
        return all
    }

    // MARK: one window of one queue

    private mutating func compare(
        _ figures: Figures, _ reference: NaiveStatistics, _ queue: String?, _ period: NaiveStatistics.Period,
        _ threshold: Span,
        hasWrapUp: Bool, at now: Moment, _ place: String
    ) {
        let stays = reference.stays(of: queue, in: period)
        let parts = reference.parts(of: queue)
        var expected = NaiveStatistics.visitFigures(stays, threshold: contract.microseconds, short: short.microseconds)
        expected += NaiveStatistics.legFigures(parts, missed: reference.missed(queue, period), in: period)
        for (id, naive) in expected {
            if hasWrapUp, ["ATT", "AHoldT", "AHT", "contactAHT"].contains(id) { continue }
            guard let definition = definitions[id] else {
                differ("\(id) is no figure")
                continue
            }
            let value = figures.value(definition)
            same(NaiveStatistics.Value(numerator: value.numerator, denominator: value.denominator), naive, place, id)
        }
        let tally = figures.byThreshold[threshold] ?? VisitTally()
        let levels = NaiveStatistics.serviceLevels(stays, threshold: threshold.microseconds, short: short.microseconds)
        for (formula, (id, naive)) in zip(ServiceLevel.Formula.all, levels) {
            let level = tally.serviceLevel(formula)
            same(
                NaiveStatistics.Value(numerator: Int64(level.numerator), denominator: Int64(level.denominator)), naive,
                place,
                "\(id) within \(threshold.seconds) s")
            if formula.id != id { differ("\(formula.id) is not \(id)") }
        }
        // Histograms are slow to query.
        if let percent = [50, 90, 95, 99, nil, nil, nil, nil].randomElement(using: &generator) ?? nil {
            compared += 1
            let value = definitions["P\(percent)"].flatMap { figures.value($0).numerator }
            let exact = NaiveStatistics.nearestRank(percent, stays)
            let isWithin =
                if let value, let exact { value >= exact && Double(value) <= Double(exact) * 1.001 + 1000 } else {
                    value == exact
                }
            if !isWithin { differ("\(place), P\(percent): \(told(value)) and not \(told(exact))") }
        }
        same(figures.joined, reference.joined(queue, period), place, "joined")
        if queue == nil { same(figures.selfServed, reference.alone.count { period.contains($0) }, place, "ivrOnly") }
        same(
            figures.longestWaitingSince?.date.microseconds, reference.longestWaitingSince(queue), place,
            "longestWaitingSince")
        let connected = NaiveStatistics.connected(parts, in: period, now: now.date.microseconds)
        same((figures.talkTime + figures.holdTime).microseconds, connected.connected, place, "talk and hold")
        let hold = figures.holdTime.microseconds
        if hold < connected.leastHold || hold > connected.mostHold {
            differ("\(place), hold: \(hold) and not \(connected.leastHold)…\(connected.mostHold)")
        }
    }

    private mutating func same<T: Equatable>(
        _ value: T, _ expected: T, _ place: @autoclosure () -> String, _ id: @autoclosure () -> String
    ) {
        compared += 1
        if value != expected { differ("\(place()), \(id()): \(value) and not \(expected)") }
    }

    private func told(_ value: Int64?) -> String { value.map { "\($0)" } ?? "nothing" }

    private mutating func differ(_ what: String) {
        differenceCount += 1
        if differences.count < 10 { differences.append(what) }
    }
}
