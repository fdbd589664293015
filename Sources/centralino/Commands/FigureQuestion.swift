import ArgumentParser
import EventLoop
import Foundation
import Synchronization
import Wire

/// The options that `stats` and `explain` share: whose figures, over which window, of which gateway. The gateway
/// decides what makes sense, and answers with what exists.
struct FigureQuestion: ParsableArguments {
    @Option(help: "Where the gateway's pages are.") var url = "http://127.0.0.1:8080"
    @Option(help: ArgumentHelp("File with the wallboard's token; or set \(Tail.tokenVariable).", valueName: "file"))
    var tokenFile: String?
    @Option(help: Tail.caFileHelp) var caFile: String?
    @Option(
        help: ArgumentHelp("Only this queue; may be given again. Without any of these: everything.", valueName: "name")
    )
    var queue: [String] = []
    @Option(help: ArgumentHelp("Only this group of queues.", valueName: "name")) var group: String?
    @Option(help: ArgumentHelp("Only this team of agents.", valueName: "name")) var team: String?
    @Option(help: ArgumentHelp("Only this supplier: its queues, and its teams' time.", valueName: "name")) var supplier:
        String?
    @Option(
        help: ArgumentHelp(
            "Only this switch, or the other choices on this switch; may be given again.", valueName: "name"))
    var `switch`: [String] = []
    @Option(help: "today, 5m, 15m, 30m, 60m, shift, interval (with --start) or between (with --from and --to).")
    var window: String?
    @Option(help: "cohort (by joining) or completion (by ending).") var base: String?
    @Option(
        help: ArgumentHelp(
            "Beginning of an interval: \"2026-11-23 10:15\" of the gateway's zone, or RFC 3339.", valueName: "time"))
    var start: String?
    @Option(help: ArgumentHelp("Length of the interval: 15 or 30.", valueName: "minutes")) var length: String?
    @Option(help: ArgumentHelp("From this moment on.", valueName: "time")) var from: String?
    @Option(help: ArgumentHelp("Before this moment.", valueName: "time")) var to: String?
    @Option(
        help: ArgumentHelp(
            "As known at this moment: \"2026-11-23 10:42\". Needs the gateway's journal.", valueName: "time")) var at:
        String?
    @Option(help: "Names of figures: it or en.") var lang = "en"
    @Flag(help: "Print the gateway's JSON unchanged.") var json = false

    private var items: [(name: String, value: String?)] {
        queue.map { ("queue", $0) } + [("group", group), ("team", team), ("supplier", supplier)]
            + `switch`.map { ("switch", $0) } + [
                ("window", window), ("base", base), ("start", start), ("length", length), ("from", from), ("to", to),
                ("lang", lang),
            ]
    }

    func address(_ path: String, _ more: [(name: String, value: String?)]) -> String {
        let query = (more + items).compactMap { name, value in
            value.flatMap { $0.addingPercentEncoding(withAllowedCharacters: .alphanumerics) }.map { "\(name)=\($0)" }
        }
        return "\(path)?\(query.joined(separator: "&"))"
    }

    /// Prints what `show` makes of the answer, or the answer itself with --json. If the gateway refuses, prints its
    /// words and ends with status 1.
    func ask(
        _ path: String, _ more: [(name: String, value: String?)] = [], show: @escaping @Sendable ([UInt8]) -> String?
    ) throws {
        let source = try Tail.source(url, tokenFile: tokenFile, caFile: caFile)
        let (isJSON, at) = (json, at)
        try orExit {
            try EventLoop.run {
                let prefix = source.path.dropLast("/v1/wallboard".count)
                Self.request = PlainRequest(source, path: prefix + address(path, more), at: at) {
                    result in
                    let fault: String?
                    switch result {
                    case .failure(let failure): fault = "\(failure)"
                    case .success(let answer) where answer.status == 401:
                        fault = WallboardFollower.tokenHelp(source.token != nil)
                    case .success(let answer) where answer.status != 200: fault = answer.refusal
                    case .success(let answer):
                        if let text = isJSON ? Self.printable(answer.body) : show(answer.body) {
                            Console.print(text)
                            fault = nil
                        } else {
                            fault =
                                "What \(source.address) answered is not known here; the gateway may be of another version. --json prints it."
                        }
                    }
                    Self.outcome.withLock { $0 = fault }
                    EventLoop.stop()
                }
            }
        }
        if let fault = Self.outcome.withLock({ $0 }) {
            Console.say(fault, .red)
            throw ExitCode.failure
        }
    }

    /// Unchanged into a pipe; on a terminal nothing in it may act as a control sequence.
    private static func printable(_ json: [UInt8]) -> String {
        let text = String(decoding: json, as: UTF8.self)
        return Console.outputIsTerminal ? shown(text, limit: .max / 8) : text
    }

    @LoopActor private static var request: PlainRequest?
    private static let outcome = Mutex<String?>(nil)
}
