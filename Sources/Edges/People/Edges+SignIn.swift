import Access
import Core
import HTTP
import Telephony
import Time
import Wire

/// `/v1/session`: sign in (POST), who am I (GET), sign out (DELETE; everywhere with `?all=true`).
///
/// A password is checked off the loop; the connection's further requests wait for it. A wrong one is answered later
/// each time, and then not checked at all for a while.
extension Edges {
    mutating func sessionRequest(
        _ request: Request, _ id: ConnectionID, _ connection: HTTP.Connection, at now: Moment,
        _ effects: inout [Effect]
    ) {
        let isSecure = request.isSecure
        switch request.method {
        case "GET", "HEAD":
            guard let grant = storedGrant(of: request) else {
                return connection.respond(refusal(.notSignedIn, at: now))
            }
            connection.respond(.json(200, JSON.encode(SignedIn(grant, csrf(of: request), sessionEnd(request)))))
        case "POST": signIn(request, id, connection, isSecure, at: now, &effects)
        case "DELETE":
            guard let digest = credential(of: request), case .account(let name)? = credentials[digest]?.holder else {
                return connection.respond(cleared(refusal(.notSignedIn, at: now), isSecure))
            }
            // The cookie alone proves nothing about who wrote the request.
            guard let expected = csrf(of: request), hasRight(csrf: expected, request) else {
                return connection.respond(
                    .error(403, "Send the csrfToken of GET /v1/session as X-CSRF-Token: only our pages know it."))
            }
            let isAll = request.query.first("all") == "true"
            let gone = isAll ? signIns.sessions.endAll(of: name) : signIns.sessions.end(digest).map { [$0] } ?? []
            for session in gone { end(session, at: now, &effects) }
            audit(
                AuditEntry(
                    at: now.date, .signedOut, who: name, from: clients[id]?.address ?? "",
                    why: isAll ? "everywhere, \(gone.count) sessions" : ""), &effects)
            connection.respond(cleared(.noContent, isSecure))
        default:
            var response = Response.error(405, "A session is made with POST, read with GET and ended with DELETE.")
            response.headers.append("Allow", "GET, HEAD, POST, DELETE")
            connection.respond(response)
        }
    }

    // MARK: in

    private struct Asked: Decodable {
        var name: String
        var password: String
        /// The one-time code that makes the first account.
        var code: String?
    }

    private mutating func signIn(
        _ request: Request, _ id: ConnectionID, _ connection: HTTP.Connection, _ isSecure: Bool, at now: Moment,
        _ effects: inout [Effect]
    ) {
        guard let people = signIns.people else {
            return connection.respond(
                .error(404, "There are no accounts here: the gateway has no store ([store] path)."))
        }
        // What another site's form can send is not JSON.
        guard request.headers.first("Content-Type")?.lowercased().hasPrefix("application/json") == true else {
            return connection.respond(.error(415, "Send {\"name\", \"password\"} as application/json."))
        }
        guard request.body.count <= Limits.signInBytes, let asked = JSON.decode(Asked.self, from: request.body),
            asked.password.utf8.count <= AccessLimits.longestPasswordBytes,
            asked.name.utf8.count <= Limits.signInBytes
        else { return connection.respond(refusal(.malformed, at: now)) }
        let address = clients[id]?.address ?? ""
        // What is no name is no account either: it is throttled as one.
        let name = (try? Account.name(reading: asked.name)) ?? "?"
        if let until = signIns.throttle.lockedUntil(name, from: address, at: now.uptime) {
            clientGuard.audit(
                AuditEntry(at: now.date, .signInRefused, who: name, from: address, why: "locked"), at: now, &effects)
            return connection.respond(refusal(.locked, until: until, at: now))
        }
        let waiting = signIns.attempts.values.lazy  // any order: counted
        guard signIns.attempts.count < Limits.signIns,
            waiting.filter({ $0.address == address }).count < Limits.signInsPerAddress
        else { return connection.respond(refusal(.busy, at: now)) }
        var attempt = SignIns.Attempt(name: name, address: address, began: now.date, isSecure: isSecure)
        attempt.before = SessionCookie.id(of: request).map(rules.digest(of:))
        let password = Configuration.Secret(asked.password)
        if let code = asked.code {
            attempt.isFirst = true
            guard let first = people.firstCode, first.expires > now.date,
                digests.constantTimeEqual(rules.digest(of: code), first.digest)
            else { return refuseSignIn(attempt, id, "wrong or expired first code", at: now, &effects) }
            if let fault = name == "?" ? nil : PasswordRule.fault(of: asked.password, for: name) {
                return connection.respond(refusal(.weak, saying: fault.description, at: now))
            }
            guard name != "?" else { return connection.respond(refusal(.name, at: now)) }
            effects.append(.access(.makeFirst(id, account: name, password: password)))
        } else {
            effects.append(.access(.check(id, account: name, password: password)))
        }
        signIns.attempts[id] = attempt
        // What is asked behind it waits.
        clients[id]?.lookingBack = request
    }

    /// The world has checked the password. The client may be gone: the attempt counts nevertheless.
    mutating func checked(
        _ id: ConnectionID, _ check: PasswordCheck, _ core: Core, at now: Moment, _ inputs: inout [Core.Input],
        _ effects: inout [Effect]
    ) {
        guard let attempt = signIns.attempts.removeValue(forKey: id) else { return }
        switch check {
        case .right(let account, let random):
            signIns.throttle.succeeded(attempt.name, from: attempt.address)
            guard clients[id] != nil else { return }
            let text = Base64URL.text(random)
            let digest = rules.digest(of: text)
            if let old = attempt.before.flatMap({ signIns.sessions.end($0) }) { end(old, at: now, &effects) }
            // This request itself has made the account, and so changed it last.
            let began = attempt.isFirst ? max(attempt.began, account.changed) : attempt.began
            guard
                let gone = signIns.sessions.open(digest, for: account.name, since: began, at: now.date)
            else { return respond(id, refusal(.busy, at: now), core, at: now, &inputs, &effects) }
            for session in gone { end(session, at: now, &effects) }
            // The world may not have said yet that there is an account now.
            signIns.people?.add(account)
            if let session = signIns.sessions.session(digest, at: now.date) {
                effects.append(.access(.save(session)))
            }
            audit(
                AuditEntry(
                    at: now.date, .signedIn, who: account.name, from: attempt.address, why: account.role.rawValue),
                &effects)
            granted(digest, account.grant, at: now, &effects)
            var response = Response.json(
                200,
                JSON.encode(SignedIn(account.grant, csrf(id: text), began + signIns.sessions.rules.absolute)))
            response.headers.append("Set-Cookie", SessionCookie.setting(text, isSecure: attempt.isSecure))
            respond(id, response, core, at: now, &inputs, &effects)
        case .wrong: refuseSignIn(attempt, id, "wrong name or password", at: now, &effects)
        case .notFirst: respond(id, refusal(.notFirst, at: now), core, at: now, &inputs, &effects)
        case .failed: respond(id, refusal(.busy, at: now), core, at: now, &inputs, &effects)
        }
    }

    private mutating func refuseSignIn(
        _ attempt: SignIns.Attempt, _ id: ConnectionID, _ why: String, at now: Moment, _ effects: inout [Effect]
    ) {
        let verdict = signIns.throttle.failed(attempt.name, from: attempt.address, at: now.uptime)
        clientGuard.count(.token, at: now)
        clientGuard.audit(
            AuditEntry(at: now.date, .signInRefused, who: attempt.name, from: attempt.address, why: why), at: now,
            &effects)
        let place = attempt.address.isEmpty ? "" : " from \(attempt.address)"
        clientGuard.say(
            LogLine(.warning, "sign-in", "A sign-in\(place) as “\(attempt.name)” was refused: \(why)."), .signIn,
            at: now, &effects)
        if let until = verdict.lockedUntil {
            let end = "\(now.date + (until - now.uptime))"
            audit(
                AuditEntry(at: now.date, .locked, who: attempt.name, from: attempt.address, why: "until \(end)"),
                &effects)
            clientGuard.say(
                LogLine(
                    .warning, "sign-in",
                    "Too many wrong passwords for “\(attempt.name)”\(place): nothing more is checked until \(end)."),
                .signIn, at: now, &effects)
        }
        let response =
            verdict.lockedUntil.map { refusal(.locked, until: $0, at: now) }
            ?? refusal(attempt.isFirst ? .code : .wrong, at: now)
        // Held even without a delay: the answer then comes in this turn's end, in order.
        if clients[id]?.lookingBack == nil { clients[id]?.lookingBack = Request(method: "POST", path: "/v1/session") }
        signIns.answer(id, response, at: now.uptime + verdict.delay)
    }

    // MARK: answers

    /// Why somebody is not signed in, in a word that a page translates.
    enum SignInRefusal: String {
        case notSignedIn, wrong, code, locked, busy, malformed, weak, name, notFirst

        var status: Int {
            switch self {
            case .notSignedIn, .wrong, .code: 401
            case .locked: 429
            case .busy: 503
            case .malformed, .weak, .name: 400
            case .notFirst: 409
            }
        }

        var message: String {
            switch self {
            case .notSignedIn: "Nobody is signed in here. Sign in at /sign-in, or send a token."
            case .wrong: "The name or the password is wrong, or the account is disabled."
            case .code: "The code is wrong or has expired. A restart of the gateway prints a new one in its log."
            case .locked: "Too many wrong passwords: nothing is checked until the time in “until”."
            case .busy: "Too many people are signing in, or the store does not answer. Try again in some seconds."
            case .malformed:
                "Send {\"name\", \"password\"}, and a password of \(AccessLimits.longestPasswordBytes) bytes at most."
            case .weak: "The password was not taken."
            case .name: "The account's name has letters without accents, digits and . - _ @."
            case .notFirst: "There is an account already: an administrator makes others (centralino user add)."
            }
        }
    }

    private struct RefusalBody: Encodable {
        struct Fault: Encodable {
            var message: String
            var reason: String
            var status: Int
            /// RFC 3339: when it is worth another attempt.
            var until: String?
            /// The first account can be made, with the code in the log.
            var setUp: Bool?
        }
        var error: Fault
    }

    private func refusal(
        _ reason: SignInRefusal, saying message: String? = nil, until: Span? = nil, at now: Moment
    ) -> Response {
        let canSetUp = signIns.people?.firstCode.map { $0.expires > now.date } ?? false
        var response = Response.json(
            reason.status,
            JSON.encode(
                RefusalBody(
                    error: .init(
                        message: message ?? reason.message, reason: reason.rawValue, status: reason.status,
                        until: until.map { "\(now.date + ($0 - now.uptime))" },
                        setUp: reason == .notSignedIn && canSetUp ? true : nil))))
        if let until {
            response.headers.append("Retry-After", "\(max(1, Int((until - now.uptime).seconds.rounded(.up))))")
        }
        if reason == .busy { response.headers.append("Retry-After", "5") }
        return response
    }

    private func cleared(_ response: Response, _ isSecure: Bool) -> Response {
        var response = response
        response.headers.append("Set-Cookie", SessionCookie.clearing(isSecure: isSecure))
        return response
    }

    private struct SignedIn: Encodable {
        var account: String?
        var token: String?
        var role: String
        var scope: Scope
        var agent: String?
        /// Only of a session.
        var csrfToken: String?
        var endsAt: String?

        init(_ grant: Grant, _ csrf: String?, _ ends: UnixTime?) {
            switch grant.holder {
            case .account(let name): account = name
            case .program(let name): token = name
            case .configured, .thisMachine: break
            }
            role = grant.role.rawValue
            scope = grant.scope
            agent = grant.agent?.rawValue
            csrfToken = csrf
            endsAt = ends.map { "\($0)" }
        }
    }

    /// When the session ends however much it is used.
    private func sessionEnd(_ request: Request) -> UnixTime? {
        credential(of: request).flatMap { signIns.sessions.began($0) }.map { $0 + signIns.sessions.rules.absolute }
    }

    // MARK: requests of other sites

    /// What a page must know beside the cookie, made of the id: a page of another site can send the cookie along, where
    /// a browser lets it, and can read neither.
    private func csrf(id: String) -> String {
        Base64URL.text(digests.hmacSHA256(Array(id.utf8), Array("csrf".utf8)))
    }

    /// nil: the request shows a token, or no session.
    private func csrf(of request: Request) -> String? {
        AccessRules.token(of: request) == nil ? SessionCookie.id(of: request).map(csrf(id:)) : nil
    }

    private func hasRight(csrf expected: String, _ request: Request) -> Bool {
        let shown = request.headers.first("X-CSRF-Token") ?? ""
        return digests.constantTimeEqual(Array(expected.utf8), Array(shown.utf8))
    }

    // MARK: time, and what the world says

    mutating func take(
        _ input: AccessInput, _ core: Core, at now: Moment, _ inputs: inout [Core.Input], _ effects: inout [Effect]
    ) {
        switch input {
        case .people(let people):
            let before = signIns.people
            signIns.people = people
            // Tokens that are gone from the store are not in it any more.
            for digest in (before?.tokens ?? []) where people.token(digest, at: now.date).isOver {
                granted(digest, nil, at: now, &effects)
            }
            for digest in people.tokens {
                granted(digest, try? people.token(digest, at: now.date).get().grant, at: now, &effects)
            }
            endChanged(at: now, &effects)
        case .restored(let sessions):
            signIns.sessions.restore(sessions, at: now.date)
            endChanged(at: now, &effects)
            for session in sessions where signIns.sessions.began(session.digest) != nil {
                granted(session.digest, signIns.people?.account(session.account)?.grant, at: now, &effects)
            }
        case .checked(let id, let check): checked(id, check, core, at: now, &inputs, &effects)
        }
    }

    private mutating func endChanged(at now: Moment, _ effects: inout [Effect]) {
        for session in signIns.takeChanged() { end(session, because: "the account has changed", at: now, &effects) }
    }

    /// The session is over: what it opened is closed.
    private mutating func end(
        _ session: SignInSession, because reason: String? = nil, at now: Moment, _ effects: inout [Effect]
    ) {
        effects.append(.access(.end(session.digest)))
        if let reason { audit(AuditEntry(at: now.date, .sessionEnded, who: session.account, why: reason), &effects) }
        granted(session.digest, nil, at: now, &effects)
    }

    /// At the end of each turn.
    mutating func settleSignIns(_ core: Core, at now: Moment, _ effects: inout [Effect]) {
        while let (id, response) = signIns.takeAnswer(at: now) {
            var inputs: [Core.Input] = []
            respond(id, response, core, at: now, &inputs, &effects)
        }
        guard signIns.isTimeToCheck(at: now) else { return }
        // A page that is connected uses its session.
        for id in clients.ids {
            guard let client = clients[id], client.role != .requests, let digest = client.credential else { continue }
            if let used = signIns.sessions.use(digest, at: now.date) { effects.append(.access(.save(used))) }
        }
        for session in signIns.sessions.takeEnded(at: now.date) {
            end(session, because: "unused or old", at: now, &effects)
        }
        for digest in signIns.people?.tokens ?? [] { endExpired(digest, at: now, &effects) }
    }

    private mutating func endExpired(_ digest: [UInt8], at now: Moment, _ effects: inout [Effect]) {
        guard let people = signIns.people, credentials[digest] != nil, people.token(digest, at: now.date).isOver else {
            return
        }
        granted(digest, nil, at: now, &effects)
    }

    /// Before a request is judged: a session is kept alive by it, and what has ended by now opens nothing.
    mutating func use(_ request: Request, at now: Moment, _ effects: inout [Effect]) {
        guard signIns.people != nil, let digest = credential(of: request) else { return }
        if let used = signIns.sessions.use(digest, at: now.date) { effects.append(.access(.save(used))) }
        if signIns.sessions.began(digest) == nil {
            endExpired(digest, at: now, &effects)
        } else if signIns.sessions.session(digest, at: now.date) == nil, let over = signIns.sessions.end(digest) {
            end(over, because: "unused or old", at: now, &effects)
        }
    }

    mutating func auditLeaving(_ id: ConnectionID, at now: Moment, _ effects: inout [Effect]) {
        if let entry = desks.entryOfLeaving(id, at: now) { audit(entry, &effects) }
    }

    mutating func audit(_ entry: AuditEntry, _ effects: inout [Effect]) {
        if configuration.keepsAudit { effects.append(.access(.audit(entry))) }
    }
}

extension Result where Success == AccessToken, Failure == People.TokenFault {
    fileprivate var isOver: Bool {
        if case .failure = self { true } else { false }
    }
}
