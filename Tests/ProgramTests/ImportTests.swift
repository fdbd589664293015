import Foundation
import GRDB
import Testing
import Waiting

@Suite("centralino import", .tags(.program), .waiting)
struct ImportTests {
    let gateway: GatewayUnderTest
    private let header = "key,kind,name,town,language,shared,note,phone1,phone2,phone3\n"

    init() throws { gateway = try GatewayUnderTest(switchPort: 1, starts: false) }

    private func importing(_ bytes: some Sequence<UInt8>, _ more: String...) throws -> (
        status: Int32, output: String, errors: String
    ) {
        let file = try gateway.folder.write("parties.csv", bytes)
        let program = try Program(
            executable: Program.executable, ["import", file, "--config", gateway.configuration] + more)
        let output = program.output.untilEnd()
        let errors = program.errors.untilEnd()
        return (program.status(), output, errors)
    }

    private func rows(_ names: String...) -> String {
        header + names.enumerated().map { "K\($0),person,\($1),Roma,it,,,06 123400\($0),,\n" }.joined()
    }

    @Test("can be repeated: the same key is updated, not duplicated; and no bar is drawn into a pipe")
    func repeated() throws {
        #expect(try importing(rows("Ada", "Bea").utf8) == (0, "2 added, 0 updated, 0 unchanged.", ""))
        #expect(try importing(rows("Ada", "Bea").utf8) == (0, "0 added, 0 updated, 2 unchanged.", ""))
        #expect(try importing(rows("Ada", "Beatrice", "Ciro").utf8) == (0, "1 added, 1 updated, 1 unchanged.", ""))
        #expect(try gateway.stored().parties == 3)
    }

    @Test(
        "of a faulty file stores nothing, and names the line",
        arguments: [
            (Array("id,nome\n1,x\n".utf8), 1, "there is no column “id”"),
            (Array("key,kind\nK1,person\n".utf8), 1, "name"),
            (
                Array(
                    "key,kind,name,town,language,shared,note,phone1,phone2,phone3\nK8,person,Ida,Roma,it,,,,,\nK9,person,Nicol"
                        .utf8) + [
                        0xF2
                    ] + Array(",Roma,it,,,,,\n".utf8), 3, "0xF2 is not UTF-8"
            ),
            (
                Array(
                    "key,kind,name,town,language,shared,note,phone1,phone2,phone3\nK8,person,Ida,Roma,it,,,,,\nK8,person,Ivo,Roma,it,,,,,\n"
                        .utf8), 3, "“K8” is already on line 2"
            ),
            (
                Array(
                    "key,kind,name,town,language,shared,note,phone1,phone2,phone3\nK8,person,Ida,Roma,it,,,call me,,\n"
                        .utf8), 2,
                "“call me” is not a telephone number"
            ),
            ([0xFF, 0xFE] + Array("k\u{0}e\u{0}y\u{0}".utf8), 1, "UTF-16"),
            ([], 1, "empty"),
        ])
    func wrong(bytes: [UInt8], line: Int, part: String) throws {
        #expect(try importing(rows("Ada", "Bea").utf8).status == 0)
        let ended = try importing(bytes)
        #expect(ended.status == 1 && ended.output == "")
        #expect(ended.errors.contains("parties.csv: line \(line): ") && ended.errors.contains(part), "\(ended.errors)")
        #expect(ended.errors.contains("nothing was stored"))
        #expect(try gateway.stored().parties == 2)
    }

    @Test("--keep-going stores the good lines, prints the counts, and still ends with status 1")
    func keepGoing() throws {
        let ended = try importing(
            (rows("Ada", "Bea")
                + "K0,person,Again,,,,,,,\nK9,robot,Rob,,,,,,,\nK7,company,Dina S.r.l.,,,,,06 7654321,,\n").utf8,
            "--keep-going")
        #expect(ended.status == 1)
        #expect(ended.output == "3 added, 0 updated, 0 unchanged.")
        #expect(
            ended.errors.contains("line 4: ") && ended.errors.contains("line 5: ")
                && ended.errors.contains("2 bad lines or numbers were left out"),
            "\(ended.errors)")
        #expect(try gateway.stored().parties == 3)
    }

    @Test("advises no --keep-going where not one line is good", arguments: [[], ["--keep-going"]])
    func nothingGood(options: [String]) throws {
        let bytes = Array("key,kind,name,phone1\r\n1,person,Societ".utf8) + [0xE0] + Array(",0612345678\r\n".utf8)
        let ended = try options.isEmpty ? importing(bytes) : importing(bytes, options[0])
        #expect(ended.status == 1 && ended.output == "")
        #expect(
            ended.errors.contains("no good line: nothing was stored") && !ended.errors.contains("--keep-going"),
            "\(ended.errors)")
    }

    @Test("names number, party and line of what cannot be read, and leaves out that number only")
    func badNumber() throws {
        let text =
            "key,name,phone1,phone2\nC-1,Ada,390612345678.0,06 1234567\nC-2,Bea,392123456,\nC-3,Ciro,+266696687,\n"
        let refused = try importing(text.utf8)
        #expect(refused.status == 1 && refused.output == "" && refused.errors.contains("nothing was stored"))
        let ended = try importing(text.utf8, "--keep-going")
        #expect(ended.output == "3 added, 0 updated, 0 unchanged.")
        #expect(
            ended.errors.contains("line 2: phone1 of “C-1”: “390612345678.0” is not a telephone number"),
            "\(ended.errors)")
        #expect(ended.errors.contains("line 3: phone1 of “C-2”: “392123456” would be +39392123456"), "\(ended.errors)")
        #expect(ended.errors.contains("line 4: phone1 of “C-3”"), "\(ended.errors)")
        #expect(try gateway.stored().parties == 3)
        // The good number of the first one is stored: the same file changes nothing.
        #expect(
            try importing("key,name,phone2\nC-1,Ada,06 1234567\n".utf8) == (0, "0 added, 0 updated, 1 unchanged.", ""))
    }

    @Test("keeps what is stored where the file has no column for it")
    func missingColumns() throws {
        let header = "key,kind,name,town,note,shared,phone1\n"
        #expect(
            try importing((header + "C-1,company,Ada,Roma,Nota,yes,06 1234567\n").utf8).output
                == "1 added, 0 updated, 0 unchanged.")
        #expect(try importing("key,name\nC-1,Ada\n".utf8) == (0, "0 added, 0 updated, 1 unchanged.", ""))
        #expect(
            try importing("key,name,phone1\nC-1,Ada,06 7654321\n".utf8) == (0, "0 added, 1 updated, 0 unchanged.", ""))
        #expect(
            try importing((header + "C-1,company,Ada,Roma,Nota,yes,06 7654321\n").utf8) == (
                0, "0 added, 0 updated, 1 unchanged.", ""
            ))
        // An empty field of an existing column empties it.
        #expect(try importing("key,name,note\nC-1,Ada,\n".utf8) == (0, "0 added, 1 updated, 0 unchanged.", ""))
    }

    @Test("that is killed in the middle leaves the anagrafica as it was, and can be repeated")
    func killed() throws {
        #expect(try importing(rows("Ada", "Bea").utf8).status == 0)
        let pipe = gateway.folder.path + "/pipe"
        try #require(mkfifo(pipe, 0o600) == 0)
        let program = try Program("import", pipe, "--config", gateway.configuration)
        let text = header + (0..<25_000).map { "K\($0),person,Ciro,Roma,it,,,06 123400\($0 % 10),,\n" }.joined()
        // More than two batches, and no end.
        let writer = try #require(FileHandle(forWritingAtPath: pipe))
        try writer.write(contentsOf: Data(text.utf8))
        var configuration = Configuration()
        configuration.readonly = true
        let store = try DatabaseQueue(path: gateway.folder.path + "/centralino.sqlite", configuration: configuration)
        func written() throws -> Int? {
            try store.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM party_rows") }
        }
        try eventually("10,000 rows were written") { try written() ?? 0 > 10_000 }
        #expect(try gateway.stored().parties == 2, "before its end, nobody sees an import")
        kill(program.identifier, SIGKILL)
        _ = program.status()
        #expect(try gateway.stored().parties == 2)
        try writer.close()
        #expect(try importing(text.utf8).output == "24998 added, 2 updated, 0 unchanged.")
        #expect(try gateway.stored().parties == 25_000 && written() == 25_000)
    }

    @Test("reports a missing file")
    func missing() throws {
        let ended = try Program.run("import", "/nowhere.csv", "--config", gateway.configuration)
        #expect(ended.status == 1 && ended.errors == "/nowhere.csv cannot be read: No such file or directory.")
    }

    @Test("reports a folder as a folder, not as an empty file")
    func folder() throws {
        let ended = try Program.run("import", gateway.folder.path, "--config", gateway.configuration)
        #expect(ended.status == 1 && ended.errors.contains("cannot be read: it is a folder"), "\(ended.errors)")
    }

    @Test("knows a key in both of its Unicode forms, within a file and from one to the next")
    func unicodeForms() throws {
        let (composed, decomposed) = ("Citt\u{E0}", "Citta\u{300}")
        #expect(
            try importing("key,name,phone1\n\(composed),Mario,0612345678\n".utf8).output
                == "1 added, 0 updated, 0 unchanged.")
        #expect(
            try importing("key,name,phone1\n\(decomposed),Mario B,0612345679\n".utf8).output
                == "0 added, 1 updated, 0 unchanged.")
        #expect(try gateway.stored().parties == 1)
        let twice = try importing("key,name\n\(composed),Mario\n\(decomposed),Mario B\n".utf8)
        #expect(twice.status == 1 && twice.errors.contains("is already on line 2"), "\(twice.errors)")
    }
}
