import AMI
import Time

/// Judges a switch: a pure function from ``SwitchFacts`` to findings, what is in order, and what could not be checked.
public struct SwitchJudgement: Equatable, Sendable {
    public internal(set) var findings: [Finding] = []
    /// What was checked and is in order.
    public internal(set) var inOrder: [String] = []
    public internal(set) var unchecked: [Unchecked] = []

    let facts: SwitchFacts
    let now: UnixTime

    /// People renew a certificate, in office hours, with a change that must be approved.
    static let certificateWarning = Span.seconds(30 * 86_400)
    /// A supervisor would notice it on a board beside a clock.
    static let clockWarning = Span.seconds(1)
    /// Calls fall into other intervals of the day's figures.
    static let clockError = Span.seconds(60)

    public init(_ facts: SwitchFacts, at now: UnixTime) {
        self.facts = facts
        self.now = now
        judgeWay()
        judgeReadClasses()
        judgeWriteClasses()
        judgeLogins()
        judgeTimeStamps()
        judgeClock()
        judgeVersion()
        judgeName()
        judgeQueues()
        judgeMembers()
        judgeWrapUp()
        judgeQueueStatus()
        if facts.canReadManagerSettings {
            unchecked.append(
                .init(
                    "whether the running switch has what its files say",
                    why:
                        "manager.conf and queues.conf were read from its disk; AMI does not report when they were last reloaded."
                ))
        }
        unchecked.append(
            .init(
                "deny and permit of other users, firewalls, who else knows this secret",
                why: "AMI does not report them. Check manager.conf and the network yourself."))
        // Worst first; within one severity in the order of judging.
        findings = Finding.Severity.allCases.flatMap { severity in findings.filter { $0.severity == severity } }
    }

    /// Whether there are findings that need action.
    public var isSerious: Bool { findings.contains { $0.severity != .notice } }

    mutating func find(_ severity: Finding.Severity, _ code: String, _ seen: String, why: String, change: String) {
        findings.append(Finding(severity, code, seen: seen, why: why, change: change))
    }

    var user: String { facts.way.username }

    /// `a, b, c and 4 more`
    func listed(_ texts: [String], most: Int = Limits.listedNames) -> String {
        texts.count <= most
            ? texts.joined(separator: ", ")
            : texts.prefix(most).joined(separator: ", ") + " and \(texts.count - most) more"
    }

    // MARK: the way to the switch

    private mutating func judgeWay() {
        let way = facts.way
        if way.isEncrypted {
            inOrder.append("TLS")
            if let expires = way.certificateExpires, expires - now < Self.certificateWarning {
                find(
                    .warning, "certificate-expires",
                    "The certificate of “\(way.certificate ?? "")” is valid until \(expires) only.",
                    why: "From then on the gateway refuses the switch, and nothing is counted.",
                    change: "manager.conf: tlscertfile, tlsprivatekey: renew it, then `module reload manager`")
            }
            if let bind = facts.general("bindaddr"), !bind.hasPrefix("127."), bind != "::1", !way.isLoopback {
                find(
                    .notice, "plain-port-open", "Besides TLS the plain port listens on \(bind).",
                    why:
                        "Anybody who reaches it may try secrets there, and other clients may still use it unencrypted.",
                    change: "manager.conf: [general] bindaddr = 127.0.0.1 (tlsbindaddr stays)")
            }
        } else {
            let isSecretPlain = way.login == .plain
            find(
                way.isLoopback ? .notice : isSecretPlain ? .error : .warning, "no-tls",
                "The link is not encrypted\(way.isLoopback ? " (it does not leave this machine)" : "").",
                why: isSecretPlain
                    ? "The secret itself goes over the wire, with every caller's number and name."
                    : "Every caller's number and name goes over the wire, and anybody on the way can add or drop events.",
                change:
                    "manager.conf: [general] tlsenable = yes, tlsbindaddr = 0.0.0.0:5039, tlscertfile = …, tlsprivatekey = …; centralino.toml: tls = true, port = 5039, ca_file"
            )
        }
        if way.login == .plain {
            find(
                way.isEncrypted || way.isLoopback ? .notice : .error, "plain-login",
                "The login sends the secret as it is.",
                why: "With the challenge of MD5 it would not leave this machine.",
                change: "centralino.toml: login = \"md5\" (the default)")
        }
    }

    // MARK: time

    private mutating func judgeTimeStamps() {
        let change = "manager.conf: [general] timestampevents = yes, then `manager reload`"
        let why = "Waits and talk times are then those of the receipt: a slow network or a busy switch falsifies them."
        let setting = facts.general("timestampevents")
        if facts.eventsStamped > 0 {
            inOrder.append("timestampevents")
        } else if facts.eventsUnstamped > 0 {
            let isOnDisk = setting.map(isTrue) ?? false
            find(
                .warning, "no-timestamps",
                "\(facts.eventsUnstamped) events came without a time stamp\(isOnDisk ? ", though manager.conf on the disk asks for them" : "").",
                why: why, change: change)
        } else if facts.canReadManagerSettings {
            if setting.map(isTrue) ?? false {
                inOrder.append("timestampevents (in the file)")
            } else {
                find(.warning, "no-timestamps", "timestampevents is \(setting ?? "not set").", why: why, change: change)
            }
        } else {
            unchecked.append(
                .init(
                    "timestampevents",
                    why: "no event came in \(seconds(facts.listened)) s; try again while calls are under way."))
        }
    }

    private mutating func judgeClock() {
        guard let clock = facts.clock else {
            return unchecked.append(.init("the switch's clock", why: "its answers to Ping have no time."))
        }
        let apart = abs(clock.offset.microseconds) - clock.uncertainty.microseconds
        guard apart > Self.clockWarning.microseconds else { return inOrder.append("clock") }
        find(
            apart > Self.clockError.microseconds ? .error : .warning, "clock-skew",
            "The switch's clock is \(seconds(clock.offset)) s \(clock.offset > .zero ? "ahead of" : "behind") this machine's (± \(seconds(clock.uncertainty)) s).",
            why:
                "Records carry the switch's time, everything else ours: calls fall into the wrong interval, and logs cannot be compared.",
            change: "on the machine whose clock is wrong: timedatectl set-ntp true")
    }

    func seconds(_ span: Span) -> String {
        let milliseconds = (abs(span.microseconds) + 500) / 1000
        let fraction = String(milliseconds % 1000)
        return "\(milliseconds / 1000).\(String(repeating: "0", count: 3 - fraction.count))\(fraction)"
    }

    // MARK: the switch itself

    private mutating func judgeVersion() {
        guard let version = facts.version else {
            return unchecked.append(
                .init("the version of Asterisk", why: "CoreSettings is refused: write = reporting is missing."))
        }
        guard let cuts = Self.cutsMessages(version) else {
            return unchecked.append(
                .init("what version “\(version)” does with slow readers", why: "it is not a release number."))
        }
        guard cuts else { return inOrder.append("version") }
        find(
            .warning, "truncates-messages",
            "Asterisk \(version) continues in the middle of a message if it could not write to a client in time.",
            why:
                "Events are lost without notice. The gateway sees the damage and asks for the inventory again; the events in between are missing.",
            change: "upgrade to 16.26, 18.12, 20.0 or later; until then manager.conf: [\(user)] writetimeout = 5000")
    }

    /// Fixed in 16.26, 18.12 and 20.0 (`main/manager.c` ends the session instead). nil if the text is not a version.
    static func cutsMessages(_ version: String) -> Bool? {
        let numbers = version.split { !$0.isASCII || !$0.isNumber }.prefix(2).compactMap { Int($0) }
        guard version.first?.isNumber == true, let major = numbers.first else { return nil }
        let minor = numbers.count > 1 ? numbers[1] : 0
        switch major {
        case 16: return minor < 26
        case 18: return minor < 12
        default: return major < 20
        }
    }

    private mutating func judgeName() {
        guard facts.way.switches > 1 else { return }
        guard let name = facts.systemName else {
            return unchecked.append(.init("systemname", why: "CoreSettings is refused: write = reporting is missing."))
        }
        guard name.isEmpty else { return inOrder.append("systemname") }
        find(
            .warning, "no-systemname",
            "The switch has no systemname, and \(facts.way.switches) switches are configured.",
            why:
                "Identifiers of calls of two switches can be equal: the gateway keeps them apart, but logs, CDRs and recordings do not.",
            change: "asterisk.conf: [options] systemname = a-name-of-its-own, then restart Asterisk")
    }
}
