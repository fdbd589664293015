import Delivery
import EventLoop
import Core
import Edges
import Gateway
import Outbound
import Time
import Webhook
import Wire

/// Takes closed contact records to other systems (a CRM), signed by Standard Webhooks. An ``Outbox`` decides when each
/// is sent again.
@LoopActor
final class Deliveries {
    /// A receiver that has not answered by then is tried again later.
    private static let timeoutMicroseconds: Int64 = 15_000_000

    private let targets: [String: (url: String, secret: SigningSecret)]
    private let outbound = Outbound()
    private var outbox: Outbox
    private lazy var timer = Timer { [unowned self] in sendDue() }

    init(_ targets: [ProgramConfiguration.DeliveryTarget]) throws {
        self.targets = try Dictionary(
            uniqueKeysWithValues: targets.map { ($0.name, ($0.url, try SigningSecret($0.secret.value))) })
        outbox = Outbox(targets: self.targets.keys)
    }

    var waitingCount: Int { outbox.count }

    func post(_ delivery: Effect.Delivery) {
        let message = Outbox.Message(target: delivery.target, id: delivery.id, body: delivery.body)
        switch outbox.add(message) {
        case .accepted: send(message)
        case .unwanted: break
        case .full:
            Log.write(
                .error, "delivery \(message.target)",
                "\(Outbox.Limits.messages) deliveries wait already: record \(message.id) is not delivered.")
        }
    }

    func close() {
        let lost = outbox.close()
        if lost > 0 { Log.write(.warning, "deliveries", "\(lost) records were not delivered; they are in the store.") }
        timer.cancel()
        outbound.close()
    }

    private func send(_ message: Outbox.Message) {
        guard let target = targets[message.target] else { return }
        let seconds = EventLoop.dateMicroseconds / 1_000_000
        let signature = WebhookSignature.sign(
            id: message.id, timestamp: seconds, body: message.body, secret: target.secret, digests: .openSSL)
        let headers = [
            (name: "Content-Type", value: "application/json"), (name: "webhook-id", value: message.id),
            (name: "webhook-timestamp", value: "\(seconds)"),
            (name: "webhook-signature", value: signature),
        ]
        outbound.post(
            url: target.url, headers: headers, body: message.body, timeoutMicroseconds: Self.timeoutMicroseconds
        ) {
            [weak self] result in
            switch result {
            case .success(let answer): self?.answered(message.key, .status(answer.status))
            case .failure(.closed): break
            case .failure(let error): self?.answered(message.key, .failed("\(error)"))
            }
        }
    }

    private func answered(_ key: Outbox.Key, _ answer: Outbox.Answer) {
        switch outbox.answered(key, answer, at: Moment.now.uptime) {
        case .delivered, .unknown: break
        case .again(let attempts, let reason):
            if attempts == 1 {
                Log.write(.warning, "delivery \(key.target)", "Record \(key.id): \(reason). It is tried again.")
            }
            startTimer()
        case .givenUp(let attempts, let reason):
            Log.write(
                .error, "delivery \(key.target)", "Record \(key.id) was given up after \(attempts) attempts: \(reason)")
        case .ended:
            Log.write(
                .warning, "delivery \(key.target)",
                "The receiver wants no more records (410): none are sent until the next start.")
        }
    }

    private func sendDue() {
        for message in outbox.takeDue(at: Moment.now.uptime) { send(message) }
        startTimer()
    }

    private func startTimer() {
        guard let deadline = outbox.nextDeadline else { return timer.cancel() }
        timer.start(afterMicroseconds: deadline.microseconds - EventLoop.uptimeMicroseconds)
    }
}
