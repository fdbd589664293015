import AMI
import Telephony

extension AsteriskTranslator {
    func userEvent(_ message: Message, _ headers: inout EventReader) -> SwitchEvent? {
        let name = headers.bounded("UserEvent")
        if name == survey.event, let id = headers.channel("Uniqueid"),
            let answer = message.value(named: survey.answerHeader),
            !answer.isEmpty
        {
            return .surveyAnswered(id, String(answer.prefix(Limits.surveyCharacters)))
        }
        guard notice.events.contains(name), let id = headers.channel("Uniqueid"),
            let word = message.value(named: notice.statusHeader), let status = QueueStatus(rawValue: word)
        else { return nil }
        let queue = message.bytes(named: notice.queueHeader).map { String(name: $0) } ?? ""
        return .queueStatus(id, queue.isEmpty ? nil : QueueName(queue), status)
    }
}
