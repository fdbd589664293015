/// Finds the known word that somebody probably meant: a key, a choice or a command.
enum WordMeant {
    /// Days and months by their first three letters (`lunedì`), truth values by the whole word.
    private static let italian = [
        "lun": "mon", "mar": "tue", "mer": "wed", "gio": "thu", "ven": "fri", "sab": "sat", "dom": "sun",
        "gen": "jan", "mag": "may", "giu": "jun", "lug": "jul", "ago": "aug", "set": "sep", "ott": "oct", "dic": "dec",
        "sì": "true", "si": "true", "vero": "true", "yes": "true", "on": "true", "no": "false", "falso": "false",
        "off": "false",
        "italia": "italy", "nessuna": "none", "nessuno": "none",
    ]

    /// The word that was meant: it differs only by case, is the translation of an Italian one, or is at most two
    /// letters away.
    static func nearest(to word: String, in known: some Sequence<String>) -> String? {
        let word = word.lowercased()
        let known = known.sorted()
        if let same = known.first(where: { $0.lowercased() == word }) { return same }
        if let english = italian[word] ?? italian[String(word.prefix(3))], known.contains(english) { return english }
        let near = known.min { distance($0.lowercased(), word) < distance($1.lowercased(), word) }
        // A word of three letters cannot be recognised when two of them differ.
        return near.flatMap { distance($0.lowercased(), word) <= min(2, word.count / 2) ? $0 : nil }
    }

    /// Levenshtein's distance: how many letters to change, insert or delete.
    private static func distance(_ left: String, _ right: String) -> Int {
        let left = Array(left)
        let right = Array(right)
        var row = Array(0...right.count)
        for (i, character) in left.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, other) in right.enumerated() {
                let substituted = diagonal + (character == other ? 0 : 1)
                diagonal = row[j + 1]
                row[j + 1] = min(substituted, row[j] + 1, row[j + 1] + 1)
            }
        }
        return row[right.count]
    }
}
