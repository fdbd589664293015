/// What the store bounds, and why.
extension Store {
    public enum Limits {
        /// A card lists ten candidates; the eleventh shows that there are more.
        public static let partiesPerLookup = 11
        /// Nobody reads more while a telephone rings.
        public static let historyPerLookup = 100
        /// Rows waiting for the disk, some 2 KB each: 200 MB. At 20 calls a second that is more than an hour of a stuck
        /// disk.
        public static let waitingContacts = 100_000
        /// How long a write waits for another process, e.g. `import` beside the running gateway, before it fails with
        /// ``StoreError/busy(path:)``.
        static let busySeconds = 30.0
        /// An import holds the write lock for some tenths of a second at a time, whatever the size of the file.
        public static let partiesPerTransaction = 10_000
        static let numbersPerTransaction = 20_000
        /// What an import leaves free on the disk. To take its rows back it needs room itself: some 10 MB of -wal for
        /// each transaction, and twice that while somebody reads. The gateway's journal and records must go on.
        static let importReserveBytes = 64 * 1024 * 1024
        /// 4 MB between two reports of how far a copy is.
        static let pagesPerCopyStep: CInt = 1024
        /// Records that lose their person in one transaction: some tens of milliseconds, for which the gateway's own
        /// writes wait.
        static let recordsPerForgetting = 200
        /// Rows of quarter-hours are deleted a day at a time, for the same reason.
        static let intervalsForgottenAtOnce: Int64 = 86_400_000_000
        /// Erasures that each saved record is compared with. Some months of requests, one every hour.
        static let erasures = 1000
        /// The first faults of a damaged file are enough to know.
        static let integrityFaults = 20
        /// A wait for a lock is checked this often at the latest: 20 times a second.
        static let lockPauseMilliseconds = 50
        /// Pauses of 1, 2, 4, 8, 16 and 32 ms come before the longest.
        static let lockPauseDoublings = 6
    }
}
