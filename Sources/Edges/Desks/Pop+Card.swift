import Core
import ACD
import Calls
import Contacts
import Directory
import ScreenPop
import Telephony
import Time

// How a contact record becomes the card on an agent's desk.

extension Pop {
    /// `moved`: how many revisions more than the core knows the desks have seen.
    init(_ card: Screens.Card, moved: Int = 0, at now: Moment) {
        let change = card.change
        let record = change.record
        self.init(
            type: .update, popId: card.id, contactId: record.id.rawValue, revision: card.revision + moved,
            at: "\(now.date)",
            switch: record.switch.rawValue,
            queue: change.leg.queue?.rawValue, called: record.called.isEmpty ? nil : record.called,
            caller: Caller(record),
            queuedAt: change.visit.map { "\($0.joined.date)" },
            waitSeconds: change.visit.map { $0.wait(until: now).seconds },
            match: Match(record.match),
            history: change.history.prefix(5).map(PastContact.init))
        switch change.kind {
        case .preview: type = .preview
        case .open: type = .open
        case .update: type = .update
        case .cancelled(let end):
            type = .cancelled
            reason = EndReason(end)
        case .closed(let lost):
            type = .closed
            reason = lost ? .lost : .ended
            // As in the contact record: a length whose beginning or end nobody saw would look exact.
            guard change.leg.isMeasured else { return }
            talkSeconds = change.leg.talk?.seconds
            holdSeconds = change.leg.hold.seconds
        }
    }
}

extension Pop.Caller {
    init(_ record: ContactRecord) {
        let name = record.caller.shownName.map { printable($0) }
        switch record.number {
        case .number(let e164, let kind, let display):
            self.init(presentation: .available, number: e164, display: display, kind: kind, name: name)
        case .extension(let digits): self.init(presentation: .available, display: digits, kind: "extension", name: name)
        case .short(let digits): self.init(presentation: .available, display: digits, kind: "short", name: name)
        case .withheld: self.init(presentation: .withheld)
        case .unavailable where record.match == .pending || record.match == .notAvailable:
            // Not read yet: what the network sent is better than nothing.
            let raw = printable(record.caller.number)
            self.init(
                presentation: raw.isEmpty ? .unavailable : .available, display: raw.isEmpty ? nil : raw, name: name)
        case .unavailable: self.init(presentation: .unavailable, name: name)
        case .invalid:
            self.init(presentation: .available, display: printable(record.caller.number), kind: "invalid", name: name)
        }
    }
}

extension Pop.Match {
    init(_ match: DirectoryMatch) {
        switch match {
        case .pending: self.init(result: .pending)
        case .one(let party): self.init(result: .one, parties: [Pop.Party(party)])
        case .several(let parties): self.init(result: .several, parties: parties.map(Pop.Party.init))
        case .shared(let parties): self.init(result: .shared, parties: parties.map(Pop.Party.init))
        case .none: self.init(result: .none)
        case .withheld: self.init(result: .withheld)
        case .notAvailable: self.init(result: .notAvailable)
        }
    }
}

extension Pop.Party {
    init(_ party: Party) {
        self.init(
            key: party.key, kind: party.kind == .company ? .company : .person, name: party.name, town: party.town,
            language: party.language,
            note: party.note)
    }
}

extension Pop.PastContact {
    init(_ past: PastContact) {
        self.init(at: "\(past.at)", queue: past.queue, agent: past.agent, outcome: past.outcome)
    }
}

extension WrapUp {
    init(_ work: AfterCallWork, on switch: SwitchID, at now: Moment) {
        self.init(
            type: .running, at: "\(now.date)", switch: `switch`.rawValue, since: "\(work.began.date)",
            until: "\(work.ends.date)")
    }
}

extension Pop.EndReason {
    init(_ end: CallEvent.AlertingEnd) {
        self =
            switch end {
            case .noAnswer: .noAnswer
            case .busy: .busy
            case .answeredElsewhere, .forwarded: .answeredElsewhere
            case .callerLeft: .callerLeft
            case .dumped: .noAnswer
            case .lost: .lost
            }
    }
}
