import Core
import Edges
import EventLoop
import Gateway
import Time

/// What `bench firehose` has when the stream is over.
struct FirehoseOutcome {
    var tally: Tally
    var cost: StreamMeasure.Cost
    var core: Core
    /// What the subscriber of the wallboards' stream was sent; nil if there is no subscriber.
    var streamed: Int?
}

/// The host of `bench firehose` without ports: one switch, no desks, no store; the journal is written.
@LoopActor
final class FirehoseClient {
    private var gateway: Gateway
    private let journal: JournalKeeper
    private let completion: @LoopActor (FirehoseOutcome?) -> Void
    private var connection: TCPConnection?
    private var id = ConnectionID(0)
    private var effects: [Effect] = []
    /// Events of the login and the inventory; nil until these are complete.
    private var eventsBefore: Int?
    private var measure: StreamMeasure?
    private var ending = StreamEnding()
    private var isDone = false
    /// Fires when a deadline of the gateway is due, as the host of `run` does it: a link that is not looked after would
    /// be silent for ever.
    private lazy var timer = Timer { [unowned self] in handle(.deadlineReached) }

    init(_ gateway: Gateway, _ journal: JournalKeeper, _ completion: @escaping @LoopActor (FirehoseOutcome?) -> Void) {
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
                .stopLookingBack, .patient, .access,
                .answer:
                break
            }
        }
        guard !isDone, let deadline = gateway.nextDeadline else { return timer.cancel() }
        timer.start(afterMicroseconds: max(0, (deadline - now.uptime).microseconds))
    }

    private func connect(_ id: ConnectionID, _ endpoint: Configuration.Endpoint) {
        self.id = id
        TCPConnection.connect(
            host: endpoint.host, port: endpoint.port, timeoutMicroseconds: ProgramLimits.connectMicroseconds
        ) {
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
        if measure == nil, let eventsBefore { measure = StreamMeasure(eventsBefore: eventsBefore) }
        handle(.received(id, bytes))
        if eventsBefore == nil, gateway.core.isSynchronized {
            eventsBefore = gateway.core.tally.events
            connection?.write(StreamEnding.ready)
        }
        guard ending.ends(with: bytes), !isDone else { return }
        isDone = true
        journal.flush()
        timer.cancel()
        guard let measure else { return completion(nil) }
        var outcome = FirehoseOutcome(tally: gateway.core.tally, cost: measure.cost, core: gateway.core)
        outcome.tally.events -= measure.eventsBefore
        connection?.onClose = { [unowned self] _ in completion(outcome) }
        connection?.write(StreamEnding.done)
        connection?.close(afterFlushing: true)
    }
}
