import Time

/// A measure of work that is the same on every machine, so that a test can bound it. It is not part of a value's
/// meaning.
public struct WorkCount: Derived {
    public private(set) var steps = 0

    public init() {}

    public mutating func add(_ steps: Int) { self.steps &+= steps }
}
