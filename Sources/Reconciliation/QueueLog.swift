import Telephony
import Time

/// Builds visits from the lines of a queue_log, in the order in which they were written; rotated files one after the
/// other, oldest first.
///
/// Bytes that are not a line are counted and skipped. Events that do not concern visits (pauses, members, custom ones)
/// are ignored.
public struct QueueLog: Sendable {
    public struct Counts: Equatable, Sendable {
        public var lines = 0
        /// Malformed lines: cut, too long, without a time.
        public var malformed = 0
        /// Runs of NUL bytes, which a file system leaves where a power failure kept it from writing. Lines may be lost
        /// there.
        public var blanks = 0
        /// A last line without an end: the switch was writing it. It is not used.
        public var torn = 0
        /// Lines that belong to no visit, e.g. a second ABANDON of one visit (before Asterisk 13.16).
        public var repeated = 0
    }

    public var visits: [LoggedVisit] {
        absorbed.isEmpty ? all : all.indices.filter { !absorbed.contains($0) }.map { all[$0] }
    }
    private var all: [LoggedVisit] = []
    /// Indices of partial visits that turned out to be a part of another one.
    private var absorbed: Set<Int> = []
    /// The last partial visit made from a line of a call that had not joined there: a hand-over that is logged late may
    /// explain it.
    private var unjoined: [ChannelID: Int] = [:]
    public private(set) var counts = Counts()
    public private(set) var firstLine: UnixTime?
    public private(set) var lastLine: UnixTime?
    /// The first line of the present file. A rotated file that is older than the one before was given in the wrong
    /// order.
    public private(set) var firstLineOfFile: UnixTime?
    /// There are more visits than ``Limits/visits``: the later ones were left out.
    public private(set) var isFull = false

    /// Visits by the key of their lines, oldest first: only the last one can be waiting.
    private var places: [Place: [Int]] = [:]
    private var entries: [Place: Int] = [:]
    /// Visits that wait in a queue, oldest first, and some that no longer wait.
    private var waiting: [QueueName: [Int]] = [:]
    /// Visits without an end: waiting or talking.
    private var open: Set<Int> = []
    /// Callers who were handed over to a place in some queue.
    private var heirs: [ChannelID: HandOver] = [:]
    /// The hand-over by which a visit got its heir.
    private var handOvers: [Int: HandOver] = [:]
    /// Conversations that have begun, by member, oldest first.
    private var conversations: [Conversation: [Int]] = [:]
    /// When the switch was started.
    private var starts: Set<UnixTime> = []
    /// The last ENTERQUEUE had been read before.
    private var isRepeating = false
    private var line: [UInt8] = []
    private var isTooLong = false
    private var isInBlank = false
    private var isFirstOfFile = true

    public init() {}

    private struct HandOver {
        var time: UnixTime
        /// The waiting channel, if the line is written under it.
        var consultation: ChannelID?
    }

    private struct Conversation: Hashable {
        var queue: QueueName
        var agent: String
    }

    /// Takes bytes of a file, split anywhere.
    public mutating func receive(_ bytes: some Collection<UInt8>) {
        var rest = bytes[...]
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            append(rest[..<end])
            endLine()
            rest = rest[rest.index(after: end)...]
        }
        append(rest)
    }

    /// Call at the end of a file; another may follow.
    public mutating func endFile() {
        if !line.isEmpty || isTooLong { counts.torn += 1 }
        firstLineOfFile = nil
        dropLine()
        isFirstOfFile = true
        isInBlank = false
    }

    /// Skips NUL bytes. What comes before them is half a line: its last number may have lost digits.
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
        // The byte order mark that Windows editors write before UTF-8.
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

    // MARK: meaning of the lines

    private mutating func read(_ line: QueueLogLine) {
        switch line.event {
        case .other: break
        case .started:
            // Read again: it ends none of the visits that have begun since.
            if starts.contains(line.time), lastLine.map({ line.time < $0 }) == true {
                counts.repeated += 1
                return
            }
            if starts.count < Limits.visits { starts.insert(line.time) }
            restarted(at: line.time)
        case .entered(let position): entered(line, position)
        case .connected(let wait):
            guard let index = place(of: line, wait: wait) else { return }
            all[index].outcome = .answered
            all[index].left = line.time
            all[index].wait = wait
            all[index].agent = line.agent
            let conversation = Conversation(queue: line.queue, agent: line.agent)
            conversations[conversation] =
                (conversations[conversation] ?? []).suffix(Limits.recentConversations - 1) + [index]
        case .left(let exit, let position, let wait):
            guard let index = place(of: line, wait: wait) else { return }
            all[index].outcome =
                switch exit {
                case .abandoned: .abandoned
                case .timeout: .flowOut(.timeout)
                case .key: .flowOut(.key)
                case .empty: .flowOut(.empty)
                case .withdrawn: .flowOut(.withdrawn)
                case .incompatible: .incompatible
                }
            all[index].left = line.time
            all[index].wait = wait
            if let position { all[index].position = position }
            open.remove(index)
        case .completed(let ending, let wait, let talk, let position, let handsOverPlace):
            let index = completed(line, ending, wait: wait, talk: talk, position)
            guard handsOverPlace, let index, heirs.count < Limits.visits else { return }
            // The line is under another name than the conversation began: that of the waiting consultation, or of a
            // channel that took the caller's part and is handed over.
            let isConsultation = line.call != all[index].call && isWaiting(line.call)
            let caller = isConsultation ? all[index].call : line.call
            heirs[caller] = HandOver(time: line.time, consultation: isConsultation ? line.call : nil)
            inheritAfterwards(caller)
        }
    }

    private func isWaiting(_ call: ChannelID) -> Bool {
        open.contains { all[$0].call == call && all[$0].outcome == .waiting }
    }

    /// Whether this ENTERQUEUE was read before: two rotated files overlap, or one was appended twice. The lines went back
    /// in time, to the second in which the same call joined the same queue. The other lines of such a stay repeat its
    /// end, and are recognised by that.
    private mutating func isReadAgain(_ line: QueueLogLine) -> Bool {
        let isBack = lastLine.map { line.time < $0 } == true || isRepeating
        isRepeating =
            isBack
            && (places[Place(call: line.call, queue: line.queue)] ?? []).contains {
                all[$0].joined == line.time && !all[$0].isPartial
            }
        return isRepeating
    }

    private mutating func entered(_ line: QueueLogLine, _ position: Int?) {
        guard !isReadAgain(line) else {
            counts.repeated += 1
            return
        }
        // The same place again: the end of the previous stay was never written.
        if let index = places[Place(call: line.call, queue: line.queue)]?.last, all[index].outcome == .waiting {
            all[index].outcome = .lost
            all[index].left = line.time
            open.remove(index)
        }
        guard let index = add(line, joined: line.time, isPartial: false) else { return }
        all[index].position = position
        waiting[line.queue, default: []].append(index)
    }

    private mutating func add(_ line: QueueLogLine, joined: UnixTime, isPartial: Bool) -> Int? {
        guard all.count < Limits.visits else {
            isFull = true
            return nil
        }
        let place = Place(call: line.call, queue: line.queue)
        entries[place, default: 0] += 1
        var visit = LoggedVisit(call: line.call, queue: line.queue, entry: entries[place] ?? 1, joined: joined)
        visit.isPartial = isPartial
        let index = all.count
        all.append(visit)
        places[place, default: []].append(index)
        open.insert(index)
        return index
    }

    private func recent(_ line: QueueLogLine) -> ArraySlice<Int> {
        (places[Place(call: line.call, queue: line.queue)] ?? []).suffix(Limits.recentStays)
    }

    /// The waiting visit that this line concerns; a new, partial one if the log begins later than the visit; nil for a
    /// line that repeats an earlier one.
    private mutating func place(of line: QueueLogLine, wait: Span?) -> Int? {
        let known = recent(line)
        if let index = known.last, all[index].outcome == .waiting { return index }
        if let index = known.last, all[index].call == line.call, giveBack(index) { return index }
        if let index = inherited(line, wait: wait) { return index }
        let joined = UnixTime(microseconds: line.time.microseconds - (wait ?? .zero).microseconds)
        // A visit with an end already, and the same joining within the truncated second.
        let second = Span.seconds(1).microseconds
        if known.contains(where: { wait == nil || abs(all[$0].joined.microseconds - joined.microseconds) <= second }) {
            counts.repeated += 1
            return nil
        }
        let index = add(line, joined: joined, isPartial: true)
        if let index, wait != nil { unjoined[line.call] = index }
        return index
    }

    /// The caller was handed over to the place of an agent's consultation. ENTERQUEUE has the agent's channel, which
    /// has no further lines; the later lines have the caller's. The wait counts from the agent's joining, and selects
    /// the place among several.
    private mutating func inherited(_ line: QueueLogLine, wait: Span?) -> Int? {
        guard let handOver = heirs[line.call] else { return nil }
        waiting[line.queue]?.removeAll { all[$0].outcome != .waiting }
        let joined = wait.map { UnixTime(microseconds: line.time.microseconds - $0.microseconds) }
        guard let index = place(in: line.queue, handOver, joined: joined) else { return nil }
        heirs[line.call] = nil
        handOvers[index] = handOver
        all[index].heir = line.call
        // The conversation's end will be logged under the heir.
        places[Place(call: line.call, queue: line.queue), default: []].append(index)
        return index
    }

    /// On a busy machine the hand-over is written after the heir's own first line, which then belonged to no place: it
    /// made a partial visit in the queue of a place that still waits, with the same beginning.
    private mutating func inheritAfterwards(_ caller: ChannelID) {
        guard let handOver = heirs[caller], let early = unjoined.removeValue(forKey: caller),
            let left = all[early].left,
            handOver.time - left <= Evidence.latestLine,
            let index = place(in: all[early].queue, handOver, joined: all[early].joined),
            abs((all[index].joined - all[early].joined).microseconds) <= Span.seconds(1).microseconds
        else { return }
        var inherited = all[early]
        (inherited.call, inherited.entry, inherited.joined) = (all[index].call, all[index].entry, all[index].joined)
        inherited.isPartial = all[index].isPartial
        if inherited.ended == nil { inherited.position = all[index].position }
        inherited.heir = caller
        all[index] = inherited
        absorbed.insert(early)
        heirs[caller] = nil
        handOvers[index] = handOver
        let place = Place(call: caller, queue: inherited.queue)
        entries[place, default: 1] -= 1
        places[place] = places[place]?.map { $0 == early ? index : $0 }
        if let agent = inherited.agent {
            let conversation = Conversation(queue: inherited.queue, agent: agent)
            conversations[conversation] = conversations[conversation]?.map { $0 == early ? index : $0 }
        }
        open.remove(early)
        if inherited.isClosed { open.remove(index) }
    }

    /// The place that was handed over: the consultation's if known, otherwise the one that joined when the wait began,
    /// otherwise the youngest.
    private func place(in queue: QueueName, _ handOver: HandOver, joined: UnixTime?) -> Int? {
        let places = (waiting[queue] ?? []).suffix(Limits.placesOfHeir).filter {
            all[$0].outcome == .waiting && all[$0].joined <= handOver.time
        }
        if let consultation = handOver.consultation { return places.last { all[$0].call == consultation } }
        guard let joined else { return places.last }
        let near = places.map { (index: $0, distance: abs((all[$0].joined - joined).microseconds)) }
            .filter { $0.distance <= Span.seconds(1).microseconds }
        return near.reversed().min { $0.distance < $1.distance }?.index ?? places.last
    }

    /// A channel whose place was assigned to an heir has a line of its own: the inherited place was another's, who
    /// joined in the same second or an adjacent one.
    private mutating func giveBack(_ index: Int) -> Bool {
        let taken = all[index]
        guard let heir = taken.heir, let handOver = handOvers[index] else { return false }
        let joined = taken.left.flatMap { left in
            taken.wait.map { UnixTime(microseconds: left.microseconds - $0.microseconds) }
        }
        guard let other = place(in: taken.queue, handOver, joined: joined) else { return false }
        var own = LoggedVisit(call: taken.call, queue: taken.queue, entry: taken.entry, joined: taken.joined)
        own.position = taken.position
        var inherited = taken
        (inherited.call, inherited.entry, inherited.joined) = (all[other].call, all[other].entry, all[other].joined)
        inherited.isPartial = all[other].isPartial
        if inherited.ended == nil { inherited.position = all[other].position }
        (all[index], all[other]) = (own, inherited)
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

    /// The visit of this conversation; nil for a line that repeats an earlier one.
    private mutating func completed(
        _ line: QueueLogLine, _ ending: LoggedVisit.Ending, wait: Span, talk: Span, _ position: Int?
    ) -> Int? {
        let known = recent(line)
        let talking = known.filter { isTalking($0) }
        // A COMPLETE may come late, after the same call was in the same queue again: its wait selects the conversation.
        var index = talking.first { all[$0].wait == wait } ?? talking.last
        if index == nil {
            let start = UnixTime(microseconds: line.time.microseconds - wait.microseconds - talk.microseconds)
            if known.contains(where: { all[$0].ended == line.time })
                || known.isEmpty && isTold(line, wait: wait, talk: talk, position)
            {
                counts.repeated += 1
                return nil
            }
            index = conversation(of: line, wait: wait, began: start + wait, position)
            if let index { all[index].endedAs = line.call }
            if index == nil, let added = add(line, joined: start, isPartial: true) {
                all[added].outcome = .answered
                all[added].wait = wait
                all[added].left = start + wait
                index = added
            }
        }
        guard let index else { return nil }
        if all[index].agent == nil { all[index].agent = line.agent }
        all[index].ended = line.time
        all[index].ending = ending
        all[index].talk = talk
        if let position { all[index].position = position }
        open.remove(index)
        return index
    }

    /// Whether the end of this conversation was already written, by a line with the same member, wait, talk and
    /// position. When an agent hands a caller over to a ringing phone, the switch writes COMPLETE… and
    /// ATTENDEDTRANSFER, in either order. One or both are under the consultation's channel, which never joined this
    /// queue.
    private func isTold(_ line: QueueLogLine, wait: Span, talk: Span, _ position: Int?) -> Bool {
        (conversations[Conversation(queue: line.queue, agent: line.agent)] ?? []).contains {
            let end = all[$0]
            guard end.wait == wait, end.position == position, let ended = end.ended, let told = end.talk else {
                return false
            }
            return abs((line.time - ended).microseconds) <= Span.seconds(1).microseconds
                && abs((told - talk).microseconds) <= Span.seconds(1).microseconds
        }
    }

    private func isTalking(_ index: Int) -> Bool {
        all[index].outcome == .answered && all[index].ended == nil && all[index].restarted == nil
    }

    /// The conversation that ends under another channel's name than it began: of the same member in the same queue,
    /// after the same wait, begun in that second within the truncation. Another channel took the caller's part (a Local
    /// channel that was optimised away), or the line is written under the agent's consultation.
    private func conversation(of line: QueueLogLine, wait: Span, began: UnixTime, _ position: Int?) -> Int? {
        var same = (conversations[Conversation(queue: line.queue, agent: line.agent)] ?? []).filter {
            isTalking($0) && all[$0].wait == wait
                && all[$0].left.map { abs(($0 - began).microseconds) <= Span.seconds(1).microseconds } == true
        }
        // A phone that takes two calls at once may have answered both in one second: the position at joining
        // distinguishes them.
        if same.count > 1 { same = same.filter { position != nil && all[$0].position == position } }
        return same.count == 1 ? same[0] : nil
    }

    /// The switch was started: visits that were open then will have no end.
    private mutating func restarted(at time: UnixTime) {
        for index in open.sorted() {
            all[index].restarted = time
            if all[index].outcome == .waiting { all[index].outcome = .lost }
        }
        open.removeAll()
        waiting.removeAll()
        heirs.removeAll()
        conversations.removeAll()
    }
}
