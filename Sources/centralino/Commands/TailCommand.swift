import ArgumentParser
import EventLoop
import Foundation
import Synchronization
import Telephony
import Wallboard
import Wire

struct Tail: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Follow queues and agents of a running gateway: a table on a terminal, JSON lines in a pipe.",
        discussion: """
            centralino tail
            centralino tail --queue informazioni --queue incentivi
            centralino tail --json | jq 'select(.queues) | .queues[] | {name, waiting}'
            centralino tail --url http://gw.example.it:8080 --token-file wallboard.token

            The JSON lines are the messages of the wallboard protocol (Protocols/Wallboard/Wallboard.md). With --queue those that concern other \
            queues only are left out. When the stream is lost it says so on standard error and connects again.

            Exit status: 0 after Ctrl-C or when the reader of the pipe has gone, 1 if there is no gateway or the token is refused.
            """)

    /// A secret is never an argument: other users of the machine see arguments.
    static let tokenVariable = "CENTRALINO_WALLBOARD_TOKEN"

    @Option(help: "Where the gateway's pages are.") var url = "http://127.0.0.1:8080"
    @Option(help: ArgumentHelp("Show this queue only; may be given again.", valueName: "name")) var queue: [String] = []
    @Flag(help: "JSON lines on a terminal, too.") var json = false
    @Option(help: ArgumentHelp("File with the wallboard's token; or set \(Tail.tokenVariable).", valueName: "file")) var tokenFile: String?

    func run() throws {
        guard let source = WallboardFollower.Source(url, token: try token()) else {
            throw misuse("“\(shown(url))” is no address like http://127.0.0.1:8080. (Through TLS: by a tunnel or a proxy of this machine.)")
        }
        try orExit {
            try EventLoop.run {
                let view: any TailView = Console.outputIsTerminal && !json ? TailTable(source.address, queue) : TailLines(queue)
                let follower = WallboardFollower(source) { news in
                    if case .ended(let reason) = news { Self.outcome.withLock { $0 = reason } }
                    view.show(news)
                }
                Self.keep = (follower, view)
                try view.start()
                follower.start()
            }
        }
        if let reason = Self.outcome.withLock({ $0 }) {
            Console.say(reason, .red)
            throw ExitCode.failure
        }
    }

    private func token() throws -> String? {
        let token: String
        if let tokenFile {
            guard let data = FileManager.default.contents(atPath: tokenFile) else { throw misuse("The token file “\(tokenFile)” cannot be read.") }
            token = String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        } else {
            guard let value = ProcessInfo.processInfo.environment[Self.tokenVariable], !value.isEmpty else { return nil }
            token = value
        }
        guard !token.isEmpty, token.utf8.allSatisfy({ $0 > 32 && $0 < 127 }) else {
            throw misuse("The token in \(tokenFile.map { "“\($0)”" } ?? Self.tokenVariable) must be one line of printable ASCII characters.")
        }
        return token
    }

    @LoopActor private static var keep: (WallboardFollower, any TailView)?
    private static let outcome = Mutex<String?>(nil)
}

@LoopActor
protocol TailView {
    func start() throws
    func show(_ news: WallboardFollower.News)
}

/// One message a line, and the state of the stream on standard error.
@LoopActor
final class TailLines: TailView {
    private var filter: WallboardFilter?
    private var wasLost = false
    private lazy var timer = Timer { [unowned self] in stopIfReaderHasGone() }

    init(_ queues: [String]) { filter = queues.isEmpty ? nil : WallboardFilter(queues: queues) }

    func start() { stopIfReaderHasGone() }

    func show(_ news: WallboardFollower.News) {
        switch news {
        case .message(let bytes, let message):
            if wasLost { Console.say("The stream is back.") }
            wasLost = false
            if filter == nil { return put(bytes) }
            if let message = filter?.filter(message) { put(JSON.encode(message)) }
        case .lost(let reason, let retryAt):
            wasLost = true
            let seconds = Double(max(0, retryAt.microseconds - EventLoop.dateMicroseconds)) / 1_000_000
            Console.say("The stream is lost: \(shown(reason, limit: 300)) Next attempt in \((seconds * 10).rounded() / 10) s.", .yellow)
        case .ended: EventLoop.stop()
        }
    }

    private func put(_ json: [UInt8]) {
        // JSON escapes the old control characters only; a terminal may obey those of Latin-1, too.
        let text = Console.outputIsTerminal ? Array(shown(String(decoding: json, as: UTF8.self), limit: .max / 8).utf8) : json
        if !Console.write(text + [UInt8(ascii: "\n")], to: STDOUT_FILENO) { EventLoop.stop() }
    }

    /// `tail | head -1` must not wait for the next message to end.
    private func stopIfReaderHasGone() {
        var output = pollfd(fd: STDOUT_FILENO, events: 0, revents: 0)
        if poll(&output, 1, 0) == 1, output.revents & Int16(POLLERR | POLLHUP | POLLNVAL) != 0 { return EventLoop.stop() }
        timer.start(afterMicroseconds: 500_000)
    }
}

/// The table, redrawn in place.
@LoopActor
final class TailTable: TailView {
    private let source: String
    private let queues: Set<String>
    private var picture = WallboardPicture()
    private var screen = TerminalScreen()
    private var window = TerminalScreen.window
    private var signals: [SignalWatcher] = []
    private lazy var timer = Timer { [unowned self] in tick() }

    init(_ source: String, _ queues: [String]) {
        self.source = source
        self.queues = Set(queues)
    }

    func start() throws {
        let end: @LoopActor () -> Void = { [unowned self] in
            screen.close()
            EventLoop.stop()
        }
        signals = [try SignalWatcher(.interrupt, onSignal: end), try SignalWatcher(.terminate, onSignal: end), try SignalWatcher(.hangUp, onSignal: end)]
        screen.open()
        tick()
    }

    func show(_ news: WallboardFollower.News) {
        let now = UnixTime(microseconds: EventLoop.dateMicroseconds)
        switch news {
        // The follower has found it in order.
        case .message(_, let message): _ = picture.take(message, at: now)
        case .lost(let reason, let retryAt): picture.lost(reason, at: now, retryAt: retryAt)
        case .ended:
            screen.close()
            return EventLoop.stop()
        }
        draw()
    }

    /// Waits grow and windows change while nothing is said.
    private func tick() {
        draw()
        timer.start(afterMicroseconds: 250_000)
    }

    private func draw() {
        let before = window
        window = TerminalScreen.window
        let table = WallboardTable(window: window, hasColours: !Console.forbidden, only: queues)
        let lines = table.lines(picture, source: source, at: UnixTime(microseconds: EventLoop.dateMicroseconds))
        screen.draw(lines, isResized: window != before)
    }
}
