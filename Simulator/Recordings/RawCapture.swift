/// The bytes of an AMI connection as they came, without times of their own. They are cut after each empty line, and
/// timed by the `Timestamp` headers that `timestampevents = yes` in manager.conf adds. Without these everything came
/// at zero.
struct RawCapture {
    var chunks: [Recording.Chunk] = []
    /// The first `Timestamp`, in microseconds since 1970.
    var startEpoch: Int64?

    init(_ bytes: [UInt8], path: String) throws(RecordingError) {
        guard !bytes.isEmpty else { throw .damaged(path: path, reason: "it is empty") }
        var messageStart = 0
        var lineStart = 0
        var now: Int64 = 0
        var stamp: Int64?
        func isEmpty(_ line: Range<Int>) -> Bool {
            line.isEmpty || line.count == 1 && bytes[line.lowerBound] == UInt8(ascii: "\r")
        }
        for index in bytes.indices where bytes[index] == UInt8(ascii: "\n") {
            let line = lineStart..<index
            lineStart = index + 1
            if stamp == nil { stamp = Self.timestamp(bytes[line]) }
            guard isEmpty(line) else { continue }
            if let stamp {
                let start = startEpoch ?? stamp
                startEpoch = start
                // Events step back by less than a millisecond from time to time.
                now = max(now, stamp - start)
            }
            chunks.append(.init(microseconds: now, direction: .incoming, bytes: Array(bytes[messageStart..<lineStart])))
            messageStart = lineStart
            stamp = nil
        }
        if messageStart < bytes.count {
            chunks.append(.init(microseconds: now, direction: .incoming, bytes: Array(bytes[messageStart...])))
        }
    }

    /// `Timestamp: 1795402407.614349` → microseconds; nil for any other line.
    static func timestamp(_ line: ArraySlice<UInt8>) -> Int64? {
        let name = "Timestamp: ".utf8
        guard line.starts(with: name) else { return nil }
        let value = line.dropFirst(name.count)
        let seconds = value.prefix { $0 != UInt8(ascii: ".") }
        let fraction = value.dropFirst(seconds.count + 1).prefix(6)
        guard seconds.count == 10, fraction.count == 6, (seconds + fraction).allSatisfy({ (48...57).contains($0) })
        else { return nil }
        return Int64(String(decoding: seconds + fraction, as: UTF8.self))
    }
}
