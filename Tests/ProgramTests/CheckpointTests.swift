import Edges
import Figures
import Gateway
import Journal
import TLS
import Telephony
import Testing
import Time

@testable import ACD
@testable import Core
@testable import centralino

@Suite("A checkpoint", .timeLimit(.minutes(1)))
struct CheckpointTests {
    private let folder: TemporaryFolder
    private let segment: Int64 = 1_772_438_400_000_000
    private let core: Core
    private var sidecar: Journal.Sidecar {
        Journal.Sidecar(segment: segment, what: Checkpoint.what, folder: folder.path)
    }

    init() throws {
        folder = try TemporaryFolder()
        let rules = {
            var configuration = Configuration()
            configuration.webhooks = [.init(name: SwitchID("cloud"), secrets: [])]
            return configuration.rules
        }()
        let now = Moment(uptime: .seconds(1000), date: UnixTime(microseconds: segment))
        var core = Core(.init(seed: .max, rules: rules))
        core.handle(.started(.init(seed: .max, rules: rules)), .none, at: now) { _, _ in }
        for number in 1...700 as ClosedRange<UInt64> {
            var visit = QueueVisit(
                number: number, contact: ContactKey(number), queue: QueueName("info"), position: 1, joined: now)
            core.switches[0].acd.handle(.queued(visit), at: now)
            visit.ended = now
            core.switches[0].acd.handle(.visitEnded(visit, .abandoned), at: now)
        }
        self.core = core
        try Checkpoint.write(core, beside: segment, in: folder.path)
    }

    private func content() throws -> [UInt8] {
        let reader = try Journal.SidecarReader(sidecar)
        var bytes: [UInt8] = []
        while try !reader.isAtEnd { bytes += try reader.read(1) }
        return bytes
    }

    private func replace(_ content: [UInt8]) throws {
        let writer = try Journal.SidecarWriter(sidecar)
        try writer.write(content)
        try writer.finish()
    }

    /// With the SHA-256 that fits.
    private func replace(withDigest content: [UInt8]) throws {
        let digest = Journal.Digest(OpenSSL.sha256(content))?.description ?? ""
        try replace(content + Array("\(digest)\n".utf8))
    }

    /// What comes of reading it, in a word.
    private func verdict() -> String {
        do throws(Checkpoint.Fault) {
            _ = try Checkpoint.read(sidecar)
            return "read"
        } catch {
            return switch error {
            case .unreadable(.incomplete): "incomplete"
            case .unreadable: "unreadable"
            case .damaged: "damaged"
            case .unknown: "unknown"
            case .strange: "strange"
            }
        }
    }

    @Test("is the core as it was, facts included, and nothing is left beside it")
    func whole() throws {
        #expect((try Checkpoint.read(sidecar) == core) as Bool)
        let content = try content()
        #expect(content.starts(with: Array("centralino-checkpoint 3 \(segment)\n{".utf8)))
        let digest = try #require(Journal.Digest(OpenSSL.sha256(Array(content.dropLast(65)))))
        #expect(String(decoding: content.suffix(65), as: UTF8.self) == "\(digest)\n")
        // All visits are in pieces: the JSON has none.
        let json = try #require(content.split(separator: UInt8(ascii: "\n"), maxSplits: 2).dropFirst().first)
        #expect(String(decoding: json, as: UTF8.self).contains("\"visits\":[]"))
        #expect(FileIdentity(path: sidecar.path + ".new") == nil)
    }

    @Test("is called damaged wherever a byte of it is another, or something stands behind it")
    func damaged() throws {
        let content = try content()
        for place in stride(from: 24, to: content.count, by: 401) + [content.count - 70, content.count - 2] {
            var other = content
            other[place] ^= 1
            try replace(other)
            // A length that became another may promise more than there is.
            #expect(["damaged", "incomplete"].contains(verdict()), "byte \(place)")
        }
        try replace(content + [10])
        #expect(verdict() == "damaged", "something behind it")
        try replace(content.dropLast(10))
        #expect(verdict() == "incomplete", "cut off")
    }

    @Test("with a wrong SHA-256 is not decoded: nothing that it promises is believed")
    func digestFirst() throws {
        let content = Array(try content().dropLast(65))
        // More than there is.
        let promising = Array(content.dropLast(2)) + Array("\(ProgramLimits.checkpointPieceBytes)\n0\n".utf8)
        try replace(withDigest: promising)
        #expect(verdict() == "incomplete")
        try replace(promising + Array((String(repeating: "0", count: 64) + "\n").utf8))
        #expect(verdict() == "damaged")
    }

    @Test("of another version, of another segment, or with facts that no program wrote is refused as such")
    func refused() throws {
        let content = Array(try content().dropLast(65))
        try replace(withDigest: content)
        #expect(verdict() == "read")
        let rest = content.drop { $0 != UInt8(ascii: "\n") }
        try replace(withDigest: Array("centralino-checkpoint 2 \(segment) 00".utf8) + rest)
        #expect(verdict() == "unknown", "version 2")
        try replace(withDigest: Array("centralino-checkpoint 3 \(segment + 1)".utf8) + rest)
        #expect(verdict() == "damaged", "another segment")
        // Before the last line, "0": a piece of a switch that there is not.
        let foreign: [UInt8] = Array("5\n".utf8) + [0, 1, 0x78, 0, 1]
        try replace(withDigest: content.dropLast(2) + foreign + Array("0\n".utf8))
        #expect(verdict() == "unknown", "a foreign piece")
        for length in ["99999999999", "-1", "x", ""] {
            try replace(withDigest: content.dropLast(2) + Array("\(length)\n0\n".utf8))
            #expect(verdict() == "damaged", "length \(length)")
        }
        let endless = [UInt8](repeating: UInt8(ascii: "1"), count: 300)
        try replace(withDigest: content.dropLast(2) + endless)
        #expect(verdict() == "damaged", "a line without end")
    }

    @Test("says of a kept figure that differs which it is, and what to do")
    func figures() {
        let words = CheckpointWriter.words("cloud, the last 5 minutes of “info”: kept 3, counted 2")
        #expect(words.contains("cloud, the last 5 minutes of “info”: kept 3, counted 2. "))
        #expect(words.contains("Restart the gateway"))
    }
}
