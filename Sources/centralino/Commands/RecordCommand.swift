import ArgumentParser
import EventLoop
import Core
import Edges
import Gateway
import Synchronization

struct Record: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Record what a switch says as a trace that can be replayed, with invented numbers and names.",
        discussion: """
            centralino record roma --to recordings/roma-monday --seconds 3600
            centralino replay recordings/roma-monday

            Connects as `run` would and listens until Ctrl-C or --seconds. Numbers, names and addresses are replaced as they come, equal ones by \
            equal ones, with a key that is thrown away at the end; queues, devices, identifiers and times stay. The recording can be read at any \
            moment, however the program ends. Look at it before you pass it on: a person's name in the name of a device or queue stays.

            Exit status: 0, or 1 if the link broke or nothing could be written; what was heard until then is kept.
            """)

    @Argument(help: ArgumentHelp("The switch, by its name in the configuration.", valueName: "switch")) var name: String
    @Option(help: ArgumentHelp("The folder to create; an existing one must be empty.", valueName: "dir")) var to: String
    @Option(help: "The configuration file.") var config = "centralino.toml"
    @Option(help: "Stop after this many seconds; without it, at Ctrl-C.") var seconds: Int?
    @Flag(help: "Write numbers and names as they are: personal data of callers and agents.") var keepIdentities = false

    func validate() throws {
        guard (1...31 * 86_400).contains(seconds ?? 1) else {
            throw ValidationError("--seconds must be from 1 to 2678400.")
        }
    }

    func run() throws {
        let configuration = try readConfiguration(config)
        let asterisk = try configuration.asterisk(named: name, config)
        if keepIdentities {
            Console.say(
                "Numbers and names are written as they are. This recording is personal data: keep it as such, and delete it.",
                .yellow)
        }
        let (folder, limit, keepIdentities) = (to, seconds, keepIdentities)
        try orExit {
            try EventLoop.run {
                let recorder = try TraceRecorder(asterisk, to: folder, keepsIdentities: keepIdentities) { outcome in
                    Self.outcome.withLock { $0 = outcome }
                    EventLoop.stop()
                }
                let timer = Timer { recorder.stop() }
                if let limit { timer.start(afterMicroseconds: Int64(limit) * 1_000_000) }
                let onSignal: @LoopActor () -> Void = { recorder.stop() }
                Self.keep = (
                    recorder, timer,
                    [
                        try SignalWatcher(.interrupt, onSignal: onSignal),
                        try SignalWatcher(.terminate, onSignal: onSignal),
                    ]
                )
                recorder.begin()
            }
        }
        guard let outcome = Self.outcome.withLock({ $0 }) else { return }
        let lost =
            outcome.malformed == 0
            ? "" : " \(outcome.malformed) times bytes came that were no message; they were left out."
        Console.say(
            "\(to): \(outcome.events) events in \(FigureText.duration(outcome.seconds)).\(lost) Next: centralino replay \(to)"
        )
        if let failure = outcome.failure {
            Console.say("\(name): \(shown(failure, limit: ProgramLimits.shownFailure))", .red)
            throw ExitCode.failure
        }
    }

    @LoopActor private static var keep: (TraceRecorder, Timer, [SignalWatcher])?
    private static let outcome = Mutex<TraceRecorder.Outcome?>(nil)
}
