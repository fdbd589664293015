/// What JSON from outside may make us show, and why.
enum Limits {
    /// A member's name as an error message quotes it.
    static let quotedCharacters = 40
    /// The last names of a path are enough to find the place.
    static let quotedLevels = 4
    /// A value whose arrays and objects are nested so deep is refused: no reader of ours would take it, and each level
    /// needs stack. Foundation's reader and writer have the same limit.
    static let depth = 512
    /// What is written is in memory as a whole.
    static let writtenBytes = 1 << 32
}
