import Foundation
import Synchronization
import Testing

/// A program that the tests started. Only its own process id is used to end it.
final class StartedProgram: Sendable {
    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    let name: String
    private let process = Process()
    private let output = Pipe()
    private let lines: AsyncStream<String>
    private let arrivals: AsyncStream<String>.Continuation
    private let said = Mutex<(text: String, unfinished: [UInt8])>(("", []))

    /// Starts `executable`; its standard output and standard error become its lines.
    init(_ executable: String, _ arguments: [String], in folder: String? = nil) throws {
        name = ([URL(filePath: executable).lastPathComponent] + arguments.prefix(1)).joined(separator: " ")
        (lines, arrivals) = AsyncStream.makeStream()
        process.executableURL = URL(filePath: executable)
        process.arguments = arguments
        if let folder { process.currentDirectoryURL = URL(filePath: folder) }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = output
        output.fileHandleForReading.readabilityHandler = { [weak self] handle in
            // A child's last words may come after this object is gone.
            guard let self else { return }
            let data = handle.availableData
            if data.isEmpty {
                handle.readabilityHandler = nil
                arrivals.finish()
            } else {
                hear(data)
            }
        }
        // The threads that run tests block every signal, and a child inherits that: it would never receive Ctrl-C.
        var nothing = sigset_t()
        var before = sigset_t()
        sigemptyset(&nothing)
        pthread_sigmask(SIG_SETMASK, &nothing, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        do { try process.run() } catch { throw Failure(description: "\(executable) does not start: \(error)") }
    }

    private func hear(_ data: Data) {
        said.withLock { said in
            said.text += String(decoding: data, as: UTF8.self)
            for byte in data {
                guard byte == UInt8(ascii: "\n") else {
                    said.unfinished.append(byte)
                    continue
                }
                arrivals.yield(String(decoding: said.unfinished, as: UTF8.self))
                said.unfinished = []
            }
        }
    }

    /// The next line that matches, and its first group. Lines before it are skipped.
    func line(_ pattern: Regex<(Substring, Substring)>, withinSeconds limit: Double = 60) async throws -> String {
        let expiry = DispatchWorkItem { [arrivals] in arrivals.finish() }
        DispatchQueue.global().asyncAfter(deadline: .now() + limit, execute: expiry)
        defer { expiry.cancel() }
        for await line in lines {
            if let match = line.firstMatch(of: pattern) { return String(match.1) }
        }
        throw Failure(
            description: "\(name) did not say the awaited line within \(limit) s. It said:\n\(said.withLock(\.text))")
    }

    /// Interrupts it like Ctrl-C, waits for its end, and records an issue if it had to be killed.
    func stop() async {
        let identifier = process.processIdentifier
        let isStubborn = Mutex(false)
        let kill = DispatchWorkItem { [process] in
            guard process.isRunning else { return }
            isStubborn.withLock { $0 = true }
            Foundation.kill(identifier, SIGKILL)
        }
        DispatchQueue.global().asyncAfter(deadline: .now() + 20, execute: kill)
        process.interrupt()
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async { [process] in
                process.waitUntilExit()
                continuation.resume()
            }
        }
        kill.cancel()
        output.fileHandleForReading.readabilityHandler = nil
        if isStubborn.withLock({ $0 }) {
            Issue.record("\(name) did not end within 20 s of Ctrl-C. It said:\n\(said.withLock(\.text))")
        }
    }
}
