import Glibc
import Journal
import Testing

@Suite("A file beside a segment", .timeLimit(.minutes(1)))
struct SidecarTests {
    private let folder = Folder()
    private var checkpoint: Journal.Sidecar {
        Journal.Sidecar(segment: 1_700_000_000_000_001, what: "checkpoint.zst", folder: folder.path)
    }

    /// Bytes that do not compress, so that they come in many frames' parts.
    private func noise(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
        var generator = Seeded(state: seed)
        return (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
    }

    @Test("is read in other parts than it was written in, and by zstd's own program")
    func parts() throws {
        let content = noise(700_000) + [UInt8](repeating: 7, count: 3_000_000) + noise(10)
        let writer = try Journal.SidecarWriter(checkpoint)
        var generator = Seeded(state: 2)
        var rest = content[...]
        while !rest.isEmpty {
            let part = rest.prefix(Int.random(in: 0...400_000, using: &generator))
            try writer.write(Array(part))
            rest = rest.dropFirst(part.count)
        }
        try writer.finish()
        let reader = try Journal.SidecarReader(checkpoint)
        var read: [UInt8] = []
        while try !reader.isAtEnd {
            read += try reader.read(min(Int.random(in: 0...300_000, using: &generator), content.count - read.count))
        }
        #expect((read == content) as Bool)
        #expect(folder.run("zstd -dc '\(checkpoint.path)' | wc -c")?.hasPrefix("\(content.count)\n") == true)
    }

    @Test("has lines, each up to a length")
    func lines() throws {
        let long = String(repeating: "x", count: 300_000)
        try checkpoint.create(Array("one\n\n\(long)\nabcd\nrest".utf8))
        let reader = try Journal.SidecarReader(checkpoint)
        #expect(try reader.readLine(limit: 3) == Array("one".utf8))
        #expect(try reader.readLine(limit: 0) == [])
        #expect(try reader.readLine(limit: 300_000) == Array(long.utf8))
        #expect(try reader.readLine(limit: 3) == nil)
        let other = try Journal.SidecarReader(checkpoint)
        #expect(try other.readLine(limit: 5) == Array("one".utf8))
        #expect(try other.read(1) == Array("\n".utf8))
        #expect(try other.readLine(limit: 100_000) == nil)
        let last = try Journal.SidecarReader(checkpoint)
        _ = try last.read(Array("one\n\n\(long)\nabcd\n".utf8).count)
        #expect(throws: JournalError.incomplete(path: checkpoint.path)) { try last.readLine(limit: 100) }
        #expect(try last.isAtEnd)
    }

    @Test("has its name only when it is whole, and nothing is left of one that is not")
    func whole() throws {
        try checkpoint.create([1])
        var writer: Journal.SidecarWriter? = try Journal.SidecarWriter(checkpoint)
        try writer?.write(noise(500_000))
        #expect(try checkpoint.content() == [1])
        writer = nil
        #expect(try checkpoint.content() == [1])
        #expect(folder.run("ls '\(folder.path)'") == "journal-1700000000000001.checkpoint.zst\n")
        #expect(folder.run("stat -c %a '\(checkpoint.path)'") == "600\n")
    }

    @Test("on a full disk is reported, and nothing is left")
    func full() throws {
        #expect(throws: JournalError.self) { try Journal.SidecarWriter(.init(segment: 1, what: "x", folder: "/none")) }
        // A file of that name cannot be replaced by ours.
        mkdir(checkpoint.path, 0o700)
        #expect(throws: JournalError.cannotWriteBeside(path: checkpoint.path, code: EISDIR)) {
            try checkpoint.create(noise(500_000))
        }
        #expect(folder.run("ls '\(folder.path)'") == "journal-1700000000000001.checkpoint.zst\n")
    }

    @Test("is refused if it is longer than may be, has something behind it, or needs a large window")
    func bounds() throws {
        try checkpoint.create([UInt8](repeating: 0, count: 50_000))
        #expect(try checkpoint.content(limit: 50_000).count == 50_000)
        #expect(throws: JournalError.damaged(path: checkpoint.path)) { try checkpoint.content(limit: 49_999) }
        let frame = folder.bytes(checkpoint.path)
        #expect(throws: JournalError.cannotRead(path: checkpoint.path, code: EFBIG)) {
            try checkpoint.content(limit: frame.count - 1)
        }
        for rest in [[0], frame] {
            folder.overwrite(checkpoint.path, frame + rest)
            #expect(throws: JournalError.damaged(path: checkpoint.path)) { try checkpoint.content() }
        }
        let windows = [(20, true), (23, true), (27, false)]
        for (window, isRead) in windows {
            _ = folder.run(
                "head -c 2000000 /dev/zero | zstd -q -1 --zstd=wlog=\(window) -f -o '\(checkpoint.path)'")
            let reader = try Journal.SidecarReader(checkpoint)
            #expect((try? reader.read(1)) == (isRead ? [0] : nil), "\(window)")
        }
    }

    @Test("with any byte changed is read or refused, and reading ends")
    func damage() throws {
        try checkpoint.create(noise(500) + [UInt8](repeating: 5, count: 500))
        let frame = folder.bytes(checkpoint.path)
        var generator = Seeded(state: 5)
        for _ in 0..<300 {
            var damaged = frame
            damaged[Int.random(in: 0..<frame.count, using: &generator)] ^= UInt8.random(in: 1...255, using: &generator)
            folder.overwrite(checkpoint.path, damaged)
            _ = try? checkpoint.content()
        }
    }
}
