import ACD
import Core
import Foundation
import Switches
import Telephony
import Testing
import Time
import Wire

/// A checkpoint whose SHA-256 is right may still hold anything.
@Suite("A core from a file")
struct DecodingTests {
    private static func core(_ names: [String]) -> Core {
        var rules = Core.Rules(
            switches: [], webhooks: [], agents: nil, queueDefaults: .init(), queues: [:], alarms: [:],
            queuesBySwitch: nil, timeZone: .rome, thresholds: [.seconds(20)], organisation: .init(),
            calendar: .always(in: .rome), legalBasis: nil, keepsIntervals: true, unheardSince: [:])
        rules.switches = names.map { .init(name: SwitchID($0), link: .init(username: "cti")) }
        var core = Core(.init(seed: .max, rules: rules))
        let start = Moment(uptime: .seconds(1000), date: UnixTime(seconds: 1_772_438_400))
        core.handle(.started(.init(seed: .max, rules: rules)), .none, at: start) { _, _ in }
        return core
    }

    private static func changed(_ old: String, _ new: String) throws -> [UInt8] {
        let text = String(decoding: JSON.encode(core(["roma"])), as: UTF8.self)
        try #require(text.components(separatedBy: old).count == 2, "\(old)")
        return Array(text.replacingOccurrences(of: old, with: new).utf8)
    }

    @Test("is what was written, with its seed of 64 bits")
    func whole() {
        let core = Self.core(["roma"])
        #expect((Core.decoded(from: JSON.encode(core)) == core) as Bool)
    }

    @Test(
        "is refused where a number cannot be counted up from, or a clock is out of range",
        arguments: [
            ("\"nextConnection\":4", "\"nextConnection\":18446744073709551615"),
            ("\"changes\":{", "\"changes\":{\"sequence\":18446744073709551615,"),
            ("\"webhooksAccepted\":0", "\"webhooksAccepted\":9223372036854775807"),
            ("\"moment\":{\"date\":1772438400000000", "\"moment\":{\"date\":9223372036854775807"),
            ("\"moment\":{\"date\":1772438400000000", "\"moment\":{\"date\":-9223372036854775808"),
        ])
    func range(old: String, new: String) throws {
        #expect(Core.decoded(from: try Self.changed(old, new)) == nil)
    }

    @Test("is refused where two switches have one name, and so is the beginning of a run")
    func names() {
        let (one, two) = (Self.core(["roma"]), Self.core(["roma", "roma"]))
        #expect(Core.decoded(from: JSON.encode(two)) == nil)
        for kind in [Core.Input.Kind.started, .resumed] {
            func read(_ rules: Core.Rules) -> Core.Input? {
                Core.Input(kind, ConnectionID(0), JSON.encode(Core.Input.Beginning(seed: .max, rules: rules)))
            }
            #expect(read(one.rules) != nil)
            #expect(read(two.rules) == nil)
            var rules = one.rules
            rules.webhooks = [SwitchID("roma")]
            #expect(read(rules) == nil)
            rules.webhooks = []
            rules.thresholds = [Span(microseconds: .max)]
            #expect(read(rules) == nil)
        }
    }
}

@Suite("Whole numbers of a JSON document")
struct NumberRangeTests {
    private func isWithin(_ json: String, free: Set<String> = [], durations: Set<String> = []) -> Bool {
        JSON.isWithin(100, Array(json.utf8), free: free, durations: durations)
    }

    @Test("are within a limit in either direction, wherever they stand")
    func everywhere() {
        #expect(isWithin(#"{"a":100,"b":[-100,{"c":99}],"d":"12345","e\"101":1.5,"f":1e300}"#))
        for json in [
            "101", "[101]", #"{"a":-101}"#, #"{"a":[{"b":[1,2,{"c":18446744073709551616}]}]}"#, #"[{"a":1},101]"#,
        ] {
            #expect(!isWithin(json), "\(json)")
        }
    }

    @Test("are free under a free name, however deep, and only there")
    func free() {
        #expect(isWithin(#"{"a":{"x":[[101],{"y":102}]}}"#, free: ["a"]))
        #expect(isWithin(#"{"a":101,"b":1}"#, free: ["a"]))
        #expect(!isWithin(#"{"a":101,"b":101}"#, free: ["a"]))
        #expect(!isWithin(#"{"a":{"x":1},"b":[101]}"#, free: ["a"]))
    }

    @Test("of a duration may have any low half, and no high one")
    func durations() {
        #expect(isWithin(#"{"a":[1,18446744073709551615]}"#, durations: ["a"]))
        #expect(!isWithin(#"{"a":[101,1]}"#, durations: ["a"]))
        #expect(!isWithin(#"{"a":[1,2,101]}"#, durations: ["a"]))
        #expect(!isWithin(#"{"b":[1,101]}"#, durations: ["a"]))
        #expect(!isWithin(#"{"a":101}"#, durations: ["a"]))
    }
}
