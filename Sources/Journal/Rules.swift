import Glibc

extension Journal {
    /// When a segment ends, and how long segments are kept.
    public struct Rules: Equatable, Sendable {
        /// A segment that has grown to this size is ended.
        public var segmentBytes = 64 * 1024 * 1024
        /// A segment whose first entry is this old (by uptime, in microseconds) is ended.
        public var segmentMicroseconds: Int64 = 15 * 60 * 1_000_000
        /// A segment that has this many entries is ended. A start replays what came after the newest checkpoint,
        /// which stands beside a segment: this many take some two seconds, to which the time until the checkpoint is
        /// written adds.
        public var segmentEntries = 100_000
        /// All segments, with the files beside them, take no more than this. Room for a new segment is made when it
        /// begins.
        public var keepBytes = 4 * 1024 * 1024 * 1024
        /// A segment whose last entry is older than this is deleted, by the wall clock.
        public var keepDays = 7
        public var keepSegments = Int.max

        public init() {}
    }
}

/// Deletes whole segments, the oldest first, with the files beside them. The newest always stays.
struct Retention {
    let folder: String
    let rules: Journal.Rules

    /// `date`: now, in microseconds since 1970. Returns the first segment that is kept, if any before it was deleted,
    /// and the error where one cannot be deleted; the next call tries again.
    func apply(at date: Int64) -> (oldest: Int64?, failure: JournalError?) {
        let segments: Segments
        do throws(JournalError) { segments = try Segments(folder: folder, sized: true) } catch { return (nil, error) }
        var kept = segments.list[...]
        var bytes = kept.reduce(0) { $0 + $1.bytes }
        let room = max(0, rules.keepBytes - rules.segmentBytes)
        let oldest = date.subtractingReportingOverflow(Int64(rules.keepDays) * 86_400_000_000).partialValue
        var aged = 0
        while let first = kept.first, let second = kept.dropFirst().first {
            // All entries of a segment are older than the first of the next one, whose date is in that segment's name.
            let isAged = second.number <= oldest && aged < Journal.Limits.agedSegmentsAtOnce
            guard isAged || bytes > room || kept.count > rules.keepSegments else { break }
            if isAged { aged += 1 }
            bytes -= first.bytes
            kept.removeFirst()
        }
        guard let first = kept.first, first.number != segments.list.first?.number else { return (nil, nil) }
        var failure: JournalError?
        func delete(_ path: String) {
            if unlink(path) != 0, errno != ENOENT { failure = failure ?? .cannotDelete(path: path, code: errno) }
        }
        // The files beside it first: a segment is deleted for certain only when nothing else of it is left.
        for beside in segments.besides where beside.number < first.number { delete("\(folder)/\(beside.name)") }
        for segment in segments.list where segment.number < first.number {
            delete(Segments.path(of: segment.number, in: folder))
        }
        return (first.number, failure)
    }
}
