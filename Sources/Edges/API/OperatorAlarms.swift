import Core
import Switches
import Telephony
import Time

/// What the operator of the gateway should mend: on `/v1/status` in words, in the metrics as numbers, and in the log
/// when it begins and ends. (The alarms of queues, `AlarmBoard`, are for supervisors.)
struct OperatorAlarms: Equatable {
    enum Kind: String, CaseIterable {
        /// The store refuses records; the journal loses entries, waits for its disk, or files of it are gone; a disk is
        /// nearly full.
        case store, journal, disk
        /// A switch is not heard, or not followed whole; its clock is far from ours.
        case link, clock
    }

    struct Alarm: Equatable {
        var kind: Kind
        /// The switch that it is about, and whose alarm it is in the log.
        var `switch`: SwitchID?
        /// For people; no caller stands in it.
        var text: String
        /// What is well again when it ends, and by which it is known from one look to the next: of two disks each has
        /// its own. nil where somebody else logs when it begins and ends.
        var subject: String?
    }

    /// The store's and the journal's first, then those of the switches in their order.
    private(set) var all: [Alarm] = []

    init(_ core: Core, _ report: HostReport?) {
        func add(_ kind: Kind, _ text: String?, _ name: SwitchID? = nil, logged subject: String? = nil) {
            if let text { all.append(Alarm(kind: kind, switch: name, text: text, subject: subject)) }
        }
        add(.store, report?.storeFault)
        add(.journal, report?.journal?.fault)
        if report?.journal?.isLosing == true {
            add(.journal, "What comes is not journalled: a start would not know it. Look for a full or broken disk.")
        }
        if let waited = report?.journal?.uncommitted, waited >= Limits.journalWait {
            add(
                .journal,
                "The journal has waited \(durationInWords(waited)) for its disk. Calls go on, but records and answers that depend on it are held back. Look for a slow or hanging disk.",
                logged: "the journal's disk answers")
        }
        for disk in report?.disks ?? [] where disk.freeBytes < Limits.leastDiskBytes {
            add(
                .disk,
                "The disk of the \(disk.holds) has \(disk.freeBytes / 1_048_576) MB left. Free some, or keep less of the journal ([journal] keep_megabytes).",
                logged: "the disk of the \(disk.holds) has room")
        }
        for known in core.switches {
            add(.link, known.refusedChannels.map { "\(known.name): \($0)" }, known.name)
            if known.state != .connected {
                add(.link, "\(known.name): not heard.\(known.detail.map { " \($0)" } ?? "")", known.name)
            }
            if let clock = known.link?.clock.best, clock.leastDifference >= Limits.clockAlarm {
                add(
                    .clock,
                    "\(known.name): its clock is \(durationInWords(clock.offset)) \(clock.offset < .zero ? "behind" : "ahead of") ours. Let both keep time by NTP.",
                    known.name, logged: "the clock of \(known.name) is right")
            }
        }
    }

    func count(_ kind: Kind) -> Int { all.count { $0.kind == kind } }

    /// The switches with an alarm of this kind.
    func switches(_ kind: Kind) -> Set<SwitchID> { Set(all.filter { $0.kind == kind }.compactMap(\.switch)) }
}

extension Edges {
    /// Logs what began or ended and is logged nowhere else: the store, the links, and the journal's losses
    /// are reported by their own.
    mutating func noticeAlarms(_ core: Core, at now: Moment, _ effects: inout [Effect]) {
        let alarms = OperatorAlarms(core, hostReport?.told)
        var subjects: Set<String> = []
        for alarm in alarms.all {
            guard let subject = alarm.subject, subjects.insert(subject).inserted, !raisedAlarms.contains(subject)
            else { continue }
            effects.append(.log(LogLine(.warning, alarm.switch?.rawValue ?? alarm.kind.rawValue, alarm.text)))
        }
        for subject in raisedAlarms.subtracting(subjects).sorted() {
            effects.append(.log(LogLine(.info, "alarm", "Over: \(subject) again.")))
        }
        raisedAlarms = subjects
    }
}
