import Telephony
import Time

/// The facts that a figure covers. `domain.md` §3.1, §3.3.
public struct Window: Equatable, Sendable {
    /// Two bases, never mixed in one ratio.
    public enum Base: String, Sendable {
        /// A visit belongs to the moment of joining; the caller may still wait.
        case cohort
        /// A visit belongs to the moment of its end. The figure is known at once, and is too good at the
        /// beginning of a rush.
        case completion
    }

    public enum Extent: Equatable, Sendable {
        /// Half-open, by date: a day, a clock interval, a shift.
        case dates(Range<UnixTime>)
        /// What happened at most this long ago: `now − length < t ≤ now`, by the clock that never jumps.
        case last(Span)
    }

    public var name: String
    public var base: Base
    public var extent: Extent

    public init(name: String, base: Base, extent: Extent) {
        self.name = name
        self.base = base
        self.extent = extent
    }

    public static let slidingMinutes: [Int64] = [5, 15, 30, 60]

    /// The last minutes.
    public static func sliding(minutes: Int64) -> Window {
        Window(name: "\(minutes)m", base: .completion, extent: .last(.seconds(minutes * 60)))
    }
    /// Since local midnight.
    public static func today(_ zone: TimeZoneRule, at now: Moment) -> Window {
        Window(name: "today", base: .cohort, extent: .dates(zone.day(containing: now.date)))
    }
    /// A clock interval of 15 or 30 minutes.
    public static func interval(_ interval: ClockInterval, base: Base = .cohort) -> Window {
        Window(name: "interval", base: base, extent: .dates(interval.range))
    }

    public func contains(_ moment: Moment, at now: Moment) -> Bool {
        switch extent {
        case .dates(let range): range.contains(moment.date)
        case .last(let length): now.uptime - length < moment.uptime && moment.uptime <= now.uptime
        }
    }

    /// Whether one of the chunk's facts may be in it, by whatever moment a reader asks for.
    func needs<Fact>(_ chunk: FactLog<Fact>.Chunk, at now: Moment) -> Bool {
        switch extent {
        case .dates(let range): chunk.intersects(range)
        // A visit's position is its end; nobody knows that its beginning is not later.
        case .last(let length): base == .cohort || chunk.positions.upperBound > now.uptime - length
        }
    }

    /// Its dates, up to now.
    public func dates(at now: Moment) -> Range<UnixTime> {
        switch extent {
        case .dates(let range): range.lowerBound..<max(range.lowerBound, min(range.upperBound, now.date))
        case .last(let length): UnixTime(microseconds: now.date.microseconds - length.microseconds)..<now.date
        }
    }

    /// Whether the visit is in it.
    public func contains(_ fact: VisitFact, at now: Moment) -> Bool {
        switch base {
        case .cohort: contains(fact.joined, at: now)
        case .completion: fact.ended.map { contains($0, at: now) } ?? false
        }
    }
}
