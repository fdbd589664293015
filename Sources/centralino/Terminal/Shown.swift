/// Makes text from outside safe for a terminal: what would steer it, change the direction of text or be invisible
/// becomes `�`. The result has at most `limit` characters.
func shown(_ text: String, limit: Int = ProgramLimits.shownLine) -> String {
    let safe = text.unicodeScalars.prefix(limit * 8).map { scalar -> Character in
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: "\u{FFFD}"
        default: Character(scalar)
        }
    }
    // Scalars are joined again, so that a combining accent stays with its letter.
    let joined = safe.reduce(into: "") { $0.unicodeScalars.append(contentsOf: $1.unicodeScalars) }
    return fitted(joined, limit)
}

/// Truncated to `width` characters, the last of which is then an ellipsis.
func fitted(_ text: String, _ width: Int) -> String {
    text.count <= width ? text : String(text.prefix(max(0, width - 1))) + "…"
}
