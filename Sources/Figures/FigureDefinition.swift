import Telephony
import Time

/// A figure as it is published: its id, its names, its formula, and what it is computed from.
///
/// A definition that was used is not changed; a better one gets another id. `domain.md` §3.3, §3.4.
public struct FigureDefinition: Sendable {
    public enum Unit: String, Sendable { case count, seconds, ratio, perHour }

    /// A count of facts, or a sum of microseconds over facts.
    public enum Term: Equatable, Sendable {
        case visits([VisitClass])
        /// Of these, those whose wait was seen whole.
        case measured([VisitClass])
        /// Their waits, in microseconds.
        case wait([VisitClass])
        case blocked(full: Bool, empty: Bool)
        case presented
        case flowIn
        case callers
        case selfServed
        case legs(LegQuantity)
        case time(TimeQuantity)
    }

    /// The unit of a numerator or a denominator.
    public enum TermUnit: Sendable { case count, microseconds }

    public enum LegQuantity: String, Sendable {
        case handled, measured, withHold, transferredOut, noAnswers, rung, calledUpon, contacts, talk, hold, wrapUp,
            wrapUpsTimedOut, handle, ring
    }
    /// Sums of agents' states, in microseconds.
    public enum TimeQuantity: String, Sendable {
        case loggedIn, known, handling, handlingOrRinging, busyOrReady, notPaused, paused, talking, held, consulting,
            wrapUp, ringing,
            available,
            other, unknown,
            unreachable
    }

    public enum Computation: Sendable {
        case sum(Term)
        case ratio(Term, Term)
        case longest([VisitClass])
        /// By nearest rank, of answered callers; percent.
        case quantile(Double)
    }

    public var id: String
    public var italian: String
    public var english: String
    public var formula: String
    public var unit: Unit
    public var computation: Computation

    init(
        _ id: String, _ italian: String, _ english: String, _ formula: String, _ unit: Unit, _ computation: Computation
    ) {
        self.id = id
        self.italian = italian
        self.english = english
        self.formula = formula
        self.unit = unit
        self.computation = computation
    }
}

extension FigureDefinition.Term {
    public var unit: FigureDefinition.TermUnit {
        switch self {
        case .visits, .measured, .blocked, .presented, .flowIn, .callers, .selfServed: .count
        case .wait, .time: .microseconds
        case .legs(let quantity):
            switch quantity {
            case .handled, .measured, .withHold, .transferredOut, .noAnswers, .rung, .calledUpon, .contacts,
                .wrapUpsTimedOut:
                .count
            case .talk, .hold, .wrapUp, .handle, .ring: .microseconds
            }
        }
    }
}

extension FigureDefinition {
    public var numeratorUnit: TermUnit {
        switch computation {
        case .sum(let term), .ratio(let term, _): term.unit
        case .longest, .quantile: .microseconds
        }
    }

    /// nil where nothing is divided.
    public var denominatorUnit: TermUnit? {
        if case .ratio(_, let term) = computation { term.unit } else { nil }
    }
}

extension FigureDefinition {
    /// The figures of queues, in the order in which they are printed.
    public static let ofQueues: [FigureDefinition] = {
        let all = VisitClass.allCases
        let answered = VisitClass.answered
        let abandoned = VisitClass.abandoned
        let flowOut = VisitClass.flowOut
        let exits = answered + abandoned + flowOut
        let short = VisitClass.shortAbandons
        let lasting = abandoned.filter { !short.contains($0) }
        let unmeasured = VisitClass.unmeasured
        let counts: [FigureDefinition] = [
            .init("offered", "Entrate", "Offered", "O", .count, .sum(.visits(all))),
            .init("answered", "Risposte", "Answered", "A", .count, .sum(.visits(answered))),
            .init("abandoned", "Abbandonate", "Abandoned", "B", .count, .sum(.visits(abandoned))),
            .init("shortAbandons", "Abbandoni brevi", "Short abandons", "Bs: wait ≤ s", .count, .sum(.visits(short))),
            .init("flowOut", "Uscite in overflow", "Flow-out", "F", .count, .sum(.visits(flowOut))),
        ]
        let others: [FigureDefinition] = [
            .init(
                "flowIn", "Entrate da overflow", "Flow-in", "let go by another queue to this one", .count, .sum(.flowIn)
            ),
            .init(
                "uniqueCallers", "Chiamanti distinti", "Unique callers", "distinct numbers, without withheld ones",
                .count, .sum(.callers)),
            .init("lost", "Perse (fine non osservata)", "Lost", "L", .count, .sum(.visits(VisitClass.of(.lost)))),
            .init(
                "waiting", "In attesa", "In progress", "O − A − B − F − L", .count, .sum(.visits(VisitClass.waiting))),
            .init(
                "unmeasured", "Attesa non osservata per intero", "Wait not seen whole", "", .count,
                .sum(.visits(unmeasured))),
            .init(
                "blocked.full", "Respinte: coda piena", "Blocked: full", "", .count,
                .sum(.blocked(full: true, empty: false))),
            .init(
                "blocked.empty", "Respinte: nessun operatore", "Blocked: empty", "", .count,
                .sum(.blocked(full: false, empty: true))),
            .init("presented", "Presentate", "Presented", "O + blocked", .count, .sum(.presented)),
            .init(
                "ivrOnly", "Solo IVR", "IVR only", "inbound contacts that asked for no agent; of a whole switch",
                .count, .sum(.selfServed)),
            .init(
                "AR1", "Tasso di abbandono", "Abandonment rate", "B/O", .ratio, .ratio(.visits(abandoned), .visits(all))
            ),
            .init(
                "AR2", "Tasso di abbandono senza brevi", "Abandonment rate without short ones", "(B − Bs)/(O − Bs)",
                .ratio,
                .ratio(.visits(lasting), .visits(all.filter { !short.contains($0) }))),
            .init(
                "AR3", "Tasso di abbandono su risposte", "Abandonment rate of answered", "B/(A + B)", .ratio,
                .ratio(.visits(abandoned), .visits(answered + abandoned))),
            .init(
                "flowOutRate", "Tasso di overflow", "Flow-out rate", "F/O", .ratio,
                .ratio(.visits(flowOut), .visits(all))),
        ]
        let waits: [FigureDefinition] = [
            .init(
                "ASA", "Tempo medio di attesa alla risposta", "Average speed of answer", "Σw(A)/A", .seconds,
                .ratio(.wait(answered), .measured(answered))),
            .init(
                "averageWait", "Attesa media, tutte le uscite", "Average wait, all exits", "Σw(A∪B∪F)/(A + B + F)",
                .seconds,
                .ratio(.wait(exits), .measured(exits))),
            .init(
                "averageTimeToAbandon", "Tempo medio all'abbandono", "Average time to abandon", "Σw(B)/B", .seconds,
                .ratio(.wait(abandoned), .measured(abandoned))),
            .init("maxWait", "Attesa massima", "Longest wait", "max w", .seconds, .longest(exits + [.lost])),
            .init(
                "P50", "Attesa alla risposta, mediana", "Wait of answered, median", "nearest rank, HdrHistogram",
                .seconds,
                .quantile(50)),
            .init(
                "P90", "Attesa alla risposta, 90° percentile", "Wait of answered, P90", "nearest rank, HdrHistogram",
                .seconds,
                .quantile(90)),
            .init(
                "P95", "Attesa alla risposta, 95° percentile", "Wait of answered, P95", "nearest rank, HdrHistogram",
                .seconds,
                .quantile(95)),
            .init(
                "P99", "Attesa alla risposta, 99° percentile", "Wait of answered, P99", "nearest rank, HdrHistogram",
                .seconds,
                .quantile(99)),
        ]
        return counts + QueueVisit.FlowOut.allCases.map(ofFlowOuts) + others
            + ServiceLevel.Formula.all.map(ofServiceLevel) + waits
    }()

    private static func ofServiceLevel(_ formula: ServiceLevel.Formula) -> FigureDefinition {
        .init(
            formula.id, "Livello di servizio \(formula.id)", "Service level \(formula.id)", formula.text, .ratio,
            .ratio(.visits(formula.numerator), .visits(formula.denominator)))
    }

    private static func ofFlowOuts(_ reason: QueueVisit.FlowOut) -> FigureDefinition {
        let (italian, english) =
            switch reason {
            case .timeout: ("Uscite per tempo massimo", "Flow-out: time-out")
            case .key: ("Uscite con tasto", "Flow-out: key")
            case .empty: ("Uscite per coda senza operatori", "Flow-out: queue empty")
            case .withdrawn: ("Uscite per ritiro", "Flow-out: withdrawn")
            case .unknown: ("Uscite, motivo ignoto", "Flow-out: reason unknown")
            }
        return .init(
            "flowOut.\(reason.rawValue)", italian, english, "F", .count, .sum(.visits(VisitClass.of(.flowOut(reason)))))
    }

    /// The figures of agents' parts, for queues and for teams.
    public static let ofLegs: [FigureDefinition] = {
        func legs(_ quantity: LegQuantity) -> Term { .legs(quantity) }
        return [
            .init("handled", "Gestite", "Handled", "agents' parts that ended", .count, .sum(legs(.handled))),
            .init(
                "AHT", "Tempo medio di gestione", "Average handling time", "Σ(talk + hold + ACW)/handled", .seconds,
                .ratio(legs(.handle), legs(.measured))),
            .init(
                "contactAHT", "Tempo medio di gestione per contatto", "Average handling time per contact",
                "Σ(talk + hold + ACW)/contacts",
                .seconds,
                .ratio(legs(.handle), legs(.contacts))),
            .init(
                "ATT", "Tempo medio di conversazione", "Average talk time", "Σtalk/handled", .seconds,
                .ratio(legs(.talk), legs(.measured))),
            .init(
                "AHoldT", "Tempo medio in attesa (hold)", "Average hold time", "Σhold/handled", .seconds,
                .ratio(legs(.hold), legs(.measured))),
            .init(
                "AACW", "Tempo medio post-chiamata", "Average after-call work", "ΣACW/handled", .seconds,
                .ratio(legs(.wrapUp), legs(.measured))),
            .init(
                "wrapUpsTimedOut", "Post-chiamata fino al limite", "After-call work until its limit",
                "ACW = wrap_up_seconds", .count,
                .sum(legs(.wrapUpsTimedOut))),
            .init(
                "averageRing", "Squillo medio", "Average ring", "Σring/rung", .seconds, .ratio(legs(.ring), legs(.rung))
            ),
            .init(
                "transferRate", "Tasso di trasferimento", "Transfer rate", "transferred/handled", .ratio,
                .ratio(legs(.transferredOut), legs(.handled))),
            .init(
                "holdRate", "Tasso di hold", "Hold rate", "with hold/handled", .ratio,
                .ratio(legs(.withHold), legs(.handled))),
            .init("ringNoAnswer", "Squilli senza risposta", "Ring no answer", "RNA", .count, .sum(legs(.noAnswers))),
            .init(
                "ringNoAnswerRate", "Tasso di squilli senza risposta", "Ring-no-answer rate", "RNA/(RNA + handled)",
                .ratio,
                .ratio(legs(.noAnswers), legs(.calledUpon))),
        ]
    }()

    /// The figures of agents' time: of teams, suppliers and switches, never of a queue.
    public static let ofTime: [FigureDefinition] = {
        func time(_ quantity: TimeQuantity) -> Term { .time(quantity) }
        return [
            .init(
                "occupancy", "Occupazione", "Occupancy", "(talk + hold + ACW)/(talk + hold + ACW + ring + available)",
                .ratio,
                .ratio(time(.handling), time(.busyOrReady))),
            .init(
                "occupancyWithRing", "Occupazione con squillo", "Occupancy, ringing is busy",
                "(talk + hold + ACW + ring)/(talk + hold + ACW + ring + available)", .ratio,
                .ratio(time(.handlingOrRinging), time(.busyOrReady))),
            .init(
                "utilisation", "Utilizzo", "Utilisation", "(talk + hold + ACW)/(logged in − unknown)", .ratio,
                .ratio(time(.handling), time(.known))),
            .init(
                "availability", "Disponibilità", "Availability", "(logged in − unknown − paused)/(logged in − unknown)",
                .ratio,
                .ratio(time(.notPaused), time(.known))),
            .init(
                "handledPerHour", "Gestite per ora produttiva", "Handled per productive hour",
                "handled/(logged in − unknown − paused)",
                .perHour,
                .ratio(.legs(.handled), time(.notPaused))),
            .init(
                "loggedInTime", "Tempo connesso", "Logged-in time", "Σ of all states", .seconds, .sum(time(.loggedIn))),
            .init("talkingTime", "Tempo in conversazione", "Time talking", "", .seconds, .sum(time(.talking))),
            .init("heldTime", "Tempo in hold", "Time on hold", "without consultation", .seconds, .sum(time(.held))),
            .init(
                "consultingTime", "Tempo in consultazione", "Time in consultation", "", .seconds,
                .sum(time(.consulting))),
            .init("wrapUpTime", "Tempo post-chiamata", "Time in after-call work", "", .seconds, .sum(time(.wrapUp))),
            .init("ringingTime", "Tempo di squillo", "Time ringing", "", .seconds, .sum(time(.ringing))),
            .init("availableTime", "Tempo disponibile", "Time available", "", .seconds, .sum(time(.available))),
            .init("pausedTime", "Tempo in pausa", "Time paused", "", .seconds, .sum(time(.paused))),
            .init("otherTime", "Tempo in altre chiamate", "Time in other calls", "", .seconds, .sum(time(.other))),
            .init(
                "unreachableTime", "Tempo non raggiungibile", "Time unreachable", "", .seconds, .sum(time(.unreachable))
            ),
            .init(
                "unknownTime", "Tempo in stato ignoto", "Time in an unknown state", "", .seconds, .sum(time(.unknown))),
        ]
    }()

    public static let all = ofQueues + ofLegs + ofTime

    public static func find(_ id: String) -> FigureDefinition? { all.first { $0.id == id } }
}
