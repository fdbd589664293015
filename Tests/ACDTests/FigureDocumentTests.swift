import ACD
import Foundation
import Testing

/// What is published is what is computed: the document's tables are those of the code.
@Suite("The document of the figures")
struct FigureDocumentTests {
    @Test("names each figure with its formula, and no other")
    func table() throws {
        let path = #filePath.split(separator: "/").dropLast(3).reduce("") { "\($0)/\($1)" } + "/Protocols/Wallboard/Figures.md"
        let text = try String(contentsOfFile: path, encoding: .utf8)
        let rows = text.split(separator: "\n").filter { $0.hasPrefix("| `") }
        let expected = FigureDefinition.all.map { figure in
            "| `\(figure.id)` | \(figure.italian) | \(figure.english) | \(figure.formula.isEmpty ? "–" : figure.formula) | \(figure.unit.rawValue) |"
        }
        #expect(rows.map(String.init) == expected)
    }
}
