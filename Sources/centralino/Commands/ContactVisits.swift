import Reconciliation
import Records
import Telephony
import Time

/// Queue visits out of a contact record.
///
/// In older records visits and legs do not name each other. Then the contact's channel is the visit's, and the
/// conversation of a visit is that of the leg which began when the wait ended.
extension ContactDocument {
    /// nil where a time or an outcome cannot be read.
    var ourVisits: [OurVisit]? {
        var ours: [OurVisit] = []
        for (index, visit) in visits.enumerated() {
            guard let joined = UnixTime(rfc3339: visit.joinedAt), let outcome = Self.outcome(visit) else { return nil }
            var our = OurVisit(
                contact: id, number: visit.number ?? UInt64(index + 1), call: ChannelID(visit.channel ?? channel),
                customer: ChannelID(channel), queue: QueueName(visit.queue), joined: joined, outcome: outcome)
            our.left = time(visit.leftAt)
            our.wait = span(visit.waitSeconds)
            our.contactEnded = time(endedAt)
            our.isEndedBySystem = endedBy == "system"
            our.isCallback = direction == "callback"
            our.isInternal = direction == "internal"
            our.isConferenced = !(conferencedWith ?? []).isEmpty
            let leg = outcome == .answered ? leg(of: visit, leaving: our.left) : nil
            // The record's own flags cover all of its parts, and say nothing about this visit; only a clock is set for
            // the whole call.
            let own = visit.flags ?? flags
            // The wait may count from the creation of the channel; in any case it does not begin at an instant that was
            // seen.
            if own.contains("partial") { our.wait = nil }
            let doubts = Set(own + (leg.map { legs[$0].flags ?? flags } ?? []))
            if doubts.contains("partial") { our.doubts.insert(.partial) }
            if doubts.contains("lost") || doubts.contains("estimated") { our.doubts.insert(.lost) }
            if doubts.contains("clockStep") || flags.contains("clockStep") { our.doubts.insert(.clockStep) }
            if let leg {
                let conversation = legs[leg]
                our.agent = conversation.agent
                our.interface = conversation.member ?? conversation.interface
                our.isPickedUp = conversation.via == "pickup"
                our.isHandedOver = conversation.endedBy == "transfer"
                our.isHungUpByAgent = conversation.endedBy == "agent" && !conversation.interface.hasPrefix("Local/")
                our.talkEnded = time(conversation.endedAt)
                our.othersTransfers = legs.enumerated().filter { $0.offset != leg && $0.element.endedBy == "transfer" }
                    .compactMap { time($0.element.endedAt) }
                our.talk = span(conversation.talkSeconds).map { $0 + (span(conversation.holdSeconds) ?? .zero) }
            }
            if let end = our.talkEnded {
                our.parked = parked.min { abs(($0 - end).microseconds) < abs(($1 - end).microseconds) }
                our.isSharedAtEnd = legs.enumerated().contains { other in
                    guard other.offset != leg, let met = time(other.element.establishedAt),
                        let parted = time(other.element.endedAt)
                    else {
                        return false
                    }
                    return met < end && abs((parted - end).microseconds) <= Self.instant.microseconds
                }
                our.laterEnds = legs.enumerated().filter { $0.offset != leg }.compactMap { time($0.element.endedAt) }
                    .filter { $0 > end }
            }
            our.rangLater = (our.talkEnded ?? our.left).flatMap { rang(after: $0) }
            our.continued = (our.talkEnded ?? our.left).flatMap { continued(after: $0, visit: index, leg: leg) }
            ours.append(our)
        }
        return ours
    }

    /// The leg that answered this visit: the one that says so, or in older records the one of this queue that was
    /// established when the wait ended.
    private func leg(of visit: Visit, leaving left: UnixTime?) -> Int? {
        let established = legs.indices.filter { legs[$0].establishedAt != nil }
        if let number = visit.number, let own = established.first(where: { legs[$0].visit == number }) { return own }
        guard let left else { return nil }
        let distances = established.filter { legs[$0].visit == nil && legs[$0].queue == visit.queue }.compactMap {
            index in
            time(legs[index].establishedAt).map { (index: index, distance: abs(($0 - left).microseconds)) }
        }
        return distances.min { $0.distance < $1.distance }.flatMap {
            $0.distance <= Span.seconds(1).microseconds ? $0.index : nil
        }
    }

    /// The first thing that the record reports about the caller from then on. Times are written in milliseconds.
    private func continued(after end: UnixTime, visit: Int, leg: Int?) -> UnixTime? {
        let visits = visits.enumerated().filter { $0.offset != visit }.compactMap { time($0.element.joinedAt) }
        let legs = legs.enumerated().filter { $0.offset != leg }.compactMap { time($0.element.establishedAt) }
        // The switch reports the parking before the voices part.
        let parks = parked.filter { $0 + Reconciliation.tolerance >= end }.map { max($0, end) }
        return (visits + legs + parks).filter { $0 >= end }.min()
    }

    /// The first ring of a phone that no queue rang, and that was not answered.
    private func rang(after end: UnixTime) -> UnixTime? {
        let rings = legs.filter { $0.establishedAt == nil && $0.queue == nil && $0.visit == nil }
        return rings.compactMap { time($0.alertedAt) }.filter { $0 >= end }.min()
    }

    /// All voices of one hang-up part within it.
    private static let instant = Span.milliseconds(50)

    private var parked: [UnixTime] { (parks ?? []).compactMap { time($0.from) } }

    private func time(_ text: String?) -> UnixTime? { text.flatMap { UnixTime(rfc3339: $0) } }

    private func span(_ seconds: Double?) -> Span? {
        guard let seconds, abs(seconds) < ProgramLimits.shownSeconds else { return nil }
        return Span(microseconds: Int64((seconds * 1_000_000).rounded()))
    }

    private static func outcome(_ visit: Visit) -> OurVisit.Outcome? {
        switch visit.outcome {
        case "waiting": .waiting
        case "answered": .answered
        case "abandoned": .abandoned
        case "flowOut": .flowOut(visit.reason.flatMap { QueueVisit.FlowOut(rawValue: $0) } ?? .unknown)
        case "lost": .lost
        default: nil
        }
    }
}
