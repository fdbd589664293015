import Foundation
import Time
import Wire

/// Compares the legs of a report with what the telephones did.
struct PhoneJudge {
    /// One figure of one leg, or a leg that only one side has.
    struct Finding: CustomStringConvertible {
        var recording: String
        /// The telephone, and when its call began, in seconds since the recording's start.
        var phone: String
        var at: Double
        /// `ring`, `talk`, `hold`, `leg`, or `legs`: all that have the call.
        var figure: String
        /// What the leg claims: `queue`, `transfer`…
        var via: String
        var ours: Double?
        var theirs: PhoneTruth.Bounds?
        var note: String

        /// Seconds outside the bounds; nil where a side has nothing.
        var difference: Double? { theirs.flatMap { bounds in ours.map { bounds.distance(of: $0) } } }

        var description: String {
            func number(_ value: Double) -> String { String(format: "%.3f", value) }
            let truth =
                theirs.map { $0.low == $0.high ? number($0.low) : "\(number($0.low))…\(number($0.high))" } ?? "–"
            let by = difference.map { String(format: "%+.3f", $0) } ?? "–"
            return
                "\(recording) \(phone) at \(number(at)) \(via) \(figure): ours \(ours.map(number) ?? "–"), phone \(truth), off \(by): \(note)"
        }
    }

    /// What a report says of legs, read from its JSON: a reader of our documents sees no more than that.
    struct Document: Decodable {
        struct Contact: Decodable {
            struct Caller: Decodable { var raw: String? }
            struct Leg: Decodable {
                var interface: String
                var device: String?
                var queue: String?
                var isExternal: Bool?
                var via: String?
                var alertedAt: String?
                var answeredAt: String?
                var establishedAt: String?
                var endedAt: String?
                var ringSeconds: Double?
                var talkSeconds: Double?
                var holdSeconds: Double?
                var result: String?
            }
            var channel: String
            var arrivedAt: String
            var endedAt: String?
            var caller: Caller?
            var called: String?
            var legs: [Leg]
        }
        var contacts: [Contact]
    }

    /// Where our figures differ from the telephones'.
    var deviations: [Finding] = []
    /// The figures that the phones leave open; ours lies in their bounds.
    var silences: [Finding] = []
    /// How many figures were compared with a value of the telephones.
    var compared = 0

    private let recording: String
    private let truth: PhoneTruth
    private let start: UnixTime
    private var matched: Set<Int> = []
    private var talked: Set<Int> = []
    /// Our legs of each call of a telephone that talked, with whom, and the instants between which the telephone can
    /// have had them.
    private var conversations: [Int: [(leg: Document.Contact.Leg, customer: Int?, span: ClosedRange<Double>)]] = [:]
    /// Our legs of each call of a telephone that, as we say, only rang there.
    private var rings: [Int: [Document.Contact.Leg]] = [:]

    init(recording: String, report: some Encodable, truth: PhoneTruth, start: UnixTime) throws {
        (self.recording, self.truth, self.start) = (recording, truth, start)
        let document = try JSONDecoder().decode(Document.self, from: Data(JSON.encode(report)))
        for contact in document.contacts.sorted(by: { $0.arrivedAt < $1.arrivedAt }) { judge(contact) }
        for index in truth.calls.indices { judgeTogether(index) }
        for index in truth.calls.indices where !matched.contains(index) { demand(index) }
    }

    private func seconds(_ text: String?) -> Double? {
        text.flatMap { UnixTime(rfc3339: $0) }.map { ($0 - start).seconds }
    }

    // MARK: our legs

    private mutating func judge(_ contact: Document.Contact) {
        let arrived = seconds(contact.arrivedAt) ?? 0
        let left = seconds(contact.endedAt) ?? truth.end
        let numbers = Set([contact.caller?.raw, contact.called].compactMap { $0 })
        let isConsultation = contact.caller?.raw.map { truth.isInside($0) } == true
        let own = isConsultation ? nil : truth.customer(arrived: arrived, left: left, numbers: numbers)
        let customer = own.map { truth.calls[$0] }
        var used: Set<Int> = []
        // Where a telephone had two calls at once, the one that talked is the leg that talked.
        for leg in contact.legs.filter({ $0.establishedAt != nil }) + contact.legs.filter({ $0.establishedAt == nil }) {
            guard let index = phoneCall(of: leg, other: used) else {
                // A telephone that is not there does not ring.
                let rang = leg.ringSeconds ?? 0
                if leg.establishedAt != nil || rang > Tolerance.seconds {
                    find(
                        nil, leg, "leg", ours: leg.talkSeconds ?? rang, theirs: nil, note: "no phone had such a call",
                        isDeviation: true)
                }
                continue
            }
            let call = truth.calls[index]
            used.insert(index)
            // A colleague who was consulted and then received the customer must have a leg with the customer as well;
            // the consultation may have a leg of its own.
            let join = truth.joined(call)
            let wasAsked =
                isConsultation
                || join.map { (seconds(leg.establishedAt) ?? .infinity) < $0.accepted - Tolerance.seconds } == true
            if !wasAsked || truth.withCustomer(call) != "transfer" { matched.insert(index) }
            let isFirst = leg.establishedAt == nil || wasAsked || talked.insert(index).inserted
            if leg.establishedAt != nil {
                let elsewhere = [truth.forwarded(call), truth.pickedUp(call)].compactMap { $0 }
                for other in elsewhere {
                    if let position = truth.calls.firstIndex(of: other) { matched.insert(position) }
                }
            }
            let via = leg.via ?? (leg.queue == nil ? "unknown" : "queue")
            let context = PhoneTruth.Context(
                via: via, customer: customer, isConsultation: wasAsked, isEstablished: leg.establishedAt != nil,
                isFirstOfCall: isFirst)
            let figures = truth.figures(of: call, context)
            compare(leg, with: call, figures)
            if leg.establishedAt == nil {
                rings[index, default: []].append(leg)
            } else if let span = figures.span {
                let talking = truth.forwarded(call) ?? truth.pickedUp(call) ?? call
                conversations[truth.calls.firstIndex(of: talking) ?? index, default: []].append((leg, own, span))
            }
        }
    }

    /// Several legs may share one call of a telephone, one after the other: together they have no more of it than the
    /// telephone had. Only a conference is with several customers at once.
    private mutating func judgeTogether(_ index: Int) {
        let call = truth.calls[index]
        if let legs = conversations[index], legs.count > 1 {
            let ours = legs.reduce(0) { $0 + ($1.leg.talkSeconds ?? 0) + ($1.leg.holdSeconds ?? 0) }
            let isConference = !call.isIncoming && DialPlan.isConference(call.far)
            let parties = Dictionary(grouping: legs) { isConference ? $0.customer : nil }
            let theirs = parties.values.reduce(0) { $0 + Self.covered(by: $1.map(\.span)) }
            if ours > theirs + Tolerance.seconds {
                find(
                    call, legs[legs.count - 1].leg, "legs", ours: ours, theirs: .init(0, theirs),
                    note: "\(legs.count) legs have more of this call than the phone", isDeviation: true)
            }
        }
        if let legs = rings[index], legs.count > 1 {
            find(
                call, legs[legs.count - 1], "legs", ours: Double(legs.count), theirs: .init(1, 1),
                note: "the phone rang once",
                isDeviation: true)
        }
    }

    /// The time that lies in at least one of them, in seconds.
    private static func covered(by spans: [ClosedRange<Double>]) -> Double {
        var (seconds, reached) = (0.0, -Double.infinity)
        for span in spans.sorted(by: { $0.lowerBound < $1.lowerBound }) where span.upperBound > reached {
            seconds += span.upperBound - max(span.lowerBound, reached)
            reached = span.upperBound
        }
        return seconds
    }

    /// The call of the leg's telephone that overlaps it, and began nearest to it.
    private func phoneCall(of leg: Document.Contact.Leg, other used: Set<Int>) -> Int? {
        let began = seconds(leg.alertedAt) ?? seconds(leg.answeredAt) ?? seconds(leg.establishedAt) ?? 0
        let ended = seconds(leg.endedAt) ?? max(began, truth.end)
        let established = seconds(leg.establishedAt)
        let talks = (leg.talkSeconds ?? 0) + (leg.holdSeconds ?? 0) > Tolerance.seconds
        let candidates = phones(of: leg.device ?? leg.interface).filter {
            let call = truth.calls[$0]
            let left = max(
                call.ended, truth.forwarded(call)?.ended ?? 0, established == nil ? 0 : truth.pickedUp(call)?.ended ?? 0
            )
            return call.started <= ended + Tolerance.seconds && left >= began - Tolerance.seconds
        }
        return candidates.min { left, right in
            func rank(_ index: Int) -> (Int, Int, Double) {
                let call = truth.calls[index]
                let hasTalked = call.up.map { call.ended - $0 > Tolerance.seconds } == true
                let isElsewhere = call.code == "302" || truth.pickedUp(call) != nil
                let met = established == nil ? !hasTalked : isElsewhere || call.up != nil && hasTalked == talks
                let near = min(
                    abs(call.started - began), call.isIncoming ? .infinity : abs((call.up ?? .infinity) - began))
                return (met ? 0 : 1, used.contains(index) || matched.contains(index) ? 1 : 0, near)
            }
            return rank(left) < rank(right)
        }
    }

    /// `PJSIP/1003`, `Local/1009@agenti-locali/n`: the number is the telephone's; an agent of the pool is at the
    /// telephone that logged him in.
    private func phones(of interface: String) -> [Int] {
        guard let slash = interface.firstIndex(of: "/") else { return [] }
        let rest = interface[interface.index(after: slash)...]
        // A party reached over the trunk is known only by when it was called.
        if rest == "trunk" { return truth.outsideCalls { $0.isIncoming } }
        let number = String(rest.prefix { $0.isNumber || $0 == "+" })
        let inside = truth.phone(number)
        if !inside.isEmpty { return inside }
        let pool = truth.calls.indices.filter { !truth.calls[$0].isIncoming && truth.calls[$0].far == "*11" + number }
        if !pool.isEmpty { return pool }
        return truth.outsideCalls { $0.isIncoming && $0.user == number }
    }

    private mutating func compare(_ leg: Document.Contact.Leg, with call: PhoneCall, _ figures: PhoneTruth.Figures) {
        let why = figures.silences.sorted().map(\.rawValue).joined(separator: "; ")
        func isKnown(_ bounds: PhoneTruth.Bounds?) -> Bool {
            bounds.map { $0.high - $0.low <= Tolerance.seconds } == true
        }
        let isConnected = (figures.connected?.high ?? 0) > Tolerance.seconds
        let isSurelyConnected = (figures.connected?.low ?? 0) > Tolerance.seconds
        if leg.establishedAt == nil, isSurelyConnected {
            find(
                call, leg, "leg", ours: nil, theirs: figures.connected, note: "the phone talked, our leg did not",
                isDeviation: true)
        } else if leg.establishedAt != nil, !isConnected,
            (leg.talkSeconds ?? 0) + (leg.holdSeconds ?? 0) > Tolerance.seconds
        {
            find(
                call, leg, "leg", ours: leg.talkSeconds, theirs: figures.connected,
                note: "our leg talked, the phone did not",
                isDeviation: true)
        }
        for (figure, ours, theirs) in [
            ("ring", leg.ringSeconds, figures.ring), ("talk", leg.talkSeconds, figures.talk),
            ("hold", leg.holdSeconds, figures.hold),
            ("talk + hold", leg.talkSeconds.map { $0 + (leg.holdSeconds ?? 0) }, figures.connected),
        ] {
            if leg.establishedAt == nil, figure != "ring" { continue }
            // Where the telephone cannot separate the two, it often knows their sum.
            if figure == "talk + hold", isKnown(figures.talk), isKnown(figures.hold) { continue }
            guard let theirs else {
                if let ours, ours > Tolerance.seconds, !why.isEmpty {
                    find(call, leg, figure, ours: ours, theirs: nil, note: why, isDeviation: false)
                }
                continue
            }
            guard let ours else {
                // An absent figure is right where the telephones know nothing either, or nothing but a moment.
                if isKnown(theirs), theirs.low > Tolerance.seconds,
                    !(figure == "ring" && figures.silences.contains(.consulted)),
                    !figures.silences.contains(.switchGone)
                {
                    find(call, leg, figure, ours: nil, theirs: theirs, note: "absent", isDeviation: true)
                }
                continue
            }
            if isKnown(theirs) { compared += 1 }
            let isOff = abs(theirs.distance(of: ours)) > Tolerance.seconds
            if isOff {
                find(
                    call, leg, figure, ours: ours, theirs: theirs, note: why.isEmpty ? "differs" : "differs (\(why))",
                    isDeviation: true)
            } else if !isKnown(theirs) {
                find(call, leg, figure, ours: ours, theirs: theirs, note: why, isDeviation: false)
            }
        }
    }

    private mutating func find(
        _ call: PhoneCall?, _ leg: Document.Contact.Leg, _ figure: String, ours: Double?, theirs: PhoneTruth.Bounds?,
        note: String,
        isDeviation: Bool
    ) {
        let finding = Finding(
            recording: recording, phone: call?.user ?? leg.interface,
            at: call?.started ?? seconds(leg.alertedAt ?? leg.establishedAt) ?? 0,
            figure: figure, via: leg.via ?? (leg.queue == nil ? "unknown" : "queue"), ours: ours, theirs: theirs,
            note: note)
        if isDeviation { deviations.append(finding) } else { silences.append(finding) }
    }

    // MARK: their calls

    /// A call of a telephone that is none of our legs: it must not have been with a customer.
    private mutating func demand(_ index: Int) {
        let call = truth.calls[index]
        guard !call.isOutside, let via = truth.withCustomer(call) else { return }
        let lasted = PhoneTruth.Bounds((call.up ?? call.ended) - call.started, (call.up ?? call.ended) - call.started)
        let talked = call.up.map { PhoneTruth.Bounds(call.ended - $0, call.ended - $0) }
        // Less than the difference of two clocks is not something that anybody heard.
        guard max(call.isIncoming ? lasted.high : 0, talked?.high ?? 0) > Tolerance.seconds else { return }
        deviations.append(
            Finding(
                recording: recording, phone: call.user, at: call.started, figure: "leg", via: via, ours: nil,
                theirs: talked ?? lasted,
                note: talked == nil
                    ? "the phone rang, no leg of ours did" : "the phone talked, no leg of ours is that call"))
    }
}

extension PhoneTruth {
    /// How a telephone came to a customer in this call, as far as the telephones know; nil if it did not, or nobody
    /// can know.
    func withCustomer(_ call: PhoneCall) -> String? {
        let outside = outsideCalls { $0.overlaps(call) }.map { calls[$0] }
        guard call.isIncoming else {
            guard let up = call.up else { return nil }
            if DialPlan.isPickup(call.far) { return "pickup" }
            if DialPlan.isParkingSlot(call.far) { return "park" }
            if DialPlan.isConference(call.far) { return outside.contains { $0.isUp(at: up) } ? "conference" : nil }
            return outside.contains { $0.isIncoming && $0.user == call.far && $0.up != nil } ? "outbound" : nil
        }
        if isInside(call.far) { return joined(call) != nil || wasLeftWithCustomer(call) ? "transfer" : nil }
        let called = outside.filter { $0.isIncoming && $0.user == call.far }
        if !called.isEmpty {
            guard called.contains(where: { ($0.up ?? .infinity) < call.ended }) else { return nil }
            return called.contains { ($0.up ?? .infinity) <= call.started } ? "queue" : "outbound"
        }
        // The switch called the telephone itself, at somebody's command, and no customer came.
        if commands.contains(where: {
            $0.action == "originate" && $0.channels == ["PJSIP/\(call.user)"] && abs($0.at - call.started) <= 0.25
        }) {
            return nil
        }
        return outside.contains { !$0.isIncoming && $0.isAlive(at: call.started) } ? "queue or direct" : nil
    }
}
