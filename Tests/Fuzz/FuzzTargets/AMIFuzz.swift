import AMI
import Telephony
import Time
import Wire

/// Input: one byte of mode (which reader, how it is cut), one byte for the cut's seed, then bytes for
/// ``Swift/Array/expanded(limit:)``.
enum AMIFuzz {
    static let banner = Array("Asterisk Call Manager/11.0.0\r\n".utf8)
    /// Enough for the longest line twice, and for more lines than a message may have.
    static let longest = 160_000

    static func faults(of input: [UInt8]) -> [String] {
        guard input.count > 2 else { return [] }
        let mode = input[0]
        var generator = SplitMix64(seed: UInt64(input[1]))
        var bytes = Array(input[2...]).expanded(limit: longest)
        if bytes.count > 20_000, mode / 4 % 3 == 0 { bytes.removeLast(bytes.count - 20_000) }
        switch mode % 4 {
        case 0:
            return framerFaults(banner + bytes, .client, (banner + bytes).pieces(style: mode / 4, using: &generator))
        case 1: return framerFaults(bytes, .client, bytes.pieces(style: mode / 4, using: &generator))
        case 2: return framerFaults(bytes, .server, bytes.pieces(style: mode / 4, using: &generator))
        default: return lineFaults(bytes, bytes.pieces(style: mode / 4, using: &generator)) + textFaults(bytes)
        }
    }

    // MARK: messages

    private static func framerFaults(_ bytes: [UInt8], _ role: Framer.Role, _ pieces: [ArraySlice<UInt8>]) -> [String] {
        var expectations = Expectations()
        var framer = Framer(role: role)
        var whole: [Framed] = []
        framer.receive(bytes) { output in
            if case .message(let message) = output { check(message, role, &expectations) }
            whole.append(Framed(output))
        }
        var cutter = Framer(role: role)
        var cut: [Framed] = []
        for piece in pieces {
            cutter.receive(piece) { cut.append(Framed($0)) }
            expectations.expect(
                cutter.pendingBytes <= Limits.messageBytes + Limits.lineBytes + 2,
                "\(cutter.pendingBytes) bytes are kept for one message")
        }
        let difference = zip(whole, cut).first { $0 != $1 }
        expectations.expect(
            whole == cut,
            "cut into \(pieces.count) pieces: \(cut.count) outputs instead of \(whole.count); \(String(describing: difference))"
        )
        for (index, output) in whole.enumerated() {
            if case .banner(let text) = output {
                expectations.expect(index == 0 && role == .client, "a banner in the middle")
                expectations.expect(!text.utf8.contains(10), "a banner of two lines")
            }
        }
        return expectations.faults
    }

    /// What a reader may rely on; and what is written again reads the same.
    private static func check(_ message: Message, _ role: Framer.Role, _ expectations: inout Expectations) {
        expectations.expect((1...Limits.messageLines).contains(message.count), "a message of \(message.count) headers")
        expectations.expect(message.kind == .action || role == .client, "an answer among actions")
        var size = 0
        for index in 0..<message.count {
            let name = message.name(at: index)
            let value = message.bytes(at: index)
            size += value.count
            expectations.expect(
                !name.isEmpty && !name.utf8.contains(58) && !name.utf8.contains(10), "a header is named “\(name)”")
            expectations.expect(!value.contains(10), "the value of \(name) has two lines")
        }
        for variable in message.channelVariables {
            expectations.expect(!variable.name.contains("="), "the variable \(variable.name) is not cut at the first =")
        }
        _ = message.timestamp
        checkLookUp(message, &expectations)
        checkReader(message, &expectations)
        guard message.text.isEmpty, !message.isTitled("Follows"), size < Limits.lineBytes else { return }
        var again: [Framed] = []
        var framer = Framer(role: role)
        framer.receive((role == .client ? banner : []) + encoded(message)) { again.append(Framed($0)) }
        expectations.expect(
            Array(again.drop { if case .banner = $0 { true } else { false } }) == [Framed(.message(message))],
            "written again, it is read as \(again)")
    }

    private static func encoded(_ message: Message) -> [UInt8] {
        var bytes: [UInt8] = []
        for index in 0..<message.count {
            bytes += message.nameBytes(at: index) + [58, 32] + message.bytes(at: index) + [13, 10]
        }
        return bytes + [13, 10]
    }

    static let names: [StaticString] = [
        "Event", "Response", "ActionID", "Uniqueid", "Linkedid", "Queue", "DestUniqueid", "ChanVariable", "CallerIDNum",
        "Timestamp", "x",
    ]

    private static func checkLookUp(_ message: Message, _ expectations: inout Expectations) {
        for name in names {
            let text = name.description
            let all = (0..<message.count).filter { message.nameBytes(at: $0).elementsEqual(text.utf8, by: equalASCII) }
            expectations.expect(message.all(name) == all.map(message.value(at:)), "all(\(text)) finds others")
            expectations.expect(message[name] == all.first.map(message.value(at:)), "[\(text)] is not the first")
            expectations.expect(
                message.value(named: text) == message[name], "a configured \(text) is another header than ours")
        }
    }

    /// A reader that asks in any order finds what exists; asked in order of arrival, it finds each one.
    private static func checkReader(_ message: Message, _ expectations: inout Expectations) {
        var reader = HeaderReader(message)
        for name in names + names.reversed() {
            let text = name.description
            let value = reader.bytes(name)
            let all = (0..<message.count).filter { message.nameBytes(at: $0).elementsEqual(text.utf8, by: equalASCII) }
            expectations.expect(
                value == nil ? all.isEmpty : all.contains { message.bytes(at: $0) == value! },
                "a reader finds another \(text)")
            if let value {
                expectations.expect(parseInteger(value) == integer(value), "\(text) is not the number \(Array(value))")
            }
        }
    }

    private static func equalASCII(_ left: UInt8, _ right: UInt8) -> Bool {
        func lower(_ byte: UInt8) -> UInt8 { (65...90).contains(byte) ? byte + 32 : byte }
        return lower(left) == lower(right)
    }

    private static func integer(_ bytes: ArraySlice<UInt8>) -> Int? {
        let digits = bytes.first == 45 ? bytes.dropFirst() : bytes
        guard (1...18).contains(digits.count), digits.allSatisfy({ (48...57).contains($0) }) else { return nil }
        return Int(String(decoding: bytes, as: UTF8.self))
    }

    // MARK: lines and text

    private static func lineFaults(_ bytes: [UInt8], _ pieces: [ArraySlice<UInt8>]) -> [String] {
        var expectations = Expectations()
        for limit in [8, 16 * 1024] {
            var framer = LineFramer(limit: limit)
            let whole = framer.receive(bytes)
            var cutter = LineFramer(limit: limit)
            let cut = pieces.flatMap { cutter.receive($0) }
            expectations.expect(whole == cut, "lines of \(limit) bytes depend on the cut")
            for case .line(let line) in whole {
                expectations.expect(
                    (1...limit).contains(line.count) && !line.contains(10), "a line of \(line.count) bytes")
            }
        }
        return expectations.faults
    }

    /// `unescaped` undoes Asterisk's `ast_escape_c`, and survives input that this did not make.
    private static func textFaults(_ bytes: [UInt8]) -> [String] {
        var expectations = Expectations()
        let text = String(decoding: bytes.prefix(4096), as: UTF8.self)
        expectations.expect(
            Array(unescaped(escaped(text)).unicodeScalars) == Array(text.unicodeScalars),
            "escaping “\(text)” is not undone")
        expectations.expect(
            unescaped(text).unicodeScalars.count <= text.unicodeScalars.count, "unescaping makes it longer")
        return expectations.faults
    }

    private static func escaped(_ text: String) -> String {
        let letters: [Unicode.Scalar: Unicode.Scalar] = [
            "\u{07}": "a", "\u{08}": "b", "\u{0C}": "f", "\n": "n", "\r": "r", "\t": "t", "\u{0B}": "v", "\\": "\\",
            "'": "'", "\"": "\"",
            "?": "?",
        ]
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            if let letter = letters[scalar] {
                result.append(contentsOf: ["\\", letter])
            } else {
                result.append(scalar)
            }
        }
        return String(result)
    }
}

/// What a framer returns, byte for byte, so that two can be compared.
enum Framed: Equatable {
    case banner(String)
    case message(Message.Kind, [ArraySlice<UInt8>])
    case malformed(Framer.Fault)

    init(_ output: Framer.Output) {
        switch output {
        case .banner(let text): self = .banner(text)
        case .malformed(let fault): self = .malformed(fault)
        case .message(let message):
            self = .message(
                message.kind,
                (0..<message.count).flatMap { [message.nameBytes(at: $0), message.bytes(at: $0)] } + message.text)
        }
    }
}
