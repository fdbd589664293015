import Glibc

/// Commands run as root beside a service that has a user of its own: a file that root makes there would lock out that
/// user for good. Where giving it away fails, the file stays root's, and the service's next start says so.
enum Ownership {
    /// Gives what this process has just made to whom `place` belongs, if this process is root's.
    static func give(_ file: Int32, toOwnerOf place: String) {
        var status = stat()
        guard geteuid() == 0, stat(place, &status) == 0 else { return }
        _ = fchown(file, status.st_uid, status.st_gid)
    }

    /// A new file belongs to whom its folder belongs.
    static func give(_ file: Int32, toOwnerOfFolderOf path: String) { give(file, toOwnerOf: folder(of: path)) }

    static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}
