/// What one peer may make the engine store. Beyond a limit there is an answer (431, 413, 503, close code 1009), and
/// then the connection ends.
public struct Limits: Equatable, Sendable {
    /// Request line and header fields, with the empty line. Browsers stay below 8 KiB even with cookies, which is
    /// nginx's limit.
    public var headBytes = 16 * 1024
    /// A webhook is below 20 kB by its standard. The import of the registry does not come through HTTP.
    public var bodyBytes = 256 * 1024
    /// Requests that were read and not answered yet. Browsers do not pipeline; load generators seldom go deeper.
    public var requestsInFlight = 16
    /// One WebSocket message, all its fragments together. A desk sends `hello` and acknowledgements: some hundred
    /// bytes.
    public var messageBytes = 64 * 1024

    public init() {}
}

extension Limits {
    /// One event of a stream with its lines. A wallboard's snapshot of a thousand queues and agents is below 1 MB.
    public static let eventBytes = 4 * 1024 * 1024
    /// The line with a chunk's size. The size has at most eight digits; extensions of a chunk are short.
    static let chunkSizeBytes = 256
    /// The payload of a control frame, and the longest that the first byte of a length can say (RFC 6455 §5.2, §5.5).
    static let controlFrameBytes = 125
    /// What a close frame has room for after its code of two bytes.
    static let closeReasonBytes = 123
    /// A peer's text as an error message quotes it.
    static let quotedCharacters = 60
}
