import Core
import Telephony
import Time

/// Everything has a bound, in one place, with its reason. (AMI's are in `AMI.Limits`, a request's in `HTTP.Limits`.)
public enum Limits {
    /// Two floors of agents with a spare tab each; file descriptors are bounded, too. Desks have it in common, by
    /// WebSocket and TCP together.
    public static let connectionsPerListener = 2_000
    /// Of these, those that are neither a signed-in desk nor a reader of the stream: for these a place is kept.
    public static let unsettledConnections = 1_500
    /// Of one address. A browser has six; a proxy for a whole house has some dozen.
    public static let unsettledPerAddress = 200
    /// Work that an address may ask for, in facts that are gone through: some explanations of a full day at once, then
    /// about one a second.
    public static let clientWork = 5_000_000
    public static let clientWorkPerSecond = 500_000
    /// What each answer of figures costs beside its facts.
    public static let answerWork = 5_000
    /// Addresses that are remembered.
    public static let clientAddresses = 10_000
    /// Wrong tokens that are answered at once; the longest that the answer to one waits; and after how long they are
    /// forgotten.
    public static let freeMistakes = 5
    /// The same for the doors of all desks together, of one address: a whole office may be behind it.
    public static let freeMistakesAtDesks = 30
    public static let longestMistake: Span = .seconds(8)
    public static let mistakesForgotten: Span = .seconds(300)
    /// Where an address was wrong more often, so many of its tokens are looked at in a second: by HTTP, and as many of
    /// desks. A right token waits behind ``unsettledPerAddress`` others at most: 4 s, less than the 10 s of ``hello``
    /// and than programs wait for an answer. For guesses it is nothing: a token has 16 characters at least, or `check`
    /// warns.
    public static let tokenLooksPerSecond = 50
    /// Looks for which the loop came late are made up for, of so long.
    public static let tokenLooksLate: Span = .milliseconds(200)
    /// Wrong tokens of an address that are known again at one door: one for each of the agents who share it and whose
    /// tokens were changed.
    public static let wrongTokens = 64
    /// Lines of one kind that strangers may have written to the log in a second.
    public static let logLinesPerSecond = 5
    /// What was refused to clients is said so often.
    public static let refusalReport: Span = .seconds(60)
    /// A desk that does not say hello holds a slot for nobody.
    public static let hello: Span = .seconds(10)
    /// A request that has begun must be complete by then (slow-loris).
    public static let request: Span = .seconds(15)
    /// A kept-alive connection without a request.
    public static let idle: Span = .seconds(75)
    /// A line from a desk: `hello` and `pop.ack` have some hundred bytes.
    public static let deskLineBytes = 16 * 1024
    /// What a stranger may say: a `hello` with the longest name, switch and token that a person would choose.
    public static let helloBytes = 4 * 1024
    /// A slow desk loses its connection, not everybody's memory: some thousand pops.
    public static let unsentBytesPerDesk = 2_000_000
    /// A wallboard gets whole snapshots of perhaps 50 kB; one that is 40 of them behind is not looked at.
    public static let unsentBytesPerWallboard = 2_000_000
    /// To a switch we send a line now and then: this much means that it does not read.
    public static let unsentBytesPerSwitch = 1_000_000
    /// What an HTTP client may leave unread of its answers.
    public static let unsentBytesPerClient = 4_000_000
    /// Queues that `/metrics` tells, in order of switch and name; how many more there are it tells, too. A monitoring
    /// system keeps some 70 series of each.
    public static let metricsQueues = 1_000
    /// About so long may `/metrics` become; queues beyond are left out. Less than ``unsentBytesPerClient``, or it could
    /// never be read.
    public static let metricsBytes = 3_000_000
    /// An agent's name as a desk may say it.
    public static let agentBytes = 120
    /// A pop that is not acknowledged in this time is sent again, so many times.
    public static let acknowledgement: Span = .seconds(2)
    public static let popSends = 3
    /// Proxies cut quiet connections after 30 s to 60 s; readers give up after 40 s.
    public static let heartbeat: Span = .seconds(15)
    /// Without a reader for so long, nothing is written for one who comes back: a snapshot stands for what it missed.
    public static let wallboardAbsence: Span = .seconds(120)
    /// Of the queues that an agent works for so many are named; how many more there are is told, too.
    public static let wallboardQueuesOfAgent = 50
    /// What a reader that comes back can be told of what it missed: at ten changes a second two minutes and more; and
    /// not more bytes than may wait for a reader at once, for a snapshot is shorter.
    public static let wallboardHistoryMessages = 1_000
    public static let wallboardHistoryBytes = 1_000_000
    /// A reader that has so much unread is written nothing more until it has read it; then it gets the latest state,
    /// not what it missed.
    public static let congestedBytes = 64_000
    /// A congested reader that takes nothing for so long is dead: its machine sleeps, its cable is out.
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
    /// After so long an address may ask for everything again; a longer time would only overflow.
    static let clientWorkRefill: Span = .seconds(60)
    /// Requests that were looked at are removed from the front of their line in pieces.
    static let spentLooks = 256
    /// Names that a refusal lists for who misspelt one.
    static let listedScopes = 50
    /// The first mistake beyond the free ones waits this long; each further one twice as long, up to
    /// ``longestMistake``.
    static let firstMistakeMilliseconds: Int64 = 250, mistakeDoublings = 10
    /// Names that a refusal of a subscription lists.
    static let listedNames = 100
    /// What we say ourselves of foreign text may be longer than the text.
    static let printableReason = 500
}
