import Telephony
import Time

// How a visit ends. The switch's words are ambiguous: `QueueCallerAbandon` also tells of time-outs, empty queues and withdrawals, `QueueCallerLeave`
// of every exit. What tells them apart (`domain.md` §2.6, and recordings of Asterisk 16 and 22):
//
//   the caller's own hang-up before the Abandon                → abandoned, ended at that hang-up
//   the Abandon stands elsewhere in the dial plan than the join → taken away by management: abandoned, as the switch's own log has it
//   the Abandon cut a ringing phone short; time-outs, empty    → likewise: 16 still tells the old place
//     queues and withdrawals wait for the end of the round
//   the switch hangs up a channel that is still in `Queue()`    → hung up by management or a restart: abandoned, likewise
//   an agent connected                                          → answered, ended when both are in one bridge
//   an agent's phone was answered, and something is played to   → not decided: the queue gives the place free before the member's gosub or AGI, and
//     the agent                                                   tells of the connecting after it
//   the dial plan tells QUEUESTATUS, joins another queue, or    → flow-out: by reason if told; by key if there was no Abandon;
//   nothing happens within the grace                              else it is not known which
//
extension Calls {
    mutating func joined(
        _ queue: QueueName, _ id: ChannelID, _ caller: CallerID, position: Int, _ place: DialplanPosition, at now: Moment, isPartial: Bool
    ) {
        guard know(Channel(id: id, call: CallID(""), name: "", caller: caller), at: now), let record = channels[id],
            let key = record.contact ?? broughtThroughLocal(id)
                ?? beginInQueue(id, record, isPartial: isPartial)
        else { return }
        if let before = contacts[key]?.visit {
            // Told twice: the same place at the same moment.
            if before.visit.queue == queue, before.visit.joined == now { return }
            if before.visit.queue == queue, before.visit.isPartial, case .waiting = before.phase {
                // The inventory overtook the live event of the same joining.
                contacts[key]?.visit?.visit.joined = now
                contacts[key]?.visit?.visit.isPartial = false
                contacts[key]?.visit?.position = place
                return
            }
            endCancelled(key, .callerLeft)
            // Phones that rang for the place before ring for this one no more.
            for leg in contacts[key]?.legs ?? [] where leg.leg.established == nil && leg.leg.visit != nil {
                endLeg(leg.leg.number, of: key, at: now)
            }
            // The same channel in another place: it left the place before, whatever we were told.
            if case .leaving = before.phase { graceEnded(key) } else { endVisit(key, .lost, at: now) }
        }
        contacts[key]?.failed = nil
        var visit = QueueVisit(
            number: nextVisit, contact: key, channel: id, queue: queue, position: position, joined: now, isPartial: isPartial)
        visit.isFlowIn = contacts[key]?.hasFlowedOut ?? false
        nextVisit += 1
        contacts[key]?.visit = VisitInProgress(visit: visit, position: place)
        events.append(.queued(visit))
    }

    /// The dial plan may bring a caller to a queue through a Local channel: `Dial(Local/600@…)`, and `Queue()` on the other half. The place is that
    /// caller's, who may be a customer or an agent. nil where nobody had the half dialled, or a queue did: such a half is a member's.
    private mutating func broughtThroughLocal(_ id: ChannelID) -> ContactKey? {
        guard let record = channels[id], record.snapshot.kind == .local, let brought = bringer(to: id) else { return nil }
        let key: ContactKey
        switch brought {
        case .customer(let customer): key = customer
        case .phone(let phone):
            guard
                let own = begin(
                    phone, .internal, at: channels[phone]!.created, isPartial: channels[phone]?.isWhole != true)
            else { return nil }
            key = own
        }
        addSide(id, to: key)
        if let partner = record.partner { addSide(partner, to: key) }
        return channels[id]?.contact
    }

    /// A contact that is first heard of in a queue: we came in the middle, or it is no customer's line that waits.
    private mutating func beginInQueue(_ id: ChannelID, _ record: ChannelRecord, isPartial: Bool)
        -> ContactKey?
    {
        let direction: Contact.Direction =
            switch record.snapshot.kind {
            // Whom the switch called, it called for the queue.
            case .line: record.dialled == nil ? .inbound : .callback
            case .phone: .internal
            case .local: isConsultation(record) ? .internal : .callback
            }
        let key = begin(
            id, direction, number: direction == .callback ? record.snapshot.called : "", at: record.created,
            isPartial: isPartial || !record.isWhole)
        if let key, let partner = record.partner { addSide(partner, to: key) }
        return key
    }

    /// By feature code, the switch reaches whom an agent asks through a Local channel: of the customer's call, and dialled for nobody. While an agent talks with
    /// the customer, nothing but that makes one; a member that is a Local channel, or one that the dial plan calls, is dialled.
    private func isConsultation(_ record: ChannelRecord) -> Bool {
        guard let half = record.partner.flatMap({ channels[$0] }), half.legs.isEmpty, half.dialled == nil else { return false }
        guard let whole = channels[ChannelID(record.snapshot.call.rawValue)]?.contact else {
            // The call's first channel is gone: a callback's Local half that was optimised away.
            return contacts.values.contains { customer in
                customer.contact.direction != .internal
                    && customer.legs.contains { $0.isTalking && channels[$0.leg.channel]?.snapshot.call == record.snapshot.call }
            }
        }
        guard let customer = contacts[whole], customer.contact.direction != .internal else { return false }
        return customer.legs.contains(where: \.isTalking)
    }

    mutating func left(_ queue: QueueName, _ id: ChannelID, at now: Moment) {
        guard let key = channels[id]?.contact, let visit = contacts[key]?.visit, visit.visit.queue == queue, case .waiting = visit.phase
        else { return }
        leave(key, at: now, abandonSeen: false)
    }

    mutating func abandoned(
        _ queue: QueueName, _ id: ChannelID, _ position: DialplanPosition, at now: Moment
    ) {
        guard let record = channels[id], let key = record.contact, let visit = contacts[key]?.visit, visit.visit.queue == queue,
            case .waiting = visit.phase
        else { return }
        if let hangup = record.peerHangup {
            // Through a Local channel, it is told later than of the caller's own line.
            let own = contacts[key].flatMap { channels[$0.anchor]?.peerHangup }
            endVisit(key, .abandoned, at: own.map { $0.uptime < hangup.uptime ? $0 : hangup } ?? hangup)
        } else if record.switchHangup || visit.cutShort.map({ now - $0 <= Self.grace }) == true || visit.isElsewhere(position) {
            endVisit(key, .abandoned, at: now)
        } else {
            leave(key, at: now, abandonSeen: true)
        }
    }

    private mutating func leave(_ key: ContactKey, at now: Moment, abandonSeen: Bool) {
        guard let number = contacts[key]?.visit?.visit.number else { return }
        // How it left may be decided when the lists are complete.
        if let visit = contacts[key]?.visit?.visit, isFromBeforeGap(visit) { contacts[key]?.visit?.visit.isEstimated = true }
        contacts[key]?.visit?.phase = .leaving(since: now, abandonSeen: abandonSeen)
        graces.append(Grace(contact: key, visit: number), due: heardAt + Self.grace, byEvent: now.uptime + Self.grace)
    }

    mutating func hangupRequestedWhileLeaving(_ key: ContactKey, _ position: DialplanPosition) {
        guard let visit = contacts[key]?.visit, case .leaving(let since, _) = visit.phase else { return }
        // The queue goes on connecting, and its log says so; a channel that ends before was abandoned.
        if isAnswerPending(key) { return }
        if visit.position == position {
            endVisit(key, .abandoned, at: since)
        } else {
            graceEnded(key)
        }
    }

    mutating func queueStatus(_ id: ChannelID, _ named: QueueName?, _ status: QueueStatus, at now: Moment) {
        // A dial plan cannot name the queue that refused the caller: its variable is set at joining only.
        let queue = named ?? (status.isRefusal ? channels[id]?.triedQueue : nil)
        let visit = channels[id]?.contact.flatMap { contacts[$0]?.visit }
        if let visit, case .leaving(let since, _) = visit.phase, queue == nil || queue == visit.visit.queue, !status.isRefusal {
            let reason: QueueVisit.FlowOut? =
                switch status {
                case .timeout: .timeout
                case .leaveEmpty, .leaveUnavailable: .empty
                case .withdrawn: .withdrawn
                case .full, .joinEmpty, .joinUnavailable, .continued: nil
                }
            if let reason { endVisit(visit.visit.contact, .flowOut(reason), at: since) }
        } else {
            // About another queue, or a door that was shut: what was left is left.
            if let visit, case .leaving = visit.phase { graceEnded(visit.visit.contact) } else if visit != nil { return }
            switch status {
            case .full: events.append(.refused(queue, .full))
            case .joinEmpty, .joinUnavailable: events.append(.refused(queue, .empty))
            case .timeout, .leaveEmpty, .leaveUnavailable, .withdrawn, .continued: break
            }
        }
    }

    mutating func decided(_ grace: Grace) {
        guard contacts[grace.contact]?.visit?.visit.number == grace.visit, !isAnswerPending(grace.contact) else { return }
        graceEnded(grace.contact)
    }

    /// A phone that rang for the visit was answered, and the voices are still to be joined: a gosub or an AGI of the member's plays something first,
    /// for as long as it likes.
    private func isAnswerPending(_ key: ContactKey) -> Bool {
        guard let record = contacts[key], let visit = record.visit?.visit.number else { return false }
        return record.legs.contains { $0.isAnswered && $0.leg.established == nil && $0.leg.visit == visit }
    }

    /// The answered phone came to nothing: what was waited for is waited for no more.
    mutating func answerFailed(_ key: ContactKey, at now: Moment) {
        guard let visit = contacts[key]?.visit, case .leaving = visit.phase else { return }
        graces.append(Grace(contact: key, visit: visit.visit.number), due: heardAt + Self.grace, byEvent: now.uptime + Self.grace)
    }

    /// The link broke while the answer was pending: what came of it the inventory tells.
    mutating func awaitInventory(_ key: ContactKey) {
        guard isAnswerPending(key), case .leaving? = contacts[key]?.visit?.phase else { return }
        contacts[key]?.visit?.phase = .waiting
    }

    mutating func graceEnded(_ key: ContactKey) {
        guard case .leaving(let since, let abandonSeen)? = contacts[key]?.visit?.phase else { return }
        endVisit(key, .flowOut(abandonSeen ? .unknown : .key), at: since)
    }

    /// The customer's channel is gone: whatever is still open about the visit is decided now.
    mutating func customerEnded(_ key: ContactKey, at now: Moment) {
        guard let record = contacts[key], let visit = record.visit else { return }
        // An inherited place was joined by another's channel.
        let channel = record.sides.contains(visit.visit.channel) ? channels[visit.visit.channel] : channels[record.anchor]
        switch visit.phase {
        case .waiting:
            // Nobody told that the caller still waits: an answer may have been missed with what the gap took.
            let isUnsure = isFromBeforeGap(visit.visit)
            // Of a callback, the customer's line may be gone before the Local half that waits for it.
            if let hangup = channel?.peerHangup ?? channels[record.anchor]?.peerHangup {
                endVisit(key, .abandoned, at: hangup, isEstimated: isUnsure)
            } else {
                endVisit(key, channel?.switchHangup == true ? .abandoned : .lost, at: now, isEstimated: isUnsure)
            }
        case .connecting(let connected): establishUnbridged(key, at: connected)
        case .leaving(let since, let abandonSeen):
            if !abandonSeen, channel?.peerHangup != nil {
                endVisit(key, .abandoned, at: since)
            } else {
                graceEnded(key)
            }
        }
    }

    /// The agent's part of a visit is over. If the visit was believed to wait, its answer was missed in a gap: when it was, nobody knows.
    mutating func completed(_ queue: QueueName, _ id: ChannelID?, _ agent: AgentRef, at now: Moment) {
        guard linkLostAt != nil, let key = id.flatMap({ channels[$0]?.contact }), let visit = contacts[key]?.visit,
            visit.visit.queue == queue, case .waiting = visit.phase
        else { return }
        if let leg = contacts[key]?.legs.first(where: {
            ($0.seat ?? $0.leg.agent).interface == agent.interface && $0.leg.established == nil
        }) {
            establish(leg.leg.number, of: key, at: now)
        } else {
            // Answered on a telephone that we did not see ring.
            endVisit(key, .lost, at: now, isEstimated: true)
        }
    }

    mutating func endVisit(
        _ key: ContactKey, _ outcome: QueueVisit.Outcome, at moment: Moment, isEstimated: Bool = false
    ) {
        guard var visit = contacts[key]?.visit?.visit else { return }
        contacts[key]?.visit = nil
        endCancelled(key, .callerLeft)
        if case .flowOut = outcome { contacts[key]?.hasFlowedOut = true }
        visit.ended = moment
        visit.isEstimated = visit.isEstimated || isEstimated || isFromBeforeGap(visit)
        if visit.isEstimated { contacts[key]?.isEstimated = true }
        events.append(.visitEnded(visit, outcome))
    }
}
