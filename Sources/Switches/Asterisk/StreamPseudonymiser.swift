import AMI
import Wire

/// Rewrites AMI messages so that nobody can be identified from them. Everything else is kept: order and names of
/// headers, unknown and repeated headers, identifiers, queues, times. ``HeaderTreatment`` defines the treatment of each
/// header.
///
/// It cannot recognise a person's name in the name of a queue, context or device (`PJSIP/mrossi`), or a number of fewer
/// than five digits.
public struct StreamPseudonymiser: Sendable {
    private var pseudonyms: Pseudonyms
    private let notice: AsteriskTranslator.QueueStatusNotice
    /// Queues and contexts that were seen. A free text that is one of them reveals nothing more.
    private var vocabulary: Set<String> = []
    private static let vocabularyKept = 20_000
    static let ownActionIDs = "record-"

    /// Asterisk's own words in free texts.
    private static let words: Set = [
        "TIMEOUT", "FULL", "JOINEMPTY", "LEAVEEMPTY", "JOINUNAVAIL", "LEAVEUNAVAIL", "CONTINUE", "WITHDRAW", "ANSWER",
        "BUSY", "NOANSWER",
        "CANCEL",
        "CONGESTION", "CHANUNAVAIL", "TRUE", "FALSE", "OK", "ERROR", "SUCCESS", "FAILURE", "Auto-Pause", "default",
    ]
    /// Applications whose arguments are free text.
    private static let talkative: Set = [
        "set", "mset", "noop", "verbose", "log", "userevent", "sendtext", "agi", "system", "trysystem",
    ]

    /// - Parameter notice: its headers report what became of a caller, and are kept.
    public init(key: [UInt8], notice: AsteriskTranslator.QueueStatusNotice = .init(), digests: Digests) {
        pseudonyms = Pseudonyms(key: key, digests: digests)
        self.notice = notice
    }

    /// The whole message in publishable form, with its empty line. The text of an old-style `Command` answer is left
    /// out.
    public mutating func rewritten(_ message: Message) -> [UInt8] {
        let title = message.value(at: 0)
        let isNotice = message.isTitled("UserEvent") && notice.events.contains(message["UserEvent"] ?? "")
        let isTalkative = (message["Application"]).map { Self.talkative.contains($0.lowercased()) } ?? false
        var result: [UInt8] = []
        var isOwn = false
        for index in 0..<message.count {
            let name = message.name(at: index)
            var treatment = HeaderTreatment(name, of: title)
            // After its name, a UserEvent has headers of any name and any content.
            if isOwn, ![.number, .name].contains(treatment) { treatment = .free }
            if message.isTitled("UserEvent"), name == "UserEvent" { isOwn = true }
            if isNotice,
                [notice.queueHeader, notice.statusHeader].contains(where: { $0.lowercased() == name.lowercased() })
            {
                treatment = .keep
            }
            if isTalkative, treatment == .text { treatment = .free }
            // Our own ActionID must match its list; another client's may contain anything.
            if name == "ActionID", message.value(at: index).hasPrefix(Self.ownActionIDs) { treatment = .keep }
            // A header's name is Asterisk's, except in a UserEvent: there it may be anything.
            result += text(Array(name.utf8), hasNames: true)
            result += ": ".utf8
            result += treated(Array(message.bytes(at: index)), treatment)
            result += "\r\n".utf8
            if treatment == .keep, name == "Queue" || name.hasSuffix("Context") { learn(message.value(at: index)) }
        }
        return result + "\r\n".utf8
    }

    private mutating func learn(_ word: String) {
        if vocabulary.count < Self.vocabularyKept, word.utf8.count <= Limits.learntWordBytes { vocabulary.insert(word) }
    }

    private mutating func treated(_ value: [UInt8], _ treatment: HeaderTreatment) -> [UInt8] {
        switch treatment {
        case .keep: value
        case .number: number(value)
        case .exten: exten(value)
        case .name: name(value)
        case .nameAndNumber: nameAndNumber(value)
        case .device: text(value, hasNames: false)
        case .text: text(value, hasNames: true)
        case .free: free(value)
        case .digit: value.map { (48...57).contains($0) ? 48 : $0 }
        }
    }

    // MARK: whole values

    private mutating func number(_ value: [UInt8]) -> [UInt8] {
        let string = String(decoding: value, as: UTF8.self)
        if Pseudonyms.isPlaceholder(string) { return value }
        if isNumber(value) { return digitsReplaced(value) }
        if ["tel:", "sip:", "sips:"].contains(where: string.lowercased().hasPrefix) {
            return text(value, hasNames: true)
        }
        // An extension, or one letter of the dial plan. The user of a SIP address is a person's name.
        let isCode =
            value.allSatisfy { Self.isDigit($0) || $0 == UInt8(ascii: "*") || $0 == UInt8(ascii: "#") }
            && value.count < 5
        return isCode || value.count < 2 ? value : Array(pseudonyms.name(string).utf8)
    }

    private mutating func exten(_ value: [UInt8]) -> [UInt8] {
        if isNumber(value) { return digitsReplaced(value) }
        let string = String(decoding: value, as: UTF8.self)
        let isWord = value.allSatisfy { (97...122).contains($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_") }
        let hasLetter = value.contains { (97...122).contains($0 | 0x20) || $0 >= 0x80 }
        if isWord || !hasLetter || vocabulary.contains(string) { return text(value, hasNames: false) }
        return Array(pseudonyms.name(string).utf8)
    }

    private mutating func name(_ value: [UInt8]) -> [UInt8] {
        // Channel events write a name escaped, queues write it raw: both are one name.
        let string = unescaped(String(decoding: value, as: UTF8.self))
        if Pseudonyms.isPlaceholder(string) { return value }
        if isNumber(value) { return digitsReplaced(value) }
        // A member without a name has its interface's name.
        if ["PJSIP/", "SIP/", "Local/", "Agent:", "IAX2/", "DAHDI/"].contains(where: string.hasPrefix) {
            return text(value, hasNames: false)
        }
        return Array(pseudonyms.name(string).utf8)
    }

    private mutating func nameAndNumber(_ value: [UInt8]) -> [UInt8] {
        guard let open = value.lastIndex(of: UInt8(ascii: "<")), value.last == UInt8(ascii: ">") else {
            return isNumber(value) ? digitsReplaced(value) : text(value, hasNames: true)
        }
        var title = value[..<open]
        while title.last == UInt8(ascii: " ") { title.removeLast() }
        let quoted = title.first == UInt8(ascii: "\"") && title.last == UInt8(ascii: "\"") && title.count > 1
        if quoted { title = title.dropFirst().dropLast() }
        let name = name(Array(title))
        let number = number(Array(value[(open + 1)..<(value.count - 1)]))
        let quote = quoted ? Array("\"".utf8) : []
        return quote + name + quote + Array(" <".utf8) + number + Array(">".utf8)
    }

    private mutating func free(_ value: [UInt8]) -> [UInt8] {
        let string = String(decoding: value, as: UTF8.self)
        if Pseudonyms.isPlaceholder(string) || Self.words.contains(string) || vocabulary.contains(string) {
            return value
        }
        if value.count(where: { (48...57).contains($0) }) == value.count, value.count < 5 { return value }
        if isNumber(value) { return digitsReplaced(value) }
        if let known = pseudonyms.known(string) { return Array(known.utf8) }
        // not a limit: the shortest identifier
        if value.count >= 12, epochIdentifier(value[...]) == value.count { return value }
        // `NAME=value` of a channel variable: the name is the dial plan's, the value may be anything.
        if let equals = value.firstIndex(of: UInt8(ascii: "=")), equals > 0, equals < Limits.variableNameBytes,
            value[..<equals].allSatisfy({ (65...90).contains($0) || (48...57).contains($0) || $0 == UInt8(ascii: "_") })
        {
            return value[...equals] + free(Array(value[(equals + 1)...]))
        }
        if ["PJSIP/", "SIP/", "Local/", "Agent:"].contains(where: string.hasPrefix), !value.contains(UInt8(ascii: " "))
        {
            return text(value, hasNames: false)
        }
        return Array(pseudonyms.word(value).utf8)
    }

    /// Whether the value consists of at least five digits and the signs that group them.
    private func isNumber(_ value: [UInt8]) -> Bool {
        var digits = 0
        for byte in value {
            if (48...57).contains(byte) { digits += 1 } else if !" +-./()".utf8.contains(byte) { return false }
        }
        return digits >= 5 && epochIdentifier(value[...]) != value.count
    }

    /// Replaces the digits by others in the same places.
    private mutating func digitsReplaced(_ value: some Collection<UInt8>) -> [UInt8] {
        let plus = value.first { $0 == UInt8(ascii: "+") || (48...57).contains($0) } == UInt8(ascii: "+")
        var mapped = pseudonyms.number(value.filter { (48...57).contains($0) }, hasPlus: plus).makeIterator()
        return value.map { (48...57).contains($0) ? mapped.next() ?? 48 : $0 }
    }

    // MARK: texts

    /// Replaces everything in a text that looks like a person's data.
    private mutating func text(_ value: [UInt8], hasNames: Bool) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(value.count)
        var index = 0
        while index < value.count {
            let isBoundary = index == 0 || !Self.isWord(value[index - 1])
            if isBoundary, let end = uuid(value, index) ?? epochEnd(value, index) {
                result += value[index..<end]
                index = end
            } else if isBoundary, let end = ipv4(value, index) {
                let address = Array(value[index..<end])
                let stays = address.starts(with: "127.".utf8) || address == Array("0.0.0.0".utf8)
                result += stays ? address : Array(pseudonyms.address(v4: address).utf8)
                index = end
            } else if isBoundary, let end = ipv6(value, index) {
                result += pseudonyms.address(v6: Array(value[index..<end])).utf8
                index = end
            } else if isBoundary, let end = user(value, index) {
                result += pseudonyms.user(value[index..<end]).utf8
                index = end
            } else if let end = host(value, index) {
                result += "@".utf8
                result += pseudonyms.host(value[(index + 1)..<end]).utf8
                index = end
            } else if let end = channelSuffix(value, index) {
                result += value[index..<end]
                index = end
            } else if let end = digitRun(value, index) {
                result += digitsReplaced(value[index..<end])
                index = end
            } else if hasNames, isBoundary, let (name, end) = knownName(value, index) {
                result += name.utf8
                index = end
            } else {
                result.append(value[index])
                index += 1
            }
        }
        return result
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (48...57).contains(byte) }
    private static func isHex(_ byte: UInt8) -> Bool { isDigit(byte) || (97...102).contains(byte | 0x20) }
    private static func isWord(_ byte: UInt8) -> Bool { isWordByte(byte) }

    private func isEnd(_ value: [UInt8], _ index: Int) -> Bool { index >= value.count || !Self.isWord(value[index]) }

    private func uuid(_ value: [UInt8], _ start: Int) -> Int? {
        guard start + 36 <= value.count, isEnd(value, start + 36) else { return nil }
        for offset in 0..<36 {  // not a limit: a UUID has 36 characters
            let byte = value[start + offset]
            guard [8, 13, 18, 23].contains(offset) ? byte == UInt8(ascii: "-") : Self.isHex(byte) else { return nil }
        }
        return start + 36
    }

    /// `1795402068.75`: seconds since 1970 and a counter. No dialled number has this form.
    private func epochIdentifier(_ value: ArraySlice<UInt8>) -> Int? {
        let digits = value.prefix { Self.isDigit($0) }
        guard digits.count == 10, digits.first == UInt8(ascii: "1"), value.dropFirst(10).first == UInt8(ascii: ".")
        else { return nil }
        let counter = value.dropFirst(11).prefix { Self.isDigit($0) }.count
        return counter > 0 && counter <= 7 ? 11 + counter : nil
    }

    private func epochEnd(_ value: [UInt8], _ start: Int) -> Int? {
        epochIdentifier(value[start...]).flatMap { isEnd(value, start + $0) ? start + $0 : nil }
    }

    private func ipv4(_ value: [UInt8], _ start: Int) -> Int? {
        var index = start
        for part in 0..<4 {
            let digits = value[index...].prefix { Self.isDigit($0) }
            guard (1...3).contains(digits.count), digits.reduce(0, { $0 * 10 + Int($1 - 48) }) <= UInt8.max else {
                return nil
            }
            index += digits.count
            if part < 3 {
                guard index < value.count, value[index] == UInt8(ascii: ".") else { return nil }
                index += 1
            }
        }
        return isEnd(value, index) && (index >= value.count || value[index] != UInt8(ascii: ".")) ? index : nil
    }

    /// With `::`, or at least five colons: a time of day has only two.
    private func ipv6(_ value: [UInt8], _ start: Int) -> Int? {
        let token = value[start...].prefix { Self.isHex($0) || $0 == UInt8(ascii: ":") }
        guard token.count >= 4, Self.isHex(value[start]) else { return nil }
        let colons = token.count { $0 == UInt8(ascii: ":") }
        let hasGap = zip(token, token.dropFirst()).contains { $0 == UInt8(ascii: ":") && $1 == UInt8(ascii: ":") }
        return colons >= 5 || hasGap ? token.endIndex : nil
    }

    /// The user of a `sip:` address, unless it is only digits.
    private func user(_ value: [UInt8], _ start: Int) -> Int? {
        let before = value[..<start]
        guard before.suffix(4) == Array("sip:".utf8)[...] || before.suffix(5) == Array("sips:".utf8)[...] else {
            return nil
        }
        let user = value[start...].prefix {
            $0 != UInt8(ascii: "@") && $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: ">")
        }
        guard user.endIndex < value.count, value[user.endIndex] == UInt8(ascii: "@"),
            user.contains(where: { (97...122).contains($0 | 0x20) })
        else { return nil }
        return user.endIndex
    }

    /// The host of a `sip:` address, from its `@` on, if it is a name.
    private func host(_ value: [UInt8], _ start: Int) -> Int? {
        guard value[start] == UInt8(ascii: "@") else { return nil }
        let before = value[max(0, start - 80)..<start]
        guard let scheme = before.lastIndex(of: UInt8(ascii: ":")),
            [Array("sip".utf8), Array("sips".utf8)].contains(where: { before[..<scheme].suffix($0.count) == $0[...] })
        else { return nil }
        let host = value[(start + 1)...].prefix {
            Self.isWord($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "-")
        }
        return host.contains { (97...122).contains($0 | 0x20) || $0 >= 0x80 } ? host.endIndex : nil
    }

    /// `-0000002a` or `-0000002a;1` after the name of a channel.
    private func channelSuffix(_ value: [UInt8], _ start: Int) -> Int? {
        guard value[start] == UInt8(ascii: "-"), start > 0, start + 9 <= value.count, isEnd(value, start + 9),
            value[(start + 1)..<(start + 9)].allSatisfy(Self.isHex)
        else { return nil }
        let token = value[..<start].reversed().prefix { Self.isWord($0) || "/@.-_+:;=".utf8.contains($0) }
        return token.contains(UInt8(ascii: "/")) ? start + 9 : nil
    }

    /// From a digit or plus on: a run of at least five digits, or groups of digits with at least six in all and no more
    /// than a number can have.
    private func digitRun(_ value: [UInt8], _ start: Int) -> Int? {
        var index = start
        if value[index] == UInt8(ascii: "+") { index += 1 }
        guard index < value.count, Self.isDigit(value[index]), start == 0 || !Self.isDigit(value[start - 1]) else {
            return nil
        }
        let first = index + value[index...].prefix { Self.isDigit($0) }.count
        var end = first
        var digits = first - index
        var groups = 1
        while end + 1 < value.count, " .-".utf8.contains(value[end]), Self.isDigit(value[end + 1]),
            channelSuffix(value, end) == nil
        {
            let next = value[(end + 1)...].prefix { Self.isDigit($0) }.count
            guard digits + next <= Limits.e164Digits else { break }
            digits += next
            groups += 1
            end += 1 + next
        }
        if groups > 1, digits >= 6 { return end }
        return first - index >= 5 ? first : nil
    }

    private func knownName(_ value: [UInt8], _ start: Int) -> (String, Int)? {
        let word = value[start...].prefix { Self.isWord($0) }
        guard !word.isEmpty else { return nil }
        for name in pseudonyms.names(beginningWith: Array(word))
        where value[start...].starts(with: name.bytes) && isEnd(value, start + name.bytes.count) {
            return (name.invented, start + name.bytes.count)
        }
        return nil
    }
}
