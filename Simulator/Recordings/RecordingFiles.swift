import Foundation

extension Recording {
    /// The recordings in `paths`, as paths for ``load(_:)``: each folder is searched for folders with an `ami.jsonl`
    /// and for raw captures (`*.ami`); a file that is named is taken as it is. Sorted by path, each once.
    public static func find(paths: [String]) throws(RecordingError) -> [String] {
        var found: Set<String> = []
        for path in paths {
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
                throw .cannotRead(path: path, reason: "no such file or folder")
            }
            let clean = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
            if isFolder.boolValue {
                var budget = RecordingLimits.entriesSearched
                try RecordingFiles.search(clean, depth: 0, &budget, &found)
            } else {
                found.insert(clean)
            }
        }
        guard !found.isEmpty else { throw .nothingFound(paths: paths) }
        return found.sorted()
    }

    /// The recordings that a playlist names, in its order, with repetitions: a path a line, relative to the
    /// playlist's own folder. Empty lines and lines that begin with `#` are skipped.
    public static func find(playlist: String) throws(RecordingError) -> [String] {
        let folder = playlist.lastIndex(of: "/").map { String(playlist[...$0]) } ?? ""
        var paths: [String] = []
        let lines = String(decoding: try CompressedFile.read(playlist), as: UTF8.self).split(
            separator: "\n", omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() {
            let entry = line.trimmingCharacters(in: .whitespaces)
            guard !entry.isEmpty, !entry.hasPrefix("#") else { continue }
            let path = entry.hasPrefix("/") ? entry : folder + entry
            guard FileManager.default.fileExists(atPath: path) else {
                throw .badPlaylist(path: playlist, line: index + 1, entry: entry)
            }
            paths.append(path)
        }
        guard !paths.isEmpty else { throw .nothingFound(paths: [playlist]) }
        return paths
    }

    /// What the phones noted of their calls, as `ua.jsonl` has it; nil if the recording does not hold it.
    public static func phoneNotes(in folder: String) throws(RecordingError) -> [UInt8]? {
        guard let path = RecordingFiles.stream("ua", in: folder) else { return nil }
        return try CompressedFile.read(path)
    }
}

/// The names of a recording's files.
enum RecordingFiles {
    /// `ami.jsonl` or `ami.jsonl.gz`, whichever exists.
    static func stream(_ name: String, in folder: String) -> String? {
        ["jsonl", "jsonl.gz"].map { "\(folder)/\(name).\($0)" }.first { FileManager.default.fileExists(atPath: $0) }
    }

    /// Connections beside `ami` and `ctl`. `ami-all` is the same time with all classes, `ua` is what the telephones
    /// did: neither is a further connection of a client like ours.
    static func otherStreams(in folder: String) throws(RecordingError) -> [String] {
        let known: Set = ["ami", "ctl", "ami-all", "ua"]
        let names = try contents(of: folder).filter { $0.hasSuffix(".jsonl") || $0.hasSuffix(".jsonl.gz") }.map(stem)
        return Set(names).subtracting(known).sorted()
    }

    static func search(_ folder: String, depth: Int, _ budget: inout Int, _ found: inout Set<String>)
        throws(RecordingError)
    {
        if stream("ami", in: folder) != nil {
            found.insert(folder)
            return
        }
        // A link to a parent folder would never end.
        guard depth < RecordingLimits.folderDepth else { return }
        for name in try contents(of: folder) where !name.hasPrefix(".") {
            budget -= 1
            guard budget > 0 else { throw .tooMany(limit: RecordingLimits.entriesSearched) }
            let path = folder + "/" + name
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else { continue }
            if isFolder.boolValue {
                try search(path, depth: depth + 1, &budget, &found)
            } else if name.hasSuffix(".ami") || name.hasSuffix(".ami.gz") {
                found.insert(path)
            }
        }
    }

    static func lastComponent(_ path: String) -> String {
        path.split(separator: "/").last.map(String.init) ?? path
    }

    /// The file's name without `.gz` and its extension.
    static func stem(_ path: String) -> String {
        var name = lastComponent(path)[...]
        if name.hasSuffix(".gz") { name = name.dropLast(3) }
        if let dot = name.lastIndex(of: "."), dot > name.startIndex { name = name[..<dot] }
        return String(name)
    }

    private static func contents(of folder: String) throws(RecordingError) -> [String] {
        do {
            return try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
        } catch {
            throw .cannotRead(path: folder, reason: "the folder cannot be listed")
        }
    }
}

enum RecordingLimits {
    /// The largest of our recordings has 18 MB unpacked; a small .gz can unpack to anything.
    static let fileBytes = 256 * 1024 * 1024
    static let folderDepth = 8
    static let entriesSearched = 100_000
}
