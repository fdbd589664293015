/// What outbound requests may hold, and why.
extension Outbound {
    public enum Limits {
        /// A slow receiver must not occupy all sockets; eight busy at once post some hundred events a second.
        public static let requestsAtOnce = 8
        /// Some megabytes, at a few KiB each. What must not be lost belongs in the outbox on disk.
        public static let requestsWaiting = 1000
        /// Receivers answer with a word or a short JSON object.
        public static let answerBytes = 65_536
        /// A day stands for "no limit" and fits the C type that libcurl takes.
        static let longestTimeoutMilliseconds: Int64 = 86_400_000
    }
}
