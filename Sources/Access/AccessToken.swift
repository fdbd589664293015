import Time

/// What a program shows instead of a password: `ctl_` and 43 characters that stand for 32 random bytes. Only its
/// SHA-256 is kept; with so many random bytes a slow hash would protect nothing more.
public struct AccessToken: Hashable, Sendable {
    /// For people: in lists and in the audit.
    public var name: String
    public var role: Role
    public var scope: Scope
    /// nil: never.
    public var expires: UnixTime?
    public var isRevoked: Bool
    /// SHA-256 of the text.
    public var digest: [UInt8]

    public init(
        name: String, role: Role, scope: Scope = .everything, expires: UnixTime? = nil, isRevoked: Bool = false,
        digest: [UInt8]
    ) {
        self.name = name
        self.role = role
        self.scope = scope
        self.expires = expires
        self.isRevoked = isRevoked
        self.digest = digest
    }

    public var grant: Grant { Grant(holder: .program(name), role: role, scope: scope) }

    /// By which a text is known for a token of the store, without a look at the store: also by scanners of leaked
    /// secrets.
    public static let prefix = Credentials.tokenPrefix
    public static let randomBytes = 32
    /// Of ``randomBytes`` in base64url.
    private static let characters = 43

    /// The text of a new token. `random`: ``randomBytes`` unpredictable bytes.
    public static func text(_ random: [UInt8]) -> String { prefix + Base64URL.text(random) }

    public static func isToken(_ text: String) -> Bool {
        text.hasPrefix(prefix) && text.utf8.count == prefix.utf8.count + characters
    }
}

/// RFC 4648 §5 without padding: what may stand in a header, a cookie and an address.
public enum Base64URL {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    public static func text(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        var (bits, count) = (0, 0)
        for byte in bytes {
            bits = bits << 8 | Int(byte)
            count += 8
            while count >= 6 {
                count -= 6
                text.append(alphabet[bits >> count & 63])
            }
            bits &= 0xFFFF
        }
        if count > 0 { text.append(alphabet[bits << (6 - count) & 63]) }
        return String(decoding: text, as: UTF8.self)
    }
}
