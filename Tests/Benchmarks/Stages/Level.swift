/// How much of the path is gone. Each level does what the one before does, and a stage more; the journal stands alone.
enum Level: String, CaseIterable {
    case framer, translator, calls, records, statistics, core, journal

    /// Without being counted.
    func prepare(_ path: inout Path, _ reads: [Source.Read]) -> Int {
        path.connect(self)
        return run(&path, reads)
    }

    fileprivate func run(_ path: inout Path, _ reads: [Source.Read]) -> Int {
        switch self {
        case .framer: path.frame(reads)
        case .translator: path.translate(reads)
        case .calls: path.follow(reads)
        case .records: path.record(reads)
        case .statistics: path.count(reads)
        case .core: path.handle(reads)
        case .journal: path.keep(reads)
        }
    }

    func measure(_ path: inout Path, _ reads: [Source.Read]) -> Int {
        switch self {
        case .framer: measured_framer(&path, reads)
        case .translator: measured_translator(&path, reads)
        case .calls: measured_calls(&path, reads)
        case .records: measured_records(&path, reads)
        case .statistics: measured_statistics(&path, reads)
        case .core: measured_core(&path, reads)
        case .journal: measured_journal(&path, reads)
        }
    }
}

// Names that callgrind finds: they are mangled, and each contains its own. They must not be inlined, or nothing is
// counted (`Tests/Benchmarks/stages` would say so).
@inline(never) private func measured_framer(_ path: inout Path, _ reads: [Source.Read]) -> Int {
    Level.framer.run(&path, reads)
}

@inline(never) private func measured_translator(_ path: inout Path, _ reads: [Source.Read]) -> Int {
    Level.translator.run(&path, reads)
}

@inline(never) private func measured_calls(_ path: inout Path, _ reads: [Source.Read]) -> Int {
    Level.calls.run(&path, reads)
}

@inline(never) private func measured_records(_ path: inout Path, _ reads: [Source.Read]) -> Int {
    Level.records.run(&path, reads)
}

@inline(never) private func measured_statistics(_ path: inout Path, _ reads: [Source.Read]) -> Int {
    Level.statistics.run(&path, reads)
}

@inline(never) private func measured_core(_ path: inout Path, _ reads: [Source.Read]) -> Int {
    Level.core.run(&path, reads)
}

@inline(never) private func measured_journal(_ path: inout Path, _ reads: [Source.Read]) -> Int {
    Level.journal.run(&path, reads)
}
