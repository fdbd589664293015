/// The rules of the Italian plan (AGCOM delibera 8/15/CIR and later) beyond libphonenumber's tables. Those tables are
/// as old as the package that contains them. A range assigned since then must still be shown and found, only with less
/// confidence.
enum ItalianPlan {
    /// Short codes that appear as callers: three digits (emergency, operators, AGCOM 21/26/CIR), 12xx and 15xx, 116xxx,
    /// 4xxxx.
    static func isShort(_ digits: String) -> Bool {
        switch digits.utf8.count {
        case 3: true
        case 4: digits.hasPrefix("12") || digits.hasPrefix("15")
        case 5: digits.hasPrefix("4")
        case 6: digits.hasPrefix("116")
        default: false
        }
    }

    /// The kind of a national number by its form alone; nil if no range has this form.
    static func kind(ofNational digits: String) -> NormalisedNumber.Kind? {
        ranges.first { range in
            range.lengths.contains(digits.utf8.count) && range.prefixes.contains { digits.hasPrefix($0) }
        }?.kind
    }

    private struct Range {
        var prefixes: [String]
        var lengths: ClosedRange<Int>
        var kind: NormalisedNumber.Kind
    }

    /// The narrow ranges come first: 0843 would also match a fixed number.
    private static let ranges = [
        Range(prefixes: ["0843", "0844"], lengths: 6...12, kind: .other),
        Range(prefixes: ["0878"], lengths: 6...12, kind: .premium),
        Range(prefixes: ["0"], lengths: 6...12, kind: .fixed),
        Range(prefixes: (32...39).map(String.init), lengths: 9...10, kind: .mobile),
        Range(prefixes: ["31", "43"], lengths: 10...10, kind: .mobile),
        Range(prefixes: (32...38).map(String.init), lengths: 11...12, kind: .other),
        Range(prefixes: ["800"], lengths: 9...9, kind: .freephone),
        Range(prefixes: ["803"], lengths: 6...6, kind: .freephone),
        Range(prefixes: ["840", "848"], lengths: 9...9, kind: .sharedCost),
        Range(prefixes: ["841", "847"], lengths: 6...6, kind: .sharedCost),
        Range(prefixes: ["892"], lengths: 6...6, kind: .premium),
        Range(prefixes: ["893", "894", "895", "899", "144", "163", "164", "166"], lengths: 6...10, kind: .premium),
        Range(prefixes: ["178"], lengths: 10...10, kind: .personal),
        Range(prefixes: ["199"], lengths: 9...9, kind: .personal),
        Range(prefixes: ["55"], lengths: 10...10, kind: .voip),
        Range(prefixes: ["70"], lengths: 6...12, kind: .other),
    ]
}
