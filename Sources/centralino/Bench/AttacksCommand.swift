import ArgumentParser
import Foundation
import Wire

extension Bench {
    struct Attacks: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "How long others wait for the gateway's longest turn, under each of several attacks.",
            discussion: """
                centralino bench attacks
                centralino bench attacks members explain --json

                Against a gateway in this process with a journal in a temporary folder, in processor time: what the network and other \
                threads add is not measured (the metric centralino_loop_turn_peak_seconds of a running program has it). Exit status 1 where a turn took more than 50 ms.
                """)

        @Argument(help: "Names of attacks; without any, all of them.") var names: [String] = []
        @Flag(help: "Print JSON instead of a table.") var json = false

        func validate() throws {
            if let unknown = names.first(where: { name in !Attack.all.contains { $0.name == name } }) {
                throw ValidationError(
                    "There is no attack “\(unknown)”. There are: \(Attack.all.map(\.name).joined(separator: ", ")).")
            }
        }

        func run() throws {
            var outcomes: [AttackBench.Outcome] = []
            var table = TextTable(["attack", "turns", "longest", "in all", "in", "out", "records", ""])
            for attack in Attack.all where names.isEmpty || names.contains(attack.name) {
                var bench = try AttackBench(attack.name, isRecording: !attack.isAsked)
                defer { bench.end() }
                attack.run(&bench)
                let outcome = bench.outcome
                outcomes.append(outcome)
                table.add([
                    outcome.attack, "\(outcome.turns)", String(format: "%.1f ms", outcome.longestMilliseconds),
                    String(format: "%.1f s", outcome.totalSeconds), String(format: "%.1f MB", outcome.inputMegabytes),
                    String(format: "%.1f MB", outcome.outputMegabytes), "\(outcome.records)",
                    outcome.longestMilliseconds > AttackBench.bound ? "too long" : "",
                ])
            }
            Console.print(json ? String(decoding: JSON.encode(outcomes), as: UTF8.self) : table.text)
            let late = outcomes.filter { $0.longestMilliseconds > AttackBench.bound }
            guard !late.isEmpty else { return }
            Console.say(
                "Turns of more than \(Int(AttackBench.bound)) ms: \(late.map(\.attack).joined(separator: ", ")).", .red)
            throw ExitCode.failure
        }
    }
}
