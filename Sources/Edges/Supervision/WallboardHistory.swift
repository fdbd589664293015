import Core
import Telephony
import Time

/// The last changes, as they were written, for readers that come back. Bounded in number and bytes; the oldest go
/// first.
struct WallboardHistory {
    struct Entry {
        var change: ChangeSequence.Change
        var json: [UInt8]
    }

    private var entries: [Entry] = []
    private var bytes = 0

    mutating func append(_ change: ChangeSequence.Change, _ json: [UInt8]) {
        // The numbers must have no hole: what comes after one does not continue what came before.
        if let last = entries.last, last.change.sequence + 1 != change.sequence { removeAll() }
        entries.append(Entry(change: change, json: json))
        bytes += json.count
        while entries.count > Limits.wallboardHistoryMessages || bytes > Limits.wallboardHistoryBytes {
            bytes -= entries.removeFirst().json.count
        }
    }

    mutating func removeAll() {
        entries = []
        bytes = 0
    }

    /// What a reader who has everything up to `sequence` has missed; nil if that is not known any more, or not yet.
    func changes(after sequence: UInt64, last: UInt64) -> ArraySlice<Entry>? {
        guard sequence != last else { return [] }
        guard let newest = entries.last, newest.change.sequence == last, let oldest = entries.first, sequence < last,
            sequence + 1 >= oldest.change.sequence
        else { return nil }
        return entries[Int(sequence + 1 - oldest.change.sequence)...]
    }
}

/// The name of a place in the stream: which run of the gateway, and the number of the last change that was heard.
struct StreamPosition: Equatable {
    /// nil where a reader gave a bare number: then it is believed to be of this run.
    var stream: String?
    var sequence: UInt64

    /// `<stream>-<seq>`, or a bare number; nil for anything else.
    init?(_ text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard let last = parts.last, !last.isEmpty, last.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let sequence = UInt64(last),
            // So that one more cannot overflow.
            sequence < UInt64.max, parts.count <= 2
        else { return nil }
        self.sequence = sequence
        stream = parts.count == 2 ? String(parts[0]) : nil
    }
}
