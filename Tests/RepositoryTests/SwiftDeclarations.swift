/// What a text of Swift says of the types of its names, as far as it matters whether a collection has an order.
indirect enum Shape: Equatable {
    case dictionary(Shape), set, list(Shape)
    /// `.keys` or `.values` of a dictionary.
    case view(Shape)
    case number
    case named(String)
    case optional(Shape)
    case unknown

    var isUnordered: Bool {
        switch self {
        case .dictionary, .set, .view: true
        default: false
        }
    }

    var unwrapped: Shape {
        if case .optional(let shape) = self { shape.unwrapped } else { self }
    }

    var element: Shape {
        switch self {
        case .list(let element), .view(let element): element
        default: .unknown
        }
    }
}

/// The declarations of one file: the members of its types and the locals of its functions.
struct SwiftDeclarations {
    struct Local {
        var name: String
        var shape: Shape
        /// The token that declares it.
        var position: Int
        /// The brackets in which it is known.
        var scope: Range<Int>
    }

    /// By type and name. A function counts by what it returns.
    private(set) var members: [String: [String: Shape]] = [:]
    private(set) var locals: [String: [Local]] = [:]
    /// The braces of each type's body, in order.
    private(set) var types: [(name: String, body: Range<Int>)] = []

    let path: String
    let source: SwiftTokens

    init(_ text: String, path: String) {
        self.path = path
        source = SwiftTokens(text)
        for index in source.tokens.indices { readType(at: index) }
        for index in source.tokens.indices { readDeclaration(at: index) }
    }

    func text(_ index: Int) -> String { source.tokens.indices.contains(index) ? source.tokens[index].text : "" }

    /// The innermost type around a token.
    func type(around index: Int) -> String? { types.last { $0.body.contains(index) }?.name }

    /// The declaration of a local that holds at a token, if one does.
    func local(_ name: String, at index: Int) -> Local? {
        locals[name]?.last { $0.position < index && $0.scope.contains(index) }
    }

    mutating func declare(_ name: String, as shape: Shape, at position: Int, scope: Range<Int>) {
        locals[name, default: []].append(Local(name: name, shape: shape, position: position, scope: scope))
        locals[name]?.sort { $0.position < $1.position }
    }

    private mutating func readType(at index: Int) {
        guard ["struct", "class", "enum", "actor", "extension", "protocol"].contains(text(index)) else { return }
        guard source.tokens.indices.contains(index + 1), source.tokens[index + 1].kind == .word, text(index - 1) != "."
        else { return }
        var next = index + 1
        var name = text(next)
        while text(next + 1) == "." {
            name = text(next + 2)
            next += 2
        }
        while next < source.tokens.count, text(next) != "{" { next += 1 }
        guard let end = source.partners[next] else { return }
        types.append((name, next..<end))
    }

    private mutating func readDeclaration(at index: Int) {
        switch text(index) {
        case "let", "var": readVariable(at: index)
        case "func", "init", "subscript": readFunction(at: index)
        default: break
        }
    }

    /// `let a = 0, b: [Int]`
    private mutating func readVariable(at index: Int) {
        let scope = scope(around: index)
        var next: Int? = index + 1
        while let position = next, source.tokens.indices.contains(position), source.tokens[position].kind == .word {
            let shape: Shape =
                text(position + 1) == ":"
                ? self.shape(ofTypeAt: position + 2).shape
                : text(position + 1) == "=" ? literalShape(at: position + 2) : .unknown
            if let type = types.last(where: { $0.body == scope }) {
                addMember(text(position), as: shape, of: type.name)
            } else {
                declare(text(position), as: shape, at: position, scope: scope)
            }
            next = [":", "="].contains(text(position + 1)) ? nextVariable(after: position + 2) : nil
        }
    }

    private func nextVariable(after start: Int) -> Int? {
        var index = start
        while source.tokens.indices.contains(index), source.tokens[index].line == source.tokens[start].line {
            if text(index) == ",", [":", "="].contains(text(index + 2)) { return index + 1 }
            if ["let", "var", "{", "}", ";"].contains(text(index)) { return nil }
            index = ["(", "["].contains(text(index)) ? (source.partners[index] ?? index) + 1 : index + 1
        }
        return nil
    }

    /// Overloads that differ say nothing.
    private mutating func addMember(_ name: String, as shape: Shape, of type: String) {
        let known = members[type]?[name]
        members[type, default: [:]][name] = known == nil || known == shape ? shape : .unknown
    }

    private mutating func readFunction(at index: Int) {
        guard let open = (index..<min(index + 40, source.tokens.count)).first(where: { text($0) == "(" }),
            let close = source.partners[open], text(index - 1) != "."
        else { return }
        var next = close + 1
        while ["async", "throws", "rethrows"].contains(text(next)) || text(next) == "(" {
            next = text(next) == "(" ? (source.partners[next] ?? next) + 1 : next + 1
        }
        if text(index) == "func", text(next) == "->", let type = types.last(where: { $0.body == scope(around: index) })
        {
            addMember(text(index + 1), as: shape(ofTypeAt: next + 1).shape, of: type.name)
        }
        guard
            let body = (next..<source.tokens.count).first(where: {
                ["{", "}", "func", "var", "let"].contains(text($0))
            }),
            text(body) == "{", let end = source.partners[body]
        else { return }
        var parameter = open + 1
        while parameter < close {
            if source.tokens[parameter].kind == .word, text(parameter + 1) == ":" {
                let type = shape(ofTypeAt: parameter + 2)
                declare(text(parameter), as: type.shape, at: parameter, scope: body..<end)
                parameter = type.end
            } else {
                parameter =
                    ["(", "[", "{"].contains(text(parameter))
                    ? (source.partners[parameter] ?? parameter) + 1 : parameter + 1
            }
        }
    }

    /// The innermost braces around a token; the whole file outside all.
    func scope(around index: Int) -> Range<Int> {
        var bracket = self.bracket(around: index)
        while let open = bracket, text(open) != "{" { bracket = self.bracket(around: open) }
        return bracket.map { $0..<(source.partners[$0] ?? $0) } ?? -1..<source.tokens.count
    }

    /// The innermost bracket that is open at a token.
    func bracket(around index: Int) -> Int? {
        source.tokens.indices.contains(index) ? source.enclosing[index] : nil
    }

    /// A type as it is written, and the token after it.
    func shape(ofTypeAt index: Int) -> (shape: Shape, end: Int) {
        var next = index
        var shape: Shape = .unknown
        while ["inout", "any", "some", "borrowing", "consuming", "sending"].contains(text(next)) || text(next) == "@" {
            next += text(next) == "@" ? 2 : 1
        }
        if text(next) == "[", let close = source.partners[next] {
            let first = self.shape(ofTypeAt: next + 1)
            shape = text(first.end) == ":" ? .dictionary(self.shape(ofTypeAt: first.end + 1).shape) : .list(first.shape)
            next = close + 1
        } else if text(next) == "(" {
            next = (source.partners[next] ?? next) + 1
        } else if source.tokens.indices.contains(next), source.tokens[next].kind == .word {
            shape = .named(text(next))
            next += 1
            while text(next) == "." {
                shape = .named(text(next + 1))
                next += 2
            }
            if text(next) == "<" {
                let (arguments, end) = genericArguments(at: next)
                shape = generic(shape, arguments)
                next = end
            } else if shape == .named("Int") || shape == .named("Span") || shape == .named("Int64") {
                shape = .number
            }
        } else {
            return (.unknown, next + 1)
        }
        if shape == .named("Self"), let type = type(around: index) { shape = .named(type) }
        while ["?", "!"].contains(text(next)) {
            if text(next) == "?" { shape = .optional(shape) }
            next += 1
        }
        return text(next) == "->" ? (.unknown, self.shape(ofTypeAt: next + 1).end) : (shape, next)
    }

    private func genericArguments(at open: Int) -> ([Shape], end: Int) {
        var next = open + 1
        var found: [Shape] = []
        while next < source.tokens.count, text(next) != ">" {
            if text(next) == "," { next += 1 }
            let argument = shape(ofTypeAt: next)
            found.append(argument.shape)
            guard [",", ">"].contains(text(argument.end)) else { return ([], next) }
            next = argument.end
        }
        return (found, next + 1)
    }

    private func generic(_ base: Shape, _ arguments: [Shape]) -> Shape {
        switch base {
        case .named("Set"): .set
        case .named("Dictionary"): .dictionary(arguments.count > 1 ? arguments[1] : .unknown)
        case .named("Array"), .named("ArraySlice"), .named("ContiguousArray"): .list(arguments.first ?? .unknown)
        default: base
        }
    }

    /// What an expression says without any name's declaration.
    private func literalShape(at index: Int) -> Shape {
        let token = text(index)
        if source.tokens.indices.contains(index),
            source.tokens[index].kind == .number || token == "." && text(index + 1) == "zero"
        {
            return .number
        }
        if token == "[", let close = source.partners[index] {
            if ["[", "."].contains(text(close + 1)), source.tokens[close + 1].line == source.tokens[close].line {
                return .unknown
            }
            if text(index + 1) == ":" { return .dictionary(.unknown) }
            if text(close + 1) == "(" { return shape(ofTypeAt: index).shape }
            var next = index + 1
            while next < close {
                if text(next) == ":" { return .dictionary(.unknown) }
                if text(next) == "," || text(next) == "?" { break }
                next = ["(", "[", "{"].contains(text(next)) ? (source.partners[next] ?? next) + 1 : next + 1
            }
            return .list(.unknown)
        }
        guard let first = token.first, first.isUppercase else { return .unknown }
        let type = shape(ofTypeAt: index)
        guard text(type.end) == "(" else { return .unknown }
        switch type.shape {
        case .named("Set"): return .set
        case .named("Dictionary"): return .dictionary(.unknown)
        default: return type.shape
        }
    }
}
