import Foundation
import Records
import Testing

/// A play that nobody wrote (`Simulator/Asterisk/chaos.py`). CENTRALINO_SEED is its seed, CENTRALINO_SECONDS how long
/// callers arrive, and CENTRALINO_PLAYS names the folder that keeps it as a recording. A play without a fault is
/// deleted again.
enum RandomPlay {
    static let seconds = number("CENTRALINO_SECONDS") ?? 60
    static let seed = Int(number("CENTRALINO_SEED") ?? 1)

    private static func number(_ name: String) -> Double? {
        ProcessInfo.processInfo.environment[name].flatMap(Double.init)
    }

    /// `centralino reconcile --json`, as far as it is needed.
    struct Reconciled: Decodable {
        struct Visits: Decodable {
            var log: Int, ours: Int, paired: Int
        }
        struct Finding: Decodable, CustomStringConvertible {
            var kind: String
            var cause: String?
            var callId: String
            var queue: String
            var waitDifference: Double?
            var talkDifference: Double?

            var description: String {
                let by = [("wait", waitDifference), ("talk", talkDifference)].compactMap { name, value in
                    value.map { "\(name) \($0) s" }
                }
                return
                    "\(callId) in \(queue): \(kind), ours less the log's: \(by.isEmpty ? "–" : by.joined(separator: ", "))"
            }
        }
        var visits: Visits
        var unexplained: Int
        var findings: [Finding]
    }

    /// Prints one line with the play's result and, if anything was wrong, where it is kept.
    static func ended(_ observed: ObservedRun, _ faults: [String], on liveSwitch: LiveSwitch) {
        let folder = ProcessInfo.processInfo.environment["CENTRALINO_PLAYS"].map {
            "\($0)/\(liveSwitch.place.version)-\(seed)"
        }
        let kept =
            faults.isEmpty ? "" : folder.map { ", kept in \($0)" } ?? ", not kept: CENTRALINO_PLAYS names no folder"
        let (visits, unexplained) = (observed.reconciled?.visits.log ?? 0, observed.reconciled?.unexplained ?? 0)
        print(
            "chaos: \(liveSwitch.id) seed \(seed): \(visits) visits, \(unexplained) unexplained, \(faults.count) faults\(kept)"
        )
        if faults.isEmpty {
            if let folder { try? FileManager.default.removeItem(atPath: folder) }
        } else {
            Issue.record("chaos on \(liveSwitch.id), seed \(seed)\(kept):\n  \(faults.joined(separator: "\n  "))")
        }
    }
}

extension ObservedRun {
    /// Differences between our visits and the log's that have no cause.
    func faultsOfReconciliation() -> [String] {
        guard let reconciled else { return ["nothing was reconciled"] }
        let little = reconciled.visits.paired * 2 < reconciled.visits.log || reconciled.visits.log == 0
        return (little ? ["only \(reconciled.visits.paired) of \(reconciled.visits.log) visits were compared"] : [])
            + reconciled.findings.filter { $0.cause == "unexplained" }.map(\.description)
    }

    /// Every visit ended in exactly one way, and nobody waits or talks when all are gone.
    func faultsOfSums() -> [String] {
        var faults = openContacts == 0 ? [] : ["\(openContacts) contact records stay open"]
        for (queue, figures) in growth.sorted(by: { $0.key < $1.key }) {
            func count(_ name: String) -> Int { figures[name] ?? 0 }
            let ways = figures.filter {
                $0.key.hasPrefix("flowOut.") || ["answered", "abandoned", "lost", "waiting"].contains($0.key)
            }
            let sum = ways.values.reduce(0, +)
            if sum != count("offered") {
                faults.append(
                    "\(queue): \(count("offered")) offered, and \(sum) answered, abandoned, flowed out, lost or waiting"
                )
            }
            for figure in ["waiting", "talking"] where count(figure) != 0 {
                faults.append("\(queue): \(count(figure)) \(figure) at the end")
            }
        }
        return faults
    }

    /// Nobody talked on a telephone that was not up at that time. The telephones of such a play cannot say for how
    /// long: one has several calls at once, and does not know which of them the switch joins with whom.
    func faultsOfTelephones() -> [String] {
        // The switch learns of a hang-up, and reports it, a little later; both processes share a busy machine.
        let late = 1.0
        var faults: [String] = []
        for record in records {
            for leg in record.legs {
                guard leg.result == "answered", leg.interface.hasPrefix("PJSIP/1"),
                    let began = Self.seconds(leg.establishedAt),
                    let talk = leg.connectedSeconds
                else { continue }
                // After a pick-up or a forward, the voice was on another telephone.
                let device = leg.device ?? leg.interface
                let number = device.dropFirst("PJSIP/".count).prefix { $0.isNumber }
                let isUp = calls.contains { call in
                    guard call.user == number, let up = call.times["up"] else { return false }
                    return up <= began + late && began + talk <= (call.times["ended"] ?? .infinity) + late
                }
                if !isUp { faults.append("\(record.channel): \(talk) s at \(device), which was not up so long") }
            }
        }
        return faults
    }

    private static func seconds(_ text: String?) -> Double? {
        guard let text, let date = try? Date(text, strategy: Date.ISO8601FormatStyle(includingFractionalSeconds: true))
        else { return nil }
        return date.timeIntervalSince1970
    }
}
