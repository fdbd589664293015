import Telephony

/// Makes visits of the lines of a queue_log, in the order in which they were written; rotated files one after the other, oldest first.
///
/// Whatever is no line is counted and passed over; events that say nothing of visits (pauses, members, custom ones) are ignored.
public struct QueueLog: Sendable {
    public enum Limits {
        /// Asterisk's longest line has less than 1 kB; QueueLog actions can write more.
        static let lineBytes = 16_384
        /// Some 500 bytes each: half a gigabyte. Three thousand calls a day reach it in a year.
        public static let visits = 1_000_000
        /// A call that goes round and round through one queue: lines are about one of its last stays there.
        static let recentStays = 64
        /// Waiting callers among whom the place is looked for that another one took over.
        static let placesOfHeir = 1000
        /// Conversations of one member in one queue that may be open: a phone has few lines, and an end that was never written leaves one behind.
        static let recentConversations = 16
    }

    public struct Counts: Equatable, Sendable {
        public var lines = 0
        /// Lines that are none: cut, too long, without a time.
        public var malformed = 0
        /// Runs of NUL bytes, with which a file system fills what a power failure has not let it write. Lines may be lost there.
        public var blanks = 0
        /// A last line without its end: the switch was writing it. It is not used.
        public var torn = 0
        /// Lines that belong to no visit, e.g. a second ABANDON of one visit (before Asterisk 13.16).
        public var repeated = 0
    }

    public private(set) var visits: [LoggedVisit] = []
    public private(set) var counts = Counts()
    public private(set) var firstLine: UnixTime?
    public private(set) var lastLine: UnixTime?
    /// Of the file that is being read; a rotated file that is older than the one before was given in the wrong order.
    public private(set) var firstLineOfFile: UnixTime?
    /// More visits than ``Limits/visits``: those that follow were left out.
    public private(set) var isFull = false

    /// Visits by whom the log's lines are about, oldest first: only the last one can be waiting.
    private var places: [Place: [Int]] = [:]
    private var entries: [Place: Int] = [:]
    /// Visits that wait in a queue, oldest first, and some that waited once.
    private var waiting: [QueueName: [Int]] = [:]
    /// Without an end: waiting or talking.
    private var open: Set<Int> = []
    /// Callers who were handed over to a place in some queue.
    private var heirs: [ChannelID: HandOver] = [:]
    /// The hand-over by which a visit got its heir.
    private var handOvers: [Int: HandOver] = [:]
    /// Conversations that have begun, by the member, oldest first.
    private var conversations: [Conversation: [Int]] = [:]
    private var line: [UInt8] = []
    private var isTooLong = false
    private var isInBlank = false
    private var isFirstOfFile = true

    public init() {}

    private struct HandOver {
        var time: UnixTime
        /// The channel that waits, where the line is written under it.
        var consultation: ChannelID?
    }

    private struct Conversation: Hashable {
        var queue: QueueName
        var agent: String
    }

    /// Bytes of a file, cut anywhere.
    public mutating func receive(_ bytes: some Collection<UInt8>) {
        var rest = bytes[...]
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            append(rest[..<end])
            endLine()
            rest = rest[rest.index(after: end)...]
        }
        append(rest)
    }

    /// The end of one file; another may follow.
    public mutating func endFile() {
        if !line.isEmpty || isTooLong { counts.torn += 1 }
        firstLineOfFile = nil
        dropLine()
        isFirstOfFile = true
        isInBlank = false
    }

    /// Passes over NUL bytes. What stands before them is half a line: where it breaks off, its last number may have lost digits.
    private mutating func append(_ bytes: some Collection<UInt8>) {
        var rest = bytes[...]
        while let blank = rest.firstIndex(of: 0) {
            appendPlain(rest[..<blank])
            if !line.isEmpty || isTooLong {
                counts.lines += 1
                counts.malformed += 1
                dropLine()
            }
            if !isInBlank { counts.blanks += 1 }
            isInBlank = true
            rest = rest[blank...].drop { $0 == 0 }
        }
        appendPlain(rest)
    }

    private mutating func appendPlain(_ bytes: some Collection<UInt8>) {
        guard !bytes.isEmpty else { return }
        isInBlank = false
        if line.count + bytes.count > Limits.lineBytes { isTooLong = true } else { line.append(contentsOf: bytes) }
    }

    private mutating func dropLine() {
        line.removeAll(keepingCapacity: true)
        isTooLong = false
    }

    private mutating func endLine() {
        defer { dropLine() }
        // The mark that editors of Windows put before UTF-8.
        if isFirstOfFile, line.starts(with: [0xEF, 0xBB, 0xBF]) { line.removeFirst(3) }
        isFirstOfFile = false
        if line.last == UInt8(ascii: "\r") { line.removeLast() }
        guard !line.isEmpty || isTooLong else { return }
        counts.lines += 1
        guard !isTooLong, let parsed = QueueLogLine(line[...]) else {
            counts.malformed += 1
            return
        }
        if firstLine == nil { firstLine = parsed.time }
        if firstLineOfFile == nil { firstLineOfFile = parsed.time }
        lastLine = max(lastLine ?? parsed.time, parsed.time)
        read(parsed)
    }

    // MARK: what lines mean

    private mutating func read(_ line: QueueLogLine) {
        switch line.event {
        case .other: break
        case .started: restarted(at: line.time)
        case .entered(let position): entered(line, position)
        case .connected(let wait):
            guard let index = place(of: line, wait: wait) else { return }
            visits[index].outcome = .answered
            visits[index].left = line.time
            visits[index].wait = wait
            visits[index].agent = line.agent
            let conversation = Conversation(queue: line.queue, agent: line.agent)
            conversations[conversation] = (conversations[conversation] ?? []).suffix(Limits.recentConversations - 1) + [index]
        case .left(let exit, let position, let wait):
            guard let index = place(of: line, wait: wait) else { return }
            visits[index].outcome =
                switch exit {
                case .abandoned: .abandoned
                case .timeout: .flowOut(.timeout)
                case .key: .flowOut(.key)
                case .empty: .flowOut(.empty)
                case .withdrawn: .flowOut(.withdrawn)
                case .incompatible: .incompatible
                }
            visits[index].left = line.time
            visits[index].wait = wait
            if let position { visits[index].position = position }
            open.remove(index)
        case .completed(let ending, let wait, let talk, let position, let handsOverPlace):
            let index = completed(line, ending, wait: wait, talk: talk, position)
            guard handsOverPlace, let index, heirs.count < Limits.visits else { return }
            let caller = visits[index].call
            heirs[caller] = HandOver(time: line.time, consultation: caller == line.call ? nil : line.call)
        }
    }

    private mutating func entered(_ line: QueueLogLine, _ position: Int?) {
        // In the same place once more: how the stay before ended was never written.
        if let index = places[Place(call: line.call, queue: line.queue)]?.last, visits[index].outcome == .waiting {
            visits[index].outcome = .lost
            visits[index].left = line.time
            open.remove(index)
        }
        guard let index = add(line, joined: line.time, isPartial: false) else { return }
        visits[index].position = position
        waiting[line.queue, default: []].append(index)
    }

    private mutating func add(_ line: QueueLogLine, joined: UnixTime, isPartial: Bool) -> Int? {
        guard visits.count < Limits.visits else {
            isFull = true
            return nil
        }
        let place = Place(call: line.call, queue: line.queue)
        entries[place, default: 0] += 1
        var visit = LoggedVisit(call: line.call, queue: line.queue, entry: entries[place] ?? 1, joined: joined)
        visit.isPartial = isPartial
        let index = visits.count
        visits.append(visit)
        places[place, default: []].append(index)
        open.insert(index)
        return index
    }

    private func recent(_ line: QueueLogLine) -> ArraySlice<Int> {
        (places[Place(call: line.call, queue: line.queue)] ?? []).suffix(Limits.recentStays)
    }

    /// The visit that waits and that this line is about; a new, partial one where the log begins later than the visit; nil for a line that
    /// repeats what was told.
    private mutating func place(of line: QueueLogLine, wait: Span?) -> Int? {
        let known = recent(line)
        if let index = known.last, visits[index].outcome == .waiting { return index }
        if let index = known.last, visits[index].call == line.call, giveBack(index) { return index }
        if let index = inherited(line, wait: wait) { return index }
        let joined = UnixTime(microseconds: line.time.microseconds - (wait ?? .zero).microseconds)
        // Of a visit that has its end already: the same joining, give or take the truncated second.
        let second = Span.seconds(1).microseconds
        if known.contains(where: { wait == nil || abs(visits[$0].joined.microseconds - joined.microseconds) <= second }) {
            counts.repeated += 1
            return nil
        }
        return add(line, joined: joined, isPartial: true)
    }

    /// The caller was handed over to the place of an agent's consultation: ENTERQUEUE has the agent's channel, which says nothing more, and what
    /// follows has the caller's. The wait is counted from the agent's joining, and tells which of several places it was.
    private mutating func inherited(_ line: QueueLogLine, wait: Span?) -> Int? {
        guard let handOver = heirs[line.call] else { return nil }
        waiting[line.queue]?.removeAll { visits[$0].outcome != .waiting }
        let joined = wait.map { UnixTime(microseconds: line.time.microseconds - $0.microseconds) }
        guard let index = place(in: line.queue, handOver, joined: joined) else { return nil }
        heirs[line.call] = nil
        handOvers[index] = handOver
        visits[index].heir = line.call
        // The conversation's end will be told of the heir.
        places[Place(call: line.call, queue: line.queue), default: []].append(index)
        return index
    }

    /// The place that was handed over: of the consultation where it is known, otherwise the one that joined when the wait began, otherwise the youngest.
    private func place(in queue: QueueName, _ handOver: HandOver, joined: UnixTime?) -> Int? {
        let places = (waiting[queue] ?? []).suffix(Limits.placesOfHeir).filter {
            visits[$0].outcome == .waiting && visits[$0].joined <= handOver.time
        }
        if let consultation = handOver.consultation { return places.last { visits[$0].call == consultation } }
        guard let joined else { return places.last }
        let near = places.map { (index: $0, distance: abs((visits[$0].joined - joined).microseconds)) }
            .filter { $0.distance <= Span.seconds(1).microseconds }
        return near.reversed().min { $0.distance < $1.distance }?.index ?? places.last
    }

    /// The one whose place was said to be taken over tells of itself: it was another's, who joined in the same second or the one beside it.
    private mutating func giveBack(_ index: Int) -> Bool {
        let taken = visits[index]
        guard let heir = taken.heir, let handOver = handOvers[index] else { return false }
        let joined = taken.left.flatMap { left in taken.wait.map { UnixTime(microseconds: left.microseconds - $0.microseconds) } }
        guard let other = place(in: taken.queue, handOver, joined: joined) else { return false }
        var own = LoggedVisit(call: taken.call, queue: taken.queue, entry: taken.entry, joined: taken.joined)
        own.position = taken.position
        var inherited = taken
        (inherited.call, inherited.entry, inherited.joined) = (visits[other].call, visits[other].entry, visits[other].joined)
        inherited.isPartial = visits[other].isPartial
        if inherited.ended == nil { inherited.position = visits[other].position }
        (visits[index], visits[other]) = (own, inherited)
        handOvers[other] = handOvers.removeValue(forKey: index)
        let place = Place(call: heir, queue: taken.queue)
        places[place] = (places[place] ?? []).map { $0 == index ? other : $0 }
        if let agent = taken.agent {
            let conversation = Conversation(queue: taken.queue, agent: agent)
            conversations[conversation] = conversations[conversation]?.map { $0 == index ? other : $0 }
        }
        open.insert(index)
        if inherited.isClosed { open.remove(other) }
        let before = waiting[taken.queue] ?? []
        waiting[taken.queue] = before.filter { $0 < index } + [index] + before.filter { $0 > index }
        return true
    }

    /// The visit whose conversation it was; nil for a line that repeats what was told.
    private mutating func completed(
        _ line: QueueLogLine, _ ending: LoggedVisit.Ending, wait: Span, talk: Span, _ position: Int?
    ) -> Int? {
        let known = recent(line)
        let talking = known.filter { isTalking($0) }
        // A COMPLETE may come late, after the same call was in the same queue again: its wait tells which conversation it is about.
        var index = talking.first { visits[$0].wait == wait } ?? talking.last
        if index == nil {
            let start = UnixTime(microseconds: line.time.microseconds - wait.microseconds - talk.microseconds)
            if known.contains(where: { visits[$0].ended == line.time }) {
                counts.repeated += 1
                return nil
            }
            index = conversation(of: line, wait: wait, began: start + wait)
            if let index { visits[index].endedAs = line.call }
            if index == nil, let added = add(line, joined: start, isPartial: true) {
                visits[added].outcome = .answered
                visits[added].wait = wait
                visits[added].left = start + wait
                index = added
            }
        }
        guard let index else { return nil }
        if visits[index].agent == nil { visits[index].agent = line.agent }
        visits[index].ended = line.time
        visits[index].ending = ending
        visits[index].talk = talk
        if let position { visits[index].position = position }
        open.remove(index)
        return index
    }

    private func isTalking(_ index: Int) -> Bool {
        visits[index].outcome == .answered && visits[index].ended == nil && visits[index].restarted == nil
    }

    /// The conversation that ends under another channel's name than it began: of the same member in the same queue, after the same wait, begun in that
    /// second, give or take the truncation. Another channel took the caller's part (a Local channel that was optimised away), or the line is
    /// written under the agent's consultation.
    private func conversation(of line: QueueLogLine, wait: Span, began: UnixTime) -> Int? {
        let same = (conversations[Conversation(queue: line.queue, agent: line.agent)] ?? []).filter {
            isTalking($0) && visits[$0].wait == wait
                && visits[$0].left.map { abs(($0 - began).microseconds) <= Span.seconds(1).microseconds } == true
        }
        return same.count == 1 ? same[0] : nil
    }

    /// The switch was started: what was open then will have no end.
    private mutating func restarted(at time: UnixTime) {
        for index in open.sorted() {
            visits[index].restarted = time
            if visits[index].outcome == .waiting { visits[index].outcome = .lost }
        }
        open.removeAll()
        waiting.removeAll()
        heirs.removeAll()
        conversations.removeAll()
    }
}
