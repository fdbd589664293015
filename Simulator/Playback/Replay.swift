import Figures
import AMI
import Contacts
import Core
import Edges
import Gateway
import Switches
import Telephony
import Time
import Wire

/// Runs recorded bytes through the same `Gateway` that serves live switches, as fast as possible, in the recording's
/// own time.
///
/// There is no world: lookups are not answered and nothing is stored, so that the same recording gives the same report,
/// to the byte.
public struct Replay {
    /// One recorded connection: what the switch sent, and when.
    public struct Connection: Sendable {
        public struct Chunk: Sendable {
            /// Since the recording's start.
            public var time: Span
            public var bytes: [UInt8]

            public init(time: Span, bytes: [UInt8]) {
                self.time = time
                self.bytes = bytes
            }
        }
        public var chunks: [Chunk]

        public init(chunks: [Chunk]) { self.chunks = chunks }
    }

    public private(set) var gateway: Gateway
    public private(set) var closed: [ContactRecord] = []
    /// The rows of its quarter-hours as they were written last, where they were asked for.
    public private(set) var rows: [IntervalRow.Key: IntervalRow] = [:]
    public private(set) var now: Moment
    private let start: UnixTime
    private var effects: [Effect] = []
    private var connection: ConnectionID?

    /// `start` is the civil time of the recording's second 0; `name`: which switch of the configuration was recorded.
    public init(
        _ configuration: Configuration = Configuration(), of name: SwitchID? = nil, start: UnixTime,
        keepsIntervals: Bool = false,
        digests: Digests, seed: UInt64 = 1
    ) {
        var configuration = configuration.alone(name, isRecording: true)
        configuration.keepsIntervals = keepsIntervals
        // A recording shows each ring of each phone to its reader anyway, so that its report names the agents, as the
        // switch's own log does.
        configuration.legalBasis =
            configuration.legalBasis
            ?? LegalBasis(reference: "replay of a recording", date: TimeZoneRule.utc.localDate(at: start))
        gateway = Gateway(configuration: configuration, digests: digests, seed: seed)
        self.start = start
        now = Moment(uptime: .zero, date: start)
        handle(.started)
    }

    /// Connections of one client, one after the other: between two the switch was away.
    ///
    /// `pauses`, rising, since the recording's start: at each, when everything until then and at that very moment has
    /// happened, `paused` may look at what it has come to, also after the recording's end.
    public mutating func play(
        _ connections: [Connection], pauses: [Span] = [], _ paused: (borrowing Replay) -> Void = { _ in }
    ) {
        var pauses = pauses[...]
        for (index, recorded) in connections.enumerated() where !recorded.chunks.isEmpty {
            if index > 0, let connection { handle(.closed(connection, reason: "the recorded connection ended")) }
            pause(&pauses, before: recorded.chunks[0].time, paused)
            advance(to: recorded.chunks[0].time)
            // The link tries again by its own clock; the recording knows when it was there.
            while index > 0, connection == nil, let deadline = gateway.nextDeadline { advance(to: deadline) }
            guard let id = connection else { return }
            handle(.opened(id))
            for chunk in recorded.chunks {
                pause(&pauses, before: chunk.time, paused)
                advance(to: max(chunk.time, now.uptime))
                handle(.received(id, chunk.bytes))
            }
        }
        // What the last events left open is decided by then.
        let end = now.uptime + .seconds(2)
        pause(&pauses, before: end, paused)
        advance(to: end)
        pause(&pauses, before: nil, paused)
    }

    private mutating func pause(
        _ pauses: inout ArraySlice<Span>, before time: Span?, _ paused: (borrowing Replay) -> Void
    ) {
        while let next = pauses.first, time.map({ next < $0 }) ?? true {
            pauses.removeFirst()
            advance(to: next)
            paused(self)
        }
    }

    /// Nothing is said for so long, and the switch is there: rows are cut, and become final where nothing lasts.
    public mutating func rest(for time: Span) {
        guard let connection else { return }
        let end = now.uptime + time
        while now.uptime < end {
            advance(to: min(end, now.uptime + .seconds(60)))
            handle(.received(connection, []))
        }
    }

    public func report() -> Report {
        var report = Report()
        add(to: &report)
        return report
    }

    public func add(to report: inout Report) { report.add(gateway.core, closed: closed, at: now) }

    private mutating func advance(to time: Span) {
        while let deadline = gateway.nextDeadline, deadline <= time, deadline > now.uptime {
            now = Moment(uptime: deadline, date: start + deadline)
            handle(.deadlineReached)
        }
        if time > now.uptime { now = Moment(uptime: time, date: start + time) }
    }

    private mutating func handle(_ input: Gateway.Input) {
        effects.removeAll(keepingCapacity: true)
        if case .core(.closed) = input { connection = nil }
        gateway.handle(input, at: now, into: &effects)
        for effect in effects {
            switch effect {
            case .connect(let id, _, _): connection = id
            case .save(let record): closed.append(record)
            case .saveInterval(_, let row): rows[row.key] = row
            case .listen, .send, .close, .lookUp, .saveGap, .post, .journal, .sendAfterJournal, .lookBack,
                .stopLookingBack, .patient, .access, .answer,
                .log:
                break
            }
        }
    }
}
