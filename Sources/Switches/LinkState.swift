/// How far we have come with a switch.
public enum LinkState: String, Codable, Equatable, Sendable {
    case disconnected, connecting, loggingIn
    /// Logged in; the inventory is not complete yet.
    case synchronizing
    case connected
    /// The switch refuses us: somebody must change a configuration.
    case refused
}
