import ACD
import Foundation
import Core
import Recordings
import Switches
import Telephony
import Testing
import Time
import Wire

/// A recorded session, played into a core as the inputs that a journal would have of it.
private struct Session {
    static let start = Moment(uptime: .seconds(1000), date: UnixTime(seconds: 1_772_438_400))

    let inputs: [(input: Core.Input, at: Moment)]

    init(_ name: String) throws {
        let root = #filePath.components(separatedBy: "/Tests/")[0]
        let recording = try Recording.load("\(root)/Simulator/Traces/\(name)")
        let rules = AsteriskLink.Rules(username: "", isRecording: true)
        var inputs: [(input: Core.Input, at: Moment)] = [
            (.started(.init(seed: 7, rules: .one(SwitchID("roma"), rules))), Self.start),
            (.opened(ConnectionID(2)), Self.start),
        ]
        for chunk in recording.chunks where chunk.direction == .incoming {
            inputs.append(
                (.received(ConnectionID(2), chunk.bytes), Self.start + Span(microseconds: chunk.microseconds)))
        }
        inputs.append(
            (.closed(ConnectionID(2), reason: "the recording ended", isConfigurationFault: false), inputs.last!.at))
        self.inputs = inputs
    }

    /// What the core says, and the core as it is then.
    static func play(_ inputs: ArraySlice<(input: Core.Input, at: Moment)>, into core: Core) -> (
        core: Core, said: [Core.Output]
    ) {
        var (core, said) = (core, [Core.Output]())
        for (input, moment) in inputs { core.handle(input, .none, at: moment) { outputs, _ in said += outputs } }
        return (core, said)
    }
}

extension Core {
    /// As a checkpoint does it; nil if it cannot be read.
    fileprivate var writtenAndRead: Core? {
        var reader = CheckpointReader(JSON.encode(withoutPieces))
        eachPiece { if reader?.add($0) == false { reader = nil } }
        return reader?.core
    }
}

extension Core.Rules {
    /// One Asterisk, and everything else as it is by default.
    fileprivate static func one(_ name: SwitchID, _ link: AsteriskLink.Rules) -> Core.Rules {
        Core.Rules(
            switches: [.init(name: name, link: link)], webhooks: [], agents: nil, queueDefaults: .init(), queues: [:],
            alarms: [:],
            queuesBySwitch: nil, timeZone: .rome, thresholds: [.seconds(20)], organisation: .init(),
            calendar: .always(in: .rome), legalBasis: nil, keepsIntervals: true, unheardSince: [:])
    }
}

@Suite("The core", .serialized)
struct CoreTests {
    static let recordings = ["22/mixed-a", "22/ami_transfers-a", "16/load-s1"]

    @Test("is its own checkpoint: written and read anywhere, it goes on as if nothing had been", arguments: recordings)
    func checkpoint(_ name: String) throws {
        let inputs = try Session(name).inputs
        let whole = Session.play(
            inputs[...], into: Core(.init(seed: 0, rules: .one(SwitchID("x"), .init(username: "")))))
        var generator = SplitMix64(seed: 42)
        for _ in 0..<6 {
            let cut = Int.random(in: 1..<inputs.count, using: &generator)
            let first = Session.play(
                inputs[..<cut], into: Core(.init(seed: 0, rules: .one(SwitchID("x"), .init(username: "")))))
            let read = try #require(first.core.writtenAndRead)
            #expect((read == first.core) as Bool, "cut \(cut)")
            let rest = Session.play(inputs[cut...], into: read)
            #expect((first.said + rest.said == whole.said) as Bool, "cut \(cut)")
            #expect((rest.core == whole.core) as Bool, "cut \(cut)")
        }
    }

    /// A core that was just read asks every switch; one that has run asks those that something happened to.
    @Test("knows of many switches when it has to come back, as if it had asked each of them", arguments: recordings)
    func deadlines(_ name: String) throws {
        let names = ["roma", "milano", "napoli"].map { SwitchID($0) }
        let link = AsteriskLink.Rules(username: "", isRecording: true)
        var rules = Core.Rules.one(names[0], link)
        rules.switches = names.map { .init(name: $0, link: link) }
        var core = Core(.init(seed: 7, rules: rules))
        core.handle(.started(.init(seed: 7, rules: rules)), .none, at: Session.start) { _, _ in }
        let ids = [2, 4, 6].map { ConnectionID($0) }
        for id in ids { core.handle(.opened(id), .none, at: Session.start) { _, _ in } }
        var (generator, asked) = (SplitMix64(seed: 5), 0)
        let inputs = try Session(name).inputs
        for (index, input) in inputs.enumerated() {
            guard case (.received(_, let bytes), let moment) = input else { continue }
            core.handle(.received(ids[Int(generator.next() % 3)], bytes), .none, at: moment) { _, _ in }
            guard index.isMultiple(of: max(1, inputs.count / 12)) else { continue }
            let read = try #require(JSON.decode(Core.self, from: JSON.encode(core)))
            #expect(core.nextDeadline == read.nextDeadline)
            asked += 1
        }
        #expect(asked > 5)
    }

    @Test("goes on by other rules with what it knows, and lets go of a switch that these rules do not have")
    func rules() throws {
        let inputs = try Session("22/mixed-a").inputs
        let (core, _) = Session.play(
            inputs.dropLast(), into: Core(.init(seed: 0, rules: .one(SwitchID("x"), .init(username: "")))))
        let last = inputs.last!.at
        var same = core
        same.handle(.resumed(.init(seed: 8, rules: core.rules)), .none, at: last + .seconds(60)) { _, _ in }
        #expect(same.switches.map(\.acd.queues.count) == core.switches.map(\.acd.queues.count))
        #expect(same.seed == 8 && same.moment == last + .seconds(60))
        #expect(same.switches[0].gaps.last?.cause == .notRunning)
        var other = core
        var said: [Core.Output] = []
        let rules = Core.Rules.one(SwitchID("milano"), .init(username: "", isRecording: true))
        other.handle(.resumed(.init(seed: 8, rules: rules)), .none, at: last + .seconds(60)) { outputs, _ in
            said += outputs
        }
        #expect(other.switches.map(\.name) == [SwitchID("milano")] && other.switches[0].acd.queues.isEmpty)
        #expect(
            said.contains { if case .log(let line) = $0 { line.text.contains("no longer configured") } else { false } })
    }

    @Test("hands out what came of a step with the core as it is after that step, and before the next")
    func steps() throws {
        let inputs = try Session("22/mixed-a").inputs
        var core = Core(.init(seed: 0, rules: .one(SwitchID("x"), .init(username: ""))))
        var changes: [UInt64] = []
        for (input, moment) in inputs {
            core.handle(input, .none, at: moment) { outputs, core in
                for case .changed(let change) in outputs {
                    changes.append(change.sequence)
                    #expect(core.changes.sequence == change.sequence && core.moment == change.at)
                }
            }
        }
        #expect(changes.count > 10 && changes == Array(1...UInt64(changes.count)))
    }

    @Test("does nothing about a connection that it did not ask for, nor about a call of a source that it does not know")
    func strangers() throws {
        var core = Core(.init(seed: 7, rules: .one(SwitchID("roma"), .init(username: "cti"))))
        var said: [Core.Output] = []
        core.handle(.started(.init(seed: 7, rules: core.rules)), .none, at: Session.start) { outputs, _ in
            said += outputs
        }
        #expect(said.contains { if case .connect(ConnectionID(2), SwitchID("roma")) = $0 { true } else { false } })
        said = []
        let later = Session.start + .milliseconds(10)
        core.handle(.received(ConnectionID(4), Array("Asterisk Call Manager/11.0.0\r\n".utf8)), .none, at: later) {
            outputs, _ in
            said += outputs
        }
        core.handle(.webhook(SwitchID("cloud"), id: "m1", body: Array("{}".utf8)), .none, at: later) { outputs, _ in
            said += outputs
        }
        #expect(said == [])
    }
}
