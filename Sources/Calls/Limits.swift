/// What this target bounds, and why.
enum Limits {
    /// Local channels behind one another: a phone that forwards to itself goes round through some twenty.
    static let localHalves = 100
    /// A list of so many is searched sooner than a set of it is made.
    static let searchedList = 12
}
