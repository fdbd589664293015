/// Undoes C escapes. Caller names, connected-line names and variable values arrive escaped once (`ast_escape_c`);
/// numbers, `MemberName`, `Queue` and UserEvent bodies are not escaped. `domain.md` §1.1.
public func unescaped(_ text: String) -> String {
    var text = text
    let backslash = text.withUTF8 { firstIndex(of: UInt8(ascii: "\\"), in: $0, from: 0, to: $0.count) }
    guard backslash != nil else { return text }
    var result = ""
    var characters = text.unicodeScalars.makeIterator()
    while let scalar = characters.next() {
        guard scalar == "\\" else {
            result.unicodeScalars.append(scalar)
            continue
        }
        switch characters.next() {
        case "n": result.append("\n")
        case "r": result.append("\r")
        case "t": result.append("\t")
        case "a": result.append("\u{07}")
        case "b": result.append("\u{08}")
        case "f": result.append("\u{0C}")
        case "v": result.append("\u{0B}")
        case let other?: result.unicodeScalars.append(other)  // \\ \" \' \?
        case nil: result.append("\\")
        }
    }
    return result
}
