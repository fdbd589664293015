/// What a desk may make us show, and why.
enum Limits {
    /// An unknown type as an error message quotes it.
    static let quotedCharacters = 40
}
