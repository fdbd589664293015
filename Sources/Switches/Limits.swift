import Time

/// What this target bounds, and why.
enum Limits {
    /// A fault of configuration ends when a person corrects it, so the switch is tried again a little less often than
    /// once a minute.
    static let pauseAfterRefusal: Span = .seconds(75)
    /// Pauses between two connections double from the first to the longest: a switch restarts within a minute.
    static let firstPause: Span = .milliseconds(500), longestPause: Span = .seconds(30)
    /// 500 ms doubled six times is 32 s, just beyond the longest.
    static let pauseDoublings = 6
    /// Names whose text is kept at hand; a power of two. The names of 500 calls and 500 agents are some 3,000.
    static let rememberedNames = 4096
    /// An answer to a survey is a digit or a word.
    static let surveyCharacters = 80
    /// A name that the doctor writes into a function's arguments.
    static let argumentBytes = 100
    /// 128 bits cannot be tried out.
    static let keyBytes = 16
    /// A country and the longest number. Longer digits are not a number, and are computed again each time.
    static let rememberedNumberBytes = 32
    /// Half of so many digits fits into 64 bits.
    static let permutedDigits = 30
    /// A queue's or context's name that is kept in a recording.
    static let learntWordBytes = 100
    /// The name of a channel variable; a longer text before `=` is not one.
    static let variableNameBytes = 64
    /// ITU-T E.164: the longest number.
    static let e164Digits = 15
    /// Channels that are in conferences, or hear music, at once: as many as calls are followed.
    static let silencedChannels = 20_000
    /// A line of the switch's configuration as the doctor quotes it.
    static let quotedCharacters = 80
    /// Names in a sentence of the doctor, which also gives the number of the others.
    static let listedNames = 5
}
