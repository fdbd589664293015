import Foundation
import Store
import Testing

@Suite("A machine that is not as it should be")
struct BadWorldTests {
    @Test("with the port taken: what has it, what to do, status 1")
    func portTaken() throws {
        let (descriptor, port) = try Loopback.listen()
        defer { close(descriptor) }
        let folder = try TemporaryFolder()
        try folder.write("s", "x")
        let path = try folder.write(
            "centralino.toml",
            "[http]\nlisten = \"127.0.0.1:\(port)\"\n[desks]\nlisten = \"off\"\n[wallboards]\nlisten = \"off\"\n[[switches]]\nname = \"a\"\nhost = \"127.0.0.1\"\nport = 1\nusername = \"u\"\nsecret_file = \"s\"\n"
        )
        let ended = try Program.run("run", "--config", path)
        #expect(ended.status == 1)
        #expect(ended.errors.contains("Cannot listen on 127.0.0.1:\(port)"))
        #expect(ended.errors.contains("ss -ltnp 'sport = :\(port)'") && ended.errors.contains("choose another port"), "\(ended.errors)")
    }

    @Test("with a store that is another program's: it is not touched, status 1")
    func foreignStore() throws {
        let gateway = try GatewayUnderTest(switchPort: 1, starts: false)
        let path = try gateway.folder.write("centralino.sqlite", "Dear diary, this is no database at all. " + String(repeating: "x", count: 5000))
        let before = FileManager.default.contents(atPath: path)
        let ended = try Program.run("run", "--config", gateway.configuration)
        #expect(ended.status == 1)
        #expect(ended.errors.contains("is not an SQLite database"), "\(ended.errors)")
        #expect(FileManager.default.contents(atPath: path) == before)
    }

    @Test("with a full disk goes on; what was stored stays, and the rest is stored as soon as there is room")
    func fullDisk() throws {
        let port = try Loopback.freePort()
        let gateway = try GatewayUnderTest(switchPort: port, more: "", starts: false)
        // The file has its tables before the disk fills.
        #expect(try gateway.stored().contacts == 0)
        // A limit on the size of files, in blocks of 512 bytes: SQLite's journal meets it after some records.
        try gateway.start(shell: "trap '' XFSZ; ulimit -S -f 128")
        let simulated = try Program("simulate", Repository.trace("mixed-a"), "--port", "\(port)", "--speed", "20")

        let line = try gateway.program.errors.wait(for: "ERROR store: ")
        #expect(line.contains("No space is left for the store") && line.contains("kept in memory"), "\(line)")
        try eventually("the recording is over") { try gateway.queue("reclami")["offered"] as? Int == 4 && gateway.link()["openContacts"] as? Int == 0 }
        let stored = try gateway.stored().contacts
        #expect((1..<14).contains(stored), "\(stored)")

        let room = try Program(executable: "/usr/bin/prlimit", ["--pid", "\(gateway.program.identifier)", "--fsize=unlimited"])
        #expect(room.status() == 0)
        try gateway.program.errors.wait(for: "Records are being stored again.")
        try gateway.stopCleanly(contacts: 14)
        #expect(simulated.stop() == 0)
    }

    @Test("with a disk that stays full: says at the end how many records could not be stored")
    func diskStaysFull() throws {
        let port = try Loopback.freePort()
        let gateway = try GatewayUnderTest(switchPort: port, starts: false)
        #expect(try gateway.stored().contacts == 0)
        try gateway.start(shell: "trap '' XFSZ; ulimit -f 128")
        let simulated = try Program("simulate", Repository.trace("mixed-a"), "--port", "\(port)", "--speed", "20")
        try gateway.program.errors.wait(for: "ERROR store: ")
        try eventually("the recording is over") { try gateway.queue("reclami")["offered"] as? Int == 4 && gateway.link()["openContacts"] as? Int == 0 }
        #expect(gateway.program.stop() == 1)
        let line = try gateway.program.errors.wait(for: "could not be stored")
        let lost = try #require(Int(line.components(separatedBy: "ERROR store: ")[1].prefix { $0.isNumber }))
        let stored = try gateway.stored().contacts
        #expect(stored + lost == 14)

        // After a restart with room, what was stored is there and calls are stored again.
        try gateway.start()
        try gateway.stopCleanly(contacts: stored)
        #expect(simulated.stop() == 0)
    }
}
