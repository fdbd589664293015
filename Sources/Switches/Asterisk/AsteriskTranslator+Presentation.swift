import AMI
import Telephony

/// Whether a caller wants to be known. AMI prints a number and a name even where the network has restricted them, and says so beside them, later, or
/// only where the dial plan exports it (`domain.md` §1.6). From then on the number of this channel is never passed on.
extension AsteriskTranslator {
    /// How the dial plan or `manager.conf` tells a caller's presentation: by channel variables, on any event of the channel (`channelvars`) or by `VarSet`.
    ///
    /// `channelvars = CALLERID(num-pres)` needs no change of the dial plan.
    public struct PresentationNotice: Codable, Equatable, Sendable {
        public var variables: [String]

        public init(variables: [String] = ["CALLERID(num-pres)", "CALLERID(pres)", "CTI_PRES"]) { self.variables = variables }
    }

    /// The channel whose caller is withheld from this message on; nil if it does not say so, or has been known to be before.
    mutating func withheldNow(_ message: Message) -> ChannelID? {
        guard let isProhibited = prohibition(message), let id = channel(of: message) ?? uniqueID(message) else { return nil }
        guard isProhibited else {
            memory.withheld?.remove(id)
            return nil
        }
        guard memory.withheld?.contains(id) != true, memory.withheld?.count ?? 0 < Self.withheldLimit else { return nil }
        memory.withheld = (memory.withheld ?? []).union([id])
        return id
    }

    /// The event without the number and name of a caller who does not want to be known.
    func withoutWithheld(_ event: SwitchEvent) -> SwitchEvent {
        guard let withheld = memory.withheld, !withheld.isEmpty else { return event }
        func hidden(_ channel: Channel) -> Channel {
            guard withheld.contains(channel.id) else { return channel }
            var channel = channel
            channel.caller = .withheld
            return channel
        }
        switch event {
        case .channelCreated(let channel): return .channelCreated(hidden(channel))
        case .channelRang(let channel): return .channelRang(hidden(channel))
        case .channelUp(let channel): return .channelUp(hidden(channel))
        case .dialBegan(let source, let channel, let number): return .dialBegan(source: source, hidden(channel), number: number)
        case .bridgeEntered(let bridge, let kind, let channel, let replaced):
            return .bridgeEntered(bridge, kind, hidden(channel), replacing: replaced)
        case .channelFound(let channel, let bridge, let queue, let age):
            return .channelFound(hidden(channel), bridge: bridge, queue: queue, age: age)
        case .callerIdentified(let id, _) where withheld.contains(id): return .callerIdentified(id, .withheld)
        case .queueJoined(let queue, let id, _, let position, let place) where withheld.contains(id):
            return .queueJoined(queue, id, .withheld, position: position, place)
        case .queueEntryFound(let queue, let id, _, let position, let wait) where withheld.contains(id):
            return .queueEntryFound(queue, id, .withheld, position: position, wait: wait)
        default: return event
        }
    }

    /// nil: the message says nothing about it.
    private func prohibition(_ message: Message) -> Bool? {
        if message.isTitled("NewCallerid") {
            for index in 1..<message.count where Self.headers.contains(where: { message.isNamed(index, $0) }) {
                if let told = Self.isProhibited(message.bytes(at: index)) { return told }
            }
        }
        if message.isTitled("VarSet"), let variable = message["Variable"], isAsked(variable[...]) {
            return message["Value"].flatMap { Self.isProhibited(Array($0.utf8)[...]) }
        }
        guard Self.titles.contains(where: { message.isTitled($0) }) else { return nil }
        for index in 1..<message.count where message.nameBytes(at: index).starts(with: Self.chanVariable) {
            let value = message.bytes(at: index)
            guard let equals = value.firstIndex(of: UInt8(ascii: "=")), isAsked(String(decoding: value[..<equals], as: UTF8.self)[...])
            else { continue }
            if let told = Self.isProhibited(value[(equals + 1)...]) { return told }
        }
        return nil
    }

    private func isAsked(_ variable: Substring) -> Bool { presentation.variables.contains { $0.lowercased() == variable.lowercased() } }

    /// In `CoreShowChannels` and CEL it is written otherwise.
    private func uniqueID(_ message: Message) -> ChannelID? { message["UniqueID"].flatMap { $0.isEmpty ? nil : ChannelID($0) } }

    /// `33 (Presentation Prohibited, Passed Screen)`, `prohib_passed_screen`, `33`. nil for an empty or unknown value.
    private static func isProhibited(_ value: ArraySlice<UInt8>) -> Bool? {
        let text = String(decoding: value, as: UTF8.self).lowercased()
        if let number = Int(text.prefix { $0.isASCII && $0.isNumber }) {
            // Bits 5 and 6 are the presentation of Q.931, the lower ones tell who screened it.
            return number & 0x60 == 0x20
        }
        if text.hasPrefix("prohib") || text.contains("presentation prohibited") { return true }
        return text.hasPrefix("allowed") || text.hasPrefix("unavailable") ? false : nil
    }

    private static let withheldLimit = 200_000
    private static let chanVariable = Array("ChanVariable".utf8)
    private static let headers: [StaticString] = ["CID-CallingPres", "CallingPres", "CallerIDPres", "CID-NumPres", "CID-NamePres"]
    /// Events of a caller's channel that come before an agent could see it, and the items of an inventory.
    private static let titles: [StaticString] = [
        "Newchannel", "Newstate", "Newexten", "NewCallerid", "QueueCallerJoin", "BridgeEnter", "CoreShowChannel", "QueueEntry", "DialBegin",
    ]
}

extension Message {
    fileprivate func isNamed(_ index: Int, _ name: StaticString) -> Bool {
        let bytes = nameBytes(at: index)
        return bytes.count == name.utf8CodeUnitCount && name.withUTF8Buffer { zip(bytes, $0).allSatisfy { $0 | 0x20 == $1 | 0x20 } }
    }
}
