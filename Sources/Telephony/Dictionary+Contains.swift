extension Dictionary {
    /// Whether there is a value. `self[key] != nil` says the same, but copies the value first, and ours are large.
    @inlinable public func contains(key: Key) -> Bool { index(forKey: key) != nil }
}
