import Telephony
import Time

/// A call behind a figure: its record, what it adds to the figure, and by which rule.
public struct Evidence: Equatable, Sendable {
    public var queue: QueueName?
    public var record: ContactID?
    /// The call id of the switch's own log.
    public var channel: ChannelID?
    public var from: UnixTime
    public var to: UnixTime?
    /// What it adds to the sum: 1, or microseconds.
    public var value: Int64
    public var rule: String
}

/// Is given all calls behind a figure and keeps one page of them: a day has a million, and a reader asks for a
/// thousand.
public struct EvidencePage: Sendable {
    /// A maximum and a quantile are not sums: their calls are listed in the order of their waits, and equal
    /// waits in the order in which they were found.
    public enum Order: Sendable {
        case asFound, longestFirst, shortestFirst

        func precedes(_ left: Int64, _ right: Int64) -> Bool { self == .longestFirst ? left > right : left < right }
    }

    private struct Entry {
        var number: Int
        var owner: Int
        var evidence: Evidence
    }

    /// The first and the last of the page, by place.
    private let places: Range<Int>
    private let order: Order
    private var kept: [Entry] = []
    /// What comes after it is on no page. nil until more was found than the page needs.
    private var worst: Int64?
    /// Whose calls are being added: an index that the caller chooses.
    public var owner = 0
    public private(set) var count = 0
    public private(set) var sum: Int64 = 0

    public init(offset: Int, limit: Int, order: Order = .asFound) {
        places = offset..<offset + limit
        self.order = order
    }

    /// How many are in memory: never more than twice what the page needs.
    var keptCount: Int { kept.count }

    mutating func add(_ value: Int64, _ evidence: () -> Evidence) {
        defer { count += 1 }
        // An absurd sum is wrong, but must not stop the program.
        sum = sum.addingReportingOverflow(value).partialValue
        if order == .asFound {
            if places.contains(count) { kept.append(Entry(number: count, owner: owner, evidence: evidence())) }
            return
        }
        // Among equals the one that was found later comes later.
        if let worst, !order.precedes(value, worst) { return }
        kept.append(Entry(number: count, owner: owner, evidence: evidence()))
        if kept.count >= 2 * places.upperBound { shorten() }
    }

    private mutating func shorten() {
        sort()
        kept.removeLast(max(0, kept.count - places.upperBound))
        if kept.count == places.upperBound { worst = kept.last?.evidence.value }
    }

    private mutating func sort() {
        kept.sort {
            $0.evidence.value == $1.evidence.value
                ? $0.number < $1.number : order.precedes($0.evidence.value, $1.evidence.value)
        }
    }

    /// The page, in order, each with its ``owner``.
    public func page() -> [(owner: Int, Evidence)] {
        guard order != .asFound else { return kept.map { ($0.owner, $0.evidence) } }
        var whole = self
        whole.sort()
        return whole.kept.prefix(places.upperBound).dropFirst(places.lowerBound).map { ($0.owner, $0.evidence) }
    }
}

extension Facts {
    /// The calls that a term counts, in the order in which they ended: their values add up to
    /// ``Figures/count(_:)`` of the same scope and window.
    /// - Parameters:
    ///   - callers: those of whom a call was found already, on another switch.
    ///   - definition: a queue's contract.
    /// - Returns: false where no calls are behind the term: agents' time is listed by state.
    package func evidence(
        for term: FigureDefinition.Term, in chosen: [QueueName], _ window: Window, withDirect: Bool,
        callers: inout Set<CallerKey>,
        into found: inout EvidencePage, at now: Moment, _ definition: (QueueName) -> ServiceLevel.Definition
    ) -> Bool {
        var contacts: Set<ContactKey> = []
        for queue in chosen {
            guard let facts = queues[queue] else { continue }
            let definition = definition(queue)
            switch term {
            case .visits(let classes):
                facts.each(window, at: now) { fact in
                    let visitClass = VisitClass(fact, definition, at: now)
                    if classes.contains(visitClass) {
                        found.add(1) { Evidence(fact, queue, 1, visitClass.rule(definition)) }
                    }
                }
            case .measured(let classes), .wait(let classes):
                var isSum = false
                if case .wait = term { isSum = true }
                facts.each(window, at: now) { fact in
                    let visitClass = VisitClass(fact, definition, at: now)
                    guard classes.contains(visitClass), fact.isMeasured else { return }
                    let value = isSum ? fact.wait(at: now).microseconds : 1
                    found.add(value) { Evidence(fact, queue, value, visitClass.rule(definition)) }
                }
            case .presented:
                facts.each(window, at: now) { fact in
                    found.add(1) { Evidence(fact, queue, 1, VisitClass(fact, definition, at: now).rule(definition)) }
                }
                facts.blocked(window, queue, full: true, empty: true, into: &found, at: now)
            case .blocked(let full, let empty):
                facts.blocked(window, queue, full: full, empty: empty, into: &found, at: now)
            case .flowIn:
                facts.each(window, at: now) { fact in
                    if fact.isFlowIn {
                        found.add(1) { Evidence(fact, queue, 1, "another queue let the caller go to this one") }
                    }
                }
            case .callers:
                facts.each(window, at: now) { fact in
                    guard let caller = fact.caller, callers.insert(caller).inserted else { return }
                    found.add(1) { Evidence(fact, queue, 1, "the first call of its caller") }
                }
            case .legs(let quantity):
                facts.evidence(for: quantity, queue, window, &contacts, into: &found, at: now) { _ in true }
            case .selfServed: break
            case .time: return false
            }
        }
        if case .selfServed = term {
            guard withDirect else { return false }
            for call in direct.selfServed where window.contains(call.ended, at: now) {
                found.add(1) {
                    Evidence(
                        queue: nil, record: call.record, channel: call.channel, from: call.arrived, to: call.ended.date,
                        value: 1,
                        rule: "no queue and no agent was asked for")
                }
            }
        }
        if withDirect, case .legs(let quantity) = term {
            direct.evidence(for: quantity, nil, window, &contacts, into: &found, at: now) { _ in true }
        }
        return true
    }

    /// The same for agents' parts in calls of any queue and none, of agents for whose team `isMember` holds.
    package func evidence(
        for term: FigureDefinition.Term, _ window: Window, into found: inout EvidencePage, at now: Moment,
        _ isMember: (String) -> Bool
    ) -> Bool {
        guard case .legs(let quantity) = term else { return false }
        var contacts: Set<ContactKey> = []
        for queue in queues.keys.sorted() {
            queues[queue]!.evidence(for: quantity, queue, window, &contacts, into: &found, at: now) {
                isMember($0 ?? "")
            }
        }
        direct.evidence(for: quantity, nil, window, &contacts, into: &found, at: now) { isMember($0 ?? "") }
        return true
    }
}

extension Evidence {
    fileprivate init(_ fact: VisitFact, _ queue: QueueName, _ value: Int64, _ rule: String) {
        self.init(
            queue: queue, record: fact.record, channel: fact.channel, from: fact.joined.date, to: fact.ended?.date,
            value: value, rule: rule
        )
    }

    fileprivate init(_ leg: LegFact, _ queue: QueueName?, _ value: Int64, _ rule: String) {
        self.init(
            queue: queue, record: leg.record, channel: leg.channel, from: leg.established.date, to: leg.ended?.date,
            value: value,
            rule: rule)
    }
}

extension QueueFacts {
    fileprivate func blocked(
        _ window: Window, _ queue: QueueName, full: Bool, empty: Bool, into found: inout EvidencePage, at now: Moment
    ) {
        eachRefusal(window, at: now) { refusal in
            let (counts, rule) =
                switch refusal.reason {
                case .full: (full, "refused: the queue was full")
                case .empty: (empty, "refused: no agent could take the call")
                }
            guard counts else { return }
            found.add(1) { Evidence(queue: queue, from: refusal.at.date, to: refusal.at.date, value: 1, rule: rule) }
        }
    }

    fileprivate func evidence(
        for quantity: FigureDefinition.LegQuantity, _ queue: QueueName?, _ window: Window,
        _ contacts: inout Set<ContactKey>,
        into found: inout EvidencePage, at now: Moment, _ isMember: (String?) -> Bool
    ) {
        eachLeg(window, at: now) { leg in
            guard isMember(leg.team) else { return }
            let isWhole = leg.isMeasured && leg.wrapUp != nil
            func add(_ value: Int64?, _ rule: String, if counts: Bool) {
                if counts, let value { found.add(value) { Evidence(leg, queue, value, rule) } }
            }
            switch quantity {
            case .handled, .calledUpon: add(1, "an agent's part that ended", if: true)
            case .measured: add(1, "an agent's part seen whole, after-call work too", if: isWhole)
            case .contacts:
                add(1, "the first part of its contact", if: isWhole && contacts.insert(leg.contact).inserted)
            case .withHold: add(1, "with a hold", if: leg.hold > .zero)
            case .transferredOut: add(1, "the agent handed the caller over", if: leg.isTransferredOut)
            case .rung: add(1, "the phone rang", if: leg.isMeasured && leg.ring != nil)
            case .ring: add(leg.ring?.microseconds, "ring", if: leg.isMeasured)
            case .talk: add(leg.talk?.microseconds, "talk", if: isWhole)
            case .hold: add(leg.hold.microseconds, "hold", if: isWhole)
            case .wrapUp: add(leg.wrapUp?.microseconds, "after-call work", if: isWhole)
            case .wrapUpsTimedOut: add(1, "after-call work until its limit", if: isWhole && leg.wrapUpTimedOut)
            case .handle: add(leg.handle?.microseconds, "talk + hold + after-call work", if: isWhole)
            case .noAnswers: break
            }
        }
        if quantity == .noAnswers || quantity == .calledUpon {
            eachNoAnswer(window, at: now) { ring in
                guard isMember(ring.team) else { return }
                found.add(1) {
                    Evidence(
                        queue: queue, from: ring.at.date, to: ring.at.date, value: 1,
                        rule: "a phone rang, and nobody answered")
                }
            }
        }
    }
}
