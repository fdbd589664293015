import Core
import HTTP
import Switches
import Telephony
import Time
import Webhook
import Wire

/// `POST /v1/webhooks/{source}`: verifies the signature over the raw bytes, passes each event on once, and says clearly
/// what is wrong.
struct WebhookInbox {
    struct Counts: Encodable {
        var accepted = 0
        var duplicates = 0
        var conflicts = 0
        var unsigned = 0
        var unusable = 0
    }

    private var verifiers: [String: SignatureVerifier]
    private var seen: RecentIdentifiers
    private(set) var counts = Counts()

    /// The secrets were checked when the configuration was read. `accepted`: by an earlier run, too.
    init(_ sources: [Configuration.WebhookSource], _ digests: Digests, accepted: RecentIdentifiers) {
        seen = accepted
        verifiers = Self.verifiers(sources, digests)
    }

    /// Verifies by other secrets from now on.
    mutating func reconfigure(_ sources: [Configuration.WebhookSource], _ digests: Digests) {
        verifiers = Self.verifiers(sources, digests)
    }

    private static func verifiers(_ sources: [Configuration.WebhookSource], _ digests: Digests) -> [String:
        SignatureVerifier]
    {
        var verifiers: [String: SignatureVerifier] = [:]
        // A replay has no secrets, and lets nothing in.
        for source in sources where !source.secrets.isEmpty {
            do {
                verifiers[source.name.rawValue] = try SignatureVerifier(
                    secrets: source.secrets.map(\.value), digests: digests)
            } catch {
                preconditionFailure("the secret of webhook source “\(source.name)” is unusable: \(error)")
            }
        }
        return verifiers
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
            // Remembered: when the same id comes again it is answered with 204, so that the sender's log shows the
            // fault once and the retries stop.
            counts.unusable += 1
            return .refused(status: error.status, reason: error.description)
        }
    }
}

extension Edges {
    mutating func webhook(
        _ request: Request, _ id: ConnectionID, at now: Moment, _ inputs: inout [Core.Input], _ effects: inout [Effect]
    ) -> Response {
        let source = String(request.path.dropFirst("/v1/webhooks/".count))
        switch webhooks.receive(request, from: source, at: now.date) {
        case .answer(let response):
            // The event that it repeats may not be in the journal yet.
            effects.append(.sendAfterJournal(id))
            return response
        case .refused(let status, let reason):
            clientGuard.say(
                LogLine(
                    .warning, "webhook \(printable(source))",
                    "Refused with \(status): \(printable(reason, atMost: Limits.printableReason))"
                ), .webhook,
                at: now, &effects)
            // Not held: it promises nothing, and while the disk hangs a stranger could fill what is held with it.
            return .error(status, reason)
        case .event(let name):
            // A sender that learns that its event was accepted does not send it again.
            effects.append(.sendAfterJournal(id))
            inputs.append(.webhook(SwitchID(source), id: name, body: request.body))
            return .noContent
        }
    }

    func webhookCounts(_ core: Core) -> WebhookInbox.Counts {
        var counts = webhooks.counts
        counts.accepted = core.webhooksAccepted
        return counts
    }
}
