import Foundation
import FuzzTargets
import Testing

@Suite("What the fuzzers found")
struct CorpusTests {
    static let folder = #filePath.split(separator: "/").dropLast(2).reduce("") { "\($0)/\($1)" } + "/Fuzz"

    /// Every file of the target's corpus, including those that once were findings (`regressions/`).
    static func inputs(_ target: FuzzTarget, in kind: String = "Corpus") throws -> [(name: String, bytes: [UInt8])] {
        let root = "\(folder)/\(kind)/\(target.rawValue)"
        return try FileManager.default.subpathsOfDirectory(atPath: root).sorted().compactMap { name in
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: "\(root)/\(name)", isDirectory: &isFolder), !isFolder.boolValue
            else { return nil }
            return (name, Array(try Data(contentsOf: URL(fileURLWithPath: "\(root)/\(name)"))))
        }
    }

    @Test("stays fixed: each input of the corpus holds what its target promises", arguments: FuzzTarget.allCases)
    func replay(target: FuzzTarget) throws {
        let inputs = try Self.inputs(target)
        #expect(inputs.count >= 20, "the corpus of \(target.rawValue) is not there")
        for input in inputs {
            let faults = target.faults(of: input.bytes)
            #expect(faults == [], "Tests/Fuzz/Corpus/\(target.rawValue)/\(input.name)")
        }
    }

    @Test(
        "also holds for stories made of them: lost, duplicated, late and crossed messages",
        arguments: 0..<8 as Range<UInt64>)
    func mutations(group: UInt64) throws {
        let stories = try Self.inputs(.switchSide).map(\.bytes).filter { $0.count < 8000 }
        #expect(stories.count > 10)
        for seed in group * 8..<group * 8 + 8 {
            var mutator = SwitchMutator(seed: seed)
            let story = stories[Int(seed) * 7 % stories.count]
            let made = mutator.crossed(
                mutator.mutated(story) { $0.reversed() }, stories[Int(seed) * 13 % stories.count])
            #expect(FuzzTarget.switchSide.faults(of: made) == [], "seed \(seed)")
        }
    }
}
