import EventLoop

/// What a stream cost, from its first bytes to its last event.
@LoopActor
struct StreamMeasure {
    struct Cost: Encodable {
        var wallSeconds = 0.0
        /// Processor time of all threads, user and system.
        var cpuSeconds = 0.0
        /// The most memory in use since the program began.
        var peakMegabytes = 0.0
    }

    private let wall: Int64
    private let cpu: Double
    /// Events of the login and the inventory, which are not of the stream.
    let eventsBefore: Int

    init(eventsBefore: Int) {
        self.eventsBefore = eventsBefore
        wall = EventLoop.uptimeMicroseconds
        cpu = ProcessFigures.cpuSeconds ?? .nan
    }

    var cost: Cost {
        Cost(
            wallSeconds: Double(EventLoop.uptimeMicroseconds - wall) / 1e6,
            cpuSeconds: (ProcessFigures.cpuSeconds ?? .nan) - cpu,
            peakMegabytes: Double(ProcessFigures.peakBytes ?? 0) / 1e6)
    }
}
