import Testing

extension Tag {
    /// Plays every committed recording of a real switch, or most of them.
    @Tag static var recordings: Self
    /// Computes for seconds.
    @Tag static var slow: Self
}
