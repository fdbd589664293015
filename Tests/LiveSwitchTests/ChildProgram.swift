import Foundation
import Synchronization

/// A program that a test started: its lines as they come, and its end. Only its own process id is used to end it.
///
/// Not `Foundation.Process`: that sees an end only when every grandchild, a switch among them, has closed what it
/// inherited.
final class ChildProgram: Sendable {
    let name: String
    private let identifier: pid_t
    private let input: Int32
    private let lines: AsyncStream<String>
    private let arrivals: AsyncStream<String>.Continuation
    private let said = Mutex<[String]>([])
    private let status = Mutex<Int32?>(nil)
    /// Left when it has ended, and when all its output has arrived.
    private let (ended, heard) = (DispatchGroup(), DispatchGroup())

    /// A child of another thread must not inherit the ends of this one's pipes before they are marked close-on-exec.
    private static let spawning = Mutex(())

    /// `hearsErrors`: its standard error becomes lines as well; otherwise it goes where the tests' own goes.
    init(_ executable: String, _ arguments: [String], hearsErrors: Bool = false) throws {
        name = ([executable.split(separator: "/").last.map(String.init) ?? executable] + arguments.suffix(1)).joined(
            separator: " ")
        (lines, arrivals) = AsyncStream.makeStream()
        let (child, input, output) = try Self.spawning.withLock { _ in
            try Self.spawn(executable, arguments, hearsErrors)
        }
        (identifier, self.input) = (child, input)
        ended.enter()
        heard.enter()
        Thread { [self] in hear(output) }.start()
        Thread { [self] in
            var code: Int32 = 0
            while waitpid(child, &code, 0) < 0, errno == EINTR {}
            let result = code & 0x7F == 0 ? code >> 8 & 0xFF : 128 + code & 0x7F
            status.withLock { $0 = result }
            ended.leave()
        }.start()
    }

    private static func spawn(
        _ executable: String, _ arguments: [String], _ hearsErrors: Bool
    ) throws -> (child: pid_t, input: Int32, output: Int32) {
        var (inward, outward): ([Int32], [Int32]) = ([0, 0], [0, 0])
        guard pipe(&inward) == 0, pipe(&outward) == 0 else { throw Failure("No pipe for \(executable).") }
        for descriptor in inward + outward { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
        let (input, output) = (inward[0], outward[1])
        defer { for descriptor in [input, output] { close(descriptor) } }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO)
        posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
        if hearsErrors { posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO) }
        // The threads that run tests block every signal, and a child inherits that: it would never receive Ctrl-C.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var (none, all) = (sigset_t(), sigset_t())
        sigemptyset(&none)
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        var argv = ([executable] + arguments).map { strdup($0) } + [nil]
        defer { for text in argv { free(text) } }
        var child: pid_t = 0
        let code = posix_spawn(&child, executable, &actions, &attributes, &argv, environ)
        guard code == 0 else { throw Failure("\(executable) does not start: \(String(cString: strerror(code))).") }
        return (child, inward[1], outward[0])
    }

    private func hear(_ output: Int32) {
        var unfinished: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(output, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            unfinished += buffer[..<count]
            while let end = unfinished.firstIndex(of: UInt8(ascii: "\n")) {
                let line = String(decoding: unfinished[..<end], as: UTF8.self)
                unfinished.removeSubrange(...end)
                said.withLock { $0.append(line) }
                arrivals.yield(line)
            }
        }
        close(output)
        arrivals.finish()
        heard.leave()
    }

    var text: String { said.withLock { $0 }.joined(separator: "\n") }

    /// The next line for which `body` returns a value; nil at the end, or after the time.
    func next<Value>(withinSeconds limit: Double = 60, _ body: (String) throws -> Value?) async rethrows -> Value? {
        let expiry = DispatchWorkItem { [arrivals] in arrivals.finish() }
        DispatchQueue.global().asyncAfter(deadline: .now() + limit, execute: expiry)
        defer { expiry.cancel() }
        for await line in lines {
            if let value = try body(line) { return value }
        }
        return nil
    }

    func say(_ line: String) {
        let bytes = Array((line + "\n").utf8)
        _ = write(input, bytes, bytes.count)
    }

    /// Waits for its end and returns its status, or 128 plus the signal's number where one ended it. Sends Ctrl-C
    /// first if `interrupts`, and SIGKILL where that does not help.
    @discardableResult
    func end(interrupts: Bool = false, withinSeconds limit: Double = 30) async -> Int32 {
        if interrupts { signal(SIGINT) }
        await wait(for: ended, seconds: limit)
        if status.withLock({ $0 }) == nil {
            signal(SIGKILL)
            await wait(for: ended, seconds: 10)
        }
        await wait(for: heard, seconds: 5)
        close(input)
        return status.withLock { $0 } ?? -1
    }

    private func signal(_ number: Int32) {
        status.withLock { status in if status == nil { kill(identifier, number) } }
    }

    private func wait(for group: DispatchGroup, seconds: Double) async {
        await withCheckedContinuation { continuation in
            Thread {
                _ = group.wait(timeout: .now() + seconds)
                continuation.resume()
            }.start()
        }
    }
}

/// Asks repeatedly, until `body` returns a value or the time is over.
func eventually<Value>(withinSeconds limit: Double, _ body: () async throws -> Value?) async throws -> Value? {
    let deadline = ContinuousClock.now + .seconds(limit)
    while true {
        if let value = try await body() { return value }
        guard ContinuousClock.now < deadline else { return nil }
        try await Task.sleep(for: .milliseconds(50))
    }
}
