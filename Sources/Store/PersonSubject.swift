import Foundation

/// Whose data is looked for or erased. The store knows texts, not telephony: the forms of a number come from outside.
public struct PersonSubject: Hashable, Sendable {
    /// In E.164, e.g. both forms of a number of San Marino.
    public var numbers: Set<String>
    /// The digits by which a network or a dial plan may write these numbers: `0612345678`, `390612345678`, ….
    public var digits: Set<String>
    public var partyKeys: Set<String>

    public init(numbers: Set<String> = [], digits: Set<String> = [], partyKeys: Set<String> = []) {
        self.numbers = numbers
        self.digits = digits
        self.partyKeys = partyKeys
    }

    /// Whether one of the text's runs of digits is a form of the number, and not a part of a longer one.
    func isNamed(in text: String) -> Bool {
        !digits.isEmpty
            && text.utf8.split(whereSeparator: { !(48...57).contains($0) }).contains {
                digits.contains(String(decoding: $0, as: UTF8.self))
            }
    }
}

/// What the store was told to forget, and a record may bring back.
struct Forgetting {
    /// Microseconds since 1970.
    let now: Int64
    private let recordsBefore: Int64
    private let erasures: [(at: Int64, subject: PersonSubject)]

    init(now: Int64, recordsBefore: Int64, erasures: [(at: Int64, subject: PersonSubject)]) {
        self.now = now
        self.recordsBefore = recordsBefore
        self.erasures = erasures
    }

    /// The record as it is to be stored; nil: as it is.
    func applied(to contact: ContactRow) -> ContactRow? {
        if contact.arrived < recordsBefore { return contact.withoutPerson() }
        var changed: ContactRow?
        for erasure in erasures where contact.arrived <= erasure.at {
            changed = (changed ?? contact).without(erasure.subject) ?? changed
        }
        return changed
    }
}

// Figures and evidence stay: instants, lengths, queue, agent, outcome, the switch's ids of channels. Number, name and
// party go, and so does the number of somebody outside to whom the call was sent.
extension ContactRow {
    /// The word of `caller.kind` in a record without its person.
    static let erased = "erased"
    /// In the place of the name and the interface of somebody outside.
    static let erasedName = "(erased)"

    func withoutPerson() -> ContactRow {
        var row = self
        row.e164 = nil
        row.partyKey = nil
        guard var record = document else {
            // What cannot be read cannot be searched for numbers either.
            row.record = "{}"
            return row
        }
        record["caller"] = ["kind": Self.erased]
        record["partyKeys"] = [String]()
        // The number that the customer dialled is the service's.
        if record["direction"] as? String != "inbound" { record["called"] = nil }
        record["legs"] = legs(of: record)?.map { $0["isExternal"] as? Bool == true ? Self.erasedLeg($0) : $0 }
        row.record = Self.text(record)
        return row
    }

    /// nil: the record has nothing of this subject.
    func without(_ subject: PersonSubject) -> ContactRow? {
        guard let record = document else {
            let isConcerned =
                e164.map(subject.numbers.contains) ?? false || partyKey.map(subject.partyKeys.contains) ?? false
            return isConcerned ? withoutPerson() : nil
        }
        if isCaller(subject, in: record) { return withoutPerson() }
        // Somebody else's call, in which the subject is a candidate for the caller, or the person to whom it was sent.
        var new = record
        var isConcerned = false
        if let keys = record["partyKeys"] as? [String], keys.contains(where: subject.partyKeys.contains) {
            new["partyKeys"] = keys.filter { !subject.partyKeys.contains($0) }
            isConcerned = true
        }
        if let legs = legs(of: record), legs.contains(where: { Self.isOutside($0, subject) }) {
            new["legs"] = legs.map { Self.isOutside($0, subject) ? Self.erasedLeg($0) : $0 }
            isConcerned = true
        }
        guard isConcerned else { return nil }
        var row = self
        row.record = Self.text(new)
        return row
    }

    /// Whether the person of the record is this one: by number, by party, or by a number that could not be read.
    private func isCaller(_ subject: PersonSubject, in record: [String: Any]) -> Bool {
        if let e164, subject.numbers.contains(e164) { return true }
        if let partyKey, subject.partyKeys.contains(partyKey) { return true }
        let caller = record["caller"] as? [String: Any]
        if let e164 = caller?["e164"] as? String { return subject.numbers.contains(e164) }
        return (caller?["raw"] as? String).map(subject.isNamed) ?? false
    }

    private var document: [String: Any]? {
        try? JSONSerialization.jsonObject(with: Data(record.utf8)) as? [String: Any]
    }

    private func legs(of record: [String: Any]) -> [[String: Any]]? { record["legs"] as? [[String: Any]] }

    private static func isOutside(_ leg: [String: Any], _ subject: PersonSubject) -> Bool {
        leg["isExternal"] as? Bool == true
            && ["agent", "interface", "member", "speaker", "device"].contains {
                (leg[$0] as? String).map(subject.isNamed) ?? false
            }
    }

    private static func erasedLeg(_ leg: [String: Any]) -> [String: Any] {
        var leg = leg
        leg["agent"] = erasedName
        leg["interface"] = erasedName
        if leg["device"] != nil { leg["device"] = erasedName }
        for member in ["member", "speaker"] { leg[member] = nil }
        return leg
    }

    private static func text(_ record: [String: Any]) -> String {
        // What was read as JSON can be written as JSON.
        let data = try? JSONSerialization.data(withJSONObject: record, options: [.sortedKeys, .withoutEscapingSlashes])
        return data.map { String(decoding: $0, as: UTF8.self) } ?? "{}"
    }
}
