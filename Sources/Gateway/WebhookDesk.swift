import HTTP
import Switches
import Telephony
import Time
import Webhook
import Wire

/// `POST /v1/webhooks/{source}`: verifies the signature over the raw bytes, passes each event on once, and says clearly what is wrong.
struct WebhookDesk {
    struct Counts: Codable, Equatable, Sendable {
        var accepted = 0
        var duplicates = 0
        var conflicts = 0
        var unsigned = 0
        var unusable = 0
    }

    private let verifiers: [String: SignatureVerifier]
    private var seen = RecentIdentifiers(capacity: Limits.webhookMemoryEntries, lifetime: Limits.webhookMemorySeconds)
    private(set) var counts = Counts()

    /// The secrets were checked when the configuration was read.
    init(_ sources: [Configuration.WebhookSource], _ digests: Digests) {
        var verifiers: [String: SignatureVerifier] = [:]
        // A replay has no secrets, and lets nothing in.
        for source in sources where !source.secrets.isEmpty {
            do {
                verifiers[source.name.rawValue] = try SignatureVerifier(secrets: source.secrets.map(\.value), digests: digests)
            } catch {
                preconditionFailure("the secret of webhook source “\(source.name)” is unusable: \(error)")
            }
        }
        self.verifiers = verifiers
    }

    /// What is remembered of those that the core was told of: a repetition is one also after a restart.
    struct Memory: Codable, Equatable, Sendable {
        var seen: RecentIdentifiers
        var accepted: Int
    }

    var memory: Memory { Memory(seen: seen, accepted: counts.accepted) }

    mutating func restore(_ memory: Memory) {
        seen = memory.seen
        counts.accepted = memory.accepted
    }

    /// An event that was received, now or when the journal was written.
    mutating func accept(_ body: [UInt8], from source: String, id: String, at now: UnixTime) -> Webhook.CallEvent? {
        guard let event = try? Webhook.CallEvent(body: body) else { return nil }
        _ = seen.insert(source: source, id: id, bodyDigest: BodyDigest.fnv1a(body), now: now.microseconds / 1_000_000)
        counts.accepted += 1
        return event
    }

    enum Reception {
        case event(id: String)
        case answer(Response)
        /// `reason` goes to the sender and to the log: it says nothing of our keys.
        case refused(status: Int, reason: String)
    }

    mutating func receive(_ request: Request, from source: String, at now: UnixTime) -> Reception {
        guard let verifier = verifiers[source] else {
            return .refused(status: 404, reason: "No webhook source of that name is configured ([[webhooks]] name).")
        }
        let seconds = now.microseconds / 1_000_000
        let id: String
        do {
            id = try verifier.verify(headers: request.headers.all, body: request.body, now: seconds)
        } catch {
            counts.unsigned += 1
            return .refused(status: error.status, reason: error.description)
        }
        switch seen.insert(source: source, id: id, bodyDigest: BodyDigest.fnv1a(request.body), now: seconds) {
        case .duplicate:
            counts.duplicates += 1
            return .answer(.noContent)
        case .conflict:
            // The first is kept. 2xx, or the sender would go on for days.
            counts.conflicts += 1
            return .answer(.noContent)
        case .new: break
        }
        do {
            _ = try Webhook.CallEvent(body: request.body)
            return .event(id: id)
        } catch {
            // Remembered: when the same id comes again it is answered with 204, so that the sender's log shows the fault once and the retries stop.
            counts.unusable += 1
            return .refused(status: error.status, reason: error.description)
        }
    }
}

extension Gateway {
    mutating func webhook(_ request: Request, _ id: ConnectionID, at now: Moment, _ effects: inout [Effect]) -> Response {
        let source = String(request.path.dropFirst("/v1/webhooks/".count))
        // A sender that heard that its event was taken does not send it again; nor one that heard so of a repetition.
        defer { effects.append(.sendAfterJournal(id)) }
        switch webhooks.receive(request, from: source, at: now.date) {
        case .answer(let response): return response
        case .refused(let status, let reason):
            clientGuard.say(
                LogLine(.warning, "webhook \(printable(source))", "Refused with \(status): \(printable(reason, atMost: 500))"), .webhook,
                at: now,
                &effects)
            return .error(status, reason)
        case .event(let name):
            effects.append(.webhookAccepted(SwitchID(source), id: name, body: request.body))
            return .noContent
        }
    }

    mutating func acceptWebhook(_ source: SwitchID, id: String, _ body: [UInt8], at now: Moment, _ effects: inout [Effect]) {
        if let event = webhooks.accept(body, from: source.rawValue, id: id, at: now.date) { take(event, from: source, at: now, &effects) }
    }

    private mutating func take(_ event: Webhook.CallEvent, from source: SwitchID, at now: Moment, _ effects: inout [Effect]) {
        // A journal may tell of a source that is no longer configured.
        guard let index = rooms.firstIndex(where: { $0.name == source }) else { return }
        withTranslator(index, at: now, &effects) { $0.events(event, received: now) }
    }

    /// `body` gives what has happened.
    mutating func withTranslator(
        _ index: Int, at now: Moment, _ effects: inout [Effect], _ body: (inout WebhookTranslator) -> [WebhookTranslator.Timed]
    ) {
        guard case .webhook(var translator) = rooms[index].border else { return }
        rooms[index].border = .webhook(WebhookTranslator())
        let discarded = translator.eventsDiscarded
        let events = body(&translator)
        if translator.eventsDiscarded > discarded {
            let line = LogLine(
                .warning, "webhook \(rooms[index].name)",
                "An event changed nothing: its call had gone on or was over, or the call's queue never came. \(translator.eventsDiscarded) such events so far. Deliver the events of a call in their order, within 0.3 s of each other's time."
            )
            clientGuard.say(line, .lateWebhook, at: now, &effects)
        }
        rooms[index].linkDeadline = translator.nextDeadline
        rooms[index].border = .webhook(translator)
        for timed in events { feed(timed.event, index, at: timed.moment, &effects) }
    }
}
