import Foundation
import Testing

/// How wide a line of code and prose may be.
enum LineLength {
    /// Columns.
    static let most = 120

    /// Line numbers, from 1, of lines of Swift that are too long.
    ///
    /// The texts of string literals do not count: a message is found as a whole, and what stands in another language
    /// (SQL, JSON, a table) has lines of its own.
    static func longLines(ofSwift text: String) -> [Int] {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.contains(where: isLong) else { return [] }
        let literals = SwiftTokens(text).literalColumns
        return lines.indices.filter { isLong(lines[$0]) && lines[$0].count - literals[$0 + 1, default: 0] > most }.map {
            $0 + 1
        }
    }

    /// The same of Markdown, where tables and code, between fences or indented, may be wide.
    static func longLines(ofMarkdown text: String) -> [Int] {
        var found: [Int] = []
        var isFenced = false
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let start = line.drop { $0 == " " }
            if start.hasPrefix("```") || start.hasPrefix("~~~") { isFenced.toggle() }
            if !isFenced, !line.hasPrefix("    "), isLong(line) { found.append(index + 1) }
        }
        return found
    }

    /// A line with an address may be long, a row of a table, and a single word after its indentation or comment sign.
    private static func isLong(_ line: Substring) -> Bool {
        guard line.utf8.count > most, line.count > most, !line.contains("://") else { return false }
        if line.drop(while: { " /".contains($0) }).hasPrefix("|") { return false }
        return line.split(separator: " ").count { !$0.allSatisfy { "/-*|".contains($0) } } > 1
    }
}

@Suite("Lines")
struct LineLengthTests {
    @Test("have at most 120 columns")
    func lines() {
        let swift = Repository.files(ending: ".swift").flatMap { file in
            LineLength.longLines(ofSwift: Repository.text(file)).map { "\(file):\($0)" }
        }
        let markdown = Repository.files(ending: ".md").flatMap { file in
            LineLength.longLines(ofMarkdown: Repository.text(file)).map { "\(file):\($0)" }
        }
        #expect(swift + markdown == [])
    }

    static let long = String(repeating: "word ", count: 25)

    @Test("of Swift are found where they are too long")
    func swift() {
        let long = Self.long
        #expect(LineLength.longLines(ofSwift: "a\n\(long)\nb\n// \(long)\nlet a = 3  // \(long)") == [2, 4, 5])
        #expect(LineLength.longLines(ofSwift: "say(\"\\(name.map { \"-\\($0)\" }) \(long)\")") == [])
        #expect(LineLength.longLines(ofSwift: "let all = \"\"\"\n    a \\\n    b\n    \"\"\"\nsay(\"\(long)\")") == [])
        #expect(
            LineLength.longLines(ofSwift: "let text = \"\(long)\"\nlet all = \"\"\"\n    \(long)\n    \"\"\"") == [])
        #expect(
            LineLength.longLines(
                ofSwift: "// see https://example.org \(long)\n// \(String(repeating: "w", count: 121))") == [])
        #expect(LineLength.longLines(ofSwift: "/// | \(long) |") == [])
        #expect(LineLength.longLines(ofSwift: String(long.dropLast(5))) == [])
        // Columns are characters, not bytes.
        #expect(LineLength.longLines(ofSwift: String(repeating: "ä ", count: 60)) == [])
    }

    @Test("of Markdown are found where they are too long")
    func markdown() {
        let long = Self.long
        #expect(
            LineLength.longLines(ofMarkdown: "\(long)\n| \(long) |\n```\n\(long)\n```\n- \(long)\n    \(long)") == [
                1, 6,
            ])
    }
}
