import Access
import Core
import HTTP
import Telephony
import Time
import Wallboard

/// What a reader gets, checked: two readers with equal subscriptions get the same bytes.
struct WallboardSubscription: Hashable, Sendable {
    struct Threshold: Hashable, Sendable {
        var metric: String
        var step: Double
    }

    /// What its reader may see; all else follows from wishes, and narrows it.
    var sight: Sight
    /// nil: all that may be seen.
    var queues: Set<QueueName>?
    /// Members of a queue that are sent besides its key; nil: all.
    var metrics: Set<String>?
    var hasAgents = true
    var minInterval = Span.zero
    /// In order of the metrics' names; empty: each change counts.
    var insensitivity: [Threshold] = []

    /// Nothing is left out of what the sight shows.
    var isEverything: Bool { queues == nil && metrics == nil && hasAgents && !holdsBack }
    /// What is held back is in no history: such a reader cannot resume.
    var holdsBack: Bool { minInterval > .zero || !insensitivity.isEmpty }

    /// What there is to choose from.
    struct Catalogue {
        var queues: Set<QueueName>
        /// All switches have reported their queues: a name that is not there is a mistake.
        var isComplete: Bool
        var groups: [String: [QueueName]]
    }

    /// Where only counts may be shown nobody is named, whatever is asked for.
    init(everythingOf sight: Sight) {
        self.sight = sight
        hasAgents = sight.namesAgents
    }

    /// `catalogue` is only asked when names are given.
    init(_ wish: WallboardWish, _ sight: Sight, _ catalogue: () -> Catalogue) throws(WallboardFault) {
        self.sight = sight
        // A name that is not known yet may turn out to be one that may not be seen.
        queues = try Self.queues(wish, catalogue)?.filter(sight.sees)
        if let names = wish.metrics {
            try Self.bound(names, "metrics")
            for name in names { try Self.check(metric: name) }
            metrics = Set(names)
        }
        hasAgents = sight.namesAgents && wish.agents ?? true
        if let milliseconds = wish.minIntervalMs {
            let limit = Limits.wallboardLongestInterval.microseconds / 1000
            guard (0...limit).contains(Int64(milliseconds)) else {
                throw WallboardFault("minIntervalMs is from 0 to \(limit), not \(milliseconds).")
            }
            minInterval = .milliseconds(Int64(milliseconds))
        }
        for (metric, step) in (wish.insensitivity ?? [:]).sorted(by: { $0.key < $1.key }) {
            try Self.check(metric: metric)
            guard step > 0, step.isFinite else {
                throw WallboardFault("The insensitivity of “\(printable(metric))” is a number above 0.")
            }
            insensitivity.append(Threshold(metric: metric, step: step))
        }
    }

    private static func queues(_ wish: WallboardWish, _ catalogue: () -> Catalogue) throws(WallboardFault) -> Set<
        QueueName
    >? {
        guard wish.queues != nil || wish.groups != nil else { return nil }
        if let names = wish.queues { try bound(names, "queues") }
        if let names = wish.groups { try bound(names, "groups") }
        let catalogue = catalogue()
        var chosen = Set((wish.queues ?? []).map { QueueName(writtenName: $0) })
        if catalogue.isComplete, let unknown = chosen.subtracting(catalogue.queues).min() {
            throw WallboardFault(
                "There is no queue “\(printable(unknown.rawValue))”; \(list(Set(catalogue.queues.map(\.rawValue)))). (A queue of a cloud switch is known from its first call, or when it stands in the configuration with its switch.)"
            )
        }
        for group in wish.groups ?? [] {
            guard let queues = catalogue.groups[group] else {
                throw WallboardFault(
                    "There is no group “\(printable(group))”; \(list(Set(catalogue.groups.keys))).")
            }
            chosen.formUnion(queues)
        }
        return chosen
    }

    private static func bound(_ names: [String], _ member: String) throws(WallboardFault) {
        guard !names.isEmpty else { throw WallboardFault("“\(member)” names nothing; leave it out to get all.") }
        guard names.count <= Limits.wallboardNames else {
            throw WallboardFault("“\(member)” has \(names.count) names; \(Limits.wallboardNames) are taken.")
        }
    }

    private static func check(metric: String) throws(WallboardFault) {
        guard metricNames.contains(metric) else {
            throw WallboardFault(
                "There is no metric “\(printable(metric))”; there are: \(metricNames.sorted().joined(separator: ", "))."
            )
        }
    }

    private static func list(_ names: Set<String>) -> String {
        guard !names.isEmpty else { return "there is none" }
        return "there are: "
            + names.sorted().prefix(Limits.listedNames).map { "“\(printable($0))”" }.joined(separator: ", ")
            + (names.count > Limits.listedNames ? ", …" : "")
    }

    static let keyNames: Set<String> = ["switch", "name"]

    /// Every member that a queue may have on the wire, also those that are absent just now.
    static let metricNames: Set<String> = {
        let queue = WallboardMessage.Queue(
            switch: "", name: "", waiting: 0, talking: 0, longestWaitSince: nil, longestWaitSeconds: nil, offered: 0,
            answered: 0,
            abandoned: 0, flowOut: .init(timeout: 0, key: 0, empty: 0, withdrawn: 0, unknown: 0), lost: 0,
            serviceLevel: .init(
                formula: "", thresholdSeconds: 0, shortAbandonSeconds: 0, target: 0, numerator: 0, denominator: 0,
                ratio: nil),
            agents: [:])
        return Set(Mirror(reflecting: queue).children.compactMap(\.label)).subtracting(keyNames)
    }()
}

// MARK: the query of an HTTP request

extension WallboardRequest {
    private static let parameters = [
        "queue", "group", "metric", "agents", "minIntervalMs", "insensitivity", "resume", "at", "token",
    ]

    /// `?queue=info&queue=ticket&metric=waiting&agents=0&minIntervalMs=500&insensitivity=waiting:2&resume=…`
    init(_ query: Query) throws(WallboardFault) {
        var wish = WallboardWish()
        var resume: String?
        for item in query.items {
            switch item.name {
            case "queue": wish.queues = (wish.queues ?? []) + [item.value]
            case "group": wish.groups = (wish.groups ?? []) + [item.value]
            case "metric": wish.metrics = (wish.metrics ?? []) + [item.value]
            case "agents":
                guard item.value == "0" || item.value == "1" else { throw WallboardFault("agents is 0 or 1.") }
                wish.agents = item.value == "1"
            case "minIntervalMs":
                guard let milliseconds = Int(item.value) else {
                    throw WallboardFault("minIntervalMs is a whole number of milliseconds.")
                }
                wish.minIntervalMs = milliseconds
            case "insensitivity":
                let parts = item.value.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
                guard parts.count == 2, let step = Double(String(parts[1])) else {
                    throw WallboardFault("insensitivity is METRIC:NUMBER, e.g. waiting:2.")
                }
                wish.insensitivity = (wish.insensitivity ?? [:]).merging([String(parts[0]): step]) { $1 }
            case "resume": resume = item.value
            case "at", "token": break
            default:
                throw WallboardFault(
                    "“\(printable(item.name))” is no parameter of the wallboard; there are: \(Self.parameters.joined(separator: ", "))."
                )
            }
        }
        self.init(subscribe: wish, resume: resume)
    }
}
