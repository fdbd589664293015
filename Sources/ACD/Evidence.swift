import Telephony

/// A call behind a figure: where it is told, what it adds, and by which rule.
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

extension ACD {
    /// The calls that a term counts, in the order in which they ended: their values add up to ``Figures/count(_:)`` of the same scope and window.
    /// Agents' time is told by state, not by call: nil. `callers`: of whom a call was told already, on another switch.
    public func evidence(
        for term: FigureDefinition.Term, in chosen: [QueueName], _ window: Window, threshold: Span? = nil, withDirect: Bool = false,
        callers: inout Set<CallerKey>, at now: Moment
    ) -> [Evidence]? {
        var found: [Evidence] = []
        var contacts: Set<ContactKey> = []
        for queue in chosen {
            guard let facts = facts.queues[queue] else { continue }
            var definition = definition(of: queue)
            definition.threshold = threshold ?? definition.threshold
            switch term {
            case .visits(let classes):
                facts.eachInOrder(window, at: now) { fact in
                    let visitClass = VisitClass(fact, definition, at: now)
                    if classes.contains(visitClass) { found.append(Evidence(fact, queue, 1, visitClass.rule(definition))) }
                }
            case .measured(let classes), .wait(let classes):
                var isSum = false
                if case .wait = term { isSum = true }
                facts.eachInOrder(window, at: now) { fact in
                    let visitClass = VisitClass(fact, definition, at: now)
                    guard classes.contains(visitClass), fact.isMeasured else { return }
                    found.append(Evidence(fact, queue, isSum ? fact.wait(at: now).microseconds : 1, visitClass.rule(definition)))
                }
            case .presented:
                facts.eachInOrder(window, at: now) { fact in
                    found.append(Evidence(fact, queue, 1, VisitClass(fact, definition, at: now).rule(definition)))
                }
                found += facts.blocked(window, queue, full: true, empty: true, at: now)
            case .blocked(let full, let empty): found += facts.blocked(window, queue, full: full, empty: empty, at: now)
            case .flowIn:
                facts.eachInOrder(window, at: now) { fact in
                    if fact.isFlowIn { found.append(Evidence(fact, queue, 1, "another queue let the caller go to this one")) }
                }
            case .callers:
                facts.eachInOrder(window, at: now) { fact in
                    guard let caller = fact.caller, callers.insert(caller).inserted else { return }
                    found.append(Evidence(fact, queue, 1, "the first call of its caller"))
                }
            case .legs(let quantity): found += facts.evidence(for: quantity, queue, window, &contacts, at: now) { _ in true }
            case .selfServed: break
            case .time: return nil
            }
        }
        if case .selfServed = term {
            guard withDirect else { return nil }
            found += facts.direct.selfServed.filter { window.contains($0.ended, at: now) }.map {
                Evidence(
                    queue: nil, record: $0.record, channel: $0.channel, from: $0.arrived, to: $0.ended.date, value: 1,
                    rule: "no queue and no agent was asked for")
            }
        }
        if withDirect, case .legs(let quantity) = term {
            found += facts.direct.evidence(for: quantity, nil, window, &contacts, at: now) { _ in true }
        }
        return found
    }

    /// The same for agents' parts in all queues and none, of those for whose team `isMember` holds.
    public func evidence(
        for term: FigureDefinition.Term, _ window: Window, at now: Moment, _ isMember: (String) -> Bool
    ) -> [Evidence]? {
        guard case .legs(let quantity) = term else { return nil }
        var found: [Evidence] = []
        var contacts: Set<ContactKey> = []
        for queue in facts.queues.keys.sorted() {
            found += facts.queues[queue]!.evidence(for: quantity, queue, window, &contacts, at: now) { isMember($0 ?? "") }
        }
        return found + facts.direct.evidence(for: quantity, nil, window, &contacts, at: now) { isMember($0 ?? "") }
    }
}

extension Evidence {
    fileprivate init(_ fact: VisitFact, _ queue: QueueName, _ value: Int64, _ rule: String) {
        self.init(
            queue: queue, record: fact.record, channel: fact.channel, from: fact.joined.date, to: fact.ended?.date, value: value, rule: rule
        )
    }

    fileprivate init(_ leg: LegFact, _ queue: QueueName?, _ value: Int64, _ rule: String) {
        self.init(
            queue: queue, record: leg.record, channel: leg.channel, from: leg.established.date, to: leg.ended?.date, value: value,
            rule: rule)
    }
}

extension QueueFacts {
    fileprivate func eachInOrder(_ window: Window, at now: Moment, _ body: (VisitFact) -> Void) {
        for fact in visits where window.contains(fact, at: now) { body(fact) }
        if window.base == .cohort { for fact in waiting where window.contains(fact, at: now) { body(fact) } }
    }

    fileprivate func blocked(_ window: Window, _ queue: QueueName, full: Bool, empty: Bool, at now: Moment) -> [Evidence] {
        refusals.compactMap { refusal in
            guard window.contains(refusal.at, at: now), refusal.isFull ? full : empty else { return nil }
            return Evidence(
                queue: queue, from: refusal.at.date, to: refusal.at.date, value: 1,
                rule: refusal.isFull ? "refused: the queue was full" : "refused: no agent could take the call")
        }
    }

    fileprivate func evidence(
        for quantity: FigureDefinition.LegQuantity, _ queue: QueueName?, _ window: Window, _ contacts: inout Set<ContactKey>,
        at now: Moment,
        _ isMember: (String?) -> Bool
    ) -> [Evidence] {
        var found: [Evidence] = []
        for leg in legs {
            guard let ended = leg.ended, window.contains(ended, at: now), isMember(leg.team) else { continue }
            let isWhole = leg.isMeasured && leg.wrapUp != nil
            func add(_ value: Int64?, _ rule: String, if counts: Bool) {
                if counts, let value { found.append(Evidence(leg, queue, value, rule)) }
            }
            switch quantity {
            case .handled, .calledUpon: add(1, "an agent's part that ended", if: true)
            case .measured: add(1, "an agent's part seen whole, after-call work too", if: isWhole)
            case .contacts: add(1, "the first part of its contact", if: isWhole && contacts.insert(leg.contact).inserted)
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
            for ring in noAnswers where window.contains(ring.at, at: now) && isMember(ring.team) {
                found.append(
                    Evidence(queue: queue, from: ring.at.date, to: ring.at.date, value: 1, rule: "a phone rang, and nobody answered"))
            }
        }
        return found
    }
}
