/// One file of Swift as tokens, without a compiler: enough to read declarations, chains of calls and literals.
struct SwiftTokens {
    struct Token: Equatable {
        enum Kind { case word, number, symbol, text }

        var kind: Kind
        var text: String
        /// From 1.
        var line: Int
        /// Whether white space stands before it: `a ? b : c` is no optional chain.
        var isSpaced: Bool
    }

    private(set) var tokens: [Token] = []
    /// The index of each opening bracket's closing one, and the reverse.
    private(set) var partners: [Int: Int] = [:]
    /// For each token, the innermost bracket that is open there.
    private(set) var enclosing: [Int?] = []
    /// What follows `//` on a line, with the slashes. A line of documentation is one, too.
    private(set) var comments: [Int: String] = [:]
    private var codeLines: Set<Int> = []
    /// How many columns of each line belong to string literals, with what is interpolated.
    private(set) var literalColumns: [Int: Int] = [:]

    private static let operators = [
        "...", "..<", "===", "!==", "->", "??", "==", "!=", "<=", ">=", "&&", "||", "+=", "-=", "*=", "/=", "%=", "|=",
        "^=", "&+", "&-",
        "&*", "<<",
    ].map { Array($0.utf8) }

    private let bytes: [UInt8]
    private var position = 0
    private var line = 1
    private var isSpaced = true
    private var stringDepth = 0

    init(_ source: String) {
        bytes = Array(source.utf8)
        read(until: nil)
        pairBrackets()
    }

    /// Whether a comment is all that stands on a line.
    func isOnlyComment(_ line: Int) -> Bool { comments[line] != nil && !codeLines.contains(line) }

    private func byte(_ offset: Int = 0) -> UInt8? {
        position + offset < bytes.count ? bytes[position + offset] : nil
    }

    private func starts(with text: [UInt8]) -> Bool {
        position + text.count <= bytes.count && bytes[position..<position + text.count].elementsEqual(text)
    }

    private mutating func add(_ kind: Token.Kind, from start: Int, line: Int) {
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        tokens.append(Token(kind: kind, text: text, line: line, isSpaced: isSpaced))
        codeLines.insert(line)
        isSpaced = false
    }

    /// Reads to the end, or within a string to the parenthesis that closes an interpolation.
    private mutating func read(until end: UInt8?) {
        var depth = 0
        while let next = byte() {
            if next == end, depth == 0 { return }
            switch next {
            case UInt8(ascii: "\n"):
                line += 1
                position += 1
                isSpaced = true
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"):
                position += 1
                isSpaced = true
            case UInt8(ascii: "/") where byte(1) == UInt8(ascii: "/"): readLineComment()
            case UInt8(ascii: "/") where byte(1) == UInt8(ascii: "*"): readBlockComment()
            case UInt8(ascii: "\""): readString(hashes: 0)
            case UInt8(ascii: "#") where isRawLiteral: readRawLiteral()
            case _ where next.isWord:
                let start = position
                let isNumber = next.isDigit
                while let byte = byte(), byte.isWord || (isNumber && isFraction(byte)) { position += 1 }
                add(isNumber ? .number : .word, from: start, line: line)
            default:
                if next == UInt8(ascii: "(") { depth += 1 }
                if next == UInt8(ascii: ")") { depth -= 1 }
                let start = position
                position += operatorLength
                add(.symbol, from: start, line: line)
            }
        }
    }

    private var operatorLength: Int {
        // Most symbols are single, and the list is long.
        switch byte(1) {
        case UInt8(ascii: "."), UInt8(ascii: "<"), UInt8(ascii: "="), UInt8(ascii: ">"), UInt8(ascii: "?"),
            UInt8(ascii: "&"),
            UInt8(ascii: "|"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "*"):
            Self.operators.first { starts(with: $0) }?.count ?? 1
        default: 1
        }
    }

    private func isFraction(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: ".") && self.byte(1)?.isDigit == true
    }

    private mutating func readLineComment() {
        let start = position
        while let byte = byte(), byte != UInt8(ascii: "\n") { position += 1 }
        comments[line] = String(decoding: bytes[start..<position], as: UTF8.self)
    }

    private mutating func readBlockComment() {
        var depth = 0
        repeat {
            if starts(with: Array("/*".utf8)) {
                depth += 1
                position += 2
            } else if starts(with: Array("*/".utf8)) {
                depth -= 1
                position += 2
            } else {
                if byte() == UInt8(ascii: "\n") { line += 1 }
                position += 1
            }
        } while depth > 0 && position < bytes.count
        isSpaced = true
    }

    /// `#"…"#` and `#/…/#`, not `#expect`.
    private var isRawLiteral: Bool {
        var offset = 0
        while byte(offset) == UInt8(ascii: "#") { offset += 1 }
        return byte(offset) == UInt8(ascii: "\"") || byte(offset) == UInt8(ascii: "/")
    }

    private mutating func readRawLiteral() {
        var hashes = 0
        while byte(hashes) == UInt8(ascii: "#") { hashes += 1 }
        if byte(hashes) == UInt8(ascii: "\"") { return readString(hashes: hashes) }
        let start = position
        let began = line
        let end = [UInt8(ascii: "/")] + Array(repeating: UInt8(ascii: "#"), count: hashes)
        position += hashes + 1
        while position < bytes.count, !starts(with: end) {
            if byte() == UInt8(ascii: "\n") { line += 1 }
            position += 1
        }
        position = min(bytes.count, position + end.count)
        add(.text, from: start, line: began)
    }

    /// A string is one token or, with interpolations, several: the pieces of text and between them the code.
    private mutating func readString(hashes: Int) {
        let pounds = Array(repeating: UInt8(ascii: "#"), count: hashes)
        var start = position
        var began = line
        let (first, firstLine) = (start, began)
        stringDepth += 1
        position += hashes
        let quote = Array((starts(with: Array("\"\"\"".utf8)) ? "\"\"\"" : "\"").utf8)
        position += quote.count
        let escape = [UInt8(ascii: "\\")] + pounds
        while position < bytes.count, !starts(with: quote + pounds) {
            if starts(with: escape + [UInt8(ascii: "(")]) {
                position += escape.count + 1
                add(.text, from: start, line: began)
                read(until: UInt8(ascii: ")"))
                start = position
                began = line
                position += 1
            } else if starts(with: escape) {
                position += escape.count
                if byte() == UInt8(ascii: "\n") { line += 1 }
                position += 1
            } else {
                if byte() == UInt8(ascii: "\n") { line += 1 }
                position += 1
            }
        }
        position = min(bytes.count, position + quote.count + hashes)
        add(.text, from: start, line: began)
        stringDepth -= 1
        guard stringDepth == 0 else { return }
        for (offset, piece) in bytes[first..<position].split(
            separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false
        ).enumerated() {
            literalColumns[firstLine + offset, default: 0] += String(decoding: piece, as: UTF8.self).count
        }
    }

    private mutating func pairBrackets() {
        let closing = ["(": ")", "[": "]", "{": "}"]
        var open: [Int] = []
        for (index, token) in tokens.enumerated() {
            enclosing.append(open.last)
            guard token.kind == .symbol else { continue }
            if closing[token.text] != nil {
                open.append(index)
            } else if let last = open.last, closing[tokens[last].text] == token.text {
                partners[last] = index
                partners[index] = last
                open.removeLast()
            }
        }
    }
}

extension UInt8 {
    fileprivate var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }

    /// Letters beyond ASCII belong to words.
    fileprivate var isWord: Bool {
        isDigit || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self | 0x20) || self == UInt8(ascii: "_")
            || self == UInt8(ascii: "$")
            || self >= 0x80
    }
}
