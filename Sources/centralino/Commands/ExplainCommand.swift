import ArgumentParser
import Wallboard
import Wire

struct Explain: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract:
            "List the calls behind a figure of a running gateway: those in its numerator, those in its denominator, and the rule that put each there.",
        discussion: """
            centralino explain SL6+F --queue informazioni
            centralino explain ASA --window interval --start "2026-11-23 10:15"
            centralino explain SL1 --queue informazioni --threshold 30 --limit 1000

            The values of the calls add up to the figure. For a longest wait they are sorted from the longest down, for a percentile from the shortest up. The call id is \
            that of the switch's own queue_log.

            --json prints the answer of GET /v1/stats/explain. Status: 0; 1 there is no gateway, or it refuses; 64 usage.
            """)

    @Argument(help: "The figure's id, as `centralino stats` prints it.") var figure: String
    @OptionGroup var question: FigureQuestion
    @Option(help: ArgumentHelp("Another threshold than the contract's.", valueName: "seconds")) var threshold: String?
    @Option(parsing: .unconditional, help: ArgumentHelp("Calls of each part, at most.", valueName: "n")) var limit = 100
    @Option(parsing: .unconditional, help: ArgumentHelp("Leave out this many at the beginning.", valueName: "n"))
    var offset = 0

    func run() throws {
        let offset = offset
        try question.ask(
            "/v1/stats/explain",
            [("figure", figure), ("threshold", threshold), ("limit", "\(limit)"), ("offset", "\(offset)")]
        ) { body in JSON.decode(ExplanationMessage.self, from: body).map { FigureTable.text($0, offset: offset) } }
    }
}
