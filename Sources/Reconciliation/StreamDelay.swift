import Telephony
import Time

/// How far the switch's events were behind its own log, as the joinings show: ENTERQUEUE is one line, and one event, of
/// one instant.
///
/// Asterisk writes the log at once, but sends events through queues of its own. On an overloaded machine the events,
/// and their Timestamps with them, are seconds late, and those of all calls at once.
struct StreamDelay: Sendable {
    private struct Joining {
        var second: UnixTime
        var delay: Span
        var call: ChannelID
    }

    /// A backlog grows and shrinks within some seconds.
    private static let vicinity = Span.seconds(3)

    /// The joinings of pairs, by the log's second.
    private let joinings: [Joining]

    init(_ pairs: [(logged: LoggedVisit?, ours: OurVisit?)]) {
        var joinings: [Joining] = []
        for case (let logged?, let ours?) in pairs
        where !logged.isPartial && ours.doubts.isDisjoint(with: [.partial, .clockStep]) {
            joinings.append(
                Joining(second: logged.joined, delay: Self.delay(ours.joined, logged.joined), call: logged.call))
        }
        self.joinings = joinings.sorted { ($0.second, $0.call.rawValue) < ($1.second, $1.call.rawValue) }
    }

    /// How far an instant of ours lies after the log's second.
    static func delay(_ instant: UnixTime, _ second: UnixTime) -> Span { max(.zero, instant - (second + .seconds(1))) }

    /// The longest delay of another call's joining about that second. The call in question itself proves nothing.
    func longest(about second: UnixTime, but call: ChannelID) -> Span {
        let earliest = UnixTime(microseconds: second.microseconds - Self.vicinity.microseconds)
        var index = joinings.partitioningIndex { $0.second >= earliest }
        var longest = Span.zero
        while index < joinings.count, joinings[index].second <= second + Self.vicinity {
            if joinings[index].call != call { longest = max(longest, joinings[index].delay) }
            index += 1
        }
        return longest
    }
}
