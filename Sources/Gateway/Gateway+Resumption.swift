import Contacts
import Directory
import Switches
import Telephony
import Time

// Coming back. Between the last thing that an earlier run heard and now the switches were not heard: a gap, as if every link had been lost at that
// moment and were found again. What lives on, the inventory tells.
extension Gateway {
    /// Whether anything is known.
    public var hasStarted: Bool { startedAt != nil }
    /// Contacts that have not ended.
    public var openContacts: Int { rooms.reduce(0) { $0 + $1.contacts.openCount } }

    /// Makes this gateway, which a journal was played into, go on as `fresh` would have begun: the input that says so, to be handled first.
    ///
    /// A journal has only what figures depend on (``CoreConfiguration``). All else that a gateway is given comes from `fresh`: its configuration
    /// and seed with the input, its pages here.
    public mutating func resumption(as fresh: Gateway) -> Input {
        pages = fresh.pages
        return .resumed(fresh.configuration, seed: fresh.seed)
    }

    /// The end of what was known: links are gone since the last thing that happened. Before any deadline after it, since nobody was there to keep one.
    mutating func adopt(_ configuration: Configuration, seed: UInt64, _ effects: inout [Effect]) {
        // That an earlier run was told to stop is over.
        isStopping = true
        let last = coreMoment
        for index in rooms.indices {
            withLink(index, at: last, &effects) { $0.interrupted(at: last, into: &$1) }
            rooms[index].connection = nil
            save(rooms[index].openGap(at: last.date, cause: .notRunning), index, &effects)
        }
        roomOfConnection = [:]
        isStopping = false
        let state = coreState
        self = Gateway(configuration: configuration, pages: pages, digests: digests, seed: seed)
        for name in restore(state) {
            effects.append(
                .log(LogLine(.warning, name.rawValue, "Is no longer configured: what is open there, and its figures, are let go.")))
        }
    }

    mutating func resume(at now: Moment, _ effects: inout [Effect]) {
        wallboards.start(at: now)
        listen(at: now, &effects)
        for index in rooms.indices {
            if rooms[index].stateSince.microseconds == 0 { rooms[index].stateSince = now.date }
            begin(index, at: now, &effects)
            // Who calls us is not waited for.
            if case .webhook = rooms[index].border { save(rooms[index].closeGap(at: now.date), index, &effects) }
        }
        askAgain(&effects)
    }

    /// The answers to questions that were under way are lost.
    private mutating func askAgain(_ effects: inout [Effect]) {
        for lookup in openLookups.sorted(by: { $0.number < $1.number }) where lastLookup[lookup.contact] == lookup.number {
            guard let room = rooms.first(where: { $0.name == lookup.switch }),
                let record = room.contacts.openRecords.first(where: { $0.id == lookup.contact })
            else { continue }
            // Of who does not want to be known nothing was kept; the answer says so again.
            effects.append(.lookUp(lookup, record.number == .withheld ? CallerID(number: "anonymous", name: "") : record.caller))
        }
    }
}
