import ACD
import Calls
import Contacts
import Switches
import Telephony

/// Everything that belongs to one switch: its link and what its events have come to. Keys of two switches never meet.
struct SwitchRoom: Sendable {
    enum Border: Sendable {
        case asterisk(AsteriskLink, Configuration.Endpoint)
        case webhook(WebhookTranslator)
    }

    /// An interval without the switch's events: a figure over it is not whole.
    struct Gap: Equatable, Sendable {
        var from: UnixTime
        var to: UnixTime?
        var cause: String
    }

    /// The oldest go first: a link that flaps all night must not fill the memory.
    static let gapLimit = 10_000

    let name: SwitchID
    var border: Border
    var connection: ConnectionID?
    var calls = Calls()
    var contacts: Contacts
    var acd: ACD
    var state = AsteriskLink.State.disconnected
    var stateSince: UnixTime
    var detail: String?
    var gaps: [Gap] = []

    var link: AsteriskLink? {
        guard case .asterisk(let link, _) = border else { return nil }
        return link
    }

    /// The link is taken out while it works, so that it is never copied.
    mutating func withLink(_ body: (inout AsteriskLink) -> Void) {
        guard case .asterisk(var link, let address) = border else { return }
        border = .webhook(WebhookTranslator())
        body(&link)
        border = .asterisk(link, address)
    }

    var nextDeadline: Span? {
        [calls.nextDeadline, acd.nextDeadline, link?.nextDeadline].compactMap { $0 }.min()
    }

    mutating func openGap(at now: UnixTime, cause: String) {
        guard gaps.last.map({ $0.to != nil }) ?? true else { return }
        if gaps.count == Self.gapLimit { gaps.removeFirst() }
        gaps.append(Gap(from: now, to: nil, cause: cause))
    }

    mutating func closeGap(at now: UnixTime) {
        guard let last = gaps.indices.last, gaps[last].to == nil else { return }
        gaps[last].to = now
    }
}
