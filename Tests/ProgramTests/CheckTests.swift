import Foundation
import Testing
import Waiting

@testable import centralino

@Suite("centralino check", .tags(.program), .waiting)
struct CheckTests {
    let folder: TemporaryFolder
    private let good = "[[switches]]\nname = \"roma\"\nhost = \"127.0.0.1\"\nusername = \"cti\"\nsecret = \"x\"\n"

    init() throws { folder = try TemporaryFolder() }

    private func check(_ bytes: some Sequence<UInt8>) throws -> (status: Int32, output: String, errors: String) {
        try Program.run("check", "--config", try folder.write("c.toml", bytes))
    }

    @Test("accepts the example, which shows every key, once the files that it names exist")
    func example() throws {
        let text = try String(
            contentsOfFile: Repository.path("Simulator/Scenarios/example/centralino.toml"), encoding: .utf8)
        let path = try folder.write("centralino.toml", text)
        let without = try Program.run("check", "--config", path)
        #expect(without.status == 1)
        #expect(without.errors.contains("11 problems."), "\(without.errors)")
        try TestAuthority(in: folder).issue("gateway")
        for name in ["desk.token", "wallboard.token", "arossi.token", "roma.secret"] {
            try folder.write(name, "not-a-real-secret\n")
        }
        for name in ["nuvola.secret", "nuvola.previous", "crm.secret"] {
            try folder.write(name, "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=\n")
        }
        let readable = try Program.run("check", "--config", path)
        #expect(
            readable.status == 0
                && readable.errors.contains("every user of this machine can use the file “desk.token”"),
            "\(readable.errors)")
        for name in [
            "desk.token", "wallboard.token", "arossi.token", "roma.secret", "nuvola.secret", "nuvola.previous",
            "crm.secret", "gateway.key",
        ] {
            try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: folder.path + "/" + name)
        }
        let ended = try Program.run("check", "--config", path)
        #expect(ended.status == 0 && ended.errors == "", "\(ended.errors)")
        #expect(ended.output.hasPrefix("\(path): no faults."))
        #expect(!ended.output.contains("not-a-real-secret"))
    }

    @Test("warns of a secret in a file that every user can read, and refuses one token for two agents")
    func sharedSecrets() throws {
        let agents = ["1", "2"].map { "[[agents]]\ninterface = \"PJSIP/\($0)\"\ntoken = \"the-token-of-agent-one\"\n" }
        let path = try folder.write("centralino.toml", good)
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
        let ended = try Program.run("check", "--config", path)
        #expect(
            ended.status == 0
                && ended.errors.contains(
                    ":5: every user of this machine can use this file, and “secret” in it (mode 644)")
        )
        let both = try check((good + agents.joined()).utf8)
        #expect(both.status == 1 && both.errors.contains("this agent has the token of “PJSIP/1”"), "\(both.errors)")
    }

    @Test("lists what is configured and what is missing, for people and as one object; with faults, these")
    func listed() throws {
        let path = try folder.write(
            "centralino.toml", good + "[[queues]]\nname = \"a\"\n[desks]\ntoken = \"0123456789abcdef\"\n")
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
        let said = try Program.run("check", "--config", path)
        #expect(said.status == 0 && said.output.contains("\n  journal: none\n"), "\(said)")
        #expect(
            said.errors.contains("[store] path is missing: contact records and the anagrafica are kept in")
                && said.errors.contains("[journal] directory is missing: a stop or a crash forgets"), "\(said.errors)")
        let ended = try Program.run("check", "--config", path, "--json")
        let report = try #require(object(ended.output))
        #expect(ended.status == 0 && ended.errors == "" && (report["faults"] as? [Any])?.isEmpty == true)
        #expect((report["warnings"] as? [[String: Any]])?.count == 2, "\(ended.output)")
        let configured = try #require(report["configured"] as? [String: Any])
        #expect(configured["queues"] as? Int == 1 && configured["logLevel"] as? String == "info")
        #expect((configured["switches"] as? [[String: Any]])?.first?["name"] as? String == "roma")
        #expect(!ended.output.contains("0123456789abcdef"))
        let faulty = try Program.run("check", "--config", try folder.write("f.toml", "x = 1\n"), "--json")
        let faults = try #require(object(faulty.output)?["faults"] as? [[String: Any]])
        #expect(faulty.status == 1 && faults.contains { $0["line"] as? Int == 1 }, "\(faulty)")
    }

    @Test("knows no key that the example does not show")
    func everyKey() throws {
        let example = try ExampleKeys(Repository.path("Simulator/Scenarios/example/centralino.toml"))
        #expect(example.tables.count > 15)
        for (table, shown) in example.tables {
            let known = try #require(try knownKeys(of: table), "\(table)")
            #expect(!known.isEmpty, "\(table)")
            for key in known.map({ $0.replacing(/_(file|env)$/, with: "") }) {
                #expect(shown.contains(key), "the example does not show “\(key)” of “\(table)”")
            }
        }
    }

    /// Asks the program itself: it answers an unknown key with all known keys of the table. One of `secret`,
    /// `secret_file` and `secret_env` is enough; the example says at its top that there are three.
    private func knownKeys(of table: String) throws -> [String]? {
        let nonsense = "zzzzzzzzzzzzzzzzzzzz = 1\n"
        var text = table.isEmpty ? nonsense : "[\(table)]\n" + nonsense
        var answer = try check(text.utf8).errors
        if answer.contains("must be a list of tables") {
            // The table, or the one around it.
            let parent = table.split(separator: ".").first.map(String.init) ?? table
            text = parent == table ? "[[\(table)]]\n\(nonsense)" : "[[\(parent)]]\n[\(table)]\n\(nonsense)"
            answer = try check(text.utf8).errors
        }
        if answer.contains("must be a list of tables") {
            answer = try check("[[\(table.split(separator: ".")[0])]]\n[[\(table)]]\n\(nonsense)".utf8).errors
        }
        return answer.firstMatch(of: /“zzz+” means nothing\. Known here: (.*)\./).map {
            $0.1.split(separator: ", ").map(String.init)
        }
    }

    @Test("and run: name the store whose folder does not exist")
    func storeWithoutFolder() throws {
        let path = try folder.write("c.toml", good + "[store]\npath = \"nowhere/c.sqlite\"\n")
        let store = folder.path + "/nowhere/c.sqlite"
        let checked = try Program.run("check", "--config", path)
        #expect(checked.status == 1 && checked.output == "")
        #expect(
            checked.errors.contains(
                "\(path):7: the folder “\(folder.path)/nowhere” of the store “\(store)” does not exist"),
            "\(checked.errors)")
        let run = try Program.run("run", "--config", path)
        #expect(run.status == 1 && run.errors.contains("Cannot open the store \(store): "), "\(run.errors)")
        #expect(!FileManager.default.fileExists(atPath: folder.path + "/nowhere"))
    }

    @Test(
        "names the obstacle to the store and the journal, and writes nothing",
        arguments: [
            ("[store]\npath = \"file/c.sqlite\"\n", "file” should be the folder of the store"),
            ("[store]\npath = \"folder\"\n", "folder” is not a file"),
            ("[journal]\ndirectory = \"file\"\n", "file” should be the folder of the journal, and is a file"),
            ("[journal]\ndirectory = \"no/where\"\n", "no” for the journal's folder"),
        ])
    func places(text: String, part: String) throws {
        try folder.write("file", "x")
        try FileManager.default.createDirectory(atPath: folder.path + "/folder", withIntermediateDirectories: true)
        let before = try FileManager.default.subpathsOfDirectory(atPath: folder.path).sorted() + ["c.toml"]
        let ended = try check((text + good).utf8)
        #expect(ended.status == 1 && ended.output == "")
        #expect(
            ended.errors.split(separator: "\n").contains {
                $0.hasPrefix("\(folder.path)/c.toml:2: ") && $0.contains(part)
            },
            "\(ended.errors)")
        #expect(try FileManager.default.subpathsOfDirectory(atPath: folder.path).sorted() == before.sorted())
    }

    @Test("names the files that this user may not read or write")
    func rights() throws {
        for name in ["c.sqlite", "c.sqlite-wal", "c.sqlite-gateway"] { try folder.write(name, "") }
        try FileManager.default.createDirectory(atPath: folder.path + "/journal", withIntermediateDirectories: true)
        try folder.write("journal/journal-0000000000000001.zst", "")
        var configuration = ProgramConfiguration()
        (configuration.storePath, configuration.storeLine) = (folder.path + "/c.sqlite", 3)
        (configuration.journalDirectory, configuration.journalLine) = (folder.path + "/journal", 5)
        #expect(StoragePlaces().faults(of: configuration) == [])
        for (name, lines) in [
            ("", [3]), ("/c.sqlite", [3]), ("/c.sqlite-wal", [3]), ("/c.sqlite-gateway", [3]), ("/journal", [5]),
            ("/journal/journal-0000000000000001.zst", [5]),
        ] {
            let path = folder.path + name
            let faults = StoragePlaces(mayAccess: { asked, _ in asked != path }).faults(of: configuration)
            #expect(
                faults.map(\.line) == lines && faults.allSatisfy { $0.text.contains("“\(path)”") }, "\(name): \(faults)"
            )
        }
    }

    @Test(
        "names each fault with its line",
        arguments: [
            ("[http]\nlisten = \"127.0.0.1:8080\"\nlisen = 1\n", 3, "“lisen” means nothing. Did you mean “listen”?"),
            ("[store]\npath = 5\n", 2, "“path” must be text in quotes."),
            ("[service_level]\n\ntarget = 80\n", 3, "must be a number from 0.0 to 1.0"),
            ("[service_level]\nthreshold_seconds = \"20\"\n", 2, "must be a number"),
            ("[desks]\ntoken_file = \"nowhere.token\"\n", 2, "the file “nowhere.token” cannot be read."),
            ("[desks]\ntoken_env = \"CENTRALINO_NOT_SET\"\n", 2, "CENTRALINO_NOT_SET is not set"),
            ("[desks]\ntoken = \"a\"\ntoken_env = \"B\"\n", 2, "only one of"),
            (
                "[http]\nlisten = \"0.0.0.0:8080\"\nbehind_proxy = [\"10.0.0.2\"]\n", 2, "the wallboard has no token"
            ),
            ("[http]\nbehind_proxy = [\"127.0.0.1\"]\n", 1, "a proxy brings others to 127.0.0.1:8080"),
            (
                "[http]\nlisten = \"0.0.0.0:8080\"\n[wallboards]\ntoken = \"0123456789abcdef\"\n", 2,
                "without TLS: everybody on the way could read callers' numbers and tokens. Give [tls] certificate_file and key_file; or, behind a proxy that ends TLS, name its address in [http] behind_proxy;"
            ),
            (
                "[desks]\nlisten = \"0.0.0.0:8081\"\ntoken = \"0123456789abcdef\"\n", 2,
                "without TLS: everybody on the way could read callers' numbers and tokens. Give [tls] certificate_file"
            ),
            ("[tls]\ncertificate_file = \"gw.crt\"\n", 2, "“key_file” is missing"),
            ("[desks]\nkey_file = \"gw.key\"\n", 2, "“certificate_file” is missing"),
            ("[tls]\ncertificate_file = \"none.crt\"\nkey_file = \"none.key\"\n", 2, "none.crt” cannot be read"),
            (
                "[http]\nbehind_proxy = [\"proxy.example.it\"]\n[wallboards]\ntoken = \"0123456789abcdef\"\n", 2,
                "is no address"
            ),
            ("[http]\nbehind_proxy = [\"0.0.0.0/0\"]\n", 2, "is everybody: name only the proxy"),
            ("[http]\norigins = [\"*\"]\n", 2, "is no origin like \"https://crm.example.it\""),
            ("[http]\norigins = [\"http://crm.example.it\"]\n", 2, "it must begin with https://"),
            ("[http]\norigins = [\"https://crm.example.it/\"]\n", 2, "has more than an origin"),
            ("[http]\norigins = [\"https://crm.example.it:443\"]\n", 2, "leave it out here, too"),
            ("[http]\nframe_ancestors = [\"https://crm.example.it; script-src *\"]\n", 2, "is no origin"),
            ("[wallboards]\nlisten = \"[::]:8082\"\n", 2, "this port knows no tokens"),
            ("[http]\nlisten = \"pbx.example.it:80\"\n", 2, "not a numeric address"),
            ("[http]\nlisten = \"127.0.0.1\"\n", 2, "not an address and port"),
            ("[desks]\nlisten = \"127.0.0.1:8080\"\n", 2, "is taken by [http]"),
            ("[numbers]\ntrunk = \"natinal\"\n", 2, "must be one of: "),
            ("[numbers]\ninternal = [\"1000\"]\n", 2, "is not a range of extensions"),
            ("[[queues]]\nname = \"a\"\n[[queues]]\nname = \"a\"\n", 4, "“a” has settings already"),
            (
                "[[agents]]\ninterface = \"PJSIP/1\"\n[[agents]]\ninterface = \"PJSIP/1\"\n", 4,
                "belongs to another agent"
            ),
            ("[[webhooks]]\nname = \"a\"\nsecret = \"abc\"\n", 3, "whsec_"),
            (
                "[[webhooks]]\nname = \"roma\"\nsecret = \"whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=\"\n", 2,
                "names another switch already"
            ),
            ("[journal]\ncommit_delay_ms = 5000\n", 2, "“commit_delay_ms” must be a whole number from 1 to 1000."),
            ("[journal]\nkeep_day = 3\n", 2, "Did you mean “keep_days”?"),
            ("[journal]\nkeep_megabytes = 100\n", 2, "100 megabytes are less than two segments of 64"),
            ("http = 5\n", 1, "must be a table"), ("queues = [1]\n", 1, "every entry of “queues” must be a table"),
            ("[http]\nlisten = \n", 2, "this is not TOML"),
        ])
    func fault(text: String, line: Int, part: String) throws {
        // A top-level key must stand before the first table.
        let ended = try check((text + good).utf8)
        #expect(ended.status == 1 && ended.output == "")
        #expect(
            ended.errors.split(separator: "\n").contains {
                $0.hasPrefix("\(folder.path)/c.toml:\(line): ") && $0.contains(part)
            },
            "\(ended.errors)")
        #expect(ended.errors.hasSuffix("\n1 problem."), "\(ended.errors)")
    }

    @Test("refuses a port that others can reach with neither TLS nor a token, and says both")
    func openDoors() throws {
        for section in ["http", "desks"] {
            let ended = try check(("[\(section)]\nlisten = \"0.0.0.0:8088\"\n" + good).utf8)
            #expect(ended.status == 1 && ended.errors.hasSuffix("\n2 problems."), "\(ended.errors)")
            #expect(ended.errors.contains("no token") && ended.errors.contains("without TLS"), "\(ended.errors)")
        }
    }

    @Test("accepts certificates for all listeners or one, and a proxy; says which of them speak TLS")
    func doors() throws {
        try TestAuthority(in: folder).issue("gw")
        let tls = "certificate_file = \"gw.crt\"\nkey_file = \"gw.key\"\n"
        let tokens = "token = \"0123456789abcdef\"\n"
        let all = try check(
            ("[tls]\n\(tls)[http]\nlisten = \"0.0.0.0:8080\"\norigins = [\"https://crm.example.it\", \"http://localhost:5173\"]\nframe_ancestors = [\"self\", \"https://crm.example.it\"]\n[desks]\nlisten = \"[::]:8081\"\n\(tokens)[wallboards]\n\(tokens)"
                + good).utf8)
        #expect(all.status == 0, "\(all.errors)")
        #expect(
            all.output.contains(
                "http: 0.0.0.0:8080 with TLS\n  desks: [::]:8081 with TLS\n  wallboards: 127.0.0.1:8082 with TLS"))
        let one = try check(("[desks]\n\(tls)\(tokens)" + good).utf8)
        #expect(one.output.contains("http: 127.0.0.1:8080\n  desks: 127.0.0.1:8081 with TLS"), "\(one)")
        let proxied = try check(
            ("[http]\nlisten = \"10.0.0.5:8080\"\nbehind_proxy = [\"10.0.0.2\", \"2001:db8::/64\"]\n[wallboards]\n\(tokens)"
                + good).utf8)
        #expect(proxied.status == 0 && proxied.output.contains("http: 10.0.0.5:8080\n"), "\(proxied)")
        try folder.write("gw.key", "no key\n")
        let broken = try check(("[tls]\n\(tls)" + good).utf8)
        #expect(broken.errors.contains(":3: There is no usable private key in"), "\(broken.errors)")
    }

    @Test("says what did not happen only where something would have")
    func consequence() throws {
        let path = try folder.write("c.toml", "[htp]\n" + good)
        #expect(try Program.run("run", "--config", path).errors.hasSuffix("\n1 problem. Nothing was started."))
        #expect(
            try Program.run("import", "parties.csv", "--config", path).errors.hasSuffix(
                "\n1 problem. Nothing was imported."))
        #expect(try Program.run("check", "--config", path).errors.hasSuffix("\n1 problem."))
    }

    @Test("accepts the README's minimum, which keeps a journal: otherwise a stop or a crash would lose what was open")
    func minimum() throws {
        let readme = try String(contentsOfFile: Repository.path("README.md"), encoding: .utf8)
        let minimum = try #require(
            readme.components(separatedBy: "The minimum:\n\n```toml\n").last?.components(separatedBy: "```").first)
        try folder.write("desk.token", "not-a-real-secret\n")
        try folder.write("cti.secret", "not-a-real-secret\n")
        let configuration = try ProgramConfiguration.load(try folder.write("minimum.toml", minimum))
        #expect(configuration.journalDirectory == folder.path + "/journal")
    }

    @Test("names all faults at once, in the file's order")
    func several() throws {
        let ended = try check(
            "[htp]\n[[switches]]\nname = \"roma\"\nport = \"5038\"\n[[switches]]\nname = \"roma\"\n".utf8)
        let lines = ended.errors.split(separator: "\n").compactMap {
            Int($0.dropFirst("\(folder.path)/c.toml:".count).prefix { $0.isNumber })
        }
        #expect(lines == lines.sorted())
        #expect(ended.errors.contains(":6: “roma” names another switch already"))
        #expect(ended.errors.contains(":4: “port” must be a whole number"))
        #expect(ended.errors.contains(":1: “htp” means nothing. Did you mean “http”?"))
    }

    @Test("reports a file that is missing, is not UTF-8, or names no switch")
    func whole() throws {
        let missing = try Program.run("check", "--config", folder.path + "/none.toml")
        #expect(missing.status == 1 && missing.errors.contains("none.toml:1: the file cannot be read"))
        let latin = try check(Array("# ok\nname = \"caff".utf8) + [0xE8] + Array("\"\n".utf8))
        #expect(latin.status == 1 && latin.errors.contains("c.toml:2: this is not UTF-8"))
        let empty = try check([])
        #expect(empty.status == 1 && empty.errors.contains("no switch is configured"))
    }

    @Test("connects to nothing, and run refuses what check refuses")
    func nothingIsStarted() throws {
        let (descriptor, port) = try Loopback.listen()
        defer { close(descriptor) }
        let path = try folder.write("c.toml", good + "port = \(port)\n[store]\npath = \"never.sqlite\"\n")
        #expect(try Program.run("check", "--config", path).status == 0)
        var peer = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        #expect(poll(&peer, 1, 0) == 0)
        #expect(!FileManager.default.fileExists(atPath: folder.path + "/never.sqlite"))
        try folder.write("c.toml", good + "prt = 1\n")
        let refused = try Program.run("run", "--config", path)
        #expect(
            refused.status == 1 && refused.errors.contains(":6: “prt” means nothing. Did you mean “port”?"),
            "\(refused.errors)")
    }

    @Test("warns of a token that can be guessed")
    func shortToken() throws {
        let ended = try check((good + "[desks]\ntoken = \"abc\"\n").utf8)
        #expect(ended.status == 0 && ended.errors.contains("“token” holds a token of only 3 characters"), "\(ended)")
        #expect(!ended.errors.contains("abc"))
    }
}

/// The keys that the example shows, by the name of their table (the root's is empty), commented out or not.
private struct ExampleKeys {
    var tables: [String: Set<String>] = ["": []]

    init(_ path: String) throws {
        var table = ""
        for line in try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n") {
            if let header = line.firstMatch(of: /^(?:# ?)?\[\[?([a-z_.]+)\]\]?/) {
                table = String(header.1)
                var parts = table.split(separator: ".").map(String.init)
                let last = parts.removeLast()
                tables[table, default: []].formUnion([])
                tables[parts.joined(separator: "."), default: []].insert(last)
            } else if let key = line.firstMatch(of: /^(?:# ?)?([a-z_]+) *=/) {
                tables[table, default: []].insert(String(key.1).replacing(/_(file|env)$/, with: ""))
            }
        }
    }
}
