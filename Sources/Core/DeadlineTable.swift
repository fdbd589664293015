import Telephony
import Time

/// When each switch has to be asked again: kept beside the switches, so that an event costs the same whether there is
/// one of them or fifty.
///
/// Code that changes a switch says so (``touch(_:)``), and only the switches that were touched are asked again.
struct DeadlineTable: Derived {
    /// When a quarter-hour of a switch is over: by the date, since uptime and date do not run alike.
    private struct Closing: Comparable, Sendable {
        var at: UnixTime
        var index: Int

        static func < (left: Self, right: Self) -> Bool { (left.at, left.index) < (right.at, right.index) }
    }

    private var dues = Tournament<Core.Deadline>(count: 0)
    private var closings = Tournament<Closing>(count: 0)
    /// Switches whose deadlines may have moved since they were last asked; each once.
    private(set) var touched: [Int] = []
    private var isTouched: [Bool] = []
    /// How often a switch was asked.
    private(set) var asked = 0

    init() {}

    mutating func touch(_ index: Int) {
        guard index < isTouched.count, !isTouched[index] else { return }
        isTouched[index] = true
        touched.append(index)
    }

    /// The deadlines of all `count` switches may have moved.
    mutating func touchAll(of count: Int) {
        if count != isTouched.count {
            dues = Tournament(count: count)
            closings = Tournament(count: count)
        }
        isTouched = [Bool](repeating: true, count: count)
        touched = Array(0..<count)
    }

    /// Whether the table is up to date for this many switches.
    func isCurrent(of count: Int) -> Bool { touched.isEmpty && isTouched.count == count }

    /// Asks the switches that were touched.
    mutating func settle(_ switches: inout [Switch]) {
        if isTouched.count != switches.count { touchAll(of: switches.count) }
        asked &+= touched.count
        for index in touched {
            let (first, closing) = switches[index].firstDeadlines(index)
            dues.set(first, at: index)
            closings.set(closing.map { Closing(at: $0, index: index) }, at: index)
            isTouched[index] = false
        }
        touched.removeAll(keepingCapacity: true)
    }

    /// The first of all switches' deadlines but those of the quarter-hours.
    var first: Core.Deadline? { dues.first }

    /// The end of the next quarter-hour as a deadline, by the two clocks as they are `now`.
    func firstClosing(at now: Moment) -> Core.Deadline? {
        closings.first.map { Core.Deadline(at: now.uptime + ($0.at - now.date), place: .intervals($0.index)) }
    }
}

/// The least of many values that change one at a time. A change costs the depth of the tree.
private struct Tournament<Value: Comparable & Sendable>: Sendable {
    /// The values from ``leaves`` on; before them, at n the lesser of the children at 2 n and 2 n + 1.
    private var nodes: [Value?]
    private let leaves: Int

    init(count: Int) {
        var leaves = 1
        while leaves < count { leaves *= 2 }
        self.leaves = leaves
        nodes = Array(repeating: nil, count: leaves * 2)
    }

    var first: Value? { nodes[1] }

    mutating func set(_ value: Value?, at index: Int) {
        var node = leaves + index
        nodes[node] = value
        while node > 1 {
            node /= 2
            let (left, right) = (nodes[node * 2], nodes[node * 2 + 1])
            nodes[node] = if let left, let right { min(left, right) } else { left ?? right }
        }
    }
}
