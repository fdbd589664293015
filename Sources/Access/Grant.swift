import Telephony

/// Who asks, and what follows from it: made once where somebody is let in, and handed to every edge. No edge decides
/// anything of it itself.
public struct Grant: Hashable, Sendable {
    public enum Holder: Hashable, Sendable {
        /// A person who signed in, by the account's name.
        case account(String)
        /// A program with a token of the store, by the token's name.
        case program(String)
        /// Whoever has a token of the configuration, by where it stands (`desks`, `wallboards`, `agents.1003`).
        case configured(String)
        /// Nothing was shown and nothing is asked for: a program of this machine.
        case thisMachine
    }

    public var holder: Holder
    public var role: Role
    public var scope: Scope
    /// Of a person who is an agent: the only desk that opens.
    public var agent: Interface?

    public init(holder: Holder, role: Role, scope: Scope = .everything, agent: Interface? = nil) {
        self.holder = holder
        self.role = role
        self.scope = scope
        self.agent = agent
    }
}
