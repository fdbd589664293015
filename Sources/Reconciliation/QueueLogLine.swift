import Telephony
import Time

/// One line of Asterisk's queue_log, `epoch|callid|queue|agent|event|data…`, with the fields that make a visit
/// (`domain.md` §1.10).
struct QueueLogLine: Equatable {
    enum Exit: Equatable { case abandoned, timeout, key, empty, withdrawn, incompatible }

    enum Event: Equatable {
        case entered(position: Int?)
        case connected(wait: Span)
        case left(Exit, position: Int?, wait: Span?)
        case completed(LoggedVisit.Ending, wait: Span, talk: Span, position: Int?, handsOverPlace: Bool)
        /// QUEUESTART: the switch was started.
        case started
        /// Anything else, known or custom.
        case other
    }

    /// Written by `time()` or `gettimeofday()`; the other fields are differences of whole seconds only.
    var time: UnixTime
    var call: ChannelID
    var queue: QueueName
    var agent: String
    var event: Event

    /// nil if the bytes are not a line of a queue_log.
    init?(_ bytes: ArraySlice<UInt8>) {
        let fields = bytes.split(separator: UInt8(ascii: "|"), omittingEmptySubsequences: false)
        guard fields.count >= 5, let time = Self.time(fields[0]) else { return nil }
        self.time = time
        // Names need not be UTF-8; both sides escape such a byte in the same way.
        let texts = fields.map { String(name: $0) }
        call = ChannelID(texts[1])
        queue = QueueName(texts[2])
        if Self.words.contains(texts[4]) {
            agent = texts[3]
            guard let event = Self.event(texts[4], texts[5...]) else { return nil }
            self.event = event
            return
        }
        // A member's name with “|” in it shifts the event to the right. A caller's text can only come after the event,
        // so it is never mistaken for one. A custom event's data may be, but only if they have exactly the shape of one
        // of Asterisk's events.
        for index in texts.indices.dropFirst(5) where Self.wordsWithAgent.contains(texts[index]) {
            guard let event = Self.event(texts[index], texts[(index + 1)...], isExact: true) else { continue }
            agent = texts[3..<index].joined(separator: "|")
            self.event = event
            return
        }
        agent = texts[3]
        event = .other
    }

    private static let wordsWithAgent: Set = [
        "CONNECT", "COMPLETECALLER", "COMPLETEAGENT", "BLINDTRANSFER", "ATTENDEDTRANSFER", "TRANSFER",
        // Of a caller who was gone, or did not fit, when the member had answered.
        "ABANDON", "SYSCOMPAT",
    ]
    private static let words = wordsWithAgent.union([
        "ENTERQUEUE", "EXITWITHTIMEOUT", "EXITWITHKEY", "EXITEMPTY", "WITHDRAW", "QUEUESTART",
    ])

    private static func event(_ word: String, _ written: ArraySlice<String>, isExact: Bool = false) -> Event? {
        // `QueueLog()` writes an extra “|” after the last field.
        let data = written.prefix(through: written.lastIndex { !$0.isEmpty } ?? written.startIndex - 1)
        func whole(_ index: Int) -> Int64? {
            let index = data.startIndex + index
            return data.indices.contains(index) ? number(data[index]) : nil
        }
        func span(_ index: Int) -> Span? { whole(index).map { .seconds($0) } }
        switch word {
        case "QUEUESTART": return .started
        case "ENTERQUEUE":
            // url|caller|position, and a name if configured. With more or fewer fields a caller's own text may have
            // shifted the position.
            return .entered(position: data.count == 3 ? whole(2).flatMap(Int.init(exactly:)) : nil)
        case "CONNECT":
            guard let wait = span(0), !isExact || data.count == 3 && span(2) != nil else { return nil }
            return .connected(wait: wait)
        case "COMPLETECALLER", "COMPLETEAGENT":
            guard let wait = span(0), let talk = span(1), !isExact || data.count == 3 && span(2) != nil else {
                return nil
            }
            return .completed(
                word == "COMPLETECALLER" ? .caller : .agent, wait: wait, talk: talk,
                position: whole(2).flatMap(Int.init(exactly:)),
                handsOverPlace: false)
        case "BLINDTRANSFER", "TRANSFER", "ATTENDEDTRANSFER":
            // The first fields depend on the kind of transfer; the last three are hold, talk and position.
            let last = data.count - 3
            guard data.count >= 4, let wait = span(last), let talk = span(last + 1), whole(last + 2) != nil else {
                return nil
            }
            return .completed(
                word == "ATTENDEDTRANSFER" ? .attendedTransfer : .blindTransfer, wait: wait, talk: talk,
                position: whole(last + 2).flatMap(Int.init(exactly:)),
                handsOverPlace: word == "ATTENDEDTRANSFER" && data.prefix(2) == ["APP", "Queue"])
        case "ABANDON":
            guard !isExact || data.count == 3 && whole(0) != nil && whole(1) != nil && span(2) != nil else {
                return nil
            }
            return .left(.abandoned, position: whole(1).flatMap(Int.init(exactly:)), wait: span(2))
        case "EXITWITHTIMEOUT": return .left(.timeout, position: whole(1).flatMap(Int.init(exactly:)), wait: span(2))
        case "EXITEMPTY": return .left(.empty, position: whole(1).flatMap(Int.init(exactly:)), wait: span(2))
        case "WITHDRAW": return .left(.withdrawn, position: whole(1).flatMap(Int.init(exactly:)), wait: span(2))
        case "EXITWITHKEY": return .left(.key, position: whole(2).flatMap(Int.init(exactly:)), wait: span(3))
        case "SYSCOMPAT":
            guard !isExact || data.isEmpty else { return nil }
            return .left(.incompatible, position: nil, wait: nil)
        default: return .other
        }
    }

    /// Whole seconds, or seconds with a fraction (`1795402153.104517`), of the present era.
    private static func time(_ field: ArraySlice<UInt8>) -> UnixTime? {
        let parts = field.split(separator: UInt8(ascii: "."), maxSplits: 1, omittingEmptySubsequences: false)
        guard let seconds = digits(parts[0], atMost: QueueLog.Limits.dateDigits) else { return nil }
        guard parts.count == 2 else { return UnixTime(seconds: seconds) }
        guard digits(parts[1], atMost: QueueLog.Limits.fractionDigits) != nil else { return nil }
        let six = Array(parts[1].prefix(6)) + Array(repeating: UInt8(ascii: "0"), count: max(0, 6 - parts[1].count))
        guard let fraction = digits(six[...], atMost: six.count) else { return nil }
        return UnixTime(microseconds: seconds * 1_000_000 + fraction)
    }

    /// A whole number of seconds in a plausible range; a stepped clock may have made it negative.
    private static func number(_ text: String) -> Int64? {
        let bytes = Array(text.utf8)
        guard bytes.first == UInt8(ascii: "-") else { return digits(bytes[...], atMost: QueueLog.Limits.numberDigits) }
        return digits(bytes[1...], atMost: QueueLog.Limits.numberDigits).map { -$0 }
    }

    private static func digits(_ bytes: ArraySlice<UInt8>, atMost limit: Int) -> Int64? {
        guard !bytes.isEmpty, bytes.count <= limit else { return nil }
        var value: Int64 = 0
        for byte in bytes {
            guard byte >= 48, byte <= 57 else { return nil }
            value = value * 10 + Int64(byte - 48)
        }
        return value
    }
}
