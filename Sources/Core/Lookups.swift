import Telephony
import Time

/// A question to the registry.
public struct LookupID: Hashable, Codable, Sendable {
    public let `switch`: SwitchID
    public let contact: ContactID
    /// Counts the questions: only the answer to the last one about a contact is taken.
    public let number: UInt64

    public init(switch: SwitchID, contact: ContactID, number: UInt64) {
        self.switch = `switch`
        self.contact = contact
        self.number = number
    }
}

/// Which callers are being looked up, and how long their answers are waited for.
struct Lookups: Codable, Equatable, Sendable {
    private var deadlines = Deadlines<LookupID>()
    /// The last question about each contact, until it is answered; its answer may come after the deadline, too.
    private var last: [ContactID: UInt64] = [:]
    private(set) var open: Set<LookupID> = []
    private var nextNumber: UInt64 = 1

    var nextDeadline: Span? { deadlines.next }

    /// nil if too many look-ups are under way to ask for another.
    mutating func ask(about contact: ContactID, on switch: SwitchID, at now: Moment) -> LookupID? {
        guard open.count < Core.Limits.lookups else { return nil }
        let lookup = LookupID(switch: `switch`, contact: contact, number: nextNumber)
        nextNumber += 1
        last[contact] = lookup.number
        open.insert(lookup)
        deadlines.append(lookup, due: now.uptime + Core.Limits.lookup)
        return lookup
    }

    func isLast(_ lookup: LookupID) -> Bool { last[lookup.contact] == lookup.number }

    mutating func answered(_ lookup: LookupID) {
        open.remove(lookup)
        if isLast(lookup) { last[lookup.contact] = nil }
    }

    /// The contact has ended: no answer about it matters.
    mutating func forget(_ contact: ContactID) { last[contact] = nil }

    /// The next look-up that was not answered in time; call until nil.
    mutating func takeLate(at now: Moment) -> LookupID? {
        while let lookup = deadlines.take(at: now.uptime) { if open.remove(lookup) != nil { return lookup } }
        return nil
    }

    /// The questions that still matter, in the order in which they were asked.
    var unanswered: [LookupID] { open.filter(isLast).sorted { $0.number < $1.number } }
}
