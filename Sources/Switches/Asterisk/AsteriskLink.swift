import AMI
import Telephony
import Time
import Wire

/// The link to one Asterisk: connects, logs in, asks for the inventory, keeps watch, and connects again when the link
/// breaks.
///
/// Pure: the owner opens and closes the connection and brings bytes and time; events, bytes and states come out.
/// Reconnection: 0.5 s·2ⁿ up to 30 s with ±20 % jitter; a fault of configuration (refused login, bad certificate) not
/// faster than 60 s, because Asterisk logs each one and fail2ban is usual.
///
/// Its Codable form is all that it has learnt. The secret is not part of it: it is given with each read.
public struct AsteriskLink: Codable, Equatable, Sendable {
    /// How one switch is read: what of the configuration changes the meaning of its bytes.
    public struct Rules: Codable, Equatable, Sendable {
        public var username: String
        /// Whether the secret is proved by a challenge, and not sent.
        public var isChallenged: Bool
        public var notice: AsteriskTranslator.QueueStatusNotice
        public var survey: AsteriskTranslator.SurveyNotice
        public var lines: LineRule
        /// nil in journals of versions that did not have it: the default applies.
        public var presentation: AsteriskTranslator.PresentationNotice?
        /// The event classes asked for. Without `reporting` there are no RTCP and test events, half of a stream that
        /// means nothing to us.
        public var events: String
        /// The bytes are a recording of another client's session: nothing is asked and nobody is waited for.
        public var isRecording: Bool

        public init(
            username: String, isChallenged: Bool = true, notice: AsteriskTranslator.QueueStatusNotice = .init(),
            survey: AsteriskTranslator.SurveyNotice = .init(), lines: LineRule = .init(),
            presentation: AsteriskTranslator.PresentationNotice = .init(), events: String = "system,call,agent,user",
            isRecording: Bool = false
        ) {
            self.username = username
            self.isChallenged = isChallenged
            self.notice = notice
            self.survey = survey
            self.lines = lines
            self.presentation = presentation
            self.events = events
            self.isRecording = isRecording
        }
    }

    /// What the session needs of ``Rules``; the translator has the rest.
    private struct Account: Codable, Equatable {
        var username: String
        var method: Session.Method
        var events: String
        var isRecording: Bool

        init(_ rules: Rules) {
            username = rules.username
            method = rules.isChallenged ? .md5 : .plain
            events = rules.events
            isRecording = rules.isRecording
        }
    }

    public enum Output {
        case connect
        case send([UInt8])
        case close
        case event(SwitchEvent, Moment)
        /// An event that comes from the inventory, not from the live stream.
        case inventory(SwitchEvent, Moment)
        /// The connection is gone; what happens until the next one is not heard.
        case lost(Moment)
        /// An event carried a date so far from ours that ours was used. Reported once, then again while it lasts.
        case misdated(by: Span)
        /// `detail` is for people: why, and what to check.
        case state(LinkState, detail: String?)
    }

    private var account: Account
    private var translator: AsteriskTranslator
    private var session: Session?
    private var generator: SplitMix64
    private var failures = 0
    private var connections = 0
    private var retryAt: Span?
    private var inventory = Inventory()
    private var wasLoggedIn = false
    /// When the last bytes came. If the link falls silent (`isSilent`), it counts as gone from then on.
    private var heard: Moment?
    private var isSilent = false
    public private(set) var clock = ClockOffset()
    public private(set) var state = LinkState.disconnected

    /// Events read, those that meant something, and runs of bytes that were no message.
    public private(set) var read = 0
    public private(set) var understood = 0
    public private(set) var malformed = 0
    /// Events whose date was not believed.
    public private(set) var misdated = 0
    /// When a misdated event was last reported, in uptime.
    private var misdatedSaid: Span?
    private static let misdatedInterval = Span.seconds(600)

    public init(_ rules: Rules, seed: UInt64) {
        account = Account(rules)
        translator = AsteriskTranslator(rules)
        generator = SplitMix64(seed: seed)
    }

    /// Continues by other rules: the configuration was changed.
    public mutating func adopt(_ rules: Rules) {
        account = Account(rules)
        translator.adopt(rules)
    }

    // MARK: input

    public mutating func start(at now: Moment, into outputs: inout [Output]) {
        retryAt = nil
        enter(.connecting, nil, &outputs)
        outputs.append(.connect)
    }

    public mutating func opened(at now: Moment, into outputs: inout [Output]) {
        connections += 1
        translator.connected()
        failure = nil
        isSilent = false
        if account.isRecording {
            session = .listening()
            // A recording cannot be asked what is still alive: nothing is.
            if connections > 1 {
                outputs.append(.inventory(.inventoryBegan, now))
                outputs.append(.inventory(.inventoryEnded(hasChannels: true, hasQueues: true), now))
            }
            wasLoggedIn = true
            return enter(.connected, nil, &outputs)
        }
        session = Session(
            username: account.username, method: account.method, events: account.events,
            idPrefix: "centralino-\(now.date.microseconds / 1_000_000)-\(connections)", at: now.uptime.duration)
        enter(.loggingIn, nil, &outputs)
    }

    public mutating func received(
        _ bytes: [UInt8], _ secret: Session.Secret, at now: Moment, into outputs: inout [Output]
    ) {
        heard = now
        withSession { link, session in
            session.receive(bytes, secret, at: now.uptime.duration) { link.take($0, at: now, &outputs) }
        }
        askIfDue(at: now, &outputs)
    }

    /// The connection ended, or could not be opened; `reason` is for people. `isConfigurationFault`: trying again at
    /// once cannot help.
    public mutating func closed(
        _ reason: String, isConfigurationFault: Bool = false, at now: Moment, into outputs: inout [Output]
    ) {
        session = nil
        inventory = Inventory()
        // The inventory of the next connection will repair it.
        isDamaged = false
        clock = ClockOffset()
        if wasLoggedIn {
            wasLoggedIn = false
            // A link that was given up for its silence was not heard since the silence began.
            outputs.append(.lost(isSilent ? heard ?? now : now))
        }
        if isConfigurationFault { enter(.refused, failure ?? reason, &outputs) }
        if state == .refused {
            retryAt = now.uptime + jittered(Limits.pauseAfterRefusal)
        } else {
            let doubled = Span(
                microseconds: Limits.firstPause.microseconds << Int64(min(failures, Limits.pauseDoublings)))
            retryAt = now.uptime + jittered(min(doubled, Limits.longestPause))
            // Our reason for closing it says more than the report that it is closed.
            enter(.disconnected, failure ?? reason, &outputs)
        }
        failures += 1
    }

    /// The gateway was not running since `last`, and nobody closed the connection: it is gone. Call ``start(at:into:)``
    /// next.
    public mutating func interrupted(at last: Moment, into outputs: inout [Output]) {
        session = nil
        inventory = Inventory()
        isDamaged = false
        clock = ClockOffset()
        failures = 0
        retryAt = nil
        failure = nil
        if wasLoggedIn {
            wasLoggedIn = false
            outputs.append(.lost(last))
        }
        enter(.disconnected, nil, &outputs)
    }

    public var nextDeadline: Span? {
        let repair = isDamaged && session?.isReady == true && inventory.id == nil ? repairAt : nil
        return [session?.nextDeadline.map(Span.init(duration:)), retryAt, repair].compactMap { $0 }.min()
    }

    public mutating func deadlineReached(at now: Moment, into outputs: inout [Output]) {
        if let retryAt, retryAt <= now.uptime { start(at: now, into: &outputs) }
        withSession { link, session in
            session.deadlineReached(at: now.uptime.duration) { link.take($0, at: now, &outputs) }
        }
        askIfDue(at: now, &outputs)
    }

    // MARK: the session's outputs

    private mutating func take(_ output: Session.Output, at now: Moment, _ outputs: inout [Output]) {
        switch output {
        case .event(let message): happened(message, at: now, &outputs)
        case .send(let bytes): outputs.append(.send(bytes))
        case .loggedIn:
            wasLoggedIn = true
            inventory.isDue = true
            enter(.synchronizing, nil, &outputs)
        case .item(let id, let message):
            if id == inventory.id { inventory.items = (inventory.items ?? 0) + 1 }
            if let event = translator.inventory(message) { outputs.append(.inventory(event, now)) }
        case .listEnded(let id): if id == inventory.id { answered(nil, at: now, &outputs) }
        case .answer(let id, let message):
            if id == inventory.id { answered("refused: \(message["Message"] ?? "no reason given")", at: now, &outputs) }
        case .unanswered(let id, _):
            guard id == inventory.id else { return }
            let items = inventory.items ?? 0
            guard items > 0 else { return answered("not answered", at: now, &outputs) }
            inventory.isEndless = true
            if inventory.list == Inventory.channels { outputs.append(.inventory(.channelListGivenUp, now)) }
            answered("given up after \(items) items without an end", at: now, &outputs)
        case .pong(let time, let sent):
            clock.add(switchTime: UnixTime(microseconds: time), sent: Span(duration: sent), at: now)
        // Only lists of the inventory are asked for.
        case .malformed(.listTooShort): inventory.isShort = true
        case .malformed:
            malformed += 1
            // Something may have been lost between two messages: ask again, but not without end if it is the answer
            // that is malformed.
            isDamaged = true
        case .failed(let error):
            failure = error.description
            if case .silent = error { isSilent = true }
            if error.isConfigurationFault {
                enter(.refused, error.description, &outputs)
            } else {
                enter(.disconnected, error.description, &outputs)
            }
            outputs.append(.close)
        }
    }

    private mutating func happened(_ message: Message, at now: Moment, _ outputs: inout [Output]) {
        read += 1
        let name = EventName(message)
        let change = translator.callChange(message, name)
        let isWithheld = name.map { translator.isWithheld(message, $0) } ?? false
        let hidden = isWithheld ? translator.channel(of: message) : nil
        // The event is handed on as it comes: each further look into it would copy it.
        guard let name, let event = translator.event(message, name, isWithheld: isWithheld) else {
            guard change != nil || hidden != nil else {
                if name == .reload { reloaded(at: now) }
                return
            }
            let dated = date(message, change, at: now, &outputs)
            return finish(message, hidden, dated, &outputs)
        }
        let dated = date(message, change, at: now, &outputs)
        // Right after its start the switch accepts our login before it can answer.
        if name == .fullyBooted, state == .connected || !inventory.missing.isEmpty { inventory.isDue = true }
        outputs.append(.event(event, dated.moment))
        finish(message, hidden, dated, &outputs)
    }

    /// The moment of an event that means something, and what precedes the event itself: a step of the clock, a date
    /// that is not believed, another call.
    private mutating func date(
        _ message: Message, _ change: (channel: ChannelID, call: CallID)?, at now: Moment, _ outputs: inout [Output]
    ) -> AsteriskTranslator.Dated {
        understood += 1
        let dated = translator.date(message, received: now)
        if dated.isStep { outputs.append(.event(.clockStepped, dated.moment)) }
        if let difference = dated.misdatedBy {
            misdated += 1
            if misdatedSaid.map({ now.uptime - $0 >= Self.misdatedInterval }) ?? true {
                misdatedSaid = now.uptime
                outputs.append(.misdated(by: difference))
            }
        }
        if let change { outputs.append(.event(.callChanged(change.channel, change.call), dated.moment)) }
        return dated
    }

    /// What follows an event, which may be the one that begins the contact.
    private func finish(
        _ message: Message, _ hidden: ChannelID?, _ dated: AsteriskTranslator.Dated, _ outputs: inout [Output]
    ) {
        if let hidden { outputs.append(.event(.callerIdentified(hidden, .withheld), dated.moment)) }
        if dated.misdatedBy != nil, let id = translator.channel(of: message) {
            outputs.append(.event(.misdated(id), dated.moment))
        }
    }

    /// What there is: bridges, channels, then queues with their members and callers, one list after the other on the
    /// connection of the events, so that no item is older than an event that was read before it.
    private struct Inventory: Codable, Equatable {
        static let lists = ["BridgeList", "CoreShowChannels", "QueueStatus"]
        static let channels = 1
        var isDue = false
        /// The list that is being asked for; nil when none is.
        var list: Int?
        var id: String?
        /// The items of the current list so far. (Absent in older checkpoints.)
        var items: Int?
        /// What the switch does not report, and why.
        var missing: [String] = []
        /// Of ``lists``, those that will not come.
        var failed: Set<Int> = []
        /// Items of the current list did not come, or were malformed.
        var isShort = false
        /// How often the inventory was begun again for that reason.
        var restarts = 0
        /// One of its lists did not end. (Absent in older checkpoints.)
        var isEndless: Bool?
    }

    /// A list that is damaged each time must not keep us from working.
    private static let inventoryRestarts = 2

    /// Something was lost since the last inventory was asked for.
    private var isDamaged = false
    /// In uptime. Before it, a malformed message is only remembered, and does not make us ask again.
    private var repairAt = Span.zero
    private static let repairInterval = Span.seconds(60)
    /// Why the session failed, until the next connection.
    private var failure: String?

    /// To be called when something that the switch reported was not followed: the inventory is asked for, as after a
    /// malformed message.
    public mutating func askAgain() { isDamaged = true }

    /// A switch that reloads hundreds of times a second is asked at once, and then again after a minute.
    private mutating func reloaded(at now: Moment) {
        guard repairAt <= now.uptime else {
            isDamaged = true
            return
        }
        repairAt = now.uptime + Self.repairInterval
        inventory.isDue = true
    }

    /// Subscribe first (the mask is set at login), then ask: live events that fall between the items are applied as
    /// they come.
    private mutating func askIfDue(at now: Moment, _ outputs: inout [Output]) {
        guard session?.isReady == true, inventory.id == nil else { return }
        if isDamaged, repairAt <= now.uptime {
            isDamaged = false
            repairAt = now.uptime + Self.repairInterval
            inventory.isDue = true
        }
        if inventory.list == nil {
            guard inventory.isDue else { return }
            inventory = Inventory(list: 0)
            outputs.append(.inventory(.inventoryBegan, now))
        }
        guard let list = inventory.list, list < Inventory.lists.count else { return }
        withSession { link, session in
            link.inventory.id = try? session.request(
                Action(Inventory.lists[list]), isList: true, at: now.uptime.duration
            ) {
                link.take($0, at: now, &outputs)
            }
        }
    }

    /// One list is complete, or will not come.
    private mutating func answered(_ fault: String?, at now: Moment, _ outputs: inout [Output]) {
        guard let list = inventory.list else { return }
        inventory.id = nil
        inventory.items = nil
        var fault = fault
        if inventory.isShort {
            inventory.isShort = false
            // With an incomplete list we would end calls that are alive.
            if inventory.restarts < Self.inventoryRestarts {
                // The inventory that is asked for now also repairs what was malformed meanwhile.
                isDamaged = false
                inventory = Inventory(list: 0, restarts: inventory.restarts + 1)
                return outputs.append(.inventory(.inventoryBegan, now))
            }
            isDamaged = true
            repairAt = now.uptime + Self.repairInterval
            fault = "shorter than it said, three times"
        }
        if let fault {
            inventory.missing.append("\(Inventory.lists[list]) was \(fault)")
            inventory.failed.insert(list)
        }
        guard list + 1 == Inventory.lists.count else {
            inventory.list = list + 1
            return
        }
        let done = inventory
        // Not before: a switch that accepts our login and drops us earlier is retried later each time, as after a
        // refusal.
        failures = 0
        inventory = Inventory(isDue: done.isDue)
        outputs.append(
            .inventory(
                .inventoryEnded(
                    hasChannels: !done.failed.contains(Inventory.channels), hasQueues: !done.failed.contains(2)), now))
        let remedy =
            if done.isEndless == true {
                "What only such a list names is not believed. Ask the switch's own console for the same (“core show channels”, “queue show”): if that ends, "
                    + "something between the switch and us repeats what it says; if not, restart the switch. It is asked again with the next connection."
            } else if isDamaged && done.restarts > 0 {
                "Something between the switch and us damages what it says; it is asked again in a minute."
            } else {
                "Give the user write = reporting."
            }
        let detail =
            done.missing.isEmpty
            ? nil : "The inventory is not whole: \(done.missing.joined(separator: "; ")). \(remedy)"
        enter(.connected, detail, &outputs)
    }

    /// The session is taken out while it works, so that its outputs can change this link.
    private mutating func withSession(_ body: (inout AsteriskLink, inout Session) -> Void) {
        guard var session else { return }
        self.session = nil
        body(&self, &session)
        self.session = session
    }

    private mutating func enter(_ state: LinkState, _ detail: String?, _ outputs: inout [Output]) {
        self.state = state
        outputs.append(.state(state, detail: detail))
    }

    private mutating func jittered(_ span: Span) -> Span {
        Span(microseconds: span.microseconds * Int64.random(in: 80...120, using: &generator) / 100)
    }
}

extension Span {
    var duration: Duration { .microseconds(microseconds) }

    init(duration: Duration) {
        let (seconds, attoseconds) = duration.components
        self.init(microseconds: seconds * 1_000_000 + attoseconds / 1_000_000_000_000)
    }
}
