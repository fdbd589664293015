/// What one peer may make the engine hold. Beyond each there is an answer (431, 413, 503, close code 1009), and then the connection ends.
public struct Limits: Equatable, Sendable {
    /// Request line and header fields, with the empty line. Browsers stay below 8 KiB even with cookies; nginx gives 8, we are generous.
    public var headBytes = 16 * 1024
    /// A webhook is below 20 kB by its standard; an import of the anagrafica goes another way.
    public var bodyBytes = 256 * 1024
    /// Requests read and not answered yet. Browsers do not pipeline; load generators seldom go deeper.
    public var requestsInFlight = 16
    /// One WebSocket message, its fragments together. A desk says `hello` and acknowledges: some hundred bytes.
    public var messageBytes = 64 * 1024

    public init() {}
}
