import EventLoop
import Foundation
import Telephony
import Time
import Wallboard
import Wire

/// Prints one message a line, and the state of the stream on standard error.
@LoopActor
final class TailLines: TailView {
    private var filter: WallboardFilter?
    private var wasLost = false
    private lazy var timer = Timer { [unowned self] in stopIfReaderHasGone() }

    init(_ only: WallboardFilter) { filter = only.isEverything ? nil : only }

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
            Console.say(
                "The stream is lost: \(shown(reason, limit: ProgramLimits.shownSentence)) Next attempt in \((seconds * 10).rounded() / 10) s.",
                .yellow)
        case .ended: EventLoop.stop()
        }
    }

    private func put(_ json: [UInt8]) {
        // JSON escapes only the ASCII control characters; a terminal may obey those of Latin-1 as well.
        let text =
            Console.outputIsTerminal ? Array(shown(String(decoding: json, as: UTF8.self), limit: .max / 8).utf8) : json
        if !Console.write(text + [UInt8(ascii: "\n")], to: STDOUT_FILENO) { EventLoop.stop() }
    }

    /// `tail | head -1` must end without waiting for the next message.
    private func stopIfReaderHasGone() {
        var output = pollfd(fd: STDOUT_FILENO, events: 0, revents: 0)
        if poll(&output, 1, 0) == 1, output.revents & Int16(POLLERR | POLLHUP | POLLNVAL) != 0 {
            return EventLoop.stop()
        }
        timer.start(afterMicroseconds: ProgramLimits.readerCheckMicroseconds)
    }
}
