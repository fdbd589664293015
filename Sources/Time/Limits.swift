/// What this target keeps, and why.
enum Limits {
    /// Deadlines that are over are removed from the front of their queue in pieces, so that one costs little on
    /// average.
    static let spentDeadlines = 256
}
