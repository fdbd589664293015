import ACD
import Figures
import Foundation
@testable import Core
@testable import Edges
@testable import Gateway
import Playback
import Records
import Telephony
import Time
import Testing
import Wallboard
import Wire

@Suite("Names from a switch's bytes to figures, JSON and questions")
struct NamesTests {
    private static func bytes(_ text: String, _ more: UInt8...) -> AMIScript.Value {
        .init(bytes: Array(text.utf8) + more)
    }

    /// The first message of a stream of server-sent events.
    private static func message(_ stream: String) -> WallboardMessage? {
        stream.split(separator: "\n").first { $0.hasPrefix("data: ") }.flatMap {
            JSON.decode(WallboardMessage.self, from: $0.dropFirst(6).utf8)
        }
    }

    @Test(
        "Queues that differ in one byte of Latin-1, or in the form of a letter, are two; each is reported, shown and queried by itself"
    )
    func distinct() throws {
        var script = AMIScript()
        let names: [(AMIScript.Value, String)] = [
            (Self.bytes("Qualit", 0xE0), "Qualit\\xe0"), (Self.bytes("Qualit", 0xE8), "Qualit\\xe8"),
            ("Qualit\u{E0}", "Qualit\u{E0}"),
            ("Qualita\u{300}", "Qualita\u{300}"), ("Qualit\\xe0", "Qualit\\x5cxe0"),
        ]
        for (index, name) in names.enumerated() { for _ in 0...index { script.call(into: name.0, from: 1, to: 4) } }
        let report = script.replayed().report()
        #expect(report.queues.count == names.count)
        #expect(report.queues.values.map(\.abandoned).sorted() == [1, 2, 3, 4, 5])
        #expect(report.queues["Qualit\\xe0"]?.offered == 1 && report.queues["Qualit\\xe8"]?.offered == 2)
        // Not all JSON readers distinguish both forms of a letter in a key: the second is escaped.
        #expect(report.queues["Qualit\u{E0}"]?.offered == 3 && report.queues["Qualita\\xcc\\x80"]?.offered == 4)
        let asked = script.asked()
        for (index, name) in names.enumerated() {
            let query = Data(name.1.utf8).map { String(format: "%%%02X", $0) }.joined()
            #expect(asked.statistics("?queue=\(query)")?.offered == Int64(index + 1), "\(name.1)")
        }
        #expect(asked.statistics("?queue=Qualita%5Cxcc%5Cx80")?.offered == 4, "as the report writes it")
        let board = asked.get("/v1/wallboard")
        let message = try #require(Self.message(board.body))
        #expect(Set(message.queues?.map { QueueName($0.name) } ?? []) == Set(names.map { QueueName($0.1) }))
    }

    @Test(
        "A queue is the same however a dial plan, our configuration or a request writes it, and is shown as queues.conf does"
    )
    func letterCase() throws {
        var script = AMIScript()
        script.say(
            "CEL", at: 0.5,
            ["EventName": "APP_START", "Application": "Queue", "AppData": "INFORMAZIONI,t", "UniqueID": "1795424400.1"])
        script.call(into: "informazioni", from: 1, to: 4)
        script.say(
            "UserEvent", at: 4,
            ["UserEvent": "FineCoda", "Uniqueid": "1795424400.9", "Coda": "InFormazioni", "Stato": "FULL"])
        var configuration = Bench.configuration
        configuration.queues = [QueueName("INFORMAZIONI"): .init(serviceLevel: .init(threshold: .seconds(3)))]
        configuration.organisation.groups = [.init(name: "tutte", queues: [QueueName("Informazioni")])]
        let asked = script.asked(configuration)
        for question in ["queue=informazioni", "queue=INFORMAZIONI", "group=tutte"] {
            let statistics = try #require(asked.statistics("?\(question)"))
            #expect(statistics.offered == 1, "\(question)")
        }
        let board = asked.get("/v1/wallboard?queue=INFORMAZIONI")
        let queues = try #require(Self.message(board.body)?.queues)
        #expect(queues.map(\.offered) == [1])
        #expect(queues[0].serviceLevel.thresholdSeconds == 3)
        let report = script.replayed(configuration).report()
        #expect(report.queues.count == 1)
        #expect(report.contacts.flatMap(\.visits).map(\.queue) == ["informazioni"])
    }

    @Test("The form of queues.conf is shown once the switch has reported it")
    func displayForm() {
        var script = AMIScript()
        script.say(
            "QueueMemberStatus", at: 0.5,
            ["Queue": "Informazioni", "MemberName": "Anna", "Interface": "PJSIP/1001", "Status": "1"])
        script.call(into: "Informazioni", from: 1, to: 4)
        var configuration = Configuration()
        configuration.queues = [QueueName("INFORMAZIONI"): .init()]
        #expect(Array(script.replayed(configuration).report().queues.keys) == ["Informazioni"])
    }

    @Test(
        "Members whose names differ in one byte are two; a name with “|” or beyond the BMP is itself",
        arguments: ["Anna | Rossi", "Ann\u{1F600}"])
    func members(name: String) {
        var script = AMIScript()
        for (index, name) in [Self.bytes("Nicol", 0xF2), Self.bytes("Nicol", 0xF9), Self.bytes(name)].enumerated() {
            script.say(
                "QueueMemberStatus", at: 1,
                ["Queue": "info", "MemberName": name, "Interface": "PJSIP/100\(index)", "Status": "1"])
        }
        #expect(Set(script.replayed().report().agents.keys) == ["Nicol\\xf2", "Nicol\\xf9", name])
    }

    @Test(
        "Of members whose names Swift takes for equal, the first in order of bytes keeps its spelling in a report, whoever rang first"
    )
    func ringNoAnswer() throws {
        let names = ["Andre\u{301}", "Andr\u{E9}"]
        for order in [names, names.reversed()] {
            var acd = ACD(policy: .init(keepsIndividuals: true))
            let now = Moment(uptime: .zero, date: Bench.start)
            for name in order {
                let agent = AgentRef(interface: Interface("PJSIP/1001"), name: name)
                acd.handle(.ringNoAnswer(QueueName("info"), agent), at: now)
            }
            var queue = Report.Queue()
            queue.add(try #require(acd.queues[QueueName("info")]))
            let keys = queue.ringNoAnswer.keys.map { Array($0.utf8) }
            #expect(Set(keys) == [Array(names[0].utf8), Array(names[1].nameInASCII.utf8)])
        }
    }

    @Test("After a checkpoint every queue is still itself")
    func checkpoint() throws {
        var script = AMIScript()
        for name: AMIScript.Value in ["Qualit\u{E0}", "Qualita\u{300}", Self.bytes("Qualit", 0xE0)] {
            script.call(into: name, from: 1, to: 4)
        }
        let state = script.asked().gateway.core
        let again = try #require(JSON.decode(Core.self, from: JSON.encode(state)))
        #expect(again == state)
    }
}

extension StatisticsMessage {
    fileprivate var offered: Int64? { figures.first { $0.id == "offered" }?.numerator }
}
