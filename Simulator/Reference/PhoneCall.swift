import Foundation
import Recordings

/// What one telephone saw of one call: a SIP dialog of a telephone (or, on the trunk, of somebody outside). Instants
/// are seconds since the recording's start, the same zero as in `ami.jsonl`.
///
/// The notes are the user agent's own (`ua.jsonl`): it wrote them when it sent or received the SIP message, and knows
/// nothing of Asterisk's events.
struct PhoneCall: Equatable {
    /// A transfer that the switch accepted (202) and reported as done (NOTIFY 200). In between the phone does not know
    /// when its party left.
    struct Transfer: Equatable {
        var accepted: Double
        var done: Double
        /// With `Replaces`: the party is joined with the colleague whom this phone consulted.
        var isAttended: Bool
    }

    /// Keys pressed during the call; some are orders to the switch.
    struct Keys: Equatable {
        var at: Double
        var digits: String
    }

    var id: String
    /// Somebody outside, reached over the trunk.
    var isOutside: Bool
    /// The telephone's number, or the number of the outside party.
    var user: String
    /// The telephone was called; otherwise it called.
    var isIncoming: Bool
    /// Who called it, by the `From` header; or what it dialled.
    var far: String
    /// INVITE received or sent.
    var started: Double
    /// 200 to that INVITE, sent or received.
    var up: Double?
    /// BYE, CANCEL or a refusal; the recording's end if there was none.
    var ended = Double.infinity
    /// Why, in the user agent's words.
    var reason = ""
    /// The final answer of a refusal.
    var code = ""
    /// From re-INVITE `sendonly` to `sendrecv`; the end is infinite if there was none.
    var holds: [ClosedRange<Double>] = []
    var transfer: Transfer?
    var keys: [Keys] = []

    func isAlive(at instant: Double) -> Bool { started <= instant && instant <= ended }
    func isUp(at instant: Double) -> Bool { up.map { $0 <= instant } == true && instant <= ended }
    func overlaps(_ other: PhoneCall) -> Bool { started <= other.ended && other.started <= ended }
}

extension PhoneCall {
    /// One line of `ua.jsonl`.
    private struct Note: Decodable {
        /// Numbers stand there as text and as numbers.
        struct Text: Decodable {
            var value: String
            init(from decoder: any Decoder) throws {
                let container = try decoder.singleValueContainer()
                if let number = try? container.decode(Int.self) {
                    value = "\(number)"
                } else {
                    value = try container.decode(String.self)
                }
            }
        }
        var t: Double
        var ua: String
        var user: String?
        var dir: String?
        var call: String?
        var what: String
        var to: Text?
        var frm: String?
        var why: String?
        var code: Text?
        var mode: String?
        var replaces: Bool?
        var body: String?
        var digits: String?
    }

    /// Every call of every telephone, in the order in which they began; nil if the recording has no second truth.
    static func all(in folder: String) throws -> [PhoneCall]? {
        try Recording.phoneNotes(in: folder).map { try all(notes: String(decoding: $0, as: UTF8.self)) }
    }

    static func all(notes text: String) throws -> [PhoneCall] {
        var calls: [String: PhoneCall] = [:]
        var pending: [String: Transfer] = [:]
        for line in text.split(separator: "\n") {
            // Hostile names hold halves of surrogate pairs, which are not text; the numbers that we read hold none.
            let harmless = line.replacing(/\\u[dD][89a-fA-F][0-9a-fA-F]{2}/, with: "?")
            let note = try JSONDecoder().decode(Note.self, from: Data(harmless.utf8))
            // A telephone may call itself through the switch with one Call-ID.
            guard let user = note.user, let dialog = note.call else { continue }
            let key = "\(note.ua) \(user) \(note.dir ?? "") \(dialog)"
            switch note.what {
            case "invited", "calling":
                let far = note.what == "calling" ? note.to?.value ?? "" : Self.number(in: note.frm ?? "")
                calls[key] = PhoneCall(
                    id: dialog, isOutside: note.ua == "trunk", user: user, isIncoming: note.what == "invited", far: far,
                    started: note.t)
            case "up": calls[key]?.up = note.t
            case "reinvite": calls[key]?.held(note.mode != "sendrecv", at: note.t)
            case "dtmf": calls[key]?.keys.append(Keys(at: note.t, digits: note.digits ?? ""))
            case "refer": pending[key] = Transfer(accepted: note.t, done: .infinity, isAttended: note.replaces == true)
            case "refer-response": if (Int(note.code?.value ?? "") ?? 0) >= 300 { pending[key] = nil }
            case "notify":
                if let body = note.body, body.hasPrefix("SIP/2.0 2"), var transfer = pending.removeValue(forKey: key) {
                    transfer.done = note.t
                    calls[key]?.transfer = transfer
                } else if let body = note.body, body.contains(/^SIP\/2\.0 [3-6]/) {
                    pending[key] = nil
                }
            case "ended":
                calls[key]?.ended = note.t
                calls[key]?.reason = note.why ?? ""
                calls[key]?.code = note.code?.value ?? ""
            default: break
            }
        }
        return calls.values.sorted {
            ($0.started, $0.user, $0.id, $0.isIncoming ? 0 : 1) < ($1.started, $1.user, $1.id, $1.isIncoming ? 0 : 1)
        }
    }

    private mutating func held(_ isHeld: Bool, at instant: Double) {
        if isHeld {
            guard holds.last?.upperBound != .infinity else { return }
            holds.append(instant...(.infinity))
        } else if let last = holds.last, last.upperBound == .infinity {
            holds[holds.count - 1] = last.lowerBound...max(last.lowerBound, instant)
        }
    }

    /// `"Name" <sip:USER@host>;tag=…` → `USER`.
    static func number(in header: String) -> String {
        guard let start = header.range(of: "sip:", options: .backwards) else { return "" }
        let rest = header[start.upperBound...]
        guard let end = rest.firstIndex(where: { $0 == "@" || $0 == ">" || $0 == ";" }), rest[end] == "@" else {
            return ""
        }
        return String(rest[..<end]).removingPercentEncoding ?? String(rest[..<end])
    }
}
