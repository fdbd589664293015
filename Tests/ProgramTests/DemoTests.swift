import ACD
import AMI
import Contacts
import Directory
import Foundation
import Core
import Edges
import Gateway
import Numbering
import Playback
import Recordings
import ScreenPop
import Store
import Switches
import Telephony
import Testing
import Time
import Wire

@testable import centralino

/// A visitor opens the desk that the demo suggests, at any moment of its playlist, and watches for some seconds.
@Suite("The demo")
struct DemoTests {
    /// A conversation as the desk showed it, in time since the demo's start.
    private struct Conversation {
        var name: String?
        var from: Span
        var to: Span
        var isFollowedByWork = false
    }

    /// Plays the program's own playlist, queues and parties in virtual time, for one loop and until the next
    /// conversation.
    private static func conversations() throws -> (all: [Conversation], loop: Span) {
        let scenario = Repository.path("Simulator/Scenarios/demo")
        let recordings = try Recording.find(playlist: scenario + "/playlist").map {
            SwitchRecording(try Recording.load($0))
        }
        let gap = RecordedSwitch.Configuration(users: [:]).gap
        let loop = recordings.reduce(Span.zero) { $0 + $1.length + gap }
        let folder = FileManager.default.temporaryDirectory.appending(path: "centralino-demo-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let store = try Store(path: folder.path + "/demo.sqlite")
        _ = try PartyImport(store: store, file: scenario + "/parties.csv", keepsGoing: false).run()

        var configuration = Demo.gatewayAndAnagrafica
        configuration.gateway.switches = [
            .init(
                name: SwitchID("demo"), address: .init(host: "127.0.0.1", port: 5038),
                secret: "secret", link: .init(username: "cti"))
        ]
        var world = try World(configuration, recordings, store)
        try world.run(for: loop + .seconds(40))
        return (world.conversations, loop)
    }

    /// The gateway beside the recorded switch, with one desk; nothing but values.
    private struct World {
        var gateway: Gateway
        var played: RecordedSwitch
        let store: Store
        let plan: InternalPlan
        let numbers = PhoneNumbers()
        var now = Moment(uptime: .seconds(1000), date: UnixTime(seconds: 1_795_424_400))
        let start: Span
        var toSwitch: ConnectionID?
        let desk = ConnectionID(1)
        var open: [String: Conversation] = [:]
        var conversations: [Conversation] = []

        init(_ configuration: ProgramConfiguration, _ recordings: [SwitchRecording], _ store: Store) throws {
            start = now.uptime
            gateway = Gateway(configuration: configuration.gateway, digests: .openSSL, seed: 1)
            played = try RecordedSwitch(
                recordings: recordings, configuration: .init(users: ["cti": "secret"], loops: true), digests: .openSSL,
                at: now)
            self.store = store
            plan = configuration.internalPlan
            tell(.started)
            tell(.accepted(desk, .desks))
            tell(
                .received(
                    desk,
                    Array(
                        #"{"type":"hello","token":"\#(Demo.token)","agent":"\#(Demo.agent)","version":1}"#.utf8 + [10]))
            )
            if let toSwitch {
                tell(.opened(toSwitch))
                hear(played.connectionOpened(1, at: now))
            }
        }

        mutating func run(for time: Span) throws {
            while let due = [gateway.nextDeadline, played.nextDeadline].compactMap({ $0 }).min(), due <= start + time {
                let step = max(.zero, due - now.uptime)
                now = Moment(uptime: now.uptime + step, date: now.date + step)
                hear(played.deadlineReached(at: now))
                tell(.deadlineReached)
            }
        }

        mutating func hear(_ outputs: [RecordedSwitch.Output]) {
            for case .send(_, let bytes) in outputs { if let toSwitch { tell(.received(toSwitch, bytes)) } }
        }

        mutating func tell(_ input: Gateway.Input) {
            var effects: [Effect] = []
            gateway.handle(input, at: now, into: &effects)
            for effect in effects {
                switch effect {
                case .connect(let id, _, _): toSwitch = id
                case .send(desk, let bytes): for line in bytes.split(separator: 10) { show(Array(line)) }
                case .send(let id, let bytes) where id == toSwitch: hear(played.received(bytes, from: 1, at: now))
                case .lookUp(let id, let caller): tell(.found(id, answer(caller)))
                default: break
                }
            }
        }

        func answer(_ caller: CallerID) -> DirectoryAnswer {
            let number = CallerNumber(numbers.normalise(caller.number, internalPlan: plan))
            guard case .number(let e164, _, _) = number, let found = try? store.lookUp(e164: e164, historyLimit: 5)
            else {
                return DirectoryAnswer(number: number, match: .none)
            }
            return DirectoryAnswer(number: number, found)
        }

        mutating func show(_ line: [UInt8]) {
            let time = now.uptime - start
            if let pop = JSON.decode(Pop.self, from: line) {
                // A card has the name of one party, or an office's name for an office's number.
                let name = pop.match.result == .one || pop.match.result == .shared ? pop.match.parties.first?.name : nil
                switch pop.type {
                // The message is repeated, because this desk acknowledges nothing.
                case .open:
                    if open[pop.popId] == nil { open[pop.popId] = Conversation(name: name, from: time, to: time) }
                case .update: open[pop.popId]?.name = name
                case .closed:
                    if let known = open.removeValue(forKey: pop.popId) {
                        conversations.append(Conversation(name: known.name, from: known.from, to: time))
                    }
                case .preview, .cancelled: break
                }
            } else if JSON.decode(WrapUp.self, from: line)?.type == .running, let last = conversations.indices.last {
                conversations[last].isFollowedByWork = conversations[last].to == time
            }
        }
    }

    @Test(
        "shows on the suggested desk, whenever it is opened, a named conversation within ten seconds, long enough to be read, then after-call work"
    )
    func suggestedDesk() throws {
        let (all, loop) = try Self.conversations()
        let readable = all.filter { $0.name != nil && $0.to - $0.from >= .seconds(10) }
        let moments = stride(from: Int64(0), to: loop.microseconds, by: 100_000).map(Span.init(microseconds:))
        let served = moments.filter { opened in
            readable.contains { $0.from <= opened + .seconds(10) && $0.to - max($0.from, opened) >= .seconds(3) }
        }
        let share = Double(served.count) / Double(moments.count)
        #expect(
            share >= 0.95,
            "\(share) of \(loop.seconds) s: \(all.map { "\($0.name ?? "?") \($0.from.seconds) – \($0.to.seconds)" })")
        #expect(Set(readable.compactMap(\.name)).count >= 8, "not the same caller again and again")
        #expect(readable.allSatisfy { $0.isFollowedByWork })
    }

    @Test("is described in the README with the desk that it suggests, and with its number of recordings and parties")
    func readme() throws {
        let readme = try String(contentsOfFile: Repository.path("README.md"), encoding: .utf8)
        let recordings = try Recording.find(playlist: Repository.path("Simulator/Scenarios/demo/playlist")).count
        #expect(readme.contains("/desk#token=\(Demo.token)&agent=\(Demo.agent) "))
        #expect(
            readme.contains(
                "Centralino is running: \(recordings) recordings of a real Asterisk 22 in a loop, 120 invented parties."
            ))
    }
}
