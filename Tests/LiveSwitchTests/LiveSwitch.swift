import Foundation

/// A real Asterisk, started by `Simulator/Asterisk/switch`, with a relay to it that can be cut.
final class LiveSwitch: Sendable {
    /// `switch up` prints it.
    struct Place: Decodable, Sendable {
        var version: String
        /// The name in its certificate.
        var name: String
        /// Its address, and the folder with the secrets and the authority of this run.
        var pbx: String
        var run: String
        var queueLog: String
    }

    let place: Place
    let relay: Relay

    /// Its name in the gateway's configuration, records and figures.
    var id: String { "asterisk-\(place.version)" }
    var description: String { place.run + "/switch.json" }

    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path
    static let folder = root + "/Simulator/Asterisk"

    private init(_ place: Place) throws {
        self.place = place
        relay = try Relay(to: place.pbx, port: 5039)
    }

    static func up(_ version: String) async throws -> LiveSwitch {
        let program = try ChildProgram(folder + "/switch", ["up", version])
        let status = await program.end(withinSeconds: 600)
        guard status == 0, let line = program.text.split(separator: "\n").last else {
            throw Failure("Asterisk \(version) does not start (status \(status)): \(program.text)")
        }
        return try LiveSwitch(JSONDecoder().decode(Place.self, from: Data(line.utf8)))
    }

    /// restart, kill, down
    func act(_ action: String) async throws {
        let program = try ChildProgram(Self.folder + "/switch", [action, place.version])
        let status = await program.end(withinSeconds: 120)
        guard status == 0 else {
            throw Failure("switch \(action) \(place.version) ended with \(status): \(program.text)")
        }
    }

    /// The log's length now; later lines are those of ``log(from:)``.
    func logLength() -> Int { (try? FileManager.default.attributesOfItem(atPath: place.queueLog)[.size] as? Int) ?? 0 }

    func log(from offset: Int) throws -> QueueLog {
        let data = FileManager.default.contents(atPath: place.queueLog) ?? Data()
        return try QueueLog(String(decoding: data.dropFirst(offset), as: UTF8.self))
    }
}
