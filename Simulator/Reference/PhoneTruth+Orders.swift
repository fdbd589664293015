// What a telephone (or somebody over AMI, for it) orders the switch to do with the customer while the telephone's own
// call stays up. The telephone knows when it gave the order, and often another telephone knows the result: the
// colleague's that was rung.
extension PhoneTruth {
    struct Order: Equatable {
        enum Kind: Equatable {
            /// `*2`, Atxfer: the customer is held while a colleague is rung and asked.
            case consult
            /// `#1`: the customer is held while the number is pressed, and goes.
            case transfer
            /// `#72`: the customer goes; the slot is announced to the telephone.
            case park
            /// Redirect, Bridge, BlindTransfer: the customer goes.
            case move
        }
        var kind: Kind
        var at: Double
        var silence: Silence
        /// The colleague's telephone of a consultation, where one rang.
        var colleague: PhoneCall?
        /// When the customer can have gone at the earliest.
        var earliest: Double
        /// The consultation's end, when the agent came back to the customer or took him into a conference; nil if he
        /// did not.
        var returned: (low: Double, high: Double)?

        static func == (left: Order, right: Order) -> Bool { left.kind == right.kind && left.at == right.at }
    }

    /// The orders of one call, in their order.
    func orders(of call: PhoneCall, until end: Double) -> [Order] {
        guard let up = call.up else { return [] }
        let relevant = up...max(up, end)
        var orders: [Order] = []
        for keys in call.keys where relevant.contains(keys.at) {
            switch keys.digits {
            case "*2":
                // The second one, while the colleague is there, completes it.
                if orders.last?.colleague?.isAlive(at: keys.at) != true {
                    orders.append(consultation(of: call, at: keys.at, .featureCode))
                }
            case "#1":
                let last = call.keys.last { $0.at <= end }?.at ?? keys.at
                orders.append(Order(kind: .transfer, at: keys.at, silence: .featureCode, earliest: last))
            case "#72": orders.append(Order(kind: .park, at: keys.at, silence: .featureCode, earliest: keys.at))
            default: break
            }
        }
        for command in commands where relevant.contains(command.at) && command.mayConcern(call) {
            switch command.action {
            case "atxfer": orders.append(consultation(of: call, at: command.at, .commanded))
            case "redirect", "bridge", "blindtransfer", "park":
                orders.append(Order(kind: .move, at: command.at, silence: .commanded, earliest: command.at))
            default: break
            }
        }
        return orders.sorted { $0.at < $1.at }
    }

    private func consultation(of call: PhoneCall, at instant: Double, _ silence: Silence) -> Order {
        let colleague = calls.first {
            $0.isIncoming && $0.far == call.user && $0.started >= instant && $0.started <= call.ended
        }
        var order = Order(kind: .consult, at: instant, silence: silence, colleague: colleague, earliest: instant)
        guard let colleague else { return order }
        let key = call.keys.first { ["*1", "*2", "*3"].contains($0.digits) && $0.at >= colleague.started }
        order.earliest = min(call.ended, colleague.ended, key?.at ?? .infinity)
        // The switch accepts a code when no further digit follows, and then moves the channels.
        let patience = 1.5
        if let key, key.digits != "*2" {
            order.returned = (key.at, key.at + patience)
        } else if key == nil, colleague.ended < call.ended - Tolerance.seconds {
            order.returned = (colleague.ended, colleague.ended + Tolerance.seconds)
        }
        return order
    }
}
