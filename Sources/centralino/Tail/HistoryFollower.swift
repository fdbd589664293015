import EventLoop
import Wallboard
import Wire

/// Requests the history once a minute. A failed request is repeated a minute later; the stream reports why it failed.
@LoopActor
final class HistoryFollower {
    /// A step of the history lasts some minutes.
    private static let intervalMicroseconds: Int64 = 60_000_000

    private let source: WallboardFollower.Source
    private let onNews: @LoopActor (HistoryMessage) -> Void
    private var request: PlainRequest?
    private lazy var timer = Timer { [unowned self] in ask() }

    init(_ source: WallboardFollower.Source, onNews: @escaping @LoopActor (HistoryMessage) -> Void) {
        self.source = source
        self.onNews = onNews
    }

    func ask() {
        timer.start(afterMicroseconds: Self.intervalMicroseconds)
        request = PlainRequest(source, path: source.path + "/history") { [unowned self] result in
            guard case .success(let answer) = result, answer.status == 200 else { return }
            if let history = JSON.decode(HistoryMessage.self, from: answer.body) { onNews(history) }
        }
    }
}
