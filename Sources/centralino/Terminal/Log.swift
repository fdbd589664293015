import EventLoop
import Foundation
import Gateway
import Telephony

/// The program's log: one line on standard error for each thing an operator should know. journald adds the rest.
enum Log {
    static func write(_ line: LogLine) {
        let style: Console.Style =
            switch line.level {
            case .info: .plain
            case .warning: .yellow
            case .error: .red
            }
        let date = UnixTime(microseconds: EventLoop.dateMicroseconds)
        // Reasons may quote what a peer sent.
        let text = String(String.UnicodeScalarView(line.text.unicodeScalars.filter { $0.value >= 32 && $0.value != 127 }))
        Console.say("\(date) \(line.level.rawValue.uppercased()) \(line.subject): \(text)", style)
    }

    static func write(_ level: LogLine.Level, _ subject: String, _ text: String) { write(LogLine(level, subject, text)) }
}
