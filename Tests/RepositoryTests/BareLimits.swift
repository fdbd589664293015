/// Finds numbers that bound something and stand in the code without a name and a reason.
///
/// A decimal number is taken for a bound where it is
/// - the length of a `prefix` or `suffix` (from 10),
/// - a duration: `.seconds(30)` (from 2),
/// - what something is compared with: `count < 64` (from 11; not a character's code, a status or a part of a date),
/// - an argument of `min` or `max` (from 3),
/// - given to a name that speaks of a bound: `limit: 40`, `timeoutMicroseconds: Int64 = 10_000_000` (from 2),
/// - all that a constant is (from 10).
///
/// It has a name and a reason in a type `Limits` and in types of settings (`…Settings`, `…Configuration`), as a
/// `static let` or a stored property with a comment, or as an option of the command line, whose help says what it is.
/// A number of another kind says so at the end of the line, or above a long line: `// not a limit: <why>`.
struct BareLimits {
    static let mark = "// not a limit: "

    private static let homes = ["Limits", "Settings", "Configuration", "Defaults"]
    private static let durations: Set = ["seconds", "milliseconds", "microseconds", "minutes", "hours"]
    /// A minute, an hour and a day are what a time is read by, as `seconds < 60 ? …`.
    private static let clock: Set<Double> = [24, 60, 3600, 86_400]
    private static let comparisons: Set = ["<", "<=", ">", ">=", "..<", "..."]
    /// What a bound is called, as a part of a name.
    private static let boundWords = [
        "limit", "capacity", "most", "maximum", "timeout", "patience", "tolerance", "interval", "attempts",
        "microseconds", "milliseconds",
        "seconds", "bytes",
    ]
    /// A number beside one of these is a character's code, a status or a part of a date.
    private static let codes: Set = [
        "$0", "$1", "self", "byte", "value", "scalar", "digit", "letter", "status", "code", "port", "year", "month",
        "day",
        "weekday", "hour", "minute", "second", "major", "minor",
    ]

    private let names: SwiftDeclarations

    init(_ text: String, path: String) { names = SwiftDeclarations(text, path: path) }

    /// `file:line: what stands there`, in order.
    var findings: [String] {
        let lines = names.source.tokens.indices.filter { isBound($0) && !isNamed($0) }.map {
            names.source.tokens[$0].line
        }
        return Set(lines).sorted().map { "\(names.path):\($0): \(names.code(ofLine: $0))" }
    }

    private func text(_ index: Int) -> String { names.text(index) }

    // MARK: what bounds

    private func isBound(_ index: Int) -> Bool {
        guard let number = number(index) else { return false }
        let start = productStart(index)
        let end = productEnd(index)
        if start != index { return false }
        let value = start == end ? number : .infinity
        return isLength(index, value) || isDuration(index, value) || isCompared(start, end, value)
            || isOfMinimum(index, value)
            || isGiven(start, end, value)
    }

    private func number(_ index: Int) -> Double? {
        guard names.source.tokens.indices.contains(index), names.source.tokens[index].kind == .number else {
            return nil
        }
        // A number in another base is a code or a mask.
        return text(index).hasPrefix("0x") || text(index).hasPrefix("0b")
            ? nil : Double(text(index).filter { $0 != "_" })
    }

    /// `16 * 1024` is one number; `x / 1_000_000` is a conversion.
    private func productStart(_ index: Int) -> Int {
        var start = index
        while ["*", "/", "%", "<<", ">>", "&", "+", "-"].contains(text(start - 1)) {
            if number(start - 2) == nil { return -1 }
            start -= 2
        }
        return start
    }

    private func productEnd(_ index: Int) -> Int {
        var end = index
        while ["*", "<<"].contains(text(end + 1)), number(end + 2) != nil { end += 2 }
        return end
    }

    private func isLength(_ index: Int, _ value: Double) -> Bool {
        value >= 10 && text(index - 1) == "(" && ["prefix", "suffix"].contains(text(index - 2))
            && text(index - 3) == "."
    }

    private func isDuration(_ index: Int, _ value: Double) -> Bool {
        value >= 2 && text(index - 1) == "(" && Self.durations.contains(text(index - 2)) && text(index - 3) == "."
    }

    private func isCompared(_ start: Int, _ end: Int, _ value: Double) -> Bool {
        guard value > 10, !Self.clock.contains(value), !isShifted(start) else { return false }
        if Self.comparisons.contains(text(start - 1)) {
            // A range between two numbers is one of codes or of digits, but `0..<1000` repeats something.
            if number(start - 2) != nil { return text(start - 1) == "..<" && number(start - 2) == 0 }
            return !Self.codes.contains(operand(before: start - 1)) && isFree(after: end)
        }
        return Self.comparisons.contains(text(end + 1)) && !Self.codes.contains(operand(after: end + 1))
            && number(end + 2) == nil
    }

    /// `a >> 30`
    private func isShifted(_ start: Int) -> Bool { text(start - 1) == ">" && text(start - 2) == ">" }

    private func isFree(after end: Int) -> Bool { !["*", "/", "%"].contains(text(end + 1)) }

    private func operand(before index: Int) -> String {
        let last = index - 1
        guard [")", "]"].contains(text(last)), let open = names.source.partners[last] else { return text(last) }
        // `(letter | 0x20) <= 122`
        return text(last - 1).hasPrefix("0x") ? "byte" : text(open - 1)
    }

    private func operand(after index: Int) -> String {
        var next = index + 1
        while text(next + 1) == "." { next += 2 }
        return text(next)
    }

    private func isOfMinimum(_ index: Int, _ value: Double) -> Bool {
        guard value >= 3, ["(", ","].contains(text(index - 1)), let open = names.bracket(around: index) else {
            return false
        }
        return text(open) == "(" && ["min", "max"].contains(text(open - 1)) && text(open - 2) != "."
            && [",", ")"].contains(text(productEnd(index) + 1))
    }

    /// `limit: 40`, `limit: Int = 40`, `let limit = 40`, `let width = 40`.
    private func isGiven(_ start: Int, _ end: Int, _ value: Double) -> Bool {
        var name = start - 2
        switch text(start - 1) {
        case ":" where text(name - 1) != ".": break
        case "=":
            // A type may stand between.
            while name > 0, !["let", "var", "(", ",", "{", "}"].contains(text(name - 1)) { name -= 1 }
        default: return false
        }
        let called = text(name).lowercased()
        if value >= 2, called != "bytes", Self.boundWords.contains(where: called.hasSuffix) { return true }
        let isConstant = text(start - 1) == "=" && text(name - 1) == "let"
        return isConstant && value >= 10 && endsStatement(end)
    }

    private func endsStatement(_ end: Int) -> Bool {
        guard names.source.tokens.indices.contains(end + 1) else { return true }
        return names.source.tokens[end + 1].line > names.source.tokens[end].line || [";", "}"].contains(text(end + 1))
    }

    // MARK: what has a name and a reason

    private func isNamed(_ index: Int) -> Bool {
        let line = names.source.tokens[index].line
        if names.types.contains(where: { type in
            type.body.contains(index) && Self.homes.contains { type.name.hasSuffix($0) }
        }) {
            return true
        }
        // A long line has its mark above.
        for line in names.source.isOnlyComment(line - 1) ? [line, line - 1] : [line] {
            if let comment = names.source.comments[line], comment.hasPrefix(Self.mark), comment.count > Self.mark.count
            {
                return true
            }
        }
        return isOption(index) || isPropertyWithReason(index)
    }

    /// `@Option(help: "…") var seconds = 30`
    private func isOption(_ index: Int) -> Bool {
        var start = index
        while start > 0, !["{", "}", "let", "var", ";"].contains(text(start)) { start -= 1 }
        guard text(start) == "var", start >= 2 else { return false }
        let attribute = text(start - 1) == ")" ? (names.source.partners[start - 1] ?? start) - 1 : start - 1
        return text(attribute - 1) == "@" && ["Option", "Argument", "OptionGroup"].contains(text(attribute))
    }

    /// A comment stands on the line, above it, or above the properties directly before it.
    private func isPropertyWithReason(_ index: Int) -> Bool {
        var start = index
        while start > 0, !["{", "}", "let", "var", ";", "func", "init"].contains(text(start)) { start -= 1 }
        guard ["let", "var"].contains(text(start)), isMember(start) else { return false }
        let first = names.source.tokens[start].line
        if (first...names.source.tokens[index].line).contains(where: { names.source.comments[$0] != nil }) {
            return true
        }
        let properties = Set(
            names.source.tokens.indices.filter { ["let", "var"].contains(text($0)) && isMember($0) }.map {
                names.source.tokens[$0].line
            })
        var line = first - 1
        while properties.contains(line) && names.source.comments[line] == nil { line -= 1 }
        return names.source.comments[line] != nil
    }

    private func isMember(_ index: Int) -> Bool {
        let scope = names.scope(around: index)
        return names.types.contains { $0.body == scope } || scope.lowerBound < 0
    }
}

extension SwiftDeclarations {
    /// A line without its comment, and with one space at most.
    func code(ofLine line: Int) -> String {
        let words = source.tokens.filter { $0.line == line }.map { ($0.isSpaced ? " " : "") + $0.text }
        return String(words.joined().drop { $0 == " " })
    }
}
