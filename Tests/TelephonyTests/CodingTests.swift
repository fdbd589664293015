import Foundation
import Telephony
import Testing
import Time

@Suite("Encoded values")
struct CodingTests {
    struct Everything: Codable, Equatable {
        var time = UnixTime(microseconds: 1_772_439_304_120_001)
        var span = Span(microseconds: -5)
        var moment = Moment(uptime: .seconds(1), date: UnixTime(seconds: 2))
        var agent = AgentRef(interface: Interface("PJSIP/1001"), name: "Anna")
        var zone = TimeZoneRule.rome
        var interval = ClockInterval(start: UnixTime(seconds: 900), length: ClockInterval.quarterHour)
        var channels = [ChannelID("1598887681.60"): 1]
        var queues = [QueueName("info"): Span.seconds(1), QueueName("à \"b\""): .zero]
        var days = LocalDate("2026-11-23").map { [$0: $0] }
        var contact = ContactID("01J")
    }

    @Test("are numbers of microseconds, texts, and objects by identifier")
    func form() throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let text = String(decoding: try encoder.encode(Everything()), as: UTF8.self)
        #expect(
            text
                == #"{"agent":{"interface":"PJSIP/1001","name":"Anna"},"channels":{"1598887681.60":1},"contact":"01J","#
                + #""days":{"2026-11-23":"2026-11-23"},"interval":{"length":900000000,"start":900000000},"#
                + #""moment":{"date":2000000,"uptime":1000000},"queues":{"\\%c3%a0 \"b\"":0,"info":1000000},"#
                + #""span":-5,"time":1772439304120001,"zone":"Europe/Rome"}"#)
    }

    @Test("can be read back, whatever names a switch uses")
    func roundTrip() throws {
        let decoded = try JSONDecoder().decode(Everything.self, from: try JSONEncoder().encode(Everything()))
        #expect(decoded == Everything())
        for microseconds in [Int64.min, -1, 0, .max] {
            let data = try JSONEncoder().encode([UnixTime(microseconds: microseconds)])
            #expect(try JSONDecoder().decode([UnixTime].self, from: data) == [UnixTime(microseconds: microseconds)])
        }
        // Keys are texts, also keys that look like numbers.
        let keyed = [Interface("1"): 1, Interface("01"): 2, Interface(""): 3]
        #expect(try JSONDecoder().decode([Interface: Int].self, from: try JSONEncoder().encode(keyed)) == keyed)
    }

    @Test("are refused if they are malformed")
    func refused() {
        let decoder = JSONDecoder()
        #expect(throws: DecodingError.self) {
            try decoder.decode([TimeZoneRule].self, from: Data(#"["Mars/Olympus"]"#.utf8))
        }
        #expect(throws: DecodingError.self) {
            try decoder.decode([LocalDate].self, from: Data(#"["2026-02-30"]"#.utf8))
        }
        #expect(throws: DecodingError.self) { try decoder.decode([Span].self, from: Data(#"["5"]"#.utf8)) }
    }

    @Test("let a generator continue where it stopped")
    func generator() throws {
        var generator = SplitMix64(seed: 7)
        _ = generator.next()
        var copy = try JSONDecoder().decode(SplitMix64.self, from: try JSONEncoder().encode(generator))
        #expect((0..<3).map { _ in copy.next() } == (0..<3).map { _ in generator.next() })
    }
}
