import Core
import ACD
import Figures
import HTTP
import Telephony
import Time

/// A question to the statistics: whose figures, over which window. It is read from the query of an address; anything
/// unknown is a fault that names what there is.
struct StatisticsQuery {
    struct Fault: Error, CustomStringConvertible {
        var description: String
        init(_ description: String) { self.description = description }
    }

    enum Scope: Equatable {
        case all
        case switches([SwitchID])
        case queues([QueueName])
        case group(String)
        case team(String)
        case supplier(String)
    }

    static let parameters: Set = [
        "queue", "group", "team", "supplier", "switch", "window", "base", "start", "length", "from", "to", "thresholds",
        "lang", "at",
        "figure",
        "threshold", "offset", "limit", "token",
    ]
    private static let repeatable: Set = ["queue", "switch", "group", "team", "supplier"]
    /// Of one question: each threshold is a pass over the facts, each name a line of the answer.
    private static let thresholdLimit = 20
    private static let scopeLimit = 200
    /// Nothing in memory is older, and no day ahead has calls.
    private static let longestWindow = Span.seconds(366 * 86_400)
    /// The most calls of one explanation that may be skipped: for a figure in the order of waits, that many are kept to
    /// find the page.
    static let offsetLimit = 1_000_000
    /// Calls in one explanation; more by `offset`.
    static let callLimit = 10_000

    var scope: Scope
    /// Only the part of the scope on these switches; nil: on any.
    var switches: [SwitchID]?
    var window: Window
    var thresholds: [Span]
    var isEnglish: Bool
    var figure: FigureDefinition?
    /// Another threshold than the contract's, for one figure.
    var threshold: Span?
    var offset: Int
    var limit: Int

    /// `explains`: it asks for the calls behind a figure.
    init(_ query: Query, _ rules: Core.Rules, explains: Bool, at now: Moment) throws(Fault) {
        if let unknown = query.items.first(where: { !Self.parameters.contains($0.name) }) {
            throw Fault(
                "There is no parameter “\(printable(unknown.name))”; there are: \(Self.parameters.subtracting(["token"]).sorted().joined(separator: ", "))."
            )
        }
        // Of two, the first would be used silently.
        for name in Self.parameters.subtracting(Self.repeatable).sorted()
        where query.items.count(where: { $0.name == name }) > 1 {
            throw Fault("\(name) is given twice.")
        }
        // Refused, not ignored: whoever sends it expects an effect.
        for name in explains ? ["thresholds"] : ["figure", "threshold", "offset", "limit"]
        where query.first(name) != nil {
            throw Fault(
                "\(name)= is for \(explains ? "/v1/stats: here, threshold= is another wait than the contract's" : "/v1/stats/explain")."
            )
        }
        (scope, switches) = try Self.scope(query)
        window = try Self.window(query, rules, at: now)
        thresholds = rules.thresholds
        if let text = query.first("thresholds") {
            let seconds = text.split(separator: ",").map { Int64($0).flatMap { (1...86_400).contains($0) ? $0 : nil } }
            guard (1...Self.thresholdLimit).contains(seconds.count), !seconds.contains(nil) else {
                throw Fault(
                    "thresholds are 1 to \(Self.thresholdLimit) whole numbers of seconds with commas between, e.g. 10,20,30."
                )
            }
            // Each once: its visits are counted once.
            thresholds = Set(seconds.compactMap { $0 }).sorted().map { .seconds($0) }
        }
        switch query.first("lang") {
        case nil, "it": isEnglish = false
        case "en": isEnglish = true
        case let text?: throw Fault("There is no language “\(printable(text))”; there are: it, en.")
        }
        if let id = query.first("figure") {
            guard let found = FigureDefinition.find(id) else {
                throw Fault(
                    "There is no figure “\(printable(id))”; there are: \(FigureDefinition.all.map(\.id).joined(separator: ", "))."
                )
            }
            figure = found
        }
        threshold = try Self.number(query, "threshold", 1...86_400).map { .seconds(Int64($0)) }
        offset = try Self.number(query, "offset", 0...Self.offsetLimit) ?? 0
        limit = try Self.number(query, "limit", 1...Self.callLimit) ?? 1000
    }

    /// A moment as people write it on the clocks of `zone`, or in RFC 3339.
    static func instant(_ text: String, _ name: String, _ zone: TimeZoneRule) throws(Fault) -> UnixTime {
        var found = zone.instants(local: text)
        // A plus that was not written as %2B is a blank in an address.
        if found.isEmpty, let blank = text.lastIndex(of: " ") {
            found = zone.instants(local: text[..<blank] + "+" + text[blank...].dropFirst())
        }
        guard let first = found.first else {
            throw Fault(
                "\(name) “\(printable(text))” is not a date and time: write 2026-11-23 10:15, or 2026-11-23T09:15:00Z."
            )
        }
        guard found.count == 1 else {
            throw Fault(
                "\(name) “\(printable(text))” happened twice: write \(found.map { zone.label($0) }.joined(separator: " or "))."
            )
        }
        return first
    }

    private static func number(_ query: Query, _ name: String, _ range: ClosedRange<Int>) throws(Fault) -> Int? {
        guard let text = query.first(name) else { return nil }
        guard let number = Int(text), range.contains(number) else {
            throw Fault(
                "\(name) “\(printable(text))” is not a whole number from \(range.lowerBound) to \(range.upperBound).")
        }
        return number
    }

    /// `switch` alone is a scope; beside another one it says where.
    private static func scope(_ query: Query) throws(Fault) -> (Scope, [SwitchID]?) {
        func all(_ name: String) -> [String] { query.items.filter { $0.name == name }.map(\.value) }
        let given = ["queue", "group", "team", "supplier"].filter { !all($0).isEmpty }
        guard given.count <= 1 else {
            throw Fault(
                "Ask for one of queue, group, team and supplier at a time; switch= may stand beside each of them.")
        }
        let switches = all("switch").map { SwitchID($0) }
        let names = given.first.map(all) ?? []
        guard max(names.count, switches.count) <= scopeLimit else {
            throw Fault("At most \(scopeLimit) names in one question.")
        }
        let among = switches.isEmpty ? nil : switches
        switch given.first {
        case nil: return (among.map(Scope.switches) ?? .all, nil)
        case "queue": return (.queues(names.map { QueueName(writtenName: $0) }), among)
        case let kind?:
            guard names.count == 1 else { throw Fault("One \(kind) at a time.") }
            return (kind == "group" ? .group(names[0]) : kind == "team" ? .team(names[0]) : .supplier(names[0]), among)
        }
    }

    private static func window(_ query: Query, _ rules: Core.Rules, at now: Moment) throws(Fault) -> Window {
        let zone = rules.timeZone
        func instant(_ name: String) throws(Fault) -> UnixTime? {
            try query.first(name).map { text throws(Fault) in try Self.instant(text, name, zone) }
        }
        let base: Window.Base?
        switch query.first("base") {
        case nil: base = nil
        case let text?:
            guard let known = Window.Base(rawValue: text) else {
                throw Fault(
                    "There is no base “\(printable(text))”; there are: cohort (by joining), completion (by ending).")
            }
            base = known
        }
        let name =
            query.first("window")
            ?? (query.first("from") != nil ? "between" : query.first("start") != nil ? "interval" : "today")
        for (parameter, owner) in [
            ("start", "interval"), ("length", "interval"), ("from", "between"), ("to", "between"),
        ]
        where name != owner && query.first(parameter) != nil {
            throw Fault("\(parameter) is for the window \(owner), not for “\(printable(name))”.")
        }
        switch name {
        case "today":
            var window = Window.today(zone, at: now)
            window.base = base ?? .cohort
            return window
        case "interval":
            let length = query.first("length").map { (text: $0, minutes: Int64($0)) } ?? ("15", 15)
            guard let minutes = length.minutes, minutes == 15 || minutes == 30 else {
                throw Fault("There is no length “\(printable(length.text))”; there are: 15, 30 (minutes).")
            }
            guard let start = try instant("start") else {
                throw Fault("The window interval needs its start, e.g. 2026-11-23 10:15.")
            }
            return .interval(.containing(start, length: .seconds(minutes * 60)), base: base ?? .cohort)
        case "between":
            guard let from = try instant("from"), let to = try instant("to"), from < to else {
                throw Fault("The window between needs from and to, from before to.")
            }
            guard now.date - from <= longestWindow, to - now.date <= longestWindow else {
                throw Fault(
                    "Figures are of the calls in memory, of today and the hours before: from and to are at most a year from now. Rows that were kept are told by centralino intervals."
                )
            }
            return Window(name: "between", base: base ?? .cohort, extent: .dates(from..<to))
        case "shift":
            guard let shift = rules.calendar.currentOrLast(at: now.date) else {
                throw Fault("The calendar has no opening hours yet: see [calendar] in the configuration.")
            }
            return Window(name: "shift", base: base ?? .cohort, extent: .dates(shift))
        default:
            guard let minutes = Window.slidingMinutes.first(where: { "\($0)m" == name }) else {
                throw Fault(
                    "There is no window “\(printable(name))”; there are: today, 5m, 15m, 30m, 60m, shift, interval (with start and length), between (with from and to)."
                )
            }
            guard base != .cohort else {
                throw Fault("A sliding window is on the completion base: who joined a moment ago cannot have ended.")
            }
            return .sliding(minutes: minutes)
        }
    }
}
