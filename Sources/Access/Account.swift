import Telephony
import Time

/// A person who may sign in. The password's hash is not here: the store has it, and only what checks a password reads
/// it.
public struct Account: Hashable, Sendable {
    /// As typed at the sign-in: see ``name(reading:)``.
    public var name: String
    public var role: Role
    public var scope: Scope
    /// Of an agent: the desk that opens without a token, and the only one.
    public var agent: Interface?
    public var isDisabled: Bool
    /// When the password was set, or the account disabled or enabled: sessions that began before are over.
    public var changed: UnixTime

    public init(
        name: String, role: Role, scope: Scope = .everything, agent: Interface? = nil, isDisabled: Bool = false,
        changed: UnixTime = UnixTime(microseconds: 0)
    ) {
        self.name = name
        self.role = role
        self.scope = scope
        self.agent = agent
        self.isDisabled = isDisabled
        self.changed = changed
    }

    public var grant: Grant { Grant(holder: .account(name), role: role, scope: scope, agent: agent) }

    /// The name in the only form that is stored and compared: small ASCII letters, digits and `. - _ @`. So no two
    /// accounts look alike on a page or in the audit.
    public static func name(reading text: String) throws(AccessFault) -> String {
        let name = text.lowercased()
        func isAllowed(_ byte: UInt8) -> Bool {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."),
                UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "@"):
                true
            default: false
            }
        }
        guard !name.isEmpty, name.utf8.count <= AccessLimits.nameBytes, name.utf8.allSatisfy(isAllowed),
            name.utf8.first != UInt8(ascii: "-")
        else {
            throw AccessFault(
                "A name has 1 to \(AccessLimits.nameBytes) letters (without accents), digits and . - _ @, and does not begin with -: “maria.rossi”."
            )
        }
        return name
    }

    /// What contradicts itself in an account; nil: nothing.
    public var fault: AccessFault? {
        switch (role, agent) {
        case (.agent, nil):
            AccessFault("An agent's account needs the agent's interface (--agent PJSIP/1001): it opens that desk only.")
        case (.agent, _?): nil
        case (_, _?): AccessFault("Only an agent's account (--role agent) has a desk (--agent).")
        case (_, nil): nil
        }
    }
}

/// Why something about people or programs is refused: a sentence with the remedy.
public struct AccessFault: Error, Equatable, Sendable, CustomStringConvertible {
    public let description: String
    public init(_ description: String) { self.description = description }
}
