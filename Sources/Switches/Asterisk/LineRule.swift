import Telephony

/// Which channels are lines to the outside, and which are devices of ours: AMI does not say it, and the direction of a call follows from it.
///
/// With `trunks` configured (patterns such as `PJSIP/trunk*`, where `*` stands for anything) these are the lines, and everything else is a device. Without,
/// an endpoint whose name is a short number (`PJSIP/1001`) is a device, as is a queue's member; every other one is a line.
public struct LineRule: Codable, Equatable, Sendable {
    public var trunks: [String]

    public init(trunks: [String] = []) { self.trunks = trunks }

    /// `PJSIP/trunk-0000003f` → `PJSIP/trunk`; the halves of a Local channel share one.
    static func device(of name: String) -> String {
        guard let dash = name.lastIndex(of: "-"), dash > name.startIndex else { return name }
        return String(name[..<dash])
    }

    /// The switch's own: announcements, recordings, what listens, what is moved about, and the sound of programs (a voice robot).
    private static let ofItself: Set = [
        "Announcer", "AsyncGoto", "AudioSocket", "Bridge", "CBAnn", "CBRec", "Local", "Message", "MulticastRTP", "OutgoingSpoolFailed",
        "Parking", "Recorder",
        "Snoop", "Surrogate", "UnicastRTP", "WebSocket",
    ]
    /// The sound card of the switch's own machine.
    private static let consoles: Set = ["Console", "ALSA", "OSS"]

    func kind(of device: String) -> Channel.Kind {
        let technology = String(device.prefix { $0 != "/" })
        if Self.ofItself.contains(technology) { return .local }
        if !trunks.isEmpty { return trunks.contains { Self.matches(device[...], $0[...]) } ? .line : .phone }
        if Self.consoles.contains(technology) { return .phone }
        let endpoint = device.drop { $0 != "/" }.dropFirst()
        return !endpoint.isEmpty && endpoint.utf8.count <= 6 && endpoint.utf8.allSatisfy { $0 >= 48 && $0 <= 57 } ? .phone : .line
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
