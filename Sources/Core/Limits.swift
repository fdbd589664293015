import Time

extension Core {
    /// What bounds the core, with the reasons. (AMI's limits are in `AMI.Limits`, those of who connects in
    /// `Edges.Limits`.)
    public enum Limits {
        /// A caller's words on a page or in the log; one grapheme may have thousands of combining marks.
        public static let printableScalars = 80
        /// Gaps of one switch that are remembered; the oldest go first. A link that flaps all night must not fill the
        /// memory.
        static let gaps = 10_000
        /// The largest number that is read from a checkpoint or a journal: microseconds until the year 2286, and more
        /// than anything counts to. Some hundred of them may be added without an overflow.
        public static let number: UInt64 = 10_000_000_000_000_000
        /// Calls that are over which a desk is shown when it comes (back): as many as the page lists.
        public static let recentPops = 10
        /// For so long: an agent's day. What was longer ago concerns the registry and the records, and no desk.
        public static let recentPopsKept: Span = .seconds(12 * 3600)
        /// Agents whose calls are remembered so; those who have had none for longest are forgotten first. Some kB an
        /// agent, in memory and in each checkpoint.
        public static let recentPopsAgents = 500
        /// Registry answers later than this come as an update of a pop that shows “not available” (`domain.md` §7.2).
        public static let lookup: Span = .milliseconds(1500)
        /// Look-ups under way; beyond, callers are not looked up until some have answered.
        public static let lookups = 10_000
        /// Changes within this time of the first are one: a person sees no difference, a burst of events makes one
        /// message.
        public static let changeInterval: Span = .milliseconds(100)
        /// What one change may cost to write, where an agent's row is one and a queue's ``ACD/ACD/rowWork``: some
        /// milliseconds. What is more comes with the next changes, so long after one
        /// another that the switches are heard in between.
        public static let changeWork = 250
        public static let changePartInterval: Span = .milliseconds(20)
        /// That there are too many channels is reported so often.
        static let refusalReport: Span = .seconds(60)
        /// Longer than senders go on trying: the example schedule of Standard Webhooks ends after 75 h 35 min
        /// (`domain.md` §6.4). In as many ids as 100 calls a minute make.
        public static let webhookMemorySeconds: Int64 = 80 * 3600
        public static let webhookMemoryEntries = 500_000
    }
}
