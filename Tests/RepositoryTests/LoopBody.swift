/// The body of a loop over a set or a dictionary: whether it does the same in any order.
///
/// It does if each statement adds to a number, puts into or takes out of a set or a dictionary, or changes the entry
/// that the loop is at.
struct LoopBody {
    private let names: SwiftDeclarations
    private let range: Range<Int>
    private let shape: (Int) -> Shape

    init(_ names: SwiftDeclarations, _ range: Range<Int>, shape: @escaping (Int) -> Shape) {
        self.names = names
        self.range = range
        self.shape = shape
    }

    /// - Parameter key: what the loop calls the key or the member that it is at.
    func isOrderless(by key: String) -> Bool {
        // A value that is taken of a generator or changed by a call depends on who comes first.
        if range.contains(where: isInout) { return false }
        return areOrderless(range, by: key)
    }

    private func isInout(_ index: Int) -> Bool {
        names.text(index) == "&" && ["(", ",", ":"].contains(names.text(index - 1))
    }

    private func areOrderless(_ range: Range<Int>, by key: String) -> Bool {
        var next = range.lowerBound
        while next < range.upperBound {
            guard let end = orderlessStatement(at: next, range.upperBound, by: key) else { return false }
            next = end
        }
        return true
    }

    /// The token after a statement that is harmless.
    private func orderlessStatement(at start: Int, _ limit: Int, by key: String) -> Int? {
        switch names.text(start) {
        case ";", "continue": return start + 1
        case "let": return end(of: start, limit)
        case "if", "guard", "else", "for":
            guard let open = brace(after: start, limit), let close = names.source.partners[open] else { return nil }
            if names.text(start) == "guard" { return names.text(open + 1) == "continue" ? close + 1 : nil }
            return areOrderless(open + 1..<close, by: key) ? close + 1 : nil
        default:
            return isOrderless(start..<end(of: start, limit), by: key) ? end(of: start, limit) : nil
        }
    }

    private func isOrderless(_ statement: Range<Int>, by key: String) -> Bool {
        var index = statement.lowerBound
        var last = index
        while index < statement.upperBound {
            let text = names.text(index)
            if text == "=" || text == "+=" || text == "-=" || text == "|=" { break }
            if text == "(" || text == "[" || text == "{" {
                last = index
                index = (names.source.partners[index] ?? index) + 1
            } else {
                index += 1
            }
        }
        // The entry that the loop is at: no other turn of the loop comes to it.
        if let open = (statement.lowerBound..<index).first(where: { names.text($0) == "[" }),
            names.text(open + 1) == key,
            ["]", ","].contains(names.text(open + 2))
        {
            return true
        }
        if index == statement.upperBound {
            // A call: `found.insert(x)`, not `list.insert(x, at: 0)`.
            let isPut = ["insert", "formUnion", "remove", "subtract", "removeValue", "updateValue"].contains(
                names.text(last - 1))
            return isPut && !(last..<index).contains { ["at", "contentsOf"].contains(names.text($0)) }
                && names.text(index - 1) == ")"
        }
        if ["+=", "-="].contains(names.text(index)) {
            return shape(statement.lowerBound) == .number
                || names.source.tokens[index + 1].kind == .number && index + 2 == statement.upperBound
                || names.text(index - 1) == "]" && ["0", "zero"].contains(names.text(index - 2))
        }
        // `sum = sum + x`, `latest = max(latest, x)`.
        let target = (statement.lowerBound..<index).map(names.text)
        let value = (index + 1..<statement.upperBound).map(names.text)
        if value.starts(with: target + ["+"]) || ["min", "max"].contains(value.first) && value.dropFirst().first == "("
        {
            return true
        }
        // An entry of another dictionary.
        guard let open = target.firstIndex(of: "["), target.last == "]" else { return false }
        return names.source.partners[index - 1] == statement.lowerBound + open
            && isDictionary(Array(target[..<open]), at: statement.lowerBound + open)
    }

    private func isDictionary(_ collection: [String], at index: Int) -> Bool {
        if collection.count == 1, case .dictionary? = names.local(collection[0], at: index)?.shape { return true }
        if let type = names.type(around: index), case .dictionary? = names.members[type]?[collection.last ?? ""] {
            return true
        }
        return false
    }

    /// Statements end with their line, but for brackets, operators and members on the next one.
    private func end(of start: Int, _ limit: Int) -> Int {
        var index = start
        while index < limit {
            let line = names.source.tokens[index].line
            let joins = ["(", "[", "{"].contains(names.text(index))
            index = joins ? (names.source.partners[index] ?? index) + 1 : index + 1
            if index >= limit || names.text(index) == ";" { break }
            let next = names.source.tokens[index]
            let isJoined = [".", "?", ":", "&&", "||", "+", "??", "=", "+=", ")", "]", "}"].contains(next.text)
            if next.line > (joins ? names.source.tokens[index - 1].line : line), !isJoined { break }
        }
        return index
    }

    private func brace(after start: Int, _ limit: Int) -> Int? {
        var index = start
        while index < limit, names.text(index) != "{" {
            index = ["(", "["].contains(names.text(index)) ? (names.source.partners[index] ?? index) + 1 : index + 1
        }
        return index < limit ? index : nil
    }
}
