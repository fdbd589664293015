import Foundation
import Core
import Edges
import Gateway
import Recordings
import Testing
import Time
import Wire

@testable import Reference

extension Trace {
    /// What the telephones did; nil if the recording does not contain it.
    func phoneTruth() throws -> PhoneTruth? {
        guard let calls = try PhoneCall.all(in: path) else { return nil }
        let after = recording.others.first { $0.name == "ami-after" }?.chunks
        let (first, last) = (
            recording.chunks.last?.microseconds ?? 0, (after ?? recording.chunks).last?.microseconds ?? 0
        )
        let commands = PhoneTruth.Command.all(in: recording.control)
        // Told to restart, it drops its calls at once, and tells the telephones up to a second later.
        let restart = commands.first { $0.action == "core restart now" }?.at
        return PhoneTruth(
            calls: calls, commands: commands, end: Double(max(first, last)) / 1_000_000,
            lastWord: after == nil ? nil : min(Double(first) / 1_000_000, restart ?? .infinity))
    }

    /// The verdict; nil without a second truth.
    func judged() throws -> PhoneJudge? {
        try Self.verdicts.value(path) {
            guard let truth = try phoneTruth() else { return nil }
            return try PhoneJudge(
                recording: name, report: report, truth: truth, start: UnixTime(microseconds: recording.startEpoch ?? 0))
        }
    }
    private static let verdicts = Shared<PhoneJudge?>()
}

extension PhoneTruth.Command {
    /// The commands of the recording's second connection that move a call, or the switch.
    static func all(in chunks: [Recording.Chunk]) -> [PhoneTruth.Command] {
        let moving: Set = [
            "redirect", "bridge", "atxfer", "blindtransfer", "cancelatxfer", "park", "originate", "core restart now",
        ]
        return chunks.filter { $0.direction == .outgoing }.compactMap { chunk in
            var command = PhoneTruth.Command(at: Double(chunk.microseconds) / 1_000_000, action: "", channels: [])
            for line in String(decoding: chunk.bytes, as: UTF8.self).split(separator: "\r\n") {
                guard let colon = line.firstIndex(of: ":") else { continue }
                let value = line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
                switch line[..<colon].lowercased() {
                case "action": command.action = value.lowercased()
                case "command": command.action = value.lowercased()
                case "channel", "extrachannel", "channel1", "channel2": command.channels.append(value)
                default: break
                }
            }
            return moving.contains(command.action) ? command : nil
        }
    }
}

@Suite("Our legs and the telephones", .tags(.recordings))
struct PhoneTruthTests {
    /// When a recorder was late: telephones and AMI reader were in one process on two busy cores, so that up to this
    /// many seconds passed from a telephone's SIP message to the event about it, most of them after the switch's own
    /// clock (its CEL file, in microseconds). No more is excused than that. The table for people is in
    /// `Simulator/Traces/README.md`.
    private struct Late {
        var from: Double
        var to: Double
        var by: Double
        /// The only telephone concerned; nil: all.
        var phone: String?
    }

    private static let late: [String: Late] = [
        // 16 calls a second: 3047's BYE sent at 37.341, its channel gone at 37.494, reported at 38.210.
        "22/load-fast-s3": Late(from: 37.3, to: 39.5, by: 0.87),
        // BYE sent at 17.558, the bridge left at 17.757, reported at 18.024.
        "22/mixed-a": Late(from: 17.5, to: 18.1, by: 0.47, phone: "1008"),
    ]

    private func isLate(_ finding: PhoneJudge.Finding, in trace: Trace) -> Bool {
        guard let late = Self.late[trace.name], let difference = finding.difference,
            late.phone ?? finding.phone == finding.phone
        else {
            return false
        }
        // A call touches those seconds with its beginning or, some seconds of talk later, with its end.
        return (late.from - 10...late.to).contains(finding.at) && abs(difference) <= late.by
    }

    /// Recordings of which two telephones talk with nobody, so that their notes are left out; the table for people is
    /// in `Simulator/Traces/README.md`.
    private static let deaf: Set = ["16-sip/ivr-a", "16-sip/callback_local-a"]

    @Test("agree on ring, talk and hold within a quarter of a second", arguments: try Trace.everywhere())
    func agree(trace: Trace) throws {
        let judged = try trace.judged()
        // Other people's recordings may have no notes of the telephones; each of ours has.
        if trace.isCommitted, !Self.deaf.contains(trace.name) {
            try #require(judged != nil, "the phones' notes are missing")
        }
        guard let judge = judged else { return }
        var excused = 0
        for finding in judge.deviations {
            if isLate(finding, in: trace) {
                print("phones: LATE \(finding)")
                excused += 1
            } else {
                print("phones: DEVIATES \(finding)")
                Issue.record("\(finding)")
            }
        }
        if Self.late[trace.name] != nil, excused == 0 { Issue.record("nothing was late here: the excuse is to go") }
        if !OutsideTraces.folders.isEmpty {
            for finding in judge.silences { print("phones: SILENT \(finding)") }
            print(
                "phones: COMPARED \(trace.name) \(judge.compared) figures, \(judge.deviations.count) deviate, \(judge.silences.count) unknown"
            )
        }
    }

    /// A judge that compares nothing finds nothing. A rule that silences the telephones, or a leg that no longer
    /// meets its telephone, is noticed here: lower the number only with a reason; new recordings and new rules raise
    /// it.
    @Test("are compared in no fewer figures than before")
    func floor() throws {
        let compared = try Trace.all().reduce(0) { try $0 + ($1.judged()?.compared ?? 0) }
        #expect(compared >= 1773)
    }
}
