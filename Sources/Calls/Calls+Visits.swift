import Telephony
import Time

// How a visit to a queue ends. The switch's words are ambiguous: it reports `QueueCallerAbandon` also for
// time-outs, empty queues and withdrawals, and `QueueCallerLeave` for every exit. The rules that distinguish them
// (`domain.md` §2.6, and recordings of Asterisk 16 and 22):
//
//   the caller hung up before the Abandon              → abandoned, at that hang-up
//   the Abandon names another place in the dial plan   → taken away by management: abandoned, as in the switch's log
//     than the join
//   a Surrogate stands in the queue for the caller,    → the same, when the caller enters a bridge, or when the queue
//     who is taken to a bridge (`Bridge`)                reports the Surrogate's leaving
//   the Abandon cut a ringing phone short; time-outs,  → the same: Asterisk 16 still names the old place
//     empty queues and withdrawals wait for the end
//     of the round
//   the switch hangs up a channel that is still in     → hung up by management or a restart: abandoned, as in the log
//     `Queue()`
//   an agent connected                                 → answered, when both are in one bridge
//   an agent's phone was answered, and something is    → not decided: the queue frees the place before the member's
//     played to the agent                                gosub or AGI, and reports the connection after it
//   the dial plan reports QUEUESTATUS, the caller      → flow-out. The reason is the reported one; a key if there was
//     joins another queue, or nothing happens within     no Abandon; otherwise unknown
//     the grace
//
extension Calls {
    mutating func joined(
        _ queue: QueueName, _ id: ChannelID, _ caller: CallerID, position: Int, _ place: DialplanPosition,
        at now: Moment, isPartial: Bool
    ) {
        guard know(Channel(id: id, call: CallID(""), name: "", caller: caller), at: now), let record = channels[id],
            let key = record.contact ?? broughtThroughLocal(id) ?? beginInQueue(id, record, isPartial: isPartial)
        else { return }
        if let before = contacts[key]?.visit {
            if before.visit.queue == queue {
                // Reported twice: the same place at the same moment.
                if before.visit.joined == now { return }
                // The inventory overtook the live event of the same joining.
                if before.visit.isPartial, before.isWaiting {
                    contacts[key]?.value.visit?.noteJoining(at: now, from: place)
                    return
                }
            }
            leftForAnother(before, key, at: now)
        }
        contacts[key]?.failed = nil
        var visit = QueueVisit(
            number: nextVisit, contact: key, channel: id, queue: queue, position: position, joined: now,
            isPartial: isPartial)
        visit.isFlowIn = contacts[key]?.hasFlowedOut ?? false
        nextVisit += 1
        contacts[key]?.visit = OpenVisit(visit: visit, position: place)
        events.append(.queued(visit))
    }

    /// The same caller is in another place: the visit before is over, whatever the switch has reported.
    private mutating func leftForAnother(_ before: OpenVisit, _ key: ContactKey, at now: Moment) {
        endCancelled(key, .callerLeft)
        // Phones that rang for the place before do not ring for this one.
        endRinging(key, at: now)
        if before.isLeaving { graceEnded(key) } else { endVisit(key, .lost, at: now) }
    }

    /// Ends the phones that ring for the contact's place in a queue.
    mutating func endRinging(_ key: ContactKey, at now: Moment, lost: Bool = false) {
        for leg in contacts[key]?.legs ?? [] where leg.isRinging && leg.leg.visit != nil {
            endLeg(leg.number, of: key, at: now, lost: lost)
        }
    }

    /// The dial plan may bring a caller to a queue through a Local channel: `Dial(Local/600@…)`, and `Queue()` on
    /// the other half. The place is that caller's, who may be a customer or an agent. nil where nobody had the half
    /// dialled, or a queue did: such a half is a member's.
    private mutating func broughtThroughLocal(_ id: ChannelID) -> ContactKey? {
        guard let record = channels[id], record.snapshot.kind == .local, let brought = bringer(to: id) else {
            return nil
        }
        let key: ContactKey
        switch brought {
        case .customer(let customer): key = customer
        case .phone(let phone):
            guard let caller = channels[phone],
                let own = begin(phone, .internal, at: caller.created, isPartial: !caller.isWhole)
            else { return nil }
            key = own
        }
        addCustomerChannel(id, to: key)
        if let partner = record.partner { addCustomerChannel(partner, to: key) }
        return channels[id]?.contact
    }

    /// Begins a contact that is first heard of in a queue: we came in the middle, or the channel that waits is no
    /// customer's line.
    private mutating func beginInQueue(_ id: ChannelID, _ record: Boxed<ChannelRecord>, isPartial: Bool) -> ContactKey?
    {
        let direction: Contact.Direction =
            switch record.snapshot.kind {
            // A line that the switch called, it called for the queue.
            case .line: record.dialled == nil ? .inbound : .callback
            case .phone: .internal
            case .local: isConsultation(record) ? .internal : .callback
            }
        let key = begin(
            id, direction, number: direction == .callback ? record.snapshot.called : "", at: record.created,
            isPartial: isPartial || !record.isWhole)
        if let key, let partner = record.partner { addCustomerChannel(partner, to: key) }
        return key
    }

    /// Whether an agent asks a queue by feature code: the switch reaches it through a Local channel that belongs to
    /// the customer's call, and was not dialled. While an agent talks with the customer, nothing else makes such a
    /// channel. A member that is a Local channel, or one that the dial plan calls, is dialled.
    private func isConsultation(_ record: Boxed<ChannelRecord>) -> Bool {
        guard let half = record.partner.flatMap({ channels[$0] }), half.legs.isEmpty, half.dialled == nil else {
            return false
        }
        guard let whole = channels[ChannelID(record.snapshot.call.rawValue)]?.contact else {
            // The call's first channel is gone: a callback's Local half that was optimised away.
            return contacts.contains { _, customer in
                !customer.isInternal
                    && customer.legs.contains {
                        $0.isTalking && channels[$0.leg.channel]?.snapshot.call == record.snapshot.call
                    }
            }
        }
        guard let customer = contacts[whole] else { return false }
        return !customer.isInternal && customer.hasTalkingLeg
    }

    // MARK: leaving

    /// How the switch names the channel that it leaves in the place of one that is taken away.
    private static let surrogate = "Surrogate/"

    /// A channel `Surrogate/…` was created. `Bridge`, as an action or as an application, takes a channel out of the
    /// application that it is in and leaves a Surrogate there: of a caller who waits in a queue, the queue speaks under
    /// the Surrogate's Uniqueid from then on. Its Linkedid is the caller's.
    mutating func noteSurrogate(_ id: ChannelID) {
        guard let surrogate = channels[id]?.snapshot, surrogate.name.hasPrefix(Self.surrogate),
            let key = channels[ChannelID(surrogate.call.rawValue)]?.contact, let visit = contacts[key]?.visit,
            visit.isWaiting, let taken = channels[visit.visit.channel]?.snapshot.name,
            taken.isEmpty || surrogate.name.dropFirst(Self.surrogate.utf8.count) == taken
        else { return }
        contacts[key]?.value.visit?.surrogate = id
        channels[id]?.standsFor = key
    }

    /// The queue reports that this channel has left it. True if it was a Surrogate: its caller had been taken away.
    private mutating func takenAway(_ queue: QueueName, _ id: ChannelID, at now: Moment) -> Bool {
        guard let key = channels[id]?.standsFor else { return false }
        if contacts[key]?.visit?.visit.queue == queue { takenAway(key, by: id, at: now) }
        return true
    }

    /// Ends the visit of a caller for whom this Surrogate stands in the queue.
    mutating func takenAway(_ key: ContactKey, by surrogate: ChannelID, at now: Moment) {
        guard let visit = contacts[key]?.visit, visit.isWaiting, visit.surrogate == surrogate,
            isKnown(surrogate)
        else { return }
        endVisit(key, .abandoned, at: now)
        let rings = (contacts[key]?.legs ?? []).filter { $0.isRinging && $0.leg.visit == visit.visit.number }
        for ring in rings {
            if let place = leg(ring.number, of: key) { endAlerting(place, .callerLeft, at: now) }
        }
    }

    mutating func left(_ queue: QueueName, _ id: ChannelID, at now: Moment) {
        if takenAway(queue, id, at: now) { return }
        guard let key = channels[id]?.contact, let visit = contacts[key]?.visit, visit.visit.queue == queue,
            visit.isWaiting
        else { return }
        leave(key, at: now, abandonSeen: false)
    }

    mutating func abandoned(_ queue: QueueName, _ id: ChannelID, _ position: DialplanPosition, at now: Moment) {
        if takenAway(queue, id, at: now) { return }
        guard let record = channels[id], let key = record.contact, let visit = contacts[key]?.visit,
            visit.visit.queue == queue,
            visit.isWaiting
        else { return }
        if let hangup = record.peerHangup {
            // Of a caller behind a Local channel, it is reported later than of the caller's own line.
            let own = contacts[key].flatMap { channels[$0.customerChannel]?.peerHangup }
            endVisit(key, .abandoned, at: own.map { $0.uptime < hangup.uptime ? $0 : hangup } ?? hangup)
        } else if record.switchHangup || visit.ringCancelled.map({ now - $0 <= Self.grace }) == true
            || visit.isElsewhere(position)
        {
            endVisit(key, .abandoned, at: now)
        } else {
            leave(key, at: now, abandonSeen: true)
        }
    }

    private mutating func leave(_ key: ContactKey, at now: Moment, abandonSeen: Bool) {
        guard let visit = contacts[key]?.visit?.visit else { return }
        // How it left may be decided only when the lists are complete.
        if isFromBeforeGap(visit) { contacts[key]?.value.visit?.visit.isEstimated = true }
        contacts[key]?.value.visit?.phase = .leaving(since: now, abandonSeen: abandonSeen)
        awaitGrace(key, visit.number, at: now)
    }

    private mutating func awaitGrace(_ key: ContactKey, _ visit: UInt64, at now: Moment) {
        graces.append(Grace(contact: key, visit: visit), due: heardAt + Self.grace, byEvent: now.uptime + Self.grace)
    }

    mutating func hangupRequestedWhileLeaving(_ key: ContactKey, _ position: DialplanPosition) {
        guard let visit = contacts[key]?.visit, case .leaving(let since, _) = visit.phase else { return }
        // The queue goes on connecting, and its log says so; a channel that ends before then was abandoned.
        if contacts[key]?.isAnswerPending == true { return }
        if visit.position == position {
            endVisit(key, .abandoned, at: since)
        } else {
            graceEnded(key)
        }
    }

    mutating func queueStatus(_ id: ChannelID, _ reported: QueueName?, _ status: QueueStatus, at now: Moment) {
        // A dial plan cannot name the queue that refused the caller: its variable is set at joining only.
        let queue = reported ?? (status.isRefusal ? channels[id]?.triedQueue : nil)
        let visit = channels[id]?.contact.flatMap { contacts[$0]?.visit }
        if let visit, case .leaving(let since, _) = visit.phase, queue == nil || queue == visit.visit.queue,
            !status.isRefusal
        {
            let reason: QueueVisit.FlowOut? =
                switch status {
                case .timeout: .timeout
                case .leaveEmpty, .leaveUnavailable: .empty
                case .withdrawn: .withdrawn
                case .full, .joinEmpty, .joinUnavailable, .continued: nil
                }
            if let reason { endVisit(visit.visit.contact, .flowOut(reason), at: since) }
            return
        }
        // It concerns another queue, or a refusal: the visit that was leaving is over.
        if let visit {
            guard visit.isLeaving else { return }
            graceEnded(visit.visit.contact)
        }
        switch status {
        case .full: events.append(.refused(queue, .full))
        case .joinEmpty, .joinUnavailable: events.append(.refused(queue, .empty))
        case .timeout, .leaveEmpty, .leaveUnavailable, .withdrawn, .continued: break
        }
    }

    // MARK: the grace

    /// The grace of a visit is over, and nothing has said how it ended.
    mutating func decide(_ grace: Grace) {
        guard let record = contacts[grace.contact], record.visit?.visit.number == grace.visit, !record.isAnswerPending
        else { return }
        graceEnded(grace.contact)
    }

    /// An answered phone came to nothing: the visit has a grace again.
    mutating func answerFailed(_ key: ContactKey, at now: Moment) {
        guard let visit = contacts[key]?.visit, visit.isLeaving else { return }
        awaitGrace(key, visit.visit.number, at: now)
    }

    mutating func graceEnded(_ key: ContactKey) {
        guard case .leaving(let since, let abandonSeen)? = contacts[key]?.visit?.phase else { return }
        endVisit(key, .flowOut(abandonSeen ? .unknown : .key), at: since)
    }

    // MARK: the end

    /// The customer's channel is gone: whatever is still undecided about the visit is decided now.
    mutating func customerEnded(_ key: ContactKey, at now: Moment) {
        guard let record = contacts[key], let visit = record.visit else { return }
        // An inherited place was joined by another's channel.
        let isOwn = record.customerChannels.contains(visit.visit.channel)
        let channel = channels[isOwn ? visit.visit.channel : record.customerChannel]
        switch visit.phase {
        case .waiting:
            // Nothing says that the caller still waited: an answer may have been missed in the gap.
            let isUnsure = isFromBeforeGap(visit.visit)
            // Of a callback, the customer's line may be gone before the Local half that waits for it.
            if let hangup = channel?.peerHangup ?? channels[record.customerChannel]?.peerHangup {
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

    /// The agent's part of a visit is over. If we believed that the caller waits, the answer was missed in a gap,
    /// and nobody knows when it was.
    mutating func completed(_ queue: QueueName, _ id: ChannelID?, _ agent: AgentRef, at now: Moment) {
        guard linkLostAt != nil, let key = id.flatMap({ channels[$0]?.contact }), let visit = contacts[key]?.visit,
            visit.visit.queue == queue, visit.isWaiting
        else { return }
        if let leg = contacts[key]?.legs.first(where: { $0.isRinging && $0.rungInterface == agent.interface }) {
            establish(leg.number, of: key, at: now)
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
