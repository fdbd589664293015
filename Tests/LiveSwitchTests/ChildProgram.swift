import Foundation
import Synchronization

/// A program that a test started: its lines as they come, and its end. It is ended by its own process id, and nothing else is.
final class ChildProgram: Sendable {
    let name: String
    private let process = Process()
    private let input = Pipe()
    private let lines: AsyncStream<String>
    private let arrivals: AsyncStream<String>.Continuation
    private let said = Mutex<(all: [String], unfinished: [UInt8])>(([], []))
    /// Left twice: when it has ended, and when all that it said is here.
    private let ending = DispatchGroup()

    /// `hearsErrors`: what it says on standard error becomes lines, too; otherwise it goes where the tests' own goes.
    init(_ executable: String, _ arguments: [String], hearsErrors: Bool = false) throws {
        name = ([executable.split(separator: "/").last.map(String.init) ?? executable] + arguments.suffix(1)).joined(separator: " ")
        (lines, arrivals) = AsyncStream.makeStream()
        let output = Pipe()
        process.executableURL = URL(filePath: executable)
        process.arguments = arguments
        process.standardInput = input
        process.standardOutput = output
        if hearsErrors { process.standardError = output }
        ending.enter()
        ending.enter()
        process.terminationHandler = { [ending] _ in ending.leave() }
        output.fileHandleForReading.readabilityHandler = { [weak self, ending, arrivals] handle in
            let data = handle.availableData
            guard data.isEmpty else {
                self?.hear(data)
                return
            }
            handle.readabilityHandler = nil
            arrivals.finish()
            ending.leave()
        }
        // The threads that run tests block every signal, and a child inherits that: it would never hear Ctrl-C.
        var (nothing, before) = (sigset_t(), sigset_t())
        sigemptyset(&nothing)
        pthread_sigmask(SIG_SETMASK, &nothing, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        do { try process.run() } catch { throw Failure("\(executable) does not start: \(error)") }
    }

    private func hear(_ data: Data) {
        said.withLock { said in
            said.unfinished += data
            while let end = said.unfinished.firstIndex(of: UInt8(ascii: "\n")) {
                let line = String(decoding: said.unfinished[..<end], as: UTF8.self)
                said.unfinished.removeSubrange(...end)
                said.all.append(line)
                arrivals.yield(line)
            }
        }
    }

    var text: String { said.withLock(\.all).joined(separator: "\n") }

    /// The next line of which `body` makes something; nil at the end, or after the time.
    func next<Value>(withinSeconds limit: Double = 60, _ body: (String) throws -> Value?) async rethrows -> Value? {
        let expiry = DispatchWorkItem { [arrivals] in arrivals.finish() }
        DispatchQueue.global().asyncAfter(deadline: .now() + limit, execute: expiry)
        defer { expiry.cancel() }
        for await line in lines {
            if let value = try body(line) { return value }
        }
        return nil
    }

    func say(_ line: String) { try? input.fileHandleForWriting.write(contentsOf: Data((line + "\n").utf8)) }

    /// Its status once it has ended; Ctrl-C first if `interrupts`, and SIGKILL where that does not help.
    @discardableResult
    func end(interrupts: Bool = false, withinSeconds limit: Double = 30) async -> Int32 {
        let identifier = process.processIdentifier
        let kill = DispatchWorkItem { [process] in if process.isRunning { Foundation.kill(identifier, SIGKILL) } }
        DispatchQueue.global().asyncAfter(deadline: .now() + limit, execute: kill)
        if interrupts { process.interrupt() }
        await withCheckedContinuation { continuation in ending.notify(queue: .global()) { continuation.resume() } }
        kill.cancel()
        return process.terminationReason == .uncaughtSignal ? 128 + process.terminationStatus : process.terminationStatus
    }
}

/// Asks again and again, until something is there or the time is over.
func eventually<Value>(withinSeconds limit: Double, _ body: () async throws -> Value?) async throws -> Value? {
    let deadline = ContinuousClock.now + .seconds(limit)
    while true {
        if let value = try await body() { return value }
        guard ContinuousClock.now < deadline else { return nil }
        try await Task.sleep(for: .milliseconds(50))
    }
}
