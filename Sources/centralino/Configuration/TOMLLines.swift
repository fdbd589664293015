import Foundation
/// The line of each key in a TOML text, for messages. TOMLKit checks the syntax and gives the values, but not their
/// places.
struct TOMLLines {
    private var lines: [String: Int] = [:]

    /// Paths are written as `switches.0.port`: arrays of tables are numbered. Dotted and quoted keys are taken as
    /// written.
    init(_ text: String) {
        var prefix = ""
        var counts: [String: Int] = [:]
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let content = line.trimmed
            if content.hasPrefix("[["), let end = content.range(of: "]]") {
                let name = Self.path(
                    content[content.index(content.startIndex, offsetBy: 2)..<end.lowerBound].trimmed, counts)
                let number = counts[name, default: -1] + 1
                counts[name] = number
                prefix = "\(name).\(number)."
                lines["\(name).\(number)"] = index + 1
                if lines[name] == nil { lines[name] = index + 1 }
            } else if content.hasPrefix("["), let end = content.firstIndex(of: "]") {
                let name = Self.path(content[content.index(after: content.startIndex)..<end].trimmed, counts)
                prefix = name + "."
                lines[name] = index + 1
            } else if !content.hasPrefix("#"), let equals = content.firstIndex(of: "=") {
                let key = content[..<equals].trimmed.filter { $0 != "\"" }
                if lines[prefix + key] == nil { lines[prefix + key] = index + 1 }
            }
        }
    }

    /// The line of a key, or of the nearest table around it; 1 where there is none.
    func line(of path: String) -> Int {
        var path = path[...]
        while !path.isEmpty {
            if let line = lines[String(path)] { return line }
            guard let dot = path.lastIndex(of: ".") else { break }
            path = path[..<dot]
        }
        return 1
    }

    /// A table inside an array of tables belongs to the last of them: `[switches.queue_status]` is
    /// `switches.0.queue_status`.
    private static func path(_ name: String, _ counts: [String: Int]) -> String {
        guard let dot = name.firstIndex(of: "."), let number = counts[String(name[..<dot])] else { return name }
        return "\(name[..<dot]).\(number)\(name[dot...])"
    }
}

extension StringProtocol {
    fileprivate var trimmed: String {
        var text = self[...]
        while let first = text.first, first == " " || first == "\t" { text = text.dropFirst() }
        while let last = text.last, last == " " || last == "\t" || last == "\r" { text = text.dropLast() }
        return String(text)
    }
}
