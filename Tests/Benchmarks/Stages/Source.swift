import Foundation
import Telephony
import Time

/// The stream of a generator, as the loop reads it.
struct Source {
    /// What the loop reads at once: `EventLoop.readBytes`.
    static let readBytes = 16 * 1024
    /// Reads that are not measured: some 250 events.
    private static let warmingReads = 8

    struct Read {
        var bytes: [UInt8]
        var at: Moment
    }

    let warming: [Read]
    let reads: [Read]
    /// Events that end within ``reads``.
    let events: Int
    /// The answer to `QueueStatus`, without its head.
    let members: [[UInt8]]
    let start: Moment

    /// - Parameter last: how many events at the end are measured; 0: all but the first.
    init(stream: String, members: String, last: Int) throws {
        let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: stream)))
        let text = String(decoding: bytes.prefix(Self.readBytes), as: UTF8.self)
        let first = text.split(whereSeparator: \.isNewline).first { $0.hasPrefix("Timestamp: ") }?.dropFirst(11)
        guard let first, let seconds = Double(first) else { throw Fault.undated }
        let start = Moment(uptime: .seconds(1000), date: UnixTime(seconds: Int64(seconds)))
        self.start = start
        var ends: [Int] = []
        for index in bytes.indices.dropLast(3)
        where bytes[index] == 13 && bytes[index + 1] == 10 && bytes[index + 2] == 13 && bytes[index + 3] == 10 {
            ends.append(index + 4)
        }
        var all: [Read] = []
        var heard = 0
        for from in stride(from: 0, to: bytes.count, by: Self.readBytes) {
            let to = min(from + Self.readBytes, bytes.count)
            while heard < ends.count, ends[heard] <= to { heard += 1 }
            // The generator's events come a thousand a second.
            all.append(Read(bytes: Array(bytes[from..<to]), at: start + .milliseconds(Int64(heard))))
        }
        let firstEnd = last > 0 ? ends.dropLast(last).last ?? 0 : 0
        let warmingReads = max(Self.warmingReads, firstEnd / Self.readBytes)
        warming = Array(all.prefix(warmingReads))
        reads = Array(all.dropFirst(warmingReads))
        let skipped = warmingReads * Self.readBytes
        events = ends.count { $0 > skipped }
        self.members = String(decoding: try Data(contentsOf: URL(fileURLWithPath: members)), as: UTF8.self)
            .components(separatedBy: "\r\n\r\n").filter { !$0.isEmpty }.map { Array($0.utf8) }
    }

    enum Fault: Error { case undated }

    /// What the switch answers to an action.
    func answer(to action: [UInt8], members hasMembers: Bool = true) -> [UInt8] {
        let text = String(decoding: action, as: UTF8.self)
        func header(_ name: String) -> String {
            text.split(whereSeparator: \.isNewline).first { $0.hasPrefix(name + ": ") }
                .map { String($0.dropFirst(name.count + 2)) } ?? ""
        }
        let id = "ActionID: \(header("ActionID"))\r\n"
        func list(_ end: String, _ items: [[UInt8]]) -> [UInt8] {
            var answer = Array("Response: Success\r\n\(id)EventList: start\r\n\r\n".utf8)
            for item in items { answer += item + Array("\r\n\(id)\r\n".utf8) }
            answer += Array("Event: \(end)\r\n\(id)EventList: Complete\r\nListItems: \(items.count)\r\n\r\n".utf8)
            return answer
        }
        return switch header("Action") {
        case "QueueStatus": list("QueueStatusComplete", hasMembers ? members : [])
        case "CoreShowChannels": list("CoreShowChannelsComplete", [])
        case "BridgeList": list("BridgeListComplete", [])
        default: Array("Response: Success\r\n\(id)Message: Authentication accepted\r\n\r\n".utf8)
        }
    }
}
