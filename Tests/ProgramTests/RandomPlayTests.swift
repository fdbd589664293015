import Foundation
import Testing
import Waiting

/// Calls of random plays on a real Asterisk (`make chaos`) that once had a difference without a cause, each cut down
/// to its channels, with its lines of the log.
@Suite("A call of a random play", .tags(.program), .waiting)
struct RandomPlayTests {
    private static let folder = Repository.path("Simulator/RandomPlays")

    /// The findings, in order of joining: what differs, and why.
    private static let plays: [String: [String]] = [
        // Answered by the agent who had asked.
        "agents-go-on": ["matched truncation", "talkDiffers anotherWentOn"],
        "asks-a-queue-in-a-callback": ["talkDiffers localOptimised", "matched truncation"],
        "end-written-twice": ["matched truncation"],
        "end-written-twice-after": ["matched truncation"],
        "handed-over-late": ["matched truncation", "matched inheritedPlace"],
        "handed-over-unseen": ["matched truncation", "matched truncation", "matched inheritedPlace"],
        "heir-took-part-before": ["matched truncation", "matched inheritedPlace"],
        "late-complete-before-survey": ["talkDiffers lateLine"],
        "late-complete-of-heir": ["matched truncation", "talkDiffers lateLine"],
        "parked-by-code": ["talkDiffers lateComplete"],
        "parked-slowly": ["matched truncation", "matched truncation", "talkDiffers parkedSlowly"],
        "redirected-to-ringing": ["talkDiffers lateComplete"],
        "second-turns": ["talkDiffers localOptimised"],
        "survey-after-hang-up": ["talkDiffers lateComplete"],
        "third-party-transfers": ["talkDiffers othersTransfer"],
        "two-in-one-second": ["matched truncation", "matched truncation", "matched truncation"],
        "waiting-redirected": ["differentOutcome managementTookAway"],
    ]

    private struct Report: Decodable {
        struct Finding: Decodable {
            var kind: String
            var cause: String?
        }
        var unexplained: Int
        var findings: [Finding]
    }

    @Test("has its cause", arguments: plays.keys.sorted())
    func cause(name: String) throws {
        let path = Self.folder + "/" + name
        let program = try Program(
            executable: Program.executable,
            ["reconcile", "--recording", path, "--queue-log", path + "/queue_log", "--json"])
        let report = try JSONDecoder().decode(Report.self, from: Data(program.output.untilEnd().utf8))
        #expect(program.status() == 0)
        #expect(report.findings.map { "\($0.kind) \($0.cause ?? "–")" } == Self.plays[name])
        #expect(report.unexplained == 0)
    }

    @Test("is tested, if it is kept")
    func complete() throws {
        let kept = try FileManager.default.contentsOfDirectory(atPath: Self.folder).filter { !$0.hasSuffix(".md") }
        #expect(kept.sorted() == Self.plays.keys.sorted())
    }
}
