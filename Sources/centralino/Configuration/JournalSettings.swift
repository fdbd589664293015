import Journal

/// `[journal]`, except its folder.
struct JournalSettings: Equatable {
    var rules = Journal.Rules()
    /// From an entry to its hand-over to the kernel.
    var commitDelayMicroseconds: Int64 = 50_000

    /// A hundred years.
    private static let daysOnHold = 36_500

    init() {}

    /// `isOnHold`: nothing is deleted for its age; the folder keeps its size, since a full disk would end it all.
    init(_ table: ConfigurationReader, isOnHold: Bool = false) {
        let megabyte = 1024 * 1024
        if let size = table.integer("segment_megabytes", in: 1...10_000) { rules.segmentBytes = size * megabyte }
        if let minutes = table.integer("segment_minutes", in: 1...1440) {
            rules.segmentMicroseconds = Int64(minutes) * 60_000_000
        }
        if let count = table.integer("segment_entries", in: 10...10_000_000) { rules.segmentEntries = count }
        if let size = table.integer("keep_megabytes", in: 1...100_000_000) { rules.keepBytes = size * megabyte }
        if let days = table.integer("keep_days", in: 1...36_500) { rules.keepDays = days }
        if let count = table.integer("keep_segments", in: 1...1_000_000) { rules.keepSegments = count }
        if let delay = table.integer("commit_delay_ms", in: 1...1000) { commitDelayMicroseconds = Int64(delay) * 1000 }
        if isOnHold { (rules.keepDays, rules.keepSegments) = (Self.daysOnHold, .max) }
        if rules.keepBytes < 2 * rules.segmentBytes {
            let (kept, segment) = (rules.keepBytes / megabyte, rules.segmentBytes / megabyte)
            table.fault(
                table.has("keep_megabytes") ? "keep_megabytes" : "segment_megabytes",
                "whole segments are kept: \(kept) megabytes are less than two segments of \(segment). Keep more, or make segments smaller."
            )
        }
    }
}
