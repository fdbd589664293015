import Foundation
import Glibc

/// Should what is in the journal end the program, a supervisor would start it again and again: when three starts in a
/// row have ended at the same entry, the next one begins without. A start that somebody ends says nothing against the
/// journal: SIGTERM and SIGINT take the attempt back, and kills end at other entries.
///
/// The file has a line for each of the last attempts: how many entries it got through.
final class RecoveryAttempt {
    /// Attempts that end at one entry: the third shows that it is the entry.
    private static let limit = 3
    /// After this many, only multiples of it are noted.
    private static let grain = 256

    private let path: String
    private let earlier: [Substring]

    /// nil: the journal has had its chances.
    init?(_ folder: String) {
        path = "\(folder)/recovery.attempts"
        earlier = ((try? String(contentsOfFile: path, encoding: .utf8)) ?? "").split(separator: "\n").suffix(Self.limit)
        if earlier.count == Self.limit, Set(earlier).count == 1 {
            succeeded()
            Log.write(
                .error, "recovery",
                """
                \(earlier.count) attempts to replay the journal ended at its entry \(earlier[0]). Counting begins anew: what was counted today \
                and the calls that were open are not known any more; keep a copy of \(folder) and report this.
                """)
            return nil
        }
        write("\(0)")
        ended.path = strdup(path)
        ended.earlier = strdup(earlier.joined(separator: "\n"))
        for signal in [SIGTERM, SIGINT] { _ = Glibc.signal(signal, takeBack) }
    }

    func reached(_ entries: Int) {
        if entries < Self.grain || entries.isMultiple(of: Self.grain) { write("\(entries)") }
    }

    func succeeded() { try? FileManager.default.removeItem(atPath: path) }

    /// However it went: signals have their own meaning again.
    func isOver() {
        for signal in [SIGTERM, SIGINT] { _ = Glibc.signal(signal, SIG_DFL) }
        free(ended.path)
        free(ended.earlier)
        ended = (nil, nil)
    }

    private func write(_ place: String) {
        try? (earlier.map(String.init) + [place]).joined(separator: "\n").write(
            toFile: path, atomically: true, encoding: .utf8)
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
