import Foundation
import Glibc

/// Should what an earlier run knew end the program, a supervisor would start it again and again. When three starts in a
/// row have ended at the same place, the next one takes a step back: from the newest checkpoint to an older one, from
/// there to the whole journal, and only then to a count that begins again. A checkpoint that is at fault must not cost
/// a day that the journal has.
///
/// A start that somebody ends says nothing against the journal: SIGTERM and SIGINT take the attempt back, and kills end
/// at other places. The attempt lasts until the gateway has gone on with what was found (``succeeded()``).
///
/// The file has a line for each of the last attempts: from where it went on (``Rung``), and how many entries it got
/// through, or `resumed` when it was through them all.
final class RecoveryAttempt {
    /// From where a start goes on.
    enum Rung: Int {
        case newestCheckpoint, olderCheckpoint, wholeJournal

        /// nil: there is nothing left to try. One older checkpoint is tried: that a second one would do where the first
        /// did not is unlikely.
        func next(checkpoints: Int) -> Rung? {
            switch self {
            case .newestCheckpoint: checkpoints > 1 ? .olderCheckpoint : .wholeJournal
            case .olderCheckpoint: .wholeJournal
            case .wholeJournal: nil
            }
        }

        /// How many of the newest checkpoints are not taken.
        var skipped: Int {
            switch self {
            case .newestCheckpoint: 0
            case .olderCheckpoint: 1
            case .wholeJournal: .max
            }
        }
    }

    /// Attempts that end at one place: the third shows that it is the place.
    private static let limit = 3
    /// After this many, only multiples of it are noted.
    private static let grain = 256
    /// The file has some short lines; what is behind them is not ours.
    private static let fileBytes = 4096

    private let path: String
    private let earlier: [Substring]
    private var isOpen = true
    let rung: Rung

    /// nil: the journal has had its chances. `checkpoints`: how many there are.
    init?(_ folder: String, checkpoints: Int) {
        path = "\(folder)/recovery.attempts"
        let lines = Self.read(path).split(separator: "\n").filter { Self.rung(of: $0) != nil }.suffix(Self.limit)
        let last = checkpoints == 0 ? .wholeJournal : lines.last.flatMap(Self.rung) ?? .newestCheckpoint
        guard lines.count == Self.limit, let line = lines.last, Set(lines).count == 1 else {
            earlier = Array(lines)
            rung = last
            begin()
            return
        }
        earlier = []
        let next = last.next(checkpoints: checkpoints)
        rung = next ?? last
        let word = line.split(separator: " ")[1]
        let place = word == "resumed" ? "right behind it" : "at its entry \(word)"
        guard let next else {
            succeeded()
            Log.write(
                .error, "recovery",
                """
                \(Self.limit) attempts to replay the journal ended \(place). Counting begins anew: what was counted today \
                and the calls that were open are not known any more; keep a copy of \(folder) and report this.
                """)
            return nil
        }
        Log.write(
            .error, "recovery",
            """
            \(Self.limit) attempts to go on from a checkpoint and the journal ended \(place). This start takes \
            \(next == .olderCheckpoint ? "an older checkpoint" : "no checkpoint"), and replays more of the journal; \
            keep a copy of \(folder) and report this.
            """)
        begin()
    }

    /// An attempt that is given up for another reason, e.g. a port that is taken, says nothing against the journal.
    deinit { if isOpen { restore() } }

    private func begin() {
        write("0")
        ended.path = strdup(path)
        ended.earlier = strdup(earlier.joined(separator: "\n"))
        for signal in [SIGTERM, SIGINT] { _ = Glibc.signal(signal, takeBack) }
    }

    func reached(_ entries: Int) {
        if entries < Self.grain || entries.isMultiple(of: Self.grain) { write("\(entries)") }
    }

    /// All of the journal was played; the gateway is to go on with it. Signals have their own meaning again.
    func played() {
        write("resumed")
        endSignals()
    }

    /// The gateway has gone on with what was found.
    func succeeded() {
        isOpen = false
        unlink(path)
    }

    private func restore() {
        isOpen = false
        endSignals()
        if earlier.isEmpty { unlink(path) } else { write(earlier.map(String.init)) }
    }

    private func endSignals() {
        guard ended.path != nil else { return }
        for signal in [SIGTERM, SIGINT] { _ = Glibc.signal(signal, SIG_DFL) }
        free(ended.path)
        free(ended.earlier)
        ended = (nil, nil)
    }

    private func write(_ place: String) { write(earlier.map(String.init) + ["\(rung.rawValue) \(place)"]) }

    private func write(_ lines: [String]) {
        try? lines.joined(separator: "\n").write(toFile: path, atomically: true, encoding: .utf8)
    }

    /// nil: it is not a line of ours.
    private static func rung(of line: Substring) -> Rung? {
        let words = line.split(separator: " ", omittingEmptySubsequences: false)
        guard words.count == 2, words[1] == "resumed" || Int(words[1]) != nil else { return nil }
        return Int(words[0]).flatMap(Rung.init)
    }

    /// A FIFO of that name would keep the start waiting.
    private static func read(_ path: String) -> String {
        let file = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        guard file >= 0 else { return "" }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: fileBytes)
        let count = Glibc.read(file, &bytes, bytes.count)
        return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
    }
}

/// For the signal's handler, which may touch nothing else.
nonisolated(unsafe) private var ended: (path: UnsafeMutablePointer<CChar>?, earlier: UnsafeMutablePointer<CChar>?) = (
    nil, nil
)

/// Only what a handler may call (signal-safety(7)).
private let takeBack: @convention(c) (Int32) -> Void = { number in
    if let path = ended.path, let earlier = ended.earlier {
        let file = open(path, O_WRONLY | O_TRUNC)
        if file >= 0 {
            _ = write(file, earlier, strlen(earlier))
            close(file)
        }
    }
    _ = signal(number, SIG_DFL)
    raise(number)
}
