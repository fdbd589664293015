/// What JSON from outside may make us show, and why.
enum Limits {
    /// A member's name as an error message quotes it.
    static let quotedCharacters = 40
    /// The last names of a path are enough to find the place.
    static let quotedLevels = 4
}
