import HTTP
import Switches
import Telephony
import Webhook
import Wire

/// `POST /v1/webhooks/{source}`: verifies the signature over the raw bytes, passes each event on once, and says clearly what is wrong.
struct WebhookDesk {
    struct Counts: Encodable, Equatable {
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
        for source in sources {
            do {
                verifiers[source.name.rawValue] = try SignatureVerifier(secrets: source.secrets.map(\.value), digests: digests)
            } catch {
                preconditionFailure("the secret of webhook source “\(source.name)” is unusable: \(error)")
            }
        }
        self.verifiers = verifiers
    }

    enum Reception {
        case event(Webhook.CallEvent)
        case answer(Response)
    }

    mutating func receive(_ request: Request, from source: String, at now: UnixTime) -> Reception {
        guard let verifier = verifiers[source] else {
            return .answer(.error(404, "No webhook source of that name is configured ([[webhooks]] name)."))
        }
        let seconds = now.microseconds / 1_000_000
        let id: String
        do {
            id = try verifier.verify(request, now: seconds)
        } catch {
            counts.unsigned += 1
            return .answer(.error(error.status, error.description))
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
            let event = try Webhook.CallEvent(body: request.body)
            counts.accepted += 1
            return .event(event)
        } catch {
            // Remembered: when the same id comes again it is answered with 204, so that the sender's log shows the fault once and the retries stop.
            counts.unusable += 1
            return .answer(.error(error.status, error.description))
        }
    }
}

extension Gateway {
    mutating func webhook(_ request: Request, at now: Moment, _ effects: inout [Effect]) -> Response {
        let source = String(request.path.dropFirst("/v1/webhooks/".count))
        switch webhooks.receive(request, from: source, at: now.date) {
        case .answer(let response):
            if response.status >= 400 {
                effects.append(.log(LogLine(.warning, "webhook \(printable(source))", "Refused with \(response.status).")))
            }
            return response
        case .event(let event):
            guard let index = rooms.firstIndex(where: { $0.name.rawValue == source }), case .webhook(var translator) = rooms[index].border
            else {
                preconditionFailure("a webhook source without a room")
            }
            rooms[index].border = .webhook(WebhookTranslator())
            happens(at: now)
            effects.append(.journal(rooms[index].name, request.body))
            let moment = translator.moment(of: event, received: now)
            let events = translator.events(event, received: now)
            rooms[index].border = .webhook(translator)
            for event in events { feed(event, index, at: moment, &effects) }
            return .noContent
        }
    }
}
