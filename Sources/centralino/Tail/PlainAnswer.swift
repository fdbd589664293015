import Foundation
import HTTP
import Wire

/// The answer to a single request of HTTP/1.0: without chunks, without a second answer. No socket, no clock; bounded.
struct PlainAnswer: Equatable {
    var status: Int
    var body: [UInt8]

    /// A snapshot or two hours' history of a thousand queues is smaller.
    static let mostBytes = 8 * 1024 * 1024

    enum Reading: Equatable {
        case incomplete
        case answer(PlainAnswer)
        case notHTTP
        case tooLong
    }

    /// Reads what has come so far. `hasEnded`: the server has closed, and nothing more will come.
    static func read(_ bytes: [UInt8], hasEnded: Bool) -> Reading {
        guard bytes.count <= mostBytes else { return .tooLong }
        guard "HTTP/1.".utf8.starts(with: bytes.prefix(7)), !(hasEnded && bytes.count < 7) else { return .notHTTP }
        // A head is short: a server that sends none in this many bytes sends none at all.
        let beginning = bytes.prefix(EventStreamReader.headBytes)
        guard let end = beginning.indices.first(where: { beginning[$0...].starts(with: "\r\n\r\n".utf8) }) else {
            return hasEnded || bytes.count >= EventStreamReader.headBytes ? .notHTTP : .incomplete
        }
        let lines = String(decoding: bytes[..<end], as: UTF8.self).components(separatedBy: "\r\n")
        let parts = lines[0].split(separator: " ")
        guard parts.count >= 2, parts[1].utf8.count == 3, let status = Int(parts[1]) else { return .notHTTP }
        let body = bytes[(end + 4)...]
        let length = lines.dropFirst().lazy.filter { $0.lowercased().hasPrefix("content-length:") }
            .compactMap { Int($0.dropFirst("content-length:".count).trimmingCharacters(in: .whitespaces)) }.first
        guard let length else { return hasEnded ? .answer(.init(status: status, body: Array(body))) : .incomplete }
        guard length <= mostBytes else { return .tooLong }
        // A body that was cut off on the way must not pass for a short one.
        guard body.count >= length else { return hasEnded ? .notHTTP : .incomplete }
        return .answer(.init(status: status, body: Array(body.prefix(max(0, length)))))
    }

    /// The request's bytes.
    /// - Precondition: no argument holds a control character.
    static func request(path: String, host: String, bearer: String?) -> [UInt8] {
        let fields =
            ["GET \(path) HTTP/1.0", "Host: \(host)", "Accept: application/json", "Connection: close"]
            + (bearer.map { ["Authorization: Bearer \($0)"] } ?? [])
        precondition(
            fields.allSatisfy { !$0.utf8.contains { $0 < 32 || $0 == 127 } }, "a field of a request is one line")
        return Array((fields.map { $0 + "\r\n" }.joined() + "\r\n").utf8)
    }

    /// The gateway's own words about what is wrong, where it gave some.
    var refusal: String {
        struct Body: Decodable {
            struct Fault: Decodable { var message: String }
            var error: Fault
        }
        let words = JSON.decode(Body.self, from: body).map {
            shown($0.error.message, limit: ProgramLimits.shownRefusal)
        }
        return words.map { "The gateway refused with \(status): \($0)" } ?? "The gateway refused with status \(status)."
    }
}
