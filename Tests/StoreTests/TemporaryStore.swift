import Foundation
import GRDB
import Synchronization

@testable import Store

/// A folder that is removed with the test.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        let url = FileManager.default.temporaryDirectory.appending(path: "centralino-store-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        path = url.path
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    var database: String { path + "/centralino.sqlite" }
}

func contact(
    _ id: String, at arrived: Int64 = 0, e164: String? = "+390612345678", party: String? = nil,
    outcome: String = "answered",
    record: String = "{}"
) -> ContactRow {
    ContactRow(
        id: id, switch: "roma", arrived: arrived, ended: arrived + 60_000_000, queue: "info", agent: "1001",
        outcome: outcome, e164: e164,
        partyKey: party, record: record)
}

func entry(_ key: String, _ name: String, _ numbers: Set<String>, shared: Bool = false) -> PartyEntry {
    PartyEntry(party: PartyRow(key: key, kind: .person, name: name, isShared: shared), numbers: numbers)
}

extension Store {
    /// The batches, then the end.
    @discardableResult
    func load(
        _ batches: [PartyEntry]..., policy: ImportPolicy = .allOrNothing, then last: PartyBatch = .end,
        progress: (ImportCounts) -> Void = { _ in }
    ) throws(StoreError) -> ImportCounts {
        var rest = batches[...]
        return try importParties(policy, next: { rest.popFirst().map(PartyBatch.parties) ?? last }, progress: progress)
    }

    func saved(_ contacts: [ContactRow]) async -> Result<Void, StoreError> {
        await withCheckedContinuation { continuation in save(contacts) { continuation.resume(returning: $0) } }
    }
}
