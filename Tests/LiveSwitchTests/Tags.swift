import Testing

extension Tag {
    /// Needs a real Asterisk (`make test-asterisk`).
    @Tag static var liveSwitch: Self
}
