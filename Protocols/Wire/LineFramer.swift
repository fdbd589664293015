/// Splits a stream into lines ended by LF or CRLF (NDJSON), with a bound: a longer line is dropped whole and reported
/// once.
public struct LineFramer: Sendable {
    public enum Output: Equatable, Sendable {
        case line([UInt8])
        /// A line grew beyond the limit; its bytes up to the next LF are dropped.
        case tooLong
    }

    private let limit: Int
    private var pending: [UInt8] = []
    private var skipping = false

    public init(limit: Int) { self.limit = limit }

    /// Takes bytes split anywhere; empty lines are skipped.
    public mutating func receive(_ bytes: some Collection<UInt8>) -> [Output] {
        var outputs: [Output] = []
        for byte in bytes {
            if byte == UInt8(ascii: "\n") {
                if pending.last == UInt8(ascii: "\r") { pending.removeLast() }
                if !skipping, !pending.isEmpty { outputs.append(.line(pending)) }
                pending.removeAll(keepingCapacity: true)
                skipping = false
            } else if !skipping {
                pending.append(byte)
                // The CR of a CRLF is not part of the line.
                if pending.count > limit + (byte == UInt8(ascii: "\r") ? 1 : 0) {
                    pending.removeAll()
                    skipping = true
                    outputs.append(.tooLong)
                }
            }
        }
        return outputs
    }
}
