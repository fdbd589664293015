/// Finds places where the order of a `Dictionary` or a `Set`, which changes from run to run, could reach a result.
///
/// It knows a collection by its declaration. A loop or a chain of calls over one passes if the order cannot matter:
/// it ends in an order (`sorted`), in one value (`count`, `min`, `max`, `contains`, `allSatisfy`, a sum) or in another
/// set or dictionary. Code that is harmless for another reason says so in a comment at the end of the line, or above a
/// long line: `// any order: <why>`. Comparisons are trusted: sort by a key that no two elements share.
struct IterationOrder {
    static let mark = "// any order: "

    /// One value, whatever the order.
    private static let results: Set = ["sorted", "count", "isEmpty", "contains", "allSatisfy", "min", "max"]
    /// Uses without a loop that one sees, or with none at all.
    private static let unordered: Set = [
        "mapValues", "compactMapValues", "union", "intersection", "subtracting", "symmetricDifference", "merging",
    ]
    private static let loops: Set = [
        "map", "flatMap", "compactMap", "filter", "forEach", "first", "prefix", "suffix", "dropFirst", "dropLast",
        "enumerated", "reversed",
        "joined", "reduce", "randomElement", "popFirst", "removeFirst", "shuffled", "lazy", "drop", "min", "max",
        "sorted", "last",
    ]
    /// Calls for which the order of what they are given is nothing.
    private static let takers: Set = [
        "Set", "formUnion", "union", "subtract", "subtracting", "formIntersection", "intersection", "isSubset",
        "isSuperset", "isDisjoint",
        "symmetricDifference", "formSymmetricDifference", "isStrictSubset",
    ]

    private var files: [SwiftDeclarations]
    /// By name: what types declare it as.
    private var members: [String: [Shape]] = [:]
    private var membersOfTypes: [String: [String: Shape]] = [:]

    init(_ texts: [(path: String, text: String)]) {
        files = texts.map { SwiftDeclarations($0.text, path: $0.path) }
        for names in files {
            for (type, ofType) in names.members {
                for (name, shape) in ofType {
                    members[name, default: []].append(shape.unwrapped)
                    membersOfTypes[type, default: [:]][name] = shape
                }
            }
        }
        for index in files.indices { inferLocals(of: index) }
    }

    /// `file:line: what stands there`, in order.
    var findings: [String] { files.flatMap(findings) }

    // MARK: names

    /// Where the type is not known: what all types that have such a member agree on.
    private func shape(ofMember name: String, of type: String?) -> Shape {
        if let type, let ofType = membersOfTypes[type] { return ofType[name] ?? .unknown }
        let all = members[name] ?? []
        return all.allSatisfy(\.isUnordered) ? all.first ?? .unknown : .unknown
    }

    private func shape(ofName name: String, at index: Int, _ names: SwiftDeclarations) -> Shape {
        if let local = names.local(name, at: index) { return local.shape }
        for type in names.types.reversed() where type.body.contains(index) {
            if let shape = membersOfTypes[type.name]?[name] { return shape }
        }
        return .unknown
    }

    /// Gives locals the shape of the chain that they are set to, and a loop's names those of what it goes through.
    private mutating func inferLocals(of file: Int) {
        let source = files[file].source
        for index in source.tokens.indices {
            let names = files[file]
            if ["let", "var"].contains(names.text(index)), names.text(index + 2) == "=",
                let local = names.local(names.text(index + 1), at: index + 2), local.position == index + 1,
                local.shape == .unknown
            {
                let isBinding = ["if", "guard", "while", ","].contains(names.text(index - 1))
                let found = chain(at: index + 3, names)?.shape ?? .unknown
                let shape = isBinding ? found.unwrapped : found
                if shape != .unknown {
                    files[file].declare(names.text(index + 1), as: shape, at: index + 1, scope: local.scope)
                }
            } else if names.text(index) == "let", ["{", ",", "else"].contains(names.text(index + 2)),
                ["if", "guard", "while", ","].contains(names.text(index - 1)),
                let local = names.local(names.text(index + 1), at: index + 2), local.position == index + 1
            {
                let shape = self.shape(ofName: names.text(index + 1), at: index, names).unwrapped
                files[file].declare(names.text(index + 1), as: shape, at: index + 1, scope: local.scope)
            } else if names.text(index) == "for", let loop = loop(at: index, names),
                let end = source.partners[loop.body]
            {
                let shape = loop.chain?.shape.unwrapped ?? .unknown
                if names.text(index + 1) == "(", case .dictionary(let value) = shape {
                    files[file].declare(names.text(index + 2), as: .unknown, at: index, scope: index..<end)
                    files[file].declare(names.text(index + 4), as: value, at: index, scope: index..<end)
                } else if source.tokens[index + 1].kind == .word {
                    files[file].declare(names.text(index + 1), as: shape.element, at: index, scope: index..<end)
                }
            }
        }
    }

    // MARK: chains

    private struct Chain {
        var shape: Shape
        /// Of the first token and the one after the last.
        var range: Range<Int>
        /// The call that made something ordered by accident, if one did.
        var accident: String?
    }

    /// The chain that begins with a token: `self.open.values.filter { … }.map(\.name)`.
    private func chain(at start: Int, _ names: SwiftDeclarations, isSubject: Bool = false) -> Chain? {
        var index = start
        while ["try", "await", "!", "&", "-"].contains(names.text(index)) { index += 1 }
        guard names.source.tokens.indices.contains(index) else { return nil }
        let token = names.source.tokens[index]
        var shape: Shape
        var next = index + 1
        var accident: String?
        if token.text == "(" {
            guard let close = names.source.partners[index] else { return nil }
            let inner = chain(at: index + 1, names)
            shape = inner?.shape ?? .unknown
            accident = inner?.accident
            if let inner, inner.range.upperBound != close {
                shape = names.text(inner.range.upperBound) == "??" ? shape.unwrapped : .unknown
            }
            next = close + 1
        } else if token.text == "self" {
            shape = names.type(around: index).map(Shape.named) ?? .unknown
        } else if token.kind == .word,
            !["let", "var", "in", "if", "case", "for", "where", "return"].contains(token.text)
        {
            if names.text(next) == "(" || names.text(next) == "<", token.text.first?.isUppercase == true {
                let type = names.shape(ofTypeAt: index)
                shape =
                    type.shape == .named("Set")
                    ? .set : type.shape == .named("Dictionary") ? .dictionary(.unknown) : type.shape
                next = type.end
            } else {
                shape = self.shape(ofName: token.text, at: index, names)
            }
        } else {
            return nil
        }
        walk(&shape, &next, &accident, names, isSubject: isSubject)
        return Chain(shape: shape, range: index..<next, accident: accident)
    }

    /// - Parameter isSubject: of a loop, whose body begins at the next brace.
    private func walk(
        _ shape: inout Shape, _ next: inout Int, _ accident: inout String?, _ names: SwiftDeclarations, isSubject: Bool
    ) {
        while names.source.tokens.indices.contains(next) {
            let token = names.source.tokens[next]
            switch token.text {
            case "?", "!":
                if token.isSpaced { return }
                shape = shape.unwrapped
                next += 1
            case "[" where !token.isSpaced:
                shape = subscripted(shape, at: next, names)
                next = (names.source.partners[next] ?? next) + 1
            case "(" where !token.isSpaced:
                next = (names.source.partners[next] ?? next) + 1
            case "{" where !isSubject && isTrailingClosure(at: next, names):
                next = (names.source.partners[next] ?? next) + 1
            case ".":
                next += 1
                step(names.text(next), at: next, &shape, &accident, names)
                next += 1
            default:
                return
            }
        }
    }

    private func subscripted(_ shape: Shape, at open: Int, _ names: SwiftDeclarations) -> Shape {
        guard case .dictionary(let value) = shape else { return shape.element }
        let close = names.source.partners[open] ?? open
        let hasDefault = (open..<close).contains { names.text($0) == "default" && names.text($0 + 1) == ":" }
        return hasDefault ? value : .optional(value)
    }

    /// A closure after a member of a chain, not the body of the loop or condition whose subject the chain is.
    private func isTrailingClosure(at index: Int, _ names: SwiftDeclarations) -> Bool {
        var called = index - 1
        if names.text(called) == ")", let open = names.source.partners[called] { called = open - 1 }
        guard names.text(called - 1) == "." else { return false }
        let name = names.text(called)
        return Self.loops.contains(name) || Self.results.contains(name) || Self.unordered.contains(name)
    }

    private func step(
        _ name: String, at index: Int, _ shape: inout Shape, _ accident: inout String?, _ names: SwiftDeclarations
    ) {
        if accident != nil {
            if Self.results.contains(name) || isSum(at: index, names) {
                accident = nil
                shape = name == "sorted" ? .list(.unknown) : .unknown
            }
            return
        }
        if name == "flatMap", names.text(index + 1) == "(", names.text(index + 2) == "\\",
            let close = names.source.partners[index + 1], ["keys", "values"].contains(names.text(close - 1))
        {
            accident = name
        }
        switch shape {
        case .dictionary(let value) where name == "values": shape = .view(value)
        case .dictionary where name == "keys": shape = .view(.unknown)
        case .dictionary where name == "filter" || Self.unordered.contains(name): break
        case .set where name == "filter" || Self.unordered.contains(name): break
        case .dictionary, .set, .view:
            if Self.results.contains(name) || isSum(at: index, names) {
                shape = name == "sorted" ? .list(shape.element) : .unknown
            } else if Self.loops.contains(name) {
                accident = name
                shape = .unknown
            } else {
                shape = .unknown
            }
        case .named(let type): shape = self.shape(ofMember: name, of: type)
        case .list where ["filter", "sorted", "reversed", "prefix", "suffix", "dropFirst", "dropLast"].contains(name):
            break
        case .list(let element) where name == "first" || name == "last": shape = element
        case .list where name == "indices" || Self.loops.contains(name): shape = .unknown
        default: shape = self.shape(ofMember: name, of: nil)
        }
    }

    /// `.reduce(0, +)`, `.reduce(.zero) { … }`, `.reduce(into: Set()) { … }`.
    private func isSum(at index: Int, _ names: SwiftDeclarations) -> Bool {
        guard names.text(index) == "reduce", names.text(index + 1) == "(" else { return false }
        if names.text(index + 2) == "into" {
            return ["[", "Set"].contains(names.text(index + 4)) && names.text(index + 5) != "]"
        }
        if names.text(index + 2) == "0" || names.text(index + 2) == "." && names.text(index + 3) == "zero" {
            return true
        }
        // Begun with another number.
        guard let close = names.source.partners[index + 1], names.source.tokens[index + 2].kind == .word else {
            return false
        }
        return names.text(close + 1) == "{" && names.text(close + 2) == "$0" && names.text(close + 3) == "+"
    }

    // MARK: findings

    private func findings(in names: SwiftDeclarations) -> [String] {
        let tokens = names.source.tokens
        var lines: Set<Int> = []
        var subjects: Set<Int> = []
        for index in tokens.indices {
            if tokens[index].text == "for", names.text(index - 1) != ".", let loop = loop(at: index, names),
                let chain = loop.chain
            {
                let body = LoopBody(names, names.source.partners[loop.body].map { loop.body + 1..<$0 } ?? 0..<0) {
                    [self] in
                    self.chain(at: $0, names)?.shape ?? .unknown
                }
                subjects.insert(chain.range.lowerBound)
                let key = names.text(index + 1) == "(" ? names.text(index + 2) : names.text(index + 1)
                if chain.shape.unwrapped.isUnordered || chain.accident != nil, !body.isOrderless(by: key) {
                    if !isMarked(index...loop.body, names) { lines.insert(tokens[index].line) }
                }
            } else if !subjects.contains(index), isStart(index, names), let chain = chain(at: index, names),
                isAccident(chain, names)
            {
                if !isMarked(index...max(index, chain.range.upperBound - 1), names) { lines.insert(tokens[index].line) }
            }
        }
        return lines.sorted().map { "\(names.path):\($0): \(names.code(ofLine: $0))" }
    }

    private func isStart(_ index: Int, _ names: SwiftDeclarations) -> Bool {
        let token = names.source.tokens[index]
        guard names.text(index - 1) != "." || token.isSpaced else { return false }
        if token.text == "(" {
            return index == 0 || token.isSpaced || ["(", "[", "!"].contains(names.text(index - 1))
        }
        return token.kind == .word
    }

    private func isAccident(_ chain: Chain, _ names: SwiftDeclarations) -> Bool {
        let before = chain.range.lowerBound - 1
        let taker = taker(of: chain.range.lowerBound, names)
        if names.text(before) == "&" || isTaken(chain.range, names) { return false }
        let isUnordered = chain.shape.unwrapped.isUnordered
        if taker == "Dictionary" || taker == "[:]" {
            return names.text(before - 1) == "grouping" && (isUnordered || chain.accident != nil)
        }
        if chain.accident != nil { return !isSetAsSet(before, names) }
        guard isUnordered else { return false }
        if names.text(before).hasSuffix("\\("), names.source.tokens[before].kind == .text,
            names.source.tokens.indices.contains(chain.range.upperBound),
            names.source.tokens[chain.range.upperBound].kind == .text
        {
            return true
        }
        if taker == "Array" || taker == "zip" || names.text(before) == ":" && names.text(before - 1) == "contentsOf" {
            return true
        }
        if names.text(before) == "+=" { return true }
        guard case .view = chain.shape.unwrapped else { return false }
        return names.text(before) == "return" || taker != nil && taker != "if" && taker != "=="
    }

    /// `let x: Set<String> = …`
    private func isSetAsSet(_ equals: Int, _ names: SwiftDeclarations) -> Bool {
        guard names.text(equals) == "=" else { return false }
        var index = equals - 1
        while index > 0, !["let", "var", "{", "}"].contains(names.text(index)), equals - index < 12 { index -= 1 }
        guard ["let", "var"].contains(names.text(index)), names.text(index + 2) == ":" else { return false }
        return names.shape(ofTypeAt: index + 3).shape == .set
    }

    /// Whether a chain is an argument of a call for which order is nothing, or a closure's result that becomes such an
    /// argument.
    private func isTaken(_ range: Range<Int>, _ names: SwiftDeclarations) -> Bool {
        var range = range
        while let open = names.bracket(around: range.lowerBound), let close = names.source.partners[open] {
            if names.text(open) == "(" {
                return taker(of: open + 1, names).map(Self.takers.contains) ?? false
            }
            guard names.text(open) == "{", range.upperBound == close else { return false }
            if names.text(close + 1) == ".", Self.results.contains(names.text(close + 2)) { return true }
            range = open..<close + 1
        }
        return false
    }

    /// The name of the call that a chain is an argument of: `Set` of `Set(a.map { … })`.
    private func taker(of start: Int, _ names: SwiftDeclarations) -> String? {
        var open = start - 1
        if names.text(open) == ":" { open -= 2 }
        guard names.text(open) == "(" else { return nil }
        if names.text(open - 1) == "]" { return "[:]" }
        if names.text(open - 1) == ">" {
            return (max(0, open - 12)..<open).last { ["Set", "Dictionary", "Array"].contains(names.text($0)) }.map(
                names.text)
        }
        return names.text(open - 1)
    }

    private func isMarked(_ range: ClosedRange<Int>, _ names: SwiftDeclarations) -> Bool {
        let first = names.source.tokens[range.lowerBound].line
        // A long line has its mark above.
        let above = names.source.isOnlyComment(first - 1) ? first - 1 : first
        return (above...names.source.tokens[range.upperBound].line).contains { line in
            names.source.comments[line].map { $0.hasPrefix(Self.mark) && $0.count > Self.mark.count } ?? false
        }
    }

    /// `for pattern in chain where … {`: the chain and the token of the body's brace.
    private func loop(at index: Int, _ names: SwiftDeclarations) -> (chain: Chain?, body: Int)? {
        var next = index + 1
        while next < index + 40, names.text(next) != "in" { next += 1 }
        guard names.text(next) == "in" else { return nil }
        let chain = chain(at: next + 1, names, isSubject: true)
        var body = chain?.range.upperBound ?? next + 1
        while body < names.source.tokens.count, names.text(body) != "{" {
            body = ["(", "["].contains(names.text(body)) ? (names.source.partners[body] ?? body) + 1 : body + 1
        }
        return body < names.source.tokens.count ? (chain, body) : nil
    }
}
