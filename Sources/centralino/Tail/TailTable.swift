import EventLoop
import Time
import Wallboard

/// The table, redrawn in place.
@LoopActor
final class TailTable: TailView {
    private let source: String
    private let only: WallboardFilter
    private var picture = WallboardPicture()
    private var screen = TerminalScreen()
    private var window = TerminalScreen.window
    private var signals: [SignalWatcher] = []
    private lazy var timer = Timer { [unowned self] in tick() }

    init(_ source: String, _ only: WallboardFilter) {
        self.source = source
        self.only = only
    }

    func start() throws {
        let end: @LoopActor () -> Void = { [unowned self] in
            screen.close()
            EventLoop.stop()
        }
        signals = [
            try SignalWatcher(.interrupt, onSignal: end), try SignalWatcher(.terminate, onSignal: end),
            try SignalWatcher(.hangUp, onSignal: end),
        ]
        screen.open()
        tick()
    }

    func show(_ news: WallboardFollower.News) {
        let now = UnixTime(microseconds: EventLoop.dateMicroseconds)
        switch news {
        // The follower has checked the order already.
        case .message(_, let message): _ = picture.take(message, at: now)
        case .lost(let reason, let retryAt): picture.lost(reason, at: now, retryAt: retryAt)
        case .ended:
            screen.close()
            return EventLoop.stop()
        }
        draw()
    }

    func show(_ history: HistoryMessage) {
        picture.history = history
        draw()
    }

    /// Waits grow and windows change between messages.
    private func tick() {
        draw()
        timer.start(afterMicroseconds: ProgramLimits.redrawMicroseconds)
    }

    private func draw() {
        let before = window
        window = TerminalScreen.window
        let table = WallboardTable(window: window, hasColours: !Console.forbidden, only: only)
        let lines = table.lines(picture, source: source, at: UnixTime(microseconds: EventLoop.dateMicroseconds))
        screen.draw(lines, isResized: window != before)
    }
}
