import Telephony
import Testing
import Time

@testable import Figures

/// Whatever a log of facts holds, a checkpoint's pieces have all of it; and whatever a piece holds, reading it ends.
@Suite("Facts in pieces")
struct FactWriterTests {
    private static let limit: UInt64 = 10_000_000_000_000_000

    // MARK: every stored property

    /// Stored properties, however deep, that are the same in both.
    private static func unchanged<Value>(_ blank: Value, _ changed: Value, _ path: String = "") -> [String] {
        let (before, after) = (Mirror(reflecting: blank), Mirror(reflecting: changed))
        guard before.displayStyle == .struct, !before.children.isEmpty else {
            return "\(blank)" == "\(changed)" ? [path] : []
        }
        return zip(before.children, after.children).flatMap {
            unchanged($0.value, $1.value, path + "." + ($0.label ?? ""))
        }
    }

    private static func unlisted<Fact: ListedFact>(_ type: Fact.Type) -> [String] {
        var fact = Fact.blank
        var invention = Invention(seed: 3, isFull: true)
        fact.list(&invention)
        return unchanged(Fact.blank, fact, "\(type)")
    }

    @Test("have every stored property of a fact: one that is added must be listed")
    func everything() {
        #expect(Self.unlisted(VisitFact.self) == [])
        #expect(Self.unlisted(LegFact.self) == [])
        #expect(Self.unlisted(QueueFacts.Refusal.self) == [])
        #expect(Self.unlisted(QueueFacts.NoAnswer.self) == [])
        #expect(Self.unlisted(QueueFacts.SelfServed.self) == [])
        #expect(Self.unlisted(Facts.Segment.self) == [])
        var leg = LegFact.blank
        var invention = Invention(seed: 4, isFull: true)
        leg.list(&invention)
        let blank = LegFact.Hold(from: Moment(uptime: .zero, date: UnixTime(microseconds: 0)))
        for hold in leg.holds { #expect(Self.unchanged(blank, hold) == []) }
        #expect(!leg.holds.isEmpty)
        var place = FactPlace(owner: "", kind: .visits)
        place.list(&invention)
        #expect(place.owner != "" && place.queue != nil)
    }

    @Test("have every log: what is left without them has none")
    func logs() {
        var rest = Self.invented(seed: 1)
        #expect(rest.queues.values.contains { $0.count > 600 } && rest.direct.count > 0 && !rest.recent.isEmpty)
        rest.forgetLogs()
        #expect(rest.queues.values.allSatisfy { $0.count == 0 } && rest.direct.count == 0 && rest.recent.isEmpty)
        // A log that is added is in the rest, unless it is listed.
        let logs = Mirror(reflecting: QueueFacts()).children.filter { "\(type(of: $0.value))".hasPrefix("FactLog") }
        let others = Mirror(reflecting: Facts()).children.filter { "\(type(of: $0.value))".hasPrefix("FactLog") }
        #expect(logs.count + others.count == FactPlace.Kind.allCases.count)
    }

    // MARK: there and back

    /// Facts that nothing but their form makes sense of.
    private static func invented(seed: UInt64) -> Facts {
        var invention = Invention(seed: seed)
        var facts = Facts()
        let now = Moment(uptime: .zero, date: UnixTime(microseconds: 0))
        for queue in [QueueName("Info"), QueueName("vendite"), nil] {
            func make<Fact: ListedFact>() -> Fact {
                var fact = Fact.blank
                fact.list(&invention)
                return fact
            }
            for _ in 0..<(queue == nil ? 30 : 700) {
                facts.change(queue, at: now) {
                    $0.append(make() as VisitFact, waitedSince: nil)
                    $0.append(make() as LegFact)
                    $0.append(make() as QueueFacts.Refusal)
                    $0.noAnswers.append(make())
                    $0.selfServed.append(make())
                }
            }
        }
        var last: UnixTime?
        for second in 0..<300 {
            let from = now + .seconds(Int64(second))
            facts.add(
                AgentState.allCases[second % AgentState.allCases.count], reason: second % 3 == 0 ? "pausa" : nil,
                team: second % 2 == 0 ? "" : "squadra", agent: nil, from: from, to: from + .seconds(1),
                countedIn: &last)
        }
        return facts
    }

    private static func pieces(_ facts: Facts) -> [[UInt8]] {
        var writer = FactWriter()
        var pieces: [[UInt8]] = []
        facts.write(of: "roma", to: &writer) { pieces.append($0) }
        return pieces
    }

    /// nil where a piece is not sound.
    private static func read(_ pieces: [[UInt8]], into facts: Facts, limit: UInt64 = .max) -> Facts? {
        var (facts, reader) = (facts, FactReader(limit: limit))
        facts.forgetLogs()
        for piece in pieces {
            guard let place = reader.begin(piece) else { return nil }
            #expect(place.owner == "roma" || limit != .max)
            facts.read(place, from: &reader)
            guard reader.isSound else { return nil }
        }
        return facts
    }

    @Test(
        "are read as they were written, in their order, with any numbers and names", arguments: 0..<4 as Range<UInt64>)
    func thereAndBack(seed: UInt64) {
        let facts = Self.invented(seed: seed)
        let pieces = Self.pieces(facts)
        let read = Self.read(pieces, into: facts)
        #expect((read == facts) as Bool)
        #expect(pieces.count > 30)
        // A queue's name in another case is another text of the same name.
        let visits = facts[QueueName("INFO")]?.visits
        #expect(visits?.elementsEqual(read?[QueueName("info")]?.visits ?? []) == true)
    }

    /// One log of each kind, as version 3 of checkpoints has them: `centralino-checkpoint 3` (`Checkpoint.title`). An
    /// order, a meaning or a member that changes here needs another version there, or figures change at an upgrade.
    @Test("have the form that this version of checkpoints has on the disk")
    func form() {
        var invention = Invention(seed: 7, isFull: true)
        var facts = Facts()
        let now = Moment(uptime: .zero, date: UnixTime(microseconds: 0))
        func make<Fact: ListedFact>() -> Fact {
            var fact = Fact.blank
            fact.list(&invention)
            return fact
        }
        facts.change(QueueName("Info"), at: now) {
            $0.append(make() as VisitFact, waitedSince: nil)
            $0.append(make() as LegFact)
            $0.append(make() as QueueFacts.Refusal)
            $0.noAnswers.append(make())
            $0.selfServed.append(make())
        }
        var last: UnixTime?
        facts.add(
            .paused, reason: "pausa", team: "squadra", agent: nil, from: now, to: now + .seconds(1), countedIn: &last)
        let written = Self.pieces(facts).map { $0.map { String($0, radix: 16) }.joined(separator: " ") }
        #expect(written == Self.writtenByVersion3)
    }

    private static let writtenByVersion3 = [
        """
        0 4 72 6f 6d 61 1 1 4 49 6e 66 6f 2 6 76 69 73 69 74 73 1 dd fb 76 e6 8f 5 1 e 31 37 39 30 30 37 \
        36 30 36 2e 35 38 32 39 e 31 37 34 35 32 34 34 31 38 2e 32 34 39 34 1 f7 a1 8b 9e 93 94 f1 e5 77 \
        1 d0 bd be 2 80 e7 a7 a9 a4 81 a6 6 1 80 c6 b6 2 0 1 3 b 66 6c 6f 77 4f 75 74 20 6b 65 79 0 1 b4 \
        9f b8 ce 4 1 fe c3 9e d2 5 1 84 c9 a8 83 5
        """,
        """
        0 1 1 4 4 6c 65 67 73 1 e0 c7 20 e6 8e 69 1 e 31 37 34 32 33 37 37 32 35 2e 39 30 32 35 d 31 37 \
        39 36 30 33 32 39 30 2e 37 36 36 1 5 a 50 4a 53 49 50 2f 31 30 30 31 1 6 1 78 1 5 1 ce ec 92 9e \
        7 bf b1 ab 1 0 1 c0 a0 87 1 0 de d9 d4 c2 4 2 af ba 8e 1 0 1 f0 b9 26 0 f0 bd ec 4 0 1 a0 e6 8c \
        2 0 1 aa d4 a2 26 1 1 0
        """,
        """
        0 1 1 7 8 72 65 66 75 73 61 6c 73 1 f0 f7 b8 1 0 8 5 65 6d 70 74 79
        """,
        """
        0 1 1 9 9 6e 6f 41 6e 73 77 65 72 73 1 80 a0 90 5 0 1 a 6 63 69 74 74 c3 a0
        """,
        """
        0 1 1 b a 73 65 6c 66 53 65 72 76 65 64 1 a0 fc 5e 0 ff f7 b3 35 e 31 37 34 39 38 36 32 31 32 2e \
        33 33 35 36 e 31 37 35 37 30 35 38 35 33 2e 36 31 36 32
        """,
        """
        0 0 c 6 73 74 61 74 65 73 1 d 7 73 71 75 61 64 72 61 e 6 70 61 75 73 65 64 1 f 5 70 61 75 73 61 \
        af aa 8a 12 ff e6 a7 a9 a4 81 a6 6 80 89 7a 0
        """,
    ]

    @Test("name each way in which a visit ends")
    func outcomes() {
        let all: [QueueVisit.Outcome] =
            [.answered, .abandoned, .lost] + QueueVisit.FlowOut.allCases.map(QueueVisit.Outcome.flowOut)
        var facts = Facts()
        let now = Moment(uptime: .seconds(1), date: UnixTime(seconds: 1))
        for outcome in all {
            var fact = VisitFact.blank
            (fact.joined, fact.ended, fact.outcome) = (now, now, outcome)
            facts.change(QueueName("q"), at: now) { $0.append(fact, waitedSince: nil) }
        }
        let read = Self.read(Self.pieces(facts), into: facts, limit: Self.limit)
        #expect(read?[QueueName("q")]?.visits.map(\.outcome) == all)
    }

    @Test("are small: a number that differs by little and a name that was written before are a byte or two")
    func size() {
        var facts = Facts()
        let start = Moment(uptime: .seconds(1000), date: UnixTime(seconds: 1_772_434_800))
        for number in 0..<256 as Range<Int64> {
            facts.change(QueueName("q"), at: start) {
                $0.noAnswers.append(.init(at: start + .milliseconds(number * 8), team: "una squadra con un nome lungo"))
            }
        }
        let bytes = Self.pieces(facts).reduce(0) { $0 + $1.count }
        #expect(bytes < 256 * 7 + 100, "\(bytes)")
    }

    // MARK: hostile pieces

    @Test("are refused with a number that cannot be counted up from, in either direction; a digest may have any bits")
    func limits() {
        var facts = Facts()
        let now = Moment(uptime: .seconds(1), date: UnixTime(seconds: 1))
        func isRead(_ change: (inout LegFact) -> Void) -> Bool {
            var leg = LegFact.blank
            change(&leg)
            facts = Facts()
            facts.change(nil, at: now) { $0.append(leg) }
            return Self.read(Self.pieces(facts), into: facts, limit: Self.limit) == facts
        }
        let most = Int64(Self.limit)
        #expect(isRead { $0.number = Self.limit })
        #expect(!isRead { $0.number = Self.limit + 1 })
        #expect(!isRead { $0.contact = ContactKey(.max) })
        for span in [most, -most] { #expect(isRead { $0.hold = Span(microseconds: span) }) }
        for span in [most + 1, -most - 1, .min, .max] {
            #expect(!isRead { $0.hold = Span(microseconds: span) })
            #expect(!isRead { $0.wrapUp = Span(microseconds: span) })
            #expect(!isRead { $0.established.uptime = Span(microseconds: span) })
            #expect(!isRead { $0.established.date = UnixTime(microseconds: span) })
        }
        var visit = VisitFact.blank
        visit.caller = CallerKey(digest: .max)
        facts = Facts()
        facts.change(nil, at: now) { $0.append(visit, waitedSince: nil) }
        #expect(Self.read(Self.pieces(facts), into: facts, limit: Self.limit) == facts)
        var served = QueueFacts.SelfServed.blank
        served.arrived = UnixTime(microseconds: .max)
        facts = Facts()
        facts.change(nil, at: now) { $0.selfServed.append(served) }
        #expect(Self.read(Self.pieces(facts), into: facts, limit: Self.limit) == nil)
    }

    @Test("are refused where they end too early, or go on")
    func lengths() throws {
        var facts = Facts()
        let now = Moment(uptime: .seconds(1), date: UnixTime(seconds: 1))
        var invention = Invention(seed: 9, isFull: true)
        var leg = LegFact.blank
        leg.list(&invention)
        facts.change(QueueName("q"), at: now) { $0.append(leg) }
        let piece = try #require(Self.pieces(facts).first)
        for length in 0..<piece.count { #expect(Self.read([Array(piece.prefix(length))], into: facts) == nil) }
        #expect(Self.read([piece + [0]], into: facts) == nil)
        #expect(Self.read([piece], into: facts) == facts)
        var without = Facts()
        without.change(QueueName("other"), at: now) { _ in }
        #expect(Self.read([piece], into: without) == nil, "a queue that the rest does not know")
        let endless = [UInt8](repeating: 0xFF, count: 40)
        #expect(Self.read([endless], into: facts) == nil)
    }

    @Test("may hold anything: they are read or refused, and a log stays in order", arguments: 0..<4 as Range<UInt64>)
    func damage(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        let facts = Self.invented(seed: seed)
        let pieces = Self.pieces(facts)
        var refused = 0
        for _ in 0..<60 {
            var damaged = pieces
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                let piece = Int.random(in: 0..<pieces.count, using: &generator)
                let place = Int.random(in: 0..<damaged[piece].count, using: &generator)
                damaged[piece][place] = UInt8.random(in: 0...255, using: &generator)
            }
            guard let read = Self.read(damaged, into: facts, limit: Self.limit) else {
                refused += 1
                continue
            }
            for queue in read.queues.values {
                for positions in [queue.visits.map(\.position), queue.legs.map(\.position)] {
                    #expect(zip(positions, positions.dropFirst()).allSatisfy { $0 <= $1 })
                }
            }
        }
        #expect(refused > 0)
    }
}

/// Gives each member of a fact an invented value. Moments lie close together, as in a log.
private struct Invention: FactMembers {
    private var generator: SplitMix64
    /// Nothing is left out.
    private let isFull: Bool
    private var now = Moment(uptime: .seconds(1), date: UnixTime(seconds: 1_772_434_800))

    init(seed: UInt64, isFull: Bool = false) {
        generator = SplitMix64(seed: seed)
        self.isFull = isFull
    }

    private mutating func random(_ range: ClosedRange<Int64>) -> Int64 { Int64.random(in: range, using: &generator) }

    mutating func number(_ value: inout UInt64) { value = UInt64(random(1...5_000_000)) }

    mutating func digest(_ value: inout UInt64) { value = generator.next() | 1 }

    mutating func flag(_ value: inout Bool) { value = isFull ? !value : random(0...1) == 0 }

    mutating func span(_ value: inout Span) { value = Span(microseconds: random(1...1_000_000_000)) }

    mutating func date(_ value: inout UnixTime) { value = now.date + .seconds(random(-100...100)) }

    mutating func moment(_ value: inout Moment) {
        // Now and then an event is late, or a clock is set.
        now = now + .milliseconds(random(-2_000...9_000))
        if random(0...50) == 0 { now.date = now.date + .seconds(random(-4_000...4_000)) }
        value = now
    }

    mutating func text(_ value: inout String) { value = "17\(random(0...9_999_999)).\(random(0...9999))" }

    mutating func name(_ value: inout String) {
        // Two that Swift calls equal, an escaped byte, and one that is empty unless nothing may be.
        let names = ["città", "citta\u{300}", "PJSIP/1001", "\\xe0", isFull ? "x" : ""]
        value = names[Int(random(0...4))]
    }

    mutating func name<Value>(_ value: inout Value, text: String, or blank: Value, _ make: (String) -> Value?) {
        let texts = [
            "answered", "abandoned", "flowOut timeout", "flowOut key", "lost", "full", "empty", "talking", "visits",
            "legs",
        ]
        repeat {
            if let made = make(texts[Int(random(0...9))]) { value = made }
        } while isFull && "\(value)" == "\(blank)"
    }

    mutating func optional<Value>(_ value: inout Value?, _ blank: Value, _ list: (inout Self, inout Value) -> Void) {
        guard isFull || random(0...2) > 0 else {
            value = nil
            return
        }
        var known = blank
        list(&self, &known)
        value = known
    }

    mutating func array<Value>(
        _ values: inout [Value], upTo limit: Int, _ blank: Value, _ list: (inout Self, inout Value) -> Void
    ) {
        values = []
        for _ in 0..<(isFull ? 2 : random(0...9) == 0 ? Int64(limit) : random(0...2)) {
            var value = blank
            list(&self, &value)
            values.append(value)
        }
    }
}
