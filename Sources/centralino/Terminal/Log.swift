import EventLoop
import Foundation
import Core
import Edges
import Gateway
import Synchronization
import Time
import Wire

/// The program's log: one line on standard error for each thing that an operator should know. journald adds the rest.
///
/// No line ever waits for its reader: a pipe that nobody reads, or a suspended terminal, must not stop the gateway.
enum Log {
    private static let sink = Mutex(LogSink(STDERR_FILENO))
    private static let settings = Mutex(LogSettings())

    /// From now on; also while the program runs.
    static func configure(_ new: LogSettings) {
        settings.withLock { $0 = new }
        sink.withLock { $0.format = new.format }
    }

    static func write(_ line: LogLine) {
        let settings = settings.withLock { $0 }
        guard line.level >= settings.level else { return }
        _ = endsWithProgram
        let (date, uptime) = (UnixTime(microseconds: EventLoop.dateMicroseconds), EventLoop.uptimeMicroseconds)
        flush()
        sink.withLock {
            guard $0.mayBeSaid(LogSink.kind(line), second: date.microseconds / 1_000_000),
                $0.repeated.mayBeSaid(line, uptime: uptime)
            else { return }
            $0.put(form(line, date, settings.format))
            $0.flush()
        }
    }

    static func write(_ level: LogLine.Level, _ subject: String, _ text: String) {
        write(LogLine(level, subject, text))
    }

    /// Writes what the reader has not taken yet, and counts of what was left out because there was too much. Called
    /// once a second, and at the end.
    static func flush(waitingMilliseconds: Int32 = 0) {
        let date = UnixTime(microseconds: EventLoop.dateMicroseconds)
        let format = settings.withLock { $0.format }
        sink.withLock {
            for (kind, count) in $0.takeOmitted(second: date.microseconds / 1_000_000) {
                let text = "\(count) more lines in one second that begin “\(kind)”."
                $0.put(form(LogLine(.info, "log", text), date, format))
            }
            for (line, times) in $0.repeated.takeOmitted(uptime: EventLoop.uptimeMicroseconds) {
                let text = "\(times) more times within a minute: “\(fitted(line, ProgramLimits.shownSentence))”"
                $0.put(form(LogLine(.info, "log", text), date, format))
            }
            $0.flush(waitingMilliseconds: waitingMilliseconds)
        }
    }

    /// As it is written, with its line end.
    static func form(_ line: LogLine, _ date: UnixTime, _ format: LogSettings.Format) -> String {
        // Reasons may quote what a peer sent.
        let text = String(
            String.UnicodeScalarView(line.text.unicodeScalars.filter { $0.value >= 32 && $0.value != 127 }))
        switch format {
        case .text:
            let style: Console.Style =
                switch line.level {
                case .info: .plain
                case .warning: .yellow
                case .error: .red
                }
            return Console.styled(
                "\(date) \(line.level.rawValue.uppercased()) \(line.subject): \(text)", style,
                toTerminal: Console.errorIsTerminal) + "\n"
        case .json:
            let entry = LogEntry(time: "\(date)", level: line.level.rawValue, subject: line.subject, text: text)
            return String(decoding: JSON.encode(entry), as: UTF8.self) + "\n"
        }
    }

    /// The names are for programs that collect logs, and stay.
    private struct LogEntry: Encodable {
        var time: String
        var level: String
        var subject: String
        var text: String
    }

    /// The last lines say why the program ended, so they get a second.
    private static let endsWithProgram: Void = {
        atexit { Log.flush(waitingMilliseconds: ProgramLimits.lastLinesMilliseconds) }
    }()
}

/// Lines on their way to a descriptor whose reader may be slow, gone or suspended: bounded, with a count of what was
/// left out.
struct LogSink {
    /// Some thousand lines: an hour of a bad day.
    static let bufferBytes = 512 * 1024
    /// How many lines of one kind are written in one second, and how many kinds are counted.
    static let linesPerSecond = 20
    static let kinds = 500
    /// A pipe that is ready takes this many bytes without waiting (PIPE_BUF); a terminal takes fewer.
    private static let pipeBytes = 4096
    private static let terminalBytes = 256

    private let descriptor: Int32
    private let isSocket: Bool
    private let pieceBytes: Int
    private var buffer: [UInt8] = []
    private var lost = 0
    private var second: Int64 = 0
    private var said: [String: Int] = [:]
    var repeated = RepeatedLines()
    /// Of the note about lost lines.
    var format = LogSettings.Format.text

    init(_ descriptor: Int32) {
        self.descriptor = descriptor
        var status = stat()
        let type = fstat(descriptor, &status) == 0 ? status.st_mode & S_IFMT : S_IFREG
        isSocket = type == S_IFSOCK
        pieceBytes = type == S_IFCHR ? Self.terminalBytes : Self.pipeBytes
    }

    /// The same kind: lines that say the same of different things, by the subject and the first words.
    static func kind(_ line: LogLine) -> String {
        let words = line.text.prefix(ProgramLimits.kindCharacters).split(separator: " ").prefix(3).filter {
            !$0.contains(where: \.isNumber)
        }
        return "\(line.subject): \(words.joined(separator: " "))"
    }

    /// Whether another line of the kind may be written in this second.
    mutating func mayBeSaid(_ kind: String, second: Int64) -> Bool {
        if second != self.second { (self.second, said) = (second, [:]) }
        let kind = said[kind] != nil || said.count < Self.kinds ? kind : "…"
        said[kind, default: 0] += 1
        return said[kind]! <= Self.linesPerSecond
    }

    private var omitted: [(String, Int)] {
        said.filter { $0.value > Self.linesPerSecond }.map { ($0.key, $0.value - Self.linesPerSecond) }.sorted {
            $0.0 < $1.0
        }
    }

    /// How many lines of which kinds were left out, once their second is over.
    mutating func takeOmitted(second: Int64) -> [(String, Int)] {
        guard second != self.second else { return [] }
        defer { (self.second, said) = (second, [:]) }
        return omitted
    }

    mutating func put(_ line: String) {
        let note = lost > 0 ? Self.note(lost, format) : ""
        guard buffer.count + line.utf8.count + note.utf8.count <= Self.bufferBytes else {
            lost += 1
            return
        }
        lost = 0
        buffer += note.utf8
        buffer += line.utf8
    }

    private static func note(_ lost: Int, _ format: LogSettings.Format) -> String {
        let text = "\(lost) lines were lost here, because nobody read standard error."
        return switch format {
        case .text: "WARN log: \(text)\n"
        case .json: "{\"level\":\"warning\",\"subject\":\"log\",\"text\":\"\(text)\"}\n"
        }
    }

    var waitingBytes: Int { buffer.count }

    /// Writes what the reader takes now, or within the given time, piece by piece.
    mutating func flush(waitingMilliseconds: Int32 = 0) {
        var sent = 0
        defer { buffer.removeFirst(sent) }
        while sent < buffer.count {
            var state = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            guard poll(&state, 1, waitingMilliseconds) > 0 else { return }
            let piece = buffer[sent...].prefix(pieceBytes)
            let count = piece.withUnsafeBytes {
                isSocket
                    ? Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL))
                    : Glibc.write(descriptor, $0.baseAddress, $0.count)
            }
            if count < 0, errno == EINTR { continue }
            if count < 0, errno == EAGAIN { return }
            // The reader has gone.
            guard count > 0 else {
                sent = buffer.count
                return
            }
            sent += count
        }
    }
}
