import Foundation
import Testing

/// What the repository cites of `Sources/domain.md`, and what stands there.
enum DomainReference {
    static let path = "Sources/domain.md"

    /// A heading `### 1.9 After a gap` is level 3, number `1.9`.
    struct Heading {
        var level: Int
        var number: String
    }

    static func headings(in text: String) -> [Heading] {
        text.split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ")
            guard words.count > 1, words[0].count > 1, words[0].allSatisfy({ $0 == "#" }) else { return nil }
            return Heading(level: words[0].count, number: String(words[1]))
        }
    }

    /// Texts of people. Neither the reference, whose sections name one another, nor this file with its examples.
    static func isRead(_ file: String) -> Bool {
        let endings = [".swift", ".md", ".py", ".sh", ".toml", ".yaml", ".js", ".html"]
        return file != path && !file.hasSuffix("RepositoryTests/DomainReferenceTests.swift")
            && endings.contains { file.hasSuffix($0) }
    }

    /// Numbers of sections (`1.9`) and scenarios (`S17`). Sections are those that follow the file's name, also on the
    /// next line of a comment; a scenario needs no file's name.
    static func citations(in text: String) -> Set<String> {
        var found: Set<String> = []
        var isCiting = false
        for piece in text.split(whereSeparator: { !isPartOfWord($0) }) {
            let word = piece.trimmingCharacters(in: CharacterSet(charactersIn: "./"))
            if word == "domain.md" || word.hasSuffix("/domain.md") {
                isCiting = true
            } else if isScenario(word) {
                found.formUnion(expanded(word))
            } else if isCiting, word.hasPrefix("§") {
                found.formUnion(expanded(String(word.dropFirst())))
            } else if !word.isEmpty, word != "and" {
                isCiting = false
            }
        }
        return found
    }

    /// What base64 consists of is not cut, or a secret could look like a scenario.
    private static func isPartOfWord(_ character: Character) -> Bool {
        character.isLetter || character.isNumber || "§–.-_/+=".contains(character)
    }

    /// `S17`, `S11b`, `S10–S16`.
    private static func isScenario(_ word: String) -> Bool {
        guard word.hasPrefix("S") else { return false }
        return word.components(separatedBy: "–").allSatisfy { name in
            let digits = name.dropFirst().prefix { $0.isNumber }
            let rest = name.dropFirst(1 + digits.count)
            return name.hasPrefix("S") && digits.count == 2 && (rest.isEmpty || rest == "b")
        }
    }

    /// `1.6–1.8` is three sections, `S10–S16` seven scenarios; anything else stands for itself.
    static func expanded(_ word: String) -> [String] {
        let ends = word.components(separatedBy: "–")
        guard ends.count == 2 else { return [word] }
        var digits = ""
        for character in ends[0].reversed() {
            guard character.isNumber else { break }
            digits = String(character) + digits
        }
        let head = String(ends[0].dropLast(digits.count))
        guard ends[1].hasPrefix(head), let first = Int(digits), let last = Int(ends[1].dropFirst(head.count)),
            first <= last, last < 100
        else { return ends }
        return (first...last).map { number in
            let text = String(number)
            return head + String(repeating: "0", count: max(0, digits.count - text.count)) + text
        }
    }
}

extension RepositoryTests {
    @Test("every section of the domain reference that is cited stands in it, and each that stands there is cited")
    func domainReference() {
        var citing: [String: String] = [:]
        for file in Repository.files() where DomainReference.isRead(file) {
            for number in DomainReference.citations(in: Repository.text(file)) where citing[number] == nil {
                citing[number] = file
            }
        }
        let headings = DomainReference.headings(in: Repository.text(DomainReference.path))
        let numbers = headings.map(\.number)
        #expect(
            numbers.count > 20 && Set(numbers).count == numbers.count,
            "\(DomainReference.path) is not there, or has a number twice.")
        let missing = citing.keys.filter { !numbers.contains($0) }.sorted()
        #expect(
            missing.map {
                "\(citing[$0] ?? "") cites \($0), which \(DomainReference.path) does not have. Write it, or correct the number."
            }
                == [])
        // A chapter (`## 3 Statistics`) may stand for its sections.
        let dead = headings.filter { $0.level > 2 && citing[$0.number] == nil }
        #expect(dead.map { "\(DomainReference.path) has \($0.number), which nothing cites. Take it out." } == [])
    }

    @Test(
        "a citation of the domain reference is read as people read it",
        arguments: [
            ("/// Late, twice or never (`domain.md` §2.1).", ["2.1"]),
            ("`domain.md` §1.6–1.8. See RFC 5905 §10.", ["1.6", "1.7", "1.8"]),
            (
                "/// By the tables of `domain.md` §3.4,\n    /// §10.2–10.4 and §1.10: all.",
                ["3.4", "10.2", "10.3", "10.4", "1.10"]
            ),
            ("RFC 5905 §10; `domain.md` §1.5, occupancy base, §3", ["1.5"]),
            ("@Test(\"S09: as `domain.md` §10, S11b, S17–S19\")", ["S09", "10", "S11b", "S17", "S18", "S19"]),
            ("a/S16+b= SS12 S1 S123", []),
        ] as [(String, [String])])
    func domainCitation(text: String, numbers: [String]) {
        #expect(DomainReference.citations(in: text) == Set(numbers))
    }
}
