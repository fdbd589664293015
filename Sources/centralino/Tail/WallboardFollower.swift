import Edges
import EventLoop
import Foundation
import HTTP
import Time
import Wallboard
import Wire

/// Follows a gateway's wallboard, and reconnects when the stream is lost: after 0.5 s, doubled up to 10 s, each
/// varied a little. It resumes where it was if the gateway still knows what was missed.
@LoopActor
final class WallboardFollower {
    enum News {
        /// A message in order, as bytes and decoded.
        case message([UInt8], WallboardMessage)
        case lost(reason: String, retryAt: UnixTime)
        /// Trying again is useless until somebody changes something.
        case ended(reason: String)
    }

    /// Where the gateway listens, as `--url` names it.
    struct Source: Equatable {
        var host: String
        var port: Int
        /// Including the path of a proxy before it, if there is one.
        var path: String
        var token: String?
        /// TLS, whose certificate is always verified: by the authorities in `caFile`, or by the operating system's.
        var isSecure: Bool
        var caFile: String?

        var address: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

        var isLoopback: Bool { Configuration.Endpoint(host: host, port: port).isLoopback }

        /// nil for anything but `http[s]://host[:port][/path]`.
        init?(_ url: String, token: String?, caFile: String? = nil) {
            guard let parts = URLComponents(string: url), let scheme = parts.scheme?.lowercased(),
                ["http", "https"].contains(scheme), parts.user == nil,
                parts.password == nil,
                parts.query == nil,
                parts.fragment == nil, let host = parts.host, !host.isEmpty,
                !host.utf8.contains(where: { $0 <= 32 || $0 == 127 }),
                (1...65535).contains(parts.port ?? 80)
            else { return nil }
            isSecure = scheme == "https"
            self.caFile = caFile
            self.host = host.trimmingCharacters(in: ["[", "]"])
            port = parts.port ?? (isSecure ? 443 : 80)
            path = parts.percentEncodedPath.trimmingCharacters(in: ["/"])
            path = (path.isEmpty ? "" : "/" + path) + "/v1/wallboard"
            self.token = token
        }
    }

    /// Heartbeats come every 15 s: two may be late; when the third is missing, the gateway is gone.
    private static let silenceMicroseconds: Int64 = 40_000_000
    private static let connectMicroseconds: Int64 = 10_000_000

    private let source: Source
    private let onNews: @LoopActor (News) -> Void
    private var picture = WallboardPicture()
    private var connection: GatewayConnection?
    private var reader = EventStreamReader()
    private var failures = 0
    /// The id of the last event that was used; nil where the next one cannot follow it.
    private var lastEventID: String?
    private var hasEverOpened = false
    private var isOver = false
    private lazy var retry = Timer { [unowned self] in open() }
    private lazy var silence = Timer { [unowned self] in lost("Nothing came for 40 s.") }

    init(_ source: Source, onNews: @escaping @LoopActor (News) -> Void) {
        self.source = source
        self.onNews = onNews
    }

    func start() { open() }

    private func open() {
        GatewayConnection.connect(source, timeoutMicroseconds: Self.connectMicroseconds) { [self] result in
            if isOver { return }
            switch result {
            case .success(let connection): opened(connection)
            // A mistyped address is reported at once, instead of by repeated attempts.
            case .failure(let error) where !hasEverOpened: end("\(error)")
            case .failure(let error): lost("\(error)")
            }
        }
    }

    private func opened(_ connection: GatewayConnection) {
        self.connection = connection
        reader = EventStreamReader()
        silence.start(afterMicroseconds: Self.silenceMicroseconds)
        connection.onRead = { [unowned self, unowned connection] bytes in
            if self.connection === connection { received(bytes) }
        }
        connection.onClose = { [weak self, weak connection] reason in
            // A connection that we closed is not a loss.
            guard let self, let connection, self.connection === connection else { return }
            lost(reason ?? "The gateway ended the stream.")
        }
        connection.write(
            EventStreamReader.request(
                path: source.path, host: source.address, bearer: source.token, lastEventID: lastEventID))
    }

    private func received(_ bytes: [UInt8]) {
        silence.start(afterMicroseconds: Self.silenceMicroseconds)
        for output in reader.receive(bytes) {
            switch output {
            case .opened: hasEverOpened = true
            case .event(let event): take(event.data, event.id)
            case .failed(.refused(let status)) where status == 401 || status == 403:
                end(Self.tokenHelp(source.token != nil))
            case .failed(let fault): hasEverOpened ? lost("\(fault)") : end("\(source.address): \(fault)")
            }
            if connection == nil { return }
        }
    }

    private func take(_ data: [UInt8], _ id: String?) {
        struct Head: Decodable { var type: String }
        guard let message = JSON.decode(WallboardMessage.self, from: data) else {
            // An unknown kind of message of a newer gateway is skipped; a message of a known kind that cannot be read
            // is a gap.
            if let head = JSON.decode(Head.self, from: data), WallboardMessage.Kind(rawValue: head.type) == nil {
                return
            }
            lastEventID = nil
            return lost("A message could not be read; the gateway may be of another version.")
        }
        guard picture.take(message, at: UnixTime(microseconds: EventLoop.dateMicroseconds)) == .taken else {
            lastEventID = nil
            return lost("A message is missing.")
        }
        lastEventID = id
        // Only a working stream may reconnect quickly.
        if message.type != .snapshot { failures = 0 }
        onNews(.message(data, message))
    }

    private func drop() {
        silence.cancel()
        retry.cancel()
        let connection = connection
        self.connection = nil
        connection?.close()
    }

    private func lost(_ reason: String) {
        drop()
        let doubled = ProgramLimits.firstRetryMilliseconds << min(failures, ProgramLimits.retryDoublings)
        let pause = min(doubled, ProgramLimits.longestRetryMilliseconds)
        let delay = Int64(pause) * 1000 * Int64.random(in: 80...120) / 100
        failures += 1
        retry.start(afterMicroseconds: delay)
        onNews(.lost(reason: reason, retryAt: UnixTime(microseconds: EventLoop.dateMicroseconds + delay)))
    }

    private func end(_ reason: String) {
        isOver = true
        drop()
        onNews(.ended(reason: reason))
    }

    static func tokenHelp(_ wasGiven: Bool) -> String {
        wasGiven
            ? "The gateway does not accept this token. It is the one of [wallboards] in its configuration."
            : "The gateway asks for a token: give --token-file FILE or set CENTRALINO_WALLBOARD_TOKEN. It is the one of [wallboards] in its configuration."
    }
}
