import Telephony
import Time

/// Which orders of the same events a real switch may produce, and one of them by seed.
///
/// Asterisk promises an order for each channel (topic) only (`domain.md` §1.5); events of other topics overtake by
/// milliseconds. So what came within one ``burst`` of a recording is given one instant, so that no duration can depend
/// on the order, and another order by exchanging neighbours that nothing orders. What recordings of more than a
/// thousand calls show is the rule (`domain.md` §2.1, §1.8): free are
///
/// - membership events, among everything but the same member's;
/// - `AgentComplete`, which may come later than anything but what its agent does next, and without its channels;
/// - the `DialEnd` and `Hangup` of phones that lost, among the leaving of the queue, the connecting and the joining of
///   the others;
/// - the two that first enter a bridge;
/// - the `Hangup` of one channel and the `Hangup` or `BridgeLeave` of another;
///
/// and a `DialEnd` may be sent twice, a `NewCallerid` after the `Hangup`. Everything else keeps its order: what is one
/// channel's, who asked to hang up, and Join < Called < Leave < Connect < the caller's BridgeEnter. Bursts with a
/// transfer or a swap keep theirs but for the first two.
struct IndependentOrder {
    /// Overtaking was seen within some milliseconds.
    static let burst = Span.milliseconds(30)

    private let bursts: [ArraySlice<RecordedEvent>]
    /// Telephones that rang for a caller and never joined a bridge.
    private let losers: Set<String>
    /// The channels that were the first two in their bridge, by bridge.
    private let firstTwo: [String: [String]]

    init(_ recorded: [RecordedEvent]) {
        var told = recorded
        var start = 0
        for index in told.indices {
            if told[index].time - told[start].time > Self.burst { start = index }
            told[index].time = told[start].time
        }
        var bursts: [ArraySlice<RecordedEvent>] = []
        var rest = told[...]
        while let first = rest.first {
            let burst = rest.prefix { $0.time == first.time }
            bursts.append(burst)
            rest = rest.dropFirst(burst.count)
        }
        self.bursts = bursts
        var firstTwo: [String: [String]] = [:]
        for message in told where message.title == "BridgeEnter" {
            guard let bridge = message["BridgeUniqueid"], let channel = message.channel,
                firstTwo[bridge, default: []].count < 2
            else {
                continue
            }
            firstTwo[bridge, default: []].append(channel)
        }
        self.firstTwo = firstTwo
        let bridged = Set(told.filter { $0.title == "BridgeEnter" }.compactMap(\.channel))
        let answered = Set(told.filter { $0.title == "DialEnd" && !$0.isDialFailure }.compactMap(\.destination))
        losers = Set(told.filter { $0.title == "AgentCalled" }.compactMap(\.destination)).subtracting(bridged)
            .subtracting(answered)
    }

    /// As recorded, each burst at its first instant.
    var recorded: [RecordedEvent] { bursts.flatMap { $0 } }

    func permuted(seed: UInt64) -> [RecordedEvent] {
        var generator = SplitMix64(seed: seed)
        return bursts.flatMap {
            var order = exchanged($0, using: &generator)
            for index in order.indices where order[index].title == "AgentComplete" && Bool.random(using: &generator) {
                order[index].headers.removeAll {
                    $0.name.contains("Channel") || $0.name.hasSuffix("niqueid") || $0.name.hasSuffix("inkedid")
                }
            }
            repeatSome(&order, using: &generator)
            return order
        }
    }

    /// Only reordered: each message once, and unchanged.
    func exchanged(seed: UInt64) -> [RecordedEvent] {
        var generator = SplitMix64(seed: seed)
        return bursts.flatMap { exchanged($0, using: &generator) }
    }

    private func exchanged(_ burst: ArraySlice<RecordedEvent>, using generator: inout SplitMix64) -> [RecordedEvent] {
        var order = Array(burst)
        let isCalm = !order.contains {
            $0["SwapUniqueid"] != nil || $0.title.hasSuffix("Transfer") || $0.title.hasPrefix("LocalOpt")
                || $0.title == "Pickup"
        }
        for _ in 0..<order.count * order.count {
            let index = Int.random(in: 0..<order.count, using: &generator)
            if index + 1 < order.count, isFree(order[index], order[index + 1], isCalm) {
                order.swapAt(index, index + 1)
            }
        }
        return order
    }

    private func repeatSome(_ order: inout [RecordedEvent], using generator: inout SplitMix64) {
        for message in order where message.isDialFailure && Bool.random(using: &generator) {
            // Most second ones say CANCEL, whatever the first said.
            var again = message
            for index in again.headers.indices where again.headers[index].name == "DialStatus" {
                again.headers[index].value = Array("CANCEL".utf8)
            }
            guard let place = order.firstIndex(where: { $0.isDialFailure && $0.destination == message.destination })
            else { continue }
            order.insert(again, at: Int.random(in: place + 1...order.count, using: &generator))
        }
        for message in order where message.title == "NewCallerid" && Bool.random(using: &generator) {
            guard let place = order.firstIndex(where: { $0.title == "Hangup" && $0.channel == message.channel }) else {
                continue
            }
            order.insert(message, at: Int.random(in: place + 1...order.count, using: &generator))
        }
    }

    /// Whether `second` may come before `first`, which directly precedes it.
    private func isFree(_ first: RecordedEvent, _ second: RecordedEvent, _ isCalm: Bool) -> Bool {
        if first.isMember || second.isMember {
            return !(first.isMember && second.isMember && first["Interface"] == second["Interface"])
        }
        if second.title == "AgentComplete" { return false }
        if first.title == "AgentComplete" { return first["Interface"] != second["Interface"] }
        guard isCalm else { return false }
        if first.title == "BridgeEnter", second.title == "BridgeEnter" { return isFirstPair(first, second) }
        if let lost = lostPhone(first), isPassing(second, lost) { return true }
        if let lost = lostPhone(second), isPassing(first, lost) { return true }
        let ends: Set = ["Hangup", "BridgeLeave"]
        return ends.contains(first.title) && ends.contains(second.title) && first.channel != second.channel
            && (first.title == "Hangup" || second.title == "Hangup")
    }

    private func isFirstPair(_ first: RecordedEvent, _ second: RecordedEvent) -> Bool {
        guard let bridge = first["BridgeUniqueid"], bridge == second["BridgeUniqueid"] else { return false }
        return firstTwo[bridge] == [first.channel, second.channel].compactMap { $0 }
            || firstTwo[bridge] == [second.channel, first.channel].compactMap { $0 }
    }

    /// The phone that lost, if the message reports that.
    private func lostPhone(_ message: RecordedEvent) -> String? {
        let phone = message.isDialFailure ? message.destination : message.title == "Hangup" ? message.channel : nil
        return phone.flatMap { losers.contains($0) ? $0 : nil }
    }

    /// What others do meanwhile: the message is not about that phone.
    private func isPassing(_ message: RecordedEvent, _ phone: String) -> Bool {
        guard message.channel != phone, message.destination != phone else { return false }
        return ["QueueCallerLeave", "AgentConnect", "BridgeEnter", "BridgeLeave", "Hangup"].contains(message.title)
            || message.isDialFailure
    }
}
