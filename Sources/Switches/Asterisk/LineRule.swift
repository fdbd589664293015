import Telephony

/// Decides which channels are lines to the outside and which are our devices. AMI does not say so, and the direction of
/// a call depends on it.
///
/// With `trunks` configured (patterns such as `PJSIP/trunk*`, where `*` matches anything) the matching devices are
/// lines, and all others are devices of ours. Without, an endpoint whose name is a short number (`PJSIP/1001`) is a
/// device of ours, as is a queue's member; all others are lines.
public struct LineRule: Codable, Equatable, Sendable {
    public var trunks: [String]

    public init(trunks: [String] = []) { self.trunks = trunks }

    /// `PJSIP/trunk-0000003f` → `PJSIP/trunk`; both halves of a Local channel have the same device.
    static func device(of name: String) -> String {
        // Where all is ASCII, a byte is a letter.
        let dash = name.isPlainASCII ? name.utf8.lastIndex(of: UInt8(ascii: "-")) : name.lastIndex(of: "-")
        guard let dash, dash > name.startIndex else { return name }
        return String(name[..<dash])
    }

    /// Technologies of the switch itself: announcements, recordings, listeners, channels that are moved, and audio of
    /// programs (a voice bot).
    private static let ofItself: Set = [
        "Announcer", "AsyncGoto", "AudioSocket", "Bridge", "CBAnn", "CBRec", "Local", "Message", "MulticastRTP",
        "OutgoingSpoolFailed",
        "Parking", "Recorder",
        "Snoop", "Surrogate", "UnicastRTP", "WebSocket",
    ]
    /// The sound card of the switch's own machine.
    private static let consoles: Set = ["Console", "ALSA", "OSS"]

    func kind(of device: String) -> Channel.Kind {
        let slash = device.isPlainASCII ? device.utf8.firstIndex(of: UInt8(ascii: "/")) : device.firstIndex(of: "/")
        let technology = String(device[..<(slash ?? device.endIndex)])
        if Self.ofItself.contains(technology) { return .local }
        if !trunks.isEmpty { return trunks.contains { Self.matches(device[...], $0[...]) } ? .line : .phone }
        if Self.consoles.contains(technology) { return .phone }
        let endpoint = slash.map { device[$0...].dropFirst() } ?? ""
        return !endpoint.isEmpty && endpoint.utf8.count <= 6 && endpoint.utf8.allSatisfy { $0 >= 48 && $0 <= 57 }
            ? .phone : .line
    }

    private static func matches(_ text: Substring, _ pattern: Substring) -> Bool {
        guard let star = pattern.firstIndex(of: "*") else { return text == pattern }
        let head = pattern[..<star]
        guard text.hasPrefix(head) else { return false }
        let rest = pattern[pattern.index(after: star)...]
        var tail = text.dropFirst(head.count)
        while true {
            if matches(tail, rest) { return true }
            guard !tail.isEmpty else { return false }
            tail = tail.dropFirst()
        }
    }
}
