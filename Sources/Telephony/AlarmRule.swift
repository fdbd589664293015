/// When a queue needs attention, and when it no longer does. Between `raise` and `clear` an alarm keeps its state, so
/// that it does not flicker.
public struct AlarmRule: Hashable, Codable, Sendable {
    public enum Metric: String, Codable, Sendable, CaseIterable {
        /// The number of callers who wait now.
        case waiting
        /// The longest wait of a caller who waits now, in seconds.
        case longestWait
        /// The service level by the queue's own formula, from 0 to 1, over a window.
        case serviceLevel
        /// The abandonment rate, from 0 to 1, over a window.
        case abandonmentRate
        /// The number of the queue's agents who are ready for a call now.
        case available

        /// High values are bad; otherwise low ones are.
        public var isBadWhenHigh: Bool {
            switch self {
            case .waiting, .longestWait, .abandonmentRate: true
            case .serviceLevel, .available: false
            }
        }

        /// A ratio over a window; otherwise the present value.
        public var isRatio: Bool {
            switch self {
            case .serviceLevel, .abandonmentRate: true
            case .waiting, .longestWait, .available: false
            }
        }

        /// The metric is a count, so only whole numbers make sense.
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

        /// nil means since local midnight.
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
    /// nil for a metric of the present moment.
    public var window: Window?

    public init(metric: Metric, raise: Double, clear: Double, severity: Severity = .warning, window: Window? = nil) {
        self.metric = metric
        self.raise = raise
        self.clear = clear
        self.severity = severity
        self.window = window
    }

    /// Unique within a queue: a metric may have a rule per window and severity. E.g. `serviceLevel.30m.critical`.
    public var id: String {
        [metric.rawValue, window?.rawValue, severity.rawValue].compactMap { $0 }.joined(separator: ".")
    }

    /// `clear` is on the quiet side of `raise`, and exactly the ratios name a window.
    public var isSane: Bool {
        (metric.isBadWhenHigh ? clear < raise : clear > raise) && (window != nil) == metric.isRatio
    }

    /// Whether this value raises an alarm that is off.
    public func isRaised(by value: Double) -> Bool { metric.isBadWhenHigh ? value >= raise : value <= raise }

    /// Whether this value clears an alarm that is on.
    public func isCleared(by value: Double) -> Bool { metric.isBadWhenHigh ? value <= clear : value >= clear }
}
