/// Reads a registry from the disk, in pieces of any size. A bad line is reported, and reading continues with the next
/// one.
///
/// Memory does not grow with the file, except for the keys (``PartyCSV/Limits/rows``).
///
/// An open quote swallows the lines after it. It is detected at the end of the file, at ``PartyCSV/Limits/rowBytes``,
/// or at a quote that cannot close it. Then those lines are read again as lines of their own: one slip costs one row
/// and not the rest of the file.
public struct PartyCSVReader: Sendable {
    private enum Place { case fieldStart, bare, quoted, quoteInQuoted, returnAfterQuote, skippedLine }

    private var place = Place.fieldStart
    private var separator: UInt8?
    private var interpreter = PartyCSVInterpreter()
    private var outputs: [PartyCSV.Output] = []

    /// The first line, until it is complete: it may begin with a byte order mark, and it decides the separator.
    private var opening: [UInt8] = []
    private var fields: [[UInt8]] = []
    private var field: [UInt8] = []
    private var line = 1
    private var rowLine = 1
    private var rowBytes = 0
    private var quoteLine = 1
    /// The bytes after the first line break inside the open quotes.
    private var swallowed: [UInt8] = []

    public init() {}

    /// The columns of the file; empty until its first line was read.
    public var columns: Set<PartyCSV.Column> { Set((interpreter.columns ?? []).compactMap { $0 }) }

    public mutating func receive(_ bytes: some Sequence<UInt8>) -> [PartyCSV.Output] {
        // Copied, because another module's sequence is asked for each byte through a table of functions.
        for byte in Array(bytes) where !interpreter.isRefused {
            if separator == nil { open(byte) } else { read(byte) }
        }
        return taken()
    }

    /// Call at the end of the file; its last line may lack a line break.
    public mutating func finish() -> [PartyCSV.Output] {
        if separator == nil, !interpreter.isRefused { open(Self.lineFeed) }
        while !interpreter.isRefused, place == .quoted { giveUpQuote() }
        if !interpreter.isRefused, place != .skippedLine, rowBytes > 0 { endLine() }
        // There is nothing after `sep=;`.
        if !interpreter.isRefused, !interpreter.hasHeader { refuse(.empty) }
        return taken()
    }

    private mutating func taken() -> [PartyCSV.Output] {
        defer { outputs = [] }
        return outputs
    }

    // MARK: - The first line

    private mutating func open(_ byte: UInt8) {
        opening.append(byte)
        if opening == [0xEF, 0xBB, 0xBF] { opening = [] }
        if opening == [0xFF, 0xFE] || opening == [0xFE, 0xFF] { return refuse(.utf16) }
        if opening.count > PartyCSV.Limits.rowBytes { return refuse(.lineTooLong) }
        guard byte == Self.lineFeed else { return }
        if let named = Self.separator(namedBy: opening) {
            guard named != UInt8(ascii: "\t") else { return refuse(.tabSeparated) }
            separator = named
            opening = []
            return beginRow(at: line + 1)
        }
        if opening.contains(UInt8(ascii: ";")) {
            separator = UInt8(ascii: ";")
        } else if !opening.contains(UInt8(ascii: ",")), opening.contains(UInt8(ascii: "\t")) {
            return refuse(.tabSeparated)
        } else {
            separator = UInt8(ascii: ",")
        }
        let header = opening
        opening = []
        for byte in header where !interpreter.isRefused { read(byte) }
    }

    /// Reads Excel's line `sep=;`, quoted or not, before the header line.
    private static func separator(namedBy line: [UInt8]) -> UInt8? {
        var line = line.filter { $0 != lineFeed && $0 != carriageReturn && $0 != quote }[...]
        guard line.count >= 5, line.prefix(4).map({ $0 < 0x80 ? $0 | 0x20 : $0 }).elementsEqual("sep=".utf8) else {
            return nil
        }
        line = line.dropFirst(4)
        guard let separator = line.popFirst(),
            [UInt8(ascii: ";"), UInt8(ascii: ","), UInt8(ascii: "\t")].contains(separator)
        else {
            return nil
        }
        // A program that saved the file again may have appended the separators of the other columns.
        return line.allSatisfy { $0 == UInt8(ascii: ";") || $0 == UInt8(ascii: ",") } ? separator : nil
    }

    private mutating func refuse(_ reason: PartyCSV.Fault.Reason) {
        interpreter.isRefused = true
        outputs.append(.fault(PartyCSV.Fault(line: line, reason: reason)))
    }

    // MARK: - Bytes to fields

    private static let lineFeed = UInt8(ascii: "\n")
    private static let carriageReturn = UInt8(ascii: "\r")
    private static let quote = UInt8(ascii: "\"")

    private mutating func read(_ byte: UInt8) {
        rowBytes += 1
        switch (place, byte) {
        case (.quoted, Self.quote): place = .quoteInQuoted
        case (.quoted, _): field.append(byte)
        case (.quoteInQuoted, Self.quote):
            field.append(byte)
            place = .quoted
        case (_, Self.lineFeed):
            if place != .skippedLine { return endLine() }
            beginRow(at: line + 1)
        case (.skippedLine, _): return
        case (.fieldStart, Self.quote):
            place = .quoted
            quoteLine = line
            swallowed = []
        case (.fieldStart, separator), (.bare, separator), (.quoteInQuoted, separator): endField()
        case (.fieldStart, _):
            field.append(byte)
            place = .bare
        case (.bare, Self.quote): return skipLine(because: .quoteInside, at: line)
        case (.bare, _): field.append(byte)
        case (.quoteInQuoted, Self.carriageReturn): place = .returnAfterQuote
        case (.quoteInQuoted, _), (.returnAfterQuote, _):
            if quoteLine == line { return skipLine(because: .textAfterQuote, at: line) }
            swallowed.append(byte)
            return giveUpQuote()
        }
        if place == .quoted || place == .quoteInQuoted {
            if line > quoteLine { swallowed.append(byte) }
            if byte == Self.lineFeed { line += 1 }
        } else if place == .returnAfterQuote, line > quoteLine {
            swallowed.append(byte)
        }
        if rowBytes > PartyCSV.Limits.rowBytes {
            if place == .quoted { giveUpQuote() } else { skipLine(because: .lineTooLong, at: rowLine) }
        }
    }

    private mutating func endField() {
        fields.append(field)
        field = []
        place = .fieldStart
    }

    private mutating func endLine() {
        if place == .bare, field.last == Self.carriageReturn { field.removeLast() }
        endField()
        outputs += interpreter.interpret(fields, line: rowLine)
        beginRow(at: line + 1)
    }

    private mutating func beginRow(at line: Int) {
        self.line = line
        rowLine = line
        rowBytes = 0
        fields = []
        field = []
        swallowed = []
        place = .fieldStart
    }

    private mutating func skipLine(because reason: PartyCSV.Fault.Reason, at line: Int) {
        report(reason, at: line)
        place = .skippedLine
    }

    private mutating func giveUpQuote() {
        report(.unclosedQuote, at: quoteLine)
        let again = swallowed
        let isLastLine = line == quoteLine
        beginRow(at: quoteLine + 1)
        // Without a line break since, the rest of the quote's own line is still to come.
        if isLastLine {
            line = quoteLine
            place = .skippedLine
        }
        for byte in again where !interpreter.isRefused { read(byte) }
    }

    private mutating func report(_ reason: PartyCSV.Fault.Reason, at line: Int) {
        outputs.append(.fault(PartyCSV.Fault(line: line, reason: reason)))
        if !interpreter.hasHeader { interpreter.isRefused = true }
    }
}
