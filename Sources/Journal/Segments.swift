import Glibc

/// The segments of a folder, oldest first.
struct Segments {
    private(set) var numbers: [Int64]
    let folder: String

    init(folder: String) throws(JournalError) {
        self.folder = folder
        guard let stream = opendir(folder) else { throw .cannotOpenFolder(path: folder, code: errno) }
        defer { closedir(stream) }
        numbers = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
            if let number = Self.number(ofName: name) { numbers.append(number) }
        }
        numbers.sort()
    }

    func path(of number: Int64) -> String { "\(folder)/\(Self.name(number))" }

    mutating func add(_ number: Int64) { numbers.append(number) }
    mutating func removeLast() { numbers.removeLast() }

    /// Deletes the oldest until `count` are left. One that cannot be deleted is passed over: it is tried again by the next start.
    mutating func keep(newest count: Int) {
        while numbers.count > count { unlink(path(of: numbers.removeFirst())) }
    }

    /// 16 digits, so that the shell's order is the order of time until the year 2286.
    private static func name(_ number: Int64) -> String {
        let digits = String(number)
        return "journal-\(String(repeating: "0", count: max(0, 16 - digits.count)))\(digits).zst"
    }

    private static func number(ofName name: String) -> Int64? {
        guard name.hasPrefix("journal-"), name.hasSuffix(".zst"), let number = Int64(name.dropFirst(8).dropLast(4)), number >= 0,
            name == Self.name(number)
        else { return nil }
        return number
    }
}
