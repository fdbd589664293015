import AMI
import Telephony
import Time
import Wire

/// A switch that only plays recordings: an AMI server without sockets. Bytes and time go in; bytes to send come out.
///
/// It begins when the first client has logged in and then goes on whether or not anybody listens, as a switch does.
/// Every client gets the same live stream. Each playing moves `Uniqueid`, `Linkedid` and bridge identifiers, so that
/// none comes twice, and the epochs in `LastCall`, `LastPause`, `LoginTime` and `Timestamp`, so that they are of today;
/// names of channels come again, as they do after a restart.
///
/// What it does not do: actions change nothing (QueuePause is answered and no member pauses); durations (`HoldTime`,
/// `TalkTime`) and the text of CEL events are as recorded, whatever the speed; a filter in QueueStatus or BridgeInfo is
/// not looked at; every event goes to every client, whatever mask it asked for; a refused login is answered at once,
/// not after a second. An inventory is always that of the recording's start, so a client that connects in the middle
/// does not hear of the calls that are up, only of what happens to them from then on.
public struct RecordedSwitch: Sendable {
    public typealias ConnectionID = Int

    public struct Configuration: Sendable {
        /// Secrets by user name.
        public var users: [String: String]
        /// 1 is as recorded, 10 is ten times as fast; 0.01 to 1000.
        public var speed: Double
        /// Begins again after the last recording.
        public var loops: Bool
        /// Between two recordings, whatever the speed; 100 ms at least.
        public var gap: Span

        public init(users: [String: String], speed: Double = 1, loops: Bool = false, gap: Span = .seconds(1)) {
            self.users = users
            self.speed = speed.isFinite ? min(max(speed, 0.01), 1000) : 1
            self.loops = loops
            // Otherwise a recording without events would begin again and again in the same instant.
            self.gap = max(gap, .milliseconds(100))
        }
    }

    public enum Output: Equatable, Sendable {
        case send(ConnectionID, [UInt8])
        case close(ConnectionID)
    }

    public enum PlaylistError: Error, Equatable, Sendable, CustomStringConvertible {
        case empty
        case callsUpAtEnd(recording: String, channels: Int)

        public var description: String {
            switch self {
            case .empty: "The playlist has no recording. Name at least one."
            case .callsUpAtEnd(let recording, let channels):
                "“\(recording)” ends with \(channels) channels up: what follows it would never hang them up. Play it last and without a loop."
            }
        }
    }

    private enum State {
        /// Nobody has logged in yet.
        case waiting
        case playing(index: Int, nextEvent: Int, began: Span)
        case between(next: Int, until: Span)
        case finished
    }

    private struct Client {
        var session: ServerSession
        var isListening = false
    }

    private let recordings: [SwitchRecording]
    private let configuration: Configuration
    private let digests: Digests
    private let bootedAt: Span
    private var state = State.waiting
    private var playing = Playing()
    /// The last epoch in an identifier that was given out.
    private var lastEpoch: Int64 = 0
    private var clients: [ConnectionID: Client] = [:]
    private var opened = 0

    /// Counts playings begun: the rounds of all recordings.
    public private(set) var playings = 0
    /// Live events that were sent to the clients that listened.
    public private(set) var eventsPlayed = 0

    /// - Throws: if there is nothing to play, or a recording that another one follows ends with calls up.
    public init(recordings: [SwitchRecording], configuration: Configuration, digests: Digests, at now: Moment)
        throws(PlaylistError)
    {
        guard !recordings.isEmpty else { throw .empty }
        for (index, recording) in recordings.enumerated() where !recording.channelsUpAtEnd.isEmpty {
            guard !configuration.loops, index == recordings.count - 1 else {
                throw .callsUpAtEnd(recording: recording.name, channels: recording.channelsUpAtEnd.count)
            }
        }
        self.recordings = recordings
        self.configuration = configuration
        self.digests = digests
        bootedAt = now.uptime
    }

    /// Everything has been played, and it does not loop; connections stay open.
    public var isFinished: Bool { if case .finished = state { true } else { false } }

    // MARK: connections

    public mutating func connectionOpened(_ connection: ConnectionID, at now: Moment) -> [Output] {
        guard clients.count < Self.connectionLimit else { return [.close(connection)] }
        opened += 1
        // Any number will do as long as it differs; nobody attacks a simulator.
        let challenge = String(840_415_272 + opened)
        let session = ServerSession(
            users: configuration.users, version: recordings[0].version, challenge: challenge, digests: digests)
        clients[connection] = Client(session: session)
        return [.send(connection, session.greeting)]
    }

    /// Feeds bytes from a client, cut anywhere.
    public mutating func received(_ bytes: some Collection<UInt8>, from connection: ConnectionID, at now: Moment)
        -> [Output]
    {
        guard var client = clients[connection] else { return [] }
        var answer: [UInt8] = []
        var closes = false
        var beginsNow = false
        client.session.receive(bytes) { output in
            switch output {
            case .send(let bytes): answer += bytes
            case .loggedIn:
                client.isListening = true
                answer += fullyBooted(at: now)
                if case .waiting = state { beginsNow = true }
            case .action(let message): answer += inventoryAnswer(to: message, at: now)
            case .close: closes = true
            }
        }
        clients[connection] = closes ? nil : client
        if beginsNow { begin(0, at: now) }
        return (answer.isEmpty ? [] : [.send(connection, answer)]) + (closes ? [.close(connection)] : [])
    }

    public mutating func connectionClosed(_ connection: ConnectionID) { clients[connection] = nil }

    // MARK: time

    /// The uptime at which ``deadlineReached(at:)`` has something to send.
    public var nextDeadline: Span? {
        switch state {
        case .waiting, .finished: nil
        case .between(_, let until): until
        case .playing(let index, let nextEvent, let began):
            began
                + (nextEvent < recordings[index].events.count
                    ? played(recordings[index].events[nextEvent].offset) : .zero)
        }
    }

    /// Sends what is due, all of it in one write a client.
    public mutating func deadlineReached(at now: Moment) -> [Output] {
        switch state {
        case .waiting, .finished: return []
        case .between(let next, let until):
            guard now.uptime >= until else { return [] }
            let ended = recordings[(next + recordings.count - 1) % recordings.count].inventory
            begin(next, at: now)
            return toEveryone(handover(from: ended.membersAtEnd, to: recordings[next].inventory.members))
        case .playing(let index, let first, let began):
            let recording = recordings[index]
            var next = first
            var bytes: [UInt8] = []
            while next < recording.events.count, began + played(recording.events[next].offset) <= now.uptime {
                bytes += recording.events[next].template.played(playing)
                next += 1
            }
            eventsPlayed += next - first
            if next < recording.events.count {
                state = .playing(index: index, nextEvent: next, began: began)
            } else if index + 1 < recordings.count || configuration.loops {
                state = .between(next: (index + 1) % recordings.count, until: now.uptime + configuration.gap)
            } else {
                state = .finished
            }
            return toEveryone(bytes)
        }
    }

    // MARK: playing

    private static let connectionLimit = 100

    /// From the recording that is played; between two, from the one that comes.
    private func inventoryAnswer(to action: Message, at now: Moment) -> [UInt8] {
        switch state {
        case .waiting: recordings[0].inventory.answer(to: action, nextPlaying(of: 0, at: now))
        case .playing(let index, _, _): recordings[index].inventory.answer(to: action, playing)
        case .between(let next, _): recordings[next].inventory.answer(to: action, nextPlaying(of: next, at: now))
        case .finished: recordings[recordings.count - 1].inventory.answer(to: action, playing)
        }
    }

    private mutating func begin(_ index: Int, at now: Moment) {
        playing = nextPlaying(of: index, at: now)
        if let epochs = recordings[index].identifierEpochs {
            lastEpoch = max(lastEpoch, playing.epoch(epochs.upperBound))
        }
        playings += 1
        state = .playing(index: index, nextEvent: 0, began: now.uptime)
    }

    /// Begins now; if the clock has gone back, begins after all identifiers that were used before, so that none comes
    /// again.
    private func nextPlaying(of index: Int, at now: Moment) -> Playing {
        let recording = recordings[index]
        let before = max(0, recording.startEpoch - (recording.identifierEpochs?.lowerBound ?? recording.startEpoch))
        return Playing(
            number: UInt32(truncatingIfNeeded: playings), recordedEpoch: recording.startEpoch,
            playedEpoch: max(now.date.microseconds / 1_000_000, lastEpoch + 1 + before), speed: configuration.speed)
    }

    private func played(_ offset: Span) -> Span {
        Span(microseconds: Int64((Double(offset.microseconds) / configuration.speed).rounded()))
    }

    /// What a client must hear so that the members are those with which the next recording begins.
    private func handover(from ended: [QueueMember], to members: [QueueMember]) -> [UInt8] {
        let before = Set(ended.map(\.key))
        let after = Set(members.map(\.key))
        let removed = ended.filter { !after.contains($0.key) }.map { $0.event("QueueMemberRemoved") }
        let added = members.filter { !before.contains($0.key) }.map { $0.event("QueueMemberAdded") }
        return (removed + added + members.map { $0.event("QueueMemberStatus") }).flatMap { $0.played(playing) }
    }

    private func toEveryone(_ bytes: [UInt8]) -> [Output] {
        guard !bytes.isEmpty else { return [] }
        return clients.filter(\.value.isListening).keys.sorted().map { .send($0, bytes) }
    }

    private func fullyBooted(at now: Moment) -> [UInt8] {
        // A switch that has been up for a while: queues are complete at once.
        let seconds = (now.uptime - bootedAt).microseconds / 1_000_000 + 3600
        return Array(
            "Event: FullyBooted\r\nPrivilege: system,all\r\nUptime: \(seconds)\r\nLastReload: \(seconds)\r\nStatus: Fully Booted\r\n\r\n"
                .utf8)
    }
}
