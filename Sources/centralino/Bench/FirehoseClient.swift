import EventLoop
import Core
import Edges
import Gateway
import Time

/// The host of `bench firehose`: one switch, no desks, no store; the journal is written.
@LoopActor
final class FirehoseClient {
    /// What the server's last event ends with.
    private static let ending = Array("UserEvent: benchdone\r\n\r\n".utf8)

    private var gateway: Gateway
    private let journal: JournalKeeper
    private let completion: @LoopActor (Tally?) -> Void
    private var connection: TCPConnection?
    private var id = ConnectionID(0)
    private var effects: [Effect] = []
    /// The events of the login and the inventory, which are not of the stream.
    private var eventsBefore: Int?
    private var tail: [UInt8] = []
    private var isDone = false

    init(_ gateway: Gateway, _ journal: JournalKeeper, _ completion: @escaping @LoopActor (Tally?) -> Void) {
        self.gateway = gateway
        self.journal = journal
        self.completion = completion
    }

    func start() { handle(.started) }

    private func handle(_ input: Gateway.Input) {
        let now = Moment.now
        effects.removeAll(keepingCapacity: true)
        gateway.handle(input, at: now, into: &effects)
        for effect in effects {
            switch effect {
            case .journal(let input): journal.append(input, at: now, nil)
            case .send(_, let bytes): connection?.write(bytes)
            case .close: connection?.close()
            case .connect(let id, let endpoint, _): connect(id, endpoint)
            case .log(let line): Log.write(line)
            case .listen, .lookUp, .save, .saveGap, .saveInterval, .post, .sendAfterJournal, .lookBack,
                .answer:
                break
            }
        }
    }

    private func connect(_ id: ConnectionID, _ endpoint: Configuration.Endpoint) {
        self.id = id
        TCPConnection.connect(host: endpoint.host, port: endpoint.port, timeoutMicroseconds: 10_000_000) {
            [unowned self] result in
            switch result {
            case .failure(let error):
                Log.write(.error, "bench", "\(error)")
                completion(nil)
            case .success(let connection):
                self.connection = connection
                connection.onRead = { [unowned self] bytes in received(bytes) }
                connection.onClose = { [unowned self] _ in
                    if isDone { return }
                    Log.write(.error, "bench", "The server ended the connection before its stream was complete.")
                    completion(nil)
                }
                handle(.opened(id))
            }
        }
    }

    private func received(_ bytes: [UInt8]) {
        handle(.received(id, bytes))
        if eventsBefore == nil, gateway.core.isSynchronized { eventsBefore = gateway.core.tally.events }
        tail += bytes[max(0, bytes.count - Self.ending.count)...]
        tail.removeFirst(max(0, tail.count - Self.ending.count))
        guard tail == Self.ending, !isDone else { return }
        isDone = true
        journal.flush()
        connection?.write(Array("Action: Ping\r\nActionID: benchdone\r\n\r\n".utf8))
        var tally = gateway.core.tally
        tally.events -= eventsBefore ?? 0
        connection?.onClose = { [unowned self] _ in completion(tally) }
        connection?.close(afterFlushing: true)
    }
}
