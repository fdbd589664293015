import Access
import Core
import Telephony
import Time

/// Everything has a bound, in one place, with its reason. (AMI's are in `AMI.Limits`, a request's in `HTTP.Limits`.)
public enum Limits {
    /// The desks of ten thousand agents and some spare tabs: less than 10 KB each where nobody calls
    /// (`make bench BENCH="--only idle"`). File descriptors are bounded, too. Desks share this limit over WebSocket and
    /// TCP.
    public static let connectionsPerListener = 12_000
    /// Two floors of agents with a spare tab each: where the system allows fewer, the log says so at the start.
    public static let usualConnections = 2_000
    /// Of ``connectionsPerListener``, connections that are neither a signed-in desk nor a reader of the stream: for
    /// those two, places are kept.
    public static let unsettledConnections = 1_500
    /// Such connections of one address. A browser has six; a proxy for a whole house has some dozen.
    public static let unsettledPerAddress = 200
    /// Addresses of `X-Forwarded-For` that are read: a chain of proxies has two or three.
    static let forwardedHops = 16
    /// An IPv6 address with an IPv4 address at its end and the name of a network card.
    static let addressBytes = 64
    /// Work that an address may ask for, in facts that are gone through: some explanations of a full day at once, then
    /// about one a second.
    public static let clientWork = 5_000_000
    public static let clientWorkPerSecond = 500_000
    /// What each answer of figures costs beside its facts.
    public static let answerWork = 5_000
    /// Addresses that are remembered.
    public static let clientAddresses = 10_000
    /// How many wrong tokens are answered at once; the longest delay of the answer to one; and after how long they are
    /// forgotten.
    public static let freeMistakes = 5
    /// The same for the doors of all desks together, of one address: a whole office may be behind it.
    public static let freeMistakesAtDesks = 30
    public static let longestMistake: Span = AccessLimits.longestDelay
    public static let mistakesForgotten: Span = .seconds(300)
    /// How many tokens of an address that was wrong more often are checked in a second: by HTTP, and as many of desks.
    /// A right token waits behind ``unsettledPerAddress`` others at most: 4 s, less than the 10 s of ``hello`` and less
    /// than programs wait for an answer. For guessing this rate is useless: a token has 16 characters at least, or
    /// `check` warns.
    public static let tokenLooksPerSecond = 50
    /// Checks for which the loop came late are made up for, up to this long.
    public static let tokenLooksLate: Span = .milliseconds(200)
    /// Wrong tokens of an address that are recognised at one door: one for each of the agents who share it and whose
    /// tokens were changed.
    public static let wrongTokens = 64
    /// Lines of one kind that strangers may have written to the log in a second.
    public static let logLinesPerSecond = 5
    /// How often it is logged what was refused to clients.
    public static let refusalReport: Span = .seconds(60)
    /// A sign-in has a name, a password and perhaps a code.
    public static let signInBytes = 4 * 1024
    /// Passwords that are being checked, or wait for it: some 20 are checked in a second, and nobody waits longer than
    /// a browser does.
    public static let signIns = 200
    /// The same of one address: an office whose shift begins.
    public static let signInsPerAddress = 20
    /// How often sessions that have ended are looked for, and those of open pages are kept alive.
    public static let sessionCheck: Span = .seconds(10)
    /// Refusals that are entered in the audit one by one in a second: a day of them is some 100 MB.
    public static let auditedRefusalsPerSecond = 5
    /// A desk that does not send hello takes a place for nobody.
    public static let hello: Span = .seconds(10)
    /// A request that has begun must be complete by then (slow-loris).
    public static let request: Span = .seconds(15)
    /// A kept-alive connection without a request.
    public static let idle: Span = .seconds(75)
    /// A line from a desk: `hello` and `pop.ack` have some hundred bytes.
    public static let deskLineBytes = 16 * 1024
    /// What a stranger may say: a `hello` with the longest name, switch and token that a person would choose.
    public static let helloBytes = 4 * 1024
    // Where a listener has TLS, what waits is counted encrypted: 22 bytes more for each record of up to 16 KiB.

    /// A slow desk loses its connection, not everybody's memory: some thousand pops.
    public static let unsentBytesPerDesk = 2_000_000
    /// A wallboard gets whole snapshots of perhaps 50 kB; one that is 40 of them behind is not looked at.
    public static let unsentBytesPerWallboard = 2_000_000
    /// To a switch we send a line now and then: this much means that it does not read.
    public static let unsentBytesPerSwitch = 1_000_000
    /// What an HTTP client may leave unread of its answers.
    public static let unsentBytesPerClient = 4_000_000
    /// How many queues `/metrics` lists, in order of switch and name; it also gives the number of the others. A
    /// monitoring system keeps some 70 series of each queue.
    public static let metricsQueues = 1_000
    /// About how long `/metrics` may become; further queues are left out. Less than ``unsentBytesPerClient``, or it
    /// could never be read.
    public static let metricsBytes = 3_000_000
    /// An agent's name as a desk may send it.
    public static let agentBytes = 120
    /// A pop that is not acknowledged in this time is sent again, so many times.
    public static let acknowledgement: Span = .seconds(2)
    public static let popSends = 3
    /// Proxies cut quiet connections after 30 s to 60 s; readers give up after 40 s.
    public static let heartbeat: Span = .seconds(15)
    /// Between the heartbeats of two parts of the desks: ten thousand desks are 60 parts of 167.
    static let heartbeatPart: Span = .milliseconds(250)
    /// After this long without a reader, nothing is kept for one that comes back: a snapshot stands for what it missed.
    public static let wallboardAbsence: Span = .seconds(120)
    /// How many of an agent's queues are named; the number of the others is sent, too.
    public static let wallboardQueuesOfAgent = 50
    /// What a reader that comes back can be sent of what it missed: at ten changes a second a minute and a half; and
    /// not more bytes than may wait for a reader at once, for a snapshot is shorter.
    public static let wallboardHistoryMessages = 1_000
    public static let wallboardHistoryBytes = 1_000_000
    /// Audiences (readers who see the same part of the centre) for which missed changes are kept; readers of others get
    /// a snapshot when they come back. Twice as many as there may be suppliers; each may keep
    /// ``wallboardHistoryBytes``.
    public static let wallboardAudiences = 200
    /// A reader that has this much unread is sent nothing more until it has read it; then it gets the latest state, not
    /// what it missed.
    public static let congestedBytes = 64_000
    /// A congested reader that takes nothing for this long is dead: its machine sleeps, its cable is out.
    public static let deadReader: Span = .seconds(60)
    /// A line or a text frame from a reader of the stream.
    public static let wallboardLineBytes = 16 * 1024
    /// Names in one member of a subscription.
    public static let wallboardNames = 200
    public static let wallboardLongestInterval: Span = .seconds(60)
    /// A reader that asks for more in a minute is a program in a loop.
    public static let wallboardRequestsPerMinute = 60
    /// Values that are remembered for insensitivities, of all readers together: some tens of MB. Beyond, each change
    /// counts as large.
    public static let insensitivityValues = 500_000
    /// Records bear the switch's time: clocks that nobody synchronises drift by as much in a few days, and those that
    /// somebody does never.
    static let clockAlarm: Span = .seconds(5)
    /// The journal, the checkpoints and the store of a day of 100,000 calls take some 500 MB.
    static let leastDiskBytes = 500 * 1024 * 1024
    /// An entry of the journal is on the disk after some tens of milliseconds, and on a busy disk after a second. While
    /// it waits, answers and records wait as well.
    static let journalWait: Span = .seconds(5)
    /// After this long an address may ask for everything again; a longer time would only overflow.
    static let clientWorkRefill: Span = .seconds(60)
    /// Requests that were checked are removed from the front of their line in pieces.
    static let spentLooks = 256
    /// Names that a refusal lists for a client that misspelt one.
    static let listedScopes = 50
    /// Names that a refusal of a subscription lists.
    static let listedNames = 100
    /// What we say ourselves of foreign text may be longer than the text.
    static let printableReason = 500
}
