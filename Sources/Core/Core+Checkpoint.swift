import ACD
import Figures
import Telephony

/// A core as a checkpoint has it: the facts in pieces (``FactWriter``), because nearly all of it is facts, and the rest
/// as JSON. What is not written in pieces is in the JSON, so nothing can be forgotten.
extension Core {
    /// The core without what is written in pieces.
    public var withoutPieces: Core {
        var core = self
        for index in core.switches.indices { core.switches[index].acd.forgetLogs() }
        return core
    }

    /// Hands over the pieces, which are to be read in the same order.
    public func eachPiece<Failure>(_ take: ([UInt8]) throws(Failure) -> Void) throws(Failure) {
        var writer = FactWriter()
        for index in switches.indices {
            let name = switches[index].name.rawValue
            try switches[index].acd.facts.write(of: name, to: &writer, take)
        }
    }
}

extension Core {
    /// Where figures that are kept as calls end differ from the sums over the facts, in words and with the names of
    /// switch and queue; empty unless the program is wrong.
    public var faultsOfKeptFigures: [String] {
        switches.flatMap { one in one.acd.faultsOfKeptFigures(at: moment).map { "\(one.name), \($0)" } }
    }
}

/// Makes a core of what ``Core/withoutPieces`` and ``Core/eachPiece(_:)`` gave. The bytes may be anything.
public struct CheckpointReader: Sendable {
    /// What was read so far.
    public private(set) var core: Core
    private var reader = FactReader(limit: Core.Limits.number)

    /// nil as with ``Core/decoded(from:)``.
    public init?(_ json: [UInt8]) {
        guard let core = Core.decoded(from: json) else { return nil }
        self.core = core
    }

    /// - Returns: false if this is not a piece of this core, or has a number that cannot be counted up from. Then the
    ///   core is of no use.
    public mutating func add(_ piece: [UInt8]) -> Bool {
        guard let place = reader.begin(piece),
            let index = core.switches.firstIndex(where: { $0.name.rawValue.isIdentical(to: place.owner) })
        else { return false }
        core.switches[index].acd.read(place, from: &reader)
        return reader.isSound
    }
}
