import Time

/// What this target bounds, and why.
enum Limits {
    /// Facts of a queue in which a contact is renamed after two became one: those are among its last.
    static let renamedFacts = 1000
    /// Facts that lie together in a log: some 50 kB, which is what a new fact copies at most. Ten times as many chunks
    /// would cost each reader of a day more than they save a writer.
    static let chunkFacts = 256
    /// Days of which a queue's figures are kept: facts are of two or three, and a clock may be wrong.
    static let runningDays = 4
    /// Readers ask for the moment at which something was due, and events may be dated later; none is later by more than
    /// this.
    static let readersLateness: Span = .seconds(60)
    /// Rows that changed late are written once a minute, not with each event.
    static let revisionPause: Span = .seconds(60)
    /// Terms of an estimate fall off: beyond these they no longer change its seconds.
    static let estimateTerms = 10_000
}
