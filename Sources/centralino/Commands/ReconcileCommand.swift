import ArgumentParser
import Foundation
import Core
import Edges
import Gateway
import Playback
import Reconciliation
import Recordings
import Store
import Telephony
import Time
import Wire

struct Reconcile: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Compare our queue visits with the switch's own queue_log, call by call.",
        discussion: """
            centralino reconcile --queue-log /var/log/asterisk/queue_log --config centralino.toml
            centralino reconcile --queue-log queue_log.1.gz --queue-log queue_log --config centralino.toml --from 2026-03-02T00:00:00+01:00
            centralino reconcile --queue-log queue_log --recording Simulator/Traces/22/mixed-a --json
            centralino reconcile --queue-log queue_log --recording capture.ami --config centralino.toml

            A visit belongs to the window of its joining, by the log's clock. Each difference either has a cause with evidence in the log or \
            in our record, or is unexplained. With --recording and --config the recording goes through a gateway with this configuration (trunks, survey, \
            queue-status event).
            Status: 0 nothing is unexplained; 1 something is; 2 a file, the configuration or the store cannot be read; 3 nothing is unexplained, but \
            too little could be compared: fewer than half of the visits are paired, or the log has nothing of the window (the log of another day, or of \
            another switch, agrees with everything); 64 usage. The reason for 3 is also printed on standard error with 1.

            --json prints {"log": {"from", "to", "lines", "malformed", "torn", "repeated"}, "visits": {"log", "ours", "paired", "outside"}, \
            "kinds": {KIND: n}, "causes": {CAUSE: n}, "unexplained": n, "findings": [{"kind", "cause", "callId", "queue", "entry", "contactId", \
            "log": SIDE, "ours": SIDE, "waitDifference", "talkDifference"}]}. \
            SIDE is {"joinedAt", "outcome", "reason", "waitSeconds", "talkSeconds", "position", "endedBy", "agent"}; differences are ours minus \
            the log's, in seconds; unknown members are absent.
            KIND: \(Finding.Kind.allCases.map(\.rawValue).joined(separator: ", ")).
            CAUSE: \(Cause.allCases.map(\.rawValue).joined(separator: ", ")).
            """)

    @Option(help: "Asterisk's queue_log, gzipped or not. Rotated files: once for each, the oldest first.") var queueLog:
        [String]
    @Option(help: "Take our visits from this recording.") var recording: String?
    @Option(
        help: "Take our visits from the store of this configuration; with --recording, play it by this configuration.")
    var config: String?
    @Option(help: "The switch that wrote the log, where the configuration has several.") var `switch`: String?
    @Option(
        help:
            "Compare visits that joined at this time or later: 2026-11-23, 2026-11-23 10:15 (of the configured zone), or RFC 3339."
    )
    var from: String?
    @Option(help: "Compare visits that joined before this time.") var to: String?
    @Flag(help: "Print one JSON object on standard output.") var json = false

    private static let unreadable = ExitCode(2)
    private static let tooLittle = ExitCode(3)

    func validate() throws {
        if queueLog.isEmpty { throw ValidationError("Give the switch's own log: --queue-log FILE.") }
        guard recording != nil || config != nil else {
            throw ValidationError(
                "Our visits come from --recording PATH or from --config FILE: give one of the two, or a recording with its configuration."
            )
        }
        if config == nil, `switch` != nil {
            throw ValidationError("--switch goes with --config; a recording has one switch.")
        }
    }

    func run() throws {
        var log = QueueLog()
        var window: Reconciliation.Window
        let ours: OurSide
        do {
            let configuration = try config.map { try readConfiguration($0) }
            window = try self.window(configuration?.gateway.timeZone ?? Configuration().timeZone)
            for path in queueLog { try Self.read(path, into: &log) }
            guard log.firstLine != nil else { throw ReconcileError.emptyLog(paths: queueLog) }
            if let recording {
                ours = try .recorded(recording, configuration, of: `switch`)
            } else if let configuration {
                // Nothing can be said about the time before the log's first line.
                if window.from == nil { window.from = log.firstLine }
                ours = try .stored(configuration, of: `switch`, window, lastLine: log.lastLine)
            } else {
                preconditionFailure("validate() lets nothing through without --recording and --config")
            }
        } catch let said as ExitCode {
            throw said == .failure ? Self.unreadable : said
        } catch {
            Console.say("\(error)", .red)
            throw Self.unreadable
        }
        let result = Reconciliation(log, ours.visits, coverage: ours.coverage, window: window)
        if json {
            Console.print(String(decoding: JSON.encode(ReconcileReport(log, result)), as: UTF8.self))
        } else {
            Console.print(ReconcileTable(result: result).text)
            summarise(log, result)
        }
        if ours.unreadable > 0 {
            Console.say(
                "\(ours.unreadable) contact record(s) of the store cannot be read; their visits are missing here.",
                .yellow)
        }
        let fault = Self.tooLittleCompared(log, result, ours, window)
        if let fault { Console.say(fault, .red) }
        if result.unexplainedCount > 0 { throw ExitCode.failure }
        if fault != nil { throw Self.tooLittle }
    }

    private func window(_ zone: TimeZoneRule) throws -> Reconciliation.Window {
        let window = Reconciliation.Window(
            from: try from.map { try instant($0, "--from", zone) }, to: try to.map { try instant($0, "--to", zone) })
        if let from = window.from, let to = window.to, to <= from {
            throw misuse("--to is not later than --from: no visit can have joined between them.")
        }
        return window
    }

    /// Why too little could be compared: each difference may have a cause although the two sides have nothing in
    /// common.
    private static func tooLittleCompared(
        _ log: QueueLog, _ result: Reconciliation, _ ours: OurSide, _ window: Reconciliation.Window
    ) -> String? {
        guard let first = log.firstLine, let last = log.lastLine else { return nil }
        if window.from.map({ last < $0 }) ?? false || window.to.map({ first >= $0 }) ?? false {
            return
                "Nothing was compared: the log goes from \(first) to \(last), and the window is outside of it. Give the log of that time."
        }
        let all = max(result.loggedCount, result.ourCount)
        guard result.pairCount * 2 < all else { return nil }
        let joined = ours.visits.map(\.joined)
        let own = joined.min().map { " Ours go from \($0) to \(joined.max() ?? $0)." } ?? ""
        return
            "Too little was compared: \(result.pairCount) of \(all) visits are paired. Is it the log of this switch, and of this time? The log goes from \(first) to \(last).\(own)"
    }

    /// Reads the log piece by piece: a year of it need not fit into memory.
    private static func read(_ path: String, into log: inout QueueLog) throws {
        // zlib passes plain files through; a compressed queue_log is about an eighth of its size.
        let size = (try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int) ?? 0
        var bar = ProgressBar("Reading the log", total: path.hasSuffix(".gz") ? size * 8 : size)
        let (before, counts) = (log.lastLine, log.counts)
        var read = 0
        // A folder would be read as an empty file.
        var isFolder: ObjCBool = false
        if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue {
            throw ReconcileError.isFolder(path: path)
        }
        try CompressedFile.read(path) { (piece) throws(RecordingError) in
            log.receive(piece)
            read += piece.count
            bar.show(read, "\(log.visits.count) visits")
        }
        bar.finish()
        if let before, let first = log.firstLineOfFile, first + Reconciliation.tolerance < before {
            throw ReconcileError.wrongOrder(path: path, first: first, before: before)
        }
        log.endFile()
        if log.isFull { throw ReconcileError.tooManyVisits(path: path, limit: QueueLog.Limits.visits) }
        let lines = log.counts.lines - counts.lines
        if lines > 0, log.counts.malformed - counts.malformed == lines { throw ReconcileError.noQueueLog(path: path) }
    }

    private func summarise(_ log: QueueLog, _ result: Reconciliation) {
        let matched = result.findings.count { $0.kind == .matched }
        let explained = result.findings.count - matched - result.unexplainedCount
        Console.say(
            "\(result.loggedCount) visits of the log, \(result.ourCount) of ours: \(matched) match, \(explained) differences have a cause, \(result.unexplainedCount) have none.",
            result.unexplainedCount > 0 ? .red : .dim)
        if log.counts.malformed > 0 {
            Console.say("\(log.counts.malformed) of \(log.counts.lines) lines are not lines of a queue_log.", .yellow)
        }
        if log.counts.blanks > 0 {
            Console.say(
                "\(log.counts.blanks) run\(log.counts.blanks == 1 ? "" : "s") of NUL bytes in the log \(log.counts.blanks == 1 ? "was" : "were") skipped: a file system leaves them after a power failure, and what was written last before it is lost.",
                .yellow)
        }
        if log.counts.torn > 0 { Console.say("The last line has no end yet, and was not used.", .dim) }
    }
}

enum ReconcileError: Error, CustomStringConvertible {
    case isFolder(path: String)
    case noQueueLog(path: String)
    case emptyLog(paths: [String])
    case wrongOrder(path: String, first: UnixTime, before: UnixTime)
    case tooManyVisits(path: String, limit: Int)
    case noCivilTime(path: String)
    case severalRecordings(path: String, count: Int)
    case noStore(path: String)

    var description: String {
        switch self {
        case .isFolder(let path): "\(path) is a folder. Name the queue_log in it."
        case .noQueueLog(let path): "\(path) is not a queue_log: no line is “epoch|callid|queue|agent|event|…”."
        case .emptyLog(let paths): "There is no line in \(paths.joined(separator: ", ")): nothing can be compared."
        case .wrongOrder(let path, let first, let before):
            "\(path) begins at \(first), before the end of the file before it (\(before)). Give rotated files once each, the oldest first."
        case .tooManyVisits(let path, let limit):
            "With \(path) the log has more than \(limit) visits. Give fewer of its files at a time."
        case .noCivilTime(let path):
            "\(path) does not say when it was recorded: it has no meta.json and no Timestamp headers. Its times cannot be compared with the log's."
        case .severalRecordings(let path, let count):
            "\(path) holds \(count) recordings. Name the one that the log belongs to."
        case .noStore(let path): "There is no store \(path). Check [store] path in the configuration."
        }
    }
}
