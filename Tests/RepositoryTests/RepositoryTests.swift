import Foundation
import Testing

/// The repository as text.
enum Repository {
    static let root = #filePath.split(separator: "/").dropLast(3).reduce("") { "\($0)/\($1)" }

    /// Bytes and rules: no clock, no randomness of their own, no world.
    static let pure =
        [
            "Protocols/Wire", "Protocols/AMI", "Protocols/HTTP", "Protocols/Webhook", "Protocols/ScreenPop",
            "Protocols/Wallboard",
            "Protocols/Metrics", "Protocols/Records",
        ]
        + [
            "Time", "Telephony", "Access", "Calls", "Directory", "Contacts", "Figures", "ACD", "Reconciliation",
            "Delivery",
            "Switches", "Core",
            "Edges", "Gateway",
        ].map { "Sources/\($0)" } + ["Simulator/Playback", "Simulator/Simulation", "Simulator/Reference"]

    /// Paths of regular files below the folders, relative to the root, sorted; what is built or kept by tools is left
    /// out.
    static func files(in folders: [String] = [""], ending suffix: String = "") -> [String] {
        var found: [String] = []
        for folder in folders {
            let base = folder.isEmpty ? root : "\(root)/\(folder)"
            let options: FileManager.DirectoryEnumerationOptions = [.skipsHiddenFiles]
            guard
                let walk = FileManager.default.enumerator(
                    at: URL(fileURLWithPath: base), includingPropertiesForKeys: [.isRegularFileKey], options: options)
            else { continue }
            for case let url as URL in walk {
                guard (try? url.resourceValues(forKeys: [.isRegularFileKey]))?.isRegularFile == true,
                    url.path.hasSuffix(suffix)
                else {
                    continue
                }
                let path = String(url.path.dropFirst(root.count + 1))
                // As .gitignore has it.
                if !path.hasPrefix("demo-state/"), path != "Package.resolved" { found.append(path) }
            }
        }
        return found.sorted()
    }

    static func text(_ path: String) -> String {
        (try? String(contentsOfFile: "\(root)/\(path)", encoding: .utf8)) ?? ""
    }
}

/// What a line of a pure target may not say, and what to say instead.
struct Ban: CustomTestStringConvertible {
    var name: String
    var matches: @Sendable (String) -> Bool
    var instead: String
    var testDescription: String { name }

    init(_ name: String, instead: String, _ matches: @escaping @Sendable (String) -> Bool) {
        self.name = name
        self.instead = instead
        self.matches = matches
    }

    init(call name: String, instead: String) {
        self.init("\(name)(…)", instead: instead) { $0.contains(callTo: name) }
    }

    static let world = [
        "Cuv", "COpenSSL", "Czstd", "Czlib", "Ccurl", "Cphonenumber", "Glibc", "Musl", "Darwin", "Dispatch",
    ]

    static let all: [Ban] = [
        Ban(
            call: "Date",
            instead: "take a Moment as an argument: its date is the wall clock, read once per turn of the loop"),
        Ban(
            call: "UUID", instead: "ContactID(at:using:) with the seeded generator, so that a replay gives the same ids"
        ),
        Ban(call: "print", instead: "hand out a LogLine (Effect.log); the program writes it"),
        Ban("ContinuousClock, SuspendingClock", instead: "take a Moment as an argument: its uptime never jumps") {
            $0.contains("ContinuousClock") || $0.contains("SuspendingClock")
        },
        Ban(
            "randomness without a generator",
            instead: "give `using: &generator`, a SplitMix64 whose seed comes in from outside"
        ) {
            ($0.contains(".random(") || $0.contains(".randomElement(") || $0.contains(".shuffled(")
                || $0.contains(".shuffle("))
                && !$0.contains("using:")
        },
        Ban("the system's generator", instead: "SplitMix64 with a seed from outside") {
            $0.contains("SystemRandomNumberGenerator")
        },
        Ban(
            "a C module",
            instead: "hand the result in as a value or a function (see Wire.Digests); only the world's targets import C"
        ) {
            line in
            world.contains { line.imports($0) }
        },
    ]
}

extension String {
    /// A call of that very name: not `UnixDate(`, not `fingerprint(`.
    fileprivate func contains(callTo name: String) -> Bool {
        var rest = self[...]
        while let found = rest.firstRange(of: name + "(") {
            let before =
                rest[..<found.lowerBound].last
                ?? (found.lowerBound == startIndex ? " " : self[index(before: found.lowerBound)])
            if !before.isLetter, !before.isNumber, before != "_", before != "." { return true }
            rest = rest[found.upperBound...]
        }
        return false
    }

    fileprivate func imports(_ module: String) -> Bool {
        let words = split(separator: " ")
        guard let position = words.firstIndex(of: "import"), position + 1 < words.count else { return false }
        return words.suffix(from: position + 1).contains { $0 == module || $0.hasPrefix(module + ".") }
    }

    /// Without what follows `//`, where that is no part of an address.
    fileprivate var code: String {
        guard let comment = firstRange(of: "//"),
            comment.lowerBound == startIndex || self[index(before: comment.lowerBound)] != ":"
        else {
            return self
        }
        return String(self[..<comment.lowerBound])
    }
}

@Suite("The repository")
struct RepositoryTests {
    @Test("keeps the world out of the pure targets", arguments: Ban.all)
    func pureTargets(ban: Ban) {
        var faults: [String] = []
        for file in Repository.files(in: Repository.pure, ending: ".swift") {
            for (number, line) in Repository.text(file).split(separator: "\n", omittingEmptySubsequences: false)
                .enumerated()
            where ban.matches(String(line).code) {
                faults.append(
                    "\(file):\(number + 1): \(line.trimmingCharacters(in: .whitespaces)) — instead, \(ban.instead)")
            }
        }
        #expect(faults == [])
    }

    @Test("would see each of them")
    func bansBite() {
        let lines = [
            "let now = Date()", "id = UUID().uuidString", "print(\"x\")", "let clock = ContinuousClock()",
            "Int.random(in: 0...3)",
            "var generator = SystemRandomNumberGenerator()", "internal import Cuv",
        ]
        for (ban, line) in zip(Ban.all, lines) { #expect(ban.matches(line), "\(ban.name)") }
        for line in [
            "UnixDate(1)", "fingerprint(x)", "Int.random(in: 0...3, using: &generator)", "import CuvX",
            "let a = 1 // Date()".code,
        ] {
            #expect(!Ban.all.contains { $0.matches(line) }, "\(line)")
        }
    }

    @Test("names no place of one machine")
    func machines() {
        // In two parts, so that this file does not name them.
        let places = ["/wo" + "rk/", "../sha" + "red"]
        let binary = [".gz", ".png", ".jpg", ".ico", ".woff2", ".db", ".zst"]
        var faults: [String] = []
        for file in Repository.files() where !binary.contains(where: { file.hasSuffix($0) }) {
            for (number, line) in Repository.text(file).split(separator: "\n", omittingEmptySubsequences: false)
                .enumerated()
            {
                if let place = places.first(where: { line.contains($0) }) {
                    faults.append(
                        "\(file):\(number + 1): “\(place)” is on one machine only. Name a path of the repository, or of a Debian package."
                    )
                }
            }
        }
        #expect(faults == [])
    }

    @Test("has no Swift file of more than 600 lines")
    func lengths() {
        let long = Repository.files(in: ["Protocols", "Sources", "Simulator", "Tests"], ending: ".swift").compactMap {
            file in
            let lines = Repository.text(file).split(separator: "\n", omittingEmptySubsequences: false).count - 1
            return lines > 600
                ? "\(file) has \(lines) lines. It has two subjects: give each a file (Call+Transfer.swift)." : nil
        }
        #expect(long == [])
    }

    @Test("has no Swift file that no target compiles")
    func targets() {
        let manifest = Repository.text("Package.swift")
        var folders: [String] = []
        for line in manifest.split(separator: "\n") {
            // A product's name is not a target's, unless the target stands before it on the line.
            guard let name = line.value(of: "name"), !line.contains(".package("),
                line.range(of: ".product(").map({ line[..<$0.lowerBound].contains("name:") }) ?? true
            else { continue }
            folders += [line.value(of: "path"), "Sources/\(name)", "Tests/\(name)"].compactMap { $0 }
        }
        // Targets over several lines: `.target(` and the name on the next one.
        for path in manifest.split(separator: "path: \"").dropFirst() {
            folders.append(String(path.prefix { $0 != "\"" }))
        }
        let homeless = Repository.files(in: ["Protocols", "Sources", "Simulator", "Tests"], ending: ".swift").filter {
            file in
            !folders.contains { file.hasPrefix($0 + "/") }
        }
        #expect(
            homeless.map { "\($0): no target of Package.swift contains this folder. Add one, or move the file." } == [])
    }

    @Test("has a specification beside the code of each protocol")
    func specifications() throws {
        let folders = try FileManager.default.contentsOfDirectory(atPath: Repository.root + "/Protocols").sorted()
            .filter {
                !$0.contains(".")
            }
        #expect(folders.count >= 6)
        let missing = folders.filter { folder in
            // Wire is no protocol but what the protocols share.
            folder != "Wire" && Repository.text("Protocols/\(folder)/\(folder).md").isEmpty
        }
        #expect(
            missing.map {
                "Protocols/\($0)/\($0).md is missing: what goes over the wire, for those who write the other end."
            } == [])
    }

    @Test("has tests for each target, not placeholders")
    func tests() throws {
        let targets = try FileManager.default.contentsOfDirectory(atPath: Repository.root + "/Tests").sorted().filter {
            $0.hasSuffix("Tests")
        }
        #expect(targets.contains("GatewayTests"))
        let empty = Repository.pure.map { "\($0.split(separator: "/").last!)Tests" }.filter { target in
            // ScreenPop and Wallboard are values; what is said with them is tested with the gateway, against their
            // Schemas.
            !["ScreenPopTests", "WallboardTests"].contains(target)
                && !Repository.files(in: ["Tests/\(target)"], ending: ".swift").contains {
                    Repository.text($0).contains("@Test")
                }
        }
        #expect(empty == [])
    }
}

extension Substring {
    /// `name: "value"`
    fileprivate func value(of name: String) -> String? {
        guard let found = firstRange(of: "\(name): \"") else { return nil }
        return String(self[found.upperBound...].prefix { $0 != "\"" })
    }
}
