import AMI
import Testing

@Suite("An action")
struct ActionTests {
    @Test("is written with its name and ActionID first, then its headers in order")
    func order() throws {
        let action = Action("Originate", ["Channel": "PJSIP/1001", "Variable": "A=1", "Variable": "B=però"])
        #expect(
            try action.encoded(id: "x-1")
                == Array(
                    "Action: Originate\r\nActionID: x-1\r\nChannel: PJSIP/1001\r\nVariable: A=1\r\nVariable: B=però\r\n\r\n"
                        .utf8))
    }

    @Test("has lines of at most 1,022 bytes")
    func lineLimit() throws {
        let longest = String(repeating: "x", count: 1022 - 3)
        #expect(try Action("A", ["X": longest]).encoded(id: "1").count == 12 + 13 + 1022 + 4 - 1)
        #expect(throws: Action.EncodingError.lineTooLong(header: "X", bytes: 1023)) {
            try Action("A", ["X": longest + "x"]).encoded(id: "1")
        }
    }

    @Test("has at most 128 headers")
    func headerLimit() throws {
        var action = Action("A")
        action.headers = Array(repeating: (name: "Variable", value: "a=b"), count: 126)
        #expect(throws: Never.self) { try action.encoded(id: "1") }
        action.headers.append((name: "Variable", value: "a=b"))
        #expect(throws: Action.EncodingError.tooManyHeaders(129)) { try action.encoded(id: "1") }
    }

    @Test("refuses invalid names", arguments: ["", "A B", "A:", "A\r", "È", "A\u{7F}"])
    func names(name: String) {
        var action = Action("A")
        action.headers = [(name: name, value: "x")]
        #expect(throws: Action.EncodingError.badName(name)) { try action.encoded(id: "1") }
    }

    @Test("is refused, or is exactly the given headers, whatever they contain", arguments: 0..<500 as Range<UInt64>)
    func noInjection(seed: UInt64) throws {
        var random = SeededGenerator(state: seed)
        // Mostly letters, with enough harmful characters.
        let alphabet: [Unicode.Scalar] = [
            "a", "b", "C", ":", " ", "=", "\"", "ò", "€", "\u{202E}", "\u{2028}", "\u{85}",
        ]
        let hurting: [Unicode.Scalar] = ["\r", "\n", "\0", "\t", "\u{7F}", "\u{1B}"]
        func text(_ random: inout SeededGenerator) -> String {
            var scalars = String.UnicodeScalarView()
            for _ in 0..<Int.random(in: 0...(seed % 9 == 0 ? 1100 : 20), using: &random) {
                scalars.append(
                    (Int.random(in: 0..<200, using: &random) == 0 ? hurting : alphabet).randomElement(using: &random)!)
            }
            return String(scalars)
        }
        var action = Action("Test")
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            action.headers.append(
                (name: Bool.random(using: &random) ? "Variable" : text(&random), value: text(&random)))
        }
        let id = text(&random)
        guard let bytes = try? action.encoded(id: id) else { return }
        let given = [(name: "Action", value: "Test"), (name: "ActionID", value: id)] + action.headers
        #expect(
            frame([bytes], role: .server) == [
                .message(.action, given.map { Framed.Line(name: $0.name, value: Array($0.value.utf8)) })
            ])
        #expect(bytes.count { $0 == UInt8(ascii: "\n") } == given.count + 1)
    }
}
