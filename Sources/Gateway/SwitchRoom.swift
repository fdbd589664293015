import ACD
import Calls
import Contacts
import Figures
import Switches
import Telephony
import Time

/// Everything that belongs to one switch: its link and what its events have come to. Keys of two switches never meet.
struct SwitchRoom: Sendable {
    enum Border: Sendable {
        case asterisk(AsteriskLink, Configuration.Endpoint)
        case webhook(WebhookTranslator)
    }

    /// The oldest go first: a link that flaps all night must not fill the memory.
    static let gapLimit = 10_000

    let name: SwitchID
    var border: Border
    /// The link's, or that of what a webhook source told, kept beside it: to ask the link itself would copy it, after each event.
    var linkDeadline: Span?
    var connection: ConnectionID?
    var calls = Calls()
    var contacts: Contacts
    var acd: ACD
    var alarms = AlarmBoard()
    var state = AsteriskLink.State.disconnected
    var stateSince: UnixTime
    var detail: String?
    /// The inventory is complete, and what it changes is not all changed: the switch is connected when it is, with these words for people.
    var whenCorrected: WhenCorrected?

    struct WhenCorrected: Codable, Equatable, Sendable { var detail: String? }

    var isCorrecting: Bool { calls.isCorrecting || acd.isCorrecting }
    var gaps: [Gap] = []
    /// Of gaps that are not in `gaps` any more: how many, and how long.
    var forgottenGaps = 0
    var forgottenLoss = Span.zero
    /// nil: rows of intervals are not wanted.
    var intervals: IntervalLedger?
    /// When its inventory was complete for the first time, and when it last said anything.
    var firstHeard: UnixTime?
    var lastHeard: UnixTime?

    /// What the configuration calls its agents: shown where the switch gives them no name.
    var configuredNames: [Interface: String] = [:]

    /// When it may be said again, in uptime, that there are too many channels.
    var nextRefusalLine = Span.zero

    /// What of its calls is not followed, in words; nil: nothing.
    var refusedChannels: String? {
        guard calls.channelsRefused > 0 else { return nil }
        return
            "\(calls.channelsRefused) times a channel was not followed, because \(Calls.channelLimit) are, or \(Calls.bridgeLimit) in one bridge: their calls are in no figure. Look at “core show channels” on the switch: channels that stay for hours are a fault of its own. The switch is asked for its inventory, and what does not live is forgotten."
    }

    var link: AsteriskLink? {
        guard case .asterisk(let link, _) = border else { return nil }
        return link
    }

    /// Whether it says who is a member of which queue. A webhook source tells of agents only what their calls do.
    var tellsMembers: Bool {
        if case .webhook = border { false } else { true }
    }

    /// An agent without a queue is logged off only where the queues are told.
    func state(of agent: AgentStatus, at now: Moment) -> AgentState {
        let state = agent.state(at: now.uptime)
        return state == .loggedOff && !tellsMembers && agent.isAnother != true ? .unknown : state
    }

    /// As people are shown it: the switch's name, or else the configuration's, or else the interface.
    func name(of agent: AgentRef) -> String {
        let isNameless = agent.name.isIdentical(to: agent.interface.rawValue)
        return printable(isNameless ? configuredNames[agent.interface] ?? agent.name : agent.name)
    }

    /// The link is taken out while it works, so that it is never copied.
    mutating func withLink(_ body: (inout AsteriskLink) -> Void) {
        guard case .asterisk(var link, let address) = border else { return }
        border = .webhook(WebhookTranslator())
        body(&link)
        linkDeadline = link.nextDeadline
        border = .asterisk(link, address)
    }

    /// nil if one is open already.
    mutating func openGap(at now: UnixTime, cause: Gap.Cause) -> Gap? {
        guard gaps.last.map({ $0.to != nil }) ?? true else { return nil }
        if gaps.count == Self.gapLimit {
            let oldest = gaps.removeFirst()
            forgottenGaps += 1
            forgottenLoss += oldest.overlap(from: max(oldest.from, firstHeard ?? oldest.from), to: now)
        }
        gaps.append(Gap(from: now, cause: cause))
        return gaps.last
    }

    /// nil if none is open.
    mutating func closeGap(at now: UnixTime) -> Gap? {
        guard let last = gaps.indices.last, gaps[last].to == nil else { return nil }
        gaps[last].to = max(gaps[last].from, now)
        return gaps[last]
    }

    /// The switch tells for how long it has been running: since before the gap, or not.
    mutating func booted(uptime: Span, at now: UnixTime) {
        guard let last = gaps.indices.last, gaps[last].to == nil, gaps[last].cause == .linkLost else { return }
        // Its uptime is in whole seconds.
        if now - gaps[last].from - .seconds(1) > uptime { gaps[last].cause = .switchRestarted }
    }

    /// The gaps in which a contact of ours lived, the open one as far as it has come.
    func gaps(from start: UnixTime, to end: UnixTime, at now: UnixTime) -> [Gap] {
        gaps.filter { $0.from <= end && ($0.to ?? now) >= start }.map { Gap(from: $0.from, to: $0.to ?? now, cause: $0.cause) }
    }

    /// Of all the time since `start`, gaps that are forgotten included: it only grows.
    func unheardEver(since start: UnixTime, at now: UnixTime) -> Span {
        let heard = max(start, min(firstHeard ?? now, now))
        return gaps.reduce(max(.zero, heard - start) + forgottenLoss) { $0 + $1.overlap(from: heard, to: now) }
    }
}
