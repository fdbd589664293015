import Foundation
import Playback
import Recordings
import Testing

@Suite("A recording")
struct RecordingTests {
    /// Runs `body` with a file of this text in a folder that is removed afterwards.
    static func with<Result>(_ name: String, _ text: String, _ body: (String) throws -> Result) throws -> Result {
        let folder = FileManager.default.temporaryDirectory.path + "/recording-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let path = folder + "/" + name
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        return try body(path)
    }

    @Test("of a folder has both connections, and the contents of meta.json")
    func folder() throws {
        let recording = try Recording.load("\(traces)/22/mixed-a")
        #expect(recording.name == "mixed-a")
        #expect(recording.meta?.scenario == "mixed")
        #expect(recording.meta?.asterisk == "22")
        #expect(recording.startEpoch == 1_795_402_417_499_689)
        #expect(recording.chunks.first?.direction == .outgoing)
        #expect(recording.chunks.reduce(0) { $0 + ($1.direction == .incoming ? $1.bytes.count : 0) } == 531_773)
        #expect(recording.chunks.last?.microseconds == 44_668_186)
        #expect(!recording.control.isEmpty)
        #expect(recording.others.isEmpty)
    }

    @Test("has the exact bytes, times in microseconds, and every escape of JSON")
    func exact() throws {
        let text = #"""
            {"t": 0.000887, "dir": "out", "data": "a\r\n\t\"\\\/\u00e8\u00FF\u0000"}

             { "data" : "per\u00c3\u00b2 \#u{E8}\b\f" , "dir":"in","t":1e1 }
            {"t": 9.5, "dir": "eof", "data": ""}
            """#
        try Self.with("x.jsonl", text) { path in
            let recording = try Recording.load(path)
            #expect(recording.name == "x")
            #expect(
                recording.chunks == [
                    .init(
                        microseconds: 887, direction: .outgoing, bytes: Array("a\r\n\t\"\\/".utf8) + [0xE8, 0xFF, 0]),
                    .init(microseconds: 10_000_000, direction: .incoming, bytes: Array("però ".utf8) + [0xE8, 8, 12]),
                    .init(microseconds: 10_000_000, direction: .closed, bytes: []),
                ])
        }
    }

    @Test(
        "that is damaged names place and fault",
        arguments: [
            (#"{"t": 0, "dir": "in", "data": "x"#, "a string has no end"),
            (#"{"t": 0, "dir": "in", "data": "\x"}"#, "“\\” before a character that JSON does not escape"),
            (#"{"t": 0, "dir": "up", "data": ""}"#, "dir is “up”"),
            (#"{"t": -1, "dir": "in", "data": ""}"#, "t is “-1”, no number of seconds"),
            (#"{"t": 1e300, "dir": "in", "data": ""}"#, "t is “1e300”, no number of seconds"),
            (#"{"t": 0, "dir": "in"}"#, "t, dir or data is missing"),
            (
                #"{"t": 0, "dir": "in", "data": "\u0100"}"#,
                "data has a character that stands for no byte (beyond U+00FF)"
            ),
            (#"{"t": 0, "dir": "in", "data": "€"}"#, "data has a character that stands for no byte (beyond U+00FF)"),
            (#"{"t": 0, "dir": "in", "data": "\u00"#, "a string has no end"),
            (#"{"t": 0, "dir": "in", "data": "\u+0ff"}"#, "\\u without four hexadecimal digits"),
            (#"{"x": 0}"#, "“x” is none of t, dir, data"), ("{", "“\"” is missing"),
            (#"{"t": 0"#, "the line ends too early"),
            ("{\"t\": 0, \"dir\": \"in\", \"data\": \"a\nb\"}", "a string has a control character or no end"),
            ("nonsense", "“{” is missing"),
        ])
    func damaged(line: String, reason: String) throws {
        _ = try Self.with("x.jsonl", "{\"t\": 0, \"dir\": \"in\", \"data\": \"\"}\n\n" + line) { path in
            #expect(throws: RecordingError.badLine(path: path, line: 3, reason: reason)) { try Recording.load(path) }
        }
    }

    @Test("in a broken archive is not read in part")
    func brokenArchive() throws {
        let whole = try Data(contentsOf: URL(fileURLWithPath: "\(traces)/22/hold-a/ami.jsonl.gz"))
        try Self.with("ami.jsonl.gz", "") { path in
            try whole.prefix(whole.count / 2).write(to: URL(fileURLWithPath: path))
            let error = #expect(throws: RecordingError.self) { try Recording.load(path) }
            guard case .damaged = error else { return #expect(Bool(false), "\(String(describing: error))") }
        }
    }

    @Test("may be the bytes as they came, timed by their time stamps")
    func raw() throws {
        let text =
            "Asterisk Call Manager/9.0.0\r\nResponse: Success\r\n\r\nEvent: A\r\nTimestamp: 1795402407.614349\r\n\r\nEvent: B\r\nTimestamp: 1795402407.614300\r\n\r\nEvent: C\r\nTimestamp: 1795402409.000000\r\n\r\nEvent: Ha"
        try Self.with("x.ami", text) { path in
            let recording = try Recording.load(path)
            #expect(recording.startEpoch == 1_795_402_407_614_349)
            #expect(recording.chunks.map(\.microseconds) == [0, 0, 0, 1_385_651, 1_385_651])
            #expect(recording.chunks.flatMap(\.bytes) == Array(text.utf8))
        }
    }

    @Test("that does not exist, or is not one, is an error with its path")
    func missing() throws {
        #expect(throws: RecordingError.cannotRead(path: "/nowhere", reason: "no such file or folder")) {
            try Recording.load("/nowhere")
        }
        #expect(throws: RecordingError.notARecording(path: "\(traces)/22")) { try Recording.load("\(traces)/22") }
    }

    @Test("is found in folders, sorted, each once; a file that is named is taken as it is")
    func find() throws {
        let all = try Recording.find(paths: [traces])
        #expect(all.count >= 20)
        #expect(all == all.sorted())
        #expect(all.contains("\(traces)/16/mixed-a"))
        #expect(try Recording.find(paths: ["\(traces)/22/hold-a/", traces]) == all)
        let file = "\(traces)/22/hold-a/ctl.jsonl.gz"
        #expect(try Recording.find(paths: [file]) == [file])
        _ = try Self.with("notes.txt", "") { path in
            let folder = String(path.dropLast("/notes.txt".count))
            #expect(throws: RecordingError.nothingFound(paths: [folder])) { try Recording.find(paths: [folder]) }
        }
    }

    @Test("of this repository is complete: every call that begins ends", arguments: try Recording.find(paths: [traces]))
    func repository(path: String) throws {
        let recording = try Recording.load(path)
        #expect(recording.meta != nil)
        // A switch that is killed reports no call's end; this recording is kept for that.
        if recording.meta?.scenario != "crash" { #expect(SwitchRecording(recording).channelsUpAtEnd == []) }
        #expect(SwitchRecording(recording).eventCount > 10)
    }

    @Test("is listed in a playlist, relative to it")
    func playlist() throws {
        let demo = try Recording.find(playlist: traces + "/../Scenarios/demo/playlist")
        #expect(demo.count == 2)
        for path in demo { #expect(SwitchRecording(try Recording.load(path)).channelsUpAtEnd == []) }
        _ = try Self.with("playlist", "# nothing\n\nmissing-a\n") { path in
            #expect(throws: RecordingError.badPlaylist(path: path, line: 3, entry: "missing-a")) {
                try Recording.find(playlist: path)
            }
        }
    }
}
