import Time

/// What this target bounds, and why.
enum Limits {
    /// Facts of a queue in which a contact is renamed after two became one: those are among its last.
    static let renamedFacts = 1000
    /// Rows that changed late are written once a minute, not with each event.
    static let revisionPause: Span = .seconds(60)
    /// Terms of an estimate fall off: beyond these they no longer change its seconds.
    static let estimateTerms = 10_000
}
