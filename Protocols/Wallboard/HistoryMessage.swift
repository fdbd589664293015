/// `GET /v1/wallboard/history`: the last two hours of each queue in steps of five minutes, for a chart. Steps begin at
/// whole five minutes; the last one is not over. A step's figures are on the cohort base: of the callers who joined in
/// it.
public struct HistoryMessage: Codable, Equatable, Sendable {
    public struct Step: Codable, Equatable, Sendable {
        public var from: String
        public var offered: Int
        public var answered: Int
        public var abandoned: Int
        /// Numerator and denominator of the service level, by the queue's formula.
        public var numerator: Int
        public var denominator: Int
        /// Seconds of the step in which the switch was not heard; its figures are then incomplete.
        public var lostSeconds: Double

        public init(
            from: String, offered: Int, answered: Int, abandoned: Int, numerator: Int, denominator: Int,
            lostSeconds: Double
        ) {
            self.from = from
            self.offered = offered
            self.answered = answered
            self.abandoned = abandoned
            self.numerator = numerator
            self.denominator = denominator
            self.lostSeconds = lostSeconds
        }
    }

    public struct Queue: Codable, Equatable, Sendable {
        public var `switch`: String
        public var name: String
        public var steps: [Step]

        public init(switch: String, name: String, steps: [Step]) {
            self.switch = `switch`
            self.name = name
            self.steps = steps
        }
    }

    public var at: String
    public var stepSeconds: Int
    public var queues: [Queue]

    public init(at: String, stepSeconds: Int, queues: [Queue]) {
        self.at = at
        self.stepSeconds = stepSeconds
        self.queues = queues
    }
}
