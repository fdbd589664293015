import Core
import Switches
import Telephony

/// `GET /readyz`: whether records and figures are complete and kept from now on. For load balancers and monitoring
/// systems, which show no token: it names no switch, no queue and nobody.
struct Readiness: Encodable, Equatable {
    struct Reason: Encodable, Equatable {
        enum Part: String, Encodable { case start, stop, switches, store, journal }
        var part: Part
        /// For people; without a name and without a path.
        var text: String
    }

    var ready: Bool
    /// Why not, in a fixed order of parts; empty where it is ready.
    var reasons: [Reason]

    /// - Parameter report: nil until the host has measured for the first time.
    init(_ core: Core, _ report: HostReport?) {
        (ready, reasons) = (true, [])
        func add(_ part: Reason.Part, _ text: String) {
            (ready, reasons) = (false, reasons + [Reason(part: part, text: text)])
        }
        if core.isStopping { add(.stop, "The gateway is stopping.") }
        let unheard = core.switches.count { $0.state != .connected }
        if unheard > 0 {
            add(
                .switches,
                "\(unheard) of \(core.switches.count) switches cannot be heard, or their inventory is not complete.")
        }
        if let report {
            if report.storeFault != nil { add(.store, "The store refuses what is to be stored.") }
            // By the same signs as the operator's alarm, so that the two cannot contradict each other.
            if OperatorAlarms(core, report).count(.journal) > 0 {
                add(.journal, "What comes is not journalled, or waits for the disk.")
            }
        } else {
            add(.start, "The gateway has just begun.")
        }
    }
}

/// `GET /healthz`: an answer at all says that the loop goes on.
struct Health: Encodable {
    var alive = true
}
