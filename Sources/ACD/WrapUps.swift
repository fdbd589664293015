import Telephony
import Time

/// When the after-call work of each agent ends, in the order in which the ends were set. The next call's end
/// replaces the previous one.
struct WrapUps: Equatable, Sendable {
    private struct Entry: Codable, Equatable, Sendable {
        var ends: Span
        var interface: Interface
    }

    private var entries: [Entry] = []
    /// The first to end.
    private(set) var next: Span?

    mutating func set(_ ends: Span, of interface: Interface) {
        entries.removeAll { $0.interface == interface }
        entries.append(Entry(ends: ends, interface: interface))
        next = entries.lazy.map(\.ends).min()
    }

    /// Joins two names of one person; of two ends the later one holds.
    mutating func rename(_ interface: Interface, to other: Interface) {
        let ends = entries.lazy.filter { $0.interface == interface || $0.interface == other }.map(\.ends).max()
        guard let ends, entries.contains(where: { $0.interface == interface }) else { return }
        entries.removeAll { $0.interface == interface }
        set(ends, of: other)
    }

    var interfaces: [Interface] { entries.map(\.interface) }

    func due(until now: Span) -> [Interface] { entries.filter { $0.ends <= now }.map(\.interface) }

    mutating func removeDue(until now: Span) -> [Interface] {
        guard let first = next, first <= now else { return [] }
        let due = due(until: now)
        entries.removeAll { $0.ends <= now }
        next = entries.lazy.map(\.ends).min()
        return due
    }
}

/// After-call work that is running.
public struct AfterCallWork: Equatable, Sendable {
    public var agent: AgentRef
    /// When the conversation ended.
    public var began: Moment
    /// When its time is over. The next call, the agent or a log-off may end it sooner.
    public var ends: Moment
}

extension ACD {
    /// The after-call work of all agents, in order of their interfaces.
    public func afterCallWork(at now: Span) -> [AfterCallWork] {
        wrapUps.interfaces.sorted().compactMap { afterCallWork(of: $0, at: now) }
    }

    public func afterCallWork(of agent: Interface, at now: Span) -> AfterCallWork? {
        guard let status = agents[agent], let ends = status.wrapUpEnds, ends > now, let began = status.wrapUpOf?.began
        else { return nil }
        return AfterCallWork(
            agent: status.agent, began: began, ends: Moment(uptime: ends, date: began.date + (ends - began.uptime)))
    }
}

extension WrapUps: Codable {
    init(from decoder: any Decoder) throws {
        entries = try [Entry](from: decoder)
        next = entries.lazy.map(\.ends).min()
    }

    func encode(to encoder: any Encoder) throws { try entries.encode(to: encoder) }
}
