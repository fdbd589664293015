import Glibc

/// The segments of a folder, and the files beside each: `journal-<number>.<what>`, e.g. a checkpoint or a torn tail.
struct Segments {
    struct Segment {
        var number: Int64
        /// The size of the segment and of the files beside it; 0 unless sizes were requested.
        var bytes: Int
    }

    /// Oldest first.
    private(set) var list: [Segment] = []
    /// The names of files beside a segment, sorted.
    private(set) var besides: [(number: Int64, name: String)] = []
    let folder: String

    /// `sized`: with the sizes, which costs a look at each file.
    init(folder: String, sized: Bool = false) throws(JournalError) {
        self.folder = folder
        guard let stream = opendir(folder) else { throw .cannotOpenFolder(path: folder, code: errno) }
        defer { closedir(stream) }
        var sizes: [Int64: Int] = [:]
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard let number = Self.number(ofName: name) else { continue }
            if sized {
                var status = stat()
                if stat("\(folder)/\(name)", &status) == 0 { sizes[number, default: 0] += Int(status.st_size) }
            }
            if name == Self.name(number) {
                list.append(Segment(number: number, bytes: 0))
            } else {
                besides.append((number, name))
            }
        }
        for index in list.indices { list[index].bytes = sizes[list[index].number] ?? 0 }
        list.sort { $0.number < $1.number }
        besides.sort { ($0.number, $0.name) < ($1.number, $1.name) }
    }

    func stem(of number: Int64) -> String { "\(folder)/\(Self.stem(number))" }

    static func path(of number: Int64, in folder: String) -> String { "\(folder)/\(name(number))" }

    /// 16 digits, so that the shell sorts by time until the year 2286.
    private static func stem(_ number: Int64) -> String {
        let digits = String(number)
        return "journal-\(String(repeating: "0", count: max(0, 16 - digits.count)))\(digits)"
    }

    private static func name(_ number: Int64) -> String { stem(number) + ".zst" }

    private static func number(ofName name: String) -> Int64? {
        guard name.hasPrefix("journal-"), let dot = name.firstIndex(of: "."),
            let number = Int64(name[..<dot].dropFirst(8)), number >= 0,
            name[..<dot] == stem(number)
        else { return nil }
        return number
    }
}
