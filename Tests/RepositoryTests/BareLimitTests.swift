import Testing

@Suite("Limits")
struct BareLimitTests {
    /// Benches choose their own sizes; they bound nothing of the product.
    static func isRead(_ file: String) -> Bool {
        !["Bench", "/Attacks/"].contains { file.contains($0) }
    }

    @Test("have a name and a reason")
    func limits() {
        let files = Repository.files(in: ["Protocols", "Sources"], ending: ".swift").filter(Self.isRead)
        let findings = files.flatMap { BareLimits(Repository.text($0), path: $0).findings }
        #expect(
            findings == [],
            "Move the number to the target's Limits.swift with its reason, or say: \(BareLimits.mark)<why>")
    }

    private func findings(in text: String) -> [String] { BareLimits(text, path: "A.swift").findings }

    @Test(
        "are seen where they stand bare",
        arguments: [
            "let start = text.prefix(40)", "let end = lines.suffix(100)", "wait(.seconds(30))",
            "let pause = Span.milliseconds(250)",
            "guard list.count < 64 else { return }", "if list.count >= 1_000 { stop() }", "if 4096 < size { stop() }",
            "while text.utf8.count > 123 { text.removeLast() }", "for index in 0..<1000 { f(index) }",
            "let part = min(size, 16 * 1024)", "let delay = max(5, delay)", "show(text, limit: 40)",
            "connect(timeoutMicroseconds: 10_000_000)", "func show(_ text: String, limit: Int = 80) {}",
            "init(eventBytes: Int = 4 * 1024 * 1024) {}", "func f() { let width = 30 }",
            "struct A { static let kept = 60 }",
            "struct A { private static let intervalSeconds: Int64 = 15 }", "let end = now + .seconds(3600)",
            "if size > 100 { stop() } // not a limit:", "if size > 100 { stop() } // a limit",
            "switch size { case ...125: short() }",
        ])
    func seen(text: String) {
        #expect(findings(in: text).count == 1, "\(text)")
    }

    @Test(
        "have a name and a reason, or are none",
        arguments: [
            "enum Limits { static let kept = 60, names = 10 }",
            "extension Journal { enum Limits { static let bytes = 16 * 1024 } }",
            "struct QueueSettings { var wrapUp = Span.seconds(30) }",
            "struct A {\n    /// A minute of seconds.\n    static let kept = 60\n}",
            "struct A {\n    /// The smallest and the largest.\n    static let least = 16\n    static let most = 64\n}",
            "struct A { static let kept = 60 // A minute of seconds.\n}",
            "struct A { @Option(help: \"Seconds.\") var timeout = 30 }",
            "struct A {\n    @Option(name: .long, help: \"At most so many.\") var limit: Int = 100\n}",
            "if list.count > 1 { stop() }", "guard byte >= 48, byte <= 57 else { return }",
            "text.allSatisfy { $0 > 32 && $0 < 127 }",
            "if (letter | 0x20) <= 122 { stop() }", "if number >= 0x10FFFF { stop() }",
            "guard status >= 200, status < 300 else { return }",
            "let seconds = microseconds / 1_000_000", "let value = digit * 10 + next", "let mixed = a ^ (a >> 30)",
            "return hour < 24 && minute < 60", "text.prefix(3)", "let index = count - 1", "wait(.seconds(0))",
            "max(0, 16 - digits.count)",
            "text.prefix(19) // not a limit: up to the seconds", "// wait(.seconds(30))", "let text = \"prefix(40)\"",
            "let part = min(size, Limits.bytes)", "for month in 1...12 { f(month) }",
            "switch code { case 1000...1003: true }",
        ])
    func named(text: String) {
        #expect(findings(in: text) == [], "\(text)")
    }
}
