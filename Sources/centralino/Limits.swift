import Time

/// What the program shows and how long its commands wait, and why. The gateway's own bounds are in `Gateway`.
enum ProgramLimits {
    // MARK: characters of a text from outside that are shown

    /// A name of a window or the like inside parentheses.
    static let shownWindow = 20
    /// A switch's name: several stand on one line.
    static let shownSwitch = 30
    /// A queue's name, a party's key, a number, a time: two of them fit a line of 80 columns.
    static let shownName = 40
    /// A channel's name or a rule that is unknown.
    static let shownIdentifier = 60
    /// What has no better bound: a line of a terminal.
    static let shownLine = 80
    /// A sentence of the gateway.
    static let shownSentence = 300
    /// The words of a refusal, which may list names.
    static let shownRefusal = 600
    /// Why a command failed: it may hold a system's message and a path.
    static let shownFailure = 1000
    /// A finding of `doctor` with its remedy.
    static let shownFinding = 2000
    /// Names that a message lists: a person looks for a misspelt one among them.
    static let listedNames = 20
    /// Larger numbers are damaged, and would not fit an `Int` of microseconds or hundredths. Seconds of 30 years;
    /// shares; values of rules.
    static let shownSeconds = 1e9, shownShare = 1e9, shownValue = 1e12
    /// Alarms above the table: the queues need the window.
    static let shownAlarms = 5
    /// A bar of progress with its label and note fits 80 columns.
    static let progressColumns = 30

    // MARK: time

    /// A gateway answers a question of a command within a second; a slow line gets this long.
    static let answerSeconds: Int64 = 15
    /// Replaying a journal up to an earlier moment may take a minute on a small machine.
    static let earlierAnswerSeconds: Int64 = 120
    /// How soon `tail` notices that the reader of its output has gone.
    static let readerCheckMicroseconds: Int64 = 500_000
    /// Waits on the screen count whole seconds; four drawings a second keep them even.
    static let redrawMicroseconds: Int64 = 250_000
    /// The pause between two attempts to connect: it doubles from the first to the longest.
    static let firstRetryMilliseconds = 500, longestRetryMilliseconds = 10_000, retryDoublings = 5
    /// The log's last lines say why the program ended.
    static let lastLinesMilliseconds: Int32 = 1000

    /// How soon a disk that fills up is noticed: a day of records takes hours to write what is kept free.
    static let diskSpaceMicroseconds: Int64 = 60_000_000

    // MARK: the log

    /// The beginning of a line decides its kind.
    static let kindCharacters = 80
    /// Earlier contacts on a card: as many as fit without scrolling.
    static let historyOfPop = 5
    /// A host that does not answer until then is down, or a firewall drops the packets.
    static let connectMicroseconds: Int64 = 10_000_000
    /// Losses of the journal in a report: the last are those that somebody asks about.
    static let reportedLosses = 100
    /// Handshakes that may be under way at once, some 50 kB each. A whole centre that comes back after a restart takes
    /// turns.
    static let handshakes = 500
    /// A signature with an RSA key of 2048 bits takes 0.7 ms.
    static let handshakeStepsPerTurn = 4
    /// Three weeks: public authorities renew 30 days before the end, and a failed renewal should have time to be seen.
    static let certificateWarningSeconds: Int64 = 21 * 86_400
    /// The warning comes at each start and once a day.
    static let certificateWarningMicroseconds: Int64 = 86_400_000_000
    /// What strangers can cause as often as they like is logged once a minute.
    static let refusalLineMicroseconds: Int64 = 60_000_000
    /// Connections accepted in a turn, and the share of the free descriptors that one turn may take.
    static let acceptsPerTurn = 16
    /// Damages and losses of a journal that the log lists.
    static let loggedFaults = 20
    /// The longest time on the monotonic clock between two entries of a journal that is believed. A gateway that was
    /// off for longer has nothing left of the day that it knew; each quarter-hour in between would be gone through.
    static let longestSilence = Span.seconds(366 * 86_400)
    /// How far the monotonic clock may be ahead of the wall clock between two entries: somebody may set a clock back by
    /// hours, but not by days.
    static let clockSetBack = Span.seconds(86_400)
    /// What takes less shows no progress.
    static let silentProgressMicroseconds: Int64 = 1_000_000
    /// Progress in the log, where no terminal shows a bar.
    static let progressLineMicroseconds: Int64 = 5_000_000
    /// A recording that is cut off misses a second at most.
    static let recordingFlushMicroseconds: Int64 = 1_000_000

    // MARK: a backup

    /// A file is copied in such parts.
    static let copiedPartBytes = 1024 * 1024
    /// Some 200 bytes a file: more than a hundred thousand files of a journal.
    static let manifestBytes = 32 * 1024 * 1024
    /// Retention deletes at most every `segment_minutes`: a copy that begins again twice for that is in vain.
    static let backupAttempts = 3
    /// Before a number that is searched in bytes: a longer run of digits is another number.
    static let digitsBeforeNumber = 4

    // MARK: a checkpoint

    /// Its title, a piece's length, a digest.
    static let checkpointLineBytes = 100
    /// What it has beside the facts. Half a million webhook events that are remembered are some 60 MB of it.
    static let checkpointStateBytes = 512 * 1024 * 1024
    /// 256 facts with a hundred holds each, and names that no other fact has, are below a megabyte.
    static let checkpointPieceBytes = 16 * 1024 * 1024
}
