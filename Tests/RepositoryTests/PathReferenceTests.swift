import Foundation
import Testing

/// What a text says about places in the repository: links, and paths in back-ticks.
private struct PathReferences {
    /// Relative to the root: files, and every folder that holds one.
    let places: Set<String>
    let names: Set<Substring>

    static let folders: Set = ["Protocols", "Simulator", "Sources", "Tests"]
    private static let endings = ["swift", "md", "js", "json", "yaml", "toml", "tsv", "csv", "py"]

    init(files: [String]) {
        var places = Set(files)
        for file in files {
            var folder = file[...]
            while let slash = folder.lastIndex(of: "/") {
                folder = folder[..<slash]
                places.insert(String(folder))
            }
        }
        self.places = places
        names = Set(files.compactMap { $0.split(separator: "/").last })
    }

    /// Of a Markdown file: links and paths that lead nowhere.
    func broken(in text: String, of file: String) -> [String] {
        let here = file.split(separator: "/").dropLast().joined(separator: "/")
        var broken: [String] = []
        for link in text.matches(of: #/\]\(([^)\s]+)\)|(?m)^\[[^\]]+\]: (\S+)/#) {
            let target = link.output.1 ?? link.output.2 ?? ""
            let path = target.prefix { $0 != "#" }
            if !target.contains("://"), !path.isEmpty, !exists(path, [here]) { broken.append(String(target)) }
        }
        for match in text.matches(of: #/`([\w.+\/-]+)`/#) where isPath(match.output.1) {
            let word = match.output.1
            if !(word.contains("/") ? exists(word, [here, ""] + Self.folders.sorted()) : names.contains(word)) {
                broken.append(String(word))
            }
        }
        return broken
    }

    /// Of code: paths from the root in comments and texts that lead nowhere.
    func broken(inCode text: String) -> [String] {
        // Few lines name a folder.
        text.split(separator: "\n").filter { line in Self.folders.contains { line.contains($0 + "/") } }.flatMap {
            line in
            line.matches(of: #/(?:^|[^\w\/.])((?:Protocols|Simulator|Sources|Tests)\/[\w.\/+-]*\w)/#)
                .map { String($0.output.1) }
        }.filter { !exists($0[...], [""]) }
    }

    /// Not the name of a telephone, a version of a protocol or a file of Asterisk.
    private func isPath(_ word: Substring) -> Bool {
        let isPlaceholder = word.split(separator: "/").contains { $0.allSatisfy { $0.isUppercase } && $0.count > 2 }
        let ending = word.split(separator: ".").last ?? ""
        return !isPlaceholder && !word.hasPrefix("/") && word.first != "."
            && (Self.folders.contains(String(word.prefix { $0 != "/" })) && word.contains("/")
                || word.contains(".") && Self.endings.contains(String(ending)))
    }

    private func exists(_ path: Substring, _ bases: [String]) -> Bool {
        bases.contains { base in
            var parts = base.split(separator: "/")
            for part in path.split(separator: "/") {
                if part == ".." { _ = parts.popLast() } else if part != "." { parts.append(part) }
            }
            return parts.isEmpty || places.contains(parts.joined(separator: "/"))
        }
    }
}

@Suite("A place in the repository that a text names")
struct PathReferenceTests {
    private let files = Repository.files()

    @Test("exists: each link and each path in back-ticks of the documents")
    func documents() {
        let references = PathReferences(files: files + [".ci/run"])
        let documents = files.filter { $0.hasSuffix(".md") }
        #expect(documents.count > 15)
        let broken = documents.flatMap { file in
            references.broken(in: Repository.text(file), of: file).map { "\(file): “\($0)” leads nowhere." }
        }
        #expect(broken == [])
    }

    @Test("exists: each path from the root in the code and in the specifications for machines")
    func code() {
        let references = PathReferences(files: files)
        // This file names some that must not exist.
        let broken = files.filter { !$0.hasSuffix("PathReferenceTests.swift") }.filter { file in
            [".swift", ".js", ".py", ".yaml", ".html", ".css", "Makefile"].contains { file.hasSuffix($0) }
        }.flatMap { file in
            references.broken(inCode: Repository.text(file)).map { "\(file): “\($0)” leads nowhere." }
        }
        #expect(broken == [])
    }

    @Test("would be missed if it were moved")
    func bites() {
        let references = PathReferences(files: ["README.md", "Sources/Core/Coverage.swift", "Sources/README.md"])
        let text = """
            [map](Sources/README.md#map) [gone](Sources/Gone.md) [web](https://example.org/x.md) [here](#figures)
            `Sources/Core/Coverage.swift` `Core/Coverage.swift` `Sources/Core/` `Coverage.swift` `Limits.swift`
            `Sources/Gone/Coverage.swift` `PJSIP/1001` `main/manager.c` `HTTP/1.0` `Corpus/TARGET/a.md`

            [picture]: Tests/gone.png
            """
        #expect(
            references.broken(in: text, of: "README.md")
                == ["Sources/Gone.md", "Tests/gone.png", "Limits.swift", "Sources/Gone/Coverage.swift"])
        #expect(references.broken(in: "[up](../README.md) [same](Core/Coverage.swift)", of: "Sources/README.md") == [])
        #expect(
            references.broken(inCode: "/// See Sources/Core/Coverage.swift, not (Sources/Core/Gone.swift).")
                == ["Sources/Core/Gone.swift"])
    }
}
