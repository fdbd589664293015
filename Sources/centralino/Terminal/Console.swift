import Foundation

/// Words for people go to standard error, data to standard output. Colours are used only on a terminal that shows
/// them, unless forbidden (no-color.org).
enum Console {
    enum Style: String {
        case plain = "", bold = "1", dim = "2", red = "31", green = "32", yellow = "33", cyan = "36"
    }

    static let errorIsTerminal = isatty(STDERR_FILENO) == 1
    static let outputIsTerminal = isatty(STDOUT_FILENO) == 1
    static let forbidden = !(ProcessInfo.processInfo.environment["NO_COLOR"] ?? "").isEmpty

    static var outputIsColoured: Bool { outputIsTerminal && !forbidden }

    static func styled(_ text: String, _ style: Style, toTerminal: Bool) -> String {
        toTerminal && !forbidden ? coloured(text, style) : text
    }

    static func coloured(_ text: String, _ style: Style) -> String {
        style == .plain ? text : "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m"
    }

    static func say(_ text: String, _ style: Style = .plain) {
        write(styled(text, style, toTerminal: errorIsTerminal) + "\n", to: STDERR_FILENO)
    }

    static func print(_ text: String) { write(text + "\n", to: STDOUT_FILENO) }

    static func write(_ text: String, to descriptor: Int32) { write(Array(text.utf8), to: descriptor) }

    /// Writes everything; false once the reader has gone.
    @discardableResult
    static func write(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }
}

/// A bar that redraws itself on a terminal, and prints nothing into a pipe.
struct ProgressBar {
    private let label: String
    private let total: Int
    private var drawn = -1

    init(_ label: String, total: Int) {
        self.label = label
        self.total = max(1, total)
    }

    mutating func show(_ done: Int, _ note: String) {
        let percent = min(100, done * 100 / total)  // not a limit: the whole in per cent
        guard Console.errorIsTerminal, percent != drawn else { return }
        drawn = percent
        let width = ProgramLimits.progressColumns
        let full = percent * width / 100
        let bar = String(repeating: "█", count: full) + String(repeating: "░", count: width - full)
        Console.write("\r\(label) \(bar) \(percent) % \(note)\u{1B}[K", to: STDERR_FILENO)
    }

    func finish() { if Console.errorIsTerminal, drawn >= 0 { Console.write("\r\u{1B}[K", to: STDERR_FILENO) } }
}
