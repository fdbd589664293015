import ArgumentParser
import EventLoop
import Foundation
import Synchronization

struct Tail: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Follow queues and agents of a running gateway: a table on a terminal, JSON lines in a pipe.",
        discussion: """
            centralino tail
            centralino tail --queue informazioni --queue incentivi
            centralino tail --switch roma --queue informazioni
            centralino tail --no-follow
            centralino tail --at "2026-11-23 10:42"
            centralino tail --json | jq 'select(.queues) | .queues[] | {name, waiting}'
            centralino tail --url https://gw.example.it:8080 --token-file wallboard.token

            The JSON lines are the messages of the wallboard protocol (Protocols/Wallboard/Wallboard.md). With --queue and --switch, messages \
            that concern only others are left out. When the stream is lost, it says so on standard error and reconnects.

            In the table: ▁ to █ are the callers of each five minutes of the last hour, dotted (⣀ to ⣿) where a part was not heard, · is a time of which nothing is known; ✓ and ✗ the target of the service \
            level, ◐ a target that is met by what was heard; !! a critical alarm, ! a warning, ~ frozen figures.

            Exit status: 0 after Ctrl-C or when the reader of the pipe has gone, or after one picture; 1 if there is no gateway or it refuses.
            """)

    /// A secret is never an argument: other users of the machine see arguments.
    static let tokenVariable = "CENTRALINO_WALLBOARD_TOKEN"

    @Option(help: "Where the gateway's pages are.") var url = "http://127.0.0.1:8080"
    @Option(help: ArgumentHelp("Show this queue only; may be given again.", valueName: "name")) var queue: [String] = []
    @Option(
        help: ArgumentHelp(
            "Show what is on this switch only; may be given again, and together with --queue.", valueName: "name"))
    var `switch`: [String] = []
    @Flag(help: "Print JSON lines even on a terminal.") var json = false
    @Flag(help: "Print the table even into a pipe: one picture, with --no-follow or --at.") var table = false
    @Flag(inversion: .prefixedNo, help: "Follow the stream, or show one picture and end.") var follow = true
    @Option(
        help: ArgumentHelp("One picture: what the stream showed then, in the gateway's local time.", valueName: "time"))
    var at: String?
    @Option(help: ArgumentHelp("File with the wallboard's token; or set \(Tail.tokenVariable).", valueName: "file"))
    var tokenFile: String?
    @Option(help: Tail.caFileHelp) var caFile: String?

    func run() throws {
        let source = try Self.source(url, tokenFile: tokenFile, caFile: caFile)
        guard !(json && table) else { throw misuse("Give --json or --table, not both.") }
        let isPicture = !follow || at != nil
        guard isPicture || !table || Console.outputIsTerminal else {
            throw misuse("A table that moves needs a terminal: give --no-follow or --at with --table.")
        }
        try isPicture ? showPicture(source) : showStream(source)
        if let reason = Self.outcome.withLock({ $0 }) {
            Console.say(reason, .red)
            throw ExitCode.failure
        }
    }

    private var only: WallboardFilter { WallboardFilter(queues: queue, switches: `switch`) }

    private func showPicture(_ source: WallboardFollower.Source) throws {
        let isTable = table || Console.outputIsTerminal && !json
        try orExit {
            try EventLoop.run {
                // A pipe has no width to respect.
                let columns = Console.outputIsTerminal ? TerminalScreen.window.columns : 500
                let picture = TailPicture(
                    source, only, isTable ? .table(columns: columns, hasColours: Console.outputIsColoured) : .json
                ) {
                    fault in
                    Self.outcome.withLock { $0 = fault }
                    EventLoop.stop()
                }
                Self.picture = picture
                picture.ask(at: at)
            }
        }
    }

    private func showStream(_ source: WallboardFollower.Source) throws {
        try orExit {
            try EventLoop.run {
                let view: any TailView =
                    Console.outputIsTerminal && !json ? TailTable(source.address, only) : TailLines(only)
                let follower = WallboardFollower(source) { news in
                    if case .message(_, let message) = news, message.type == .snapshot, !Self.hasBegun {
                        Self.hasBegun = true
                        if let unknown = only.unknown(in: message) {
                            if view is TailTable {
                                Self.outcome.withLock { $0 = unknown }
                                return view.show(.ended(reason: unknown))
                            }
                            // In a pipe the command may wait: a cloud switch's queue becomes known with its first
                            // call.
                            Console.say(unknown, .yellow)
                        }
                    }
                    if case .ended(let reason) = news { Self.outcome.withLock { $0 = reason } }
                    view.show(news)
                }
                Self.keep = (follower, view)
                try view.start()
                follower.start()
                if let table = view as? TailTable {
                    let history = HistoryFollower(source) { table.show($0) }
                    Self.history = history
                    history.ask()
                }
            }
        }
    }

    static let caFileHelp = ArgumentHelp(
        "With https://: the authorities that may have signed the gateway's certificate (PEM); default: the operating system's.",
        valueName: "file")

    /// The gateway that the options name; or status 64, after printing what is wrong.
    static func source(_ url: String, tokenFile: String?, caFile: String?) throws -> WallboardFollower.Source {
        guard let source = WallboardFollower.Source(url, token: try token(tokenFile), caFile: caFile) else {
            throw misuse("“\(shown(url))” is not an address like http://127.0.0.1:8080 or https://gw.example.it.")
        }
        guard source.isSecure || caFile == nil else {
            throw misuse("--ca-file means nothing without TLS: give --url with https://.")
        }
        // Without TLS everybody on the way could read the token.
        if !source.isSecure, source.token != nil, !source.isLoopback {
            Console.say("The token goes to \(source.address) without TLS: everybody on the way can read it.", .yellow)
        }
        return source
    }

    /// The token from a file or the environment; nil where neither is given.
    static func token(_ tokenFile: String?) throws -> String? {
        let token: String
        if let tokenFile {
            guard let data = FileManager.default.contents(atPath: tokenFile) else {
                throw misuse("The token file “\(tokenFile)” cannot be read.")
            }
            token = String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        } else {
            guard let value = ProcessInfo.processInfo.environment[tokenVariable], !value.isEmpty else { return nil }
            token = value
        }
        guard !token.isEmpty, token.utf8.allSatisfy({ $0 > 32 && $0 < 127 }) else {
            throw misuse(
                "The token in \(tokenFile.map { "“\($0)”" } ?? tokenVariable) must be one line of printable ASCII characters."
            )
        }
        return token
    }

    @LoopActor private static var keep: (WallboardFollower, any TailView)?
    /// Whether the first snapshot has come.
    @LoopActor private static var hasBegun = false
    @LoopActor private static var history: HistoryFollower?
    @LoopActor private static var picture: TailPicture?
    private static let outcome = Mutex<String?>(nil)
}
