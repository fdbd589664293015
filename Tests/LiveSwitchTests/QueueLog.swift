/// A section of Asterisk's queue_log, read into what became of each caller: the judge of every figure.
///
/// A line is `time|call|queue|agent|event|data…`; Asterisk's `queues.conf` and `app_queue.c` define the data of each
/// event. Times and durations are whole seconds, each a difference of two truncated clocks: up to a second off,
/// either way.
struct QueueLog {
    struct Visit: Equatable {
        enum Outcome: Equatable { case waiting, answered, abandoned, flowOut(String) }

        /// The Uniqueid that joined.
        var call: String
        var queue: String
        var joined: Int
        /// Another Uniqueid that had the place at the end: a caller inherits the place of the agent's consultation.
        var heir: String?
        var outcome = Outcome.waiting
        var wait: Int?
        /// The member's name.
        var agent: String?
        /// Including the seconds on hold.
        var talk: Int?
        /// caller, agent or transfer
        var endedBy: String?
    }

    /// A member whose telephone rang for a caller in vain, was busy or refused: the log does not distinguish these.
    struct Rung: Hashable {
        var call: String
        var queue: String
        var agent: String
    }

    private(set) var visits: [Visit] = []
    private(set) var ringNoAnswer: [Rung: Int] = [:]
    /// The lines about a call, for people.
    private(set) var text = ""

    init(_ text: String) throws {
        for line in text.split(separator: "\n") {
            let fields = line.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
            guard fields.count >= 5, let time = Int(fields[0]) else { throw Failure("No line of a queue_log: \(line)") }
            let (call, queue, agent, event, data) = (fields[1], fields[2], fields[3], fields[4], Array(fields[5...]))
            func seconds(_ index: Int) throws -> Int {
                guard data.indices.contains(index), let value = Int(data[index]) else {
                    throw Failure("No seconds at \(index): \(line)")
                }
                return value
            }
            switch event {
            case "ENTERQUEUE": visits.append(Visit(call: call, queue: queue, joined: time))
            case "CONNECT":
                end(call, queue) { $0.outcome = .answered }
                let wait = try seconds(0)
                change(call, queue) { ($0.agent, $0.wait) = (agent, wait) }
            case "ABANDON": try end(call, queue, .abandoned, wait: seconds(2))
            case "EXITWITHTIMEOUT": try end(call, queue, .flowOut("timeout"), wait: seconds(2))
            case "EXITEMPTY": try end(call, queue, .flowOut("empty"), wait: seconds(2))
            case "EXITWITHKEY": try end(call, queue, .flowOut("key"), wait: seconds(3))
            case "WITHDRAW": end(call, queue) { $0.outcome = .flowOut("withdrawn") }
            case "COMPLETECALLER", "COMPLETEAGENT":
                let talk = try seconds(1)
                change(call, queue) { ($0.talk, $0.endedBy) = (talk, event == "COMPLETECALLER" ? "caller" : "agent") }
            case "BLINDTRANSFER", "ATTENDEDTRANSFER":
                // The talk is the last field but one, whatever precedes it.
                let talk = try seconds(data.count - 2)
                change(call, queue) { ($0.talk, $0.endedBy) = (talk, "transfer") }
            case "RINGNOANSWER": ringNoAnswer[Rung(call: call, queue: queue, agent: agent), default: 0] += 1
            // The caller left while the telephone rang, or the line is about members, not callers.
            case "RINGCANCELED", "ADDMEMBER", "REMOVEMEMBER", "PAUSE", "UNPAUSE", "PAUSEALL", "UNPAUSEALL",
                "QUEUESTART", "CONFIGRELOAD",
                "RINGINUSE", "PENALTY":
                continue
            default: throw Failure("An unknown event of queue_log: \(line)")
            }
            self.text += line + "\n"
        }
    }

    private mutating func end(_ call: String, _ queue: String, _ outcome: Visit.Outcome, wait: Int) {
        end(call, queue) { ($0.outcome, $0.wait) = (outcome, wait) }
    }

    /// Ends the visit that still waits. Where this call never joined, it took over the place of the consultation that
    /// joined last.
    private mutating func end(_ call: String, _ queue: String, _ body: (inout Visit) -> Void) {
        let waiting = visits.indices.filter { visits[$0].queue == queue && visits[$0].outcome == .waiting }
        guard let index = waiting.last(where: { visits[$0].call == call }) ?? waiting.last else { return }
        if visits[index].call != call { visits[index].heir = call }
        body(&visits[index])
    }

    private mutating func change(_ call: String, _ queue: String, _ body: (inout Visit) -> Void) {
        let index = visits.lastIndex {
            ($0.call == call || $0.heir == call) && $0.queue == queue && $0.outcome == .answered && $0.talk == nil
        }
        if let index { body(&visits[index]) }
    }
}
