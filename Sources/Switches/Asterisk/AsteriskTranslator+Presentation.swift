import AMI
import Telephony

/// Whether a caller wants to be known. AMI prints a number and a name even where the network has restricted them, and
/// says so beside them, later, or only where the dial plan exports it (`domain.md` §1.6). A caller who was once
/// withheld stays so for the whole call (`Calls`).
extension AsteriskTranslator {
    /// How the dial plan or `manager.conf` reports a caller's presentation: by channel variables, on any event of the
    /// channel (`channelvars`) or by `VarSet`.
    ///
    /// `channelvars = CALLERID(num-pres)` needs no change of the dial plan.
    public struct PresentationNotice: Codable, Equatable, Sendable {
        public var variables: [String]

        public init(variables: [String] = ["CALLERID(num-pres)", "CALLERID(pres)", "CTI_PRES"]) {
            self.variables = variables
        }
    }

    /// Whether the message says that the caller on its channel does not want to be known. Asked of events of a caller's
    /// channel that come before an agent could see it, and of the items of an inventory.
    func isWithheld(_ message: Message, _ name: EventName) -> Bool {
        switch name {
        case .varSet:
            var headers = HeaderReader(message)
            guard let variable = headers.bytes("Variable"), isAsked(variable) else { return false }
            return message["Value"].map(Self.isProhibited) == true
        case .newCallerid:
            if message["CID-CallingPres"].map(Self.isProhibited) == true { return true }
        case .newchannel, .newstate, .newexten, .bridgeEnter, .queueCallerJoin, .coreShowChannel, .queueEntry: break
        default: return false
        }
        var next = 0
        while let index = message.index(beginningWith: "ChanVariable", from: next) {
            // `NAME=value`
            let text = message.bytes(at: index).drop { $0 == UInt8(ascii: "=") }
            let name = text.prefix { $0 != UInt8(ascii: "=") }
            let value = text[name.endIndex...].dropFirst()
            if !value.isEmpty, isAsked(name), Self.isProhibited(String(decoding: value, as: UTF8.self)) { return true }
            next = index + 1
        }
        return false
    }

    /// The event without a number and a name of its caller.
    static func withoutCaller(_ event: SwitchEvent) -> SwitchEvent {
        func hidden(_ channel: Channel) -> Channel {
            var channel = channel
            channel.caller = .withheld
            return channel
        }
        switch event {
        case .channelCreated(let channel): return .channelCreated(hidden(channel))
        case .channelRang(let channel): return .channelRang(hidden(channel))
        case .channelUp(let channel): return .channelUp(hidden(channel))
        case .channelFound(let channel, let bridge, let queue, let age):
            return .channelFound(hidden(channel), bridge: bridge, queue: queue, age: age)
        case .callerIdentified(let id, _): return .callerIdentified(id, .withheld)
        case .queueJoined(let queue, let id, _, let position, let place):
            return .queueJoined(queue, id, .withheld, position: position, place)
        case .queueEntryFound(let queue, let id, _, let position, let wait):
            return .queueEntryFound(queue, id, .withheld, position: position, wait: wait)
        default: return event
        }
    }

    /// A variable that is set to be inherited is reported with the one or two `_` before its name.
    private func isAsked(_ variable: ArraySlice<UInt8>) -> Bool {
        let name = variable.dropFirst(variable.prefix(2).prefix { $0 == UInt8(ascii: "_") }.count)
        if presentation.variables.contains(where: { asked in
            asked.utf8.count == name.count && asked.utf8.elementsEqual(name) { $0.lowered == $1.lowered }
        }) {
            return true
        }
        guard name.contains(where: { $0 >= 0x80 }) else { return false }
        let text = String(decoding: name, as: UTF8.self).lowercased()
        return presentation.variables.contains { $0.lowercased() == text }
    }

    /// `33 (Presentation Prohibited, Passed Screen)`, `prohib_passed_screen`, `33`, `0x21`; `restricted` and `withheld`
    /// as dial plans write it themselves.
    private static func isProhibited(_ value: String) -> Bool {
        let text = value.lowercased()
        let hexadecimal = text.hasPrefix("0x") ? Int(text.dropFirst(2).prefix { $0.isHexDigit }, radix: 16) : nil
        // Bits 5 and 6 are the presentation of Q.931, the lower ones say who screened it.
        if let number = hexadecimal ?? Int(text.prefix { $0.isASCII && $0.isNumber }) { return number & 0x60 == 0x20 }
        return ["prohib", "restrict", "withheld"].contains { text.hasPrefix($0) }
    }
}
