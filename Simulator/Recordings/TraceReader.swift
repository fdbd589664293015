import Foundation

/// Reads the lines of a trace: `{"t": 0.20768, "dir": "in", "data": "Event: …\r\n"}`, where each character of `data`
/// stands for one byte.
///
/// A scanner for this one shape: a load recording has tens of megabytes, and a general JSON reader takes seconds for
/// the strings alone.
enum TraceReader {
    static func chunks(of path: String) throws(RecordingError) -> [Recording.Chunk] {
        try chunks(in: CompressedFile.read(path), path: path)
    }

    static func chunks(in bytes: [UInt8], path: String) throws(RecordingError) -> [Recording.Chunk] {
        do {
            return try bytes.withUnsafeBufferPointer { buffer in
                var chunks: [Recording.Chunk] = []
                var scanner = LineScanner(bytes: buffer)
                while let line = try scanner.next() {
                    // Two threads of the recorder may write their lines some microseconds out of order.
                    let microseconds = max(line.microseconds, chunks.last?.microseconds ?? 0)
                    chunks.append(.init(microseconds: microseconds, direction: line.direction, bytes: line.bytes))
                }
                return chunks
            }
        } catch let fault as LineFault {
            throw .badLine(path: path, line: fault.line, reason: fault.reason)
        } catch {
            preconditionFailure("the scanner throws only its own faults, not \(error)")
        }
    }
}

struct LineFault: Error {
    var line: Int
    var reason: String
}

struct LineScanner {
    let bytes: UnsafeBufferPointer<UInt8>
    var index = 0
    var line = 1

    init(bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    mutating func next() throws -> Recording.Chunk? {
        while index < bytes.count, isBlank(bytes[index]) || bytes[index] == UInt8(ascii: "\n") {
            if bytes[index] == UInt8(ascii: "\n") { line += 1 }
            index += 1
        }
        guard index < bytes.count else { return nil }
        var microseconds: Int64?
        var direction: Recording.Chunk.Direction?
        var data: [UInt8]?
        try expect("{")
        repeat {
            let key = try string()
            try expect(":")
            switch String(decoding: key, as: UTF8.self) {
            case "t": microseconds = try time()
            case "dir":
                let text = String(decoding: try string(), as: UTF8.self)
                guard let value = Recording.Chunk.Direction(rawValue: text) else {
                    throw fault("dir is “\(text.prefix(20))”")
                }
                direction = value
            case "data": data = try string()
            case let other: throw fault("“\(other.prefix(20))” is none of t, dir, data")
            }
        } while try more()
        guard let microseconds, let direction, let data else { throw fault("t, dir or data is missing") }
        return Recording.Chunk(microseconds: microseconds, direction: direction, bytes: data)
    }

    private func fault(_ reason: String) -> LineFault { LineFault(line: line, reason: reason) }

    private func isBlank(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\r")
    }

    private mutating func skipBlanks() { while index < bytes.count, isBlank(bytes[index]) { index += 1 } }

    private mutating func expect(_ character: Unicode.Scalar) throws {
        skipBlanks()
        guard index < bytes.count, bytes[index] == UInt8(ascii: character) else {
            throw fault("“\(character)” is missing")
        }
        index += 1
    }

    /// After a member: whether another one follows.
    private mutating func more() throws -> Bool {
        skipBlanks()
        guard index < bytes.count else { throw fault("the line ends too early") }
        defer { index += 1 }
        switch bytes[index] {
        case UInt8(ascii: ","): return true
        case UInt8(ascii: "}"): return false
        default: throw fault("“,” or “}” is missing")
        }
    }

    private mutating func time() throws -> Int64 {
        skipBlanks()
        let start = index
        while index < bytes.count, "+-.0123456789eE".utf8.contains(bytes[index]) { index += 1 }
        let text = String(decoding: bytes[start..<index], as: UTF8.self)
        guard let seconds = Double(text), (0..<1e9).contains(seconds) else {
            throw fault("t is “\(text.prefix(20))”, no number of seconds")
        }
        return Int64((seconds * 1_000_000).rounded())
    }

    /// A JSON string, each character as the byte that it stands for.
    private mutating func string() throws -> [UInt8] {
        try expect("\"")
        var result: [UInt8] = []
        var start = index
        while true {
            skipPlain()
            guard index < bytes.count else { break }
            switch bytes[index] {
            case UInt8(ascii: "\""):
                result.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[start..<index]))
                index += 1
                return result
            case UInt8(ascii: "\\"):
                result.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[start..<index]))
                result.append(try escape())
                start = index
            case 0x80...:
                result.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[start..<index]))
                // U+0080…U+00FF in UTF-8.
                guard bytes[index] & 0xFC == 0xC0, index + 1 < bytes.count, bytes[index + 1] & 0xC0 == 0x80 else {
                    throw beyondLatin1
                }
                result.append(bytes[index] << 6 | bytes[index + 1] & 0x3F)
                index += 2
                start = index
            default: throw fault("a string has a control character or no end")
            }
        }
        throw fault("a string has no end")
    }

    /// Most of a recording is this loop: plain integers, so that it is fast even in a debug build.
    private mutating func skipPlain() {
        guard let base = bytes.baseAddress else { return }
        var index = index
        let count = bytes.count
        while index < count {
            let byte = base[index]
            // Quote, backslash, controls and anything that is not ASCII.
            if byte == 0x22 || byte == 0x5C || byte < 0x20 || byte >= 0x80 { break }
            index += 1
        }
        self.index = index
    }

    private var beyondLatin1: LineFault { fault("data has a character that stands for no byte (beyond U+00FF)") }

    private mutating func escape() throws -> UInt8 {
        guard index + 1 < bytes.count else { throw fault("a string has no end") }
        let character = bytes[index + 1]
        index += 2
        switch character {
        case UInt8(ascii: "n"): return UInt8(ascii: "\n")
        case UInt8(ascii: "r"): return UInt8(ascii: "\r")
        case UInt8(ascii: "t"): return UInt8(ascii: "\t")
        case UInt8(ascii: "b"): return 0x08
        case UInt8(ascii: "f"): return 0x0C
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return character
        case UInt8(ascii: "u"):
            guard index + 4 <= bytes.count else { throw fault("a string has no end") }
            let digits = bytes[index..<index + 4]
            guard digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
                let code = UInt16(String(decoding: digits, as: UTF8.self), radix: 16)
            else { throw fault("\\u without four hexadecimal digits") }
            guard let byte = UInt8(exactly: code) else { throw beyondLatin1 }
            index += 4
            return byte
        default: throw fault("“\\” before a character that JSON does not escape")
        }
    }
}
