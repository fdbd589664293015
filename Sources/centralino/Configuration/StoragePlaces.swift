import Glibc
import Store

/// Whether this user's gateway could keep its store and its journal where the configuration says. Nothing is written.
struct StoragePlaces {
    /// access(2), replaced in tests: root may do everything.
    var mayAccess: (_ path: String, _ mode: Int32) -> Bool = { access($0, $1) == 0 }

    func faults(of configuration: ProgramConfiguration) -> [ConfigurationReader.Fault] {
        let store = configuration.storePath.flatMap(faultOfStore).map {
            ConfigurationReader.Fault(line: configuration.storeLine, text: $0)
        }
        let journal = configuration.journalDirectory.flatMap(faultOfJournal).map {
            ConfigurationReader.Fault(line: configuration.journalLine, text: $0)
        }
        return [store, journal].compactMap { $0 }.sorted { $0.line < $1.line }
    }

    private func faultOfStore(_ path: String) -> String? {
        if let fault = faultOfFolder(Self.folder(of: path), "of the store “\(path)”") { return fault }
        guard let status = Self.status(path) else { return faultOfSidecars(path) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            return
                "the store “\(path)” is not a file: give [store] path the name of a file in that place, or of another."
        }
        guard mayAccess(path, R_OK | W_OK) else { return notMine("the store “\(path)”", path) }
        // A start sets the mode, which only the owner may do.
        guard status.st_uid == geteuid() || geteuid() == 0 else {
            return
                "the store “\(path)” is another user's, and a start sets its mode: give it to this user (chown \(geteuid()) '\(path)')."
        }
        return faultOfSidecars(path)
    }

    /// The files beside a store: SQLite's two, and the locks.
    private func faultOfSidecars(_ store: String) -> String? {
        let path = Store.sidecars.map { store + $0 }.first {
            Self.status($0) != nil && !mayAccess($0, R_OK | W_OK)
        }
        return path.map { notMine("“\($0)”, a file of the store “\(store)”,", $0) }
    }

    private func faultOfJournal(_ path: String) -> String? {
        // A start creates only the last folder of the path.
        guard Self.status(path) != nil else {
            return faultOfFolder(Self.folder(of: path), "for the journal's folder “\(path)”")
        }
        if let fault = faultOfFolder(path, "of the journal") { return fault }
        guard mayAccess(path, R_OK) else { return notMine("the folder “\(path)” of the journal", path) }
        let files = Self.names(in: path).filter { $0.hasPrefix("journal-") }.sorted().map { "\(path)/\($0)" }
        return files.first { !mayAccess($0, R_OK) }.map { notMine("“\($0)”, a file of the journal,", $0) }
    }

    private func faultOfFolder(_ folder: String, _ whose: String) -> String? {
        guard let status = Self.status(folder) else {
            return
                "the folder “\(folder)” \(whose) does not exist, or this user may not look into the one above: make it, or correct the path."
        }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            return "“\(folder)” should be the folder \(whose), and is a file: move it away, or correct the path."
        }
        guard mayAccess(folder, W_OK | X_OK) else { return notMine("the folder “\(folder)” \(whose)", folder) }
        return nil
    }

    private func notMine(_ what: String, _ path: String) -> String {
        "\(what) cannot be read and written by this user (\(geteuid())): run the check as the service's user, or give the file to it (chown \(geteuid()) '\(path)')."
    }

    private static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    private static func status(_ path: String) -> stat? {
        var status = stat()
        return stat(path, &status) == 0 ? status : nil
    }

    private static func names(in folder: String) -> [String] {
        guard let stream = opendir(folder) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            names.append(
                withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) })
        }
        return names
    }
}
