/// What the journal bounds, and why.
extension Journal {
    enum Limits {
        /// The longest block that a reader accepts. A flush is some megabytes, so more is damage or an attack.
        static let blockBytes = 256 * 1024 * 1024
        /// What may wait for the disk, in bytes; more is lost. Two seconds of a stream at full speed, and some minutes
        /// of a busy centre.
        static let waitingBytes = 16 * 1024 * 1024
        /// Blocks that wait are written together up to about this length, before compression: on a slow disk a write
        /// costs the same for one block as for a minute of them. More would be compressed for too long, and in memory.
        static let writeBytes = 4 * 1024 * 1024
        /// What a block in the queue takes beside its entries: small blocks must not add up either.
        static let bytesPerBlock = 512
        /// A longer buffer is not used again.
        static let spareBytes = 4 * 1024 * 1024
        /// How much of a segment is read at a time.
        static let readBytes = 1024 * 1024
        /// How much of a file beside a segment is read, or written, at a time.
        static let partBytes = 128 * 1024
        /// The window of such a file, as a power of two, that a reader has memory for: 8 MiB. Our own have 512 KiB.
        static let windowLog: Int32 = 23
        /// An entry's head line: five numbers of at most 20 digits.
        static let headBytes = 110
        /// Attempts to find a free segment name.
        static let namesTried = 1000
        /// The last of 16 digits, in the year 2286: beyond it the order of names would not be that of numbers.
        static let lastDate: Int64 = 9_999_999_999_999_999
        /// How much of a torn tail is kept. An unfinished block is some megabytes at most; a longer tail stays where
        /// it is.
        static let tornBytes = 64 * 1024 * 1024
        /// An outage of the disk in every second of a quarter of an hour.
        static let lostIntervals = 1000
        /// Segments that a full disk had the writer delete again between two looks of the inspector: some hundred, at a
        /// flush each 50 ms for 15 s.
        static let abandonedSegments = 1000
        /// A day of quarter-hours. A clock that somebody sets wrong by a year then deletes one day of the journal,
        /// not all of it, before the next quarter of an hour.
        static let agedSegmentsAtOnce = 96
    }
}
