import Core
import Telephony
import Time

/// What only the host can measure, reported once a second: an input like any other, but no record and no figure depends
/// on it.
public struct HostReport: Equatable, Sendable {
    public struct Journal: Equatable, Sendable {
        /// The time from the first entry of the last commit until it was on the disk; nil before the first commit.
        public var lastCommit: Span?
        /// How long the oldest entry that is not on the disk has waited; nil if none waits.
        public var uncommitted: Span?
        /// Entries and bytes that could not be written since the start.
        public var lostEntries: Int
        public var lostBytes: Int
        public var lostIntervals: Int
        /// Whether what comes now is not kept.
        public var isLosing: Bool
        /// When entries were lost: only the newest intervals; one that still lasts ends now.
        public var lost: [Range<UnixTime>]
        /// Segments and checkpoints that were deleted, moved or replaced while we ran; and what to report about the
        /// last.
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

    /// Where something is kept.
    public struct Disk: Equatable, Sendable {
        /// E.g. "journal".
        public var holds: String
        public var freeBytes: Int

        public init(holds: String, freeBytes: Int) {
            self.holds = holds
            self.freeBytes = freeBytes
        }
    }

    public struct CertificateEnd: Equatable, Sendable {
        public var port: ClientPort
        public var at: UnixTime

        public init(port: ClientPort, at: UnixTime) {
            self.port = port
            self.at = at
        }
    }

    /// The program's version; nil if it was not given.
    public var version: String?
    /// By how much the one-second timer was late: everything else waited as long.
    public var loopLag = Span.zero
    /// The largest lag of the last minute.
    public var loopLagPeak = Span.zero
    /// The longest turn of the loop since the report before, and the longest of the last minute: what one client, or
    /// one switch, made others wait.
    public var loopTurn = Span.zero
    public var loopTurnPeak = Span.zero
    /// Clients that were not admitted for want of file descriptors.
    public var connectionsRefused = 0
    /// Clients with which TLS was not agreed, and when the listeners' certificates end.
    public var handshakesFailed = 0
    public var certificateEnds: [CertificateEnd] = []
    /// Bytes written to connections that their peers have not taken: of all together, and of the one that is furthest
    /// behind.
    public var unsentBytes = 0
    public var unsentBytesLargest = 0
    /// nil if no journal is kept.
    public var journal: Journal?
    /// Contact records that are not in the store yet.
    public var unsavedRecords = 0
    /// Why the store refuses what is to be stored; nil while it does not.
    public var storeFault: String?
    /// Contact records that wait to be delivered to other systems.
    public var deliveriesWaiting = 0
    /// What is known of it, at most a minute old.
    public var disks: [Disk] = []
    /// nil where the system does not report it.
    public var residentBytes: Int?
    public var openDescriptors: Int?
    public var cpuSeconds: Double?

    public init() {}
}
