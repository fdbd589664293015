import Glibc
import Journal
import TLS
import Testing

@Suite("A journal whose writer was stopped")
struct RepairTests {
    let folder = Folder()

    @Test("at any byte returns every whole block, and continues from there")
    func anyCut() throws {
        let entries = [entry(1, "first"), entry(2, "second"), entry(3, "the last one, which is torn")]
        let ends = try folder.write([[entry(0)], entries])
        let segment = folder.segments[1]
        let bytes = folder.bytes(segment)
        for cut in (0...bytes.count).reversed() {
            for path in folder.segments.dropFirst() { unlink(path) }
            folder.overwrite(segment, Array(bytes[..<cut]))
            let whole = [0] + ends.filter { $0 <= cut }
            let kept = [entry(0)] + entries.prefix(whole.count - 1)
            let torn = cut - (whole.last ?? 0)
            let found = try readAll(folder.path)
            #expect(found.entries == kept, "cut at \(cut)")
            let damage = Journal.Reader.Damage(path: segment, fault: .tornTail, offset: whole.last ?? 0, count: torn)
            #expect(found.damages == (torn == 0 ? [] : [damage]), "cut at \(cut)")

            let writer = try folder.writer()
            let keptIn = String(segment.dropLast(4)) + ".\(whole.last ?? 0).torn"
            let repair = Journal.Repair(path: segment, offset: whole.last ?? 0, count: torn, keptIn: keptIn)
            #expect(writer.repairs == (torn == 0 ? [] : [repair]), "cut at \(cut)")
            if torn > 0 { #expect(folder.bytes(keptIn) == Array(bytes[(whole.last ?? 0)..<cut]), "cut at \(cut)") }
            try writer.write(entry(9))
            let after = try readAll(folder.path)
            #expect(after.entries == kept + [entry(9)] && after.damages == [], "cut at \(cut)")
        }
    }

    @Test("is repaired once")
    func once() throws {
        try folder.write([[entry(1), entry(2)]])
        truncate(folder.segments[0], off_t((size(folder.segments[0]) ?? 0) - 1))
        #expect(try folder.writer().repairs.count == 1)
        #expect(try folder.writer().repairs == [])
        #expect(try readAll(folder.path).damages == [])
    }

    @Test("loses a last block that the disk has spoiled, and keeps its bytes in a file beside it")
    func spoiledTail() throws {
        let ends = try folder.write([[entry(1), entry(2), entry(3)]])
        let path = folder.segments[0]
        var bytes = folder.bytes(path)
        bytes[ends[2] - 6] ^= 1
        // As after a power cut: the file has its size but not its bytes.
        folder.overwrite(path, bytes + [UInt8](repeating: 0, count: 5000))
        let writer = try folder.writer()
        #expect(writer.repairs.map(\.count) == [ends[2] - ends[1] + 5000])
        #expect(
            writer.repairs.first.map(\.description)?.contains("kept in \(path.dropLast(4)).\(ends[1]).torn") == true)
        try writer.write(entry(4))
        let (read, damages) = try readAll(folder.path)
        #expect(read.map(\.connection) == [1, 2, 4] && damages == [])
    }

    @Test("keeps the blocks behind a damaged one, and reports the damage when it is read")
    func damageInTheMiddle() throws {
        let ends = try folder.write([[entry(1), entry(2), entry(3)]])
        let path = folder.segments[0]
        var bytes = folder.bytes(path)
        for offset in ends[0]..<ends[0] + 20 { bytes[offset] = 0 }
        folder.overwrite(path, bytes)
        let writer = try folder.writer()
        #expect(writer.repairs == [])
        #expect(folder.bytes(path) == bytes)
        try writer.write(entry(4))
        let (read, damages) = try readAll(folder.path)
        #expect(read.map(\.connection) == [1, 3, 4])
        #expect(damages == [.init(path: path, fault: .corrupt, offset: ends[0], count: ends[1] - ends[0])])
    }

    @Test("just as a segment began has nothing to repair")
    func emptySegment() throws {
        try folder.write([[entry(1)]])
        folder.overwrite("\(folder.path)/journal-2000000000000000.zst", [])
        let writer = try folder.writer()
        #expect(writer.repairs == [])
        #expect(folder.segments.count == 1)
        try writer.write(entry(2))
        #expect(try readAll(folder.path).damages == [])
    }
}
