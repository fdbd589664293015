import Glibc
import Journal
import TLS
import Testing

@Suite("The chain of a journal")
struct ChainTests {
    let folder = Folder()

    /// Two segments of three blocks each and one of two, one entry a block.
    private let entries = (1...8).map { entry($0, "Event: Hangup\r\nUniqueid: 1700000000.\($0)\r\n\r\n") }
    private var parts: [[Journal.Entry]] { [Array(entries[0..<3]), Array(entries[3..<6]), Array(entries[6..<8])] }

    /// The blocks of a segment, as bytes.
    private func blocks(_ path: String, ends: [Int]) -> [[UInt8]] {
        let bytes = folder.bytes(path)
        return zip([0] + ends, ends).map { Array(bytes[$0..<$1]) }
    }

    private func faults() throws -> [Journal.Reader.Damage.Fault] { try readAll(folder.path).damages.map(\.fault) }

    @Test("leads from block to block and across segments, as sha256sum computes it")
    func byHand() throws {
        let beforeLast = try folder.write(Array(parts[..<2]))[1]
        let ends = try folder.write([parts[2]])
        let reader = try Journal.Reader(folder.path, sha256: OpenSSL.sha256)
        while try reader.next() != nil {}
        #expect(reader.firstLink == Journal.Digest.none)
        #expect(reader.damages == [] && reader.segments == 3 && reader.blocks == 8 && reader.unchainedSegments == 0)
        guard folder.run("zstd --version") != nil else { return }  // not installed
        let last = folder.segments[2]
        let count = ends[1] - ends[0]
        let digest = folder.run("tail -c +\(ends[0] + 1) '\(last)' | head -c \(count) | sha256sum")?.prefix(64)
        #expect(digest.map(String.init) == reader.digest?.description)
        // The first block of a segment names the last one of the previous segment.
        let link = folder.run("zstdcat '\(last)' | sed -n 2p")
        let before = folder.run("tail -c +\(beforeLast + 1) '\(folder.segments[1])' | sha256sum")?.prefix(64) ?? ""
        #expect(link == "# 0 \(before)\n")
    }

    @Test(
        "shows every changed byte, which damages only its own block; in the last block, every one that changes a letter"
    )
    func flips() throws {
        let entries = (1...4).map { entry($0, "Event: Hangup\r\n\r\n") }
        let last = try folder.write([Array(entries[..<2]), Array(entries[2...])])[0]
        for (segment, path) in folder.segments.enumerated() {
            let bytes = folder.bytes(path)
            for (place, mask) in bytes.indices.flatMap({ place in
                [1, 2, 4, 8, 16, 32, 64, 128, 255].map { (place, $0 as UInt8) }
            })
            where (place + Int(mask)) % 3 == 0 {
                var changed = bytes
                changed[place] ^= mask
                folder.overwrite(path, changed)
                let (read, damages) = try readAll(folder.path)
                // zstd has bits without a meaning, and no block after the last one names its digest.
                let isTold = !damages.isEmpty || segment == 1 && place >= last && read == entries
                #expect(isTold && read.count >= entries.count - 1, "byte \(place) of segment \(segment), \(mask)")
                #expect(read == entries.filter(read.contains), "byte \(place) of segment \(segment), \(mask)")
            }
            folder.overwrite(path, bytes)
        }
    }

    @Test("shows an edited block, whatever was done to its own checksum")
    func edited() throws {
        let ends = try folder.write([parts[0]])
        try folder.write(Array(parts[1...]))
        // Another journal, with a letter changed: its block is what a forger makes who forgets the blocks after it.
        // One of the letters leaves the block's length unchanged, so that the following blocks stand where they say.
        var parts = parts
        var forgery = Folder()
        for letter in UInt8(ascii: "a")...UInt8(ascii: "z") where letter != UInt8(ascii: "n") {
            parts[0][1].bytes[9] = letter
            forgery = Folder()
            if try forgery.write([parts[0]])[1] == ends[1] { break }
        }
        let path = folder.segments[0]
        let whole = folder.bytes(path)
        let block = forgery.bytes(forgery.segments[0])[ends[0]..<ends[1]]
        folder.overwrite(path, Array(whole[..<ends[0]] + block + whole[ends[1]...]))
        let (read, damages) = try readAll(folder.path)
        #expect(read.count == 8 && read[1] == parts[0][1])
        #expect(damages == [.init(path: path, fault: .chainBroken, offset: ends[1], count: 0)])
    }

    @Test("shows blocks that were removed, repeated or moved, and what was inserted between them")
    func blocksMoved() throws {
        let path: String
        let blocks: [[UInt8]]
        do {
            let writer = try folder.writer()
            var ends: [Int] = []
            for entry in entries {
                try writer.write(entry)
                ends.append(try #require(size(folder.segments[0])))
            }
            path = folder.segments[0]
            blocks = self.blocks(path, ends: ends)
        }
        let skippable: [UInt8] = [0x50, 0x2A, 0x4D, 0x18, 3, 0, 0, 0, 1, 2, 3]
        let mixtures: [(String, [[UInt8]])] = [
            ("removed", Array(blocks[..<2] + blocks[3...])), ("repeated", Array(blocks[..<3] + blocks[2...])),
            ("moved", blocks[..<2] + [blocks[3], blocks[2]] + blocks[4...]),
            ("a comment", blocks[..<2] + [skippable] + blocks[2...]),
            ("zeros", blocks[..<2] + [[UInt8](repeating: 0, count: 100)] + blocks[2...]),
            ("the first one removed", Array(blocks[1...])),
        ]
        for (name, mixture) in mixtures {
            folder.overwrite(path, Array(mixture.joined()))
            #expect(try !readAll(folder.path).damages.isEmpty, "\(name)")
        }
    }

    @Test("shows a segment that is missing, shortened, exchanged or renamed, except where retention removes the oldest")
    func segmentsMoved() throws {
        let ends = try folder.write(parts)
        let segments = folder.segments
        let bytes = segments.map(folder.bytes)
        rename(segments[1], folder.path + "/aside")
        #expect(try faults() == [.chainBroken])
        rename(folder.path + "/aside", segments[1])
        folder.overwrite(segments[0], bytes[1])
        folder.overwrite(segments[1], bytes[0])
        #expect(try faults() == [.chainBroken, .chainBroken])
        folder.overwrite(segments[0], bytes[0])
        // Without its last block, at the very end of the previous segment.
        folder.overwrite(segments[1], Array(bytes[1][..<ends[1]]))
        #expect(try !faults().isEmpty)
        folder.overwrite(segments[1], bytes[1])
        #expect(try faults() == [])
        unlink(segments[0])
        #expect(try faults() == [])
        let reader = try Journal.Reader(folder.path, sha256: OpenSSL.sha256)
        _ = try reader.next()
        #expect(reader.firstLink != nil && reader.firstLink != Journal.Digest.none)
    }

    @Test("can be read from a given segment on")
    func fromSegment() throws {
        try folder.write(parts)
        let number = try #require(Int64(folder.segments[1].dropLast(4).suffix(16)))
        let reader = try Journal.Reader(folder.path, from: number, sha256: OpenSSL.sha256)
        #expect(try reader.next() == entries[3])
        #expect(reader.segment == number)
        while try reader.next() != nil {}
        #expect(reader.damages == [] && reader.segments == 2)
    }

    @Test("is not deceived by what a switch sent: a damaged block's text may be full of blocks")
    func embedded() throws {
        // A journal whose only entry was never in ours, as raw bytes, with incompressible bytes around it so that
        // zstd keeps it unchanged.
        let forged = Folder()
        try forged.write([[entry(99, "forged"), entry(100, "forged")]])
        var random = Seeded(state: 4)
        let noise = (0..<2000).map { _ in UInt8.random(in: 0...255, using: &random) }
        let fake = forged.bytes(forged.segments[0])
        var hostile = entry(2)
        hostile.bytes = noise + fake + noise
        let ends = try folder.write([[entry(1), hostile, entry(3)]])
        let path = folder.segments[0]
        var bytes = folder.bytes(path)
        #expect(bytes.firstRange(of: fake) != nil, "zstd compressed the noise: the test tests nothing")
        bytes[ends[0] + 5] ^= 0xFF
        folder.overwrite(path, bytes)
        let (read, damages) = try readAll(folder.path)
        #expect(read == [entry(1), entry(3)])
        #expect(damages == [.init(path: path, fault: .corrupt, offset: ends[0], count: ends[1] - ends[0])])
    }
}
