import Glibc

extension Journal {
    /// A file beside a segment, e.g. a checkpoint: one zstd frame, deleted with its segment. It is never evidence.
    public struct Sidecar: Equatable, Sendable {
        /// Bytes. A checkpoint of a large site has some hundred megabytes; a larger file was not written by this
        /// program.
        public static let longest = 4 * 1024 * 1024 * 1024

        /// The number of the segment.
        public var segment: Int64
        /// `checkpoint.zst` in `journal-0001764036000000.checkpoint.zst`.
        public var what: String
        public var folder: String

        public init(segment: Int64, what: String, folder: String) {
            self.segment = segment
            self.what = what
            self.folder = folder
        }

        public var path: String { String(Segments.path(of: segment, in: folder).dropLast(3)) + what }

        /// The files of this kind in a folder whose segment still exists, the oldest first.
        public static func all(_ what: String, in folder: String) throws(JournalError) -> [Sidecar] {
            let segments = try Segments(folder: folder)
            let known = Set(segments.list.map(\.number))
            return segments.besides.filter { known.contains($0.number) }.compactMap { number, name in
                let sidecar = Sidecar(segment: number, what: what, folder: folder)
                return "\(folder)/\(name)" == sidecar.path ? sidecar : nil
            }
        }

        public func delete() { unlink(path) }
    }

    /// The total size of a folder's segments, from one of them on.
    public static func bytes(in folder: String, from first: Int64 = .min) throws(JournalError) -> Int {
        try Segments(folder: folder, sized: true).list.filter { $0.number >= first }.reduce(0) { $0 + $1.bytes }
    }
}
