/// The second truth: what the telephones did, against which each leg of our records is held.
///
/// Which phone interval each of our figures is:
///
/// | ours | the phone's |
/// |---|---|
/// | `ringSeconds` | INVITE received → 200 sent, or the refusal or CANCEL that ended it |
/// | `talkSeconds` + `holdSeconds` | *connected*: 200 → the first of its own BYE, the customer's BYE, and its REFER's success |
/// | `holdSeconds` | what of it lies between its re-INVITE `sendonly` and `sendrecv` |
///
/// A phone that dials does not ring. A phone's REFER has succeeded somewhere between the 202 and the NOTIFY 200. Where
/// a phone cannot know, a ``Silence`` says so and its figure has ``Bounds`` instead of a value.
struct PhoneTruth {
    /// The bounds that the telephones leave, in seconds; both are the same where they know.
    struct Bounds: Equatable {
        var low: Double
        var high: Double
        init(_ low: Double, _ high: Double) { (self.low, self.high) = (max(0, min(low, high)), max(0, high)) }
        /// How far a value is outside, with its sign.
        func distance(of value: Double) -> Double { value < low ? value - low : value > high ? value - high : 0 }
    }

    /// Why a telephone cannot know. Each is a rule, for every recording alike.
    enum Silence: String, CaseIterable, Comparable {
        /// `*2`, `#1`, `#72`: the switch takes the customer away and gives him back or not, while the telephone's own
        /// call stays up.
        case featureCode = "transfer or parking by feature code happens inside the switch"
        /// Until the NOTIFY after a REFER; when the switch parks, it first announces the slot to the telephone.
        case referring = "the REFER is accepted, its success is told later"
        /// Redirect, Bridge, Atxfer, BlindTransfer of an AMI user.
        case commanded = "an AMI command moved the call inside the switch"
        /// AgentLogin: the telephone's call is up all day.
        case agentPool = "an agent of app_agent_pool is on the line all day"
        /// A telephone that rang for a colleague's question and got the customer afterwards.
        case consulted = "it rang for a consultation"
        /// A phone that dialled a number, a code or a slot did not ring; nor did a phone that the switch called first
        /// in order to dial for it.
        case dialled = "it dialled, or was called in order to dial"
        /// A telephone that retrieves a parked caller is answered by the switch, and hears a tone before it hears
        /// him.
        case fetching = "a tone, before the parked caller"
        /// A telephone that forwards its callers may get them back, and forward them again.
        case forwarding = "it sent its caller on"
        /// The switch was killed or restarted: it reported no end of its calls, and the phones notice it late or never.
        case switchGone = "the switch was gone"
        /// The phone's call carries a second conversation; it cannot know where one ended and the other began.
        case again = "one call of the phone, several conversations"

        static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
    }

    /// What the telephones say of one leg. nil: nothing at all.
    struct Figures: Equatable {
        var ring: Bounds?
        /// Talk and hold.
        var connected: Bounds?
        /// From the earliest beginning of *connected* to its latest end.
        var span: ClosedRange<Double>?
        var talk: Bounds?
        var hold: Bounds?
        var silences: Set<Silence> = []
    }

    /// A command of an AMI user that moves calls.
    struct Command: Equatable {
        var at: Double
        var action: String
        var channels: [String]
    }

    var calls: [PhoneCall]
    var commands: [Command] = []
    /// The end of the recording: what had not ended by then ended there.
    var end: Double
    /// The last message of a switch that went down in the middle of the recording.
    var lastWord: Double?

    private let byUser: [String: [Int]]
    private let outside: [Int]

    init(calls: [PhoneCall], commands: [Command] = [], end: Double, lastWord: Double? = nil) {
        self.calls = calls
        for index in calls.indices where calls[index].ended == .infinity {
            self.calls[index].ended = max(end, calls[index].started)
        }
        self.commands = commands
        (self.end, self.lastWord) = (end, lastWord)
        byUser = Dictionary(grouping: calls.indices.filter { !calls[$0].isOutside }) { calls[$0].user }
        outside = calls.indices.filter { calls[$0].isOutside }
    }

    // MARK: who is who

    func phone(_ user: String) -> [Int] { byUser[user] ?? [] }
    func outsideCalls(where matches: (PhoneCall) -> Bool) -> [Int] { outside.filter { matches(calls[$0]) } }

    /// Whether the number is an inside telephone's, as far as this recording shows.
    func isInside(_ number: String) -> Bool { byUser[number] != nil }

    /// The customer's own telephone: the one that called when the record begins, or that the switch called during it.
    /// nil where two are possible: a load recording has several callers in a moment, some without a number.
    func customer(arrived: Double, left: Double, numbers: Set<String>) -> Int? {
        let callers = outside.filter { !calls[$0].isIncoming && abs(calls[$0].started - arrived) <= 0.5 }
        let named = callers.filter { numbers.contains(calls[$0].user) }
        if !callers.isEmpty { return named.count == 1 ? named[0] : callers.count == 1 ? callers[0] : nil }
        return outside.first {
            let call = calls[$0]
            return call.isIncoming && numbers.contains(call.user) && call.started >= arrived - 0.25
                && call.started <= left
        }
    }

    /// A telephone that forwards its caller with 302: the call of the telephone that rang instead.
    func forwarded(_ call: PhoneCall) -> PhoneCall? {
        guard call.code == "302" else { return nil }
        let next = calls.filter {
            $0.isIncoming && !$0.isOutside && $0.id != call.id && $0.far == call.far
                && (0...0.25).contains($0.started - call.ended)
        }
        return next.first { $0.up != nil && $0.ended - ($0.up ?? 0) > 0.25 } ?? next.first
    }

    /// A telephone that picked up the call ringing at this one, by `*8` or `**` and its number.
    func pickedUp(_ call: PhoneCall) -> PhoneCall? {
        guard call.isIncoming, call.up == nil, call.reason == "cancelled" else { return nil }
        return calls.first {
            !$0.isIncoming && DialPlan.isPickup($0.far) && $0.up.map { abs($0 - call.ended) <= 0.25 } == true
        }
    }

    /// The colleague who rang this telephone to consult, and the moments between which his transfer by REFER joined
    /// it with the customer.
    func joined(_ call: PhoneCall) -> PhoneCall.Transfer? {
        guard call.isIncoming, isInside(call.far) else { return nil }
        let consultations = phone(call.far).map { calls[$0] }.filter {
            !$0.isIncoming && $0.isAlive(at: call.started) && ($0.far == call.user || DialPlan.isQueue($0.far))
        }
        guard !consultations.isEmpty else { return nil }
        return phone(call.far).compactMap { calls[$0].transfer }.first {
            $0.isAttended && call.isAlive(at: $0.accepted)
        }
    }
}

/// The meaning of the numbers that the telephones of these recordings dial.
enum DialPlan {
    static func isPickup(_ number: String) -> Bool { number == "*8" || number.hasPrefix("**") }
    static func isParkingSlot(_ number: String) -> Bool {
        number.count == 3 && number.hasPrefix("7") && number != "700"
    }
    static func isConference(_ number: String) -> Bool { number == "8000" }
    static func isQueue(_ number: String) -> Bool { number.count == 4 && number.hasPrefix("600") }
    static func isAgentLogin(_ number: String) -> Bool { number.hasPrefix("*11") }
}
