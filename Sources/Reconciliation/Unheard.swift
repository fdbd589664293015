import Telephony
import Time

/// The times in which our side did not hear the switch: they can explain as much of a difference as lies in them.
struct Unheard: Sendable {
    /// Disjoint, ascending; only the last one may be open.
    private let gaps: [Coverage.Gap]

    init(_ unordered: [Coverage.Gap]) {
        var gaps: [Coverage.Gap] = []
        for gap in unordered.sorted(by: { $0.from < $1.from }) {
            guard let last = gaps.last, last.to.map({ gap.from <= $0 }) ?? true else {
                gaps.append(gap)
                continue
            }
            if let end = last.to { gaps[gaps.count - 1].to = gap.to.map { max($0, end) } }
        }
        self.gaps = gaps
    }

    /// The unheard part of the interval, each moment counted once.
    func time(from start: UnixTime, to end: UnixTime) -> Span {
        var total = Span.zero
        var index = gaps.partitioningIndex { $0.to.map { $0 > start } ?? true }
        while index < gaps.count, gaps[index].from < end {
            total += max(.zero, min(gaps[index].to ?? end, end) - max(gaps[index].from, start))
            index += 1
        }
        return total
    }

    /// Whether the instant lies in a gap, or within the tolerance of one.
    func contains(_ instant: UnixTime?) -> Bool { instant.map { touches($0, $0) } ?? false }

    /// The same for a second of the log, which means an instant within it.
    func contains(second: UnixTime?) -> Bool { second.map { touches($0, $0 + .seconds(1)) } ?? false }

    private func touches(_ start: UnixTime, _ end: UnixTime) -> Bool {
        let tolerance = Reconciliation.tolerance
        let index = gaps.partitioningIndex { $0.to.map { $0 + tolerance >= start } ?? true }
        return index < gaps.count && gaps[index].from <= end + tolerance
    }
}

extension Array {
    /// The first index from which on `isBeyond` holds; the array is partitioned by it.
    func partitioningIndex(_ isBeyond: (Element) -> Bool) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if isBeyond(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
