import Glibc
import Journal
import TLS
import Testing

@Suite("A segment of version 1, which has no chain")
struct OldSegmentTests {
    let folder = Folder()

    /// A zstd frame of one raw block (RFC 8878): a single segment, its size in 8 bytes, no checksum.
    private func frame(_ text: String) -> [UInt8] {
        let size = UInt64(text.utf8.count)
        let block = UInt32(size) << 3 | 1
        return [0x28, 0xB5, 0x2F, 0xFD, 0xE0] + (0..<8).map { UInt8(truncatingIfNeeded: size >> ($0 * 8)) }
            + (0..<3).map { UInt8(truncatingIfNeeded: block >> ($0 * 8)) } + Array(text.utf8)
    }

    private func old(_ number: Int, _ connections: UInt64...) -> [[UInt8]] {
        let frames = connections.map { frame("@ R \($0) 2 3 4\nping\n") }
        folder.overwrite("\(folder.path)/journal-169999999999999\(number).zst", Array(frames.joined()))
        return frames
    }

    private func read() throws -> (connections: [UInt64], faults: [Journal.Reader.Damage.Fault], unchained: Int) {
        let reader = try Journal.Reader(folder.path, sha256: OpenSSL.sha256)
        var connections: [UInt64] = []
        while let entry = try reader.next() { connections.append(entry.connection) }
        return (connections, reader.damages.map(\.fault), reader.unchainedSegments)
    }

    @Test("is still read, and a chain begins after it")
    func readsOn() throws {
        _ = old(1, 1, 2)
        _ = old(2, 3)
        #expect(try read() == ([1, 2, 3], [], 2))
        try folder.write([[entry(4)], [entry(5)]])
        #expect(try read() == ([1, 2, 3, 4, 5], [], 2))
    }

    @Test("shows a damaged frame and a torn tail")
    func damaged() throws {
        let frames = old(1, 1, 2, 3)
        let path = folder.segments[0]
        var bytes = Array(frames.joined())
        bytes[frames[0].count + 16] = UInt8(ascii: "x")  // the second entry's “@”
        folder.overwrite(path, bytes)
        #expect(try read() == ([1, 3], [.corrupt], 1))
        folder.overwrite(path, Array(frames.joined().dropLast(3)))
        #expect(try read() == ([1, 2], [.tornTail], 1))
        let writer = try folder.writer()
        #expect(writer.repairs.map(\.offset) == [frames[0].count + frames[1].count])
        #expect(try read() == ([1, 2], [], 1))
    }

    @Test("must not follow a chain")
    func afterChain() throws {
        try folder.write([[entry(4)]])
        folder.overwrite("\(folder.path)/journal-9000000000000000.zst", frame("@ R 9 2 3 4\nping\n"))
        #expect(try read() == ([4, 9], [.chainMissing], 1))
    }

    @Test("is the only one whose frames may lack a checksum")
    func checksum() throws {
        let path = "\(folder.path)/journal-1700000000000001.zst"
        let head = "centralino-journal 2\n# 0 \(Journal.Digest.none)\n"
        folder.overwrite(path, frame(head + "@ R 9 2 3 4\nping\n"))
        #expect(try read() == ([], [.corrupt], 0))
    }

    @Test("is not confused with one of a future version, which is left alone")
    func laterVersion() throws {
        let path = "\(folder.path)/journal-0000000000000001.zst"
        folder.overwrite(path, frame("centralino-journal 3\nwhatever\n"))
        let reader = try Journal.Reader(folder.path, sha256: OpenSSL.sha256)
        #expect(throws: JournalError.unknownVersion(path: path)) { try reader.next() }
        #expect(throws: JournalError.unknownVersion(path: path)) { try folder.writer() }
        #expect(size(path) == frame("centralino-journal 3\nwhatever\n").count)
    }
}
