import Switches
import Telephony
import Time
import Webhook

// A switch that sends webhooks.
extension Switch {
    mutating func received(
        _ event: Webhook.CallEvent, at now: Moment, _ common: inout Core.Common, into outputs: inout [Core.Output]
    ) {
        withWebhook(at: now, &common, into: &outputs) { $0.events(event, received: now) }
    }

    /// `body` gives what has happened.
    mutating func withWebhook(
        at now: Moment, _ common: inout Core.Common, into outputs: inout [Core.Output],
        _ body: (inout WebhookTranslator) -> [WebhookTranslator.Timed]
    ) {
        guard webhook != nil else { return }
        let ignored = webhook!.eventsDiscarded
        let timed = body(&webhook!)
        if webhook!.eventsDiscarded > ignored { outputs.append(.webhookIgnored(name, total: webhook!.eventsDiscarded)) }
        linkDeadline = webhook!.nextDeadline
        var events: [Telephony.CallEvent] = []
        for timed in timed { apply(timed.event, &events, at: timed.moment, &common, into: &outputs) }
    }
}
