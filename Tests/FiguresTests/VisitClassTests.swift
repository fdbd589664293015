import Figures
import Foundation
import Telephony
import Testing
import Time

@Suite("The classes of visits")
struct VisitClassTests {
    @Test("are each of one outcome or of callers who wait, and their outcomes are all that there are, in order")
    func outcomes() {
        #expect(
            VisitClass.outcomes == [.answered, .abandoned] + QueueVisit.FlowOut.allCases.map { .flowOut($0) } + [.lost])
        let groups = [VisitClass.answered, VisitClass.abandoned, VisitClass.flowOut, VisitClass.waiting]
        #expect(Set(groups.joined()).union([.lost]) == Set(VisitClass.allCases))
        #expect(groups.map(\.count).reduce(1, +) == VisitClass.allCases.count)
        #expect(VisitClass.shortAbandons.allSatisfy(VisitClass.abandoned.contains))
    }

    @Test("are kept in a checkpoint by name, and no tally is read that has an unknown one")
    func checkpoint() throws {
        var text = """
            {"blockedEmpty":2,"blockedFull":1,"flowIn":1,"cells":{"answeredInTime":{"count":3,"longest":7,"measured":2,"wait":9}}}
            """
        let tally = try JSONDecoder().decode(VisitTally.self, from: Data(text.utf8))
        #expect(
            tally.count(of: .answered) == 3 && tally[.answeredInTime].wait == Span(microseconds: 9)
                && tally.blockedEmpty == 2)
        #expect(try JSONDecoder().decode(VisitTally.self, from: JSONEncoder().encode(tally)) == tally)
        text = text.replacingOccurrences(of: "answeredInTime", with: "answeredSomehow")
        #expect(throws: DecodingError.self) { try JSONDecoder().decode(VisitTally.self, from: Data(text.utf8)) }
    }

    @Test("are divided in one way: the wall's speed of answer has the last digit of the figure ASA")
    func lastDigit() throws {
        let definition = try #require(FigureDefinition.find("ASA"))
        for wait in stride(from: 1_000_001, through: 90_000_001, by: 999_983) {
            let text =
                #"{"blockedEmpty":0,"blockedFull":0,"flowIn":0,"cells":{"answeredInTime":{"count":7,"longest":1,"measured":7,"wait":\#(wait)}}}"#
            var figures = Figures()
            figures.visits = try JSONDecoder().decode(VisitTally.self, from: Data(text.utf8))
            #expect(figures.visits.averageSpeedOfAnswer == figures.value(definition).value)
        }
        #expect(VisitTally().averageSpeedOfAnswer == nil)
    }

    @Test("make up the formulas of the contracts")
    func formulas() throws {
        let expected: [String: ([VisitClass], [VisitClass])] = [
            "SL1": (
                [.answeredInTime, .abandonedShortInTime, .abandonedInTime],
                [.abandonedShortInTime, .abandonedShortLate, .abandonedInTime, .abandonedLate]
            ),
            "SL2": ([.answeredInTime], []),
            "SL3": ([.answeredInTime], [.abandonedShortInTime, .abandonedShortLate, .abandonedInTime, .abandonedLate]),
            "SL4": ([.answeredInTime], [.abandonedShortLate, .abandonedLate]),
            "SL5": (
                [.answeredInTime, .abandonedShortInTime, .abandonedShortLate],
                [.abandonedShortInTime, .abandonedShortLate, .abandonedInTime, .abandonedLate]
            ),
            "SL6": ([.answeredInTime], [.abandonedInTime, .abandonedLate]),
        ]
        for (id, (numerator, abandoned)) in expected {
            let denominator = [VisitClass.answeredInTime, .answeredLate] + abandoned
            let formula = try #require(ServiceLevel.Formula(id: id))
            #expect(formula.numerator == numerator && formula.denominator == denominator, "\(id)")
            let withFlowOut = try #require(ServiceLevel.Formula(id: id + "+F"))
            #expect(
                withFlowOut.numerator == numerator && withFlowOut.denominator == denominator + VisitClass.flowOut,
                "\(id)+F")
        }
    }
}
