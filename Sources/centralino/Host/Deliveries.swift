import EventLoop
import Gateway
import Outbound
import Webhook
import Wire

/// Takes closed contact records to other systems (a CRM), signed by Standard Webhooks, and tries again for a while what was not taken.
///
/// What waits is in memory: a delivery outlives its receiver's restart, not ours. The record itself is in the store.
@LoopActor
final class Deliveries {
    /// After the first attempt. A receiver that is away for longer is told nothing of what it missed.
    private static let retrySeconds: [Int64] = [5, 60, 300, 1800]
    private static let waitingLimit = 10_000
    private static let timeoutMicroseconds: Int64 = 15_000_000

    private final class Waiting {
        let delivery: Gateway.Delivery
        var attempts = 0
        var timer: Timer?
        init(_ delivery: Gateway.Delivery) { self.delivery = delivery }
    }

    private let targets: [String: (url: String, secret: SigningSecret)]
    private let outbound = Outbound()
    private var waiting: [String: Waiting] = [:]
    /// A receiver answered 410: it wants no more.
    private var ended: Set<String> = []

    init(_ targets: [ProgramConfiguration.DeliveryTarget]) throws {
        self.targets = try Dictionary(uniqueKeysWithValues: targets.map { ($0.name, ($0.url, try SigningSecret($0.secret.value))) })
    }

    var waitingCount: Int { waiting.count }

    func post(_ delivery: Gateway.Delivery) {
        guard targets[delivery.target] != nil, !ended.contains(delivery.target) else { return }
        guard waiting.count < Self.waitingLimit else {
            return Log.write(
                .error, "delivery \(delivery.target)",
                "\(Self.waitingLimit) deliveries wait already: record \(delivery.id) is not delivered.")
        }
        let entry = Waiting(delivery)
        waiting["\(delivery.target) \(delivery.id)"] = entry
        attempt(entry)
    }

    func close() {
        if !waiting.isEmpty { Log.write(.warning, "deliveries", "\(waiting.count) records were not delivered; they are in the store.") }
        for entry in waiting.values { entry.timer?.cancel() }
        waiting = [:]
        outbound.close()
    }

    private func attempt(_ entry: Waiting) {
        let delivery = entry.delivery
        guard let target = targets[delivery.target] else { return }
        entry.attempts += 1
        let seconds = EventLoop.dateMicroseconds / 1_000_000
        let signature = WebhookSignature.sign(
            id: delivery.id, timestamp: seconds, body: delivery.body, secret: target.secret, digests: .openSSL)
        let headers = [
            (name: "Content-Type", value: "application/json"), (name: "webhook-id", value: delivery.id),
            (name: "webhook-timestamp", value: "\(seconds)"),
            (name: "webhook-signature", value: signature),
        ]
        outbound.post(url: target.url, headers: headers, body: delivery.body, timeoutMicroseconds: Self.timeoutMicroseconds) {
            [weak self] result in
            self?.answered(entry, result)
        }
    }

    private func answered(_ entry: Waiting, _ result: Result<Outbound.Answer, OutboundError>) {
        let key = "\(entry.delivery.target) \(entry.delivery.id)"
        guard waiting[key] != nil else { return }
        let reason: String
        switch result {
        case .success(let answer) where (200..<300).contains(answer.status):
            waiting[key] = nil
            return
        case .success(let answer) where answer.status == 410:
            waiting[key] = nil
            ended.insert(entry.delivery.target)
            return Log.write(
                .warning, "delivery \(entry.delivery.target)",
                "The receiver wants no more records (410): none are sent until the next start.")
        case .success(let answer): reason = "the receiver answered \(answer.status)"
        case .failure(.closed): return
        case .failure(let error): reason = "\(error)"
        }
        guard entry.attempts <= Self.retrySeconds.count else {
            waiting[key] = nil
            return Log.write(
                .error, "delivery \(entry.delivery.target)",
                "Record \(entry.delivery.id) was given up after \(entry.attempts) attempts: \(reason)")
        }
        if entry.attempts == 1 {
            Log.write(.warning, "delivery \(entry.delivery.target)", "Record \(entry.delivery.id): \(reason). It is tried again.")
        }
        let timer = Timer { [weak self, weak entry] in if let entry { self?.attempt(entry) } }
        entry.timer = timer
        timer.start(afterMicroseconds: Self.retrySeconds[entry.attempts - 1] * 1_000_000)
    }
}
