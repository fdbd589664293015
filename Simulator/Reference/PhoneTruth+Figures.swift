// What the telephones say of one leg: the two ends of *connected*, what was held of it, and how long the telephone
// rang.
extension PhoneTruth {
    /// What the telephones cannot know of the leg themselves.
    struct Context {
        /// How the leg came about, in our words.
        var via = "queue"
        /// The customer's own telephone, where one is known.
        var customer: PhoneCall?
        /// The record is of a colleague's consultation, not of a customer.
        var isConsultation = false
        /// We claim that somebody talked: at this telephone, or at the one to which it forwarded its caller, or which
        /// picked up its call.
        var isEstablished = true
        /// No earlier leg had this call of the telephone.
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
        let orders = self.orders(of: call, until: naturalEnd(of: call, customer: customer).low)
        var end = self.end(of: call, customer: customer, orders: orders, after: up, &figures.silences)
        if DialPlan.isParkingSlot(call.far), !call.isIncoming {
            figures.silences.insert(.fetching)
            // `courtesytone = beep` of res_parking.conf: less than half a second.
            start.high = min(start.high + 0.5, max(start.high, end.low))
        } else if DialPlan.isAgentLogin(call.far), !call.isIncoming {
            figures.silences.insert(.agentPool)
            start = (start.low, max(start.low, end.high))
        } else if let join = joined(call) {
            if context.isConsultation {
                end = (min(end.low, join.accepted), min(end.high, join.done))
                if end.high - end.low > Tolerance.seconds { figures.silences.insert(.referring) }
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
        figures.span = start.low...end.high
        var hold = held(call, from: start, to: end)
        figures.talk = Bounds(end.low - start.high - hold.low, end.high - start.low - hold.low)
        for order in orders {
            // Without a colleague's telephone nobody knows when it began and ended.
            let until = order.returned?.high ?? end.high
            switch order.kind {
            case .consult, .transfer: hold.high += max(0, min(until, end.high) - max(order.at, start.low))
            case .park, .move: continue
            }
            figures.talk?.low -= max(0, min(until, end.low) - max(order.at, start.low))
            guard let colleague = order.colleague else { continue }
            let least = max(0, min(order.returned?.low ?? order.earliest, end.low) - max(colleague.started, start.high))
            hold.low += least
            figures.talk?.high -= least
        }
        figures.talk = figures.talk.map { Bounds($0.low, $0.high) }
        figures.hold = Bounds(hold.low, hold.high)
        return figures
    }

    private func ring(_ first: PhoneCall, _ call: PhoneCall, _ context: Context, _ silences: inout Set<Silence>)
        -> Bounds?
    {
        guard first.isIncoming, context.via != "outbound" else {
            silences.insert(.dialled)
            return nil
        }
        if isInside(first.far), !context.isConsultation { silences.insert(.consulted) }
        // A telephone that forwarded its caller rang no longer; whether that counts is a matter of definition.
        if first.id != call.id, first.code == "302" {
            let answered = call.up ?? call.ended
            return Bounds(answered - call.started, answered - first.started)
        }
        if first.code == "302", var last = forwarded(first), last.user == first.user {
            // It is its own next telephone, and so on; nobody knows which of its rings a leg is.
            var left = 40
            while let next = forwarded(last), left > 0 { (last, left) = (next, left - 1) }
            silences.insert(.forwarding)
            return Bounds(first.ended - first.started, (last.up ?? last.ended) - first.started)
        }
        let answered = first.up ?? first.ended
        if let lastWord, first.started <= lastWord, answered > lastWord {
            silences.insert(.switchGone)
            return Bounds(lastWord - first.started, answered - first.started)
        }
        return Bounds(answered - first.started, answered - first.started)
    }

    private func end(
        of call: PhoneCall, customer: PhoneCall?, orders: [Order], after up: Double, _ silences: inout Set<Silence>
    ) -> (low: Double, high: Double) {
        var end = naturalEnd(of: call, customer: customer)
        if end.high - end.low > Tolerance.seconds { silences.insert(.referring) }
        // A phone that hangs up in the same moment as the customer was connected with him.
        let wereTogether =
            customer.map { abs($0.ended - call.ended) <= Tolerance.seconds } == true && call.transfer == nil
        for order in orders {
            silences.insert(order.silence)
            let mayBeGone =
                order.kind == .consult ? order.returned == nil && !wereTogether : !wereTogether || order.kind == .move
            if mayBeGone { end.low = min(end.low, max(order.earliest, up)) }
        }
        if let lastWord, up <= lastWord, end.low > lastWord {
            end.low = lastWord
            silences.insert(.switchGone)
        }
        return end
    }

    private func naturalEnd(of call: PhoneCall, customer: PhoneCall?) -> (low: Double, high: Double) {
        var end = (low: call.ended, high: call.ended)
        if let transfer = call.transfer { end = (min(end.low, transfer.accepted), min(end.high, transfer.done)) }
        if let gone = customer?.ended { end = (min(end.low, gone), min(end.high, gone)) }
        return end
    }

    /// Between the phone's own re-INVITEs.
    private func held(_ call: PhoneCall, from start: (low: Double, high: Double), to end: (low: Double, high: Double))
        -> (
            low: Double, high: Double
        )
    {
        func within(_ from: Double, _ to: Double) -> Double {
            call.holds.reduce(0) { $0 + max(0, min($1.upperBound, to) - max($1.lowerBound, from)) }
        }
        return (within(start.high, end.low), within(start.low, end.high))
    }

    /// A colleague pressed `*2` (or somebody did it for him over AMI) and had this telephone rung: the customer may
    /// come at any moment, or never.
    func isConsultedByCode(_ call: PhoneCall) -> Bool { askedByCode(call) != nil }

    /// That colleague's own call.
    private func askedByCode(_ call: PhoneCall) -> PhoneCall? {
        guard call.isIncoming, isInside(call.far) else { return nil }
        return phone(call.far).map { calls[$0] }.first { asking in
            asking.isUp(at: call.started)
                && (asking.keys.contains { $0.digits == "*2" && $0.at <= call.started }
                    || commands.contains { $0.action == "atxfer" && $0.at <= call.started && $0.mayConcern(asking) })
        }
    }

    /// The colleague who had this telephone rung by code has gone, and neither this telephone nor a customer of his
    /// time followed him: they have each other. Where nobody waits for it, the switch ends this telephone's call with
    /// the colleague's.
    func wasLeftWithCustomer(_ call: PhoneCall) -> Bool {
        guard let asking = askedByCode(call) else { return false }
        let later = asking.ended + 1
        return call.ended > later
            && !outsideCalls { $0.overlaps(asking) && $0.isUp(at: asking.ended) && $0.ended > later }.isEmpty
    }
}

extension PhoneTruth.Command {
    /// It names this phone's channel, or one of the trunk's, which the phones cannot distinguish.
    func mayConcern(_ call: PhoneCall) -> Bool {
        at >= call.started && at <= call.ended
            && channels.contains {
                $0.hasPrefix("PJSIP/trunk-") || $0.hasPrefix("PJSIP/\(call.user)-") || $0.hasPrefix("Local/")
            }
    }
}

enum Tolerance {
    /// Nobody hears a quarter of a second; a contract's figures are in seconds.
    static let seconds = 0.25
}
