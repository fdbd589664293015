import EventLoop
import Gateway
import Journal
import Telephony

/// Keeps what the switches said, and when. Written at most 50 ms after it came, at once where much has gathered.
@LoopActor
final class JournalKeeper {
    enum Kind: Unicode.Scalar {
        case started = "S", stopped = "X"
        case opened = "O", received = "R", closed = "C"
        /// A line with the name of the source, then the body of its event. It has no connection that would mean anything later.
        case webhook = "W"
    }

    private static let delayMicroseconds: Int64 = 50_000
    private static let bufferBytes = 1024 * 1024

    private let writer: Journal.Writer
    private var isDue = false
    private var isFailing = false
    private lazy var timer = Timer { [unowned self] in flush() }

    init(_ directory: String, segmentBytes: Int, segmentsKept: Int) throws {
        writer = try Journal.Writer(directory: directory, segmentBytes: segmentBytes, segmentsKept: segmentsKept)
    }

    func append(_ kind: Kind, _ connection: ConnectionID = ConnectionID(0), _ bytes: [UInt8] = [], at now: Moment) {
        writer.append(
            kind: Journal.Kind(kind.rawValue), connection: connection.number, uptime: now.uptime.microseconds, date: now.date.microseconds,
            bytes: bytes)
        if writer.bufferedBytes >= Self.bufferBytes { return flush() }
        guard !isDue else { return }
        isDue = true
        timer.start(afterMicroseconds: Self.delayMicroseconds)
    }

    /// Names of sources have letters, digits, - and _ only.
    func append(webhook body: [UInt8], from source: SwitchID, at now: Moment) {
        append(.webhook, ConnectionID(0), Array("\(source)\n".utf8) + body, at: now)
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
