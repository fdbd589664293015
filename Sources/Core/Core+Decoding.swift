import Telephony
import Wire

// What comes from a file may be anything, though its SHA-256 is right: a fault of an earlier version, or somebody's
// hand. A number that cannot be counted up from, or two switches of one name, would end the program after the start,
// and again after each start that follows.
extension Core {
    /// Members whose numbers are not counted with: digests, states of generators, “always” and “never”, and what a
    /// switch or a sender reports and only comparisons use.
    private static let freeNumbers: Set = [
        "seed", "generator", "digest", "caller", "told", "closedBefore", "quarter", "byQueue", "shift",
    ]
    private static let durations: Set = ["lastHeard", "nextComparison", "deadline", "sent"]

    /// A checkpoint's core; nil if the bytes are not a core, or one that cannot be continued from.
    public static func decoded(from json: [UInt8]) -> Core? {
        guard JSON.isWithin(Limits.number, json, free: freeNumbers, durations: durations),
            let core = JSON.decode(Core.self, from: json), core.rules.hasDistinctNames,
            Set(core.switches.map(\.name)).count == core.switches.count
        else { return nil }
        return core
    }
}

extension Core.Input.Beginning {
    /// nil as with ``Core/decoded(from:)``.
    static func decoded(from json: [UInt8]) -> Self? {
        guard JSON.isWithin(Core.Limits.number, json, free: ["seed"]),
            let beginning = JSON.decode(Self.self, from: json),
            beginning.rules.hasDistinctNames
        else { return nil }
        return beginning
    }
}

extension Core.Rules {
    /// nil as with ``Core/decoded(from:)``.
    static func decoded(from json: [UInt8]) -> Self? {
        guard JSON.isWithin(Core.Limits.number, json, free: []), let rules = JSON.decode(Self.self, from: json),
            rules.hasDistinctNames
        else { return nil }
        return rules
    }

    /// No two switches, Asterisks or sources of webhooks, have one name.
    var hasDistinctNames: Bool {
        let names = switches.map(\.name) + webhooks
        return Set(names).count == names.count
    }
}
