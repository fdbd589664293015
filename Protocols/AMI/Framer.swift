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
        // An array is shared, not copied.
        let bytes = Array(bytes)
        var copied = 0
        // Only what completes an unfinished message is copied: the rest is read where it is.
        while copied < bytes.count, buffer.count > copied {
            let next = min(copied + Limits.completionBytes, bytes.count)
            buffer += bytes[copied..<next]
            copied = next
            read(messageStart: 0, body)
        }
        guard copied < bytes.count else { return }
        let start = copied - buffer.count
        buffer = bytes
        move(by: start)
        read(messageStart: start, body)
    }

    /// Reads the lines of the buffer, and releases what has been passed on.
    private mutating func read(messageStart: Int, _ body: (Output) -> Void) {
        var messageStart = messageStart
        while true {
            if let uniqueid = takeUsualLines(messageStart) {
                passOn(uniqueid, body)
                messageStart = lineStart
                continue
            }
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
                    if !headers.isEmpty { passOn(Message.unsearched, body) }
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

    /// Passes on the message whose headers are complete.
    private mutating func passOn(_ uniqueid: Int, _ body: (Output) -> Void) {
        body(.message(Message(kind: kind, storage: buffer, headers: headers, uniqueid: uniqueid)))
        headers.removeAll(keepingCapacity: true)
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

    /// Reads the usual lines of one message in one pass over the bytes: the head of a live event, its headers, and the
    /// empty line that ends it. Stops before any other line, which ``read(messageStart:_:)`` judges.
    ///
    /// - Returns: which header names the channel, as ``Message`` keeps it. nil if the message is not complete.
    private mutating func takeUsualLines(_ messageStart: Int) -> Int? {
        guard state == .headers, searched == lineStart else { return nil }
        if headers.isEmpty, !takeHeadOfEvent() { return nil }
        let before = headers.count
        let isChecked = !mayRepeat
        var channel = hasChannel || mayRepeat ? Message.unsearched : Message.absent
        var start = lineStart
        buffer.withUnsafeBufferPointer { bytes in
            // Within the length of one line no limit can be exceeded: what lies beyond is judged line by line.
            let limit = min(bytes.count, messageStart + Limits.lineBytes)
            headers.append(addingCapacity: Limits.messageLines - before) { headers in
                while !headers.isFull, let (header, next) = Self.usualLine(in: bytes, from: start, to: limit) {
                    if isChecked {
                        let index = before &+ headers.count
                        switch Self.rank(of: header, index, hasChannel: channel != Message.absent, in: bytes) {
                        case .ordinary: break
                        case .channel: channel = index
                        case .secondHead: return
                        }
                    }
                    headers.append(header)
                    start = next
                }
            }
        }
        if isChecked { hasChannel = channel != Message.absent }
        let isComplete = takeEmptyLine(at: &start)
        lineStart = start
        searched = start
        return isComplete ? channel : nil
    }

    /// Begins an event that has no header twice, if the line is its head and nothing about it is unusual
    /// (``begin(_:)``).
    private mutating func takeHeadOfEvent() -> Bool {
        guard role == .client else { return false }
        let start = lineStart
        let head = buffer.withUnsafeBufferPointer { bytes -> (header: Message.Header, next: Int)? in
            let limit = min(bytes.count, start + Limits.lineBytes)
            guard let (head, next) = Self.usualLine(in: bytes, from: start, to: limit) else { return nil }
            let (value, end) = (Int(head.valueStart), Int(head.end))
            // A colon is searched a little beyond the line, so that its end is not compared byte by byte.
            let colon = firstIndex(
                of: UInt8(ascii: ":"), in: bytes, from: value, to: min(end &+ searchStep, bytes.count))
            guard equalIgnoringCase(bytes, start, Int(head.nameLength), "Event"), colon ?? end >= end,
                !equalIgnoringCase(bytes, value, end &- value, "UserEvent")
            else { return nil }
            return (head, next)
        }
        guard let head else { return false }
        kind = .event
        mayRepeat = false
        hasChannel = false
        headers.append(head.header)
        lineStart = head.next
        searched = head.next
        return true
    }

    /// Whether the line is empty; then the next one starts behind it.
    private func takeEmptyLine(at start: inout Int) -> Bool {
        let end = start < buffer.count && buffer[start] == UInt8(ascii: "\r") ? start + 1 : start
        guard end < buffer.count, buffer[end] == UInt8(ascii: "\n") else { return false }
        start = end + 1
        return true
    }

    /// A header line that ends before `limit`, and where the next line starts; nil for any other.
    @inline(__always)
    private static func usualLine(
        in bytes: UnsafeBufferPointer<UInt8>, from start: Int, to limit: Int
    ) -> (header: Message.Header, next: Int)? {
        let (lineEnd, colon) = (UInt8(ascii: "\n"), UInt8(ascii: ":"))
        guard let nameEnd = firstIndex(of: lineEnd, or: colon, in: bytes, from: start, to: limit), nameEnd > start,
            bytes[nameEnd] == colon,
            let next = firstIndex(of: lineEnd, in: bytes, from: nameEnd &+ 1, to: limit)
        else { return nil }
        let end = bytes[next &- 1] == UInt8(ascii: "\r") ? next &- 1 : next
        return (header(from: start, colon: nameEnd, to: end, in: bytes), next &+ 1)
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
        } else if !mayRepeat {
            switch buffer.withUnsafeBufferPointer({
                Self.rank(of: header, headers.count, hasChannel: hasChannel, in: $0)
            }) {
            case .ordinary: break
            case .channel: hasChannel = true
            case .secondHead: return .cut
            }
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
    private static func header(
        from start: Int, to end: Int, in bytes: UnsafeBufferPointer<UInt8>
    ) -> Message.Header? {
        guard let colon = firstIndex(of: UInt8(ascii: ":"), in: bytes, from: start, to: end), colon > start else {
            return nil
        }
        return header(from: start, colon: colon, to: end, in: bytes)
    }

    @inline(__always)
    private static func header(
        from start: Int, colon: Int, to end: Int, in bytes: UnsafeBufferPointer<UInt8>
    ) -> Message.Header {
        var valueStart = colon &+ 1
        // Asterisk writes exactly one blank, and a caller's name may begin with more. So one is removed.
        if valueStart < end, bytes[valueStart] == UInt8(ascii: " ") { valueStart &+= 1 }
        return Message.Header(
            start: Int32(truncatingIfNeeded: start), nameLength: Int32(truncatingIfNeeded: colon &- start),
            valueStart: Int32(truncatingIfNeeded: valueStart), end: Int32(truncatingIfNeeded: end))
    }

    private enum Rank { case ordinary, channel, secondHead }

    /// Whether header `index` belongs to another message's head, or is the one that names the channel. Asterisk writes
    /// `Event`, `Privilege` and nothing else at the head of a live event, and one snapshot without a prefix. None of
    /// 540,000 recorded events repeats one of these further down. (A `UserEvent` has what the dial plan says, and
    /// answers may repeat anything.)
    @inline(__always)
    private static func rank(
        of header: Message.Header, _ index: Int, hasChannel: Bool, in bytes: UnsafeBufferPointer<UInt8>
    ) -> Rank {
        func isNamed(_ name: StaticString) -> Bool {
            equalIgnoringCase(bytes, Int(header.start), Int(header.nameLength), name)
        }
        switch (header.nameLength, bytes[Int(header.start)] | 0x20) {
        case (5, UInt8(ascii: "e")): return isNamed("Event") ? .secondHead : .ordinary
        case (8, UInt8(ascii: "u")): return !isNamed("Uniqueid") ? .ordinary : hasChannel ? .secondHead : .channel
        case (9, UInt8(ascii: "p")): return index > 1 && isNamed("Privilege") ? .secondHead : .ordinary
        default: return .ordinary
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

    private mutating func discard(upTo start: Int) {
        guard start > 0 else { return }
        buffer = Array(buffer[start...])
        move(by: -start)
        searched = buffer.count
    }

    /// Offsets count from the start of the buffer.
    private mutating func move(by distance: Int) {
        guard distance != 0 else { return }
        lineStart = max(0, lineStart + distance)
        searched += distance
        let distance = Int32(truncatingIfNeeded: distance)
        for index in headers.indices {
            headers[index].start += distance
            headers[index].valueStart += distance
            headers[index].end += distance
        }
        for index in text.indices {
            text[index] = text[index].lowerBound + Int(distance)..<text[index].upperBound + Int(distance)
        }
    }
}
