/// The grants that the store has given, by the SHA-256 of what is shown for them: a session's cookie, a program's
/// token. The secrets themselves are nowhere.
public struct Credentials: Sendable {
    private var grants: [[UInt8]: Grant] = [:]

    public init() {}

    /// How a token of the store begins: one that is shown and not known is refused, whoever else would be let in
    /// without one.
    public static let tokenPrefix = "ctl_"

    /// An empty digest belongs to nobody.
    public subscript(_ digest: [UInt8]) -> Grant? {
        get { digest.isEmpty ? nil : grants[digest] }
        set { grants[digest] = newValue }
    }
}
