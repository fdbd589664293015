import Core
import Edges
import Gateway
import Playback
import Recordings
import Telephony
import Time
import Wallboard
import Wire

/// A gateway that has heard a recording and is asked for figures: by bytes on its HTTP port, in no time.
struct AskedGateway {
    private(set) var gateway: Gateway
    private(set) var now: Moment
    /// The connection to the switch.
    private var connection: ConnectionID?

    /// The teams of the recordings: one that is large enough and one that is not.
    static func configuration(legalBasis: Bool = false) -> Configuration {
        func agents(_ numbers: ClosedRange<Int>) -> [Interface] { numbers.map { Interface("PJSIP/\($0)") } }
        var configuration = Bench.configuration
        configuration.organisation = Organisation(
            groups: [
                .init(name: "tutte", queues: ["incentivi", "informazioni", "reclami", "piccola"].map { QueueName($0) })
            ],
            teams: [
                .init(name: "grande", agents: agents(1001...1006), supplier: "Fornitore"),
                .init(name: "due", agents: agents(1007...1008)),
            ], suppliers: [.init(name: "Fornitore", queues: [QueueName("incentivi"), QueueName("informazioni")])])
        if legalBasis {
            configuration.legalBasis = LegalBasis(
                reference: "Accordo sindacale 12/2026", date: LocalDate(year: 2026, month: 1, day: 15)!)
        }
        return configuration
    }

    /// Plays up to `share` of the recording.
    init(_ recording: Recording, _ configuration: Configuration = AskedGateway.configuration(), share: Double = 1) {
        let chunks = recording.chunks.filter { $0.direction == .incoming }.map {
            Replay.Connection.Chunk(time: Span(microseconds: $0.microseconds), bytes: $0.bytes)
        }
        self.init(
            heard: Array(chunks.prefix(Int(Double(chunks.count) * share))),
            from: UnixTime(microseconds: recording.startEpoch ?? 0),
            configuration)
    }

    init(heard chunks: [Replay.Connection.Chunk], from start: UnixTime, _ configuration: Configuration) {
        now = Moment(uptime: .seconds(1000), date: start)
        gateway = Gateway(configuration: configuration, digests: .openSSL, seed: 7)
        var connection: ConnectionID?
        defer { self.connection = connection }
        func handle(_ input: Gateway.Input, _ gateway: inout Gateway, _ now: Moment) {
            var effects: [Effect] = []
            gateway.handle(input, at: now, into: &effects)
            for case .connect(let id, _, _) in effects { connection = id }
        }
        handle(.started, &gateway, now)
        let start = now
        if let connection { handle(.opened(connection), &gateway, now) }
        for chunk in chunks {
            now = start + chunk.time
            if let connection { handle(.received(connection, chunk.bytes), &gateway, now) }
        }
    }

    mutating func wait(_ time: Span) {
        now = now + time
        var effects: [Effect] = []
        gateway.handle(.deadlineReached, at: now, into: &effects)
    }

    /// Sets this machine's wall clock; the other clock, which never jumps, goes on.
    mutating func setClock(by step: Span) {
        now.date = now.date + step
        wait(.seconds(1))
    }

    /// Hears more from the switch.
    mutating func hear(_ text: String) { if let connection { hear(.received(connection, Array(text.utf8))) } }

    mutating func hear(_ input: Gateway.Input) {
        var effects: [Effect] = []
        gateway.handle(input, at: now, into: &effects)
    }

    /// `target` may contain spaces. The request is then forgotten.
    func get(_ target: String, _ fields: [(String, String)] = []) -> (status: Int, body: String) {
        let id = ConnectionID(1)
        var gateway = gateway
        var effects: [Effect] = []
        gateway.handle(.accepted(id, .http), at: now, into: &effects)
        gateway.handle(
            .received(id, Array(Bench.request("GET", target.replacing(" ", with: "%20"), fields).utf8)), at: now,
            into: &effects)
        if effects.contains(.answer(id)), let question = gateway.question(of: id, at: now) {
            gateway.handle(.lookedBack(id, question.answer()), at: now, into: &effects)
        }
        var answer: [UInt8] = []
        for case .send(id, let bytes) in effects { answer += bytes }
        return Bench.answer(answer)
    }

    func statistics(_ query: String) -> StatisticsMessage? {
        let answer = get("/v1/stats\(query)")
        return answer.status == 200 ? JSON.decode(StatisticsMessage.self, from: answer.body.utf8) : nil
    }

    func explanation(_ figure: String, _ query: String) -> ExplanationMessage? {
        let answer = get(
            "/v1/stats/explain\(query.isEmpty ? "?" : query + "&")figure=\(figure.replacing("+", with: "%2B"))&limit=10000"
        )
        return answer.status == 200 ? JSON.decode(ExplanationMessage.self, from: answer.body.utf8) : nil
    }
}
