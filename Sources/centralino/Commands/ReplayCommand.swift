import ArgumentParser
import Core
import Edges
import Gateway
import Playback
import Recordings
import Telephony
import Time
import Wire

struct ReplayCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Run recordings of a switch through the gateway, offline and as fast as possible.",
        discussion: """
            centralino replay Simulator/Traces/22/mixed-a
            centralino replay --json recordings/ | jq .queues
            centralino replay --config centralino.toml capture.ami

            A recording is a folder or file of the trace format (Simulator/Traces/README.md), or a raw AMI capture; gzipped or not.
            Status: 0; 1 a recording or the configuration cannot be read; 3 a recording does not have a single event of a switch, which is reported on standard error \
            (the figures are those of the others); 64 usage.
            """)

    @Argument(help: "Folders or files.") var paths: [String]
    @Flag(help: "Print one JSON object on standard output.") var json = false
    @Option(
        help:
            "Replay as a gateway with this configuration would: its trunks, survey, queue-status event, service levels, teams."
    )
    var config: String?
    @Option(help: "The recorded switch, where the configuration has several.") var `switch`: String?

    /// As when `reconcile` could compare too little: there is a result, but it proves nothing.
    private static let nothingToReplay = ExitCode(3)

    func validate() throws {
        if config == nil, `switch` != nil {
            throw ValidationError("--switch names a switch of a configuration: give --config, too.")
        }
    }

    func run() throws {
        let settings = try config.map { try readConfiguration($0) }
        let name = try settings?.asterisk(named: `switch`, is: "Of which switch is the recording?")
        var report = Report()
        let found = try orExit { try Recording.find(paths: paths) }
        var bar = ProgressBar("Replaying", total: found.count)
        var silent: [String] = []
        for (index, path) in found.enumerated() {
            let recording = try orExit { try Recording.load(path) }
            bar.show(index, recording.name)
            var replay = Replay(
                settings?.gateway ?? Configuration(), of: name,
                start: UnixTime(microseconds: recording.startEpoch ?? 0), digests: .openSSL)
            replay.play(recording.connections)
            let before = report.events.read
            replay.add(to: &report)
            if report.events.read == before { silent.append(path) }
        }
        bar.finish()
        if json {
            Console.print(String(decoding: JSON.encode(report), as: UTF8.self))
        } else {
            show(report, recordings: found.count)
        }
        for path in silent { Console.say("\(RecordingError.noEvents(path: path))", .red) }
        if !silent.isEmpty { throw Self.nothingToReplay }
    }

    private func show(_ report: Report, recordings: Int) {
        var table = TextTable([
            "QUEUE", "OFFERED", "ANSWERED", "ABANDONED", "FLOW-OUT", "LOST", "WAITING", "RING NO ANSWER", "MAX WAIT",
        ])
        for (name, queue) in report.queues.sorted(by: { $0.key < $1.key }) {
            let flowOut =
                queue.flowOut.timeout + queue.flowOut.key + queue.flowOut.empty + queue.flowOut.withdrawn
                + queue.flowOut.unknown
            table.add([
                name, "\(queue.offered)", "\(queue.answered)", "\(queue.abandoned)", "\(flowOut)", "\(queue.lost)",
                "\(queue.waiting)",
                "\(queue.ringNoAnswer.values.reduce(0, +))",
                queue.waitSeconds.max.map { FigureText.duration($0) } ?? "–",
            ])
        }
        Console.print(table.text)
        Console.say(
            "\(recordings) recording\(recordings == 1 ? "" : "s"), \(report.contacts.count) contact record\(report.contacts.count == 1 ? "" : "s"); \(report.events.read) events, \(report.events.understood) of them understood, \(report.events.malformed) malformed.",
            .dim)
    }
}

extension Recording {
    /// The connections of the recording's main client, in order.
    var connections: [Replay.Connection] {
        incoming.map { chunks in
            Replay.Connection(chunks: chunks.map { .init(time: Span(microseconds: $0.microseconds), bytes: $0.bytes) })
        }
    }
}
