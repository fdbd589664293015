/// Which of the words that we know somebody meant, who wrote another: a key, a choice, a command.
enum WordMeant {
    /// Days and months by their first three letters (`lunedì`), truth by the whole word.
    private static let italian = [
        "lun": "mon", "mar": "tue", "mer": "wed", "gio": "thu", "ven": "fri", "sab": "sat", "dom": "sun",
        "gen": "jan", "mag": "may", "giu": "jun", "lug": "jul", "ago": "aug", "set": "sep", "ott": "oct", "dic": "dec",
        "sì": "true", "si": "true", "vero": "true", "yes": "true", "on": "true", "no": "false", "falso": "false", "off": "false",
        "italia": "italy", "nessuna": "none", "nessuno": "none",
    ]

    /// The word that was meant: the same but for case, its Italian name, or at most two letters away.
    static func nearest(to word: String, in known: some Sequence<String>) -> String? {
        let word = word.lowercased()
        let known = known.sorted()
        if let same = known.first(where: { $0.lowercased() == word }) { return same }
        if let english = italian[word] ?? italian[String(word.prefix(3))], known.contains(english) { return english }
        let near = known.min { distance($0.lowercased(), word) < distance($1.lowercased(), word) }
        // Of a word of three letters two are not enough to know it by.
        return near.flatMap { distance($0.lowercased(), word) <= min(2, word.count / 2) ? $0 : nil }
    }

    /// Levenshtein's: how many letters to change, add or take away.
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
