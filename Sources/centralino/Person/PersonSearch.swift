import Foundation
import Journal
import Numbering
import Store
import Time
import Wire

/// Who is meant by a number or a key, and what is kept of that person.
struct PersonSearch {
    enum Fault: Error, CustomStringConvertible {
        case notANumber(String, hint: String?)
        case noKey

        var description: String {
            switch self {
            case .notANumber(let text, let hint):
                "“\(shown(text, limit: ProgramLimits.shownName))” is not a telephone number that a caller could have.\(hint.map { " Is \($0) meant?" } ?? "") Write the whole number, with +39."
            case .noKey: "The key is empty."
            }
        }
    }

    private let store: Store
    private let path: String
    private let journal: String?
    private let keepDays: Int
    private let zone: TimeZoneRule
    let isOnHold: Bool
    let subject: PersonSubject
    /// Parties that have the number, and are not deleted with it.
    let spared: [StoredParty]
    let parties: [StoredParty]

    init(
        _ configuration: ProgramConfiguration, store path: String, for use: Store.Use, number: String?, party: String?
    ) throws {
        self.path = path
        store = try Store(path: path, for: use)
        if let conversion = store.conversion { Console.say("\(conversion)", .yellow) }
        journal = configuration.journalDirectory.flatMap { BackupFiles.isThere($0) ? $0 : nil }
        keepDays = configuration.journal.rules.keepDays
        zone = configuration.gateway.timeZone
        isOnHold = configuration.retention.isOnHold
        var numbers: Set<String> = []
        var keys: Set<String> = []
        var spared: [StoredParty] = []
        if let number {
            let read = PhoneNumbers().normalise(
                number, trunkRule: configuration.trunkRule, internalPlan: configuration.internalPlan)
            guard let e164 = read.e164, !read.isDoubtful else { throw Fault.notANumber(number, hint: read.hint) }
            numbers = Set([e164] + [read.alternative].compactMap { $0 })
            let found = try store.parties(of: PersonSubject(numbers: numbers))
            // A switchboard's number says nothing of whose the call was, and neither does one that several have.
            if Set(found.map(\.party.key)).count == 1,
                found.allSatisfy({ $0.party.kind == .person && !$0.party.isShared })
            {
                keys = Set(found.map(\.party.key))
            } else {
                spared = found
            }
        }
        if let party {
            guard !party.isEmpty else { throw Fault.noKey }
            keys = [party]
        }
        // The other numbers of a party that is nobody else's.
        for stored in try keys.isEmpty ? [] : store.parties(of: PersonSubject(partyKeys: keys))
        where !stored.party.isShared {
            for number in stored.numbers {
                let all = try store.parties(of: PersonSubject(numbers: [number]))
                if all.allSatisfy({ keys.contains($0.party.key) }) { numbers.insert(number) }
            }
        }
        self.spared = spared
        subject = PersonSubject(
            numbers: numbers, digits: Set(numbers.flatMap(Self.forms)), partyKeys: keys)
        parties = try store.parties(of: subject).filter { keys.contains($0.party.key) }
    }

    /// The digits by which networks and dial plans write a number: in the national form, with the country's code, and
    /// with the prefix of a call abroad.
    static func forms(of e164: String) -> [String] {
        let digits = String(e164.dropFirst())
        let national = digits.hasPrefix("39") ? [String(digits.dropFirst(2))] : []
        return national + [digits, "00" + digits]
    }

    // MARK: - what is found

    struct Found: Encodable {
        struct Party: Encodable {
            var key: String
            var name: String
            var isPublished: Bool
        }

        struct Trace: Encodable {
            var segments: Int
            var entries: Int
            var checkpoints: Int
            /// RFC 3339; nil: nothing is there.
            var until: String?
            var unreadable: [String]
        }

        var numbers: [String]
        var partyKeys: [String]
        var parties: [Party]
        /// Parties that have the number too, and stay.
        var spared: [Party]
        var records: Int
        var firstRecordAt: String?
        var lastRecordAt: String?
        var journal: Trace?
        /// Copies of the store that this program made beside it.
        var copies: [String]

        var lines: [String] {
            var lines = ["Number: \(numbers.isEmpty ? "none" : numbers.joined(separator: ", "))"]
            if parties.isEmpty { lines.append("Registry: no party") }
            for party in parties {
                lines.append(
                    "Registry: “\(shown(party.name))” (\(shown(party.key)))\(party.isPublished ? "" : ", of an edition that is not shown")"
                )
            }
            for party in spared {
                lines.append(
                    "Registry: “\(shown(party.name))” (\(shown(party.key))) has the number as well; only --party deletes it"
                )
            }
            let range = firstRecordAt.flatMap { first in lastRecordAt.map { ", from \(first) to \($0)" } } ?? ""
            lines.append("Contact records: \(records)\(range)")
            if let journal {
                lines.append(
                    "Journal: \(journal.entries) entries in \(journal.segments) segments, \(journal.checkpoints) checkpoints\(journal.until.map { "; deleted by \($0)" } ?? "")"
                )
                lines += journal.unreadable.map { "Journal, not searched: \($0)" }
            }
            lines += copies.map { "A copy of the store, not searched: \($0)" }
            return lines
        }
    }

    func found() throws -> Found {
        var records = 0
        var (first, last): (Int64?, Int64?) = (nil, nil)
        try store.records(of: subject) { rows in
            records += rows.count
            first = first ?? rows.first?.arrived
            last = rows.last?.arrived ?? last
        }
        let trace = try journal.map { folder throws(JournalError) in try PersonTrace(of: subject, journal: folder) }
        func entry(_ stored: StoredParty) -> Found.Party {
            Found.Party(key: stored.party.key, name: stored.party.name, isPublished: stored.isPublished)
        }
        return Found(
            numbers: subject.numbers.sorted(), partyKeys: subject.partyKeys.sorted(), parties: parties.map(entry),
            spared: spared.map(entry), records: records,
            firstRecordAt: first.map { "\(UnixTime(microseconds: $0))" },
            lastRecordAt: last.map { "\(UnixTime(microseconds: $0))" },
            journal: trace.map {
                Found.Trace(
                    segments: $0.segments.count, entries: $0.entries, checkpoints: $0.checkpoints.count,
                    until: $0.end(keepDays: keepDays).map { "\($0)" }, unreadable: $0.unreadable)
            }, copies: try copies())
    }

    /// `<store>.before-…` and `<store>.rescued-…`.
    private func copies() throws(BackupFiles.Fault) -> [String] {
        let folder = BackupFiles.folder(of: path)
        let name = (path as NSString).lastPathComponent
        return try BackupFiles.names(in: folder).filter {
            $0.hasPrefix("\(name).before-") || $0.hasPrefix("\(name).rescued-")
        }.map { "\(folder)/\($0)" }
    }

    // MARK: - handing out

    private struct ExportedParty: Encodable {
        var key: String
        var kind: String
        var name: String
        var town: String?
        var language: String?
        var note: String?
        var numbers: [String]
        var isPublished: Bool
    }

    /// Prints record by record: a person may have thousands.
    func export() throws {
        func json(_ value: some Encodable) -> String { String(decoding: JSON.encode(value), as: UTF8.self) }
        let all = parties.map {
            ExportedParty(
                key: $0.party.key, kind: $0.party.kind.rawValue, name: $0.party.name, town: $0.party.town,
                language: $0.party.language, note: $0.party.note, numbers: $0.numbers, isPublished: $0.isPublished)
        }
        Console.print(
            "{\"numbers\":\(json(subject.numbers.sorted())),\"partyKeys\":\(json(subject.partyKeys.sorted())),\"parties\":\(json(all)),\"records\":["
        )
        var isFirst = true
        try store.records(of: subject) { rows in
            for row in rows {
                Console.print((isFirst ? "" : ",") + Self.document(row))
                isFirst = false
            }
        }
        let trace = try journal.map { folder throws(JournalError) in try PersonTrace(of: subject, journal: folder) }
        let until = trace?.end(keepDays: keepDays).map { "\"\($0)\"" } ?? "null"
        Console.print("],\"journal\":{\"entries\":\(trace?.entries ?? 0),\"until\":\(until)}}")
    }

    /// The record, or where it is not JSON its text as a JSON string.
    private static func document(_ row: ContactRow) -> String {
        let bytes = Data(row.record.utf8)
        if (try? JSONSerialization.jsonObject(with: bytes)) is [String: Any] { return row.record }
        return String(decoding: JSON.encode(row.record), as: UTF8.self)
    }

    // MARK: - erasing

    struct Erased: Encodable {
        struct Remainder: Encodable {
            var what: String
            /// RFC 3339; nil: until somebody deletes it.
            var until: String?
        }

        var parties: Int
        var records: Int
        var remains: [Remainder]

        var lines: [String] {
            [
                "Erased: \(records) contact records have no number, no name and no party any more; \(parties) rows of the registry were deleted."
            ]
                + remains.map { "Remains: \($0.what)\($0.until.map { " It ends by itself by \($0)." } ?? "")" }
        }
    }

    /// A running gateway's memory of a call lasts for its day, which ends at midnight; the next one is begun by then.
    private static let daysOfMemory: Int64 = 2

    func erase(_ found: Found) throws -> Erased {
        let now = UnixTime(microseconds: Int64(Date().timeIntervalSince1970 * 1_000_000))
        let days = Int64(journal == nil ? 0 : keepDays) + Self.daysOfMemory
        let until = now + .seconds(days * 86_400)
        var bar = Backup.Progress("Erasing", total: max(1, found.records))
        let counts = try store.erase(subject, at: now.microseconds, until: until.microseconds) {
            bar.add($0.records)
        }
        bar.finish()
        return Erased(
            parties: counts.partyRows, records: counts.records, remains: remains(found, listedUntil: until, now))
    }

    private func remains(_ found: Found, listedUntil: UnixTime, _ now: UnixTime) -> [Erased.Remainder] {
        var list: [Erased.Remainder] = []
        if let journal = found.journal, journal.entries > 0 || journal.checkpoints > 0 {
            list.append(
                .init(
                    what:
                        "the journal has \(journal.entries) entries in \(journal.segments) segments, and \(journal.checkpoints) checkpoints. They are evidence, chained and not edited; [journal] keep_days deletes them.",
                    until: journal.until ?? "\(listedUntil)"))
        }
        for path in found.journal?.unreadable ?? [] { list.append(.init(what: "not searched: \(path)", until: nil)) }
        list.append(
            .init(
                what:
                    "a running gateway's memory (open calls, the agents' lists of today's calls). It stores no call from before now with the person.",
                until: "\(zone.day(containing: now).upperBound)"))
        list.append(
            .init(
                what:
                    "the store's list of erasures has the number or the key, so that neither memory nor journal brings the person back.",
                until: "\(listedUntil)"))
        for path in found.copies { list.append(.init(what: "the copy \(path). Delete it.", until: nil)) }
        for party in found.spared {
            list.append(
                .init(
                    what:
                        "the party \(shown(party.key)), which has the number as well: erase it with --party, if it is the same person's.",
                    until: nil))
        }
        list.append(
            .init(
                what:
                    "backups, what [[deliveries]] have received, and the registry's source: an import of a file that has the person brings the party back.",
                until: nil))
        return list
    }
}
