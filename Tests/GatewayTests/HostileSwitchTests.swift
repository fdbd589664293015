import ACD
import Calls
import Contacts
import Foundation
import Core
import Edges
import Gateway
import Telephony
import Testing
import Time

/// A switch's data is bounded where it comes in: a switch that is faulty, or in somebody else's hands, makes its own
/// figures wrong, and nobody waits for it.
@Suite("A hostile switch")
struct HostileSwitchTests {
    private static func member(
        _ queue: String, _ phone: String, _ more: String = "Status: 1|Paused: 0", name: String? = nil
    ) -> String {
        "QueueMemberStatus|Queue: \(queue)|MemberName: \(name ?? phone)|Interface: \(phone)|\(more)"
    }

    private func wall(_ bench: inout Bench, _ query: String = "") -> String {
        bench.request("GET", "/v1/wallboard" + query, [("Accept", "application/json")]).body
    }

    // MARK: many agents in many queues

    @Test("that has agents in many queues is reported in changes of bounded work, 20 ms apart, each row once")
    mutating func parts() throws {
        var bench = Bench()
        bench.greet()
        let reader = bench.connect(.wallboards)
        _ = bench.lines(reader)
        for queue in 1...300 { bench.asterisk(Self.member("q\(queue)", "PJSIP/1")) }
        let rows = (Core.Limits.changeWork + ACD.rowWork - 1) / ACD.rowWork
        let names = { (line: String) in line.components(separatedBy: #""serviceLevel""#).count - 1 }
        bench.wait(Core.Limits.changeInterval)
        #expect(bench.lines(reader).map(names) == [rows])
        bench.wait(Core.Limits.changePartInterval - .milliseconds(1))
        #expect(bench.lines(reader) == [])
        // Meanwhile the first moves again: it waits for those that have not been reported at all.
        bench.asterisk(Self.member("a", "PJSIP/1"))
        bench.wait(.milliseconds(1))
        #expect(bench.lines(reader).map(names) == [rows])
        var told = 2 * rows
        while told < 300 {
            bench.wait(Core.Limits.changePartInterval)
            let lines = bench.lines(reader)
            #expect(lines.map(names) == [min(rows, 300 - told)])
            #expect(!lines[0].contains(#""name":"a""#))
            told += rows
            if told >= 300 { #expect(lines[0].contains(#""PJSIP/1""#)) }
        }
        bench.wait(Core.Limits.changeInterval)
        #expect(bench.lines(reader).contains { $0.contains(#""name":"a""#) })
    }

    @Test(
        "whose agent is in very many queues: the first 50 are named, the number of others is given, and filters know all"
    )
    mutating func manyQueues() throws {
        var bench = Bench()
        bench.greet()
        for queue in 1...60 { bench.asterisk(Self.member("q\(100 + queue)", "PJSIP/1")) }
        #expect(wall(&bench).contains(#""moreQueues":10"#))
        #expect(wall(&bench, "?queue=q160").contains(#""interface":"PJSIP/1""#))
    }

    // MARK: long names

    @Test("that sends names of 60,000 characters has them visibly truncated; two that differ at their ends stay two")
    mutating func longNames() throws {
        var bench = Bench()
        bench.greet()
        let long = String(repeating: "x", count: 60_000)
        for end in ["1", "2"] {
            bench.asterisk(Self.member(long + end, "PJSIP/" + long + end, name: long + end))
            bench.asterisk(
                "Newchannel|Channel: PJSIP/trunk-\(end)|ChannelState: 4|CallerIDNum: \(long)\(end)|CallerIDName: \(long)\(end)|Exten: \(long)|Uniqueid: \(long)\(end)|Linkedid: \(long)\(end)"
            )
        }
        let answer = wall(&bench)
        #expect(answer.utf8.count < 10_000)
        let cut = String(repeating: "x", count: 120) + "…"
        let names = answer.components(separatedBy: #""name":""# + cut).dropFirst().map { $0.prefix(16) }
        #expect(Set(names).count == names.count, "queues, and agents by the same names")
        for end in ["1", "2"] {
            bench.asterisk(
                "Hangup|Channel: PJSIP/trunk-\(end)|Uniqueid: \(long)\(end)|Linkedid: \(long)\(end)|Cause: 16")
        }
        #expect(bench.savedRecords.count == 2)
        #expect(bench.savedRecords.allSatisfy { $0.caller.number.utf8.count < 200 && $0.caller.name.utf8.count < 200 })
    }

    // MARK: channels without an end

    @Test("whose channels never end: as many are followed as the limit, the others are counted and reported")
    mutating func endlessChannels() throws {
        var bench = Bench()
        bench.greet()
        let before = bench.log.count
        var text = ""
        for number in 0..<Calls.channelLimit + 5 {
            text +=
                "Event: Newchannel\r\nChannel: PJSIP/\(number)-1\r\nChannelState: 0\r\nUniqueid: 9.\(number)\r\nLinkedid: 9.\(number)\r\n\r\n"
            if number % 500 == 499 {
                bench.hear(Array(text.utf8))
                text = ""
            }
        }
        bench.hear(Array(text.utf8))
        #expect(bench.log.dropFirst(before).count { $0.text.contains("a channel was not followed") } == 1)
        let status = bench.request("GET", "/v1/status").body
        #expect(status.contains(#""channels":\#(Calls.channelLimit)"#))
        #expect(status.contains(#""channelsRefused":5"#))
        #expect(status.contains("their calls are in no figure"))
    }
}
