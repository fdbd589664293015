// What the phones say of one leg: the two ends of *connected*, what was held of it, and how long the phone rang.
extension PhoneTruth {
    /// What of the leg the phones cannot know themselves.
    struct Context {
        /// How the leg came about, in our words.
        var via = "queue"
        /// The customer's own telephone, where one is known.
        var customer: PhoneCall?
        /// The record is of a colleague's consultation, not of a customer.
        var isConsultation = false
        /// We say that somebody talked: at this phone, or at the one that it sent its caller on to, or that took its call.
        var isEstablished = true
        /// No leg before had this call of the phone.
        var isFirstOfCall = true
    }

    func figures(of first: PhoneCall, _ context: Context) -> Figures {
        var figures = Figures()
        let customer = context.customer
        let call = (context.isEstablished ? forwarded(first) ?? pickedUp(first) : nil) ?? first
        figures.ring = ring(first, call, context, &figures.silences)
        guard let up = call.up else { return figures }
        var start = (low: up, high: up)
        if let answered = customer?.up, answered > up { start = (answered, answered) }
        if customer != nil, customer?.up == nil { return figures }
        var end = self.end(of: call, customer: customer, after: up, &figures.silences)
        if DialPlan.isAgentLogin(call.far), !call.isIncoming {
            figures.silences.insert(.agentPool)
            start = (start.low, max(start.low, end.high))
        } else if let join = joined(call) {
            if context.isConsultation {
                end = (min(end.low, join.accepted), min(end.high, join.done))
            } else {
                figures.silences.insert(.consulted)
                start = (max(start.low, join.accepted), max(start.high, join.done))
            }
        } else if !context.isConsultation, isConsultedByCode(call) || !context.isFirstOfCall {
            figures.silences.insert(context.isFirstOfCall ? .consulted : .again)
            start.high = max(start.high, end.high)
        }
        end.low = max(end.low, start.low)
        end.high = max(end.high, end.low)
        figures.connected = Bounds(end.low - min(start.high, end.low), end.high - start.low)
        hold(&figures, of: call, start: start, end: end)
        return figures
    }

    private func ring(_ first: PhoneCall, _ call: PhoneCall, _ context: Context, _ silences: inout Set<Silence>) -> Bounds? {
        guard first.isIncoming, context.via != "outbound" else {
            silences.insert(.dialled)
            return nil
        }
        if isInside(first.far), !context.isConsultation { silences.insert(.consulted) }
        // A phone that sent its caller on rang no longer; whether that counts is a matter of words.
        if first.id != call.id, first.code == "302" {
            let answered = call.up ?? call.ended
            return Bounds(answered - call.started, answered - first.started)
        }
        let answered = first.up ?? first.ended
        if let lastWord, first.started <= lastWord, answered > lastWord {
            silences.insert(.switchGone)
            return Bounds(lastWord - first.started, answered - first.started)
        }
        return Bounds(answered - first.started, answered - first.started)
    }

    private func end(of call: PhoneCall, customer: PhoneCall?, after up: Double, _ silences: inout Set<Silence>) -> (
        low: Double, high: Double
    ) {
        var end = (low: call.ended, high: call.ended)
        if let transfer = call.transfer {
            end = (min(end.low, transfer.accepted), min(end.high, transfer.done))
            if end.high - end.low > Tolerance.seconds { silences.insert(.referring) }
        }
        if let gone = customer?.ended { end = (min(end.low, gone), min(end.high, gone)) }
        if let ordered = call.keys.first(where: { DialPlan.featureCodes.contains($0.digits) && $0.at >= up && $0.at < end.low }) {
            end.low = ordered.at
            silences.insert(.featureCode)
        }
        if let command = commands.first(where: { $0.at >= up && $0.at < end.low && $0.mayConcern(call) }) {
            end.low = command.at
            if end.high - end.low > Tolerance.seconds { silences.insert(.commanded) }
        }
        if let lastWord, up <= lastWord, end.low > lastWord {
            end.low = lastWord
            silences.insert(.switchGone)
        }
        return end
    }

    private func hold(
        _ figures: inout Figures, of call: PhoneCall, start: (low: Double, high: Double), end: (low: Double, high: Double)
    ) {
        func held(within range: (Double, Double)) -> Double {
            call.holds.reduce(0) { $0 + max(0, min($1.upperBound, range.1) - max($1.lowerBound, range.0)) }
        }
        var hold = (low: held(within: (start.high, end.low)), high: held(within: (start.low, end.high)))
        // A consultation by feature code or AMI holds the customer, and the phone does not know how long.
        if figures.silences.contains(.featureCode) || figures.silences.contains(.commanded) {
            hold.high += max(0, end.high - min(end.low, end.high))
        }
        figures.hold = Bounds(hold.low, hold.high)
        guard let connected = figures.connected else { return }
        figures.talk = Bounds(connected.low - hold.high, connected.high - hold.low)
        if start.low == start.high, end.low == end.high, hold.low == hold.high {
            figures.talk = Bounds(connected.low - hold.low, connected.high - hold.low)
        }
    }

    /// A colleague pressed `*2` (or somebody pressed it for him over AMI) and had this phone rung: the customer may come at any moment, or never.
    func isConsultedByCode(_ call: PhoneCall) -> Bool {
        guard call.isIncoming, isInside(call.far) else { return false }
        return phone(call.far).map { calls[$0] }.contains { asking in
            asking.isUp(at: call.started)
                && (asking.keys.contains { $0.digits == "*2" && $0.at <= call.started }
                    || commands.contains { $0.action == "atxfer" && $0.at <= call.started && $0.mayConcern(asking) })
        }
    }
}

extension PhoneTruth.Command {
    /// It names this phone's channel, or one of the trunk's, which the phones cannot tell apart.
    func mayConcern(_ call: PhoneCall) -> Bool {
        at >= call.started && at <= call.ended
            && channels.contains { $0.hasPrefix("PJSIP/trunk-") || $0.hasPrefix("PJSIP/\(call.user)-") || $0.hasPrefix("Local/") }
    }
}

enum Tolerance {
    /// A real ear hears no quarter of a second; a contract's figures are seconds.
    static let seconds = 0.25
}
