import GRDB
import Glibc

/// An older store's tables were brought to this version's, when it was opened.
public struct StoreConversion: Hashable, Sendable {
    /// The numbers of the newest change that it had, and that it has now.
    public var from: Int
    public var to: Int
    /// The store as it was before, in a file of its own.
    public var copy: String
    public var store: String
}

extension StoreConversion: CustomStringConvertible {
    public var description: String {
        """
        The store was converted from schema \(from) to \(to). What it was before is in \(copy). To go back: stop the \
        gateway, move \(store) with its -wal and -shm away, “cp -p \(copy) \(store)”, and start the earlier version; \
        what was stored since then is not in it. Delete the copy when you no longer need it: it holds numbers and names.
        """
    }
}

extension StoreConversion {
    /// What a store lacks for this version.
    struct Need {
        var from: Int
        var missing: [String]

        /// nil: nothing. A file without tables is a new store.
        init?(applied: Set<String>) {
            missing = Schema.migrator.migrations.filter { !applied.contains($0) }
            guard !applied.isEmpty, !missing.isEmpty else { return nil }
            from = applied.map(Self.number).max() ?? 0
        }

        var to: Int { max(from, missing.map(Self.number).max() ?? 0) }

        /// `4` of `4 editions of the registry`.
        private static func number(_ change: String) -> Int { Int(change.prefix { $0 != " " }) ?? 0 }
    }

    /// Copies the store, before the first of its tables is changed: `<store>.before-<schema>-<date>`.
    init(_ need: Need, of store: String) throws(StoreError) {
        let copy = "\(store).before-\(need.to)-\(Self.date())"
        try Store.copy(store, to: copy)
        self.init(from: need.from, to: need.to, copy: copy, store: store)
    }

    /// Now, in UTC, to the second.
    private static func date() -> String {
        var now = time(nil)
        var parts = tm()
        gmtime_r(&now, &parts)
        var text = [CChar](repeating: 0, count: 32)
        strftime(&text, text.count, "%Y%m%dT%H%M%SZ", &parts)
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
