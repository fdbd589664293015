import Telephony
import Time

/// The events that the input in hand has led to so far, in order.
///
/// While ``Calls`` handles an input, the sink holds the caller's own array, so that no event is copied. Between two
/// inputs it is empty.
struct CallEventSink: Derived {
    private var events: [CallEvent] = []

    var count: Int { events.count }

    mutating func append(_ event: CallEvent) { events.append(event) }
    mutating func append(contentsOf others: [CallEvent]) { events.append(contentsOf: others) }

    /// Takes the caller's array, or gives it back.
    mutating func exchange(with buffer: inout [CallEvent]) { swap(&events, &buffer) }
}
