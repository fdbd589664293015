import Foundation
import Recordings

/// Recordings that are not in the repository: the folders that `CENTRALINO_TRACES` names, separated by colons. Only a
/// part of the recordings is committed; with the others, the same tests run over them:
///
///     CENTRALINO_TRACES=/path/to/traces swift test --skip-build --filter PhoneTruthTests
///
/// A recording of the same version and name as a committed one is taken once, from the repository.
enum OutsideTraces {
    static let variable = "CENTRALINO_TRACES"

    /// The folders of the variable; none if it is not set.
    static var folders: [String] {
        (ProcessInfo.processInfo.environment[variable] ?? "").split(separator: ":").map(String.init).filter {
            !$0.isEmpty
        }
    }

    /// Each outside recording. A named folder that cannot be read fails the test: nobody should believe that it was
    /// tested.
    static func all() throws -> [Trace] {
        folders.isEmpty ? [] : try Recording.find(paths: folders).map { try Trace($0) }
    }
}

extension Trace {
    /// The committed recordings, and the outside ones that are available, by name.
    static func everywhere() throws -> [Trace] {
        let committed = try all()
        let names = Set(committed.map(\.name))
        return committed + (try OutsideTraces.all()).filter { !names.contains($0.name) }
    }

    /// The folder it was read from.
    var path: String { recording.path }

    var isCommitted: Bool { path.hasPrefix(Self.folder) }
}
