/// Why a session with a switch ended, in words that say what to check.
public enum AMIError: Error, Equatable, Sendable, CustomStringConvertible {
    case notAsterisk(firstLine: String)
    case noGreeting(after: Duration)
    case tooOld(version: String)
    case loginRefused(username: String, reason: String)
    /// While it shuts down it still accepts connections, but refuses each login.
    case shuttingDown
    case loginUnanswered(after: Duration)
    case silent(for: Duration)
    case permissionDenied(action: String)
    case tooManyPending(Int)

    public var description: String {
        switch self {
        case .notAsterisk(let line):
            "This port does not speak AMI: it began with “\(line)” instead of “Asterisk Call Manager/…”. Check host and port (bindaddr and port in manager.conf; 5038 is the default, 5039 is TLS)."
        case .noGreeting(let time):
            "Connected, but no “Asterisk Call Manager/…” came in \(time.components.seconds) s. Is this the TLS port, or another service? Check port and tlsbindaddr in manager.conf."
        case .tooOld(let version):
            "AMI version \(version) is older than 2.0 (Asterisk 12): its events are of another kind. Use Asterisk 13 or later."
        case .loginRefused(let username, let reason):
            "Asterisk refused the login of “\(username)”: \(reason). Check [\(username)] in manager.conf: secret, and deny/permit for this host."
        case .shuttingDown: "Asterisk is shutting down and accepts no login until it is back."
        case .loginUnanswered(let time):
            "Asterisk did not answer the login in \(time.components.seconds) s. Is the switch starting or stopping?"
        case .silent(let time):
            "The switch has said nothing for \(time.components.seconds) s and does not answer Ping: the link is dead."
        case .permissionDenied(let action):
            "Asterisk denies the action \(action). Add the write class that it needs in manager.conf (the inventory needs write = reporting)."
        case .tooManyPending(let count): "\(count) actions are unanswered: the switch is not answering."
        }
    }

    /// A fault of configuration. Trying again at once cannot help, and Asterisk logs each refused login as a security
    /// event (fail2ban).
    public var isConfigurationFault: Bool {
        switch self {
        case .notAsterisk, .tooOld, .loginRefused, .permissionDenied: true
        case .noGreeting, .shuttingDown, .loginUnanswered, .silent, .tooManyPending: false
        }
    }
}
