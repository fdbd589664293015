import Foundation
import Journal
import Store
import TLS
import Time

/// Whether bytes name a person: by one of the number's forms, as a whole run of digits, or by a party's key in quotes.
struct PersonMatcher {
    /// The shortest forms: they are a part of the others.
    private let shortest: [[UInt8]]
    private let forms: Set<[UInt8]>
    private let keys: [[UInt8]]

    init(_ subject: PersonSubject) {
        forms = Set(subject.digits.map { Array($0.utf8) })
        shortest = subject.digits.filter { form in
            !subject.digits.contains { $0 != form && form.hasSuffix($0) }
        }.sorted().map { Array($0.utf8) }
        keys = subject.partyKeys.sorted().map { Array("\"\($0)\"".utf8) }
    }

    /// Bytes of one part that the search of the next must see again.
    var overlap: Int { 1 + max(forms.map(\.count).max() ?? 0, keys.map(\.count).max() ?? 0) }

    func isNamed(in bytes: [UInt8]) -> Bool {
        bytes.withUnsafeBytes { bytes in
            keys.contains { Self.find($0, in: bytes, from: 0) != nil } || shortest.contains { isNumber($0, in: bytes) }
        }
    }

    private func isNumber(_ form: [UInt8], in bytes: UnsafeRawBufferPointer) -> Bool {
        func isDigit(_ index: Int) -> Bool { bytes.indices.contains(index) && (48...57).contains(bytes[index]) }
        var from = 0
        while let found = Self.find(form, in: bytes, from: from) {
            var (begin, end) = (found, found + form.count)
            while isDigit(begin - 1), found - begin <= ProgramLimits.digitsBeforeNumber { begin -= 1 }
            if isDigit(end) { end += 1 }
            if forms.contains(Array(bytes[begin..<end])) { return true }
            from = found + 1
        }
        return false
    }

    private static func find(_ text: [UInt8], in bytes: UnsafeRawBufferPointer, from: Int) -> Int? {
        guard let base = bytes.baseAddress, let first = text.first else { return nil }
        var start = from
        while start + text.count <= bytes.count {
            guard let found = memchr(base + start, Int32(first), bytes.count - text.count + 1 - start) else {
                return nil
            }
            if memcmp(found, text, text.count) == 0 { return UnsafeRawPointer(found) - base }
            start = UnsafeRawPointer(found) - base + 1
        }
        return nil
    }
}

/// Where a journal and its checkpoints name a person, and when that ends by itself.
struct PersonTrace {
    struct Segment: Equatable {
        var path: String
        /// Entries that name the person.
        var entries: Int
        /// Of its last entry, whoever that names.
        var last: UnixTime
    }

    private(set) var segments: [Segment] = []
    private(set) var checkpoints: [String] = []
    /// What could not be searched.
    private(set) var unreadable: [String] = []

    init() {}

    /// Reads the whole journal.
    init(of subject: PersonSubject, journal folder: String) throws(JournalError) {
        let matcher = PersonMatcher(subject)
        var bar = Backup.Progress("Searching the journal", total: try Journal.bytes(in: folder))
        defer { bar.finish() }
        let reader = try Journal.Reader(folder, sha256: OpenSSL.sha256)
        var open: (number: Int64, segment: Segment)?
        var bytes = 0
        func close() { if let open, open.segment.entries > 0 { segments.append(open.segment) } }
        while true {
            let entry: Journal.Entry?
            do throws(JournalError) { entry = try reader.next() } catch {
                unreadable.append("\(error)")
                continue
            }
            guard let entry, let number = reader.segment else { break }
            if open?.number != number {
                close()
                let path = Journal.Sidecar(segment: number, what: "zst", folder: folder).path
                open = (number, Segment(path: path, entries: 0, last: UnixTime(microseconds: entry.date)))
                bar.add(reader.bytes - bytes)
                bytes = reader.bytes
            }
            open?.segment.last = UnixTime(microseconds: entry.date)
            if matcher.isNamed(in: entry.bytes) { open?.segment.entries += 1 }
        }
        close()
        unreadable += reader.damages.filter { $0.fault == .corrupt }.map { "\($0)" }
        for beside in try Journal.Sidecar.all(Checkpoint.what, in: folder) {
            do throws(JournalError) {
                if try Self.isNamed(matcher, in: beside) { checkpoints.append(beside.path) }
            } catch { unreadable.append("\(error)") }
        }
    }

    private static func isNamed(_ matcher: PersonMatcher, in beside: Journal.Sidecar) throws(JournalError) -> Bool {
        let reader = try Journal.SidecarReader(beside)
        var bytes: [UInt8] = []
        while let part = try reader.readPart() {
            bytes = bytes.suffix(matcher.overlap) + part
            if matcher.isNamed(in: bytes) { return true }
        }
        return false
    }

    var entries: Int { segments.reduce(0) { $0 + $1.entries } }

    /// When the last of the segments is too old for `keep_days`; nil: nothing is found, or nothing is deleted for its
    /// age. A checkpoint goes with its segment, or before.
    func end(keepDays: Int) -> UnixTime? {
        segments.map(\.last).max().map { $0 + .seconds(Int64(keepDays) * 86_400) }
    }
}
