import ACD
import AMI
import Figures
import Foundation
import Core
import Edges
import Gateway
import Numbering
import Switches
import TLS
import TOMLKit
import Telephony
import Time
import Webhook

/// The configuration file: the gateway's own settings, and what only the host needs to know.
struct ProgramConfiguration {
    var gateway = Configuration()
    var storePath: String?
    var journalDirectory: String?
    var journal = JournalSettings()
    /// How long the audit is kept. Contact records with a party in them are kept as long by default: whoever is in one
    /// may ask who has seen it (`domain.md` §8.1, §8.3).
    var auditMonths = 24
    var log = LogSettings()
    /// Whether the file says where they are kept, or that they are: otherwise the store has its default place, and no
    /// journal is kept.
    var (isStoreConfigured, isJournalConfigured) = (false, false)
    var retention = RetentionRules()
    /// The lines of the configuration that name the two places.
    var (storeLine, journalLine) = (1, 1)
    var internalPlan = InternalPlan()
    var trunkRule = TrunkRule.default
    var deliveries: [DeliveryTarget] = []
    /// Of the listeners that speak TLS.
    var certificates: [ClientPort: CertificateFiles] = [:]
    /// Settings that work, but perhaps not as intended; with their lines.
    var warnings: [ConfigurationReader.Fault] = []

    /// A system that receives every closed contact record.
    struct DeliveryTarget: Equatable {
        var name: String
        var url: String
        /// `whsec_…`: the receiver verifies our signature with it.
        var secret: Configuration.Secret
    }

    struct Faults: Error, CustomStringConvertible {
        var path: String
        var list: [ConfigurationReader.Fault]

        /// `file:line: what is wrong`, one line each, in the file's order.
        var description: String { list.map { "\(path):\($0)" }.joined(separator: "\n") }
    }

    /// Reads and checks the file; connects to nothing. Paths in it are relative to its folder.
    static func load(_ path: String, environment: [String: String] = ProcessInfo.processInfo.environment) throws(Faults)
        -> ProgramConfiguration
    {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw Faults(
                path: path,
                list: [.init(line: 1, text: "the file cannot be read. Give the path of a configuration with --config.")]
            )
        }
        guard let text = String(data: data, encoding: .utf8) else {
            let lines = data.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            let line = lines.firstIndex { String(data: $0, encoding: .utf8) == nil } ?? 0
            throw Faults(path: path, list: [.init(line: line + 1, text: "this is not UTF-8. Save the file as UTF-8.")])
        }
        return try parse(text, path: path, environment: environment)
    }

    static func parse(_ text: String, path: String, environment: [String: String] = [:]) throws(Faults)
        -> ProgramConfiguration
    {
        let table: TOMLTable
        do {
            table = try TOMLTable(string: text)
        } catch let error as TOMLParseError {
            throw Faults(
                path: path, list: [.init(line: error.source.begin.line, text: "this is not TOML: \(error.description)")]
            )
        } catch {
            throw Faults(path: path, list: [.init(line: 1, text: "this is not TOML: \(error)")])
        }
        let faults = ConfigurationReader.Faults()
        let folder = (path as NSString).deletingLastPathComponent
        let root = ConfigurationReader(table, lines: TOMLLines(text), faults: faults)
        var configuration = ProgramConfiguration(
            root,
            secrets: SecretReader(configuration: path, folder: folder.isEmpty ? "." : folder, environment: environment))
        guard faults.list.isEmpty else { throw Faults(path: path, list: faults.list.sorted { $0.line < $1.line }) }
        configuration.warnings = faults.warnings.sorted { $0.line < $1.line }
        return configuration
    }

    init() {}

    private init(_ root: ConfigurationReader, secrets: SecretReader) {
        let common = readCertificate(root.table("tls"), secrets)
        let http = root.table("http")
        readProxies(http)
        readOrigins(http)
        gateway.http = readListener(.http, http, common, secrets, default: gateway.http)
        let desks = root.table("desks")
        gateway.deskToken = secrets.secret("token", desks)
        gateway.desks = readListener(.desks, desks, common, secrets, default: gateway.desks)
        let wallboards = root.table("wallboards")
        gateway.wallboardToken = secrets.secret("token", wallboards)
        if let agents = wallboards.choice("agents", of: WallboardAgents.self) { gateway.namesAgents = agents == .named }
        gateway.wallboards = readListener(.wallboards, wallboards, common, secrets, default: gateway.wallboards)

        let store = root.table("store")
        storePath = secrets.path(store.text("path") ?? "centralino.sqlite")
        storeLine = store.line("path")
        isStoreConfigured = store.has("path")
        retention = RetentionRules(store)
        store.refuseTheRest()
        let audit = root.table("audit")
        if let months = audit.integer("keep_months", in: 1...240) { auditMonths = months }
        audit.refuseTheRest()
        let signIn = root.table("sign_in")
        if let minutes = signIn.integer("idle_minutes", in: 1...1440) {
            gateway.sessions.idle = .seconds(Int64(minutes) * 60)
        }
        if let hours = signIn.integer("hours", in: 1...168) {
            gateway.sessions.absolute = .seconds(Int64(hours) * 3600)
        }
        signIn.refuseTheRest()
        let kept = root.table("journal")
        if let directory = kept.text("directory") { journalDirectory = secrets.path(directory) }
        journalLine = kept.line("directory")
        isJournalConfigured = journalDirectory != nil
        journal = JournalSettings(kept, isOnHold: retention.isOnHold)
        kept.refuseTheRest()

        log = LogSettings(root.table("log"))

        let numbers = root.table("numbers")
        if let rule = numbers.text("trunk") {
            if let known = Self.trunkRules[rule] {
                trunkRule = known
            } else {
                numbers.fault(
                    "trunk", "“trunk” must be one of: \(Self.trunkRules.keys.sorted().joined(separator: ", ")).")
            }
        }
        for range in numbers.texts("internal") ?? [] {
            let ends = range.split(separator: "-").compactMap { Int($0) }
            if ends.count == 2, ends[0] <= ends[1] {
                internalPlan.ranges.append(ends[0]...ends[1])
            } else {
                numbers.fault("internal", "“\(range)” is not a range of extensions like \"1000-1999\".")
            }
        }
        numbers.refuseTheRest()

        let level = root.table("service_level")
        gateway.queueDefaults = Self.settings(level, gateway.queueDefaults)
        level.refuseTheRest()
        readStatistics(root.table("statistics"))
        readCalendar(root.table("calendar"))
        readOrganisation(root)
        var names: Set<String> = []
        for entry in root.tables("switches") { readSwitch(entry, secrets, &names) }
        for entry in root.tables("webhooks") { readWebhook(entry, secrets, &names) }
        for entry in root.tables("queues") { readQueue(entry, names) }
        readAgents(root.tables("agents"), secrets)
        readDeliveries(root.tables("deliveries"), secrets)
        if gateway.switches.isEmpty, gateway.webhooks.isEmpty {
            root.fault(nil, "no switch is configured: add [[switches]] or [[webhooks]].")
        }
        refuseOpenDoors(root)
        root.refuseTheRest()
    }

    // MARK: parts

    private mutating func readSwitch(_ entry: ConfigurationReader, _ secrets: SecretReader, _ names: inout Set<String>)
    {
        let name = entry.requiredText("name", "a short name for records and figures")
        let host = entry.requiredText("host", "the address of Asterisk's manager (bindaddr in manager.conf)")
        let security = readSecurity(entry, host: host, secrets)
        let port = entry.integer("port", in: 1...65535) ?? (security == .plain ? 5038 : 5039)
        let username = entry.requiredText("username", "the [user] of manager.conf")
        let secret = secrets.secret("secret", entry)
        if secret == nil { entry.fault(nil, "the secret is missing: give secret_file (recommended) or secret_env.") }
        var method = Session.Method.md5
        if let login = entry.text("login") {
            if let known = Session.Method(rawValue: login) {
                method = known
            } else {
                entry.fault("login", "“login” must be \"md5\" or \"plain\".")
            }
        }
        let status = entry.table("queue_status")
        var notice = AsteriskTranslator.QueueStatusNotice()
        if let events = status.texts("events") { notice.events = events }
        if let header = status.text("queue_header") { notice.queueHeader = header }
        if let header = status.text("status_header") { notice.statusHeader = header }
        status.refuseTheRest()
        let survey = entry.table("survey")
        var answers = AsteriskTranslator.SurveyNotice()
        if let event = survey.text("event") { answers.event = event }
        if let header = survey.text("answer_header") { answers.answerHeader = header }
        survey.refuseTheRest()
        let presentation =
            entry.texts("presentation_variables").map { AsteriskTranslator.PresentationNotice(variables: $0) }
            ?? .init()
        let lines = LineRule(trunks: entry.texts("trunks") ?? [])
        entry.refuseTheRest()
        let isFirst = name.map { isNew($0, entry, &names) } ?? false
        guard let name, let host, let username, let secret, isFirst else { return }
        gateway.switches.append(
            .init(
                name: SwitchID(name), address: .init(host: host, port: port, security: security), secret: secret.value,
                link: .init(
                    username: username, isChallenged: method == .md5, notice: notice, survey: answers, lines: lines,
                    presentation: presentation)))
    }

    /// `tls`, and the keys that only make sense with it.
    private func readSecurity(_ entry: ConfigurationReader, host: String?, _ secrets: SecretReader)
        -> Configuration.Endpoint.Security
    {
        let isOn = entry.boolean("tls") ?? false
        let caFile = entry.text("ca_file").map(secrets.path)
        let serverName = entry.text("server_name") ?? host ?? ""
        guard isOn else {
            for key in ["ca_file", "server_name"] where entry.text(key) != nil {
                entry.fault(key, "“\(key)” means nothing without tls = true.")
            }
            return .plain
        }
        do throws(TLSError) {
            let context = try Context.client(authorities: caFile.map(Context.Authorities.file) ?? .system)
            if host != nil { _ = try TLS.Session(client: context, serverName: serverName) }
        } catch {
            if case .notAServerName = error {
                entry.fault("server_name", "\(error)")
            } else {
                entry.fault("ca_file", "\(error)")
            }
        }
        return .tls(serverName: serverName, caFile: caFile)
    }

    /// Applies to one switch, or to every switch that has the queue.
    private mutating func readQueue(_ entry: ConfigurationReader, _ switches: Set<String>) {
        let alarms = readAlarms(entry.tables("alarms"))
        let name = entry.requiredText("name", "the queue's name on the switch").map { QueueName($0) }
        let owner = entry.text("switch")
        let settings = Self.settings(entry, gateway.queueDefaults)
        entry.refuseTheRest()
        if let owner, !switches.contains(owner) {
            let known = switches.sorted().map { "“\($0)”" }.joined(separator: ", ")
            return entry.fault(
                "switch",
                "There is no switch “\(owner)” ([[switches]] or [[webhooks]] name)\(known.isEmpty ? "" : ": \(known)")."
            )
        }
        guard let name else { return }
        let isTaken =
            owner.map { gateway.queuesBySwitch[SwitchID($0)]?.settings[name] != nil } ?? (gateway.queues[name] != nil)
        if isTaken { entry.fault("name", "“\(name)” has settings already: put them together.") }
        if let owner {
            gateway.queuesBySwitch[SwitchID(owner), default: .init()].settings[name] = settings
            if !alarms.isEmpty { gateway.queuesBySwitch[SwitchID(owner)]?.alarms[name] = alarms }
        } else {
            gateway.queues[name] = settings
            if !alarms.isEmpty { gateway.alarms[name] = alarms }
        }
    }

    private mutating func readWebhook(_ entry: ConfigurationReader, _ secrets: SecretReader, _ names: inout Set<String>)
    {
        let name = entry.requiredText("name", "the last part of the address: POST /v1/webhooks/{name}")
        let secret = secrets.requiredSigningSecret(entry)
        let previous = secrets.signingSecret("previous_secret", entry)
        if let name, !name.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_") }) {
            entry.fault("name", "“\(name)” becomes part of an address: use letters, digits, - and _ only.")
        }
        entry.refuseTheRest()
        let isFirst = name.map { isNew($0, entry, &names) } ?? false
        guard let name, let secret, isFirst else { return }
        gateway.webhooks.append(.init(name: SwitchID(name), secrets: [secret] + (previous.map { [$0] } ?? [])))
    }

    private mutating func readDeliveries(_ entries: [ConfigurationReader], _ secrets: SecretReader) {
        for entry in entries {
            let name = entry.requiredText("name", "a short name for the log")
            let url = entry.requiredText("url", "where records are posted to, e.g. \"https://crm.example/contacts\"")
            let secret = secrets.requiredSigningSecret(entry)
            if let url, !url.hasPrefix("https://"),
                !["127.0.0.1", "localhost"].contains(where: {
                    url.hasPrefix("http://\($0)/") || url.hasPrefix("http://\($0):")
                })
            {
                entry.fault(
                    "url",
                    "records hold callers' numbers: the address must begin with https:// (http:// only to this machine)."
                )
            }
            entry.refuseTheRest()
            guard let name, let url, let secret else { continue }
            if deliveries.contains(where: { $0.name == name }) {
                entry.fault("name", "“\(name)” names another delivery already.")
            }
            deliveries.append(DeliveryTarget(name: name, url: url, secret: secret))
            gateway.deliveries.append(name)
        }
    }

    private func isNew(_ name: String, _ entry: ConfigurationReader, _ names: inout Set<String>) -> Bool {
        guard names.insert(name).inserted else {
            entry.fault("name", "“\(name)” names another switch already; records would be mixed up.")
            return false
        }
        return true
    }

    /// Seats and telephones of one person.
    private static let membersPerAgent = 32

    private mutating func readAgents(_ entries: [ConfigurationReader], _ secrets: SecretReader) {
        // Includes the names that an agent has beside the interface.
        var interfaces: [String: [SwitchID?]] = [:]
        func isTaken(_ name: String, on own: SwitchID?) -> Bool {
            interfaces[name, default: []].contains { $0 == nil || own == nil || $0 == own }
        }
        let switches = gateway.switches.map(\.name) + gateway.webhooks.map(\.name)
        for entry in entries {
            let interface = entry.requiredText("interface", "the device that the queue rings, e.g. \"PJSIP/1001\"")
            let name = entry.text("name") ?? interface ?? ""
            let id = entry.text("id") ?? name
            if entry.text("id") != nil, gateway.agents.contains(where: { $0.id == id }) {
                entry.fault("id", "“\(id)” is another agent's id already.")
            }
            let token = secrets.secret("token", entry)
            if let token, !token.value.isEmpty,
                let other = gateway.agents.first(where: { $0.token?.value == token.value })
            {
                entry.fault(
                    nil,
                    "this agent has the token of “\(other.name)”: its holder would be admitted as either. Give each a token of its own."
                )
            }
            let own = entry.text("switch").map { SwitchID($0) }
            if let own, !switches.contains(own) {
                entry.fault("switch", "There is no switch “\(own)” ([[switches]] or [[webhooks]] name).")
            }
            let members = entry.texts("members") ?? []
            entry.refuseTheRest()
            guard let interface else { continue }
            if isTaken(interface, on: own) {
                entry.fault("interface", "“\(interface)” belongs to another agent already.")
            }
            if members.count > Self.membersPerAgent {
                entry.fault("members", "an agent has \(Self.membersPerAgent) other names at most.")
            }
            for member in members.prefix(Self.membersPerAgent) {
                if member.isEmpty { entry.fault("members", "“members” has an empty entry.") }
                if member == interface || isTaken(member, on: own) {
                    entry.fault(
                        "members",
                        "“\(member)” is this agent's interface, or belongs to an agent already: a name is one agent's, once."
                    )
                }
                interfaces[member, default: []].append(own)
            }
            if own == nil, gateway.switches.count > 1 {
                entry.warning(
                    "interface",
                    "“\(interface)” is this agent's on all \(gateway.switches.count) switches. Where another has a telephone of that name, its calls pop here: say switch = \"…\"."
                )
            }
            interfaces[interface, default: []].append(own)
            gateway.agents.append(
                .init(
                    id: id, name: name, interface: Interface(interface), switch: own, token: token,
                    members: members.map { Interface($0) }))
        }
    }

    private static let trunkRules: [String: TrunkRule] = [
        "national": .default, "e164-without-plus": .e164WithoutPlus, "prepend-zero": .prependZero,
    ]

    private static func settings(_ table: ConfigurationReader, _ defaults: ACD.Settings) -> ACD.Settings {
        var settings = defaults
        func span(_ key: String, _ value: inout Span) {
            if let seconds = table.number(key, in: 0...86_400) {
                value = Span(microseconds: Int64((seconds * 1_000_000).rounded()))
            }
        }
        span("threshold_seconds", &settings.serviceLevel.threshold)
        span("short_abandon_seconds", &settings.serviceLevel.shortAbandon)
        span("wrap_up_seconds", &settings.wrapUp)
        if let id = table.text("formula") {
            if let formula = ServiceLevel.Formula(id: id) {
                settings.serviceLevel.formula = formula
            } else {
                table.fault(
                    "formula",
                    "“formula” must be one of \"SL1\" … \"SL6\", or of these with \"+F\": as the contract says.")
            }
        }
        if let target = table.number("target", in: 0...1) { settings.serviceLevel.target = target }
        if settings.serviceLevel.shortAbandon > settings.serviceLevel.threshold {
            table.fault(
                "short_abandon_seconds", "a short abandon cannot be longer than the threshold of the service level.")
        }
        return settings
    }
}

/// Secrets come from a file or the environment, or stand in the configuration itself; never from an argument.
struct SecretReader {
    let configuration: String
    let folder: String
    let environment: [String: String]

    func path(_ text: String) -> String { text.hasPrefix("/") ? text : folder + "/" + text }

    /// 16 random characters: 64 bits at least.
    private static let shortestToken = 16

    /// One of `{key}_file`, `{key}_env`, `{key}`; nil without any, or after a fault.
    func secret(_ key: String, _ table: ConfigurationReader) -> Configuration.Secret? {
        let file = table.text("\(key)_file")
        let variable = table.text("\(key)_env")
        let inline = table.text(key)
        if [file, variable, inline].compactMap({ $0 }).count > 1 {
            table.fault(inline == nil ? "\(key)_env" : key, "give only one of \(key)_file, \(key)_env and \(key).")
            return Configuration.Secret("")
        }
        if let file {
            guard let data = FileManager.default.contents(atPath: path(file)),
                let text = String(data: data, encoding: .utf8)
            else {
                table.fault("\(key)_file", "the file “\(file)” cannot be read.")
                return Configuration.Secret("")
            }
            warnOfOpenFile(path(file), "the file “\(file)”", remedy: "chmod o= \(file)", "\(key)_file", table)
            return checked(
                text.trimmingCharacters(in: .whitespacesAndNewlines), "\(key)_file", "the file “\(file)”", table)
        }
        if let variable {
            guard let text = environment[variable] else {
                table.fault("\(key)_env", "the environment variable \(variable) is not set.")
                return Configuration.Secret("")
            }
            return checked(text, "\(key)_env", "the environment variable \(variable)", table)
        }
        if inline != nil {
            warnOfOpenFile(
                configuration, "this file, and “\(key)” in it", remedy: "chmod o= it, or give \(key)_file", key, table)
        }
        return inline.map { checked($0, key, "“\(key)”", table) }
    }

    func warnOfOpenFile(
        _ path: String, _ what: String, remedy: String, _ key: String, _ table: ConfigurationReader
    ) {
        var status = stat()
        guard stat(path, &status) == 0 else { return }
        if status.st_mode & 0o007 != 0 {
            table.warning(
                key,
                "every user of this machine can use \(what) (mode \(String(status.st_mode & 0o777, radix: 8))): \(remedy)."
            )
        }
        // Root's files belong to the machine; and root, who looks at the service's, may be anybody.
        let own = geteuid()
        if own != 0, status.st_uid != 0, status.st_uid != own {
            table.warning(
                key,
                "\(what) belongs to another user (\(status.st_uid)), who can read and change it: chown it to this one (\(own)) or to root."
            )
        }
    }

    /// A secret for signing, which a file or a variable may give in any form.
    func signingSecret(_ key: String, _ table: ConfigurationReader) -> Configuration.Secret? {
        let secret = secret(key, table)
        // An empty one was already reported.
        if let secret, !secret.value.isEmpty {
            do { _ = try SigningSecret(secret.value) } catch {
                table.fault(["\(key)_file", "\(key)_env"].first(where: table.has) ?? key, "\(error)")
            }
        }
        return secret
    }

    func requiredSigningSecret(_ table: ConfigurationReader) -> Configuration.Secret? {
        let secret = signingSecret("secret", table)
        if secret == nil {
            table.fault(
                nil,
                "the signing secret is missing: give secret_file (recommended) or secret_env, a text that begins with whsec_."
            )
        }
        return secret
    }

    private func checked(_ text: String, _ key: String, _ place: String, _ table: ConfigurationReader)
        -> Configuration.Secret
    {
        if text.isEmpty { table.fault(key, "\(place) is empty.") }
        // Tokens are sent unchanged, and can be guessed over the network.
        if key.hasPrefix("token"), !text.isEmpty, text.utf8.count < Self.shortestToken {
            table.warning(
                key,
                "\(place) holds a token of only \(text.utf8.count) characters: `openssl rand -hex 16` makes one that nobody can guess."
            )
        }
        return Configuration.Secret(text)
    }
}

/// `[wallboards] agents`
private enum WallboardAgents: String, CaseIterable { case named, counted }
