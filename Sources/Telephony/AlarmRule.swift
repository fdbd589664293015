/// When a queue needs attention, and when no more. Between `raise` and `clear` an alarm stays what it was, so that it does not flicker.
public struct AlarmRule: Hashable, Codable, Sendable {
    public enum Metric: String, Codable, Sendable, CaseIterable {
        /// Callers who wait now.
        case waiting
        /// Of the caller who waits longest now, in seconds.
        case longestWait
        /// By the queue's own formula, from 0 to 1, over a window.
        case serviceLevel
        /// From 0 to 1, over a window.
        case abandonmentRate
        /// Agents of the queue who are ready for a call now.
        case available

        /// Much of it is bad; otherwise little is.
        public var isBadWhenHigh: Bool {
            switch self {
            case .waiting, .longestWait, .abandonmentRate: true
            case .serviceLevel, .available: false
            }
        }

        /// A ratio of what happened in a window; otherwise it is what is the case now.
        public var isRatio: Bool {
            switch self {
            case .serviceLevel, .abandonmentRate: true
            case .waiting, .longestWait, .available: false
            }
        }

        /// Things that are counted: only whole numbers make sense.
        public var isCount: Bool {
            switch self {
            case .waiting, .available: true
            case .longestWait, .serviceLevel, .abandonmentRate: false
            }
        }
    }

    public enum Severity: String, Codable, Sendable, CaseIterable {
        case warning
        case critical
    }

    public enum Window: String, Codable, Sendable, CaseIterable {
        case today
        case fiveMinutes = "5m"
        case quarterHour = "15m"
        case halfHour = "30m"
        case hour = "60m"

        /// nil: since local midnight.
        public var minutes: Int64? {
            switch self {
            case .today: nil
            case .fiveMinutes: 5
            case .quarterHour: 15
            case .halfHour: 30
            case .hour: 60
            }
        }
    }

    public var metric: Metric
    /// The alarm is raised at this value, or a worse one.
    public var raise: Double
    /// It is cleared at this value, or a better one.
    public var clear: Double
    public var severity: Severity
    /// nil where the metric is what is the case now.
    public var window: Window?

    public init(metric: Metric, raise: Double, clear: Double, severity: Severity = .warning, window: Window? = nil) {
        self.metric = metric
        self.raise = raise
        self.clear = clear
        self.severity = severity
        self.window = window
    }

    /// What a queue has once: a metric may have a rule per window and severity. E.g. `serviceLevel.30m.critical`.
    public var id: String { [metric.rawValue, window?.rawValue, severity.rawValue].compactMap { $0 }.joined(separator: ".") }

    /// `clear` is on the quiet side of `raise`, and a window is named where there can be one and nowhere else.
    public var isSane: Bool { (metric.isBadWhenHigh ? clear < raise : clear > raise) && (window != nil) == metric.isRatio }

    /// Whether an alarm that is off goes on at this value.
    public func isRaised(by value: Double) -> Bool { metric.isBadWhenHigh ? value >= raise : value <= raise }

    /// Whether an alarm that is on goes off at this value.
    public func isCleared(by value: Double) -> Bool { metric.isBadWhenHigh ? value <= clear : value >= clear }
}
