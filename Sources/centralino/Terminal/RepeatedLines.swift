import Core

/// Damps a line that repeats: after some times within a minute it is only counted, and the count is logged at the
/// minute's end. A reconnection now and then is news each time; one every second is one fault.
///
/// ``LogSink`` bounds the lines of one *kind* in a second; here it is one and the same line. What strangers can cause
/// is bounded before, in the gateway: `LogLimiter` of `Edges`.
struct RepeatedLines {
    /// How often one line is written in a minute.
    static let written = 5
    static let minuteMicroseconds: Int64 = 60_000_000
    /// Lines that are remembered: more different ones in a minute do not repeat each other.
    static let lines = 200

    private struct Repetition {
        var began: Int64
        var times = 0
    }

    private var repetitions: [String: Repetition] = [:]

    /// Whether the line is written; otherwise it is counted. `uptime`: in microseconds.
    mutating func mayBeSaid(_ line: LogLine, uptime: Int64) -> Bool {
        let key = "\(line.subject): \(line.text)"
        if let known = repetitions[key] {
            // A line that was damped is counted out first: ``takeOmitted(uptime:)``.
            if uptime - known.began >= Self.minuteMicroseconds, known.times <= Self.written { repetitions[key] = nil }
        }
        guard repetitions[key] != nil || repetitions.count < Self.lines else { return true }
        repetitions[key, default: Repetition(began: uptime)].times += 1
        return repetitions[key]!.times <= Self.written
    }

    /// What was damped in minutes that are over: each line, and how often it was left out.
    mutating func takeOmitted(uptime: Int64) -> [(line: String, times: Int)] {
        let over = repetitions.filter { uptime - $0.value.began >= Self.minuteMicroseconds }
        guard !over.isEmpty else { return [] }
        for key in over.keys { repetitions[key] = nil }
        return over.filter { $0.value.times > Self.written }.map { ($0.key, $0.value.times - Self.written) }
            .sorted { $0.0 < $1.0 }
    }
}
