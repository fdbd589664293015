import Telephony

/// The events that the input in hand has led to so far, in order.
///
/// While ``Calls`` handles an input, the sink holds the caller's own array, so that no event is copied. Between two
/// inputs it is empty. Therefore it is no part of a checkpoint, and any two sinks are equal.
struct CallEventSink: Equatable, Sendable {
    private var events: [CallEvent] = []

    var count: Int { events.count }

    mutating func append(_ event: CallEvent) { events.append(event) }
    mutating func append(contentsOf others: [CallEvent]) { events.append(contentsOf: others) }

    /// Takes the caller's array, or gives it back.
    mutating func exchange(with buffer: inout [CallEvent]) { swap(&events, &buffer) }

    static func == (left: Self, right: Self) -> Bool { true }
}

/// It encodes nothing: the compiler prefers these two where it makes the `Codable` form of a value that has a sink.
extension CallEventSink: Codable {
    init(from decoder: any Decoder) {}
    func encode(to encoder: any Encoder) {}
}

extension KeyedEncodingContainer {
    mutating func encode(_ sink: CallEventSink, forKey key: Key) {}
}

extension KeyedDecodingContainer {
    func decode(_: CallEventSink.Type, forKey key: Key) -> CallEventSink { CallEventSink() }
}
