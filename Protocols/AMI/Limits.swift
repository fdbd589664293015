/// Asterisk sends lines of any length (dynamic strings), so the reader must set bounds itself. `domain.md` §1.1.
public enum Limits {
    /// No header that we know is longer than a few kilobytes; beyond this the message is dropped and counted.
    public static let lineBytes = 64 * 1024
    /// CoreShowChannels and the like have some 20 headers a message; a UserEvent may bring many.
    public static let messageLines = 512
    public static let messageBytes = 1024 * 1024
    /// Lines of an old-style `Command` answer (Asterisk ≤ 13); `core show hints` of a large switch has some thousands.
    public static let commandLines = 32_768
    /// A banner is 30 bytes. A peer that sends this much without a line end is not Asterisk.
    public static let bannerBytes = 256
    /// Asterisk reads lines into 1,024 bytes including CRLF (`main/manager.c`, `get_input`).
    public static let actionLineBytes = 1022
    /// Asterisk accepts 128 headers an action.
    public static let actionLines = 128
    /// Answers that may be outstanding at once: more means that the switch does not answer.
    public static let pendingActions = 1000

    /// Asterisk answers a refused login after 1 s; a connection without a banner for this long is not AMI.
    public static let greeting: Duration = .seconds(10)
    public static let login: Duration = .seconds(10)
    public static let answer: Duration = .seconds(10)
    /// Since the last item of a list.
    public static let listSilence: Duration = .seconds(30)
    /// A list without an end is given up: 300 members of 1,000 queues are 300,000 items, and come within a minute on a slow line.
    public static let listItems = 1_000_000
    public static let listDuration: Duration = .seconds(600)
    /// Lists that were given up and may still be coming.
    public static let abandonedLists = 8
    /// The server never ends an idle session, so a dead link shows only by asking.
    /// Often enough for the clocks, too: two that drift apart by 100 ppm are 1.5 ms off after this.
    public static let pingInterval: Duration = .seconds(15)
    public static let pingAnswer: Duration = .seconds(5)
    /// Unanswered Pings in a row after which the link is given up.
    public static let pingsUnanswered = 2
}
