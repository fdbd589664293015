/// What a reader of the stream may make us show, and why.
enum Limits {
    /// The name of an unknown member as an error message quotes it.
    static let quotedCharacters = 60
}
