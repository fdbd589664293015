import Dispatch
import Edges
import EventLoop
import Gateway

/// Reads the configuration again at SIGHUP, and has the gateway go on with it. A file with faults changes nothing.
@LoopActor
final class Reloading {
    private let path: String
    /// From the command line: it outweighs the file's.
    private let format: LogSettings.Format?
    private var current: ProgramConfiguration
    private let host: Host
    private let manager: ServiceManager
    /// Off the loop: a configuration may lie on a disk that hangs.
    private let reading = DispatchQueue(label: "configuration", qos: .utility)
    private var isReading = false
    /// Asked again while the file was being read: what was read may be older than that.
    private var isAskedAgain = false
    /// What else is read again, e.g. certificates; each says itself what came of it.
    var others: [@LoopActor () -> Void] = []

    init(
        _ path: String, _ configuration: ProgramConfiguration, format: LogSettings.Format?, _ host: Host,
        _ manager: ServiceManager
    ) {
        self.path = path
        self.format = format
        current = configuration
        self.host = host
        self.manager = manager
    }

    func reload() {
        guard !isReading else {
            isAskedAgain = true
            return
        }
        isReading = true
        manager.reloading()
        reading.async { [path] in
            let result = Result { () throws(ProgramConfiguration.Faults) in try ProgramConfiguration.load(path) }
            EventLoop.post { [self] in finish(result) }
        }
    }

    private func finish(_ result: Result<ProgramConfiguration, ProgramConfiguration.Faults>) {
        isReading = false
        switch result {
        case .success(let new): take(new)
        case .failure(let faults):
            for fault in faults.list.prefix(ProgramLimits.loggedFaults) {
                Log.write(.error, "configuration", "\(path):\(fault)")
            }
            Log.write(
                .error, "configuration",
                "\(faults.list.count) faults: nothing was taken over, the configuration of before stays in force. Mend them, try `centralino check`, and reload again."
            )
        }
        for other in others { other() }
        manager.ready(Self.status(host))
        if isAskedAgain {
            isAskedAgain = false
            reload()
        }
    }

    private func take(_ new: ProgramConfiguration) {
        let reload = host.reconfigure(new.gateway)
        var taken = reload.taken
        if new.log != current.log { taken.append("[log]") }
        Log.configure(LogSettings(level: new.log.level, format: format ?? new.log.format))
        let waiting = reload.waiting + current.waiting(for: new)
        current.log = new.log
        for warning in new.warnings { Log.write(.warning, "configuration", "\(path):\(warning)") }
        Log.write(
            .info, "configuration",
            taken.isEmpty
                ? "Read again: nothing to take over has changed."
                : "Read again. Taken over: \(taken.joined(separator: ", ")).")
        if !waiting.isEmpty {
            Log.write(
                .warning, "configuration",
                "These have changed and wait for a restart: \(waiting.joined(separator: ", ")).")
        }
    }

    static func status(_ host: Host) -> String {
        let switches = host.gateway.core.switches
        return "\(switches.count { $0.state == .connected }) of \(switches.count) switches connected."
    }
}
