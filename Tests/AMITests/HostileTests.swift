import AMI
import Testing

@Suite("Whatever a peer sends")
struct HostileTests {
    /// Random bytes with a preference for those that matter to a framer.
    static func bytes(_ random: inout SeededGenerator, count: Int) -> [UInt8] {
        let words = [
            "Event: ", "Response: ", "Success", "Follows", "\r\n", "\r\n\r\n", "\n", "\r", ":", ": ", "ActionID: t-1",
            "ActionID: t-2",
            "--END COMMAND--", "EventList: ", "Complete", "start", "Privilege: Command", "Asterisk Call Manager/",
            "11.0.0", "\0",
        ]
        var bytes: [UInt8] = []
        while bytes.count < count {
            if Int.random(in: 0..<4, using: &random) == 0 {
                bytes.append(UInt8.random(in: 0...255, using: &random))
            } else {
                bytes += words.randomElement(using: &random)!.utf8
            }
        }
        return bytes
    }

    @Test("gives the same output of a framer, however it is split", arguments: 0..<200 as Range<UInt64>)
    func fragmentation(seed: UInt64) {
        var random = SeededGenerator(state: seed)
        let bytes = Array((seed % 2 == 0 ? banner : "").utf8) + Self.bytes(&random, count: 600)
        let whole = frame([bytes])
        var pieces: [ArraySlice<UInt8>] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            let size = min(rest.count, Int.random(in: 1...40, using: &random))
            pieces.append(rest.prefix(size))
            rest = rest.dropFirst(size)
        }
        #expect(frame(pieces) == whole)
        #expect(frame(chunks(of: 1, bytes)) == whole)
    }

    @Test("does not break a session, at any time of its life", arguments: 0..<200 as Range<UInt64>)
    func session(seed: UInt64) throws {
        var random = SeededGenerator(state: seed &+ 1_000_000)
        var client = seed % 3 == 0 ? Client(method: .md5) : Client.ready()
        var now = Duration.zero
        var failures = 0
        for _ in 0..<40 {
            now += .milliseconds(Int.random(in: 0..<4000, using: &random))
            let count = Int.random(in: 0..<200, using: &random)
            var happened = client.hears(Self.bytes(&random, count: count), at: now)
            happened += try client.asks(Action("QueueStatus"), isList: Bool.random(using: &random), at: now).1
            happened += client.waits(until: now)
            failures += happened.count { if case .failed = $0 { true } else { false } }
        }
        #expect(failures <= 1)
    }

    @Test("does not break a simulated switch", arguments: 0..<100 as Range<UInt64>)
    func server(seed: UInt64) {
        var random = SeededGenerator(state: seed &+ 2_000_000)
        var session = ServerSession(users: ["cti": "x"], challenge: "1", digests: .reference)
        var actions = 0
        for _ in 0..<20 {
            session.receive(Self.bytes(&random, count: 100)) { if case .action = $0 { actions += 1 } }
        }
        #expect(actions == 0, "nobody logged in")
    }
}
