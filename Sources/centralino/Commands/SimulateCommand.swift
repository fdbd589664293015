import ArgumentParser
import EventLoop
import Foundation
import Playback
import Recordings

struct Simulate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Play recordings of a switch as an AMI server on loopback.",
        discussion: """
            centralino simulate Simulator/Traces/22/mixed-a --loop
            centralino simulate Simulator/Traces/22/mixed-a --speed 10 --port 5038

            The password of user “cti” is in the environment variable CENTRALINO_SIMULATED_SECRET, or else “cti”.
            """)

    @Argument(help: "Recordings: folders or files.") var paths: [String]
    @Option(parsing: .unconditional, help: "Port on 127.0.0.1; 0 takes any free one.") var port = 5038
    @Option(parsing: .unconditional, help: "1 is as recorded, 10 is ten times as fast.") var speed = 1.0
    @Flag(help: "Begin again after the last recording.") var loop = false

    func validate() throws {
        try OptionRange.speed(speed)
        try OptionRange.port(port, "--port")
    }

    func run() throws {
        let recordings = try orExit {
            try Recording.find(paths: paths).map { path in
                let recording = SwitchRecording(try Recording.load(path))
                guard recording.eventCount > 0 else { throw RecordingError.noEvents(path: path) }
                return recording
            }
        }
        let secret = ProcessInfo.processInfo.environment["CENTRALINO_SIMULATED_SECRET"] ?? "cti"
        try orExit {
            try EventLoop.run {
                let simulated = try SimulatedSwitch(
                    recordings, .init(users: ["cti": secret], speed: speed, loops: loop))
                let taken = try simulated.start(host: "127.0.0.1", port: port)
                Self.keep = (
                    simulated,
                    try Site.stopOnSignals { stopped in
                        simulated.stop()
                        stopped()
                    }
                )
                Console.say("Playing \(recordings.count) recordings at 127.0.0.1:\(taken), user “cti”. Ctrl-C ends it.")
            }
        }
    }

    @LoopActor private static var keep: (SimulatedSwitch, [SignalWatcher])?
}
