import AMI
import Time

/// A recording of a switch as plain values, cut into whole messages: what ``RecordedSwitch`` plays.
public struct SwitchRecording: Sendable {
    /// One read or write of a recorded connection.
    public struct Chunk: Sendable {
        /// Since the recording's start.
        public var offset: Span
        public var fromSwitch: Bool
        public var bytes: [UInt8]

        public init(offset: Span, fromSwitch: Bool, bytes: [UInt8]) {
            self.offset = offset
            self.fromSwitch = fromSwitch
            self.bytes = bytes
        }
    }

    struct Event: Sendable {
        var offset: Span
        var template: MessageTemplate
    }

    public let name: String
    /// The version in the banner, e.g. `11.0.0`.
    public let version: String
    /// From the recording's start to its last event.
    public let length: Span
    /// Channels that were not hung up when the recording ended, by `Uniqueid`: its switch was killed, or its client
    /// went away.
    public let channelsUpAtEnd: [String]
    /// The live events, without the login's answer and FullyBooted, which each client gets of its own.
    public var eventCount: Int { events.count }

    let events: [Event]
    let inventory: Inventory
    /// The second since 1970 that the recording's start stands for.
    let startEpoch: Int64
    /// The first and last epoch in an identifier of a channel.
    let identifierEpochs: ClosedRange<Int64>?

    /// - Parameters:
    ///   - start: civil time at offset zero; nil takes the earliest identifier's.
    ///   - live: a client that only listens.
    ///   - control: a client that asked for inventories; empty if there is none.
    public init(name: String, start: UnixTime?, live: some Sequence<Chunk>, control: some Sequence<Chunk>) {
        var framer = Framer(role: .client)
        var version = "11.0.0"
        var events: [Event] = []
        var up: [String] = []
        var members = MemberChanges()
        for chunk in live where chunk.fromSwitch {
            framer.receive(chunk.bytes) { output in
                switch output {
                case .banner(let line):
                    if let slash = line.lastIndex(of: "/") { version = String(line[line.index(after: slash)...]) }
                // A recording may end in the middle of a message, and a peer's nonsense is not an event.
                case .malformed: break
                case .message(let message):
                    guard message.kind == .event, !message.isTitled("FullyBooted") else { return }
                    events.append(Event(offset: chunk.offset, template: MessageTemplate(message)))
                    if message.isTitled("Newchannel"), let id = message["Uniqueid"] { up.append(id) }
                    if message.isTitled("Hangup"), let id = message["Uniqueid"] { up.removeAll { $0 == id } }
                    members.see(message)
                }
            }
        }
        self.name = name
        self.version = version
        self.events = events
        channelsUpAtEnd = up
        length = events.last?.offset ?? .zero
        inventory = Inventory(control: control, changes: members)
        let epochs = events.flatMap(\.template.identifierEpochs)
        identifierEpochs = epochs.min().map { $0...(epochs.max() ?? $0) }
        startEpoch = start.map { $0.microseconds / 1_000_000 } ?? identifierEpochs?.lowerBound ?? 0
    }
}
