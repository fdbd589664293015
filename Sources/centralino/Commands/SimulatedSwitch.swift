import EventLoop
import Core
import Edges
import Gateway
import Playback
import Recordings
import Time
import Wire

/// The bundled switch on a real port: an AMI server on loopback that plays recordings.
@LoopActor
final class SimulatedSwitch {
    private var recorded: RecordedSwitch
    private var connections: [Int: TCPConnection] = [:]
    private var listener: TCPListener?
    private var nextConnection = 0
    private lazy var timer = Timer { [unowned self] in perform(recorded.deadlineReached(at: .now)) }

    init(_ recordings: [SwitchRecording], _ configuration: RecordedSwitch.Configuration) throws(RecordedSwitch
        .PlaylistError)
    {
        recorded = try RecordedSwitch(recordings: recordings, configuration: configuration, digests: .openSSL, at: .now)
    }

    /// Listens; gives the port that was really taken.
    func start(host: String, port: Int) throws(EventLoopError) -> Int {
        let listener = try TCPListener(host: host, port: port) { [unowned self] connection in
            let id = nextConnection
            nextConnection += 1
            connections[id] = connection
            connection.onRead = { [unowned self] bytes in perform(recorded.received(bytes, from: id, at: .now)) }
            connection.onClose = { [unowned self] _ in
                connections[id] = nil
                recorded.connectionClosed(id)
            }
            perform(recorded.connectionOpened(id, at: .now))
        }
        self.listener = listener
        return listener.port
    }

    func stop() {
        listener?.close()
        timer.cancel()
        for connection in connections.values { connection.close() }
    }

    private func perform(_ outputs: [RecordedSwitch.Output]) {
        for output in outputs {
            switch output {
            case .send(let id, let bytes): connections[id]?.write(bytes)
            case .close(let id): connections[id]?.close(afterFlushing: true)
            }
        }
        if let deadline = recorded.nextDeadline {
            timer.start(afterMicroseconds: max(0, deadline.microseconds - EventLoop.uptimeMicroseconds))
        } else {
            timer.cancel()
        }
    }
}

extension SwitchRecording {
    init(_ recording: Recording) {
        func chunks(_ chunks: [Recording.Chunk]) -> [Chunk] {
            chunks.map {
                Chunk(
                    offset: Span(microseconds: $0.microseconds), fromSwitch: $0.direction == .incoming, bytes: $0.bytes)
            }
        }
        self.init(
            name: recording.name, start: recording.startEpoch.map { UnixTime(microseconds: $0) },
            live: chunks(recording.chunks),
            control: chunks(recording.control))
    }
}
