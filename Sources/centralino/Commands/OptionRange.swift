import ArgumentParser

/// The values that an option may have. A bad one is refused with the range, instead of failing later.
enum OptionRange {
    static func port(_ value: Int, _ option: String) throws {
        guard (0...65_535).contains(value) else {
            throw ValidationError(
                "\(option) \(value) is not a port: give a number from 1 to 65535, or 0 for any free one.")
        }
    }

    static func speed(_ value: Double) throws {
        guard value.isFinite, value > 0 else {
            throw ValidationError("--speed \(value) is not a speed: 1 is as recorded, 10 is ten times as fast.")
        }
    }
}
