import Directory
import Telephony
import Time
import Wire

extension Core {
    /// Everything that records and figures are a function of, as a journal keeps it.
    ///
    /// | kind | what | bytes |
    /// |---|---|---|
    /// | `S` | a gateway began to count | ``Beginning`` as JSON |
    /// | `A` | it continues after it was not running | the same |
    /// | `O` | a connection to a switch is open | |
    /// | `R` | bytes of a switch | these |
    /// | `C` | a connection ended, or could not be opened | JSON: `reason`, `isConfigurationFault` |
    /// | `W` | a webhook's event that was accepted | the source's name, a blank, the event's id, a line feed, the body |
    /// | `F` | the registry's answer to a look-up | JSON: `lookup`, `answer` |
    /// | `D` | a desk said that the after-call work is over | the switch (nothing: all), a line feed, the agent |
    /// | `G` | the configuration was read again, and counts from now on | ``Rules`` as JSON |
    /// | `X` | the gateway was asked to stop; what was open stays open | |
    ///
    /// `R`, `W` and `F` name citizens: their numbers, and with `F` their names as the registry has them.
    public enum Input: Equatable, Sendable {
        /// What a replay needs before anything else.
        public struct Beginning: Codable, Equatable, Sendable {
            /// Makes ids and jitter.
            public var seed: UInt64
            public var rules: Rules

            private enum CodingKeys: String, CodingKey {
                case seed
                case rules = "configuration"
            }

            public init(seed: UInt64, rules: Rules) {
                self.seed = seed
                self.rules = rules
            }
        }

        case started(Beginning)
        case resumed(Beginning)
        case opened(ConnectionID)
        case received(ConnectionID, [UInt8])
        case closed(ConnectionID, reason: String, isConfigurationFault: Bool)
        case webhook(SwitchID, id: String, body: [UInt8])
        case found(LookupID, DirectoryAnswer)
        case wrapUpDone(agent: String, on: SwitchID?)
        /// The rules that hold from now on. The same switches in the same order; others are ignored, because they need
        /// a start.
        case configured(Core.Rules)
        /// What is open ends now, as lost; or, where a journal is kept, stays open until the gateway runs again.
        case stopped(keepingCalls: Bool)
    }
}

extension Core.Input {
    private struct Closing: Codable {
        var reason: String
        var isConfigurationFault: Bool
    }

    private struct Finding: Codable {
        var lookup: LookupID
        var answer: DirectoryAnswer
    }

    /// The letters that are in use; a journal may have others, which are not the core's.
    public enum Kind: Unicode.Scalar, CaseIterable, Sendable {
        case started = "S", resumed = "A", opened = "O", received = "R", closed = "C", webhook = "W", found = "F",
            wrapUpDone = "D", configured = "G",
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
        case .configured: .configured
        case .stopped: .stopped
        }
    }

    /// 0 where there is none.
    public var connection: ConnectionID {
        switch self {
        case .opened(let id), .received(let id, _), .closed(let id, _, _): id
        case .started, .resumed, .webhook, .found, .wrapUpDone, .configured, .stopped: ConnectionID(0)
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
        case .configured(let rules): JSON.encode(rules)
        case .opened, .stopped: []
        }
    }

    /// nil: these bytes are not what an entry of this kind has.
    public init?(_ kind: Kind, _ connection: ConnectionID, _ bytes: [UInt8]) {
        switch kind {
        case .started, .resumed:
            guard let beginning = Beginning.decoded(from: bytes) else { return nil }
            self = kind == .started ? .started(beginning) : .resumed(beginning)
        case .opened: self = .opened(connection)
        case .received: self = .received(connection, bytes)
        case .closed:
            // The journal is older than these reasons.
            let closing =
                bytes.isEmpty
                ? Closing(reason: "", isConfigurationFault: false) : JSON.decode(Closing.self, from: bytes)
            guard let closing else { return nil }
            self = .closed(connection, reason: closing.reason, isConfigurationFault: closing.isConfigurationFault)
        case .webhook:
            guard let end = bytes.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
            let words = bytes[..<end].split(
                separator: UInt8(ascii: " "), maxSplits: 1, omittingEmptySubsequences: false)
            self = .webhook(
                SwitchID(String(decoding: words[0], as: UTF8.self)),
                id: words.count > 1 ? String(decoding: words[1], as: UTF8.self) : "",
                body: Array(bytes[(end + 1)...]))
        case .found:
            guard let finding = JSON.decode(Finding.self, from: bytes) else { return nil }
            self = .found(finding.lookup, finding.answer)
        case .wrapUpDone:
            guard let end = bytes.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
            let name = String(decoding: bytes[..<end], as: UTF8.self)
            self = .wrapUpDone(
                agent: String(decoding: bytes[(end + 1)...], as: UTF8.self), on: name.isEmpty ? nil : SwitchID(name))
        case .configured:
            guard let rules = Core.Rules.decoded(from: bytes) else { return nil }
            self = .configured(rules)
        case .stopped: self = .stopped(keepingCalls: true)
        }
    }
}
