import GRDB

extension Store {
    /// Reads the contact records that arrived in `range` (microseconds since 1970) in order of arrival, in batches:
    /// for tools, never on the loop.
    ///
    /// Each batch is a read of its own, so that a long one does not keep an old state of the file alive; it may
    /// contain records that are saved meanwhile. Walks along the primary key: a record's id is a ULID, whose first
    /// ten characters are the millisecond of its arrival.
    /// - Parameter switch: only of this one; nil for all.
    public func contacts(
        of switch: String? = nil, arrived range: Range<Int64>, batchRows: Int = 500,
        _ receive: ([ContactRow]) throws -> Void
    ) throws {
        var last = Self.firstID(atMillisecond: range.lowerBound.flooredMilliseconds)
        let end = Self.firstID(atMillisecond: range.upperBound.flooredMilliseconds + 1)
        while true {
            let rows = try reading { db in
                try Row.fetchAll(
                    db.cachedStatement(
                        sql: """
                            SELECT id, switch, arrived, ended, queue, agent, outcome, e164, party_key, record FROM contacts
                            WHERE id > :last AND id < :end ORDER BY id LIMIT :limit
                            """), arguments: ["last": last, "end": end, "limit": max(1, batchRows)]
                ).map(ContactRow.init)
            }
            guard let newest = rows.last?.id else { return }
            last = newest
            let wanted = rows.filter { range.contains($0.arrived) && (`switch` == nil || $0.switch == `switch`) }
            if !wanted.isEmpty { try receive(wanted) }
        }
    }

    /// A lower bound for the ids of that millisecond and later: a ULID has more than these ten characters, so it is
    /// greater.
    static func firstID(atMillisecond milliseconds: Int64) -> String {
        let alphabet = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)
        let bits = UInt64(min(max(0, milliseconds), 1 << 48 - 1))  // not a limit: the time of a ULID has 48 bits
        return String(
            decoding: stride(from: 45, through: 0, by: -5).map { alphabet[Int((bits >> UInt64($0)) & 31)] },
            as: UTF8.self)
    }
}

extension ContactRow {
    init(_ row: Row) {
        self.init(
            id: row["id"], switch: row["switch"], arrived: row["arrived"], ended: row["ended"], queue: row["queue"],
            agent: row["agent"],
            outcome: row["outcome"], e164: row["e164"], partyKey: row["party_key"], record: row["record"])
    }
}

extension Int64 {
    fileprivate var flooredMilliseconds: Int64 { self / 1000 }
}
