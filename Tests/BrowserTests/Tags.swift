import Testing

extension Tag {
    /// Needs Chromium, and looks at the pages of the running program.
    @Tag static var browser: Self
}
