import Synchronization

/// What is dear to make and the same for every test that asks: made once a test run for each name, by whoever asks first.
final class Shared<Value: Sendable>: Sendable {
    private final class Place: Sendable {
        let value = Mutex<Value?>(nil)
    }

    private let places = Mutex<[String: Place]>([:])

    /// Others who ask for the same name meanwhile wait until it is made.
    func value(_ name: String, _ make: () throws -> Value) rethrows -> Value {
        let place = places.withLock { places in
            if let place = places[name] { return place }
            let place = Place()
            places[name] = place
            return place
        }
        return try place.value.withLock { value in
            if let value { return value }
            let made = try make()
            value = made
            return made
        }
    }
}
