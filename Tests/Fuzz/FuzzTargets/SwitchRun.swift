import ACD
import AMI
import Contacts
import Directory
import Core
import Edges
import Gateway
import Records
import Switches
import Telephony
import Time
import Wire

/// A gateway with one switch, whose host is played by a script, and what must hold at any time.
struct SwitchRun {
    var expectations = Expectations()
    private(set) var askedInBetween = false
    private var gateway: Gateway
    private var now = Moment(uptime: .zero, date: UnixTime(seconds: 1_800_000_000))
    private var effects: [Effect] = []
    /// The connection that the link requested, until it is open; and the open one.
    private var wanted: ConnectionID?
    private var open: ConnectionID?
    private var seen: Set<ConnectionID> = []
    /// How many connections were opened, and when this one was: the ids of our actions are made from both.
    private var openings = 0
    private var opened = UnixTime(seconds: 0)
    private var lookups: [LookupID] = []
    private var closed: [ContactRecord] = []
    private var answers: [UInt8] = []

    private static let observer = ConnectionID(1)

    init(isRecording: Bool) {
        var configuration = Configuration().alone(SwitchID("sede"), isRecording: isRecording)
        configuration.queueDefaults.wrapUp = .seconds(2)
        configuration.switches[0].link.username = "cti"
        configuration.switches[0].secret = .init("s3cret")
        gateway = Gateway(configuration: configuration, digests: .invented, seed: 1)
        handle(.started)
    }

    var report: Report {
        var report = Report()
        report.add(gateway.core, closed: closed, at: now)
        return report
    }

    func difference(from other: SwitchRun) -> String {
        let (left, right) = (report, other.report)
        if left.queues != right.queues { return "queues \(left.queues) or \(right.queues)" }
        if left.agents != right.agents { return "agents \(left.agents) or \(right.agents)" }
        if left.gaps != right.gaps { return "gaps \(left.gaps) or \(right.gaps)" }
        if left.events != right.events { return "events \(left.events) or \(right.events)" }
        let contacts = zip(left.contacts, right.contacts).first { $0 != $1 }
        return "contacts \(left.contacts.count) or \(right.contacts.count), \(String(describing: contacts))"
    }

    // MARK: the host's part

    mutating func perform(_ step: SwitchScript.Step) {
        switch step {
        case .bytes(let bytes): receive(answering(bytes), isLast: true)
        case .wait(let milliseconds): advance(to: now + .milliseconds(milliseconds))
        case .sleep(let milliseconds):
            now = now + .milliseconds(milliseconds)
            handle(.deadlineReached)
        case .open: openIfWanted()
        case .close: close(isConfigurationFault: false)
        case .refuse: close(isConfigurationFault: true)
        case .found:
            guard let lookup = lookups.first else { return }
            lookups.removeFirst()
            handle(.found(lookup, DirectoryAnswer(number: .unavailable, match: .none)))
        }
    }

    mutating func receive(_ bytes: [UInt8], isLast: Bool) {
        openIfWanted()
        guard let open else { return }
        handle(.received(open, bytes))
        let lists = ["BridgeList", "CoreShowChannels", "QueueStatus"]
        if !isLast,
            effects.contains(where: {
                if case .send(open, let bytes) = $0 { lists.contains { bytes.contains($0) } } else { false }
            })
        {
            askedInBetween = true
        }
    }

    /// The bytes with `@n` replaced by the id of our n-th action on this connection.
    mutating func answering(_ bytes: [UInt8]) -> [UInt8] {
        openIfWanted()
        guard bytes.contains(UInt8(ascii: "@")) else { return bytes }
        let prefix = Array("ActionID: centralino-\(opened.microseconds / 1_000_000)-\(openings)-".utf8)
        let mark = Array("ActionID: @".utf8)
        return bytes.lines().flatMap { $0.starts(with: mark) ? prefix + $0.dropFirst(mark.count) : Array($0) }
    }

    private mutating func openIfWanted() {
        guard let id = wanted else { return }
        wanted = nil
        open = id
        openings += 1
        opened = now.date
        handle(.opened(id))
    }

    private mutating func close(isConfigurationFault: Bool) {
        guard let id = open ?? wanted else { return }
        (open, wanted) = (nil, nil)
        handle(.closed(id, reason: "the fuzzer ended it", isConfigurationFault: isConfigurationFault))
    }

    /// Acts as a host does, at each deadline.
    private mutating func advance(to moment: Moment) {
        var turns = 0
        while let deadline = gateway.nextDeadline, deadline <= moment.uptime {
            if deadline > now.uptime { now = now + (deadline - now.uptime) }
            handle(.deadlineReached)
            turns += 1
            guard turns < 20_000 else {
                return expectations.expect(false, "it wants to be called without end, at \(now)")
            }
        }
        now = moment
    }

    private mutating func handle(_ input: Gateway.Input) {
        effects.removeAll(keepingCapacity: true)
        gateway.handle(input, at: now, into: &effects)
        if case .edge(.deadlineReached) = input, let next = gateway.nextDeadline {
            expectations.expect(next > now.uptime, "after the deadline of \(now.uptime) the next is \(next)")
        }
        var mustClose: ConnectionID?
        for effect in effects {
            switch effect {
            case .connect(let id, _, _):
                expectations.expect(wanted == nil && open == nil, "a second connection beside the first")
                expectations.expect(seen.insert(id).inserted, "the connection \(id.number) twice")
                wanted = id
            case .send(Self.observer, let bytes): answers += bytes
            case .send(let id, _):
                expectations.expect(id == open, "bytes for the connection \(id.number), which is not open")
            case .close(let id): if id == open { mustClose = id }
            case .save(let record):
                expectations.expect(
                    !closed.contains { $0.id == record.id }, "the record \(record.id.rawValue) is saved twice")
                expectations.expect(record.ended != nil, "a record is saved before its end")
                closed.append(record)
            case .lookUp(let lookup, _): lookups.append(lookup)
            case .listen, .saveGap, .saveInterval, .post, .journal, .sendAfterJournal, .lookBack, .stopLookingBack,
                .access,
                .patient,
                .answer, .log:
                break
            }
        }
        if let id = mustClose, id == open { close(isConfigurationFault: false) }
    }

    // MARK: what must hold

    /// Nobody is lost or counted twice: offered = answered + abandoned + flowed out + lost + waiting, for each queue.
    mutating func checkFigures() {
        var live = Report()
        live.add(gateway.core, closed: [], at: now)
        for (name, queue) in live.queues {
            let flowOut = queue.flowOut
            let ended =
                queue.answered + queue.abandoned + flowOut.timeout + flowOut.key + flowOut.empty + flowOut.withdrawn
                + flowOut.unknown
                + queue.lost
            expectations.expect(
                queue.offered == ended + queue.waiting,
                "\(name): \(queue.offered) offered, \(ended) ended, \(queue.waiting) waiting")
            expectations.expect(
                min(
                    queue.waitSeconds.answered, queue.waitSeconds.abandoned, queue.waitSeconds.max ?? 0,
                    queue.talkSeconds,
                    queue.holdSeconds) >= 0,
                "\(name): a negative duration in \(queue)")
            let within = ["5", "10", "20", "30", "60"].map { queue.answeredWithin[$0] ?? 0 } + [queue.answered]
            expectations.expect(within == within.sorted(), "\(name): answered within \(within)")
        }
        let contacts = live.contacts.count
        expectations.expect(
            contacts <= live.events.read + openings * 1000, "\(contacts) open contacts after \(live.events.read) events"
        )
    }

    /// Ends the link and tells the gateway to stop: nothing may stay open, and what was counted stands in the
    /// records.
    mutating func finish() {
        perform(.wait(5000))
        perform(.close)
        checkFigures()
        handle(.stopRequested())
        checkFigures()
        let report = report
        for (name, queue) in report.queues {
            expectations.expect(queue.waiting == 0, "\(name): \(queue.waiting) wait for a gateway that has stopped")
        }
        expectations.expect(report.contacts.allSatisfy { $0.endedAt != nil }, "a contact outlives the gateway")
    }

    /// Checks what others receive after ``finish()``: the records, and the operator's figures.
    mutating func checkEvidence() {
        checkRecords(report)
        checkStatus()
    }

    /// The same count from the other side: each visit of the figures is in one record.
    private mutating func checkRecords(_ report: Report) {
        guard let contacts = JSON.decode([ContactDocument].self, from: JSON.encode(report.contacts)) else {
            return expectations.expect(false, "the records are no JSON of their own shape")
        }
        // A record keeps no more parts than this, and does not mention the others.
        guard contacts.allSatisfy({ $0.visits.count < Contacts.partsLimit }) else { return }
        var outcomes: [String: [String: Int]] = [:]
        for visit in contacts.flatMap(\.visits) { outcomes[visit.queue, default: [:]][visit.outcome, default: 0] += 1 }
        for (name, queue) in report.queues {
            let told = outcomes[name] ?? [:]
            expectations.expect(
                told.values.reduce(0, +) == queue.offered,
                "\(name): \(queue.offered) offered, but the records tell of \(told)")
            expectations.expect(
                told["answered"] ?? 0 == queue.answered && told["abandoned"] ?? 0 == queue.abandoned
                    && told["lost"] ?? 0 == queue.lost,
                "\(name): \(queue.answered) answered, \(queue.abandoned) abandoned, \(queue.lost) lost; the records say \(told)"
            )
        }
    }

    /// What the operator sees: no channel and no contact remains.
    private mutating func checkStatus() {
        struct Answer: Decodable {
            struct Switch: Decodable {
                var channels: Int
                var openContacts: Int
            }
            var switches: [Switch]
        }
        handle(.accepted(Self.observer, .http))
        handle(.received(Self.observer, Array("GET /v1/status HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8)))
        let text = String(decoding: answers, as: UTF8.self)
        guard let body = text.firstRange(of: "\r\n\r\n"),
            let status = JSON.decode(Answer.self, from: Array(text[body.upperBound...].utf8))
        else {
            return expectations.expect(false, "the status is “\(text)”")
        }
        let kept = status.switches.map { $0.channels + $0.openContacts }
        expectations.expect(kept.allSatisfy { $0 == 0 }, "\(status.switches) after the stop")
    }
}

extension [UInt8] {
    fileprivate func contains(_ text: String) -> Bool { String(decoding: self, as: UTF8.self).contains(text) }
}
