/// A measure of work that is the same on every machine, so that a test can bound it. It is not part of a value's
/// meaning: two values that differ only in it are equal, and it is not stored.
public struct WorkCount: Equatable, Sendable {
    public private(set) var steps = 0

    public init() {}

    @inlinable public static func == (left: Self, right: Self) -> Bool { true }

    public mutating func add(_ steps: Int) { self.steps &+= steps }
}
