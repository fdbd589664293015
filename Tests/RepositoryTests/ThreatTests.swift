import Testing

@Suite("The page on threats")
struct ThreatTests {
    private static let page = "Protocols/HTTP/Threats.md"

    /// What a citation names: a suite, and mostly one of its functions.
    private struct Citation: Hashable {
        var suite: String
        var function: String?
    }

    /// Names in back-ticks: `SuiteTests` or `SuiteTests.function`.
    private static func citations(in text: String) -> Set<Citation> {
        Set(
            text.matches(of: /`([A-Z][A-Za-z]*Tests)(?:\.([a-z][A-Za-z0-9]*))?`/).map {
                Citation(suite: String($0.1), function: $0.2.map(String.init))
            })
    }

    /// Why no test is of that name; nil: it exists.
    private static func fault(of citation: Citation, in files: [String]) -> String? {
        let homes = files.filter {
            $0.contains("struct \(citation.suite) {") || $0.contains("struct \(citation.suite):")
        }
        guard !homes.isEmpty else { return "There is no suite \(citation.suite)." }
        guard let function = citation.function else { return nil }
        // With its attribute right before it, after every other function: a helper is no test.
        let exists = homes.contains { text in
            text.ranges(of: "func \(function)(").contains { range in
                let before = text[..<range.lowerBound]
                guard let attribute = before.ranges(of: "@Test").last else { return false }
                return !before[attribute.upperBound...].contains("func ")
            }
        }
        return exists ? nil : "There is no test \(function) in \(citation.suite)."
    }

    @Test("names tests that exist, for each attack one")
    func tests() {
        let text = Repository.text(Self.page)
        let files = Repository.files(in: ["Tests"], ending: ".swift").map(Repository.text)
        let cited = Self.citations(in: text)
        #expect(cited.count > 40)
        #expect(cited.compactMap { Self.fault(of: $0, in: files) }.sorted() == [])
        let rows = text.split(separator: "\n").filter { $0.hasPrefix("|") && $0.split(separator: "|").count == 3 }
        for row in rows where !row.contains("---") && !row.contains("| attack |") {
            #expect(!Self.citations(in: String(row)).isEmpty, "No test stands in: \(row)")
        }
    }

    @Test("would not be believed with a test that does not exist")
    func missing() {
        let files = ["@Suite struct ATests {\n func before() {}\n @Test func real() {}\n func helper() {} }"]
        #expect(Self.fault(of: Citation(suite: "ATests", function: "real"), in: files) == nil)
        #expect(Self.fault(of: Citation(suite: "ATests"), in: files) == nil)
        for wrong in ["other", "before", "helper"] {
            #expect(Self.fault(of: Citation(suite: "ATests", function: wrong), in: files) != nil)
        }
        #expect(Self.fault(of: Citation(suite: "BTests"), in: files) != nil)
    }
}
