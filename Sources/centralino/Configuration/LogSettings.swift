import ArgumentParser
import Core

/// `[log]`: what the program writes on standard error.
struct LogSettings: Equatable, Sendable {
    enum Format: String, CaseIterable, Sendable, ExpressibleByArgument {
        /// A line for people: time, level, subject, text.
        case text
        /// An object a line, with the same four as members.
        case json
    }

    /// What is less is not written.
    var level = LogLine.Level.info
    var format = Format.text

    init(level: LogLine.Level = .info, format: Format = .text) {
        self.level = level
        self.format = format
    }

    init(_ table: ConfigurationReader) {
        if let level = table.choice("level", of: LogLine.Level.self) { self.level = level }
        if let format = table.choice("format", of: Format.self) { self.format = format }
        table.refuseTheRest()
    }
}
