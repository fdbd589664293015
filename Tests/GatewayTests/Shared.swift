import Foundation

/// What is dear to make and the same for every test that asks: made once a test run for each name, by the first test
/// that asks.
///
/// A `Value` must be a value: tests on several threads get copies of it.
final class Shared<Value>: @unchecked Sendable {
    private final class Place {
        let lock = NSLock()
        /// Guarded by `lock`.
        var value: Value?
    }

    private let lock = NSLock()
    /// Guarded by `lock`.
    private var places: [String: Place] = [:]

    /// Tests that ask for the same name meanwhile wait until it is made.
    func value(_ name: String, _ make: () throws -> Value) rethrows -> Value {
        let place = lock.withLock {
            if let place = places[name] { return place }
            let place = Place()
            places[name] = place
            return place
        }
        return try place.lock.withLock {
            if let value = place.value { return value }
            let value = try make()
            place.value = value
            return value
        }
    }
}
