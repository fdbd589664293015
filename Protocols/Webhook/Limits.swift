/// What a sender may make us hold or show, and why.
enum Limits {
    /// A `webhook-id` is kept to know repetitions. Ids of senders are ULIDs, UUIDs or the like, below 64 bytes.
    static let identifierBytes = 256
    /// RFC 3339 with nine digits of a second and an offset has 35 bytes.
    static let timeBytes = 40
    /// An unknown type as an error message quotes it.
    static let quotedCharacters = 40
}
