/// Text from outside as it may go to a terminal: what would steer the terminal, turn the direction of text or be invisible becomes `�`, and no
/// more than `limit` characters.
func shown(_ text: String, limit: Int = ProgramLimits.shownLine) -> String {
    let safe = text.unicodeScalars.prefix(limit * 8).map { scalar -> Character in
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: "\u{FFFD}"
        default: Character(scalar)
        }
    }
    // Scalars are joined again, so that an accent that is a scalar of its own stays with its letter.
    let joined = safe.reduce(into: "") { $0.unicodeScalars.append(contentsOf: $1.unicodeScalars) }
    return fitted(joined, limit)
}

/// Cut to `width` characters, the last of which says so.
func fitted(_ text: String, _ width: Int) -> String {
    text.count <= width ? text : String(text.prefix(max(0, width - 1))) + "…"
}
