import Core
import Journal
import Time

/// Whether an entry of a journal can have been made at the time that it has. A damaged or foreign one must not move the
/// core: each deadline up to a moment in thousands of years would be gone through, and an old segment under a newer
/// name would count what has been counted.
enum EntryTime {
    enum Fault {
        /// No clock can have shown this.
        case impossible
        /// Earlier than what was known before it: it was not written where it stands.
        case old
    }

    /// - Parameters:
    ///   - last: when the last entry before it was made; nil: nothing is known.
    ///   - isForeign: the chain is broken between that one and this segment.
    static func fault(of entry: Journal.Entry, after last: Moment?, isForeign: Bool) -> Fault? {
        guard isPossible(entry.uptime), isPossible(entry.date) else { return .impossible }
        if entry.kind == .lost {
            guard let lost = Journal.LostInterval(entry), isPossible(lost.fromUptime), isPossible(lost.fromDate),
                lost.fromUptime <= lost.toUptime
            else { return .impossible }
        }
        guard let last else { return nil }
        let clock = entry.date - last.date.microseconds
        if isForeign, clock < 0 { return .old }
        // A run that began to count knew nothing of earlier ones: the machine's clock may show anything.
        if entry.kind == Journal.Kind(Core.Input.Kind.started.rawValue) { return nil }
        let passed = entry.uptime - last.uptime.microseconds
        let setBack = ProgramLimits.clockSetBack.microseconds
        if passed < 0 {
            // The core of a checkpoint may have heard what is missing in front of the segment.
            if entry.kind == .lost { return nil }
            // A run that could not read all of the earlier one continues from an earlier moment.
            let isResumed = entry.kind == Journal.Kind(Core.Input.Kind.resumed.rawValue)
            return isResumed && !isForeign && passed >= -setBack ? nil : .old
        }
        if passed > ProgramLimits.longestSilence.microseconds { return .impossible }
        return passed > setBack && passed - clock > setBack ? .impossible : nil
    }

    /// Also of an `Int64` that a sum would overflow.
    static func isPossible(_ microseconds: Int64) -> Bool { microseconds.magnitude <= Core.Limits.number }
}

extension JournalPlayer {
    /// Entries that were left out because of their time, and the segment of the first.
    struct Refused {
        private(set) var impossible = 0
        private(set) var old = 0
        private(set) var segment: Int64?

        mutating func note(_ fault: EntryTime.Fault, in segment: Int64?) {
            if impossible + old == 0 { self.segment = segment }
            switch fault {
            case .impossible: impossible += 1
            case .old: old += 1
            }
        }
    }
}
