import Figures

/// The logs of facts apart from the rest: a checkpoint has them in a form of their own.
extension ACD {
    package mutating func forgetLogs() { facts.forgetLogs() }

    package mutating func read(_ place: FactPlace, from reader: inout FactReader) {
        facts.read(place, from: &reader)
    }
}
