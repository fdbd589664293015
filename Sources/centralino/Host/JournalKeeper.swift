import EventLoop
import Gateway
import Journal
import Telephony

/// Keeps what the core was told, and when. Written at most 50 ms after it came, at once where much has gathered.
@LoopActor
final class JournalKeeper {
    private static let delayMicroseconds: Int64 = 50_000
    private static let bufferBytes = 1024 * 1024

    private let writer: Journal.Writer
    private var isDue = false
    private var isFailing = false
    private lazy var timer = Timer { [unowned self] in flush() }

    init(_ directory: String, segmentBytes: Int, segmentsKept: Int) throws {
        writer = try Journal.Writer(directory: directory, segmentBytes: segmentBytes, segmentsKept: segmentsKept)
    }

    func append(_ input: CoreInput, at now: Moment) {
        writer.append(
            kind: Journal.Kind(input.kind.rawValue), connection: input.connection.number, uptime: now.uptime.microseconds,
            date: now.date.microseconds, bytes: input.bytes)
        if writer.bufferedBytes >= Self.bufferBytes { return flush() }
        guard !isDue else { return }
        isDue = true
        timer.start(afterMicroseconds: Self.delayMicroseconds)
    }

    func flush() {
        isDue = false
        do {
            try writer.flush()
            if isFailing {
                Log.write(.info, "journal", "The journal is being written again; \(writer.lostBytes) bytes are missing from it.")
            }
            isFailing = false
        } catch {
            if !isFailing { Log.write(.error, "journal", "\(error) Calls go on; what comes now is missing from the journal.") }
            isFailing = true
        }
    }
}
