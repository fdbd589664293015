import Foundation
import Testing

/// A target of Package.swift.
private struct ManifestTarget {
    var name: String
    var folder: String
    /// Names of targets and of products.
    var arrows: [String]

    /// All of them: from each `target(` to the parenthesis that closes it.
    static func all(in manifest: String) -> [ManifestTarget] {
        // Comments have parentheses of their own. (No string of the manifest holds `// `.)
        let text = manifest.split(separator: "\n").map {
            $0.prefix(upTo: $0.firstRange(of: "// ")?.lowerBound ?? $0.endIndex)
        }
        .joined(separator: "\n")
        .replacing("argumentParser,", with: "\"ArgumentParser\",")
        .replacing(#/\.product\(name: ("\w+"), package: "[^"]*"\)/#) { String($0.output.1) }
        return text.matches(of: #/\.(target|executableTarget|testTarget)\(\s*name: "(\w+)"/#).map { found in
            var depth = 0
            let rest = text[found.range.lowerBound...]
            let entry = rest.prefix { character in
                depth += character == "(" ? 1 : character == ")" ? -1 : 0
                return character != ")" || depth > 0
            }
            let name = String(found.output.2)
            let path = entry.firstMatch(of: #/path: "([^"]+)"/#).map { String($0.output.1) }
            let list = entry.firstMatch(of: #/dependencies: \[([^\]]*)\]/#)?.output.1 ?? ""
            return ManifestTarget(
                name: name, folder: path ?? "\(found.output.1 == "testTarget" ? "Tests" : "Sources")/\(name)",
                arrows: list.matches(of: #/"(\w+)"/#).map { String($0.output.1) })
        }
    }

    /// Arrows along which nothing is imported.
    func unused(_ code: String) -> [String] {
        let imports = Set(
            code.split(separator: "\n").filter { $0.contains("import ") }.compactMap { line in
                line.prefixMatch(of: #/(?:@\w+(?:\(\w+\))? |public |internal |private )*import (?:\w+ )?(\w+)/#)
                    .map { String($0.output.1) }
            })
        return arrows.filter { arrow in
            // The tests of the whole program start it: it must be built before them.
            !imports.contains(arrow) && !(arrow == "centralino" && name.hasSuffix("Tests"))
        }
    }
}

@Suite("The arrows of Package.swift")
struct ArrowTests {
    @Test("are those along which something is imported, each once")
    func used() throws {
        let targets = ManifestTarget.all(in: Repository.text("Package.swift"))
        #expect(targets.count > 60 && targets.contains { $0.name == "centralino" && $0.arrows.count > 20 })
        for target in targets {
            let code = Repository.files(in: [target.folder], ending: ".swift").map(Repository.text)
            #expect(!code.isEmpty || target.arrows.isEmpty, "\(target.name) has no file in \(target.folder)")
            #expect(
                target.unused(code.joined(separator: "\n")) == [],
                "Package.swift: no file of \(target.name) imports these. Take them out of its dependencies.")
            #expect(Set(target.arrows).count == target.arrows.count, "Package.swift: \(target.name) names one twice.")
        }
    }

    @Test("would be seen without an import, also over several lines and as a product")
    func bites() {
        let manifest = """
            .target(name: "A", dependencies: ["B", .product(name: "P", package: "p")], path: "X/A", swiftSettings: swift),
            // A comment (with the name: "Q").
            .testTarget(
                name: "ATests",
                dependencies: [
                    "A", "C",
                ], swiftSettings: swift),
            """
        let targets = ManifestTarget.all(in: manifest)
        #expect(targets.map(\.name) == ["A", "ATests"] && targets.map(\.folder) == ["X/A", "Tests/" + "ATests"])
        #expect(targets[0].arrows == ["B", "P"] && targets[1].arrows == ["A", "C"])
        #expect(targets[0].unused("import BC\n// import P\ninternal import struct B.Value\n") == ["P"])
        #expect(targets[1].unused("@testable import A\n@_spi(X) import C\n") == [])
    }
}
