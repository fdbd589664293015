import ACD
import Core
import Figures
import Foundation
import Gateway
import Telephony
import Wire

/// What the generator of a stream expects from it: the JSON that it writes beside the stream.
struct FirehoseOracle: Decodable {
    struct Queue: Decodable, Equatable {
        var joins = 0, abandons = 0, connects = 0, completes = 0

        static func + (left: Queue, right: Queue) -> Queue {
            Queue(
                joins: left.joins + right.joins, abandons: left.abandons + right.abandons,
                connects: left.connects + right.connects, completes: left.completes + right.completes)
        }
    }

    var events: Int
    /// Events by their names.
    var byName: [String: Int]
    var queues: [String: Queue]

    private enum CodingKeys: String, CodingKey {
        case events, queues
        case byName = "by_name"
    }

    static func read(_ path: String) throws -> FirehoseOracle {
        try JSONDecoder().decode(FirehoseOracle.self, from: Data(contentsOf: URL(fileURLWithPath: path)))
    }

    /// What differs from the generator's counts, in words; empty if nothing does.
    func differences(from tally: Tally, _ core: Core) -> [String] {
        var found: [String] = []
        func compare(_ what: String, _ ours: Int, _ theirs: Int) {
            if ours != theirs { found.append("\(what): \(ours), and the generator says \(theirs)") }
        }
        // any order: sums
        let sum = queues.values.reduce(Queue(), +)
        compare("events", tally.events, events)
        compare("hangups", tally.hangups, byName["Hangup"] ?? 0)
        compare("joins", tally.joins, sum.joins)
        compare("abandons", tally.abandons, sum.abandons)
        compare("connects", tally.connects, sum.connects)
        compare("completes", tally.completes, sum.completes)
        for (name, queue) in queues.sorted(by: { $0.key < $1.key }) {
            let counters = core.switches.lazy.compactMap { $0.acd.queues[QueueName(name)]?.counters }.first
            compare("joins of \(name)", counters?.offered ?? 0, queue.joins)
            compare("connects of \(name)", counters?.visits.count(VisitClass.answered) ?? 0, queue.connects)
            compare("completes of \(name)", counters?.conversationsEnded ?? 0, queue.completes)
        }
        return found
    }
}
