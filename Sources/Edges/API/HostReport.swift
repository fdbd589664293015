import Core
import Telephony
import Time

/// What only the host can measure, told once a second: an input like any other, of which no record and no figure is a
/// function.
public struct HostReport: Equatable, Sendable {
    public struct Journal: Equatable, Sendable {
        /// From the first entry of the last commit to its being on the disk; nil before the first.
        public var lastCommit: Span?
        /// For how long the oldest entry has waited that is not on the disk; nil where none waits.
        public var uncommitted: Span?
        /// What could not be written, since the start.
        public var lostEntries: Int
        public var lostBytes: Int
        public var lostIntervals: Int
        /// What comes now is not kept.
        public var isLosing: Bool
        /// When entries were lost, the newest only; of one that lasts, so far.
        public var lost: [Range<UnixTime>]
        /// Segments and checkpoints that were deleted, moved or replaced while we ran; and what to say of the last.
        public var goneFiles = 0
        public var fault: String?

        public init(
            lastCommit: Span?, uncommitted: Span?, lostEntries: Int, lostBytes: Int, lostIntervals: Int, isLosing: Bool,
            lost: [Range<UnixTime>] = []
        ) {
            self.lastCommit = lastCommit
            self.uncommitted = uncommitted
            self.lostEntries = lostEntries
            self.lostBytes = lostBytes
            self.lostIntervals = lostIntervals
            self.isLosing = isLosing
            self.lost = lost
        }
    }

    /// Of the program; nil: not told.
    public var version: String?
    /// By how much the one-second timer was late: for so long everything else waited, too.
    public var loopLag = Span.zero
    /// The most in the last minute.
    public var loopLagPeak = Span.zero
    /// The longest turn of the loop since the report before, and the longest of the last minute: what one client, or
    /// one switch, made others wait.
    public var loopTurn = Span.zero
    public var loopTurnPeak = Span.zero
    /// Clients that were not let in for want of file descriptors.
    public var connectionsRefused = 0
    /// Written to connections and not taken by their peers, of all together and of the one that is furthest behind.
    public var unsentBytes = 0
    public var unsentBytesLargest = 0
    /// nil where none is kept.
    public var journal: Journal?
    /// Contact records that are not in the store yet.
    public var unsavedRecords = 0
    /// Why the store refuses what is to be stored; nil while it does not.
    public var storeFault: String?
    /// Contact records that wait to be delivered to other systems.
    public var deliveriesWaiting = 0
    /// nil where the system does not tell.
    public var residentBytes: Int?
    public var openDescriptors: Int?
    public var cpuSeconds: Double?

    public init() {}
}
