import Core
import Edges
import EventLoop
import Gateway

/// The gateway of `bench firehose --ports`: the one that `run` starts, with its listeners, its store and its journal,
/// and one subscriber of the wallboards' stream. The subscriber only reads; it shares the loop, so what it costs (a
/// read each tenth of a second) is counted with the gateway.
@LoopActor
final class FirehoseSite {
    private let host: Host
    private let completion: @LoopActor (FirehoseOutcome?) -> Void
    private var subscriber: TCPConnection?
    private var streamed = 0
    /// Events of the login and the inventory; nil until these are complete.
    private var eventsBefore: Int?
    private var measure: StreamMeasure?
    private var ending = StreamEnding()
    private var isDone = false
    private lazy var timer = Timer { [unowned self] in look() }
    /// How soon the connection to the switch is noticed: well before the server begins its stream.
    private static let lookMicroseconds: Int64 = 1000

    init(_ configuration: ProgramConfiguration, _ completion: @escaping @LoopActor (FirehoseOutcome?) -> Void) throws {
        self.completion = completion
        host = try Site.make(configuration)
    }

    func start() throws {
        try host.start()
        guard let port = host.port(.wallboards) else { return completion(nil) }
        TCPConnection.connect(host: "127.0.0.1", port: port, timeoutMicroseconds: ProgramLimits.connectMicroseconds) {
            [unowned self] result in
            guard case .success(let connection) = result else { return completion(nil) }
            subscriber = connection
            connection.onRead = { [unowned self] bytes in streamed += bytes.count }
            look()
        }
    }

    /// Until the link to the switch is open.
    private func look() {
        let links = host.connections.keys.filter { !$0.isAccepted }
        guard let id = links.min(), let link = host.connections[id] else {
            return timer.start(afterMicroseconds: Self.lookMicroseconds)
        }
        let hear = link.onRead
        link.onRead = { [unowned self] bytes in
            if measure == nil, let eventsBefore { measure = StreamMeasure(eventsBefore: eventsBefore) }
            hear?(bytes)
            if eventsBefore == nil, host.gateway.core.isSynchronized {
                eventsBefore = host.gateway.core.tally.events
                link.write(StreamEnding.ready)
            }
            if ending.ends(with: bytes), !isDone { finish(link) }
        }
        let end = link.onClose
        link.onClose = { [unowned self] reason in
            end?(reason)
            if isDone { return }
            Log.write(.error, "bench", "The server ended the connection before its stream was complete.")
            completion(nil)
        }
    }

    private func finish(_ link: TCPConnection) {
        isDone = true
        host.journal?.flush()
        guard let measure else { return completion(nil) }
        var outcome = FirehoseOutcome(
            tally: host.gateway.core.tally, cost: measure.cost, core: host.gateway.core, streamed: streamed)
        outcome.tally.events -= measure.eventsBefore
        link.write(StreamEnding.done)
        host.stop { [self] in completion(outcome) }
    }
}
