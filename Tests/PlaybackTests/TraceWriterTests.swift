import Foundation
import Recordings
import Testing

@Suite("A recording that is written")
struct TraceWriterTests {
    private static func with(_ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.path + "/written-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(folder)
    }

    private static let description = TraceWriter.Description(
        scenario: "recorded", variant: "roma", asterisk: "22", doc: "a \"test\"")

    @Test("has every byte, time and direction when it is read, flush by flush")
    func exact() throws {
        try Self.with { folder in
            let writer = try TraceWriter(folder: folder, startEpoch: 1_795_402_407_614_349)
            let bytes = Array(UInt8.min...UInt8.max)
            try writer.append(.ami, microseconds: 7, .incoming, bytes)
            try writer.append(.control, microseconds: 8, .outgoing, [65])
            try writer.flush()
            try writer.describe(Self.description)
            #expect(try Recording.load(folder).chunks == [.init(microseconds: 7, direction: .incoming, bytes: bytes)])
            try writer.append(.ami, microseconds: 61_000_001, .incoming, bytes + bytes)
            #expect(try Recording.load(folder).chunks.count == 1, "not before it is flushed")
            try writer.append(.ami, microseconds: 60_000_000, .closed, [])
            try writer.flush()
            try writer.describe(Self.description)
            let recording = try Recording.load(folder)
            #expect(
                recording.chunks.dropFirst() == [
                    .init(microseconds: 61_000_001, direction: .incoming, bytes: bytes + bytes),
                    .init(microseconds: 61_000_001, direction: .closed, bytes: []),
                ])
            #expect(recording.control == [.init(microseconds: 8, direction: .outgoing, bytes: [65])])
            #expect(recording.startEpoch == 1_795_402_407_614_349)
            #expect(recording.meta?.seconds == 61.000001 && recording.meta?.doc == "a \"test\"")
        }
    }

    @Test("is flushed by itself when much has arrived: memory is bounded")
    func bound() throws {
        try Self.with { folder in
            let writer = try TraceWriter(folder: folder, startEpoch: 0)
            for index in 0..<40 {
                try writer.append(.ami, microseconds: Int64(index), .incoming, Array(repeating: 65, count: 50_000))
            }
            #expect(try Recording.load(folder).chunks.count >= 20)
        }
    }

    @Test("does not overwrite another one, and fails where nothing can be written")
    func refused() throws {
        try Self.with { folder in
            _ = try TraceWriter(folder: folder, startEpoch: 0)
            #expect(throws: RecordingError.notEmpty(path: folder)) { try TraceWriter(folder: folder, startEpoch: 0) }
            let nowhere = folder + "/a/b"
            #expect(throws: RecordingError.cannotWrite(path: nowhere, reason: "No such file or directory")) {
                try TraceWriter(folder: nowhere, startEpoch: 0)
            }
        }
    }
}
