import EventLoop
import Core
import Edges
import Gateway
import Telephony
import Time

/// How late the loop is. A timer that should come once a second comes late by as much as everything else has to wait.
struct LoopLag {
    /// One second; the figures of the last minute of seconds are kept.
    static let intervalMicroseconds: Int64 = 1_000_000
    private static let kept = 60

    private(set) var last = Span.zero
    private var recent: [Span] = []
    private var due: Int64?

    /// The largest lag of the last minute.
    var peak: Span { recent.max() ?? .zero }

    /// The longest turn since the report before, and those of the last minute.
    private(set) var turn = Span.zero
    private var turns: [Span] = []
    var turnPeak: Span { turns.max() ?? .zero }

    mutating func noteTurn(_ longest: Span) {
        turn = longest
        turns.append(longest)
        if turns.count > Self.kept { turns.removeFirst() }
    }

    /// At this uptime the timer is started.
    mutating func started(at uptime: Int64) { due = uptime + Self.intervalMicroseconds }

    mutating func fired(at uptime: Int64) {
        guard let due else { return }
        last = Span(microseconds: max(0, uptime - due))
        recent.append(last)
        if recent.count > Self.kept { recent.removeFirst() }
    }
}

extension Host {
    /// What the gateway cannot know about itself.
    func report() -> HostReport {
        var report = HostReport()
        report.version = Centralino.configuration.version
        report.loopLag = loopLag.last
        report.loopLagPeak = loopLag.peak
        report.loopTurn = loopLag.turn
        report.loopTurnPeak = loopLag.turnPeak
        for connection in connections.values {
            let bytes = connection.unsentBytes
            report.unsentBytes += bytes
            report.unsentBytesLargest = max(report.unsentBytesLargest, bytes)
        }
        report.journal = journal.map {
            HostReport.Journal(
                lastCommit: $0.lastCommitMicroseconds.map(Span.init(microseconds:)),
                uncommitted: $0.uncommittedMicroseconds.map(Span.init(microseconds:)), lostEntries: $0.lostEntries,
                lostBytes: $0.lostBytes,
                lostIntervals: $0.lostIntervalCount, isLosing: $0.isLosing,
                lost: $0.lostIntervals.suffix(ProgramLimits.reportedLosses).map {
                    // A clock that was set back meanwhile makes no negative length.
                    UnixTime(microseconds: $0.fromDate)..<UnixTime(microseconds: max($0.fromDate, $0.toDate))
                })
        }
        report.connectionsRefused = connectionsRefused
        report.handshakesFailed = handshakesFailed
        report.certificateEnds = certificates.ends
        report.unsavedRecords = unsavedRecords
        report.storeFault = writer?.fault
        report.journal?.goneFiles = journal?.goneFiles ?? 0
        report.journal?.fault = journal?.goneSaid
        disks?.measure(at: EventLoop.uptimeMicroseconds)
        report.disks = disks?.measured ?? []
        report.deliveriesWaiting = deliveries?.waitingCount ?? 0
        report.residentBytes = ProcessFigures.residentBytes
        report.openDescriptors = ProcessFigures.openDescriptors
        report.cpuSeconds = ProcessFigures.cpuSeconds
        return report
    }
}
