import Foundation
import Synchronization
import Testing

/// The real switches and the one gateway beside them, for all scenarios; `make test-asterisk` asks for it.
final class Theatre: Sendable {
    let switches: [LiveSwitch]
    let gateway: LiveGateway

    @TaskLocal static var open: Theatre?

    /// The versions to play on, from CENTRALINO_ASTERISK: “22”, “16” or “22,16”. Without it nothing is installed and nothing started.
    static let versions: [String] = {
        let wanted = (ProcessInfo.processInfo.environment["CENTRALINO_ASTERISK"] ?? "").split { ", ".contains($0) }.map(String.init)
        if wanted.isEmpty { print("SKIPPED: no scenario is played on a real Asterisk. To do so, as root: make test-asterisk") }
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
                throw Failure("CENTRALINO_SCENARIOS names what nobody plays: \(Scenario.unknown.joined(separator: ", ")).")
            }
            for version in versions { switches.append(try await LiveSwitch.up(version)) }
            let theatre = Theatre(switches, try LiveGateway(switches))
            try await theatre.gateway.start()
            do { try await $open.withValue(theatre, operation: body) } catch { result = .failure(error) }
            try await theatre.gateway.stop()
            theatre.gateway.discard()
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

    /// Plays the scenario on all switches at once. What is wrong is asked for until nothing is, or for ten seconds: records are written a little after
    /// the last hang-up.
    func play(_ scenario: Scenario) async {
        let groups = scenario.isOneByOne ? switches.map { [$0] } : [switches]
        for group in groups {
            let meeting = Meeting(members: group.count)
            await withTaskGroup(of: Void.self) { tasks in
                for each in group { tasks.addTask { [self] in await play(scenario, on: each, meeting) } }
            }
        }
    }

    private func play(_ scenario: Scenario, on stage: LiveSwitch, _ meeting: Meeting) async {
        do {
            let performance = try await perform(scenario, on: stage, meeting)
            var evening = try await judge(performance, scenario, stage)
            var faults = scenario.faults(evening)
            _ = try await eventually(withinSeconds: 10) {
                if faults.isEmpty { return true }
                evening = try await judge(performance, scenario, stage)
                faults = scenario.faults(evening)
                return faults.isEmpty ? true : nil
            }
            if scenario.isReconciled {
                RandomPlay.ended(evening, faults, on: stage)
            } else if !faults.isEmpty {
                Issue.record("\(scenario.name) on \(stage.id):\n  \(faults.joined(separator: "\n  "))\nqueue_log:\n\(evening.log.text)")
            }
        } catch {
            await meeting.leave()
            Issue.record("\(scenario.name) on \(stage.id) was not played to its end: \(error)")
        }
    }

    private struct Performance: Sendable {
        var logLength = 0
        var figures: Figures?
        var openContacts = 0
        var eventsRead = 0
        var began: Int64 = 0
        var calls: [Evening.PhoneCall] = []
    }

    private struct Line: Decodable {
        var ask: String?
        var calls: [Evening.PhoneCall]?
        var talking: [String: Int]?
        var waiting: [String: Int]?
        var events: Int?
        var seconds: Double?
    }

    private func perform(_ scenario: Scenario, on stage: LiveSwitch, _ meeting: Meeting) async throws -> Performance {
        let player = try ChildProgram("/usr/bin/python3", [LiveSwitch.folder + "/play.py", stage.description, scenario.name])
        var performance = Performance()
        var isOver = false
        do {
            while let line = try await player.next(
                withinSeconds: scenario.patience, { try JSONDecoder().decode(Line.self, from: Data($0.utf8)) })
            {
                if let calls = line.calls {
                    performance.calls = calls
                    isOver = true
                    break
                }
                try await answer(line, stage, meeting, &performance)
                player.say("done")
            }
        } catch {
            await player.end(interrupts: true)
            throw error
        }
        let status = await player.end()
        guard status == 0 else { throw Failure("play.py ended with \(status); its last words are above.") }
        guard isOver else { throw Failure("play.py did not say what its telephones saw.") }
        return performance
    }

    /// What a scenario asks of the world.
    private func answer(_ line: Line, _ stage: LiveSwitch, _ meeting: Meeting, _ performance: inout Performance) async throws {
        switch line.ask {
        case "begin":
            performance.logLength = stage.logLength()
            performance.figures = try await gateway.figures()
            let status = try await gateway.status(stage.id)
            (performance.openContacts, performance.eventsRead) = (status.openContacts, status.eventsRead ?? 0)
            performance.began = Int64(Date().timeIntervalSince1970 * 1_000_000)
        case "cut":
            stage.relay.cut()
            try await link(stage) { $0.state != "connected" }
        case "mend":
            stage.relay.mend()
            try await link(stage) { $0.state == "connected" }
        case "stop": try await meeting.meet { [gateway] in try await gateway.stop() }
        case "start": try await meeting.meet { [gateway] in try await gateway.start() }
        case "kill": try await stage.act("kill")
        case "restart": try await stage.act("restart")
        case "see":
            try await link(stage) { $0.state == "connected" }
            try await see(stage, line)
        case "flooded": try await flooded(stage, line, since: performance)
        default: throw Failure("The scenario asks for “\(line.ask ?? "nothing")”, and nobody knows what that is.")
        }
    }

    private func link(_ stage: LiveSwitch, _ condition: (Figures.Link) -> Bool) async throws {
        // The pause before the next attempt grows to 30 s.
        let found = try await eventually(withinSeconds: 60) {
            try await gateway.figures().switches.first { $0.name == stage.id && condition($0) }
        }
        if found == nil { Issue.record("The link to \(stage.id) did not come to the awaited state:\n\(gateway.text)") }
    }

    /// What the board shows now; the story goes on even where it is wrong.
    private func see(_ stage: LiveSwitch, _ line: Line) async throws {
        var shown = ""
        let isSeen = try await eventually(withinSeconds: 10) {
            let figures = try await gateway.figures()
            func differs(_ expected: [String: Int]?, _ figure: String) -> Bool {
                (expected ?? [:]).contains { figures.counts(stage.id, $0.key)[figure] ?? 0 != $0.value }
            }
            shown = figures.queues.filter { $0.switch == stage.id }.map { "\($0.name): \($0.talking) talking, \($0.waiting) waiting" }
                .joined(separator: "; ")
            return differs(line.talking, "talking") || differs(line.waiting, "waiting") ? nil : true
        }
        if isSeen == nil {
            Issue.record(
                "After the reconnection to \(stage.id) the board should show talking \(line.talking ?? [:]), waiting \(line.waiting ?? [:]); it shows \(shown)."
            )
        }
    }

    /// Every event was read, none was malformed, and the link was never down.
    private func flooded(_ stage: LiveSwitch, _ line: Line, since performance: Performance) async throws {
        guard let events = line.events, let seconds = line.seconds else { throw Failure("The flood does not say how large it was.") }
        var read = 0
        let isRead = try await eventually(withinSeconds: 60) {
            read = try await gateway.status(stage.id).eventsRead ?? 0
            return read - performance.eventsRead >= events ? true : nil
        }
        print("\(stage.id): \(events) events in \(seconds) s, \(Int(Double(events) / seconds)) a second")
        if isRead == nil { Issue.record("\(stage.id) sent \(events) events, of which the gateway read \(read - performance.eventsRead).") }
        let status = try await gateway.status(stage.id)
        if status.malformed != 0 { Issue.record("\(stage.id): \(status.malformed ?? -1) malformed events") }
        let before = performance.figures?.switches.first { $0.name == stage.id }
        let after = try await gateway.figures().switches.first { $0.name == stage.id }
        if after?.since != before?.since || after?.state != "connected" {
            Issue.record("The flood broke the link to \(stage.id):\n\(gateway.text)")
        }
    }

    private func judge(_ performance: Performance, _ scenario: Scenario, _ stage: LiveSwitch) async throws -> Evening {
        let (before, after) = (performance.figures, try await gateway.figures())
        var growth: [String: [String: Int]] = [:]
        for queue in after.queues where queue.switch == stage.id {
            let earlier = before?.counts(stage.id, queue.name) ?? [:]
            growth[queue.name] = after.counts(stage.id, queue.name).merging(earlier) { $0 - $1 }
        }
        return Evening(
            switchID: stage.id, log: try stage.log(from: performance.logLength), calls: performance.calls, growth: growth,
            records: try gateway.records(stage.id, since: performance.began),
            openContacts: try await gateway.status(stage.id).openContacts - performance.openContacts,
            reconciled: scenario.isReconciled ? try await gateway.reconciled(stage, since: performance.began) : nil)
    }
}

/// Scenarios on several switches meet where the one gateway is stopped and started: the last to come does it, for all.
actor Meeting {
    private let members: Int
    private var isOver = false
    private var arrived: [CheckedContinuation<Void, any Error>] = []

    init(members: Int) { self.members = members }

    func meet(_ work: () async throws -> Void) async throws {
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

    /// Somebody will not come any more: nobody waits for him.
    func leave() {
        isOver = true
        for each in arrived { each.resume(throwing: Failure("The scenario on another switch was given up.")) }
        arrived = []
    }
}
