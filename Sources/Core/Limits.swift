import Time

extension Core {
    /// What bounds the core, with the reasons. (AMI's limits are in `AMI.Limits`, those of connected clients in
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
        /// How many ended calls a desk gets when it connects (again): as many as the page lists.
        public static let recentPops = 10
        /// How long they are kept: an agent's day. Older calls concern the registry and the records, but no desk.
        public static let recentPopsKept: Span = .seconds(12 * 3600)
        /// How many agents' calls are kept; the agents who have had none for longest are forgotten first. Some kB an
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
        /// milliseconds. The rest comes with the next changes, which are far enough apart for the switches to be heard
        /// in between.
        public static let changeWork = 250
        public static let changePartInterval: Span = .milliseconds(20)
        /// How often it is reported that there are too many channels.
        static let refusalReport: Span = .seconds(60)
        /// Longer than senders go on trying: the example schedule of Standard Webhooks ends after 75 h 35 min
        /// (`domain.md` §6.4). The number of ids is one hundred a minute for so long: some 20 calls a minute, with five
        /// events each.
        public static let webhookMemorySeconds: Int64 = 80 * 3600
        public static let webhookMemoryEntries = 500_000
    }
}
