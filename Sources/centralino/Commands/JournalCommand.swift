import ArgumentParser
import Foundation
import Journal
import TLS
import Time
import Wire

struct JournalCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "journal", abstract: "Check the journal: what the switches sent, and when.",
        discussion: """
            centralino journal verify journal/
            centralino journal verify journal/ --anchor 9c56cc51…
            zstdcat journal/journal-????????????????.zst | less

            The format, to the byte, with what a journal proves and what it does not: Sources/Journal/Journal.md
            """, subcommands: [Verify.self])

    struct Verify: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Read a journal from end to end, and say whether it is what was written.",
            discussion: """
                centralino journal verify journal/
                centralino journal verify journal/ --json
                centralino journal verify journal/ --anchor 9c56cc51…

                Each block names the SHA-256 of the one before it. What was edited, removed, inserted or moved later breaks this chain, unless \
                everything after it was made again. To exclude that, write the last digest down where nobody can change it (a registered letter, \
                a time stamp, the other party's mailbox), and give it as --anchor later: a chain that contains it is unchanged up to there.

                Status 0: intact; an unfinished last block is reported, and is not a fault. 1: damaged or broken, an anchor is missing, or there is nothing to read.
                """)

        @Argument(help: "The journal's folder, or one segment.") var path: String
        @Option(help: "A digest that was written down earlier, 64 hexadecimal digits. Can be given more than once.")
        var anchor: [String] =
            []
        @Flag(help: "Print one JSON object on standard output.") var json = false

        func run() throws {
            var anchors: [Journal.Digest] = []
            for text in anchor {
                guard let digest = Journal.Digest(hexadecimal: text.lowercased().utf8) else {
                    throw misuse("“\(text)” is not a digest: give 64 hexadecimal digits, as this command prints them.")
                }
                anchors.append(digest)
            }
            let report = try orExit { try JournalReport(path, anchors: anchors) }
            if json {
                Console.print(String(decoding: JSON.encode(report.document), as: UTF8.self))
            } else {
                report.show()
            }
            guard report.isWhole else { throw ExitCode.failure }
        }
    }
}

/// What a check of a journal found.
struct JournalReport {
    /// A journal with more damages than this has one fault many times; the count gives the rest.
    private static let listed = 100

    struct Document: Encodable {
        struct Damage: Encodable {
            var path: String
            var fault: String
            var offset: Int
            var bytes: Int
        }

        struct Lost: Encodable {
            var from: String
            var to: String
            var entries: Int
            var bytes: Int
        }

        struct Anchor: Encodable {
            var digest: String
            var found: Bool
            /// Whether nothing before it is damaged, and the chain leads through to it.
            var proves: Bool
        }

        var whole = true
        var segments = 0
        /// Segments of version 1, which has no chain.
        var unchainedSegments = 0
        var blocks = 0
        var bytes = 0
        var entries = 0
        var firstAt: String?
        var lastAt: String?
        /// What the first block names: 64 times 0 where the journal is complete from its beginning.
        var firstLink: String?
        var lastDigest: String?
        /// Bytes of the unfinished tail in the last segment.
        var tornBytes = 0
        var damageCount = 0
        var damages: [Damage] = []
        var lostEntries = 0
        var lostCount = 0
        var lost: [Lost] = []
        var anchors: [Anchor] = []
    }

    private(set) var document = Document()
    private var damages: [Journal.Reader.Damage] = []
    private var unreadable: [JournalError] = []

    var isWhole: Bool { document.whole }

    init(_ path: String, anchors: [Journal.Digest]) throws(JournalError) {
        let reader = try Journal.Reader(path, sha256: OpenSSL.sha256)
        var bar = ProgressBar("Verifying", total: Self.size(path))
        var found: [Journal.Digest: Bool] = [:]
        var blocks = 0
        while true {
            let entry: Journal.Entry?
            do throws(JournalError) { entry = try reader.next() } catch {
                unreadable.append(error)
                continue
            }
            if blocks != reader.blocks {
                blocks = reader.blocks
                if let digest = reader.digest, anchors.contains(digest) {
                    found[digest] = unreadable.isEmpty && !reader.damages.contains { $0.fault != .tornTail }
                }
                bar.show(reader.bytes, "\(document.entries) entries")
            }
            guard let entry else { break }
            note(entry)
        }
        bar.finish()
        conclude(reader)
        document.anchors = anchors.map { .init(digest: "\($0)", found: found[$0] != nil, proves: found[$0] ?? false) }
        document.whole =
            damages.isEmpty && unreadable.isEmpty && document.segments > 0 && document.anchors.allSatisfy(\.proves)
    }

    private mutating func note(_ entry: Journal.Entry) {
        document.entries += 1
        document.lastAt = "\(UnixTime(microseconds: entry.date))"
        document.firstAt = document.firstAt ?? document.lastAt
        guard let lost = Journal.LostInterval(entry) else { return }
        document.lostCount += 1
        document.lostEntries += lost.entries
        guard document.lost.count < Self.listed else { return }
        document.lost.append(
            .init(
                from: "\(UnixTime(microseconds: lost.fromDate))", to: "\(UnixTime(microseconds: lost.toDate))",
                entries: lost.entries,
                bytes: lost.bytes))
    }

    private mutating func conclude(_ reader: Journal.Reader) {
        document.segments = reader.segments
        document.unchainedSegments = reader.unchainedSegments
        document.blocks = reader.blocks
        document.bytes = reader.bytes
        document.firstLink = reader.firstLink.map { "\($0)" }
        document.lastDigest = reader.digest.map { "\($0)" }
        // A tail that is not a block is not a fault where the next segment's first block names the last one before
        // it: nothing is missing.
        damages = reader.damages.filter { $0.fault != .tornTail }
        document.tornBytes = reader.damages.filter { $0.fault == .tornTail }.reduce(0) { $0 + $1.count }
        document.damageCount = damages.count + unreadable.count
        document.damages = damages.prefix(Self.listed).map {
            .init(path: $0.path, fault: $0.fault.rawValue, offset: $0.offset, bytes: $0.count)
        }
    }

    func show() {
        let count = { (count: Int, word: String) in "\(count) \(word)\(count == 1 ? "" : "s")" }
        Console.print(
            "\(count(document.segments, "segment")), \(count(document.blocks, "block")), \(document.bytes) bytes, \(document.entries) entries"
        )
        if let first = document.firstAt, let last = document.lastAt { Console.print("from \(first) to \(last)") }
        if document.unchainedSegments > 0 {
            Console.print("\(count(document.unchainedSegments, "segment")) of version 1: no chain, checksums only")
        }
        if let link = document.firstLink {
            Console.print(
                link == "\(Journal.Digest.none)" ? "begins with the first block ever written" : "begins after \(link)")
        }
        if let digest = document.lastDigest { Console.print("last digest \(digest)") }
        if document.tornBytes > 0 {
            Console.say(
                "\(document.tornBytes) bytes at the end are an unfinished block. The next start of the gateway cuts it off.",
                .yellow)
        }
        if document.lostCount > 0 {
            Console.say(
                "\(count(document.lostCount, "interval")) in which the disk took nothing: \(document.lostEntries) entries are missing.",
                .yellow)
            for lost in document.lost {
                Console.say("  \(lost.from) to \(lost.to): \(lost.entries) entries, \(lost.bytes) bytes")
            }
        }
        for fault in damages.prefix(Self.listed) { Console.say("\(fault)", .red) }
        for fault in unreadable.prefix(Self.listed) { Console.say("\(fault)", .red) }
        if document.damageCount > Self.listed { Console.say("… and \(document.damageCount - Self.listed) more.") }
        for anchor in document.anchors {
            let words =
                anchor.proves
                ? "is in the chain: nothing before it was changed"
                : anchor.found ? "is here, but the chain before it is broken" : "is not in this journal"
            Console.say("Anchor \(anchor.digest) \(words).", anchor.proves ? .green : .red)
        }
        if document.segments == 0 { Console.say("There is no journal here.", .red) }
        guard document.segments > 0, document.damageCount == 0 else { return }
        Console.say(
            document.lastDigest == nil ? "Readable from end to end; there is no chain." : "The chain is intact.", .green
        )
    }

    /// Bytes of the segments, for the progress bar.
    private static func size(_ path: String) -> Int {
        let manager = FileManager.default
        let names = (try? manager.contentsOfDirectory(atPath: path))?.filter {
            $0.hasSuffix(".zst") && !$0.contains("checkpoint")
        }.map {
            "\(path)/\($0)"
        }
        return (names ?? [path]).reduce(0) { $0 + ((try? manager.attributesOfItem(atPath: $1)[.size] as? Int) ?? 0) }
    }
}
