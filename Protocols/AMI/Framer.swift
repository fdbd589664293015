/// Splits the byte stream of an AMI connection into messages: incremental, bounded, and independent of how the network
/// splits the bytes.
///
/// A message is a sequence of `Name: value` lines that an empty line ends; a line may end in LF or CRLF. Malformed
/// input is skipped up to the next empty line and counted: a line without a colon, a first header that is neither
/// `Event` nor `Response`, a line or message beyond the ``Limits``. It occurs because an older Asterisk that could not
/// write continues in the middle of a message (`domain.md` §1.5).
public struct Framer: Codable, Equatable, Sendable {
    public enum Role: String, Codable, Sendable {
        /// Reads what a switch sends: a banner line first, then events and responses.
        case client
        /// Reads actions.
        case server
    }

    public enum Output {
        /// The first line of a switch's stream.
        case banner(String)
        case message(Message)
        case malformed(Fault)
    }

    /// Why bytes were skipped.
    public enum Fault: Equatable, Sendable {
        case lineWithoutColon
        case neitherEventNorResponse
        /// The head of a second message inside an unfinished one: a header that only a message's head has, or one that
        /// no event has twice.
        case cut
        case lineTooLong
        case messageTooLong
        /// Reported by the session, not by the framer: a list had fewer items than its end says.
        case listTooShort
    }

    private enum State: String, Codable { case banner, headers, commandText, skipping }

    private let role: Role
    private var state: State
    /// The bytes from the start of the unfinished message on.
    private var buffer: [UInt8] = []
    private var headers: [Message.Header] = []
    private var text: [Range<Int>] = []
    private var kind = Message.Kind.event
    /// Whether the unfinished message may have any header twice.
    private var mayRepeat = false
    private var hasChannel = false
    /// The start of the unfinished line, and how far it has been searched.
    private var lineStart = 0
    private var searched = 0
    private var skippedLineHasContent = false

    public init(role: Role) {
        self.role = role
        state = role == .client ? .banner : .headers
    }

    /// Takes bytes, split anywhere, and passes on the outputs that they complete, in order.
    public mutating func receive(_ bytes: some Collection<UInt8>, _ body: (Output) -> Void) {
        buffer.append(contentsOf: bytes)
        var messageStart = 0
        while true {
            takeOrdinaryHeaders(messageStart)
            guard let end = lineEnd() else { break }
            // The line is `lineStart..<contentEnd`, without its CR LF.
            let contentEnd = end > lineStart && buffer[end - 1] == UInt8(ascii: "\r") ? end - 1 : end
            let line = lineStart..<contentEnd
            lineStart = end + 1
            searched = lineStart
            switch state {
            case .banner:
                state = .headers
                if line.count > Limits.bannerBytes { skip() }
                messageStart = lineStart
                body(.banner(bannerText(line)))
            case .headers:
                if line.isEmpty {
                    if !headers.isEmpty { body(.message(Message(kind: kind, storage: buffer, headers: headers))) }
                    headers.removeAll(keepingCapacity: true)
                    messageStart = lineStart
                } else if let fault = take(line, messageStart) {
                    skip()
                    messageStart = lineStart
                    body(.malformed(fault))
                }
            case .commandText:
                if endsCommand(line) {
                    state = .headers
                    body(
                        .message(Message(kind: kind, storage: buffer, headers: headers, text: text)))
                    headers.removeAll(keepingCapacity: true)
                    text.removeAll()
                    messageStart = lineStart
                } else if line.count > Limits.lineBytes {
                    skip()
                    messageStart = lineStart
                    body(.malformed(.lineTooLong))
                } else if text.count >= Limits.commandLines || end - messageStart > Limits.messageBytes {
                    skip()
                    messageStart = lineStart
                    body(.malformed(.messageTooLong))
                } else {
                    takeCommandText(line)
                }
            case .skipping:
                if line.isEmpty && !skippedLineHasContent { state = .headers }
                skippedLineHasContent = false
                messageStart = lineStart
            }
        }
        if let fault = unfinishedLineFault() {
            let beginning = state == .banner ? bannerText(lineStart..<buffer.count) : nil
            skip()
            skippedLineHasContent = true
            messageStart = buffer.count
            body(beginning.map(Output.banner) ?? .malformed(fault))
        } else if state == .skipping {
            // A lone CR may be half of the awaited empty line: it is kept until the next byte decides.
            if buffer.count == lineStart + 1, buffer[lineStart] == UInt8(ascii: "\r") {
                messageStart = lineStart
            } else {
                if buffer.count > lineStart { skippedLineHasContent = true }
                messageStart = buffer.count
            }
        }
        discard(upTo: messageStart)
    }

    /// The number of unfinished bytes, e.g. of a message that a dying switch could not complete.
    public var pendingBytes: Int { buffer.count }

    // MARK: lines

    private mutating func lineEnd() -> Int? {
        let from = searched
        let end = buffer.withUnsafeBufferPointer {
            firstIndex(of: UInt8(ascii: "\n"), in: $0, from: from, to: $0.count)
        }
        if end == nil { searched = buffer.count }
        return end
    }

    /// Adds complete header lines of a message whose head is known, in one pass over the bytes. Stops before any other
    /// line, e.g. an empty or a malformed one, which ``receive(_:_:)`` judges.
    private mutating func takeOrdinaryHeaders(_ messageStart: Int) {
        guard state == .headers, !headers.isEmpty, searched == lineStart else { return }
        let before = headers.count
        let messageEnd = messageStart + Limits.messageBytes
        let isChecked = !mayRepeat
        var hasChannel = hasChannel
        var start = lineStart
        buffer.withUnsafeBufferPointer { bytes in
            headers.append(addingCapacity: Limits.messageLines - before) { headers in
                while !headers.isFull {
                    guard let lineEnd = firstIndex(of: UInt8(ascii: "\n"), in: bytes, from: start, to: bytes.count)
                    else { return }
                    let end = lineEnd > start && bytes[lineEnd &- 1] == UInt8(ascii: "\r") ? lineEnd &- 1 : lineEnd
                    guard end <= min(start &+ Limits.lineBytes, messageEnd),
                        let header = Self.header(from: start, to: end, in: bytes)
                    else { return }
                    if isChecked, Self.isSecondHead(header, before &+ headers.count, in: bytes, &hasChannel) { return }
                    headers.append(header)
                    start = lineEnd &+ 1
                }
            }
        }
        self.hasChannel = hasChannel
        lineStart = start
        searched = start
    }

    /// Adds one header line; returns the reason if it cannot be one.
    private mutating func take(_ line: Range<Int>, _ messageStart: Int) -> Fault? {
        guard line.count <= Limits.lineBytes else { return .lineTooLong }
        guard headers.count < Limits.messageLines, line.upperBound - messageStart <= Limits.messageBytes else {
            return .messageTooLong
        }
        guard
            let header = buffer.withUnsafeBufferPointer({
                Self.header(from: line.lowerBound, to: line.upperBound, in: $0)
            })
        else {
            return .lineWithoutColon
        }
        if headers.isEmpty {
            if let fault = begin(header) { return fault }
        } else if !mayRepeat,
            buffer.withUnsafeBufferPointer({ Self.isSecondHead(header, headers.count, in: $0, &hasChannel) })
        {
            return .cut
        }
        headers.append(header)
        return nil
    }

    /// Begins a message with its first header; returns the reason if no message begins so.
    private mutating func begin(_ header: Message.Header) -> Fault? {
        guard role == .client else {
            kind = .action
            mayRepeat = true
            return nil
        }
        if isNamed("Event", header) {
            kind = .event
        } else if isNamed("Response", header) {
            kind = .response
        } else {
            return .neitherEventNorResponse
        }
        // An event's name has no colon. If there is one, the head of the next message follows a broken one.
        let colon = buffer.withUnsafeBufferPointer {
            firstIndex(of: UInt8(ascii: ":"), in: $0, from: Int(header.valueStart), to: Int(header.end))
        }
        if colon != nil { return .cut }
        if kind == .response, hasValue("Follows", header) { state = .commandText }
        mayRepeat = kind != .event || hasValue("UserEvent", header)
        hasChannel = false
        return nil
    }

    /// The line `start..<end`; nil if it has no colon, or nothing before it.
    @inline(__always)
    private static func header(
        from start: Int, to end: Int, in bytes: UnsafeBufferPointer<UInt8>
    ) -> Message.Header? {
        // Searched a little beyond the line, so that its end is not compared byte by byte.
        let searchEnd = min(end &+ searchStep, bytes.count)
        guard let colon = firstIndex(of: UInt8(ascii: ":"), in: bytes, from: start, to: searchEnd), colon > start,
            colon < end
        else { return nil }
        var valueStart = colon &+ 1
        // Asterisk writes exactly one blank, and a caller's name may begin with more. So one is removed.
        if valueStart < end, bytes[valueStart] == UInt8(ascii: " ") { valueStart &+= 1 }
        return Message.Header(
            start: Int32(truncatingIfNeeded: start), nameLength: Int32(truncatingIfNeeded: colon &- start),
            valueStart: Int32(truncatingIfNeeded: valueStart), end: Int32(truncatingIfNeeded: end))
    }

    /// Whether header `index` belongs to another message's head. Asterisk writes `Event`, `Privilege` and nothing else
    /// at the head of a live event, and one snapshot without a prefix. None of 540,000 recorded events repeats one of
    /// these further down. (A `UserEvent` has what the dial plan says, and answers may repeat anything.)
    @inline(__always)
    private static func isSecondHead(
        _ header: Message.Header, _ index: Int, in bytes: UnsafeBufferPointer<UInt8>, _ hasChannel: inout Bool
    ) -> Bool {
        func isNamed(_ name: StaticString) -> Bool {
            equalIgnoringCase(bytes, Int(header.start), Int(header.nameLength), name)
        }
        switch (header.nameLength, bytes[Int(header.start)] | 0x20) {
        case (5, UInt8(ascii: "e")): return isNamed("Event")
        case (8, UInt8(ascii: "u")):
            guard isNamed("Uniqueid") else { return false }
            defer { hasChannel = true }
            return hasChannel
        case (9, UInt8(ascii: "p")): return index > 1 && isNamed("Privilege")
        default: return false
        }
    }

    /// An old-style `Command` answer has `Privilege` and `ActionID` first, then text of any form.
    private mutating func takeCommandText(_ line: Range<Int>) {
        if text.isEmpty, headers.count < 3,
            buffer[line].starts(with: Array("Privilege:".utf8)) || buffer[line].starts(with: Array("ActionID:".utf8))
        {
            _ = take(line, line.lowerBound)
        } else {
            text.append(line)
        }
    }

    /// Asterisk appends the end mark to the text's last line, if the command did not end that line.
    private mutating func endsCommand(_ line: Range<Int>) -> Bool {
        let mark = "--END COMMAND--".utf8
        guard buffer[line].suffix(mark.count).elementsEqual(mark) else { return false }
        if line.count > mark.count { text.append(line.lowerBound..<line.upperBound - mark.count) }
        return true
    }

    /// A stranger's first line is quoted in an error message; its beginning is enough.
    private func bannerText(_ line: Range<Int>) -> String {
        String(decoding: buffer[line].prefix(line.count > Limits.bannerBytes ? 80 : line.count), as: UTF8.self)
    }

    private func isNamed(_ name: StaticString, _ header: Message.Header) -> Bool {
        buffer.withUnsafeBufferPointer { equalIgnoringCase($0, Int(header.start), Int(header.nameLength), name) }
    }

    private func hasValue(_ value: StaticString, _ header: Message.Header) -> Bool {
        buffer.withUnsafeBufferPointer {
            equalIgnoringCase($0, Int(header.valueStart), Int(header.end - header.valueStart), value)
        }
    }

    private func unfinishedLineFault() -> Fault? {
        // The CR of a line end does not count, whether or not its LF has arrived.
        let unfinished = buffer.count - lineStart - (buffer.last == UInt8(ascii: "\r") ? 1 : 0)
        switch state {
        case .banner: return unfinished > Limits.bannerBytes ? .lineTooLong : nil
        case .headers, .commandText: return unfinished > Limits.lineBytes ? .lineTooLong : nil
        case .skipping: return nil
        }
    }

    private mutating func skip() {
        state = .skipping
        skippedLineHasContent = false
        headers.removeAll(keepingCapacity: true)
        text.removeAll()
    }

    /// Releases the bytes that have been passed on; offsets count from the start of the buffer.
    private mutating func discard(upTo start: Int) {
        guard start > 0 else { return }
        buffer.removeSubrange(..<start)
        lineStart = max(0, lineStart - start)
        searched = buffer.count
        let shift = Int32(truncatingIfNeeded: start)
        for index in headers.indices {
            headers[index].start -= shift
            headers[index].valueStart -= shift
            headers[index].end -= shift
        }
        for index in text.indices { text[index] = text[index].lowerBound - start..<text[index].upperBound - start }
    }
}
