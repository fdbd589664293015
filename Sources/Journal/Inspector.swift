import Glibc

/// Identifies the file that a name refers to.
public struct FileIdentity: Hashable, Sendable {
    var device: dev_t
    var inode: ino_t

    public init?(path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        self.init(status)
    }

    init?(descriptor: Int32) {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return nil }
        self.init(status)
    }

    private init(_ status: stat) {
        device = status.st_dev
        inode = status.st_ino
    }
}

extension Journal {
    /// Checks from time to time whether the journal is still where it was written. It lists a folder, so it must not
    /// run on the loop.
    ///
    /// Edits within a file are not noticed here: the chain shows them (``Reader``).
    public struct Inspector: Sendable {
        public enum Loss: Equatable, Sendable {
            /// The folder does not exist, or is not the one that the gateway locked.
            case folder(path: String)
            /// The current segment was deleted, moved or replaced: what is written to it is lost when the program
            /// ends.
            case current(path: String)
            /// Finished segments were deleted, moved or replaced: evidence is missing.
            case segments(paths: [String])
            /// The newest checkpoint does not exist, or is another file: a start takes longer.
            case checkpoint(path: String)
        }

        /// What the writer reports about itself.
        public struct Expectation: Sendable {
            public var folder: FileIdentity?
            public var current: (number: Int64, file: FileIdentity)?
            /// The rules deleted the segments before this one.
            public var retiredBefore: Int64
            public var checkpoint: (path: String, file: FileIdentity)?
            /// The writer deleted these segments since the last look: they had nothing.
            public var abandoned: [Int64]

            public init(
                folder: FileIdentity?, current: (number: Int64, file: FileIdentity)?, retiredBefore: Int64,
                checkpoint: (path: String, file: FileIdentity)?, abandoned: [Int64] = []
            ) {
                self.abandoned = abandoned
                self.folder = folder
                self.current = current
                self.retiredBefore = retiredBefore
                self.checkpoint = checkpoint
            }
        }

        public let folder: String
        private var known: [Int64: FileIdentity] = [:]
        /// Segments that were missing at the last look. The rules may have deleted one a moment before it, and will
        /// have said so by the next look.
        private var missing: Set<Int64> = []

        public init(folder: String) { self.folder = folder }

        /// Returns each loss once, except that of the folder.
        public mutating func look(_ expected: Expectation) -> [Loss] {
            for number in expected.abandoned { known[number] = nil }
            guard FileIdentity(path: folder) == expected.folder, let segments = try? Segments(folder: folder) else {
                return [.folder(path: folder)]
            }
            var losses: [Loss] = []
            if let (number, file) = expected.current {
                let path = Segments.path(of: number, in: folder)
                known[number] = FileIdentity(path: path) == file ? file : nil
                if known[number] == nil { losses.append(.current(path: path)) }
            }
            known = known.filter { $0.key >= expected.retiredBefore }
            var there: [Int64: FileIdentity] = [:]
            for segment in segments.list {
                there[segment.number] = FileIdentity(path: Segments.path(of: segment.number, in: folder))
            }
            let gone = Set(known.filter { there[$0.key] != $0.value }.keys)
            let sure = gone.intersection(missing).sorted()
            if !sure.isEmpty { losses.append(.segments(paths: sure.map { Segments.path(of: $0, in: folder) })) }
            for number in sure { known[number] = nil }
            missing = gone.subtracting(sure)
            // A file of the current segment's name that is not the writer's own is not taken for a segment of this
            // run.
            let foreign =
                losses.contains { if case .current = $0 { true } else { false } } ? expected.current?.number : nil
            for (number, file) in there where known[number] == nil && number != foreign && !sure.contains(number) {
                known[number] = file
            }
            if let (path, file) = expected.checkpoint, FileIdentity(path: path) != file {
                losses.append(.checkpoint(path: path))
            }
            return losses
        }
    }
}
