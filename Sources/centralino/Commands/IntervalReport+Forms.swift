import Figures
import Foundation
import Telephony
import Time
import Wire

/// The printed forms of the report.
extension IntervalReport {
    var json: String {
        struct Document: Encodable {
            struct Row: Encodable {
                struct Name: CodingKey {
                    var stringValue: String
                    var intValue: Int? { nil }
                    init(_ name: String) { stringValue = name }
                    init?(stringValue: String) { self.init(stringValue) }
                    init?(intValue: Int) { nil }
                }
                var columns: [(name: String, cell: Cell)]
                var pauses: [String: Double]?

                func encode(to encoder: any Encoder) throws {
                    var container = encoder.container(keyedBy: Name.self)
                    for column in columns { try container.encode(column.cell, forKey: Name(column.name)) }
                    try container.encodeIfPresent(pauses, forKey: Name("pauses"))
                }
            }
            var from: String
            var to: String
            var zone: String
            var rows: [Row]
        }
        let lines = rows.map { Document.Row(columns: columns($0), pauses: $0.sum.time?.pauses.mapValues(\.seconds)) }
        let document = Document(
            from: "\(range.lowerBound)", to: "\(range.upperBound)", zone: zone.identifier, rows: lines)
        return String(decoding: JSON.encode(document), as: UTF8.self)
    }

    /// RFC 4180; empty where there is no row, because the columns are those of the rows.
    var csv: String {
        guard let first = rows.first else { return "" }
        let header = columns(first).map { CSV.text($0.name) }
        let lines = rows.map { columns($0).map { Self.field($0.cell) } }
        return ([header] + lines).map { $0.joined(separator: ",") + "\r\n" }.joined()
    }

    private static func field(_ cell: Cell) -> String {
        switch cell {
        case .none: ""
        case .text(let text): CSV.text(text)
        case .count(let count): String(count)
        case .number(let number): plain(number)
        }
    }

    /// At most six decimals, and none where they are zero.
    static func plain(_ number: Double) -> String {
        var text = String(format: "%.6f", number)
        while text.hasSuffix("0") { text.removeLast() }
        if text.hasSuffix(".") { text.removeLast() }
        return text
    }

    var table: String {
        var table = TextTable(
            [
                "Interval", "Queue or team", "Offered", "Answered", "Abandoned", "Flow-out", "Lost", "SL", "Wait",
                "Handled", "Talk",
                "Logged in", "Notes",
            ])
        let switches = Set(rows.map(\.switch)).count
        for line in rows {
            let sum = line.sum
            let cohort = sum.cohort
            let level = cohort?.serviceLevel
            let name =
                (switches > 1 ? "\(line.switch) " : "")
                + (sum.kind == .team && sum.name.isEmpty ? "(no team)" : sum.name)
            table.add([
                zone.label(line.interval.lowerBound), shown(name), Self.words(cohort?.offered),
                Self.words(cohort?.answered),
                Self.words(cohort?.abandoned), Self.words(cohort?.flowOut.total), Self.words(cohort?.lost),
                Self.percent(level?.numerator, level?.denominator),
                Self.seconds(cohort.map { ($0.waitAnswered, $0.waitedAnswered) }),
                Self.words(sum.legs.handled), Self.whole(sum.legs.talk), sum.time.map { Self.whole($0.loggedIn) } ?? "",
                notes(line),
            ])
        }
        return table.text
    }

    private func notes(_ line: Line) -> String {
        var notes: [String] = []
        if line.isProvisional { notes.append("provisional") }
        if line.sum.openVisits > 0 { notes.append("\(line.sum.openVisits) waiting") }
        if line.sum.gapMicroseconds > 0 {
            notes.append("not heard for \(Self.whole(Span(microseconds: line.sum.gapMicroseconds)))")
        }
        if line.quarters < line.expected { notes.append("\(line.quarters) of \(line.expected) quarters") }
        return notes.joined(separator: ", ")
    }

    private static func words(_ count: Int?) -> String { count.map(String.init) ?? "" }

    /// Rounded half away from zero to one decimal, for printing only; empty where there is no denominator.
    private static func percent(_ numerator: Int?, _ denominator: Int?) -> String {
        guard let numerator, let denominator else { return "" }
        return FigureText.share(denominator > 0 ? Double(numerator) / Double(denominator) : nil)
    }

    private static func seconds(_ mean: (sum: Span, count: Int)?) -> String {
        guard let mean else { return "" }
        guard mean.count > 0 else { return FigureText.unknown }
        return FigureText.duration(mean.sum.seconds / Double(mean.count))
    }

    private static func whole(_ span: Span) -> String { FigureText.duration(span.seconds) }
}

/// RFC 4180, without anything that a spreadsheet would compute.
enum CSV {
    /// A spreadsheet takes a text that begins with `= + - @` (or a tab or line end) for a formula: an apostrophe
    /// makes it a text (OWASP, “CSV Injection”).
    static func text(_ text: String) -> String {
        let safe =
            text.unicodeScalars.first.map { "=+-@\t\r\n".unicodeScalars.contains($0) } ?? false ? "'" + text : text
        guard safe.unicodeScalars.contains(where: { "\",\r\n".unicodeScalars.contains($0) }) else { return safe }
        return "\"" + safe.replacing("\"", with: "\"\"") + "\""
    }
}
