extension Recording {
    /// What the main client read, connection by connection, in order; a second connection followed a restart or crash
    /// of the switch. Each begins with a banner.
    public var incoming: [[Chunk]] {
        ([chunks] + others.filter { $0.name == "ami-after" }.map(\.chunks)).map { chunks in
            var incoming = chunks.filter { $0.direction == .incoming && !$0.bytes.isEmpty }
            // A capture that begins in the middle has no banner, and the first line of a stream would be taken for
            // one.
            if let first = incoming.first, !Self.hasBanner(incoming) {
                incoming.insert(
                    Chunk(
                        microseconds: first.microseconds, direction: .incoming,
                        bytes: Array("Asterisk Call Manager/0\r\n".utf8)), at: 0)
            }
            return incoming
        }
    }

    /// From the first `Timestamp` header, however its line was cut; nil without any.
    var stampedStart: Int64? {
        var line: [UInt8] = []
        for chunk in chunks where chunk.direction == .incoming {
            for byte in chunk.bytes {
                guard byte == UInt8(ascii: "\n") else {
                    line.append(byte)
                    continue
                }
                if let stamp = RawCapture.timestamp(line[...]) { return stamp - chunk.microseconds }
                line.removeAll(keepingCapacity: true)
            }
        }
        return nil
    }

    private static let banner = Array("Asterisk".utf8)

    /// Independent of how the network cut the first bytes.
    private static func hasBanner(_ chunks: [Chunk]) -> Bool {
        var beginning: [UInt8] = []
        for chunk in chunks where beginning.count < banner.count {
            beginning += chunk.bytes.prefix(banner.count - beginning.count)
        }
        return banner.starts(with: beginning)
    }
}
