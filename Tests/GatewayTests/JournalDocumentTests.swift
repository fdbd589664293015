import Foundation
import Core
import Edges
import Gateway
import Testing

/// A reader of the journal without this program has only the document.
@Suite("The document of the journal")
struct JournalDocumentTests {
    @Test("names every kind of entry of the core, and the journal's own, and no other")
    func kinds() throws {
        let path =
            #filePath.split(separator: "/").dropLast(3).reduce("") { "\($0)/\($1)" } + "/Sources/Journal/Journal.md"
        let text = try String(contentsOfFile: path, encoding: .utf8)
        let section = try #require(
            text.components(separatedBy: "\n## What is in it\n").last?.components(separatedBy: "\n## ").first)
        let documented = section.split(separator: "\n").compactMap {
            $0.firstMatch(of: /^\| `([A-Z])` \|/).map { String($0.1) }
        }
        #expect(documented.sorted() == (Core.Input.Kind.allCases.map { String($0.rawValue) } + ["L"]).sorted())
    }
}
