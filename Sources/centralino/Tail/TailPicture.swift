import EventLoop
import Foundation
import Time
import Wallboard
import Wire

/// Prints one picture and ends: the present one, or that of an earlier time.
@LoopActor
final class TailPicture {
    enum Form { case table(columns: Int, hasColours: Bool), json }

    private let source: WallboardFollower.Source
    private let only: WallboardFilter
    private let form: Form
    private let onEnd: @LoopActor (_ fault: String?) -> Void
    private var request: PlainRequest?

    init(
        _ source: WallboardFollower.Source, _ only: WallboardFilter, _ form: Form,
        onEnd: @escaping @LoopActor (_ fault: String?) -> Void
    ) {
        self.source = source
        self.only = only
        self.form = form
        self.onEnd = onEnd
    }

    /// `time` as the user wrote it.
    func ask(at time: String?) {
        request = PlainRequest(source, path: source.path, at: time) { [unowned self] result in
            switch result {
            case .failure(let failure): onEnd("\(failure)")
            case .success(let answer) where answer.status == 401 || answer.status == 403:
                onEnd(WallboardFollower.tokenHelp(source.token != nil))
            case .success(let answer) where answer.status != 200: onEnd(answer.refusal)
            case .success(let answer):
                guard let message = JSON.decode(WallboardMessage.self, from: answer.body), message.type == .snapshot
                else {
                    return onEnd(
                        "The answer of \(source.address) is not a snapshot; the gateway may have another version.")
                }
                show(message, answer.body, isNow: time == nil)
            }
        }
    }

    private func show(_ message: WallboardMessage, _ json: [UInt8], isNow: Bool) {
        if let unknown = only.unknown(in: message) { return onEnd(unknown) }
        switch form {
        case .json:
            var filter = only
            let bytes = only.isEverything ? json : filter.filter(message).map { JSON.encode($0) } ?? json
            let text =
                Console.outputIsTerminal
                ? Array(shown(String(decoding: bytes, as: UTF8.self), limit: .max / 8).utf8) : bytes
            Console.write(text + [UInt8(ascii: "\n")], to: STDOUT_FILENO)
            onEnd(nil)
        // The history of the hour before an earlier time is not requested.
        case .table where !isNow: draw(message, nil)
        case .table:
            request = PlainRequest(source, path: source.path + "/history") { [unowned self] result in
                let answer = try? result.get()
                draw(
                    message, answer.flatMap { $0.status == 200 ? JSON.decode(HistoryMessage.self, from: $0.body) : nil }
                )
            }
        }
    }

    private func draw(_ message: WallboardMessage, _ history: HistoryMessage?) {
        guard case .table(let columns, let hasColours) = form else { return }
        var picture = WallboardPicture()
        let now = UnixTime(rfc3339: message.at) ?? UnixTime(microseconds: EventLoop.dateMicroseconds)
        _ = picture.take(message, at: now)
        picture.history = history
        // One picture has no window to fit into: it shows all of it, however many queues there are.
        let table = WallboardTable(window: .init(columns: columns, rows: 100_000), hasColours: hasColours, only: only)
        for line in table.lines(picture, source: source.address, at: now) { Console.print(line) }
        onEnd(nil)
    }
}
