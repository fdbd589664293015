import Glibc
import Journal
import TLS
import Testing

/// What may have the name of a file of the journal without being one, or only the beginning of one.
@Suite("A journal's folder with something that is not a file", .timeLimit(.minutes(1)))
struct NotAFileTests {
    private let folder = Folder()

    @Test("refuses it by name instead of waiting: as a segment and as a checkpoint, whatever it is")
    func refused() throws {
        let checkpoint = Journal.Sidecar(segment: 1_700_000_000_000_001, what: "checkpoint.zst", folder: folder.path)
        let segment = Journal.Sidecar(segment: 1_700_000_000_000_001, what: "zst", folder: folder.path).path
        let makers: [(String) -> Void] = [{ mkfifo($0, 0o600) }, { mkdir($0, 0o700) }, Self.makeSocket]
        for make in makers {
            make(checkpoint.path)
            #expect(throws: JournalError.notAFile(path: checkpoint.path)) { try checkpoint.content() }
            _ = folder.run("rm -r '\(checkpoint.path)'")
            make(segment)
            let reader = try Journal.Reader(folder.path, sha256: OpenSSL.sha256)
            #expect(throws: JournalError.notAFile(path: segment)) { try reader.next() }
            #expect(try reader.next() == nil, "the next one is read")
            #expect(throws: JournalError.notAFile(path: segment)) { try folder.writer() }
            _ = folder.run("rm -r '\(segment)'")
        }
    }

    private static func makeSocket(_ path: String) {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix(107)) }
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        _ = withUnsafeBytes(of: &address) {
            bind(descriptor, $0.assumingMemoryBound(to: sockaddr.self).baseAddress, socklen_t($0.count))
        }
        close(descriptor)
    }

    @Test("a checkpoint that is cut off is called so, and one that is damaged is called that")
    func cut() throws {
        let checkpoint = Journal.Sidecar(segment: 1_700_000_000_000_001, what: "checkpoint.zst", folder: folder.path)
        try checkpoint.create(Array(repeating: [1, 2, 3, 4, 5], count: 1000).flatMap(\.self))
        let bytes = folder.bytes(checkpoint.path)
        #expect(try checkpoint.content().count == 5000)
        for length in 0..<bytes.count {
            folder.overwrite(checkpoint.path, Array(bytes.prefix(length)))
            #expect(throws: JournalError.incomplete(path: checkpoint.path), "\(length)") { try checkpoint.content() }
        }
        folder.overwrite(checkpoint.path, [1] + bytes.dropFirst())
        #expect(throws: JournalError.damaged(path: checkpoint.path)) { try checkpoint.content() }
        let words = "\(JournalError.incomplete(path: "x"))"
        #expect(words.contains("cut off") && !words.contains("multibyte"))
    }

    @Test("lists a checkpoint once, although other files stand beside its segment as well")
    func listed() throws {
        try folder.write([[entry(1)]])
        let number = entry(1).date
        let checkpoint = Journal.Sidecar(segment: number, what: "checkpoint.zst", folder: folder.path)
        try checkpoint.create([1])
        folder.write("x", to: "journal-\(number).12.torn")
        #expect(try Journal.Sidecar.all("checkpoint.zst", in: folder.path) == [checkpoint])
    }
}
