import Glibc

/// A terminal's alternate screen, drawn in place: the contents of the normal one return at the end.
///
/// Without line wrap, so that a character that the terminal draws wider than we counted cannot displace the rest.
struct TerminalScreen {
    private var drawn: [String] = []

    /// Columns and rows of the terminal on standard output; 80 × 24 where they are unknown.
    static var window: WallboardTable.Window {
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else {
            return .init(columns: 80, rows: 24)
        }
        return .init(columns: Int(size.ws_col), rows: Int(size.ws_row))
    }

    func open() { put("\u{1B}[?1049h\u{1B}[?25l\u{1B}[?7l\u{1B}[2J") }

    func close() { put("\u{1B}[?7h\u{1B}[?25h\u{1B}[?1049l") }

    /// Redraws if anything differs. `isResized`: the terminal may have moved what it showed.
    mutating func draw(_ lines: [String], isResized: Bool) {
        guard isResized || lines != drawn else { return }
        drawn = lines
        let clear = isResized ? "\u{1B}[2J" : ""
        put(clear + "\u{1B}[H" + lines.map { $0 + "\u{1B}[K" }.joined(separator: "\r\n") + "\u{1B}[J")
    }

    private func put(_ text: String) { Console.write(text, to: STDOUT_FILENO) }
}
