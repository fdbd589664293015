import Glibc

/// A folder that exists for one test.
final class Folder: Sendable {
    let path: String

    init() {
        // mkdtemp writes over the X's.
        let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array("\(parent)/journal-XXXXXX".utf8CString)
        path = template.withUnsafeMutableBufferPointer { String(cString: mkdtemp($0.baseAddress!)) }
    }

    deinit { _ = run("rm -r '\(path)'") }

    /// Paths of its journal segments, the oldest first.
    var segments: [String] { (run("ls '\(path)'/journal-[0-9]*.zst") ?? "").split(separator: "\n").map(String.init) }

    func write(_ text: String, to name: String) {
        let file = open("\(path)/\(name)", O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        _ = text.withCString { Glibc.write(file, $0, strlen($0)) }
        close(file)
    }

    /// The output of a shell command; nil if it fails.
    func run(_ command: String) -> String? {
        guard let pipe = popen(command + " 2>/dev/null", "r") else { return nil }
        var output: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        while case let count = fread(&chunk, 1, chunk.count, pipe), count > 0 { output += chunk.prefix(count) }
        return pclose(pipe) == 0 ? String(decoding: output, as: UTF8.self) : nil
    }
}
