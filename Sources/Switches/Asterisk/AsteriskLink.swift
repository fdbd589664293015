import AMI
import Telephony
import Wire

/// The link to one Asterisk: connects, logs in, asks for the inventory, keeps watch, and connects again when the link breaks.
///
/// Pure: the owner opens and closes the connection and brings bytes and time; events, bytes and states come out. Reconnection: 0.5 s·2ⁿ up to
/// 30 s with ±20 % jitter; a fault of configuration (refused login, bad certificate) not faster than 60 s, because Asterisk logs each one and fail2ban is usual.
public struct AsteriskLink: Sendable {
    public struct Settings: Equatable, Sendable {
        public var credentials: Session.Credentials
        public var notice: AsteriskTranslator.QueueStatusNotice
        /// The event classes asked for. Without `reporting` there are no RTCP and test events, half of a stream that means nothing to us.
        public var events: String
        /// The bytes are a recording of another client's session: nothing is asked and nobody is waited for.
        public var isRecording: Bool

        public init(
            credentials: Session.Credentials, notice: AsteriskTranslator.QueueStatusNotice = .init(),
            events: String = "system,call,agent,user",
            isRecording: Bool = false
        ) {
            self.credentials = credentials
            self.notice = notice
            self.events = events
            self.isRecording = isRecording
        }
    }

    public enum State: Equatable, Sendable {
        case disconnected, connecting, loggingIn
        /// Logged in; the inventory is not complete yet.
        case synchronizing
        case connected
        /// The switch does not let us in: somebody must change a configuration.
        case refused
    }

    public enum Output {
        case connect
        case send([UInt8])
        case close
        case event(SwitchEvent, Moment)
        /// An event that the inventory told, not the live stream.
        case inventory(SwitchEvent, Moment)
        /// The connection is gone, and with it what happens meanwhile.
        case lost(Moment)
        /// `detail` is for people: why, and what to check.
        case state(State, detail: String?)
    }

    private let settings: Settings
    private let digests: Digests
    private var translator: AsteriskTranslator
    private var session: Session?
    private var generator: SplitMix64
    private var failures = 0
    private var connections = 0
    private var retryAt: Span?
    private var inventoryID: String?
    private var wasLoggedIn = false
    public private(set) var clock = ClockOffset()
    public private(set) var state = State.disconnected

    /// Events read, those that meant something, and runs of bytes that were no message.
    public private(set) var read = 0
    public private(set) var understood = 0
    public private(set) var malformed = 0

    public init(_ settings: Settings, digests: Digests, seed: UInt64) {
        self.settings = settings
        self.digests = digests
        translator = AsteriskTranslator(notice: settings.notice)
        generator = SplitMix64(seed: seed)
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
        if settings.isRecording {
            session = .listening(digests: digests)
            wasLoggedIn = true
            return enter(.connected, nil, &outputs)
        }
        session = Session(
            credentials: settings.credentials, events: settings.events,
            idPrefix: "centralino-\(now.date.microseconds / 1_000_000)-\(connections)",
            digests: digests, at: now.uptime.duration)
        enter(.loggingIn, nil, &outputs)
    }

    public mutating func received(_ bytes: [UInt8], at now: Moment, into outputs: inout [Output]) {
        withSession { link, session in
            session.receive(bytes, at: now.uptime.duration) { link.take($0, at: now, &outputs) }
        }
        askIfDue(at: now, &outputs)
    }

    /// The connection ended, or could not be opened; `reason` is for people. `isConfigurationFault`: trying again at once cannot help.
    public mutating func closed(
        _ reason: String, isConfigurationFault: Bool = false, at now: Moment, into outputs: inout [Output]
    ) {
        session = nil
        clock = ClockOffset()
        inventoryID = nil
        if wasLoggedIn {
            wasLoggedIn = false
            outputs.append(.lost(now))
        }
        if isConfigurationFault { enter(.refused, failure ?? reason, &outputs) }
        if state == .refused {
            retryAt = now.uptime + jittered(.seconds(75))
        } else {
            let doubled = Span.milliseconds(500 << Int64(min(failures, 6)))
            retryAt = now.uptime + jittered(min(doubled, .seconds(30)))
            // Why we closed it says more than that it is closed.
            enter(.disconnected, failure ?? reason, &outputs)
        }
        failures += 1
    }

    public var nextDeadline: Span? {
        guard let session = session?.nextDeadline.map(Span.init(duration:)) else { return retryAt }
        return retryAt.map { min($0, session) } ?? session
    }

    public mutating func deadlineReached(at now: Moment, into outputs: inout [Output]) {
        if let retryAt, retryAt <= now.uptime { start(at: now, into: &outputs) }
        withSession { link, session in
            session.deadlineReached(at: now.uptime.duration) { link.take($0, at: now, &outputs) }
        }
    }

    // MARK: the session's outputs

    private mutating func take(_ output: Session.Output, at now: Moment, _ outputs: inout [Output]) {
        switch output {
        case .event(let message):
            read += 1
            guard let event = translator.event(message) else {
                if message.isTitled("Reload") { inventoryDue = true }
                return
            }
            understood += 1
            let moment = translator.moment(of: message, received: now)
            if event == .booted, state == .connected { inventoryDue = true }
            outputs.append(.event(event, moment))
        case .send(let bytes): outputs.append(.send(bytes))
        case .loggedIn:
            wasLoggedIn = true
            failures = 0
            inventoryDue = true
            enter(.synchronizing, nil, &outputs)
        case .item(_, let message):
            if let event = translator.inventory(message) { outputs.append(.inventory(event, now)) }
        case .listEnded(let id):
            if id == inventoryID {
                inventoryID = nil
                outputs.append(.inventory(.inventoryEnded, now))
                enter(.connected, nil, &outputs)
            }
        case .answer(let id, let message):
            // A refused inventory: live events still tell the truth from now on.
            if id == inventoryID {
                inventoryID = nil
                enter(
                    .connected,
                    "Asterisk refused the inventory: \(message["Message"] ?? "no reason given"). Figures begin with the first event.",
                    &outputs)
            }
        case .unanswered(let id, let action):
            if id == inventoryID {
                inventoryID = nil
                enter(.connected, "Asterisk did not answer \(action). Figures begin with the first event.", &outputs)
            }
        case .pong(let time, let sent):
            clock.add(switchTime: UnixTime(microseconds: time), sent: Span(duration: sent), at: now)
        case .malformed:
            malformed += 1
            // Something may have been lost between two messages: ask again, but not without end if it is the answer that is malformed.
            guard repairAt <= now.uptime else { return }
            repairAt = now.uptime + Self.repairInterval
            inventoryDue = true
        case .failed(let error):
            failure = error.description
            if error.isConfigurationFault {
                enter(.refused, error.description, &outputs)
            } else {
                enter(.disconnected, error.description, &outputs)
            }
            outputs.append(.close)
        }
    }

    private var inventoryDue = false
    /// Before this, a malformed message does not make us ask again.
    private var repairAt = Span.zero
    private static let repairInterval = Span.seconds(60)
    /// Why the session failed, until the next connection.
    private var failure: String?

    /// Subscribe first (the mask is set at login), then ask: live events that fall between the items are applied as they come.
    private mutating func askIfDue(at now: Moment, _ outputs: inout [Output]) {
        guard inventoryDue, inventoryID == nil, session?.isReady == true else { return }
        inventoryDue = false
        withSession { link, session in
            link.inventoryID = try? session.request(Action("QueueStatus"), isList: true, at: now.uptime.duration) {
                link.take($0, at: now, &outputs)
            }
        }
        if inventoryID != nil { outputs.append(.inventory(.inventoryBegan, now)) }
    }

    /// The session is taken out while it works, so that what it hands out can change this link.
    private mutating func withSession(_ body: (inout AsteriskLink, inout Session) -> Void) {
        guard var session else { return }
        self.session = nil
        body(&self, &session)
        self.session = session
    }

    private mutating func enter(_ state: State, _ detail: String?, _ outputs: inout [Output]) {
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
