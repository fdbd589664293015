import AMI
import Telephony

extension AsteriskTranslator {
    func userEvent(_ message: Message, _ headers: inout HeaderReader) -> SwitchEvent? {
        let name = headers.bounded("UserEvent")
        if name == survey.event, let id = headers.bytes("Uniqueid").map(text),
            let answer = message.value(named: survey.answerHeader),
            !answer.isEmpty
        {
            return .surveyAnswered(ChannelID(id), String(answer.prefix(Limits.surveyCharacters)))
        }
        guard notice.events.contains(name), let id = headers.bytes("Uniqueid").map(text),
            let word = message.value(named: notice.statusHeader), let status = QueueStatus(rawValue: word)
        else { return nil }
        let queue = message.bytes(named: notice.queueHeader).map { String(name: $0) } ?? ""
        return .queueStatus(ChannelID(id), queue.isEmpty ? nil : QueueName(queue), status)
    }
}
