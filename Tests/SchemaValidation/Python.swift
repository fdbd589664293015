import Foundation

/// Python's validators judge what we send: nothing of ours is in them.
public enum Python {
    /// Runs a script with a file of these lines and the other arguments; the lines that it prints.
    public static func lines(_ script: String, _ lines: [String], _ arguments: [String]) throws -> [String] {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
            "centralino-schema-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appendingPathComponent("messages.ndjson")
        try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: file)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", "-c", script, file.path] + arguments
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        switch process.terminationStatus {
        case 0, 1: return text.split(separator: "\n").map(String.init)
        default: throw Missing()
        }
    }

    private struct Missing: Error, CustomStringConvertible {
        var description: String {
            "The Schemas cannot be checked: python3 with the modules jsonschema (4.0 or later) and yaml did not run. Install the Debian packages python3-jsonschema and python3-yaml, or set CENTRALINO_SKIP_SCHEMA=1 to leave these checks out."
        }
    }
}
