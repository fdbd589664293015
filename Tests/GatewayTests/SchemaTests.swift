import Directory
import Foundation
import Core
import Edges
import Gateway
import Recordings
import SchemaValidation
import ScreenPop
import Telephony
import Testing
import Time
import Wire

@Suite("What goes over the wire")
struct SchemaTests {
    /// A busy minute of a real switch, with two desks and a wallboard listening, and each kind of answer from the
    /// anagrafica.
    private func conversation() throws -> (toDesks: [String], fromDesks: [String], wallboard: [String]) {
        var bench = Bench()
        var fromDesks: [String] = []
        var toDesks: [String] = []
        var wallboard: [String] = []
        func say(_ text: String, _ desk: ConnectionID) {
            fromDesks.append(text.trimmingCharacters(in: .newlines))
            bench.send(text, desk)
        }
        let desks = [bench.connect(.desks), bench.connect(.desks)]
        say(Bench.hello("PJSIP/1002"), desks[0])
        say(Bench.hello("Giulia Però"), desks[1])
        let reader = bench.connect(.wallboards)

        let recording = try Recording.load(Trace.folder + "/22/mixed-a")
        let answers = Self.answers
        var answered = 0
        for chunk in recording.chunks where chunk.direction == .incoming {
            bench.wait(Span(microseconds: chunk.microseconds) - bench.now)
            bench.hear(chunk.bytes)
            while answered < bench.lookups.count {
                if answered % 7 != 6 { bench.answer(bench.lookups[answered].id, answers[answered % answers.count]) }
                answered += 1
            }
            for desk in desks {
                let lines = bench.lines(desk)
                toDesks += lines
                for pop in lines.compactMap({ JSON.decode(Pop.self, from: $0.utf8) }) where pop.revision % 3 != 0 {
                    say(Bench.acknowledgement(pop), desk)
                }
            }
            wallboard += bench.lines(reader)
        }
        bench.join("9.1")
        bench.ring("9.1", agent: "1002")
        bench.pickUp("9.1", agent: "1002")
        bench.asterisk("Hold|Uniqueid: 9.1-1002")
        bench.cutSwitch()
        bench.reconnectSwitch()
        bench.wait(.seconds(40))
        for desk in desks { toDesks += bench.lines(desk) }
        wallboard += bench.lines(reader)

        for text in [
            "?\n", Bench.hello("PJSIP/1001", token: "guess"), Bench.hello("PJSIP/1001", version: 2),
            Bench.hello(String(repeating: "x", count: 200)), String(repeating: "x", count: 20_000),
        ] {
            let desk = bench.connect(.desks)
            bench.send(text, desk)
            toDesks += bench.lines(desk)
        }
        let silent = bench.connect(.desks)
        bench.wait(.seconds(10))
        toDesks += bench.lines(silent)
        return (toDesks, fromDesks, wallboard)
    }

    /// Each kind of answer from the registry.
    static let answers: [DirectoryAnswer] = {
        let number = CallerNumber.number(e164: "+390612345678", kind: "fixed", display: "06 1234 5678")
        let parties = (0..<12).map {
            Party(
                key: "K\($0)", kind: $0 % 2 == 0 ? .company : .person, name: "Nome \($0)", town: "Roma", language: "it",
                note: "Nota")
        }
        let history = (0..<9).map {
            PastContact(
                at: UnixTime(seconds: 1_772_000_000 + $0), queue: "info", agent: nil,
                outcome: ["answered", "abandoned", "flowOut", "lost"][Int($0 % 4)])
        }
        return [
            DirectoryAnswer(number: number, match: .one(parties[0]), history: history),
            DirectoryAnswer(number: number, match: DirectoryMatch(parties: parties, total: 3, isShared: false)),
            DirectoryAnswer(number: number, match: DirectoryMatch(parties: parties, total: 12, isShared: false)),
            DirectoryAnswer(number: number, match: .none), DirectoryAnswer(number: .withheld, match: .withheld),
            DirectoryAnswer(number: .extension("1001"), match: .none),
            DirectoryAnswer(number: .short("117"), match: .none),
            DirectoryAnswer(number: .invalid, match: .none), DirectoryAnswer(number: .unavailable, match: .withheld),
        ]
    }()

    @Test("follows the JSON Schemas of the protocols, every message of it")
    func schemas() throws {
        let said = try conversation()
        let kinds = Set(types(said.toDesks))
        #expect(
            kinds == [
                "welcome", "heartbeat", "pop.preview", "pop.open", "pop.update", "pop.cancelled", "pop.closed",
                "refused: malformed",
                "refused: token", "refused: version", "refused: agent", "refused: tooLong", "refused: tooLate",
            ])
        #expect(Set(types(said.fromDesks)) == ["hello", "pop.ack"])
        #expect(Set(types(said.wallboard)) == ["snapshot", "change", "heartbeat"])
        let desk = JSONSchema(of: "ScreenPop/desk.schema.json")
        #expect(try desk.violations(of: said.toDesks, as: "fromGateway") == [], "\(said.toDesks.count) messages")
        #expect(try desk.violations(of: said.fromDesks, as: "fromDesk") == [], "\(said.fromDesks.count) messages")
        #expect(
            try JSONSchema(of: "Wallboard/wallboard.schema.json").violations(of: said.wallboard) == [],
            "\(said.wallboard.count) messages")
    }

    @Test(
        "is refused by the same Schemas when a member is missing, of another type, or unknown",
        .enabled(if: JSONSchema.isChecked))
    func schemaBites() throws {
        let schema = JSONSchema(of: "ScreenPop/desk.schema.json")
        for line in [
            #"{"type":"heartbeat"}"#, #"{"type":"heartbeat","at":1}"#,
            #"{"type":"heartbeat","at":"2026-03-02T08:15:04.120Z","x":1}"#,
        ] {
            #expect(try schema.violations(of: [line], as: "fromGateway").count == 1)
        }
    }
}
