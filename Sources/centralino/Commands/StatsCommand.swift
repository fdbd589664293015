import ArgumentParser
import Wallboard
import Wire

struct Stats: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract:
            "Print the figures of a running gateway: of queues, groups, teams, suppliers and switches, over a window.",
        discussion: """
            centralino stats
            centralino stats --queue informazioni --window 30m
            centralino stats --group tutte --window interval --start "2026-11-23 10:15" --length 30
            centralino stats --supplier Fornitore --thresholds 10,20,30
            centralino stats --queue informazioni --at "2026-11-23 10:42"

            Each figure stands with its numerator, its denominator and its formula (Protocols/Wallboard/Figures.md); “n/a” is unknown, not zero. \
            `centralino explain FIGURE` lists the calls behind one.

            --json prints the answer of GET /v1/stats. Status: 0; 1 there is no gateway, or it refuses; 64 usage.
            """)

    @OptionGroup var question: FigureQuestion
    @Option(help: ArgumentHelp("Also all service levels by these thresholds.", valueName: "seconds,…")) var thresholds:
        String?

    func run() throws {
        let hasThresholds = thresholds != nil
        try question.ask("/v1/stats", [("thresholds", thresholds)]) { body in
            JSON.decode(StatisticsMessage.self, from: body).map { FigureTable.text($0, thresholds: hasThresholds) }
        }
    }
}
