/// The bounds of an AMI connection. Asterisk sends lines of any length (dynamic strings), so the reader must set them
/// itself. `domain.md` §1.1.
public enum Limits {
    /// Known headers have a few kilobytes at most. Beyond this limit the message is dropped and counted.
    public static let lineBytes = 64 * 1024
    /// CoreShowChannels and similar messages have some 20 headers; a UserEvent may have many.
    public static let messageLines = 512
    public static let messageBytes = 1024 * 1024
    /// What is read at once to complete an unfinished message: nearly all are shorter.
    static let completionBytes = 1024
    /// Lines of an old-style `Command` answer (Asterisk ≤ 13); `core show hints` of a large switch has some thousands.
    public static let commandLines = 32_768
    /// A banner has 30 bytes. A peer that sends this much without a line end is not Asterisk.
    public static let bannerBytes = 256
    /// Asterisk reads lines into 1,024 bytes including CRLF (`main/manager.c`, `get_input`).
    public static let actionLineBytes = 1022
    /// Asterisk accepts 128 headers an action.
    public static let actionLines = 128
    /// The most unanswered actions at once. More mean that the switch does not answer.
    public static let pendingActions = 1000

    /// Asterisk answers a refused login after 1 s; a connection without a banner for this long is not AMI.
    public static let greeting: Duration = .seconds(10)
    public static let login: Duration = .seconds(10)
    public static let answer: Duration = .seconds(10)
    /// Since the last item of a list.
    public static let listSilence: Duration = .seconds(30)
    /// A list without an end is given up. 300 members of 1,000 queues are 300,000 items, and arrive within a minute on
    /// a slow line.
    public static let listItems = 1_000_000
    public static let listDuration: Duration = .seconds(600)
    /// Lists that were given up and may still be coming.
    public static let abandonedLists = 8
    /// The switch never ends an idle session, so only asking reveals a dead link. The interval suits the clocks, too:
    /// two that drift apart by 100 ppm differ by 1.5 ms after it.
    public static let pingInterval: Duration = .seconds(15)
    public static let pingAnswer: Duration = .seconds(5)
    /// The number of successive unanswered Pings after which the link is given up.
    public static let pingsUnanswered = 2
    /// A stranger's banner as an error message quotes it.
    static let quotedScalars = 60
}
