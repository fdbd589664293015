import Figures
import Foundation
import Testing

/// The document's tables must be those of the code.
@Suite("The document of the figures")
struct FigureDocumentTests {
    @Test("names each figure with its formula, and no other")
    func table() throws {
        let path =
            #filePath.split(separator: "/").dropLast(3).reduce("") { "\($0)/\($1)" } + "/Protocols/Wallboard/Figures.md"
        let text = try String(contentsOfFile: path, encoding: .utf8)
        let rows = text.split(separator: "\n").filter { $0.hasPrefix("| `") }
        let expected = FigureDefinition.all.map { figure in
            "| `\(figure.id)` | \(figure.italian) | \(figure.english) | \(figure.formula.isEmpty ? "–" : figure.formula) | \(figure.unit.rawValue) |"
        }
        #expect(rows.map(String.init) == expected)
    }

    @Test(
        "has one unit above and below the line of a ratio, a time above the line of seconds, and a time below the line of a rate"
    )
    func units() {
        for figure in FigureDefinition.all {
            let (above, below) = (figure.numeratorUnit, figure.denominatorUnit)
            switch figure.unit {
            case .count: #expect(above == .count && below == nil, "\(figure.id)")
            case .seconds: #expect(above == .microseconds && below != .microseconds, "\(figure.id)")
            case .ratio: #expect(above == below, "\(figure.id)")
            case .perHour: #expect(above == .count && below == .microseconds, "\(figure.id)")
            }
        }
        // The interface's specification names these.
        let ofTimes = FigureDefinition.all.filter { $0.unit == .ratio && $0.numeratorUnit == .microseconds }.map(\.id)
        #expect(ofTimes == ["occupancy", "occupancyWithRing", "utilisation", "availability"])
    }
}
