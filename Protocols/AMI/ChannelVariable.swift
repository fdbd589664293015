/// One header that carries a channel variable of a snapshot, as `channelvars` in manager.conf requests: `ChanVariable:
/// name=value`, with the snapshot's prefix in front (`DestChanVariable`). In events that have no snapshot:
/// `ChanVariable(PJSIP/trunk-0000002a): name=value`.
public struct ChannelVariable: Equatable, Sendable {
    /// The snapshot's prefix: empty, `Dest`, `Transferee`…
    public var prefix: String
    /// The channel, where the header names it.
    public var channel: String?
    public var name: String
    /// The text after the first `=`, still C-escaped (``unescaped(_:)``).
    public var value: String

    public init(prefix: String = "", channel: String? = nil, name: String, value: String) {
        self.prefix = prefix
        self.channel = channel
        self.name = name
        self.value = value
    }
}

extension Message {
    /// Every channel variable, in order; `domain.md` §1.4.
    public var channelVariables: [ChannelVariable] { (0..<count).compactMap(channelVariable(at:)) }

    private func channelVariable(at index: Int) -> ChannelVariable? {
        var title = name(at: index)[...]
        var channel: String?
        if title.hasSuffix(")"), let open = title.firstIndex(of: "(") {
            channel = String(title[title.index(after: open)...].dropLast())
            title = title[..<open]
        }
        guard title.lowercased().hasSuffix("chanvariable") else { return nil }
        let text = value(at: index)
        guard let equals = text.firstIndex(of: "=") else { return nil }
        return ChannelVariable(
            prefix: String(title.dropLast("chanvariable".count)), channel: channel, name: String(text[..<equals]),
            value: String(text[text.index(after: equals)...]))
    }
}
