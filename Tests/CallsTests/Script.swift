import Calls
import Telephony
import Time

/// A call as a table of events: `<seconds> <Event> key=value…  # comment`, one event a line, with Asterisk's event
/// names.
///
/// Keys: `ch` the channel of the event, `dest` the rung phone, `q` queue, `br` bridge, `swap` the replaced channel,
/// `status`, `at` the channel's place in the dial plan, `agent` the member (the rung phone's name if absent), `pos`,
/// `wait`, `number`, `name`, `link` the Linkedid, `kind` of a bridge, `a`/`b` the halves of a Local channel, `te` a
/// transferee, `second` the other channel of a transferer.
///
/// Channels are named as in `domain.md` §10: `C…` customers on a line, `A…` agents' phones, `K` a second channel of
/// A1's phone, `L…` halves of Local channels, `V` somebody outside.
struct Script {
    var events: [(time: Span, event: SwitchEvent)] = []

    init(_ text: String) {
        for line in text.split(separator: "\n") {
            let words = line.prefix { $0 != "#" }.split(separator: " ")
            guard let time = words.first else { continue }
            guard let time = Span(seconds: time) else { preconditionFailure("no time: \(line)") }
            var values: [String: String] = [:]
            for word in words.dropFirst(2) {
                let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                values[String(parts[0])] = String(parts[1])
            }
            if let event = Self.event(String(words[1]), values) { events.append((time, event)) }
        }
    }

    init(_ events: [(time: Span, event: SwitchEvent)]) { self.events = events }

    private static func event(_ name: String, _ values: [String: String]) -> SwitchEvent? {
        let channel = ChannelID(values["ch"] ?? "C")
        let destination = ChannelID(values["dest"] ?? "")
        let queue = QueueName(values["q"] ?? "info")
        let place = DialplanPosition(context: "from-trunk", exten: "800", priority: values["at"] ?? "5")
        let caller = CallerID(number: values["number"] ?? "", name: values["name"] ?? "")
        let agent = AgentRef(
            interface: Interface(values["agent"] ?? destination.rawValue), name: values["agent"] ?? destination.rawValue
        )
        let call = CallID(values["link"] ?? channel.rawValue)
        let leg = Self.channel(channel, caller, call)
        switch name {
        case "Newchannel":
            return .channelCreated(leg)
        case "Surrogate":
            // The channel that `Bridge` leaves in the queue in the place of `for`.
            return .channelCreated(
                Channel(
                    id: channel, call: CallID(values["for"]!), name: "Surrogate/" + values["for"]!, kind: .local,
                    isIncoming: false))
        case "Linkedid": return .callChanged(channel, call)
        case "Newstate": return values["state"] == "Ring" ? .channelRang(leg) : .channelUp(leg)
        case "LocalBridge": return .localPaired(ChannelID(values["a"]!), ChannelID(values["b"]!))
        case "DialBegin":
            return .dialBegan(
                source: values["ch"].map { ChannelID($0) },
                Self.channel(destination, CallerID(number: "", name: ""), CallID(destination.rawValue)),
                number: values["number"] ?? "")
        case "Pickup": return .pickedUp(picker: channel, target: ChannelID(values["target"]!))
        case "ParkedCall": return .parked(channel)
        case "UnParkedCall": return .unparked(channel, retriever: values["by"].map { ChannelID($0) })
        case "ParkedCallTimeOut": return .unparked(channel, retriever: nil)
        case "ChanSpyStart": return .spying(channel)
        case "silenced": return .silenced(channel, true)
        case "heard": return .silenced(channel, false)
        case "AgentDump": return .agentDumped(queue, channel, agent, destination: destination)
        case "BlindTransfer": return .transferred(channel, second: nil)
        case "AttendedTransfer": return .transferred(channel, second: values["second"].map { ChannelID($0) })
        case "inventory": return .inventoryBegan
        case "CoreShowChannel":
            return .channelFound(
                leg, bridge: values["br"].map { BridgeID($0) }, queue: values["q"].map { QueueName($0) },
                age: .seconds(Int64(values["age"] ?? "0")!))
        case "complete":
            return .inventoryEnded(hasChannels: values["channels"] != "no", hasQueues: values["queues"] != "no")
        case "NewCallerid": return .callerIdentified(channel, caller)
        case "HangupRequest": return .hangupRequested(channel, byPeer: true, place)
        case "SoftHangupRequest": return .hangupRequested(channel, byPeer: false, place)
        case "Hangup": return .channelEnded(channel, place)
        case "BridgeEnter":
            let kind: BridgeKind =
                switch values["kind"] {
                case "conference": .conference
                case "parking": .parking
                case "holding": .holding
                default: .conversation
                }
            return .bridgeEntered(
                BridgeID(values["br"] ?? "B1"), kind, leg, replacing: values["swap"].map { ChannelID($0) })
        case "BridgeLeave": return .bridgeLeft(BridgeID(values["br"] ?? "B1"), channel)
        case "Hold": return .held(channel)
        case "Unhold": return .retrieved(channel)
        case "DialEnd":
            let status: DialStatus =
                switch values["status"] {
                case "ANSWER": .answered
                case "BUSY": .busy
                case "CANCEL": .cancelled
                case "CHANUNAVAIL": .unreachable
                default: .noAnswer
                }
            return .dialEnded(source: values["ch"].map { ChannelID($0) }, destination: destination, status)
        case "QueueCallerJoin": return .queueJoined(queue, channel, caller, position: Int(values["pos"] ?? "1")!, place)
        case "QueueCallerLeave": return .queueLeft(queue, channel, place)
        case "QueueCallerAbandon": return .queueAbandoned(queue, channel, place)
        case "QueueEntry":
            return .queueEntryFound(queue, channel, caller, position: 1, wait: .seconds(Int64(values["wait"] ?? "0")!))
        case "QUEUESTATUS":
            return .queueStatus(channel, values["q"].map { QueueName($0) }, QueueStatus(rawValue: values["status"]!)!)
        case "AgentCalled": return .agentCalled(queue, channel, agent, destination: destination)
        case "AgentRingNoAnswer":
            return .agentRangNoAnswer(queue, channel, agent, destination: values["dest"].map { ChannelID($0) })
        case "AgentConnect": return .agentConnected(queue, channel, agent, destination: destination)
        case "AgentComplete": return .agentCompleted(queue, values["ch"].map { ChannelID($0) }, agent)
        case "NewConnectedLine", "MusicOnHoldStart", "MusicOnHoldStop": return nil
        default: preconditionFailure("unknown event \(name)")
        }
    }
}

extension Script {
    static func channel(_ id: ChannelID, _ caller: CallerID, _ call: CallID) -> Channel {
        let kind: Channel.Kind =
            switch id.rawValue.first {
            case "A", "K": .phone
            case "L": .local
            default: .line
            }
        // Customers and A1's second channel call us; the others are called.
        let isIncoming = kind == .line && id.rawValue.first != "V" || id.rawValue.first == "K"
        return Channel(
            id: id, call: call, name: id.rawValue, caller: caller, called: "800", kind: kind, isIncoming: isIncoming,
            device: Interface(id.rawValue.first == "K" ? "A1" : String(id.rawValue.prefix { $0 != "." })))
    }
}

/// A channel enters a bridge; its name shows what it is.
func entered(_ bridge: String, _ id: String, _ kind: BridgeKind = .conversation, replacing: ChannelID? = nil)
    -> SwitchEvent
{
    let channel = Script.channel(ChannelID(id), CallerID(number: "", name: ""), CallID(id))
    return .bridgeEntered(BridgeID(bridge), kind, channel, replacing: replacing)
}

/// Second 0 of every script.
let start = UnixTime(rfc3339: "2026-03-02T08:00:00Z")!

func moment(_ time: Span) -> Moment { Moment(uptime: .seconds(1000) + time, date: start + time) }

/// `Calls` and what came out of it, in order.
struct Harness {
    var calls = Calls()
    var events: [CallEvent] = []

    /// Plays the script, each event after the deadlines that fall due before it, as the gateway does.
    mutating func play(_ script: Script, copies: Int = 1) {
        for (time, event) in script.events {
            wait(until: time)
            for _ in 0..<copies { calls.handle(event, at: moment(time), into: &events) }
        }
    }

    mutating func wait(until time: Span) {
        while let deadline = calls.nextDeadline, deadline <= moment(time).uptime {
            calls.deadlineReached(at: moment(deadline - .seconds(1000)), into: &events)
        }
    }

    mutating func loseLink(at time: Span) {
        wait(until: time)
        calls.linkLost(at: moment(time), into: &events)
    }

    /// No more events will come.
    mutating func abandon(at time: Span) {
        wait(until: time)
        calls.abandonAll(at: moment(time), into: &events)
    }
}

/// The lines of a script whose link breaks at 45 s, and those of another that goes on from there.
func linesAroundGap(_ before: String, _ text: String) -> (before: [String], after: [String]) {
    var harness = Harness()
    harness.play(Script(before))
    harness.loseLink(at: .seconds(45))
    let known = told(harness.events).count
    harness.play(Script(text))
    harness.wait(until: .seconds(1000))
    let lines = told(harness.events).map(\.line)
    return (Array(lines.prefix(known)), Array(lines.dropFirst(known)))
}

/// What came out of a script, one line an event, with figures to the millisecond.
func story(_ text: String, copies: Int = 1, until end: Span = .seconds(1000)) -> [String] {
    story(Script(text), copies: copies, until: end)
}

func story(_ script: Script, copies: Int = 1, until end: Span = .seconds(1000)) -> [String] {
    var harness = Harness()
    harness.play(script, copies: copies)
    harness.wait(until: end)
    return told(harness.events).map(\.line)
}

/// Each event as a line, with the customer's channel that it concerns, or the agent's interface if it concerns no
/// contact.
func told(_ events: [CallEvent]) -> [(about: String, line: String)] {
    var customers: [ContactKey: String] = [:]
    var stories: [(about: String, line: String)] = []
    for event in events {
        func add(_ key: ContactKey, _ line: String) { stories.append((customers[key] ?? "?", line)) }
        switch event {
        case .contactBegan(let contact):
            customers[contact.key] = contact.channel.rawValue
            add(
                contact.key,
                "\(contact.channel) began at \(figure(contact.arrived))\(contact.direction == .inbound ? "" : " (\(contact.direction))")\(contact.isPartial ? ", partial" : "")"
            )
        case .contactIdentified(let key, let caller):
            add(key, "\(customers[key] ?? "?") is \(caller.number) “\(caller.name)”")
        case .contactDialled(let key, let number): add(key, "\(customers[key] ?? "?") dialled \(number)")
        case .contactMerged(let part, let whole):
            add(whole, "\(customers[part] ?? "?") merged into \(customers[whole] ?? "?")")
        case .contactsConferenced(let one, let two):
            add(one, "\(customers[one] ?? "?") in conference with \(customers[two] ?? "?")")
        case .parked(let key, let moment): add(key, "\(customers[key] ?? "?") parked at \(figure(moment))")
        case .unparked(let key, let moment): add(key, "\(customers[key] ?? "?") unparked at \(figure(moment))")
        case .consultationBegan(let leg, let moment):
            add(leg.contact, "\(leg.speaker.name) consults from \(figure(moment))")
        case .consultationEnded(let leg, let moment):
            add(leg.contact, "\(leg.speaker.name) consults until \(figure(moment))")
        case .legParked(let leg, let moment):
            add(leg.contact, "\(leg.speaker.name) parked the caller at \(figure(moment))")
        case .surveyAnswered(let key, let answer): add(key, "\(customers[key] ?? "?") answered “\(answer)”")
        case .contactEstimated(let key): add(key, "\(customers[key] ?? "?") estimated")
        case .clockStepped(let key): add(key, "\(customers[key] ?? "?") clock stepped")
        case .queued(let visit):
            add(
                visit.contact,
                "\(visit.queue) queued at \(figure(visit.joined)), place \(visit.position)\(visit.isPartial ? ", partial" : "")"
            )
        case .alerting(let leg):
            add(
                leg.contact,
                "\(leg.agent.name) alerting at \(figure(leg.alerted)) \(leg.queue.map { "for \($0)" } ?? "(\(leg.via))")"
            )
        case .alertingEnded(let leg, let reason, let moment):
            add(leg.contact, "\(leg.agent.name) \(reason) after \(figure(moment - leg.alerted))")
        case .ringNoAnswer(let queue, let agent):
            stories.append((agent.interface.rawValue, "\(agent.name) did not answer for \(queue)"))
        case .established(let visit, let leg):
            let ring = leg.ring.map(figure) ?? "?"
            let speaker = leg.speaker == leg.agent ? "" : " (\(leg.speaker.name) speaks)"
            if let visit {
                let quality = visit.isEstimated ? ", estimated" : ""
                add(
                    leg.contact,
                    "\(visit.queue) answered by \(leg.agent.name)\(speaker), wait \(figure(visit.wait(until: visit.joined))), ring \(ring)\(quality)"
                )
            } else {
                add(
                    leg.contact,
                    "\(leg.agent.name)\(speaker) talks (\(leg.via)), ring \(ring)\(leg.isExternal ? ", outside" : "")")
            }
        case .held(let leg, let moment): add(leg.contact, "\(leg.agent.name) held at \(figure(moment))")
        case .retrieved(let leg, let moment): add(leg.contact, "\(leg.agent.name) retrieved at \(figure(moment))")
        case .disconnected(let leg):
            let talk = leg.talk.map(figure) ?? "?"
            let consult = leg.consult > .zero ? ", consultation \(figure(leg.consult))" : ""
            let quality = "\(leg.isPartial ? ", partial" : "")\(leg.isEstimated ? ", estimated" : "")"
            add(
                leg.contact,
                "\(leg.agent.name) talked \(talk), hold \(figure(leg.hold))\(consult), ended by \(leg.endedBy.map { "\($0)" } ?? "?")\(quality)"
            )
        case .visitEnded(let visit, let outcome):
            let wait = figure(visit.wait(until: visit.joined)) + (visit.isEstimated ? ", estimated" : "")
            switch outcome {
            case .answered: add(visit.contact, "\(visit.queue) answered, wait \(wait)")
            case .abandoned: add(visit.contact, "\(visit.queue) abandoned, wait \(wait)")
            case .flowOut(let reason): add(visit.contact, "\(visit.queue) flow-out \(reason), wait \(wait)")
            case .lost: add(visit.contact, "\(visit.queue) lost, wait \(wait)")
            }
        case .placeInherited(let visit, let from):
            add(visit.contact, "\(visit.queue) inherited from \(customers[from] ?? "?")")
        // Who is who is tested elsewhere (`OneAgentTests`).
        case .agentBecame, .seatMoved, .agentKnownAs, .severalTelephones: break
        case .refused(let queue, let refusal): stories.append(("", "\(queue?.rawValue ?? "?") refused: \(refusal)"))
        case .contactEnded(let key, let moment, let how):
            add(key, "\(customers[key] ?? "?") ended at \(figure(moment))\(how == .lost ? ", lost" : "")")
        }
    }
    return stories
}

private func figure(_ moment: Moment) -> String { figure(moment.date - start) }

/// Seconds with three decimals.
private func figure(_ span: Span) -> String {
    let milliseconds = span.microseconds / 1000
    let fraction = "\(milliseconds.magnitude % 1000)"
    return
        "\(milliseconds < 0 ? "-" : "")\(milliseconds.magnitude / 1000).\(String(repeating: "0", count: 3 - fraction.count))\(fraction)"
}

extension Span {
    /// `14.010`
    init?(seconds text: Substring) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[1].count == 3, let whole = Int64(parts[0]), let fraction = Int64(parts[1]) else {
            return nil
        }
        self = .milliseconds(whole * 1000 + fraction)
    }
}
