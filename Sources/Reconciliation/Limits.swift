/// What a log from outside may make us hold, and why.
extension QueueLog {
    public enum Limits {
        /// Asterisk's longest line has less than 1 kB; QueueLog actions can write more.
        static let lineBytes = 16_384
        /// Some 500 bytes each: half a gigabyte. Three thousand calls a day reach it in a year.
        public static let visits = 1_000_000
        /// For a call that passes through one queue again and again: lines concern one of its last stays there.
        static let recentStays = 64
        /// The most waiting callers among which an inherited place is searched.
        static let placesOfHeir = 1000
        /// The most open conversations of one member in one queue. A phone has few lines, and an end that was never
        /// written leaves one open.
        static let recentConversations = 16
        /// Seconds with so many digits reach the year 5138: a longer number is not a time.
        static let dateDigits = 11
        /// Asterisk writes six digits of a second, other writers up to nine.
        static let fractionDigits = 9
        /// A duration or a position with more digits is damaged: nine of them are 31 years in seconds.
        static let numberDigits = 9
    }
}
