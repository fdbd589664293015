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
        print(findings.joined(separator: "\n"))
        #expect(findings == [])
    }
}
