import Telephony
import Time

/// In which queues the contacts that go on have facts: a contact that turns out to be a part of another is looked for
/// only there.
///
/// Nothing is known about a contact whose beginning was not noted.
struct OpenContacts: Derived {
    /// A nil queue stands for calls that no queue brought.
    private var queues: [ContactKey: [QueueName?]] = [:]

    mutating func began(_ contact: ContactKey) { queues[contact] = [] }

    mutating func ended(_ contact: ContactKey) { queues[contact] = nil }

    mutating func note(_ contact: ContactKey, in queue: QueueName?) {
        guard let index = queues.index(forKey: contact), !queues.values[index].contains(queue) else { return }
        queues.values[index].append(queue)
    }

    /// The facts of `part` are those of `whole` from now on.
    /// - Returns: in which queues these facts are; nil if that is not known.
    mutating func merge(_ part: ContactKey, into whole: ContactKey) -> [QueueName?]? {
        guard let concerned = queues.removeValue(forKey: part) else {
            // The facts that it gets may be anywhere.
            queues[whole] = nil
            return nil
        }
        for queue in concerned { note(whole, in: queue) }
        return concerned
    }
}
