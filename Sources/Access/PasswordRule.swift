/// What a new password must be: long enough. Nothing else is asked for.
///
/// Rules about digits and signs make people write `Password1!`, and renewing every three months makes them write
/// `Password2!`: NIST SP 800-63B-4 §3.1.1.2 forbids both. Length is what costs a guesser.
public enum PasswordRule {
    /// nil: the password may be set.
    public static func fault(of password: String, for account: String) -> AccessFault? {
        guard password.utf8.count <= AccessLimits.longestPasswordBytes else {
            return AccessFault("A password has \(AccessLimits.longestPasswordBytes) bytes at most.")
        }
        guard !password.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F }) else {
            return AccessFault("A password has no control characters: they cannot be typed into every form.")
        }
        guard password.count >= AccessLimits.shortestPassword else {
            return AccessFault(
                "A password has \(AccessLimits.shortestPassword) characters at least: take four words that nobody connects with you."
            )
        }
        // What a guesser tries before anything else.
        let lowered = password.lowercased()
        guard Set(lowered).count > 3, !(account.count > 3 && lowered.contains(account)) else {
            return AccessFault(
                "This password is among the first that are guessed: it repeats itself or holds the name.")
        }
        return nil
    }
}
