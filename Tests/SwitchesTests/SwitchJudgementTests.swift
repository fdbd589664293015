import AMI
import Switches
import Telephony
import Testing
import Time

@Suite("The findings about a switch")
struct SwitchJudgementTests {
    static let now = UnixTime(seconds: 1_795_555_303)

    /// A switch without a fault that was fully seen.
    static var sound: SwitchFacts {
        var facts = SwitchFacts(
            way: .init(username: "cti", isEncrypted: true, isLoopback: false, port: 5039, switches: 2))
        facts.amiVersion = "11.0.0"
        facts.version = "22.10.1"
        facts.systemName = "roma"
        facts.clock = .init(offset: .milliseconds(20), roundTrip: .milliseconds(2))
        facts.actions = ["CoreSettings": ["reporting", "system"], "ConfbridgeListRooms": ["reporting"]]
        facts.hasBooted = true
        facts.eventsSeen = ["call": 9, "agent": 4, "user": 1]
        facts.eventsStamped = 14
        for (section, key, value) in [
            ("general", "enabled", "yes"), ("cti", "read", "system,call,agent,user"), ("cti", "write", "reporting"),
            ("cti", "deny", "0.0.0.0/0"),
        ] { facts.settings[.init("manager.conf", section, key)] = value }
        facts.settings[.init("queues.conf", "info", "strategy")] = "ringall"
        facts.settings[.init("queues.conf", "info", "ringinuse")] = "no"
        facts.queues = [.init(name: "info", serviceLevel: 20)]
        facts.members = [.init(queue: "info", name: "Anna", interface: "PJSIP/1001", stateInterface: "PJSIP/1001")]
        facts.dialPlan = plan("Queue|info,t", "UserEvent|FineCoda,Coda: ${QUEUENAME},Stato: ${QUEUESTATUS}")
        return facts
    }

    /// The priorities of one extension, `application|data`; `context/extension: …` begins another.
    static func plan(_ lines: String...) -> DialPlanFacts {
        var plan = DialPlanFacts(events: ["FineCoda"])
        var place = ["in", "1"]
        var priority = 0
        for line in lines {
            if line.hasSuffix(":") {
                place = line.dropLast().split(separator: "/").map(String.init)
                priority = 0
                continue
            }
            priority += 1
            let parts = line.split(separator: "|", maxSplits: 1)
            var framer = Framer(role: .client)
            let text =
                "x\r\nEvent: ListDialplan\r\nContext: \(place[0])\r\nExtension: \(place[1])\r\nPriority: \(priority)\r\nApplication: \(parts[0])\r\nAppData: \(parts.count > 1 ? parts[1] : "")\r\n\r\n"
            framer.receive(Array(text.utf8)) { if case .message(let item) = $0 { plan.add(item) } }
        }
        return plan
    }

    private func judged(_ change: (inout SwitchFacts) -> Void) -> SwitchJudgement {
        var facts = Self.sound
        change(&facts)
        return SwitchJudgement(facts, at: Self.now)
    }

    @Test("are none if nothing is wrong, except for what every user can read")
    func sound() {
        let judgement = judged { _ in }
        #expect(judgement.findings.map(\.code) == ["files-readable"])
        #expect(!judgement.isSerious)
        #expect(
            judgement.inOrder == [
                "TLS", "read classes", "write classes", "deny and permit", "timestampevents", "clock", "version",
                "systemname", "members",
                "queue status in the dial plan",
            ])
        #expect(
            judgement.unchecked.map(\.what) == [
                "whether the running switch has what its files say",
                "deny and permit of other users, firewalls, who else knows this secret",
            ])
    }

    struct Fault: CustomTestStringConvertible, Sendable {
        var code: String
        var severity: Finding.Severity
        /// A part of the line to change.
        var line: String
        var change: @Sendable (inout SwitchFacts) -> Void
        var testDescription: String { "\(code) \(line)" }

        init(
            _ severity: Finding.Severity, _ code: String, _ line: String,
            _ change: @escaping @Sendable (inout SwitchFacts) -> Void
        ) {
            self.severity = severity
            self.code = code
            self.line = line
            self.change = change
        }
    }

    private static func set(_ file: String, _ section: String, _ key: String, _ value: String?)
        -> @Sendable (inout SwitchFacts) -> Void
    {
        { $0.settings[.init(file, section, key)] = value }
    }

    private static func member(
        _ name: String, _ interface: String, _ state: String, in queue: String = "info", _ how: String = "static"
    )
        -> @Sendable (inout SwitchFacts) -> Void
    {
        {
            $0.members.append(
                .init(queue: queue, name: name, interface: interface, stateInterface: state, membership: how))
        }
    }

    static let faults: [Fault] = [
        Fault(.warning, "no-tls", "tlsenable = yes") { $0.way.isEncrypted = false },
        Fault(.error, "no-tls", "tls = true") { ($0.way.isEncrypted, $0.way.login) = (false, .plain) },
        Fault(.notice, "no-tls", "tls = true") { ($0.way.isEncrypted, $0.way.isLoopback) = (false, true) },
        Fault(.error, "plain-login", "login = \"md5\"") { ($0.way.isEncrypted, $0.way.login) = (false, .plain) },
        Fault(.notice, "plain-login", "login = \"md5\"") { $0.way.login = .plain },
        Fault(.warning, "certificate-expires", "tlscertfile") {
            $0.way.certificateExpires = now + .seconds(29 * 86_400)
        },
        Fault(
            .notice, "plain-port-open", "bindaddr = 127.0.0.1", set("manager.conf", "general", "bindaddr", "0.0.0.0")),
        Fault(.error, "read-missing", "[cti] read = system,call,agent,user") {
            $0.settings[.init("manager.conf", "cti", "read")] = "system,agent,user"
            $0.eventsSeen["call"] = nil
        },
        Fault(.warning, "read-missing", "read = system,call,agent,user") {
            $0.settings[.init("manager.conf", "cti", "read")] = "system, call, agent"
            $0.eventsSeen["user"] = nil
        },
        Fault(.warning, "no-fullybooted", "read = system") { $0.hasBooted = false },
        Fault(.warning, "read-dtmf", "read = system", set("manager.conf", "cti", "read", "all")),
        Fault(.warning, "read-dtmf", "read = system") { $0.eventsSeen["dtmf"] = 1 },
        Fault(.notice, "read-more", "read = system", set("manager.conf", "cti", "read", "system,call,agent,user,cdr")),
        Fault(.error, "write-dangerous", "write = reporting") { $0.actions?["Originate"] = ["originate"] },
        Fault(.error, "write-dangerous", "write = reporting") { $0.actions?["Command"] = ["command"] },
        Fault(.warning, "write-more", "write = reporting") { $0.actions?["QueuePause"] = ["agent"] },
        Fault(.warning, "write-missing", "write = reporting") { $0.actions = [:] },
        Fault(
            .warning, "one-login", "allowmultiplelogin = yes",
            set("manager.conf", "general", "allowmultiplelogin", "no")),
        Fault(.warning, "no-acl", "[cti] deny", set("manager.conf", "cti", "deny", nil)),
        Fault(
            .warning, "events-filtered", "[cti] eventfilter",
            set("manager.conf", "cti", "eventfilter", "!Event: Hangup")),
        Fault(
            .warning, "events-filtered", "disabledevents",
            set("manager.conf", "general", "disabledevents", "Newchannel")),
        Fault(.warning, "no-timestamps", "timestampevents = yes") { ($0.eventsStamped, $0.eventsUnstamped) = (0, 3) },
        Fault(.warning, "no-timestamps", "timestampevents = yes") { $0.eventsStamped = 0 },
        Fault(.warning, "clock-skew", "timedatectl") { $0.clock?.offset = .seconds(-3) },
        Fault(.error, "clock-skew", "timedatectl") { $0.clock?.offset = .seconds(3600) },
        Fault(.warning, "truncates-messages", "writetimeout") { $0.version = "16.25.3" },
        Fault(.warning, "no-systemname", "asterisk.conf: [options] systemname") { $0.systemName = "" },
        Fault(.warning, "no-queues", "queues.conf") { ($0.queues, $0.members) = ([], []) },
        Fault(.warning, "unknown-queue", "(info)") {
            ($0.way.switches, $0.way.thresholds) = (1, [QueueName("infoo"): .seconds(20)])
        },
        Fault(.notice, "queue-without-members", "[reclami] member") {
            $0.queues?.append(.init(name: "reclami", serviceLevel: 20))
        },
        Fault(.notice, "service-level-differs", "threshold_seconds = 20") { $0.way.threshold = .seconds(30) },
        Fault(.notice, "ringinuse", "[info] ringinuse = no", set("queues.conf", "info", "ringinuse", "yes")),
        Fault(.notice, "ringinuse", "[info] ringinuse = no", set("queues.conf", "info", "ringinuse", nil)),
        Fault(
            .warning, "local-without-device", "Local/9@x/n,0,Bea,PJSIP/…", member("Bea", "Local/9@x/n", "Local/9@x/n")),
        Fault(.notice, "local-without-n", "member => Local/9@x/n,0,Bea,PJSIP/9", member("Bea", "Local/9@x", "PJSIP/9")),
        Fault(
            .notice, "local-without-n", "AddQueueMember(info,Local/9@x/n,,,Bea,PJSIP/9)",
            member("Bea", "Local/9@x", "PJSIP/9", "dynamic")),
        Fault(.warning, "realtime-members", "QueueAdd", member("Bea", "PJSIP/9", "PJSIP/9", in: "info", "realtime")),
        Fault(.warning, "same-name", "PJSIP/9", member("Anna", "PJSIP/9", "PJSIP/9")),
        Fault(.warning, "several-names", "PJSIP/1001", member("A. Rossi", "PJSIP/1001", "PJSIP/1001", in: "reclami")),
        Fault(.warning, "wrap-up-not-shared", "shared_lastcall = yes") {
            set("queues.conf", "info", "wrapuptime", "10")(&$0)
            member("Anna", "PJSIP/1001", "PJSIP/1001", in: "reclami")(&$0)
        },
        Fault(.warning, "no-queue-status", "UserEvent(FineCoda,Coda: ${QUEUENAME},Stato: ${QUEUESTATUS})") {
            $0.dialPlan = plan("Queue|info", "Hangup")
        },
        Fault(.warning, "queue-status-without-status", "Stato") {
            $0.dialPlan = plan("Queue|info", "UserEvent|FineCoda,Coda: ${QUEUENAME}", "Hangup")
        },
        // The second queue overwrites what became of the caller in the first.
        Fault(.warning, "queue-status-missing", "extensions.conf") {
            $0.dialPlan = plan("Queue|info", "Queue|reclami", "UserEvent|FineCoda,Stato: ${QUEUESTATUS}", "Hangup")
        },
        Fault(.warning, "queue-status-missing", "extensions.conf") {
            $0.dialPlan = plan(
                "Queue|info", "UserEvent|FineCoda,Stato: ${QUEUESTATUS}", "in/2:", "Queue|info", "Hangup")
        },
    ]

    @Test("name the fault, its severity, and the line to change", arguments: faults)
    func fault(fault: Fault) throws {
        let judgement = judged(fault.change)
        let finding = try #require(
            judgement.findings.first { $0.code == fault.code }, "\(judgement.findings.map(\.code))")
        #expect(finding.severity == fault.severity)
        #expect(finding.change.contains(fault.line), "\(finding.change)")
        #expect(judgement.isSerious == judgement.findings.contains { $0.severity != .notice })
        let expected = Self.companions["\(fault.severity) \(fault.code)"] ?? []
        #expect(Set(judgement.findings.map(\.code)) == Set([fault.code, "files-readable"] + expected))
        #expect(
            judgement.findings.map(\.severity)
                == judgement.findings.map(\.severity).sorted { Self.rank($0) < Self.rank($1) }, "worst first"
        )
    }

    /// Faults that cannot occur alone.
    static let companions = [
        "error no-tls": ["plain-login"], "error plain-login": ["no-tls"],
    ]

    private static func rank(_ severity: Finding.Severity) -> Int {
        Finding.Severity.allCases.firstIndex(of: severity)!
    }

    @Test("do not include near misses: a version, an offset, a certificate at the limit")
    func borders() {
        for version in ["16.26.0", "18.12.1", "20.0.0", "22.10.1+dfsg", "21.0.0"] {
            #expect(
                !judged { $0.version = version }.findings.contains { $0.code == "truncates-messages" }, "\(version)")
        }
        for version in ["13.38.3", "16.25.0", "17.9.4", "18.11.0", "19.8.0"] {
            #expect(judged { $0.version = version }.findings.contains { $0.code == "truncates-messages" }, "\(version)")
        }
        #expect(judged { $0.version = "GIT-master-1234" }.unchecked.contains { $0.what.contains("GIT-master") })
        #expect(
            judged { $0.clock = .init(offset: .seconds(3), roundTrip: .seconds(4)) }.inOrder.contains("clock"),
            "it may be right")
        #expect(judged { $0.way.certificateExpires = Self.now + .seconds(31 * 86_400) }.findings.count == 1)
        #expect(judged { $0.settings[.init("queues.conf", "general", "shared_lastcall")] = "yes" }.findings.count == 1)
    }

    @Test("are unknown, and not in order, for what could not be asked")
    func unknown() {
        let judgement = SwitchJudgement(
            SwitchFacts(way: .init(username: "cti", isEncrypted: true, isLoopback: false, port: 5039, switches: 2)),
            at: Self.now)
        #expect(judgement.inOrder == ["TLS"])
        #expect(judgement.findings.map(\.code) == ["no-fullybooted"])
        #expect(
            judgement.unchecked.map(\.what) == [
                "read classes system, call, agent, user", "write classes",
                "allowmultiplelogin, deny and permit, eventfilter, disabledevents",
                "timestampevents", "the switch's clock", "the version of Asterisk", "systemname", "queues and members",
                "whether the dial plan reports what became of a caller",
                "deny and permit of other users, firewalls, who else knows this secret",
            ])
    }

    @Test("prefer live events to files: a class whose event came is granted")
    func liveFirst() {
        let judgement = judged { $0.settings[.init("manager.conf", "cti", "read")] = "system" }
        #expect(!judgement.findings.contains { $0.code == "read-missing" })
        #expect(judgement.inOrder.contains("read classes"))
    }
}

@Suite("The dial plan around queues")
struct DialPlanFactsTests {
    @Test("reports what became of a caller if the event comes after Queue(), or where it continues")
    func told() {
        func places(_ plan: DialPlanFacts) -> [String] { plan.untold.map { "\($0.place)" } }
        let event = "UserEvent|FineCoda,Coda: ${QUEUENAME},Stato: ${QUEUESTATUS}"
        #expect(
            places(SwitchJudgementTests.plan("Queue|a,t,,,${IF($[\"${X}\"=\"\"]?90:${X})}", "Playback|x", event)) == [])
        #expect(places(SwitchJudgementTests.plan("Queue|a", "Goto|dopo,s,1", "dopo/s:", event)) == [])
        #expect(
            places(SwitchJudgementTests.plan("Queue|a", "Goto|altrove,s,1", "dopo/s:", event)) == ["[in] exten => 1,1"])
        #expect(
            places(SwitchJudgementTests.plan("Queue|a", "GotoIf|$[1]?x", "Hangup")) == [],
            "nobody can say without running it")
        #expect(
            places(SwitchJudgementTests.plan("Answer", "Queue|a", "Hangup", "in/2:", event)) == ["[in] exten => 1,2"])
        #expect(
            places(SwitchJudgementTests.plan("Queue|a", "UserEvent|Altro,Stato: ${QUEUESTATUS}")) == [
                "[in] exten => 1,1"
            ])
    }

    @Test("is read with its queues and headers, also with commas in brackets")
    func parts() {
        let plan = SwitchJudgementTests.plan(
            "Queue|a b,tT", "UserEvent|FineCoda,Coda: ${IF($[1]?x,y)},Stato:${QUEUESTATUS}")
        #expect(plan.queueCalls.map(\.queue) == ["a b"])
        #expect(plan.notices.map(\.headers) == [["Coda": "${IF($[1]?x,y)}", "Stato": "${QUEUESTATUS}"]])
        #expect(plan.priorities == 2)
    }
}
