import AMI
import EventLoop
import Foundation
import Core
import Edges
import Gateway
import Numbering
import ScreenPop
import Store
import Telephony
import Time
import Wire

/// The host of `bench pop`: a switch, the gateway with its store, and a desk, each on its own socket of one loop. Calls
/// come one after the other; the clock starts when the switch writes the bytes of a ring, and stops when the desk has
/// read the pop. An echo over the same loop is timed beside it, so that the figure can be separated from the machine's
/// own.
///
/// Beside a ``Crowd`` the gateway has another switch that sends events all the time, and readers of its stream, which
/// are other programs.
@LoopActor
final class PopBench {
    struct Crowd {
        /// Of an AMI server (user admin, password x) that sends as many events a second as it is to.
        var switchPort: Int
        /// Of the stream. The first call comes when so many have connected.
        var readers: Int
    }

    struct Outcome: Encodable {
        var pops = 0
        /// From the switch's bytes to the desk's `pop.preview`, milliseconds.
        var previewP50 = 0.0, previewP99 = 0.0, previewMax = 0.0
        /// To the message that names the party; the lookup asks a real database.
        var namedP50 = 0.0, namedP99 = 0.0, namedMax = 0.0
        /// One byte there and back over two sockets of the same loop.
        var echoP50 = 0.0, echoP99 = 0.0
        /// previewP50 / echoP50.
        var ratio = 0.0
    }

    private let host: Host
    private let calls: Int
    private let parties: Int
    private let crowd: Crowd?
    private let completion: @LoopActor (Outcome?) -> Void
    private var session: ServerSession
    private var gatewayLink: TCPConnection?
    private var listener: TCPListener?
    private var desk: TCPConnection?
    private var framer = LineFramer(limit: 64 * 1024)
    private var call = 0
    private var rangAt: Int64 = 0
    private var isPreviewSeen = false
    private var previews: [Int64] = []
    private var named: [Int64] = []
    private var echoes: [Int64] = []
    private var echo: TCPConnection?
    private var echoAt: Int64 = 0

    nonisolated static let secret = "bench"

    /// How soon it is noticed that the last reader has connected.
    private static let lookMicroseconds: Int64 = 10_000
    private lazy var timer = Timer { [unowned self] in awaitCrowd() }

    /// `configuration` without a switch; this bench adds its own.
    init(
        _ configuration: ProgramConfiguration, calls: Int, parties: Int, crowd: Crowd?,
        _ completion: @escaping @LoopActor (Outcome?) -> Void
    ) throws {
        self.calls = calls
        self.parties = parties
        self.crowd = crowd
        self.completion = completion
        session = ServerSession(users: ["bench": Self.secret], challenge: "1", digests: .openSSL)
        var configuration = configuration
        let slot = Slot()
        let listener = try TCPListener(host: "127.0.0.1", port: 0) { slot.accept?($0) }
        configuration.gateway.switches = [
            .init(
                name: SwitchID("bench"), address: .init(host: "127.0.0.1", port: listener.port),
                secret: Self.secret, link: .init(username: "bench"))
        ]
        if let crowd {
            configuration.gateway.switches.append(
                .init(
                    name: SwitchID("crowd"), address: .init(host: "127.0.0.1", port: crowd.switchPort), secret: "x",
                    link: .init(username: "admin")))
            configuration.gateway.wallboards = .init(host: "127.0.0.1", port: 0)
        }
        configuration.gateway.deskToken = Configuration.Secret(Self.secret)
        host = try Site.make(configuration)
        self.listener = listener
        slot.accept = { [unowned self] in accepted($0) }
    }

    /// A listener needs its callback before `self` exists.
    private final class Slot { var accept: (@LoopActor (TCPConnection) -> Void)? }

    func start() throws {
        try host.start()
        if let port = host.port(.wallboards) { Console.print("PORT \(port)") }
    }

    private func awaitCrowd() {
        guard let crowd else { return ring() }
        // One of them is our desk.
        let readers = host.connections.keys.count { $0.isAccepted } - 1
        if readers < crowd.readers { timer.start(afterMicroseconds: Self.lookMicroseconds) } else { ring() }
    }

    // MARK: the switch

    private func accepted(_ connection: TCPConnection) {
        if gatewayLink != nil {
            // The echo's other end.
            connection.onRead = { connection.write($0) }
            return
        }
        gatewayLink = connection
        connection.write(session.greeting)
        connection.onRead = { [unowned self] bytes in
            session.receive(bytes) { output in
                switch output {
                case .send(let bytes): connection.write(bytes)
                case .close: connection.close()
                case .loggedIn: break
                case .action(let action):
                    let id = action["ActionID"] ?? ""
                    connection.write(
                        Array(
                            "Response: Success\r\nActionID: \(id)\r\nEventList: start\r\n\r\nEvent: QueueStatusComplete\r\nActionID: \(id)\r\nEventList: Complete\r\nListItems: 0\r\n\r\n"
                                .utf8))
                    // The last list of the inventory.
                    if action["Action"] == "QueueStatus" { connectDesk() }
                }
            }
        }
    }

    private func connectDesk() {
        guard let port = host.port(.desks) else { return completion(nil) }
        TCPConnection.connect(host: "127.0.0.1", port: port, timeoutMicroseconds: 1_000_000) { [unowned self] result in
            guard case .success(let connection) = result else { return completion(nil) }
            desk = connection
            connection.onRead = { [unowned self] bytes in
                for output in framer.receive(bytes) {
                    if case .line(let line) = output { received(line) }
                }
            }
            connection.write(
                Array("{\"type\":\"hello\",\"token\":\"\(Self.secret)\",\"agent\":\"PJSIP/1001\",\"version\":1}\n".utf8)
            )
        }
    }

    private func ring() {
        guard call < calls else { return startEcho() }
        call += 1
        isPreviewSeen = false
        let caller = self.caller(call, priority: 2)
        var text = "Event: Newchannel\r\nPrivilege: call,all\r\n" + caller + "\r\n"
        text +=
            "Event: QueueCallerJoin\r\nPrivilege: agent,all\r\n" + caller
            + "Queue: informazioni\r\nPosition: 1\r\nCount: 1\r\n\r\n"
        text +=
            "Event: AgentCalled\r\nPrivilege: agent,all\r\n" + caller
            + "DestChannel: PJSIP/1001-\(call)\r\nDestUniqueid: 1.\(call)a\r\nDestLinkedid: 1.\(call)\r\n"
        text += "Queue: informazioni\r\nInterface: PJSIP/1001\r\nMemberName: Anna Rossi\r\n\r\n"
        rangAt = EventLoop.uptimeMicroseconds
        gatewayLink?.write(Array(text.utf8))
    }

    private func hangUp() {
        let caller = self.caller(call, priority: 2)
        var text = "Event: HangupRequest\r\nPrivilege: call,all\r\n" + caller + "\r\n"
        text += "Event: QueueCallerAbandon\r\nPrivilege: agent,all\r\n" + caller + "Queue: informazioni\r\n\r\n"
        text += "Event: Hangup\r\nPrivilege: call,all\r\n" + caller + "Cause: 16\r\n\r\n"
        gatewayLink?.write(Array(text.utf8))
    }

    private func caller(_ call: Int, priority: Int) -> String {
        """
        Channel: PJSIP/trunk-\(call)\r\nChannelState: 6\r\nChannelStateDesc: Up\r\nCallerIDNum: \(Self.number(call, of: parties))\r\nCallerIDName: Mario\r\n\
        ConnectedLineNum: <unknown>\r\nConnectedLineName: <unknown>\r\nLanguage: it\r\nAccountCode: \r\nContext: from-trunk\r\nExten: 0690001\r\n\
        Priority: \(priority)\r\nUniqueid: 1.\(call)\r\nLinkedid: 1.\(call)\r\n
        """
    }

    /// A number of the invented parties that ``parties(_:)`` makes, each time another one.
    private static func number(_ call: Int, of parties: Int) -> String {
        "+3906" + String(10_000_000 + call * 7919 % parties)
    }

    nonisolated static func parties(_ range: Range<Int>) -> [PartyEntry] {
        range.map {
            PartyEntry(
                party: PartyRow(key: "bench-\($0)", kind: .person, name: "Parte \($0)"),
                numbers: ["+3906\(10_000_000 + $0)"])
        }
    }

    // MARK: the desk

    private func received(_ line: [UInt8]) {
        struct Head: Decodable { var type: String }
        let now = EventLoop.uptimeMicroseconds
        guard let head = JSON.decode(Head.self, from: line) else { return }
        switch head.type {
        case "welcome": awaitCrowd()
        case "refused": completion(nil)
        case "heartbeat": break
        default:
            guard let pop = JSON.decode(Pop.self, from: line) else { return }
            desk?.write(Array("{\"type\":\"pop.ack\",\"popId\":\"\(pop.popId)\",\"revision\":\(pop.revision)}\n".utf8))
            if pop.type == .preview { previews.append(now - rangAt) }
            if pop.match.result == .one, !isPreviewSeen {
                isPreviewSeen = true
                named.append(now - rangAt)
                hangUp()
            }
            if pop.type == .cancelled { ring() }
        }
    }

    // MARK: the echo beside it

    private func startEcho() {
        guard let port = listener?.port else { return completion(nil) }
        TCPConnection.connect(host: "127.0.0.1", port: port, timeoutMicroseconds: 1_000_000) { [unowned self] result in
            guard case .success(let connection) = result else { return completion(nil) }
            echo = connection
            connection.onRead = { [unowned self] _ in
                echoes.append(EventLoop.uptimeMicroseconds - echoAt)
                if echoes.count < calls { sendEcho() } else { finish() }
            }
            sendEcho()
        }
    }

    private func sendEcho() {
        echoAt = EventLoop.uptimeMicroseconds
        echo?.write([1])
    }

    private func finish() {
        var outcome = Outcome()
        func quantile(_ values: [Int64], _ share: Double) -> Double {
            let sorted = values.sorted()
            guard !sorted.isEmpty else { return .nan }
            return Double(sorted[min(sorted.count - 1, Int((Double(sorted.count) * share).rounded(.up)) - 1)]) / 1000
        }
        outcome.pops = previews.count
        outcome.previewP50 = quantile(previews, 0.5)
        outcome.previewP99 = quantile(previews, 0.99)
        outcome.previewMax = quantile(previews, 1)
        outcome.namedP50 = quantile(named, 0.5)
        outcome.namedP99 = quantile(named, 0.99)
        outcome.namedMax = quantile(named, 1)
        outcome.echoP50 = quantile(echoes, 0.5)
        outcome.echoP99 = quantile(echoes, 0.99)
        outcome.ratio = outcome.previewP50 / outcome.echoP50
        host.stop { [self] in
            listener?.close()
            completion(outcome)
        }
    }
}
