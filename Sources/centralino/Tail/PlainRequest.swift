import EventLoop
import Foundation

/// Sends one request to a gateway. The answer is reported exactly once, within the patience.
@LoopActor
final class PlainRequest {
    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    private let address: String
    private var bytes: [UInt8] = []
    private var connection: GatewayConnection?
    private var onEnd: (@LoopActor (Result<PlainAnswer, Failure>) -> Void)?
    private let patienceSeconds: Int64
    private lazy var patience = Timer { [unowned self] in fail("Nothing came from \(address) for \(patienceSeconds) s.")
    }

    /// `path` is already encoded. `at`: the earlier moment that the question is about, as the user wrote it; the
    /// gateway interprets it, or says what it expects.
    init(
        _ source: WallboardFollower.Source, path: String, at: String? = nil,
        onEnd: @escaping @LoopActor (Result<PlainAnswer, Failure>) -> Void
    ) {
        address = source.address
        let patienceSeconds = Self.patienceSeconds(at: at)
        self.patienceSeconds = patienceSeconds
        self.onEnd = onEnd
        let request = PlainAnswer.request(path: Self.path(path, at: at), host: source.address, bearer: source.token)
        patience.start(afterMicroseconds: patienceSeconds * 1_000_000)
        GatewayConnection.connect(source, timeoutMicroseconds: patienceSeconds * 1_000_000) { [self] result in
            guard self.onEnd != nil else {
                if case .success(let connection) = result { connection.close() }
                return
            }
            switch result {
            case .success(let connection): opened(connection, request)
            case .failure(let error): fail("\(error)")
            }
        }
    }

    nonisolated static func path(_ path: String, at time: String?) -> String {
        guard let text = time?.addingPercentEncoding(withAllowedCharacters: .alphanumerics) else { return path }
        return "\(path)\(path.contains("?") ? "&" : "?")at=\(text)"
    }

    /// The gateway replays its journal for a question about an earlier moment, whoever asks it.
    nonisolated static func patienceSeconds(at time: String?) -> Int64 {
        time == nil ? ProgramLimits.answerSeconds : ProgramLimits.earlierAnswerSeconds
    }

    private func opened(_ connection: GatewayConnection, _ request: [UInt8]) {
        self.connection = connection
        connection.onRead = { [weak self] bytes in
            self?.bytes += bytes
            self?.look(hasEnded: false)
        }
        connection.onClose = { [weak self] _ in self?.look(hasEnded: true) }
        connection.write(request)
    }

    private func look(hasEnded: Bool) {
        switch PlainAnswer.read(bytes, hasEnded: hasEnded) {
        case .incomplete: break
        case .answer(let answer): end(.success(answer))
        case .notHTTP:
            fail("What answers at \(address) does not speak HTTP, or broke off. Check the address and the port.")
        case .tooLong: fail("\(address) sent more than any answer of a gateway has.")
        }
    }

    private func fail(_ reason: String) { end(.failure(Failure(description: reason))) }

    private func end(_ result: Result<PlainAnswer, Failure>) {
        guard let onEnd else { return }
        self.onEnd = nil
        patience.cancel()
        connection?.close()
        connection = nil
        onEnd(result)
    }
}
