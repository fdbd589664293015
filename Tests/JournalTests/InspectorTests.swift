import Glibc
import Journal
import TLS
import Testing

@Suite("The watch over a journal's files")
struct InspectorTests {
    private let folder = Folder()

    private func expectation(_ writer: Journal.Writer, retiredBefore: Int64 = .min) -> Journal.Inspector.Expectation {
        .init(folder: writer.lockedFolder, current: writer.current, retiredBefore: retiredBefore, checkpoint: nil)
    }

    @Test("names the current segment at once when it is gone, and the next entry begins another one")
    func current() throws {
        let writer = try folder.writer()
        var inspector = Journal.Inspector(folder: folder.path)
        try writer.write(entry(1))
        #expect(inspector.look(expectation(writer)) == [])
        let path = try #require(folder.segments.first)
        #expect(rename(path, path + ".away") == 0)
        #expect(inspector.look(expectation(writer)) == [.current(path: path)])
        // Another file of that name is not ours.
        folder.write("x", to: String(path.dropFirst(folder.path.utf8.count + 1)))
        #expect(inspector.look(expectation(writer)) == [.current(path: path)])
        writer.endSegment()
        unlink(path)
        var begun: [Int64] = []
        writer.onSegment = { begun.append($0) }
        try writer.write(entry(2))
        #expect(begun.count == 1, "a checkpoint may stand beside it")
        #expect(inspector.look(expectation(writer)) == [] && folder.segments.count == 1)
        #expect(try readAll(folder.path).entries == [entry(2)])
    }

    @Test("names a finished segment that is gone, once, unless the rules deleted it")
    func finished() throws {
        try folder.write([[entry(1)], [entry(2)], [entry(3)]])
        let writer = try folder.writer()
        try writer.write(entry(4))
        var inspector = Journal.Inspector(folder: folder.path)
        #expect(inspector.look(expectation(writer)) == [])
        let segments = folder.segments
        unlink(segments[0])
        unlink(segments[2])
        let number = 1_700_000_000_000_000 + Int64(2) * 1_000_000
        #expect(inspector.look(expectation(writer, retiredBefore: number)) == [], "the rules may say so a moment later")
        #expect(inspector.look(expectation(writer, retiredBefore: number)) == [.segments(paths: [segments[2]])])
        #expect(inspector.look(expectation(writer, retiredBefore: number)) == [])
    }

    @Test("names the folder; made again, it is locked again, and the journal continues in it")
    func folderItself() throws {
        let writer = try folder.writer()
        var inspector = Journal.Inspector(folder: folder.path)
        try writer.write(entry(1))
        #expect(rename(folder.path, folder.path + ".away") == 0)
        #expect(inspector.look(expectation(writer)) == [.folder(path: folder.path)])
        writer.endSegment()
        #expect(throws: JournalError.self) { try writer.write(entry(2)) }
        writer.append(entry(3))
        mkdir(folder.path, 0o700)
        try writer.flush()
        #expect(inspector.look(expectation(writer)) == [])
        #expect(throws: JournalError.folderInUse(path: folder.path)) { try folder.writer() }
        var begun = 0
        writer.onSegment = { _ in begun += 1 }
        try writer.write(entry(4))
        #expect(
            begun == 1,
            "a segment that began with what was taken in before is followed by one that a checkpoint can stand beside")
        _ = folder.run("rm -r '\(folder.path).away'")
    }

    @Test("says nothing of a segment that the writer itself deleted, because the disk was full at its first block")
    func abandoned() async {
        // The limit on the size of files stands for the full disk, in a process of its own.
        await #expect(processExitsWith: .success) {
            signal(SIGXFSZ, SIG_IGN)
            let folder = Folder()
            let writer = try folder.writer()
            var inspector = Journal.Inspector(folder: folder.path)
            func look() -> [Journal.Inspector.Loss] {
                inspector.look(
                    .init(
                        folder: writer.lockedFolder, current: writer.current, retiredBefore: .min, checkpoint: nil,
                        abandoned: writer.takeAbandoned()))
            }
            var limit = rlimit(rlim_cur: 20, rlim_max: rlim_t.max)
            setrlimit(__rlimit_resource_t(1), &limit)  // RLIMIT_FSIZE
            for round in 1...3 {
                writer.append(entry(round))
                // The segment is there, and has nothing.
                precondition(look() == [])
                precondition((try? writer.flush()) == nil)
                precondition(look() == [] && look() == [] && look() == [])
            }
            limit.rlim_cur = rlim_t.max
            setrlimit(__rlimit_resource_t(1), &limit)
            try writer.write(entry(4))
            precondition(look() == [] && look() == [] && folder.segments.count == 1)
            // What somebody else deletes is said, as before.
            let path = folder.segments[0]
            unlink(path)
            precondition(look() == [.current(path: path)])
        }
    }

    @Test("finds that a segment ends after the configured number of entries")
    func entries() throws {
        var rules = Journal.Rules()
        rules.segmentEntries = 10
        let writer = try folder.writer(rules)
        for number in 1...95 { try writer.write(entry(number)) }
        #expect(folder.segments.count == 10)
        #expect(try readAll(folder.path).entries.count == 95)
    }
}
