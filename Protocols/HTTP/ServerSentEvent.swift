/// The lines of a `text/event-stream` (HTML Living Standard §9.2): encoded once, written to every subscriber.
public enum ServerSentEvent {
    public static func encode(id: UInt64, event: String? = nil, data: [UInt8]) -> [UInt8] {
        encode(id: "\(id)", event: event, data: data)
    }

    /// One event, with the empty line that dispatches it.
    /// - Parameters:
    ///   - id: comes back as `Last-Event-ID` when the browser reconnects. One line.
    ///   - event: the type that the page listens for; `message` if nil. One line.
    ///   - data: UTF-8; a line break in it becomes another `data:` line, and arrives as LF.
    public static func encode(id: String? = nil, event: String? = nil, data: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(data.count + 64)
        if let id {
            precondition(
                !id.utf8.contains { $0 == 0 || $0 == 0x0A || $0 == 0x0D }, "the id of a server-sent event is one line")
            bytes += "id: \(id)\n".utf8
        }
        if let event {
            precondition(
                !event.utf8.contains { $0 == 0x0A || $0 == 0x0D }, "the type of a server-sent event is one line")
            bytes += "event: \(event)\n".utf8
        }
        for line in lines(data) {
            bytes += "data: ".utf8
            bytes += line
            bytes.append(0x0A)
        }
        bytes.append(0x0A)
        return bytes
    }

    /// A line that browsers ignore; it keeps proxies from closing a quiet stream.
    public static func comment(_ text: String = "") -> [UInt8] {
        lines(Array(text.utf8)).flatMap { [UInt8(ascii: ":")] + ($0.isEmpty ? [] : [0x20]) + $0 + [0x0A] } + [0x0A]
    }

    /// Splits at CR, LF or CRLF, each of which ends a line of the stream.
    private static func lines(_ bytes: [UInt8]) -> [ArraySlice<UInt8>] {
        var lines: [ArraySlice<UInt8>] = []
        var start = 0
        var index = 0
        while index < bytes.count {
            if bytes[index] == 0x0A || bytes[index] == 0x0D {
                lines.append(bytes[start..<index])
                if bytes[index] == 0x0D, index + 1 < bytes.count, bytes[index + 1] == 0x0A { index += 1 }
                start = index + 1
            }
            index += 1
        }
        return lines + [bytes[start...]]
    }
}
