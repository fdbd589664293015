/// Finds the last event of a benchmark's stream, wherever the reads split it.
///
/// Answers to our own Pings may follow it in the same read, so it is looked for near the end and not at the end.
struct StreamEnding {
    /// What the last event ends with.
    static let bytes = Array("UserEvent: benchdone\r\n\r\n".utf8)
    /// Says to the server that the login and the inventory are behind us: what comes now is the stream.
    static let ready = Array("Action: Ping\r\nActionID: benchready\r\n\r\n".utf8)
    /// Says to the server that all of it has gone through.
    static let done = Array("Action: Ping\r\nActionID: benchdone\r\n\r\n".utf8)
    /// What is searched of each read, from its end: room for the answers to ten Pings. The stream itself has ended by
    /// then, so nothing else can follow. More would cost: this runs beside what is measured.
    static let searched = 1024

    /// The end of what came before, which may hold the ending's first bytes.
    private var tail: [UInt8] = []

    /// Whether the ending is complete with these bytes. To be asked of each read, in order.
    mutating func ends(with bytes: [UInt8]) -> Bool {
        let ending = Self.bytes
        // `suffix` goes through the whole read where it is not specialised.
        tail += bytes[max(0, bytes.count - Self.searched)...]
        defer { tail.removeFirst(max(0, tail.count - (ending.count - 1))) }
        guard tail.count >= ending.count else { return false }
        for start in 0...tail.count - ending.count where tail[start] == ending[0] {
            if tail[start..<start + ending.count].elementsEqual(ending) { return true }
        }
        return false
    }
}
