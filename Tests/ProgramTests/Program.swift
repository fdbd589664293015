import Foundation
import Testing

/// The built program as a child process; killed with the test that started it.
final class Program: @unchecked Sendable {
    let output: Lines
    let errors: Lines
    let identifier: pid_t
    private let condition = NSCondition()
    private var ended: Int32?

    /// It stands beside the bundle of the tests, wherever that was built.
    static let executable: String = {
        let own =
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
        let candidates = [own, CommandLine.arguments[0]].map {
            ($0 as NSString).deletingLastPathComponent + "/centralino"
        }
        guard let path = candidates.first(where: FileManager.default.isExecutableFile(atPath:)) else {
            fatalError("the program is not built: there is no \(candidates[0])")
        }
        return path
    }()

    convenience init(_ arguments: String..., environment: [String: String] = [:]) throws {
        try self.init(executable: Self.executable, arguments, environment: environment)
    }

    /// With `terminal`, standard output is a terminal of that many columns and 24 rows.
    ///
    /// Not `Foundation.Process`: a child of one of the testing library's threads would inherit their signal mask, and
    /// never see Ctrl-C.
    init(
        executable: String, _ arguments: [String], environment: [String: String] = [:], terminal columns: UInt16? = nil
    ) throws {
        // A child of another test must not inherit the ends of this one's pipes, because it would keep them open.
        Self.spawning.lock()
        defer { Self.spawning.unlock() }
        let (errorSource, errorSink) = try Self.pipe()
        let (outputSource, outputSink) = try columns.map(Self.terminal) ?? Self.pipe()
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, outputSink, STDOUT_FILENO)
        posix_spawn_file_actions_adddup2(&actions, errorSink, STDERR_FILENO)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        var all = sigset_t()
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        let variables = ProcessInfo.processInfo.environment.filter { $0.key != "NO_COLOR" }.merging(environment) { $1 }
        var argv = ([executable] + arguments).map { strdup($0) } + [nil]
        var envp = variables.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for text in argv + envp { free(text) } }
        var child: pid_t = 0
        let code = posix_spawn(&child, executable, &actions, &attributes, &argv, &envp)
        close(outputSink)
        close(errorSink)
        guard code == 0 else { throw Loopback.Failure(what: "start \(executable)", code: code) }
        let identifier = child
        self.identifier = identifier
        output = Lines(reading: outputSource)
        errors = Lines(reading: errorSource)
        // The thread must not keep this object alive, because the object's end ends the child.
        let condition = condition
        Thread { [weak self] in
            var status: Int32 = 0
            while waitpid(identifier, &status, 0) < 0, errno == EINTR {}
            condition.withLock {
                self?.ended = status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + status & 0x7F
                condition.broadcast()
            }
        }.start()
    }

    deinit { if ended == nil { kill(identifier, SIGKILL) } }

    private static let spawning = NSLock()

    private static func pipe() throws -> (source: Int32, sink: Int32) {
        var ends: [Int32] = [0, 0]
        guard Glibc.pipe(&ends) == 0 else { throw Loopback.Failure(what: "pipe") }
        for descriptor in ends { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
        return (ends[0], ends[1])
    }

    private static func terminal(columns: UInt16) throws -> (source: Int32, sink: Int32) {
        var (master, slave): (Int32, Int32) = (0, 0)
        var window = winsize(ws_row: 24, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
        guard openpty(&master, &slave, nil, nil, &window) == 0 else { throw Loopback.Failure(what: "openpty") }
        for descriptor in [master, slave] { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
        return (master, slave)
    }

    var isRunning: Bool { condition.withLock { ended == nil } }

    /// Waits for the end. Returns 128 plus the signal's number where a signal ended it, -1 where it does not end.
    func status() -> Int32 {
        condition.lock()
        defer { condition.unlock() }
        let deadline = Date(timeIntervalSinceNow: Lines.patience)
        while ended == nil, condition.wait(until: deadline) {}
        return ended ?? -1
    }

    /// Presses Ctrl-C and returns the status.
    func stop() -> Int32 {
        if isRunning { kill(identifier, SIGINT) }
        return status()
    }

    /// Runs it to the end; returns status, standard output and standard error.
    static func run(_ arguments: String..., environment: [String: String] = [:]) throws -> (
        status: Int32, output: String, errors: String
    ) {
        let program = try Program(executable: executable, arguments, environment: environment)
        let output = program.output.untilEnd()
        let errors = program.errors.untilEnd()
        return (program.status(), output, errors)
    }
}

enum Repository {
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    static func path(_ relative: String) -> String { root.appendingPathComponent(relative).path }
    static func trace(_ name: String) -> String { path("Simulator/Traces/22/\(name)") }
}

/// A folder that is removed with the test.
final class TemporaryFolder {
    let path: String

    init() throws {
        path =
            FileManager.default.temporaryDirectory.appendingPathComponent("centralino-program-\(UUID().uuidString)")
            .path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Writes a file and returns its path.
    @discardableResult
    func write(_ name: String, _ bytes: some Sequence<UInt8>) throws -> String {
        try Data(bytes).write(to: URL(fileURLWithPath: path + "/" + name))
        return path + "/" + name
    }

    @discardableResult
    func write(_ name: String, _ text: String) throws -> String { try write(name, text.utf8) }
}
