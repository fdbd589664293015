import COpenSSL

/// Passwords as they are stored: scrypt (RFC 7914) with its costs and its salt in the text, so that the costs can grow
/// without making anybody's password invalid.
///
/// `$scrypt$ln=15,r=8,p=3$SALT$HASH`, the salt of 16 and the hash of 32 bytes in base64 without padding (the PHC string
/// format). One check takes 32 MB and about 0.2 s: call it beside the loop, and not many at a time.
public enum Scrypt {
    public struct Costs: Hashable, Sendable {
        /// The binary logarithm of N.
        public var logN: Int
        public var r: Int
        public var p: Int

        public init(logN: Int, r: Int, p: Int) {
            self.logN = logN
            self.r = r
            self.p = p
        }

        /// Of the costs that OWASP's cheat sheet on passwords calls equally good, the one with 32 MB: two checks at a
        /// time must fit a small machine beside the gateway.
        public static let usual = Costs(logN: 15, r: 8, p: 3)

        /// What a stored text may ask for. Whoever can write the store could otherwise make a sign-in take all memory.
        var isBearable: Bool { (10...17).contains(logN) && (1...16).contains(r) && (1...4).contains(p) }
        /// 128·N·r and OpenSSL's own buffers.
        var memoryBytes: UInt64 { UInt64(128 * r) * (1 << UInt64(logN)) + UInt64(128 * r * p) + (1 << 20) }
    }

    private static let saltBytes = 16, hashBytes = 32  // not a limit: the form of the text

    /// What is stored of a new password.
    public static func text(of password: [UInt8], _ costs: Costs = .usual) -> String {
        let salt = OpenSSL.randomBytes(saltBytes)
        guard let hash = hash(password, salt, costs) else {
            preconditionFailure("scrypt failed: is there memory for \(costs.memoryBytes) bytes?")
        }
        return "$scrypt$ln=\(costs.logN),r=\(costs.r),p=\(costs.p)$\(base64(salt))$\(base64(hash))"
    }

    /// Whether this is the password of a stored text; false for a text that cannot be read. nil: it could not be
    /// computed, for want of memory.
    public static func isRight(_ password: [UInt8], _ stored: String) -> Bool? {
        guard let (costs, salt, expected) = read(stored) else { return false }
        return hash(password, salt, costs).map { OpenSSL.constantTimeEqual($0, expected) }
    }

    /// Takes as long as a check of a stored password: an account that does not exist must not be answered sooner.
    public static func spend(on password: [UInt8]) {
        _ = hash(password, [UInt8](repeating: 0, count: saltBytes), .usual)
    }

    static func read(_ stored: String) -> (costs: Costs, salt: [UInt8], hash: [UInt8])? {
        let parts = stored.split(separator: "$", omittingEmptySubsequences: false)
        guard parts.count == 5, parts[0].isEmpty, parts[1] == "scrypt" else { return nil }
        var numbers: [Int] = []
        let names = ["ln=", "r=", "p="]
        let fields = parts[2].split(separator: ",")
        guard fields.count == names.count else { return nil }
        for (field, name) in zip(fields, names) {
            guard field.hasPrefix(name), let number = Int(field.dropFirst(name.count)) else { return nil }
            numbers.append(number)
        }
        let costs = Costs(logN: numbers[0], r: numbers[1], p: numbers[2])
        guard costs.isBearable, let salt = bytes(parts[3]), salt.count == saltBytes, let hash = bytes(parts[4]),
            hash.count == hashBytes
        else { return nil }
        return (costs, salt, hash)
    }

    private static func hash(_ password: [UInt8], _ salt: [UInt8], _ costs: Costs) -> [UInt8]? {
        var key = [UInt8](repeating: 0, count: hashBytes)
        let done = password.withUnsafeBytes { password in
            EVP_PBE_scrypt(
                password.assumingMemoryBound(to: CChar.self).baseAddress, password.count, salt, salt.count,
                1 << UInt64(costs.logN), UInt64(costs.r), UInt64(costs.p), costs.memoryBytes, &key, key.count)
        }
        guard done == 1 else {
            ERR_clear_error()
            return nil
        }
        return key
    }

    // MARK: base64 without padding

    private static func base64(_ bytes: [UInt8]) -> String {
        var text = [UInt8](repeating: 0, count: (bytes.count + 2) / 3 * 4 + 1)
        let count = Int(EVP_EncodeBlock(&text, bytes, Int32(bytes.count)))
        return String(decoding: text[..<count].filter { $0 != UInt8(ascii: "=") }, as: UTF8.self)
    }

    private static func bytes(_ text: Substring) -> [UInt8]? {
        let padding = (4 - text.utf8.count % 4) % 4
        let padded = Array(text.utf8) + [UInt8](repeating: UInt8(ascii: "="), count: padding)
        guard padding < 3, padded.count <= 128 else { return nil }  // not a limit: a salt and a hash are shorter
        var bytes = [UInt8](repeating: 0, count: padded.count / 4 * 3 + 1)
        let count = Int(EVP_DecodeBlock(&bytes, padded, Int32(padded.count)))
        guard count >= padding else { return nil }
        return Array(bytes[..<(count - padding)])
    }
}
