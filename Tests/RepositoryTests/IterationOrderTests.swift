import Testing

@Suite("The order of a dictionary or a set")
struct IterationOrderTests {
    static let pure =
        [
            "Time", "Telephony", "Calls", "Directory", "Contacts", "ACD", "Figures", "Reconciliation", "Switches",
            "Core", "Edges",
            "Gateway", "Delivery",
        ].map { "Sources/\($0)" }

    static var findings: [String] {
        let files = Repository.files(in: ["Protocols"] + pure, ending: ".swift")
        return IterationOrder(files.map { ($0, Repository.text($0)) }).findings
    }

    @Test("reaches no effect of a pure target")
    func pureTargets() {
        let findings = Self.findings
        #expect(
            findings == [], "Sort it, or say at the end of the line why any order will do: \(IterationOrder.mark)<why>")
    }

    static let types = """
        struct Desk { var names: Set<String>; var calls: [Int]; var byName: [String: Set<Int>] }
        struct Hub {
            var desks: [Int: Desk] = [:]
            var spare: Set<Int>?
            var count = 0, longest = 0
            var seen = Set<Int>()
            var all: [Int: Int] { [:] }
            func places() -> [Int: Int] { [:] }
        """

    private func findings(in body: String) -> [String] {
        IterationOrder([("Hub.swift", Self.types + "\n    func f(_ given: [Int: Int], _ list: [Desk]) {\n\(body)\n}}")])
            .findings
    }

    @Test(
        "is seen where it could reach a result",
        arguments: [
            "for desk in desks { send(desk) }",
            "for (id, _) in desks { ids.append(id) }",
            "for desk in desks.values where desk.calls.contains(3) { send(desk) }",
            "for id in desks.keys { out(id, &effects) }",
            "for id in self.seen { print(id) }",
            "for id in spare ?? [] { print(id) }",
            "if let spare { for id in spare { print(id) } }",
            "guard let ids = spare else { return }; for id in ids { print(id) }",
            "for desk in list { for name in desk.names { print(name) } }",
            "for id in desks[3]!.byName[\"a\", default: []] { print(id) }",
            "for (_, desk) in desks { for name in desk.names { print(name) } }",
            "return desks.map { $0.key }",
            "return desks.values.filter { $0.calls.isEmpty }",
            "let first = seen.first",
            "let first = desks.first { $0.key > 3 }!.value",
            "let kept = Array(desks.keys)",
            "list.append(contentsOf: seen)",
            "return desks.filter { $0.key > 3 }.keys",
            "return \"\\(seen)\"",
            "for id in given { print(id) }",
            "for id in all { print(id) }",
            "for id in places() { print(id) }",
            "let local = Dictionary(grouping: list) { $0.calls.count }\nfor (n, desks) in local { print(n) }",
            "let local: [String: Int] = [:]\nfor (n, desks) in local { print(n) }",
            "let copy = desks\nreturn copy.map(\\.value)",
            "for id in seen { text += \"\\(id)\" }",
            "for id in seen { list.insert(id, at: 0) }",
            "for (id, desk) in desks { other[desk.name] = id; print(id) }",
            "seen.reduce(into: []) { $0.append($1) }",
            "return seen.reduce(\"\") { $0 + \"\\($1)\" }",
            "desks.values.forEach { send($0) }",
            "for id in seen { print(id) } // any order: ",
            "for id in seen { print(id) } // any order",
            "let a = 3 // any order: of the line before\nfor id in seen { print(id) }",
            "return list.flatMap(\\.byName.keys)",
            "let place = Dictionary(grouping: seen) { $0 / 2 }",
            "return list.flatMap { desk in desk.names.map { $0 + \"!\" } }",
        ])
    func seen(body: String) {
        #expect(findings(in: body).count == 1, "\(body)")
    }

    @Test(
        "is let pass where it cannot",
        arguments: [
            "for id in desks.keys.sorted() { print(id) }",
            "for (id, desk) in desks.sorted(by: { $0.key < $1.key }) { print(id) }",
            "return desks.values.map(\\.calls.count).max() ?? 0",
            "return desks.map { $0.key }.sorted()",
            "return desks.values.reduce(0) { $0 + $1.calls.count }",
            "return desks.values.reduce(count) { $0 + $1.calls.count }",
            "return given.reduce(.zero) { $1.key > 3 ? $0 + $1.value : $0 }",
            "return Set(desks.values.map(\\.calls))",
            "return Set(list.flatMap { desk in desk.names.map { $0 + \"!\" } })",
            "return list.flatMap { desk in desk.names.map { $0 + \"!\" } }.sorted()",
            "return Dictionary(uniqueKeysWithValues: desks.map { ($0, 1) })",
            "return desks.filter { $0.key > 3 }",
            "return desks.contains { $0.key > 3 } || seen.isEmpty || seen.allSatisfy { $0 > 3 }",
            "for id in seen { count += 1 }",
            "for id in seen where id > 3 { count += id }",
            "for id in seen { longest = max(longest, id) }",
            "for (id, desk) in desks where desk.calls.isEmpty { desks[id] = nil }",
            "for id in desks.keys { desks[id]!.calls.removeAll() }",
            "for (id, n) in given { other[id, default: 0] += n }",
            "for id in given.keys { if id > 3 { seen.insert(id) } else { seen.remove(id) } }",
            "for id in seen { guard id > 3 else { continue }\nlet twice = id * 2\nseen.formUnion([twice]) }",
            "for id in seen { print(id) } // any order: the printer sorts",
            "// any order: the printer sorts\nfor id in seen { print(id) }",
            "for id in list { print(id) }",
            "let seen = [3, 4]\nfor id in seen { print(id) }",
            "let twice = spare.map { $0.isEmpty }",
            "for desk in list.reversed() { print(desk) }",
            "if seen.contains(3) { print(3) }",
            "let name = [1: \"a\"][3] ?? \"\"\nprint(\"\\(name)\")",
            "seen.formUnion(desks.keys)",
            "let unique: Set<Int> = desks.values.map { $0 }",
            "// for id in seen { print(id) }",
            "let text = \"for id in seen { print(id) }\"",
        ])
    func letPass(body: String) {
        #expect(findings(in: body) == [], "\(body)")
    }
}
