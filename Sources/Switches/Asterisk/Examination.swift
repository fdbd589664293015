import AMI
import Telephony
import Time
import Wire

/// Asks an Asterisk over AMI, without changing anything, for all that can be known of its configuration: bytes and time
/// go in, ``SwitchFacts`` come out.
///
/// What AMI reveals (seen with 22.10 and 16.28): `ListCommands` lists only the actions that this user may use, each
/// with the classes that allow it; that shows the write classes. The answer to the event mask does not show the read
/// classes. But `Getvar` evaluates functions, and `AST_CONFIG` reads any value of any configuration file: with write
/// class `reporting` or `call` the files can be read. (They are read from the disk. Only live events show whether they
/// were reloaded since.) A secret is never asked for.
public struct Examination: Sendable {
    public enum Output {
        case send([UInt8])
        case finished(SwitchFacts)
        case failed(AMIError)
    }

    /// The questions in groups; a group waits for all answers of the one before.
    private enum Step: Int, CaseIterable { case pings, actions, queues, dialPlan, settings, listening }
    private enum Question { case ping(sent: Moment), commands, core, queues, dialPlan, setting(SwitchFacts.Setting) }

    /// Each Ping waits for the answer of the one before, so that each measures one round trip.
    static let pings = 8
    /// The most queues that are asked about, with three settings each.
    static let queuesAsked = 200
    /// No call centre's switch has more members.
    static let membersKept = 20_000
    /// FullyBooted shows the class `system`.
    private static let awaitedClasses = ["call", "agent", "user"]

    private var session: Session
    private let secret: Session.Secret
    private var facts: SwitchFacts
    private var clock = ClockOffset()
    private var open: [String: Question] = [:]
    private var step: Step?
    private var pingsLeft = Self.pings
    private let listening: Span
    private var loggedInAt: Span?
    private var listenUntil: Span?
    private var isOver = false

    /// `listening` is how long to wait for events, from the login on. It ends earlier once all classes have been seen.
    public init(
        _ rules: AsteriskLink.Rules, _ secret: Session.Secret, way: SwitchFacts.Way, listening: Span, at now: Moment
    ) {
        session = Session(
            username: rules.username, method: rules.isChallenged ? .md5 : .plain, events: "on",
            idPrefix: "doctor-\(now.date.microseconds / 1_000_000)", at: now.uptime.duration)
        self.secret = secret
        facts = SwitchFacts(way: way)
        self.listening = listening
    }

    // MARK: input

    public mutating func received(_ bytes: [UInt8], at now: Moment, into outputs: inout [Output]) {
        for output in session.collect({ $0.receive(bytes, secret, at: now.uptime.duration, $1) }) {
            take(output, at: now, &outputs)
        }
        proceed(at: now, &outputs)
    }

    public mutating func deadlineReached(at now: Moment, into outputs: inout [Output]) {
        for output in session.collect({ $0.deadlineReached(at: now.uptime.duration, $1) }) {
            take(output, at: now, &outputs)
        }
        proceed(at: now, &outputs)
    }

    public var nextDeadline: Span? {
        if isOver { return nil }
        let session = session.nextDeadline.map(Span.init(duration:))
        guard let listenUntil else { return session }
        return min(listenUntil, session ?? listenUntil)
    }

    // MARK: answers

    private mutating func take(_ output: Session.Output, at now: Moment, _ outputs: inout [Output]) {
        guard !isOver else { return }
        switch output {
        case .send(let bytes): outputs.append(.send(bytes))
        case .loggedIn(let version):
            facts.amiVersion = version
            loggedInAt = now.uptime
            begin(.pings, at: now, &outputs)
        case .event(let event): heard(event)
        case .answer(let id, let message): answered(id, message, at: now, &outputs)
        case .item(let id, let message): listed(id, message)
        case .listEnded(let id):
            // An empty list is also an answer.
            switch open.removeValue(forKey: id) {
            case .queues: facts.queues = facts.queues ?? []
            case .dialPlan: facts.dialPlan = facts.dialPlan ?? DialPlanFacts(events: facts.way.notice.events)
            default: break
            }
        case .unanswered(let id, _):
            // Half a list does not count.
            switch open.removeValue(forKey: id) {
            case .queues: (facts.queues, facts.members) = (nil, [])
            case .dialPlan: facts.dialPlan = nil
            default: break
            }
        // Our own Pings are enough to measure the clock, and malformed bytes do not matter here.
        case .pong, .malformed: break
        case .failed(let error):
            isOver = true
            outputs.append(.failed(error))
        }
    }

    private mutating func heard(_ event: Message) {
        if event.isTitled("FullyBooted") {
            facts.hasBooted = true
            return
        }
        guard let privilege = event["Privilege"] else { return }
        for name in privilege.split(separator: ",") where name != "all" {
            facts.eventsSeen[String(name), default: 0] += 1
        }
        if event.timestamp == nil { facts.eventsUnstamped += 1 } else { facts.eventsStamped += 1 }
    }

    private mutating func answered(_ id: String, _ message: Message, at now: Moment, _ outputs: inout [Output]) {
        guard let question = open.removeValue(forKey: id) else { return }
        guard message.isTitled("Success") else { return }
        switch question {
        case .ping(let sent):
            if let bytes = message["Timestamp"].map({ Array($0.utf8) }), let time = parseTimestamp(bytes[...]) {
                clock.add(switchTime: UnixTime(microseconds: time), sent: sent.uptime, at: now)
            }
            facts.clock = clock.best
        case .commands:
            var actions: [String: [String]] = [:]
            for index in 1..<max(1, message.count) {
                let classes = Self.classes(message.value(at: index))
                if !classes.isEmpty { actions[message.name(at: index)] = classes }
            }
            facts.actions = actions
        case .core:
            facts.version = message["AsteriskVersion"]
            facts.systemName = message["SystemName"]
        case .setting(let setting): facts.settings[setting] = message["Value"] ?? ""
        // The items of a list come one by one; a refused list is an error.
        case .queues, .dialPlan: break
        }
    }

    private mutating func listed(_ id: String, _ item: Message) {
        switch open[id] {
        case .queues:
            if item.isTitled("QueueParams") {
                facts.queues = facts.queues ?? []
                facts.queues?.append(
                    .init(name: item["Queue"] ?? "", serviceLevel: item["ServiceLevel"].flatMap { Int($0) }))
            } else if item.isTitled("QueueMember"), facts.members.count < Self.membersKept {
                facts.members.append(
                    .init(
                        queue: item["Queue"] ?? "", name: item["Name"] ?? "", interface: item["Location"] ?? "",
                        stateInterface: item["StateInterface"] ?? "", membership: item["Membership"] ?? ""))
            }
        case .dialPlan:
            var plan = facts.dialPlan ?? DialPlanFacts(events: facts.way.notice.events)
            facts.dialPlan = nil
            plan.add(item)
            facts.dialPlan = plan
        default: break
        }
    }

    /// `List active conferences.  (Priv: system,reporting,all)` → `["reporting", "system"]`; `all` is not a class of a
    /// user.
    static func classes(_ description: String) -> [String] {
        guard let start = description.ranges(of: "(Priv: ").last, description.hasSuffix(")") else { return [] }
        return description[start.upperBound...].dropLast().split(separator: ",").map(String.init)
            .filter { $0 != "all" && $0 != "<none>" }.sorted()
    }

    // MARK: questions

    private mutating func begin(_ step: Step, at now: Moment, _ outputs: inout [Output]) {
        self.step = step
        switch step {
        case .pings: break
        case .actions:
            ask(Action("ListCommands"), .commands, at: now, &outputs)
            ask(Action("CoreSettings"), .core, at: now, &outputs)
        case .queues: ask(Action("QueueStatus"), .queues, isList: true, at: now, &outputs)
        case .dialPlan:
            if may("ShowDialPlan") { ask(Action("ShowDialPlan"), .dialPlan, isList: true, at: now, &outputs) }
        case .settings:
            guard may("Getvar") else { break }
            for setting in settingsToAsk() {
                let function = "AST_CONFIG(\(setting.file),\(setting.section),\(setting.key),-1)"
                ask(Action("Getvar", ["Variable": function]), .setting(setting), at: now, &outputs)
            }
        case .listening: listenUntil = (loggedInAt ?? now.uptime) + listening
        }
    }

    private mutating func proceed(at now: Moment, _ outputs: inout [Output]) {
        while !isOver, open.isEmpty, let step {
            if step == .pings, pingsLeft > 0 {
                pingsLeft -= 1
                ask(Action("Ping"), .ping(sent: now), at: now, &outputs)
            } else if let next = Step(rawValue: step.rawValue + 1) {
                begin(next, at: now, &outputs)
            } else {
                guard let listenUntil, now.uptime >= listenUntil || hasSeenEverything else { return }
                facts.listened = now.uptime - (loggedInAt ?? now.uptime)
                isOver = true
                outputs.append(.finished(facts))
            }
        }
    }

    private var hasSeenEverything: Bool {
        facts.hasBooted && Self.awaitedClasses.allSatisfy { facts.eventsSeen[$0] != nil }
    }

    /// If the list of actions is not known, the action is tried.
    private func may(_ action: String) -> Bool { facts.actions.map { $0[action] != nil } ?? true }

    private func settingsToAsk() -> [SwitchFacts.Setting] {
        var settings = ["enabled", "bindaddr", "timestampevents", "allowmultiplelogin", "disabledevents"].map {
            SwitchFacts.Setting("manager.conf", "general", $0)
        }
        if Self.isPlain(facts.way.username) {
            settings += ["read", "write", "deny", "acl", "eventfilter", "allowmultiplelogin"].map {
                .init("manager.conf", facts.way.username, $0)
            }
        }
        settings.append(.init("queues.conf", "general", "shared_lastcall"))
        for queue in (facts.queues ?? []).prefix(Self.queuesAsked) where Self.isPlain(queue.name) {
            settings += ["strategy", "ringinuse", "wrapuptime"].map { .init("queues.conf", queue.name, $0) }
        }
        return settings
    }

    /// Whether a name can be written in a function's arguments without being interpreted.
    private static func isPlain(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.count <= Limits.argumentBytes
            && name.unicodeScalars.allSatisfy {
                $0.properties.isAlphabetic || ("0"..."9").contains($0) || "_-.".unicodeScalars.contains($0)
            }
    }

    private mutating func ask(
        _ action: Action, _ question: Question, isList: Bool = false, at now: Moment, _ outputs: inout [Output]
    ) {
        var id: String?
        let handedOut = session.collect { id = try? $0.request(action, isList: isList, at: now.uptime.duration, $1) }
        if let id { open[id] = question }
        for output in handedOut { take(output, at: now, &outputs) }
    }
}
