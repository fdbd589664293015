import Testing

extension Tag {
    /// Starts the built program, which makes it slower than the rest and dependent on the machine.
    @Tag static var program: Self
}
