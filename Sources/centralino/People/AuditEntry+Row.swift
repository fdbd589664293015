import Access
import Store
import Time
import Wire

/// An entry of the audit as JSON: members that are empty are left out.
struct AuditDocument: Codable {
    var at: String
    var kind: String
    var who: String?
    var from: String?
    var what: String?
    var why: String?

    init?(reading json: String) {
        guard let document = JSON.decode(Self.self, from: json.utf8) else { return nil }
        self = document
    }

    init(_ entry: AuditEntry) {
        func unlessEmpty(_ text: String) -> String? { text.isEmpty ? nil : text }
        at = "\(entry.at)"
        kind = entry.kind.rawValue
        who = unlessEmpty(entry.who)
        from = unlessEmpty(entry.from)
        what = unlessEmpty(entry.what)
        why = unlessEmpty(entry.why)
    }
}

extension NewAuditRow {
    init(_ entry: AuditEntry) {
        self.init(
            at: entry.at.microseconds, kind: entry.kind.rawValue, who: entry.who,
            entry: String(decoding: JSON.encode(AuditDocument(entry)), as: UTF8.self))
    }
}
