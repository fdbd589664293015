import Playback
import Recordings
import Telephony
import Testing
import Time
import Wire

/// A recording gives the same result however the network fragmented it.
@Suite("A replay of a recording that was fragmented differently")
struct FragmentedRecordingTests {
    private static func recording() throws -> Recording { try Recording.load("\(traces)/22/caller_hangup-a") }

    private static func report(_ recording: Recording) -> [UInt8] {
        var replay = Replay(start: UnixTime(microseconds: recording.startEpoch ?? 0), digests: .none)
        replay.play(
            recording.incoming.map { chunks in
                Replay.Connection(
                    chunks: chunks.map { .init(time: Span(microseconds: $0.microseconds), bytes: $0.bytes) })
            })
        return JSON.encode(replay.report())
    }

    private static func cut(_ recording: Recording, _ body: ([UInt8]) -> [ArraySlice<UInt8>]) -> Recording {
        var recording = recording
        recording.chunks = recording.chunks.flatMap { chunk in
            chunk.direction == .incoming
                ? body(chunk.bytes).map {
                    Recording.Chunk(microseconds: chunk.microseconds, direction: .incoming, bytes: Array($0))
                }
                : [chunk]
        }
        return recording
    }

    @Test("is the same at every byte of its banner, with and without one")
    func banner() throws {
        let whole = try Self.recording()
        let expected = Self.report(whole)
        let first = try #require(whole.chunks.firstIndex { $0.direction == .incoming })
        for index in 0...min(64, whole.chunks[first].bytes.count) {
            var cut = whole
            let chunk = cut.chunks[first]
            cut.chunks.replaceSubrange(
                first...first,
                with: [chunk.bytes[..<index], [], chunk.bytes[index...]].map {
                    Recording.Chunk(microseconds: chunk.microseconds, direction: .incoming, bytes: Array($0))
                })
            #expect(Self.report(cut) == expected, "cut after \(index) bytes")
        }
        // A capture from the middle: with an event that begins like the banner's letters.
        var middle = whole
        let bytes = whole.chunks[first].bytes
        let end = try #require(bytes.firstIndex(of: UInt8(ascii: "\n")))
        middle.chunks[first].bytes = Array(bytes[(end + 1)...])
        let rest = Self.report(middle)
        #expect(Self.report(Self.cut(middle) { bytes in bytes.indices.map { bytes[$0...$0] } }) == rest)
    }

    @Test("is the same byte by byte, and fragmented at random", arguments: [nil, 1, 2, 3, 4, 5, 6] as [UInt64?])
    func anywhere(seed: UInt64?) throws {
        let whole = try Self.recording()
        var generator = SplitMix64(seed: seed ?? 0)
        let cut = Self.cut(whole) { bytes in
            var pieces: [ArraySlice<UInt8>] = []
            var start = 0
            while start < bytes.count {
                let length = seed == nil ? 1 : Int.random(in: 0...200, using: &generator)
                let end = min(bytes.count, start + length)
                pieces.append(bytes[start..<end])
                start = end
            }
            return pieces
        }
        #expect(Self.report(cut) == Self.report(whole))
    }
}
