import Foundation
import Testing

/// Lines that another program writes, read by a thread of their own; a test waits for one instead of sleeping.
final class Lines: @unchecked Sendable {
    /// Long enough for a loaded machine; nothing that goes well takes so long.
    static let patience: TimeInterval = 30

    private let condition = NSCondition()
    private var lines: [String] = []
    private var hasEnded = false

    /// Reads until the end of `descriptor`, and closes it then.
    init(reading descriptor: Int32) {
        let thread = Thread { [self] in
            var pending: [UInt8] = []
            var buffer = [UInt8](repeating: 0, count: 65_536)
            while true {
                let count = read(descriptor, &buffer, buffer.count)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { break }
                pending += buffer[..<count]
                while let end = pending.firstIndex(of: UInt8(ascii: "\n")) {
                    append(String(decoding: pending[..<end], as: UTF8.self))
                    pending.removeSubrange(...end)
                }
            }
            close(descriptor)
            if !pending.isEmpty { append(String(decoding: pending, as: UTF8.self)) }
            condition.withLock {
                hasEnded = true
                condition.broadcast()
            }
        }
        thread.start()
    }

    private func append(_ line: String) {
        condition.withLock {
            lines.append(line)
            condition.broadcast()
        }
    }

    /// Nothing more will come.
    var isOver: Bool { condition.withLock { hasEnded } }

    var all: [String] { condition.withLock { lines } }
    var text: String { all.joined(separator: "\n") }

    /// The first line, from `start` on, for which `body` returns a value; nil at the end or after `patience`.
    func first<Value>(from start: Int = 0, patience: TimeInterval = Lines.patience, _ body: (String) -> Value?)
        -> Value?
    {
        condition.lock()
        defer { condition.unlock() }
        let deadline = Date(timeIntervalSinceNow: patience)
        var next = start
        while true {
            while next < lines.count {
                if let value = body(lines[next]) { return value }
                next += 1
            }
            if hasEnded || !condition.wait(until: deadline) { return nil }
        }
    }

    /// Waits for the first line that contains `part`; the test fails without it.
    @discardableResult
    func wait(for part: String, from start: Int = 0, _ location: SourceLocation = #_sourceLocation) throws -> String {
        try #require(
            first(from: start) { $0.contains(part) ? $0 : nil }, "no line with “\(part)” in:\n\(text)",
            sourceLocation: location)
    }

    /// Everything, once nothing more will come.
    func untilEnd(patience: TimeInterval = Lines.patience) -> String {
        _ = first(patience: patience) { _ in nil as Never? }
        return text
    }
}

/// Checks repeatedly until `condition` holds: for what can only be asked for.
func eventually(_ what: String, _ location: SourceLocation = #_sourceLocation, _ condition: () throws -> Bool) throws {
    let deadline = Date(timeIntervalSinceNow: Lines.patience)
    while try !condition() {
        try #require(Date() < deadline, "it never came to this: \(what)", sourceLocation: location)
        usleep(20_000)
    }
}
