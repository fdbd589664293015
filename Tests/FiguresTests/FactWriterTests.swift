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
        var invention = Invention(seed: 7)
        var facts = Facts()
        let now = Moment(uptime: .zero, date: UnixTime(microseconds: 0))
        func make<Fact: ListedFact>() -> Fact {
            var fact = Fact.blank
            fact.list(&invention)
            return fact
        }
        // Several of each, so that no two members have the same value in all of them.
        for _ in 0..<6 {
            facts.change(QueueName("Info"), at: now) {
                $0.append(make() as VisitFact, waitedSince: nil)
                var leg: LegFact = make()
                // No two flags are alike.
                leg.isTransferredOut = !leg.isMeasured
                $0.append(leg)
                $0.append(make() as QueueFacts.Refusal)
                $0.noAnswers.append(make())
                $0.selfServed.append(make())
            }
        }
        var last: UnixTime?
        facts.add(
            .paused, reason: "pausa", team: "squadra", agent: nil, from: now, to: now + .seconds(1), countedIn: &last)
        let written = Self.pieces(facts).map { $0.map { String($0, radix: 16) }.joined(separator: " ") }
        #expect(written == Self.writtenByVersion3)
        // By name: members that change places in a list change them in what writes these bytes, too.
        let bytes = Self.writtenByVersion3.map { $0.split(separator: " ").map { UInt8($0, radix: 16)! } }
        let read = Self.read(bytes, into: facts)?[QueueName("Info")]
        func text(_ flags: [Bool]?) -> String { (flags ?? []).map { $0 ? "1" : "0" }.joined() }
        func text(_ spans: [Span?]?) -> String {
            (spans ?? []).map { $0.map { "\($0.microseconds)" } ?? "–" }.joined(separator: " ")
        }
        let legs = read?.legs
        #expect(text(legs?.map(\.wrapUpTimedOut)) == "111011")
        #expect(text(legs?.map(\.isTransferredOut)) == "110110")
        #expect(text(legs?.map(\.isMeasured)) == "001001")
        #expect(text(legs?.map { $0.ring }) == "606770799 – – 690567824 992729402 830663797")
        #expect(text(legs?.map { $0.hold }) == "175986425 746974176 251602573 95573521 634384402 768005701")
        #expect(text(legs?.map { $0.wrapUp }) == "361581213 981674893 745730365 426500600 – –")
        #expect(text(read?.visits.map(\.isFlowIn)) == "110100")
        #expect(text(read?.visits.map(\.isMeasured)) == "010010")
        #expect(text(read?.visits.map { $0.estimates.queueLength }) == "– – – 6423222 962210078 –")
        #expect(
            text(read?.visits.map { $0.estimates.queueLengthAbandoning })
                == "757321983 293929003 836417193 – – 856705808")
        #expect(
            text(read?.visits.map { $0.estimates.lastToEnterService })
                == "106694328 253562119 683262941 701095151 738890830 541166301")
    }

    private static let writtenByVersion3 = [
        """
        0 4 72 6f 6d 61 1 1 4 49 6e 66 6f 2 6 76 69 73 69 74 73 6 dd fb 76 e6 8f 5 1 e 31 37 35 38 32 39 \
        33 30 32 2e 34 35 32 34 e 31 37 32 34 39 34 33 31 35 2e 34 36 37 39 0 1 80 cf b0 3 80 e7 a7 a9 \
        a4 81 a6 6 1 f0 d2 dc 7 0 1 3 4 6c 6f 73 74 0 0 1 fe c3 9e d2 5 1 f0 9a e0 65 fd 94 a3 2 88 91 \
        6f 0 e 31 37 35 32 37 30 36 38 34 2e 34 37 37 31 1 f1 d6 a2 a0 94 b7 ac da f0 1 1 d0 ba 80 17 0 \
        1 80 e9 ce 4 0 1 4 b 66 6c 6f 77 4f 75 74 20 6b 65 79 1 0 1 d6 80 a8 98 2 1 8e b4 e8 f1 1 fb aa \
        27 be 9b 59 1 e 31 37 34 36 30 35 38 38 36 2e 32 33 35 31 d 31 37 38 39 37 33 30 34 38 2e 39 32 \
        34 0 0 80 bd dc 20 0 0 1 3 0 0 1 d2 da d5 9d 6 1 ba 8f ce 8b 5 c6 ea 1e d6 e4 9b 1 1 d 31 37 37 \
        37 37 39 30 33 35 2e 32 35 32 e 31 37 35 38 36 34 34 30 39 2e 34 30 32 37 0 1 80 a0 f2 e 0 1 f0 \
        c8 21 0 1 5 f 66 6c 6f 77 4f 75 74 20 74 69 6d 65 6f 75 74 0 1 ec 8a 90 6 0 1 de f3 ce 9c 5 86 \
        86 af 1 ea a6 2f 0 d 31 37 39 33 31 35 39 33 2e 33 32 35 30 0 0 80 89 ca 10 0 0 0 1 1 bc a4 d1 \
        95 7 0 1 9c d1 d4 c0 5 86 b2 8d 1 a5 84 8c 1 0 e 31 37 37 31 34 31 32 38 30 2e 39 33 38 37 0 0 \
        e0 98 87 2f 0 1 a0 bb bb 5 0 1 5 0 0 1 a0 ac 82 b1 6 1 ba ab 8c 84 4
        """,
        """
        0 1 1 6 4 6c 65 67 73 6 e6 8e 69 cf a9 81 1 1 d 31 37 39 36 30 33 32 39 30 2e 37 36 36 e 31 37 \
        34 30 37 30 34 34 30 2e 39 30 31 38 1 7 0 0 1 8 7 63 69 74 74 61 cc 80 1 de d9 d4 c2 4 ef e0 da \
        91 1 0 0 f2 db ea a7 1 2 a0 e6 8c 2 0 0 f0 f7 b8 1 0 1 f0 fe fa 6 0 1 ba aa ea d8 2 1 1 0 e1 a8 \
        a3 2 ba b6 14 1 e 31 37 39 35 37 32 36 39 38 2e 36 39 35 36 d 31 37 35 37 30 36 38 31 31 2e 39 \
        35 32 1 7 1 9 4 5c 78 65 30 0 0 a0 b6 e6 13 0 1 c0 ca ed 4 0 c0 af af c8 5 1 d0 9d 25 0 1 d0 f1 \
        f1 7 0 1 9a ae 99 a8 7 1 1 0 b6 9c 81 2 d3 93 4b 0 e 31 37 32 35 38 38 32 30 38 2e 37 37 34 32 0 \
        0 0 0 e0 ba a6 13 0 1 80 b5 8f 3 0 9a 9a f9 ef 1 1 ff b2 e9 1 0 0 1 fa c4 97 c7 5 1 0 1 d9 eb 7d \
        94 85 a8 1 1 e 31 37 36 30 34 39 34 35 31 2e 31 35 37 34 d 31 37 33 34 33 31 33 31 2e 32 38 31 \
        35 0 0 1 7 1 a0 ea c9 92 5 c0 80 b2 12 0 0 a2 d8 92 5b 0 1 f0 87 df 96 3 0 1 0 cb 92 ef 1 c1 c6 \
        eb 1 1 d 31 37 39 38 39 31 32 38 2e 33 32 35 32 d 31 37 33 30 34 34 38 30 2e 33 31 34 32 1 a 6 \
        63 69 74 74 c3 a0 1 b a 50 4a 53 49 50 2f 31 30 30 31 1 8 1 f4 e4 de b2 7 e0 cb d0 11 0 1 e0 bf \
        f8 5 0 a4 c0 ff dc 4 2 90 b3 f4 6 0 1 c0 80 d3 7 0 d0 e6 da 2 0 1 cf cc 3f 0 0 1 1 0 cb b9 83 1 \
        bd 9a 75 0 e 31 37 35 39 30 32 36 33 35 2e 33 34 36 38 1 7 1 8 0 1 ea b1 97 98 6 80 d7 98 18 0 1 \
        d0 96 bf 6 0 8a d9 b6 dc 5 0 0 1 0 1
        """,
        """
        0 1 1 c 8 72 65 66 75 73 61 6c 73 6 8f 8a b7 8e 1 0 d 4 66 75 6c 6c 90 90 f9 24 0 e 5 65 6d 70 \
        74 79 b0 83 91 14 0 d d0 9f a1 f 0 d d0 f2 d5 2c 0 e 90 d6 cd 1d 0 d
        """,
        """
        0 1 1 f 9 6e 6f 41 6e 73 77 65 72 73 6 df ef c4 8e 1 0 1 8 b0 ef b7 25 0 1 9 a0 a3 9f 11 0 1 9 \
        f0 e9 ec d 0 1 b c0 e5 dd 30 0 1 9 80 85 d7 1a 0 0
        """,
        """
        0 1 1 10 a 73 65 6c 66 53 65 72 76 65 64 6 af ff d6 88 1 0 ff be d6 6 e 31 37 33 35 38 32 38 37 \
        35 2e 37 39 36 36 e 31 37 37 37 37 38 37 35 30 2e 39 38 34 39 f0 dd b1 22 0 80 f2 ba 5d e 31 37 \
        38 33 38 36 39 32 38 2e 32 36 36 33 e 31 37 36 39 36 34 35 33 30 2e 37 33 31 32 90 c3 9b 14 0 ff \
        c8 fe 3d e 31 37 35 33 37 32 39 33 39 2e 38 37 39 33 e 31 37 36 31 32 33 35 37 36 2e 34 33 39 33 \
        d0 81 bd 9 0 80 9b ee 2 d 31 37 38 34 31 33 34 38 31 2e 38 33 39 e 31 37 32 39 38 34 33 35 39 2e \
        31 32 30 34 c0 a7 b6 36 0 80 ce d2 59 e 31 37 32 37 36 30 34 30 39 2e 31 34 30 34 e 31 37 31 33 \
        35 30 38 32 36 2e 35 32 31 34 c0 87 f1 18 0 ff b6 8a 3c e 31 37 33 37 33 31 32 39 31 2e 38 37 30 \
        31 d 31 37 39 39 33 38 36 39 2e 34 35 38 32
        """,
        """
        0 0 11 6 73 74 61 74 65 73 1 12 7 73 71 75 61 64 72 61 13 6 70 61 75 73 65 64 1 14 5 70 61 75 73 \
        61 df 93 d3 af 1 ff e6 a7 a9 a4 81 a6 6 80 89 7a 0
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
