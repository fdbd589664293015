import ArgumentParser
import Directory
import Foundation
import Numbering
import Store

struct Import: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Load the anagrafica from a CSV file.",
        discussion: """
            centralino import parties.csv --config centralino.toml
            centralino import parties.csv --config centralino.toml --keep-going

            Columns: \(PartyCSV.columnNames). All or nothing by default: one \
            bad line, and nothing is stored. It can be repeated: a known key is updated, not duplicated, and a column that the file lacks leaves the stored \
            values as they are. The gateway may run meanwhile.
            """)

    @Argument(help: "The CSV file, in UTF-8.") var file: String
    @Option(help: "The configuration file: it names the database.") var config = "centralino.toml"
    @Flag(help: "Store the good lines, and report the bad ones.") var keepGoing = false

    func run() throws {
        let configuration = try readConfiguration(config, consequence: "Nothing was imported.")
        guard let path = configuration.storePath else {
            throw misuse("The configuration names no database ([store] path).")
        }
        try orExit {
            let store = try Store(path: path, for: .tool)
            if let conversion = store.conversion { Console.say("\(conversion)", .yellow) }
            let parties = PartyImport(
                store: store, file: file, keepsGoing: keepGoing, trunkRule: configuration.trunkRule,
                internalPlan: configuration.internalPlan)
            do {
                show(try parties.run())
            } catch PartyImport.Failure.badLines(let count, let stored?) {
                show(stored)
                throw PartyImport.Failure.badLines(count, stored: stored)
            }
        }
    }

    private func show(_ counts: ImportCounts) {
        Console.print("\(counts.added) added, \(counts.updated) updated, \(counts.unchanged) unchanged.")
    }
}

/// Imports one file of parties into a store: reads, checks and normalises line by line, in bounded memory.
final class PartyImport {
    enum Failure: Error, CustomStringConvertible {
        case cannotRead(file: String, reason: String)
        /// The lines were reported as they came. Nothing was stored where `stored` is nil.
        case badLines(Int, stored: ImportCounts?)
        /// Not one line was good: leaving out the bad ones would leave nothing.
        case noGoodLines(Int)

        var description: String {
            switch self {
            case .cannotRead(let file, let reason): "\(file) cannot be read: \(reason)."
            case .badLines(let count, .some):
                "\(count == 1 ? "1 bad line or number was" : "\(count) bad lines or numbers were") left out; the others are stored."
            case .badLines(let count, nil):
                "\(count == 1 ? "1 bad line or number" : "\(count) bad lines or numbers"): nothing was stored. Correct the file, or take the good lines with --keep-going."
            case .noGoodLines(let count):
                "\(count == 1 ? "1 bad line or number" : "\(count) bad lines or numbers") and no good line: nothing was stored. Correct the file."
            }
        }
    }

    /// One read of the file: some thousand rows.
    private static let chunkBytes = 256 * 1024
    /// Rows of one call of the store.
    private static let batchRows = Store.Limits.partiesPerTransaction
    /// A file with more bad lines than this has one fault many times.
    private static let faultsShown = 50

    private let store: Store
    private let file: String
    private let keepsGoing: Bool
    private let trunkRule: TrunkRule
    private let internalPlan: InternalPlan
    private let numbers = PhoneNumbers()
    private var reader = PartyCSVReader()
    private var faults = 0
    private var hasGoodLine = false
    private(set) var reported: [String] = []

    init(
        store: Store, file: String, keepsGoing: Bool, trunkRule: TrunkRule = .default,
        internalPlan: InternalPlan = InternalPlan()
    ) {
        self.store = store
        self.file = file
        self.keepsGoing = keepsGoing
        self.trunkRule = trunkRule
        self.internalPlan = internalPlan
    }

    func run() throws -> ImportCounts {
        var isFolder: ObjCBool = false
        if FileManager.default.fileExists(atPath: file, isDirectory: &isFolder), isFolder.boolValue {
            throw Failure.cannotRead(file: file, reason: "it is a folder; name the CSV file in it")
        }
        guard let handle = FileHandle(forReadingAtPath: file) else {
            throw Failure.cannotRead(file: file, reason: String(cString: strerror(errno)))
        }
        defer { try? handle.close() }
        let size = (try? FileManager.default.attributesOfItem(atPath: file)[.size] as? Int) ?? 0
        var bar = ProgressBar("Importing", total: size)
        var read = 0
        var isAtEnd = false
        var readFault: (any Error)?
        var waiting: [PartyEntry] = []
        let counts = try store.importParties(keepsGoing ? .keepGoing : .allOrNothing) {
            while !isAtEnd, waiting.count < Self.batchRows {
                let data: Data?
                do {
                    data = try handle.read(upToCount: Self.chunkBytes)
                } catch {
                    // A file that was read only in part must not be imported.
                    readFault = error
                    return .abandon
                }
                let outputs: [PartyCSV.Output]
                if let data, !data.isEmpty {
                    read += data.count
                    outputs = reader.receive(data)
                } else {
                    isAtEnd = true
                    outputs = reader.finish()
                }
                for output in outputs {
                    switch output {
                    case .row(let row):
                        if let entry = entry(row) {
                            waiting.append(entry)
                            hasGoodLine = true
                        }
                    case .fault(let fault):
                        report("\(fault)")
                        if fault.isFatal { isAtEnd = true }
                    }
                }
                // Nothing of the file will be stored. The rest is read for its faults.
                if !keepsGoing, faults > 0 { waiting = [] }
            }
            if !keepsGoing, isAtEnd, faults > 0 { return .abandon }
            guard !waiting.isEmpty else { return .end }
            defer { waiting = [] }
            return .parties(waiting)
        } progress: {
            bar.show(read, "\($0.total) parties")
        }
        bar.finish()
        if let readFault { throw Failure.cannotRead(file: file, reason: readFault.localizedDescription) }
        if faults > Self.faultsShown { Console.say("… and \(faults - Self.faultsShown) more.") }
        if faults > 0, !hasGoodLine { throw Failure.noGoodLines(faults) }
        if faults > 0 { throw Failure.badLines(faults, stored: counts.isStored && counts.total > 0 ? counts : nil) }
        return counts
    }

    /// An unreadable number is a fault of that number only: the party and its other numbers are good.
    private func entry(_ row: PartyCSV.Row) -> PartyEntry? {
        var e164: Set<String> = []
        for phone in row.phones {
            let read = numbers.normalise(phone.text, trunkRule: trunkRule, internalPlan: internalPlan)
            func place() -> String {
                "line \(row.line): \(phone.column) of “\(shown(row.key, limit: ProgramLimits.shownName))”: “\(shown(phone.text, limit: ProgramLimits.shownName))”"
            }
            guard let number = read.e164 else {
                let hint = read.hint.map { " Is \($0) meant?" } ?? ""
                report("\(place()) is not a telephone number that a caller could have.\(hint)")
                continue
            }
            if read.isDoubtful {
                report(
                    "\(place()) would be \(number), which may lack a digit or have one too many. Write the whole number, with +39."
                )
                continue
            }
            e164.insert(number)
        }
        let party = PartyRow(
            key: row.key, kind: row.kind == .company ? .company : .person, name: row.name, town: row.town,
            language: row.language,
            note: row.note,
            isShared: row.isShared)
        return PartyEntry(party: party, numbers: e164, told: told)
    }

    /// The details for which the file has columns; a missing column removes nothing. The three phone columns are one
    /// set: if one is there, the set is given. Read with the first row, when the columns are known.
    private lazy var told: Set<PartyEntry.Detail> = {
        var told: Set<PartyEntry.Detail> = []
        for column in reader.columns {
            switch column {
            case .key, .name: break
            case .kind: told.insert(.kind)
            case .town: told.insert(.town)
            case .language: told.insert(.language)
            case .shared: told.insert(.isShared)
            case .note: told.insert(.note)
            case .phone1, .phone2, .phone3: told.insert(.numbers)
            }
        }
        return told
    }()

    private func report(_ fault: String) {
        faults += 1
        guard faults <= Self.faultsShown else { return }
        reported.append(fault)
        Console.write(Console.errorIsTerminal ? "\r\u{1B}[K" : "", to: STDERR_FILENO)
        Console.say("\(file): \(fault)", .yellow)
    }
}
