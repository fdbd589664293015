import Contacts
import Directory
import Telephony
import Time
import Wire

/// What the core was told: everything that its records and figures are a function of, as it stands in a journal.
///
/// | kind | what | bytes |
/// |---|---|---|
/// | `S` | a gateway began to count | ``Beginning`` as JSON |
/// | `A` | it goes on (again) after it was away | the same |
/// | `O` | a connection to a switch is open | |
/// | `R` | bytes of a switch | these |
/// | `C` | a connection ended, or could not be opened | JSON: `reason`, `isConfigurationFault` |
/// | `W` | a webhook's event that was accepted | the source's name, a blank, the event's id, a line feed, the body |
/// | `F` | the registry's answer to a look-up | JSON: `lookup`, `answer` |
/// | `D` | a desk said that the after-call work is over | the switch (nothing: all), a line feed, the agent |
/// | `X` | the gateway was asked to stop | |
///
/// `R`, `W` and `F` name citizens: their numbers, and with `F` their names as the registry has them.
public enum CoreInput: Equatable, Sendable {
    /// What a replay needs before anything else.
    public struct Beginning: Codable, Equatable, Sendable {
        /// Of ids and jitter.
        public var seed: UInt64
        public var configuration: CoreConfiguration

        public init(seed: UInt64, configuration: CoreConfiguration) {
            self.seed = seed
            self.configuration = configuration
        }
    }

    case started(Beginning)
    case resumed(Beginning)
    case opened(ConnectionID)
    case received(ConnectionID, [UInt8])
    case closed(ConnectionID, reason: String, isConfigurationFault: Bool)
    case webhook(SwitchID, id: String, body: [UInt8])
    case found(Gateway.LookupID, DirectoryAnswer)
    case wrapUpDone(agent: String, on: SwitchID?)
    case stopped
}

extension CoreInput {
    private struct Closing: Codable {
        var reason: String
        var isConfigurationFault: Bool
    }

    private struct Finding: Codable {
        var lookup: Gateway.LookupID
        var answer: DirectoryAnswer
    }

    /// The letters that are in use; a journal may have others, which are not the core's.
    public enum Kind: Unicode.Scalar, CaseIterable, Sendable {
        case started = "S", resumed = "A", opened = "O", received = "R", closed = "C", webhook = "W", found = "F", wrapUpDone = "D",
            stopped = "X"
    }

    public var kind: Kind {
        switch self {
        case .started: .started
        case .resumed: .resumed
        case .opened: .opened
        case .received: .received
        case .closed: .closed
        case .webhook: .webhook
        case .found: .found
        case .wrapUpDone: .wrapUpDone
        case .stopped: .stopped
        }
    }

    /// 0 where there is none.
    public var connection: ConnectionID {
        switch self {
        case .opened(let id), .received(let id, _), .closed(let id, _, _): id
        case .started, .resumed, .webhook, .found, .wrapUpDone, .stopped: ConnectionID(0)
        }
    }

    public var bytes: [UInt8] {
        switch self {
        case .started(let beginning), .resumed(let beginning): JSON.encode(beginning)
        case .received(_, let bytes): bytes
        case .closed(_, let reason, let isFault): JSON.encode(Closing(reason: reason, isConfigurationFault: isFault))
        // Names of sources have letters, digits, - and _ only, and a header has no line end.
        case .webhook(let source, let id, let body): Array("\(source) \(id)\n".utf8) + body
        case .found(let lookup, let answer): JSON.encode(Finding(lookup: lookup, answer: answer))
        case .wrapUpDone(let agent, let name): Array("\(name?.rawValue ?? "")\n\(agent)".utf8)
        case .opened, .stopped: []
        }
    }

    /// nil: these bytes are not what an entry of this kind has.
    public init?(_ kind: Kind, _ connection: ConnectionID, _ bytes: [UInt8]) {
        switch kind {
        case .started, .resumed:
            guard let beginning = JSON.decode(Beginning.self, from: bytes) else { return nil }
            self = kind == .started ? .started(beginning) : .resumed(beginning)
        case .opened: self = .opened(connection)
        case .received: self = .received(connection, bytes)
        case .closed:
            // Of a journal before the reasons were kept.
            let closing = bytes.isEmpty ? Closing(reason: "", isConfigurationFault: false) : JSON.decode(Closing.self, from: bytes)
            guard let closing else { return nil }
            self = .closed(connection, reason: closing.reason, isConfigurationFault: closing.isConfigurationFault)
        case .webhook:
            guard let end = bytes.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
            let words = bytes[..<end].split(separator: UInt8(ascii: " "), maxSplits: 1, omittingEmptySubsequences: false)
            self = .webhook(
                SwitchID(String(decoding: words[0], as: UTF8.self)), id: words.count > 1 ? String(decoding: words[1], as: UTF8.self) : "",
                body: Array(bytes[(end + 1)...]))
        case .found:
            guard let finding = JSON.decode(Finding.self, from: bytes) else { return nil }
            self = .found(finding.lookup, finding.answer)
        case .wrapUpDone:
            guard let end = bytes.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
            let name = String(decoding: bytes[..<end], as: UTF8.self)
            self = .wrapUpDone(agent: String(decoding: bytes[(end + 1)...], as: UTF8.self), on: name.isEmpty ? nil : SwitchID(name))
        case .stopped: self = .stopped
        }
    }
}

extension Gateway {
    /// What the core is told by this input; nil for all else (desks, HTTP clients, who watches), which concerns the edges only and changes no record and
    /// no figure. A webhook's event comes in a client's bytes, and again as an input of the core's (``Effect/webhookAccepted(_:id:body:)``).
    public func coreInput(_ input: Input) -> CoreInput? {
        switch input {
        case .started: .started(.init(seed: seed, configuration: CoreConfiguration(configuration)))
        case .resumed(let configuration, let seed): .resumed(.init(seed: seed, configuration: CoreConfiguration(configuration)))
        case .opened(let id): roomOfConnection[id] == nil ? nil : .opened(id)
        case .received(let id, let bytes): roomOfConnection[id] == nil ? nil : .received(id, bytes)
        case .closed(let id, let reason, let isFault):
            roomOfConnection[id] == nil ? nil : .closed(id, reason: reason, isConfigurationFault: isFault)
        case .webhook(let source, let id, let body): .webhook(source, id: id, body: body)
        case .found(let lookup, let answer): .found(lookup, answer)
        case .wrapUpDone(let agent, let name): .wrapUpDone(agent: agent, on: name)
        case .stopRequested: .stopped
        case .accepted, .unsent, .hostReport, .lookedBack, .deadlineReached: nil
        }
    }

    /// Takes in an entry of a journal, at the moment that stands there. What is to be done about it (`effects`) was done when it happened.
    public mutating func replay(_ entry: CoreInput, at now: Moment, into effects: inout [Effect]) {
        switch entry {
        case .started(let beginning): begin(beginning, at: now, &effects)
        // Of the run before nothing is left.
        case .resumed(let beginning) where startedAt == nil: begin(beginning, at: now, &effects)
        case .resumed(let beginning):
            handle(.resumed(Configuration(beginning.configuration), seed: beginning.seed), at: now, into: &effects)
        case .opened(let id): handle(.opened(id), at: now, into: &effects)
        case .received(let id, let bytes): handle(.received(id, bytes), at: now, into: &effects)
        case .closed(let id, let reason, let isFault):
            handle(.closed(id, reason: reason, isConfigurationFault: isFault), at: now, into: &effects)
        case .webhook(let source, let id, let body): handle(.webhook(source, id: id, body: body), at: now, into: &effects)
        case .found(let lookup, let answer): handle(.found(lookup, answer), at: now, into: &effects)
        case .wrapUpDone(let agent, let name): handle(.wrapUpDone(agent: agent, on: name), at: now, into: &effects)
        case .stopped: handle(.stopRequested(keepingCalls: true), at: now, into: &effects)
        }
    }

    private mutating func begin(_ beginning: CoreInput.Beginning, at now: Moment, _ effects: inout [Effect]) {
        self = Gateway(configuration: Configuration(beginning.configuration), pages: pages, digests: digests, seed: beginning.seed)
        handle(.started, at: now, into: &effects)
    }
}
