import Foundation
import Core
import Edges
import Gateway
import Testing
import Time

@testable import centralino

@Suite("The log's sink")
struct LogSinkTests {
    private let pipe = Pipe()
    private var descriptor: Int32 { pipe.fileHandleForWriting.fileDescriptor }

    private func line(_ number: Int) -> String { "line \(number) " + String(repeating: "x", count: 90) + "\n" }

    @Test(
        "never waits for a reader: it keeps what it may keep, counts the rest, and writes the count once there is room")
    func unread() throws {
        var sink = LogSink(descriptor)
        for number in 0..<20_000 {
            sink.put(line(number))
            sink.flush()
        }
        #expect(sink.waitingBytes <= LogSink.bufferBytes)
        var text = ""
        while sink.waitingBytes > 0 {
            text += String(decoding: pipe.fileHandleForReading.availableData, as: UTF8.self)
            sink.flush()
        }
        sink.put(line(20_000))
        sink.flush()
        try pipe.fileHandleForWriting.close()
        text += String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        let lines = text.split(separator: "\n")
        let lost = try #require(lines.first { $0.contains("lines were lost here") })
        let count = try #require(Int(lost.split(separator: " ")[2]))
        #expect(count > 0 && lines.count - 1 + count == 20_001)
        #expect(lines.first == line(0).dropLast() && lines.last == line(20_000).dropLast())
    }

    @Test("writes a kind only so often in a second, and then how many more there were")
    func kinds() {
        var sink = LogSink(descriptor)
        let kind = LogSink.kind(LogLine(.info, "http", "A request was refused with 400: x"))
        #expect(kind == LogSink.kind(LogLine(.info, "http", "A request was refused with 413: y")))
        #expect(kind != LogSink.kind(LogLine(.info, "http", "The listener is open.")))
        let said = (0..<1000).filter { _ in sink.mayBeSaid(kind, second: 7) }.count
        #expect(said == LogSink.linesPerSecond && sink.mayBeSaid("another", second: 7))
        #expect(sink.takeOmitted(second: 7).isEmpty)
        #expect(sink.takeOmitted(second: 8).map { $0.1 } == [1000 - said])
        #expect(sink.takeOmitted(second: 9).isEmpty && sink.mayBeSaid(kind, second: 9))
    }

    @Test("writes one and the same line five times in a minute, and then how often it came")
    func repetitions() {
        var repeated = RepeatedLines()
        let line = LogLine(.warning, "roma", "Not connected.")
        let minute = RepeatedLines.minuteMicroseconds
        let written = (0..<40).filter { repeated.mayBeSaid(line, uptime: Int64($0) * 1_000_000) }
        #expect(written == Array(0..<RepeatedLines.written))
        func said(_ line: LogLine, _ uptime: Int64) -> Bool { repeated.mayBeSaid(line, uptime: uptime) }
        #expect(said(LogLine(.warning, "milano", "Not connected."), 41_000_000))
        func omitted(_ uptime: Int64) -> [(line: String, times: Int)] { repeated.takeOmitted(uptime: uptime) }
        #expect(omitted(minute - 1).isEmpty)
        let counted = omitted(minute)
        #expect(counted.map(\.line) == ["roma: Not connected."] && counted.map(\.times) == [35])
        #expect(said(line, minute + 1) && omitted(10 * minute).isEmpty)
        // Bounded: what is not remembered is written.
        for number in 0..<1000 { #expect(said(LogLine(.info, "x", "\(number)"), minute)) }
        #expect(omitted(3 * minute).isEmpty)
    }

    @Test("writes a line for people, or an object with the same")
    func forms() {
        let line = LogLine(.error, "store", "A “quoted” \"text\"\u{1B}[31m")
        let date = UnixTime(rfc3339: "2026-03-02T08:00:00Z")!
        #expect(Log.form(line, date, .text).hasSuffix("ERROR store: A “quoted” \"text\"[31m\n"))
        #expect(
            Log.form(line, date, .json)
                == #"{"level":"error","subject":"store","text":"A “quoted” \"text\"[31m","time":"\#(date)"}"# + "\n")
        #expect(LogLine.Level.info < .warning && LogLine.Level.warning < .error)
    }

    @Test("discards what is left for a reader that has gone")
    func gone() throws {
        signal(SIGPIPE, SIG_IGN)
        var sink = LogSink(descriptor)
        try pipe.fileHandleForReading.close()
        sink.put(line(1))
        sink.flush()
        #expect(sink.waitingBytes == 0)
    }
}
