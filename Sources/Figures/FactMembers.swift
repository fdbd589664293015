import Telephony
import Time

/// Goes through the stored properties of a fact, to write them or to read them: both by one list, so that they cannot
/// differ. The form of each is in `Journal.md`, “Checkpoints”.
protocol FactMembers {
    mutating func number(_ value: inout UInt64)
    /// A number of which every bit may be set.
    mutating func digest(_ value: inout UInt64)
    mutating func flag(_ value: inout Bool)
    mutating func span(_ value: inout Span)
    mutating func date(_ value: inout UnixTime)
    mutating func moment(_ value: inout Moment)
    /// A text that hardly any other fact has.
    mutating func text(_ value: inout String)
    /// A text that many facts have.
    mutating func name(_ value: inout String)
    /// `make`: the value of a text, or nil. `blank` stands for it where it cannot be read.
    mutating func name<Value>(_ value: inout Value, text: String, or blank: Value, _ make: (String) -> Value?)
    /// `blank`: a value to be read into.
    mutating func optional<Value>(_ value: inout Value?, _ blank: Value, _ list: (inout Self, inout Value) -> Void)
    mutating func array<Value>(
        _ values: inout [Value], upTo limit: Int, _ blank: Value, _ list: (inout Self, inout Value) -> Void)
}

/// A fact whose log is written by ``FactWriter`` and read by ``FactReader``.
///
/// A list is the form of a file. Whoever changes one (an order, a meaning, a member) gives checkpoints a new version
/// (`Checkpoint.title`): otherwise an older checkpoint would be read with its members exchanged, and figures would
/// change without a word. `FactWriterTests` hold the form to bytes that were written once.
protocol ListedFact: LoggedFact {
    /// One to be read into.
    static var blank: Self { get }
    /// Lists every stored property once; the order is that of the file.
    mutating func list(_ members: inout some FactMembers)
}

extension FactMembers {
    mutating func contact(_ value: inout ContactKey) {
        var number = value.number
        self.number(&number)
        value = ContactKey(number)
    }

    mutating func text<Value: Identifier>(_ value: inout Value) {
        var text = value.rawValue
        self.text(&text)
        value = Value(text)
    }

    mutating func name<Value: Identifier>(_ value: inout Value) {
        var text = value.rawValue
        name(&text)
        value = Value(text)
    }

    mutating func name<Value: RawRepresentable<String>>(_ value: inout Value) {
        name(&value, text: value.rawValue, or: value, Value.init(rawValue:))
    }

    mutating func optional(_ value: inout Span?) { optional(&value, .zero) { $0.span(&$1) } }

    mutating func optional(_ value: inout Moment?) { optional(&value, .blank) { $0.moment(&$1) } }

    mutating func optionalName(_ value: inout String?) { optional(&value, "") { $0.name(&$1) } }

    mutating func optionalName<Value: Identifier>(_ value: inout Value?) {
        optional(&value, Value("")) { $0.name(&$1) }
    }

    mutating func optionalText<Value: Identifier>(_ value: inout Value?) {
        optional(&value, Value("")) { $0.text(&$1) }
    }

    mutating func outcome(_ value: inout QueueVisit.Outcome) {
        name(&value, text: value.code, or: .lost, QueueVisit.Outcome.init(code:))
    }
}

extension Moment {
    fileprivate static let blank = Moment(uptime: .zero, date: UnixTime(microseconds: 0))
}

extension QueueVisit.Outcome {
    fileprivate var code: String {
        switch self {
        case .answered: "answered"
        case .abandoned: "abandoned"
        case .flowOut(let reason): "flowOut \(reason.rawValue)"
        case .lost: "lost"
        }
    }

    private static let byCode = Dictionary(uniqueKeysWithValues: VisitClass.outcomes.map { ($0.code, $0) })

    fileprivate init?(code: String) {
        guard let outcome = Self.byCode[code] else { return nil }
        self = outcome
    }
}

// MARK: - the lists

extension VisitFact: ListedFact {
    static let blank = VisitFact(
        QueueVisit(number: 0, contact: ContactKey(0), queue: QueueName(""), position: 0, joined: .blank), record: nil,
        caller: nil)

    mutating func list(_ members: inout some FactMembers) {
        members.number(&number)
        members.contact(&contact)
        members.optionalText(&record)
        members.text(&channel)
        members.optional(&caller, CallerKey(digest: 0)) { $0.digest(&$1.digest) }
        members.flag(&isFlowIn)
        members.moment(&joined)
        members.optional(&ended)
        members.optional(&outcome, .lost) { $0.outcome(&$1) }
        members.flag(&isMeasured)
        members.optional(&estimates.queueLength)
        members.optional(&estimates.queueLengthAbandoning)
        members.optional(&estimates.lastToEnterService)
    }
}

extension LegFact: ListedFact {
    static let blank = LegFact(
        AgentLeg(
            number: 0, contact: ContactKey(0), queue: nil, agent: AgentRef(interface: Interface(""), name: ""),
            channel: ChannelID(""), alerted: .blank), record: nil, team: nil, agent: nil, at: .blank)

    mutating func list(_ members: inout some FactMembers) {
        members.number(&number)
        members.contact(&contact)
        members.optionalText(&record)
        members.text(&channel)
        members.optionalName(&queue)
        members.optionalName(&team)
        members.optionalName(&agent)
        members.optional(&ring)
        members.moment(&established)
        members.optional(&ended)
        members.span(&hold)
        members.array(&holds, upTo: Self.holdLimit, Hold(from: .blank)) {
            $0.moment(&$1.from)
            $0.optional(&$1.to)
        }
        members.optional(&wrapUp)
        members.flag(&wrapUpTimedOut)
        members.flag(&isTransferredOut)
        members.flag(&isMeasured)
    }
}

extension QueueFacts.Refusal: ListedFact {
    static let blank = Self(at: .blank, reason: .full)

    mutating func list(_ members: inout some FactMembers) {
        members.moment(&at)
        members.name(&reason)
    }
}

extension QueueFacts.NoAnswer: ListedFact {
    static let blank = Self(at: .blank, team: nil)

    mutating func list(_ members: inout some FactMembers) {
        members.moment(&at)
        members.optionalName(&team)
    }
}

extension QueueFacts.SelfServed: ListedFact {
    static let blank = Self(
        ended: .blank, arrived: UnixTime(microseconds: 0), record: ContactID(""), channel: ChannelID(""))

    mutating func list(_ members: inout some FactMembers) {
        members.moment(&ended)
        members.date(&arrived)
        members.text(&record)
        members.text(&channel)
    }
}

extension Facts.Segment: ListedFact {
    static let blank = Self(team: "", state: .unknown, reason: nil, from: .blank, to: .blank)

    mutating func list(_ members: inout some FactMembers) {
        members.name(&team)
        members.name(&state)
        members.optionalName(&reason)
        members.moment(&from)
        members.moment(&to)
    }
}
