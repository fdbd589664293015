import Wire

/// The client's side of one AMI connection, without the connection: bytes and time go in; bytes to send, answers and
/// events come out.
///
/// Life: banner → login (plain, or MD5 by challenge) → ready; Ping keeps watch, and compares the clocks. Actions are
/// answered by ActionID only, since live events fall between the items of a list, and items may have the name of a live
/// event (`domain.md` §1.2).
///
/// Its Codable form is where it stands between two reads. The secret is not part of it: it is given with each read.
public struct Session: Codable, Equatable, Sendable {
    /// How a secret is proved: sent as it is, or by the answer to a challenge.
    public enum Method: String, Codable, Sendable { case plain, md5 }

    /// What proves the username, and the digest that a challenge needs.
    public struct Secret: Sendable {
        let text: String
        let digests: Digests

        public init(_ text: String, _ digests: Digests) {
            self.text = text
            self.digests = digests
        }

        /// Lower-case hex of MD5(challenge ‖ secret); Asterisk compares with `strcmp`.
        func answer(to challenge: String) -> String {
            digests.md5(Array((challenge + text).utf8)).map { byte in
                let hex = String(byte, radix: 16)
                return hex.count == 1 ? "0" + hex : hex
            }.joined()
        }
    }

    public enum Output {
        case send([UInt8])
        /// Logged in; the banner's version, e.g. `11.0.0`, is a hint only.
        case loggedIn(version: String)
        /// A live event.
        case event(Message)
        /// The single answer to an action.
        case answer(id: String, Message)
        /// One item of a list.
        case item(id: String, Message)
        case listEnded(id: String)
        /// An action that was not answered in time, or whose list has no end.
        case unanswered(id: String, action: String)
        /// Our own Ping, sent at `sent`, was answered with the switch's clock: microseconds since 1970.
        case pong(switchTime: Int64, sent: Duration)
        /// Bytes were skipped: something may have been lost.
        case malformed(Framer.Fault)
        /// The session is over; close the connection.
        case failed(AMIError)
    }

    private enum State: Codable, Equatable {
        case greeting(since: Duration)
        case challenged(since: Duration)
        case loggingIn(since: Duration)
        case ready
        case listening
        case failed
    }

    private struct Pending: Codable, Equatable {
        var action: String
        var isList: Bool
        /// Our own login or Ping: nobody waits for its answer but this session.
        var isInternal: Bool
        var sent: Duration
        var deadline: Duration
        /// Of a list.
        var items = 0
    }

    private let username: String
    private let method: Method
    /// The event mask asked for at login.
    private let events: String
    private let prefix: String
    private var framer = Framer(role: .client)
    private var state: State
    private var version = ""
    private var pending: [String: Pending] = [:]
    /// Lists that were given up: their late items are not live events.
    private var abandoned: [String] = []
    private var counter = 0
    private var keepalive: Keepalive
    /// Messages handed out, by kind, for the operator's figures.
    public private(set) var messages = 0
    public private(set) var faults = 0

    /// - Parameter idPrefix: makes ActionIDs unique over connections; at most 40 printable characters.
    public init(username: String, method: Method = .md5, events: String = "on", idPrefix: String, at now: Duration) {
        self.username = username
        self.method = method
        self.events = events
        prefix = idPrefix
        state = .greeting(since: now)
        keepalive = Keepalive(now)
    }

    /// A session that only listens to what was recorded of another: nothing is asked, so nothing is answered or late.
    public static func listening() -> Session {
        var session = Session(username: "", idPrefix: "", at: .zero)
        session.state = .listening
        return session
    }

    public var isReady: Bool { state == .ready }

    // MARK: input

    /// Feeds bytes from the switch, split anywhere.
    public mutating func receive(
        _ bytes: some Collection<UInt8>, _ secret: Secret, at now: Duration, _ body: (Output) -> Void
    ) {
        // A read that brought nothing proves nothing.
        guard state != .failed, !bytes.isEmpty else { return }
        keepalive.heard(at: now)
        // The framer is taken out so that its messages can change this session.
        var framer = Framer(role: .client)
        swap(&framer, &self.framer)
        framer.receive(bytes) { output in
            guard state != .failed else { return }
            switch output {
            case .banner(let line): greeted(line, secret, at: now, body)
            case .malformed(let fault):
                faults += 1
                body(.malformed(fault))
            case .message(let message):
                messages += 1
                received(message, secret, at: now, body)
            }
        }
        swap(&framer, &self.framer)
    }

    /// Sends an action and returns its ActionID. nil when nothing was sent: the session is not ready (a switch would
    /// take an action before the login for a refused one), or so many actions are unanswered that the session fails.
    public mutating func request(_ action: Action, isList: Bool = false, at now: Duration, _ body: (Output) -> Void)
        throws(Action
        .EncodingError) -> String?
    {
        guard state == .ready else { return nil }
        return try send(action, isList: isList, isInternal: false, at: now, body)
    }

    private mutating func send(
        _ action: Action, isList: Bool, isInternal: Bool, at now: Duration, _ body: (Output) -> Void
    ) throws(Action
        .EncodingError) -> String?
    {
        guard pending.count < Limits.pendingActions else {
            fail(.tooManyPending(pending.count), body)
            return nil
        }
        let id = nextID()
        let bytes = try action.encoded(id: id)
        pending[id] = Pending(
            action: action.name, isList: isList, isInternal: isInternal, sent: now,
            deadline: now + (isList ? Limits.listSilence : Limits.answer))
        body(.send(bytes))
        return id
    }

    /// When to call ``deadlineReached(at:_:)`` if nothing arrives first.
    public var nextDeadline: Duration? {
        switch state {
        case .greeting(let since): since + Limits.greeting
        case .challenged(let since), .loggingIn(let since): since + Limits.login
        case .ready: pending.values.map(\.deadline).min().map { min($0, keepalive.nextCheck) } ?? keepalive.nextCheck
        case .listening, .failed: nil
        }
    }

    public mutating func deadlineReached(at now: Duration, _ body: (Output) -> Void) {
        switch state {
        case .greeting(let since):
            if now - since >= Limits.greeting { fail(.noGreeting(after: Limits.greeting), body) }
        case .challenged(let since), .loggingIn(let since):
            if now - since >= Limits.login { fail(.loginUnanswered(after: Limits.login), body) }
        case .ready:
            for (id, late) in pending.filter({ $0.value.deadline <= now }).sorted(by: { $0.key < $1.key }) {
                giveUp(id, late, body)
            }
            switch keepalive.check(at: now) {
            case .none: break
            case .ping: sendOrFail(Action("Ping"), at: now, body)
            case .giveUp(let silence): fail(.silent(for: silence), body)
            }
        case .listening, .failed: break
        }
    }

    private mutating func giveUp(_ id: String, _ request: Pending, _ body: (Output) -> Void) {
        pending[id] = nil
        if request.isList { abandoned = abandoned.suffix(Limits.abandonedLists - 1) + [id] }
        if !request.isInternal { body(.unanswered(id: id, action: request.action)) }
    }

    // MARK: greeting and login

    private mutating func greeted(_ line: String, _ secret: Secret, at now: Duration, _ body: (Output) -> Void) {
        guard state != .listening else { return }
        let title = "Asterisk Call Manager/"
        guard line.hasPrefix(title) else {
            // A stranger's text ends in our log: printable characters only, and few.
            let printable = line.unicodeScalars.filter { $0.value >= 32 && $0.value != 127 }.prefix(
                Limits.quotedScalars)
            return fail(.notAsterisk(firstLine: String(String.UnicodeScalarView(printable))), body)
        }
        version = String(line.dropFirst(title.count))
        guard let major = Int(version.prefix(while: \.isNumber)), major >= 2 else {
            return fail(.tooOld(version: version), body)
        }
        switch method {
        case .plain: logIn(["Secret": secret.text], at: now, body)
        case .md5:
            state = .challenged(since: now)
            sendOrFail(Action("Challenge", ["AuthType": "MD5"]), at: now, body)
        }
    }

    private mutating func logIn(_ proof: KeyValuePairs<String, String>, at now: Duration, _ body: (Output) -> Void) {
        state = .loggingIn(since: now)
        var action = Action("Login", ["Username": username])
        action.headers += proof.map { (name: $0.key, value: $0.value) }
        action.headers.append((name: "Events", value: events))
        sendOrFail(action, at: now, body)
    }

    // MARK: messages

    private mutating func received(_ message: Message, _ secret: Secret, at now: Duration, _ body: (Output) -> Void) {
        switch message.kind {
        case .event:
            if !pending.isEmpty, let id = message["ActionID"], pending[id]?.isList == true {
                received(item: message, id, at: now, body)
            } else if !abandoned.isEmpty, let id = message["ActionID"], abandoned.contains(id) {
                return
            } else if state == .ready || state == .listening {
                body(.event(message))
            }
        case .response: received(answer: message, secret, at: now, body)
        case .action: break
        }
    }

    private mutating func received(item: Message, _ id: String, at now: Duration, _ body: (Output) -> Void) {
        if let end = item["EventList"], !end.isEmpty, item["ListItems"] != nil || end.lowercased() != "start" {
            let items = pending.removeValue(forKey: id)?.items ?? 0
            if let told = item["ListItems"].flatMap({ Int($0) }), items < told { body(.malformed(.listTooShort)) }
            body(.listEnded(id: id))
        } else {
            guard var request = pending[id] else { return }
            if request.items >= Limits.listItems || now - request.sent > Limits.listDuration {
                return giveUp(id, request, body)
            }
            request.deadline = now + Limits.listSilence
            request.items += 1
            pending[id] = request
            body(.item(id: id, item))
        }
    }

    private func refusal(_ reason: String) -> AMIError {
        reason == "Asterisk is shutting down" ? .shuttingDown : .loginRefused(username: username, reason: reason)
    }

    private mutating func received(
        answer message: Message, _ secret: Secret, at now: Duration, _ body: (Output) -> Void
    ) {
        let succeeded = message.isTitled("Success")
        let reason = message["Message"] ?? String(decoding: message.title, as: UTF8.self)
        switch state {
        case .greeting, .listening, .failed: return
        case .challenged:
            guard succeeded, let challenge = message["Challenge"] else {
                return fail(refusal(reason), body)
            }
            pending.removeAll()
            logIn(["AuthType": "MD5", "Key": secret.answer(to: challenge)], at: now, body)
        case .loggingIn:
            guard succeeded else { return fail(refusal(reason), body) }
            pending.removeAll()
            state = .ready
            body(.loggedIn(version: version))
        case .ready:
            // Some parse errors carry no ActionID: they can be given to nobody.
            guard let id = message["ActionID"], let request = pending[id] else { return }
            if request.isInternal {
                pending[id] = nil
                // A simulated or very old switch may not say what time it is.
                if let time = message.index(of: "Timestamp", from: 0).flatMap({ parseTimestamp(message.bytes(at: $0)) })
                {
                    body(.pong(switchTime: time, sent: request.sent))
                }
            } else if request.isList, succeeded {
                pending[id]?.deadline = now + Limits.listSilence
            } else {
                pending[id] = nil
                body(.answer(id: id, message))
            }
        }
    }

    private mutating func sendOrFail(_ action: Action, at now: Duration, _ body: (Output) -> Void) {
        do {
            _ = try send(action, isList: false, isInternal: true, at: now, body)
        } catch {
            // Only credentials from the configuration stand in these actions.
            fail(.loginRefused(username: username, reason: "\(error)"), body)
        }
    }

    private mutating func fail(_ error: AMIError, _ body: (Output) -> Void) {
        guard state != .failed else { return }
        state = .failed
        body(.failed(error))
    }

    private mutating func nextID() -> String {
        counter += 1
        return "\(prefix)-\(counter)"
    }
}

/// Watches a link that may die without a word: a half-open TCP connection shows only by asking. On a link that is never
/// silent it asks, too, as often, because the answer carries the switch's clock.
struct Keepalive: Codable, Equatable, Sendable {
    enum Action: Equatable { case none, ping, giveUp(silence: Duration) }

    private var lastHeard: Duration
    private var lastPing: Duration?
    private var unanswered = 0
    /// When to ask for the clock if silence is no reason before.
    private var nextComparison: Duration

    init(_ now: Duration) {
        lastHeard = now
        nextComparison = now + Limits.pingInterval
    }

    var nextCheck: Duration { min(nextWatch, nextComparison) }

    private var nextWatch: Duration { lastPing.map { $0 + Limits.pingAnswer } ?? lastHeard + Limits.pingInterval }

    /// Anything that arrives proves that the link lives.
    mutating func heard(at now: Duration) {
        lastHeard = now
        if unanswered > 0 { answered() }
    }

    mutating func answered() {
        lastPing = nil
        unanswered = 0
    }

    mutating func check(at now: Duration) -> Action {
        if now >= nextWatch {
            if unanswered >= Limits.pingsUnanswered { return .giveUp(silence: now - lastHeard) }
            lastPing = now
            unanswered += 1
        } else if now < nextComparison {
            return .none
        }
        nextComparison = now + Limits.pingInterval
        return .ping
    }
}
