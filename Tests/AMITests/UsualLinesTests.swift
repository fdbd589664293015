@testable import AMI
import Testing

@Suite("Lines that are read in one pass")
struct UsualLinesTests {
    private static let names = [
        "Event", "EVENT", "Uniqueid", "UNIQUEID", "uniqueiD", "Privilege", "privilege", "Response", "Linkedid", "Exten",
        "Queue", "Unique1d", "Unique\u{09}d", "E", "", "A rather long name of a header", "é", "Timestamp",
    ]
    private static let values = [
        "", " ", "Hangup", "UserEvent", "userevent", "Follows", "a:b", ":", "sip:1@10.0.0.1:5060", "x\r", "x\0y", "è",
        "1.1", "a value that is longer than sixteen bytes", "--END COMMAND--",
    ]

    /// Lines of which many do not belong where they stand.
    private static func stream(seed: UInt64) -> [UInt8] {
        var generator = SeededGenerator(state: seed)
        func any<Element>(_ all: [Element]) -> Element { all.randomElement(using: &generator)! }
        var bytes = Array(banner.utf8)
        for _ in 0..<60 {
            let end = any(["\r\n", "\r\n", "\n"])
            if any([true, true, true, false]) {
                bytes += Array("\(any(["Event", "event"])): \(any(values))\(end)".utf8)
            }
            for _ in 0..<Int.random(in: 0...9, using: &generator) {
                let separator = any([": ", ": ", ": ", ": ", ":", " ", ":  "])
                bytes += Array("\(any(names))\(separator)\(any(values))\(any(["\r\n", "\r\n", end]))".utf8)
            }
            bytes += Array(any([end, end, end, "", "\r\r\n"]).utf8)
        }
        return bytes
    }

    @Test("are the same as those that come byte by byte, which are judged one by one", arguments: 1...200)
    func sameAsByteByByte(seed: UInt64) {
        for role in [Framer.Role.client, .server] {
            let bytes = Self.stream(seed: seed)
            let one = frame(chunks(of: 1, bytes), role: role)
            #expect(frame([bytes], role: role) == one)
            #expect(frame(chunks(of: 61, bytes), role: role) == one)
        }
    }

    @Test("give each header that is asked for, from wherever the search starts", arguments: 1...50)
    func sameAsOneByOne(seed: UInt64) {
        var framer = Framer(role: .client)
        framer.receive(Self.stream(seed: seed)) { output in
            guard case .message(let message) = output else { return }
            func first(_ name: String, from start: Int) -> Int? {
                let order = Array(start..<message.count) + Array(0..<start)
                return order.first { message.nameBytes(at: $0).elementsEqual(name.utf8, by: isEqualIgnoringCase) }
            }
            #expect(message.uniqueidIndex == first("Uniqueid", from: 0))
            for start in 0..<message.count {
                #expect(message.index(of: "Uniqueid", from: start) == first("Uniqueid", from: start))
                #expect(message.index(of: "Exten", from: start) == first("Exten", from: start))
                #expect(message.index(of: "E", from: start) == first("E", from: start))
                #expect(message.index(of: "Privilege", from: start) == first("Privilege", from: start))
            }
        }
    }

    @Test("end and are divided where the bytes say so, wherever they lie")
    func delimiters() {
        var generator = SeededGenerator(state: 3)
        for count in 0...80 {
            let bytes = (0..<count).map { _ in
                [10, 58, 65, 13, 66, 67, 68, 69].randomElement(using: &generator)! as UInt8
            }
            for start in 0...count {
                let end = Int.random(in: start...count, using: &generator)
                bytes.withUnsafeBufferPointer {
                    #expect(
                        firstIndex(of: 10, or: 58, in: $0, from: start, to: end)
                            == (start..<end).first { bytes[$0] == 10 || bytes[$0] == 58 })
                    #expect(
                        firstIndex(of: 10, in: $0, from: start, to: end) == (start..<end).first { bytes[$0] == 10 })
                }
            }
        }
    }

    @Test("have names that are equal but for the case of ASCII letters")
    func names() {
        let name: StaticString = "CallerIDName"
        for index in 0..<12 {
            for byte in UInt8.min...UInt8.max {
                var bytes = Array("CallerIDName".utf8)
                let isEqual = isEqualIgnoringCase(bytes[index], byte)
                bytes[index] = byte
                bytes.withUnsafeBufferPointer { #expect(equalIgnoringCase($0, 0, 12, name) == isEqual) }
            }
        }
    }
}
