import Foundation
import Synchronization
import Testing

/// The real switches and the one gateway beside them, for all scenarios; started by `make test-asterisk`.
final class TestSession: Sendable {
    let switches: [LiveSwitch]
    let gateway: LiveGateway

    @TaskLocal static var open: TestSession?

    /// The versions to play on, from CENTRALINO_ASTERISK: “22”, “16” or “22,16”. Without it nothing is installed or
    /// started.
    static let versions: [String] = {
        let wanted = (ProcessInfo.processInfo.environment["CENTRALINO_ASTERISK"] ?? "").split { ", ".contains($0) }.map(
            String.init)
        if wanted.isEmpty {
            print("SKIPPED: no scenario is played on a real Asterisk. To do so, as root: make test-asterisk")
        }
        return wanted
    }()

    private init(_ switches: [LiveSwitch], _ gateway: LiveGateway) {
        self.switches = switches
        self.gateway = gateway
    }

    static func withOpen(_ body: () async throws -> Void) async throws {
        var switches: [LiveSwitch] = []
        var result = Result<Void, any Error>.success(())
        do {
            guard Scenario.unknown.isEmpty else {
                throw Failure(
                    "CENTRALINO_SCENARIOS names what nobody plays: \(Scenario.unknown.joined(separator: ", ")).")
            }
            for version in versions { switches.append(try await LiveSwitch.up(version)) }
            let session = TestSession(switches, try LiveGateway(switches))
            try await session.gateway.start()
            do { try await $open.withValue(session, operation: body) } catch { result = .failure(error) }
            try await session.gateway.stop()
            session.gateway.discard()
        } catch {
            result = .failure(error)
        }
        for each in switches {
            each.relay.close()
            try? await each.act("down")
        }
        try result.get()
    }

    // MARK: a scenario

    /// Plays the scenario on all switches at once. Judges again until nothing is wrong, or for ten seconds: records
    /// are written a little after the last hang-up.
    func play(_ scenario: Scenario) async {
        let groups = scenario.isOneByOne ? switches.map { [$0] } : [switches]
        for group in groups {
            let barrier = Barrier(members: group.count)
            await withTaskGroup(of: Void.self) { tasks in
                for each in group { tasks.addTask { [self] in await play(scenario, on: each, barrier) } }
            }
        }
    }

    private func play(_ scenario: Scenario, on liveSwitch: LiveSwitch, _ barrier: Barrier) async {
        do {
            let run = try await execute(scenario, on: liveSwitch, barrier)
            var observed = try await judge(run, scenario, liveSwitch)
            var faults = scenario.faults(observed)
            _ = try await eventually(withinSeconds: 10) {
                if faults.isEmpty { return true }
                observed = try await judge(run, scenario, liveSwitch)
                faults = scenario.faults(observed)
                return faults.isEmpty ? true : nil
            }
            if scenario.isReconciled {
                RandomPlay.ended(observed, faults, on: liveSwitch)
            } else if !faults.isEmpty {
                Issue.record(
                    "\(scenario.name) on \(liveSwitch.id):\n  \(faults.joined(separator: "\n  "))\nqueue_log:\n\(observed.log.text)"
                )
            }
        } catch {
            await barrier.leave()
            Issue.record("\(scenario.name) on \(liveSwitch.id) was not played to its end: \(error)")
        }
    }

    private struct Run: Sendable {
        var logLength = 0
        var figures: Figures?
        var openContacts = 0
        var eventsRead = 0
        var began: Int64 = 0
        var calls: [ObservedRun.PhoneCall] = []
    }

    private struct Line: Decodable {
        var ask: String?
        var calls: [ObservedRun.PhoneCall]?
        var talking: [String: Int]?
        var waiting: [String: Int]?
        var events: Int?
        var seconds: Double?
    }

    private func execute(_ scenario: Scenario, on liveSwitch: LiveSwitch, _ barrier: Barrier) async throws -> Run {
        let player = try ChildProgram(
            "/usr/bin/python3", [LiveSwitch.folder + "/play.py", liveSwitch.description, scenario.name])
        var run = Run()
        var isOver = false
        do {
            while let line = try await player.next(
                withinSeconds: scenario.patience, { try JSONDecoder().decode(Line.self, from: Data($0.utf8)) })
            {
                if let calls = line.calls {
                    run.calls = calls
                    isOver = true
                    break
                }
                try await answer(line, liveSwitch, barrier, &run)
                player.say("done")
            }
        } catch {
            await player.end(interrupts: true)
            throw error
        }
        let status = await player.end()
        guard status == 0 else { throw Failure("play.py ended with \(status); its last words are above.") }
        guard isOver else { throw Failure("play.py did not say what its telephones saw.") }
        return run
    }

    /// Does what the player asks for.
    private func answer(_ line: Line, _ liveSwitch: LiveSwitch, _ barrier: Barrier, _ run: inout Run) async throws {
        switch line.ask {
        case "begin":
            run.logLength = liveSwitch.logLength()
            run.figures = try await gateway.figures()
            let status = try await gateway.status(liveSwitch.id)
            (run.openContacts, run.eventsRead) = (status.openContacts, status.eventsRead ?? 0)
            run.began = Int64(Date().timeIntervalSince1970 * 1_000_000)
        case "cut":
            liveSwitch.relay.cut()
            try await link(liveSwitch) { $0.state != "connected" }
        case "mend":
            liveSwitch.relay.mend()
            try await link(liveSwitch) { $0.state == "connected" }
        case "stop": try await barrier.pass { [gateway] in try await gateway.stop() }
        case "start": try await barrier.pass { [gateway] in try await gateway.start() }
        case "kill": try await liveSwitch.act("kill")
        case "restart": try await liveSwitch.act("restart")
        case "see":
            try await link(liveSwitch) { $0.state == "connected" }
            try await see(liveSwitch, line)
        case "flooded": try await flooded(liveSwitch, line, since: run)
        default: throw Failure("The scenario asks for “\(line.ask ?? "nothing")”, and nobody knows what that is.")
        }
    }

    private func link(_ liveSwitch: LiveSwitch, _ condition: (Figures.Link) -> Bool) async throws {
        // The pause before the next attempt grows to 30 s.
        let found = try await eventually(withinSeconds: 60) {
            try await gateway.figures().switches.first { $0.name == liveSwitch.id && condition($0) }
        }
        if found == nil {
            Issue.record("The link to \(liveSwitch.id) did not come to the awaited state:\n\(gateway.text)")
        }
    }

    /// Checks what the board shows now; the story goes on even where that is wrong.
    private func see(_ liveSwitch: LiveSwitch, _ line: Line) async throws {
        var shown = ""
        let isSeen = try await eventually(withinSeconds: 10) {
            let figures = try await gateway.figures()
            func differs(_ expected: [String: Int]?, _ figure: String) -> Bool {
                (expected ?? [:]).contains { figures.counts(liveSwitch.id, $0.key)[figure] ?? 0 != $0.value }
            }
            shown = figures.queues.filter { $0.switch == liveSwitch.id }.map {
                "\($0.name): \($0.talking) talking, \($0.waiting) waiting"
            }
            .joined(separator: "; ")
            return differs(line.talking, "talking") || differs(line.waiting, "waiting") ? nil : true
        }
        if isSeen == nil {
            Issue.record(
                "After the reconnection to \(liveSwitch.id) the board should show talking \(line.talking ?? [:]), waiting \(line.waiting ?? [:]); it shows \(shown)."
            )
        }
    }

    /// Every event was read, none was malformed, and the link was never down.
    private func flooded(_ liveSwitch: LiveSwitch, _ line: Line, since run: Run) async throws {
        guard let events = line.events, let seconds = line.seconds else {
            throw Failure("The flood does not say how large it was.")
        }
        var read = 0
        let isRead = try await eventually(withinSeconds: 60) {
            read = try await gateway.status(liveSwitch.id).eventsRead ?? 0
            return read - run.eventsRead >= events ? true : nil
        }
        print("\(liveSwitch.id): \(events) events in \(seconds) s, \(Int(Double(events) / seconds)) a second")
        if isRead == nil {
            Issue.record("\(liveSwitch.id) sent \(events) events, of which the gateway read \(read - run.eventsRead).")
        }
        let status = try await gateway.status(liveSwitch.id)
        if status.malformed != 0 { Issue.record("\(liveSwitch.id): \(status.malformed ?? -1) malformed events") }
        let before = run.figures?.switches.first { $0.name == liveSwitch.id }
        let after = try await gateway.figures().switches.first { $0.name == liveSwitch.id }
        if after?.since != before?.since || after?.state != "connected" {
            Issue.record("The flood broke the link to \(liveSwitch.id):\n\(gateway.text)")
        }
    }

    private func judge(_ run: Run, _ scenario: Scenario, _ liveSwitch: LiveSwitch) async throws -> ObservedRun {
        let (before, after) = (run.figures, try await gateway.figures())
        var growth: [String: [String: Int]] = [:]
        for queue in after.queues where queue.switch == liveSwitch.id {
            let earlier = before?.counts(liveSwitch.id, queue.name) ?? [:]
            growth[queue.name] = after.counts(liveSwitch.id, queue.name).merging(earlier) { $0 - $1 }
        }
        return ObservedRun(
            switchID: liveSwitch.id, log: try liveSwitch.log(from: run.logLength), calls: run.calls, growth: growth,
            records: try gateway.records(liveSwitch.id, since: run.began),
            openContacts: try await gateway.status(liveSwitch.id).openContacts - run.openContacts,
            reconciled: scenario.isReconciled ? try await gateway.reconciled(liveSwitch, since: run.began) : nil)
    }
}

/// Scenarios on several switches meet where the one gateway is stopped and started: the last to arrive does the work
/// for all.
actor Barrier {
    private let members: Int
    private var isOver = false
    private var arrived: [CheckedContinuation<Void, any Error>] = []

    init(members: Int) { self.members = members }

    func pass(_ work: () async throws -> Void) async throws {
        guard !isOver else { throw Failure("The scenario on another switch was given up.") }
        if arrived.count + 1 < members {
            return try await withCheckedThrowingContinuation { arrived.append($0) }
        }
        let others = arrived
        arrived = []
        let result: Result<Void, any Error>
        do { result = .success(try await work()) } catch { result = .failure(error) }
        for each in others { each.resume(with: result) }
        try result.get()
    }

    /// One scenario was given up: the others stop waiting for it.
    func leave() {
        isOver = true
        for each in arrived { each.resume(throwing: Failure("The scenario on another switch was given up.")) }
        arrived = []
    }
}
