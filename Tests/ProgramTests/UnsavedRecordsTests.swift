import Foundation
import Testing
import Time
import Waiting

@testable import centralino

/// What the last line of a stop promises of records that the store has not taken.
@Suite("Records that are not stored when the program ends", .tags(.program), .waiting)
struct UnsavedRecordsTests {
    @Test("are said to be found again only where the journal has everything")
    func text() {
        func text(_ evidence: UnsavedRecords.Evidence, rows: Int = 0) -> String {
            UnsavedRecords(records: 3, rows: rows, evidence: evidence).text
        }
        #expect(text(.noJournal) == "3 contact records could not be stored and are lost.")
        #expect(
            text(.whole, rows: 2)
                == "3 contact records and 2 rows of gaps and quarter-hours could not be stored; the next start finds them in the journal."
        )
        let since = UnixTime(rfc3339: "2026-11-30T01:51:55Z")!
        #expect(text(.lacking(since: since)).contains("lacks entries since \(since)"))
        for evidence in [UnsavedRecords.Evidence.lacking(since: since), .filesGone] {
            #expect(text(evidence).contains("may be lost"))
            #expect(!text(evidence).contains("finds them"))
        }
    }

    private func gateway(_ asterisk: ScriptedSwitch) throws -> GatewayUnderTest {
        let gateway = try GatewayUnderTest(switchPort: asterisk.port, login: "plain", starts: false)
        try gateway.start()
        try asterisk.send(NormalCall.bytes)
        try gateway.waitForCall()
        try eventually("it is stored") { try gateway.stored().contacts == 1 }
        return gateway
    }

    private func lastLine(_ gateway: GatewayUnderTest) throws -> String {
        #expect(gateway.program.stop() == 1)
        return try gateway.program.errors.wait(for: "could not be stored")
    }

    @Test("may be lost where the journal's disk was full as well: the line says since when")
    func fullDisk() throws {
        let asterisk = try ScriptedSwitch()
        defer { asterisk.stop() }
        let gateway = try gateway(asterisk)
        // No file grows any more: neither the store nor the journal.
        let limit = try Program(
            executable: "/usr/bin/prlimit", ["--pid", "\(gateway.program.identifier)", "--fsize=1:"])
        #expect(limit.status() == 0)
        for number in 2...4 { try asterisk.send(NormalCall.numbered(number)) }
        try gateway.waitForCall(4)
        try gateway.program.errors.wait(for: "ERROR journal: ")
        let line = try lastLine(gateway)
        #expect(line.contains("The journal lacks entries since 20") && line.contains("may be lost"), "\(line)")
        #expect(!line.contains("finds them"), "\(line)")
    }

    @Test("may be lost where the journal's folder was moved away, even a moment before the end")
    func folderGone() throws {
        let asterisk = try ScriptedSwitch()
        defer { asterisk.stop() }
        let gateway = try gateway(asterisk)
        for suffix in ["", "-wal", "-shm"] {
            try FileManager.default.removeItem(atPath: gateway.folder.path + "/centralino.sqlite" + suffix)
        }
        try asterisk.send(NormalCall.numbered(2))
        try gateway.waitForCall(2)
        let noticed = gateway.program.errors.first(patience: 60) {
            $0.contains("deleted, moved or replaced") ? $0 : nil
        }
        #expect(noticed?.contains("ERROR store: ") == true)
        try FileManager.default.moveItem(
            atPath: gateway.folder.path + "/journal", toPath: gateway.folder.path + "/away")
        let line = try lastLine(gateway)
        #expect(line.contains("may be lost") && line.contains("Put them back"), "\(line)")
        #expect(!line.contains("finds them"), "\(line)")
    }
}
