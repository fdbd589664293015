import Time

/// What is bounded about people and programs, and why.
public enum AccessLimits {
    /// An account's or a token's name is a column of a table, and part of a line of the log.
    public static let nameBytes = 64
    /// Shorter passwords are guessed offline, should the store ever be copied; NIST SP 800-63B-4 §3.1.1.2 asks for 15
    /// where a password is all, and for 8 beside a second factor. Length is the only rule.
    public static let shortestPassword = 12
    /// A password is hashed at once, so this much is what a stranger can make us read.
    public static let longestPasswordBytes = 1024
    /// Ten thousand agents and their supervisors, some with a second machine.
    public static let sessions = 20_000
    /// A person's browsers. A sign-in beyond ends the session that was used least recently.
    public static let sessionsPerAccount = 20
    /// Accounts and tokens that a gateway reads: more are a mistake of a script.
    public static let accounts = 20_000, tokens = 1_000
    /// Accounts and addresses whose failures are remembered.
    public static let throttled = 10_000
    /// How many wrong passwords of one account from one address are answered at once.
    public static let freeFailures = 3
    /// After so many an account is locked for that address; after so many from all addresses, for everybody. The second
    /// is larger, because anybody can cause it for anybody.
    public static let failuresToLock = 10, failuresToLockAccount = 50
    /// After so many wrong passwords for any accounts an address is locked: a whole office may be behind it.
    public static let failuresToLockAddress = 100
    /// The first lock; each further one is twice as long, up to the longest.
    public static let firstLock: Span = .seconds(60), longestLock: Span = .seconds(900)
    /// Failures are forgotten after this long without another.
    public static let failuresForgotten: Span = .seconds(3600)
    /// The first delayed answer waits this long; each further one twice as long, up to the longest.
    public static let firstDelay: Span = .milliseconds(250), longestDelay: Span = .seconds(8)
    /// Beyond so many doublings every delay and every lock is the longest.
    static let doublings = 10
    /// What an entry of the audit says of one thing.
    public static let auditedText = 200
    /// Nobody guesses 128 bits within an hour; a person copies 22 characters from a log.
    public static let firstCodeBytes = 16
    /// A log is read within an hour of a first start, or the gateway is started again.
    public static let firstCodeLasts: Span = .seconds(3600)
    /// What is the only secret of a token or a session, and is never typed.
    public static let secretBytes = 32
    /// A page that was left open on a machine that sleeps; a shift with overtime.
    public static let idleSession: Span = .seconds(1800), longestSession: Span = .seconds(12 * 3600)
    /// Parts of a scope, as a command gives them.
    public static let scopeParts = 200
}
