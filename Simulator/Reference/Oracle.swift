import Records
import Simulation
import Telephony
import Time
import Wire

/// Compares contact records with what really happened. An unflagged statement must be true; a flagged one may differ;
/// and a call without a record must lie wholly within a time in which nobody listened.
public struct Oracle: Sendable {
    public enum Kind: String, CaseIterable, Sendable {
        /// The record says that it is whole and exact, and is not.
        case unflagged
        /// A visit or a leg says so, in a record that is flagged for another reason.
        case unflaggedPart
        /// Nothing is flagged but that the switch was not heard meanwhile: phones that rang then, and holds of a
        /// conversation that went on, are missing.
        case gapOnly
        /// Differs, and is flagged.
        case flagged
    }

    public struct Difference: Sendable, CustomStringConvertible {
        public var kind: Kind
        public var channel: String
        public var what: String
        public var description: String { "\(kind.rawValue) \(channel): \(what)" }
    }

    /// A time in which nobody listened.
    public struct Deafness: Sendable {
        public var from: UnixTime
        public var to: UnixTime
        public init(from: UnixTime, to: UnixTime) { (self.from, self.to) = (from, to) }
    }

    /// How far two instants of one thing may be apart: the switch needs some milliseconds to send all its events.
    public static let tolerance = Span.milliseconds(60)

    public private(set) var differences: [Difference] = []
    public private(set) var faults: [String] = []
    public private(set) var records = 0
    public private(set) var exact = 0
    public private(set) var unrecorded: [InventedCall] = []
    /// Of `unrecorded`, those that are not explained by a time in which nobody listened.
    public private(set) var unexplained: [InventedCall] = []

    /// `documents` are the stored records as JSON; `calls` what became of all calls, which have ended.
    public init(_ documents: [String], calls: [InventedCall], deafness: [Deafness]) {
        let truth = Dictionary(uniqueKeysWithValues: calls.map { ($0.channel, $0) })
        var seen: Set<String> = []
        for document in documents {
            guard let record = JSON.decode(ContactDocument.self, from: document.utf8) else {
                faults.append("not a record: \(document.prefix(200))")
                continue
            }
            records += 1
            guard let call = truth[record.channel] else {
                faults.append("a record of no call: \(record.id), \(record.channel), \(record.direction ?? "-")")
                continue
            }
            if !seen.insert(record.channel).inserted {
                faults.append("a second record of \(record.channel): \(record.id)")
            }
            judge(record, call)
        }
        unrecorded = calls.filter { !seen.contains($0.channel) }
        // Killed again before it had asked what there is: one time.
        var whole: [Deafness] = []
        for dead in deafness.sorted(by: { $0.from < $1.from }) {
            if let last = whole.last, dead.from <= last.to {
                whole[whole.count - 1].to = max(last.to, dead.to)
            } else {
                whole.append(dead)
            }
        }
        unexplained = unrecorded.filter { call in
            !whole.contains { $0.from <= call.arrived && (call.ended ?? call.arrived) <= $0.to }
        }
    }

    public func summary(calls: Int) -> String {
        let counts = Kind.allCases.map { "\($0.rawValue) \(count($0))" }.joined(separator: ", ")
        return
            "\(calls) calls, \(records) records, \(exact) exact, differing: \(counts); in no record \(unrecorded.count), unexplained "
            + "\(unexplained.count); faults \(faults.count)"
    }

    public func count(_ kind: Kind) -> Int { Set(differences.filter { $0.kind == kind }.map(\.channel)).count }

    private mutating func judge(_ record: ContactDocument, _ call: InventedCall) {
        let flags = Set(record.flags)
        if flags.contains("clockStep") { faults.append("clockStep without reason: \(call.channel)") }
        let isFlagged = !flags.isDisjoint(with: ["partial", "estimated", "lost"])
        var found: [String] = []
        func check(_ name: String, _ told: String?, _ true: String?) {
            if told != `true` { found.append("\(name) \(told ?? "-"), really \(`true` ?? "-")") }
        }
        func check(_ name: String, at told: String?, _ moment: UnixTime?) {
            let date = told.flatMap { UnixTime(rfc3339: $0) }
            switch (date, moment) {
            case (nil, nil): return
            case (let date?, let moment?) where abs((date - moment).microseconds) <= Self.tolerance.microseconds: return
            default: found.append("\(name) \(told ?? "-"), really \(moment.map { "\($0)" } ?? "-")")
            }
        }
        func check(_ name: String, seconds told: Double?, _ span: Span?) {
            switch (told, span) {
            case (nil, nil): return
            // An unknown that is shown as unknown.
            case (nil, _?) where isFlagged || record.hasGaps: return
            case (let told?, let span?) where abs(told - span.seconds) <= Self.tolerance.seconds: return
            default:
                found.append("\(name) \(told.map { "\($0)" } ?? "-"), really \(span.map { "\($0.seconds)" } ?? "-")")
            }
        }
        func note(_ kind: Kind) {
            differences += found.map { Difference(kind: kind, channel: call.channel, what: $0) }
            found = []
        }

        let before = differences.count
        check("direction", record.direction, "inbound")
        check("arrivedAt", at: record.arrivedAt, call.arrived)
        check("endedAt", at: record.endedAt, call.ended)
        check("outcome", record.outcome, call.outcome)
        check("visits", "\(record.visits.count)", "\(call.visits.count)")
        if !call.visits.isEmpty { check("waitSeconds", seconds: record.waitSeconds, call.wait) }
        let whole: Kind = isFlagged ? .flagged : .unflagged
        note(whole)
        check("legs", "\(record.legs.count)", "\(call.legs.count)")
        note(isFlagged ? .flagged : record.hasGaps ? .gapOnly : .unflagged)
        check("talkSeconds", seconds: record.talkSeconds, call.talk)
        note(
            isFlagged ? .flagged : call.legs.contains(where: { record.wasUnheard(during: $0) }) ? .gapOnly : .unflagged)

        for visit in record.visits {
            guard let place = call.visits.first(where: { $0.queue == visit.queue }) else {
                found.append("a visit to \(visit.queue)")
                note(whole)
                continue
            }
            check("visit.joinedAt", at: visit.joinedAt, place.joined)
            check("visit.leftAt", at: visit.leftAt, place.left)
            check("visit.outcome", visit.outcome, place.outcome)
            check("visit.reason", visit.reason, place.reason)
            check("visit.waitSeconds", seconds: visit.waitSeconds, place.left.map { $0 - place.joined })
            note(visit.isFlagged ? .flagged : isFlagged ? .unflaggedPart : whole)
        }
        var rest = call.legs
        // Two legs of one agent are distinguished by when they rang: the exact ones first.
        for leg in record.legs.filter({ !$0.isFlagged }) + record.legs.filter(\.isFlagged) {
            guard
                let index = rest.indices.filter({ rest[$0].interface == leg.interface })
                    .min(by: { rest[$0].distance(to: leg.alertedAt) < rest[$1].distance(to: leg.alertedAt) })
            else {
                found.append("a leg of \(leg.interface)")
                note(whole)
                continue
            }
            let real = rest.remove(at: index)
            let kind: Kind = leg.isFlagged ? .flagged : isFlagged ? .unflaggedPart : whole
            check("leg.agent", leg.agent, real.agent)
            check("leg.alertedAt", at: leg.alertedAt, real.alerted)
            check("leg.establishedAt", at: leg.establishedAt, real.established)
            check("leg.endedAt", at: leg.endedAt, real.ended)
            check("leg.result", leg.result, real.result)
            check("leg.endedBy", leg.endedBy, real.endedBy)
            check("leg.ringSeconds", seconds: leg.ringSeconds, real.ring)
            note(kind)
            check("leg.talkSeconds", seconds: leg.talkSeconds, real.talk)
            check("leg.holdSeconds", seconds: leg.holdSeconds, real.hold)
            note(!leg.isFlagged && record.wasUnheard(during: real) ? .gapOnly : kind)
        }
        if differences.count == before { exact += 1 }
    }
}

extension ContactDocument {
    fileprivate var hasGaps: Bool { gaps?.isEmpty == false }

    /// The record says that a part of this conversation was not heard.
    fileprivate func wasUnheard(during leg: InventedCall.Leg) -> Bool {
        guard let from = leg.established, let to = leg.ended else { return false }
        return (gaps ?? []).contains { gap in
            guard let began = UnixTime(rfc3339: gap.from) else { return false }
            return began <= to && (gap.to.flatMap { UnixTime(rfc3339: $0) } ?? to) >= from
        }
    }
}

extension ContactDocument.Visit {
    fileprivate var isFlagged: Bool { flags?.isEmpty == false }
}

extension ContactDocument.Leg {
    fileprivate var isFlagged: Bool { flags?.isEmpty == false }
}

extension InventedCall {
    /// What an agent and the caller heard of each other.
    fileprivate var talk: Span { legs.reduce(Span.zero) { $0 + ($1.talk ?? .zero) } }
    fileprivate var wait: Span { visits.reduce(Span.zero) { $0 + (($1.left ?? $1.joined) - $1.joined) } }
}

extension InventedCall.Leg {
    fileprivate var talk: Span? {
        guard let established, let ended else { return nil }
        return ended - established - hold
    }
    fileprivate var ring: Span? { (established ?? ended).map { $0 - alerted } }
    fileprivate func distance(to told: String?) -> Int64 {
        told.flatMap { UnixTime(rfc3339: $0) }.map { abs((alerted - $0).microseconds) } ?? .max
    }
}
