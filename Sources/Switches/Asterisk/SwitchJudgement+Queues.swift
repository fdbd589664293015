import Telephony
import Time

extension SwitchJudgement {
    mutating func judgeQueues() {
        guard let queues = facts.queues else {
            return unchecked.append(.init("queues and members", why: "QueueStatus was not answered."))
        }
        guard !queues.isEmpty else {
            return find(
                .warning, "no-queues", "The switch has no queues.", why: "There is nothing to count.",
                change: "queues.conf: [name-of-the-queue]; modules.conf: load = app_queue.so")
        }
        let names = Set(queues.map(\.name))
        for queue in facts.way.thresholds.keys.sorted() where facts.way.switches == 1 && !names.contains(queue.rawValue)
        {
            find(
                .warning, "unknown-queue",
                "Our configuration has a queue “\(queue)”, the switch has none of that name.",
                why: "Its settings have no effect.",
                change: "centralino.toml: [[queues]] name = \"\(queue)\" (\(listed(names.sorted())))")
        }
        let manned = Set(facts.members.map(\.queue))
        let empty = queues.map(\.name).filter { !manned.contains($0) }.sorted()
        if !empty.isEmpty {
            find(
                .notice, "queue-without-members", "Nobody is a member of \(listed(empty)).",
                why: "Callers wait for nobody, unless agents log in by themselves.",
                change: "queues.conf: [\(empty[0])] member => PJSIP/…")
        }
        let other = queues.filter { queue in
            let ours = facts.way.thresholds[QueueName(queue.name)] ?? facts.way.threshold
            return queue.serviceLevel.map { Span.seconds(Int64($0)) != ours } ?? false
        }.sorted { $0.name < $1.name }
        if let first = other.first {
            find(
                .notice, "service-level-differs",
                "The switch has another service level than our configuration for \(listed(other.map { "\($0.name) (\($0.serviceLevel ?? 0) s)" })).",
                why: "The switch's own ServicelevelPerf cannot be compared with ours.",
                change:
                    "queues.conf: [\(first.name)] servicelevel = …, or centralino.toml: [[queues]] name = \"\(first.name)\", threshold_seconds = \(first.serviceLevel ?? 0)"
            )
        }
        let calledWhileBusy = queues.map(\.name).filter { queue in
            if let value = facts.setting("queues.conf", queue, "ringinuse") { return isTrue(value) }
            // The default is yes, for a queue in the file.
            return facts.setting("queues.conf", queue, "strategy") != nil
        }.sorted()
        if let first = calledWhileBusy.first {
            find(
                .notice, "ringinuse", "Members who are on the telephone are rung by \(listed(calledWhileBusy)).",
                why:
                    "They get ring-no-answers while they work, and the switch's own Completed counts too few (seen with 22).",
                change: "queues.conf: [\(first)] ringinuse = no")
        }
        if queues.count > Examination.queuesAsked {
            unchecked.append(
                .init(
                    "ringinuse, wrapuptime of all queues",
                    why: "there are \(queues.count); \(Examination.queuesAsked) are asked."))
        }
        if queues.allSatisfy({ facts.setting("queues.conf", $0.name, "strategy") == nil }) {
            unchecked.append(
                .init(
                    "ringinuse, wrapuptime",
                    why:
                        "queues.conf cannot be asked (write = reporting, func_config), or the queues are not in it (realtime)."
                ))
        }
    }

    mutating func judgeMembers() {
        guard facts.queues != nil else { return }
        let before = findings.count
        let members = facts.members
        let local = members.filter { $0.interface.hasPrefix("Local/") }
        let blind = local.filter { $0.stateInterface.isEmpty || $0.stateInterface.hasPrefix("Local/") }
        for (member, others) in firstAndRest(blind) {
            find(
                .warning, "local-without-device",
                "\(member.queue): \(member.interface)\(others) is rung through Local and has no device of its own.",
                why:
                    "A Local channel is never in use: the queue rings an agent who is on the telephone, and the board shows him as free.",
                change: line(member, "\(member.interface),0,\(member.name),PJSIP/…"))
        }
        // Local/exten@context/options
        let short = local.filter { $0.interface.split(separator: "/").dropFirst(2).last?.contains("n") != true }
        for (member, others) in firstAndRest(short) {
            find(
                .notice, "local-without-n",
                "\(member.queue): \(member.interface)\(others) is rung through Local without /n.",
                why:
                    "The switch takes the Local channel out when the agent answers: the agent's part goes on under another name, and app_queue's own talk time can end there.",
                change: line(
                    member,
                    "\(member.interface)/n,0,\(member.name)\(member.stateInterface.isEmpty ? "" : ",\(member.stateInterface)")"
                ))
        }
        for (member, others) in firstAndRest(members.filter { $0.membership == "realtime" }) {
            find(
                .warning, "realtime-members",
                "\(member.queue): \(member.interface)\(others) comes from a realtime table.",
                why:
                    "Asterisk reads the table without an event: agents who sign in or out there are shown only after the next connection.",
                change: "sign in with AddQueueMember or QueueAdd, and out with RemoveQueueMember or QueueRemove")
        }
        let interfaces = Dictionary(grouping: members, by: \.name).mapValues { Set($0.map(\.interface)).sorted() }
        for name in interfaces.keys.sorted() {
            guard let several = interfaces[name], several.count > 1 else { continue }
            find(
                .warning, "same-name", "“\(name)” is the name of \(listed(several)).",
                why: "queue_log and every report of the switch take them for one agent.",
                change: "queues.conf: member => \(several[1]),0,another name")
        }
        let names = Dictionary(grouping: members, by: \.interface).mapValues { Set($0.map(\.name)).sorted() }
        for interface in names.keys.sorted() {
            guard let several = names[interface], several.count > 1 else { continue }
            find(
                .warning, "several-names",
                "\(interface) is named \(several.map { "“\($0)”" }.joined(separator: ", ")) in different queues.",
                why: "queue_log takes one agent for several.",
                change: "queues.conf: member => \(interface),0,\(several[0])")
        }
        if members.count == Examination.membersKept {
            unchecked.append(.init("the rest of the members", why: "there are more than \(Examination.membersKept)."))
        } else if findings.count == before {
            inOrder.append("members")
        }
    }

    private func line(_ member: SwitchFacts.Member, _ value: String) -> String {
        switch member.membership {
        case "dynamic":
            "extensions.conf: AddQueueMember(\(member.queue),\(value.replacing(",0,", with: ",,,"))), or where QueueAdd adds it"
        case "realtime": "the table of queue members: \(value)"
        default: "queues.conf: [\(member.queue)] member => \(value)"
        }
    }

    /// One finding for all faults of a kind: the first, and the number of the others.
    private func firstAndRest(_ members: [SwitchFacts.Member]) -> [(SwitchFacts.Member, String)] {
        let sorted = members.sorted { ($0.queue, $0.interface) < ($1.queue, $1.interface) }
        return sorted.first.map { [($0, sorted.count == 1 ? "" : " (and \(sorted.count - 1) more)")] } ?? []
    }

    mutating func judgeWrapUp() {
        let shared = facts.setting("queues.conf", "general", "shared_lastcall")
        let withWrapUp = (facts.queues ?? []).map(\.name).filter { queue in
            facts.setting("queues.conf", queue, "wrapuptime").flatMap { Int($0) } ?? 0 > 0
        }.sorted()
        guard let first = withWrapUp.first, !(shared.map(isTrue) ?? false) else { return }
        let here = Set(facts.members.filter { withWrapUp.contains($0.queue) }.map(\.interface))
        let elsewhere = Dictionary(grouping: facts.members, by: \.interface).filter {
            here.contains($0.key) && Set($0.value.map(\.queue)).count > 1
        }
        guard !elsewhere.isEmpty else { return }
        find(
            .warning, "wrap-up-not-shared",
            "\(listed(elsewhere.keys.sorted())) \(elsewhere.count == 1 ? "has" : "have") wrap-up time in \(listed(withWrapUp)) and serve other queues, too; shared_lastcall is \(shared ?? "not set").",
            why:
                "In wrap-up after a call of \(first) the other queues ring them all the same: ring-no-answers, and no real wrap-up.",
            change: "queues.conf: [general] shared_lastcall = yes")
    }

    mutating func judgeQueueStatus() {
        let notice = facts.way.notice
        let event = notice.events.first ?? "FineCoda"
        let line =
            "extensions.conf: after each Queue(): same => n,UserEvent(\(event),\(notice.queueHeader): ${QUEUENAME},\(notice.statusHeader): ${QUEUESTATUS})"
        guard let plan = facts.dialPlan else {
            return unchecked.append(
                .init(
                    "whether the dial plan reports what became of a caller",
                    why: "ShowDialPlan is refused (write = reporting) or was not answered."))
        }
        if plan.queueCalls.isEmpty {
            return unchecked.append(
                .init(
                    "whether the dial plan reports what became of a caller",
                    why:
                        "none of its \(plan.priorities) priorities calls Queue(): it is called from elsewhere (AGI, Lua, realtime)."
                ))
        }
        let why =
            "AMI does not distinguish a time-out, an emptied queue or a refusal from a caller who gave up: they are counted as unknown, or as abandoned."
        guard !plan.notices.isEmpty else {
            return find(
                .warning, "no-queue-status",
                "No UserEvent(\(notice.events.joined(separator: " or "))) is in the dial plan, which calls Queue() \(plan.queueCalls.count) times.",
                why: why, change: line)
        }
        let mute = plan.notices.filter { entry in
            !entry.headers.contains {
                $0.key.lowercased() == notice.statusHeader.lowercased() && $0.value.contains("QUEUESTATUS")
            }
        }
        if let first = mute.first {
            find(
                .warning, "queue-status-without-status",
                "UserEvent(\(first.event)) at \(first.place) has no header “\(notice.statusHeader): ${QUEUESTATUS}”.",
                why: why, change: line + "; or centralino.toml: [switches.queue_status] status_header")
        }
        if plan.isCut {
            unchecked.append(
                .init("the rest of the dial plan", why: "it calls Queue() more than \(DialPlanFacts.limit) times."))
        }
        let untold = plan.untold
        if untold.isEmpty, mute.isEmpty { return inOrder.append("queue status in the dial plan") }
        if let first = untold.first {
            find(
                .warning, "queue-status-missing",
                "After Queue(\(first.queue)) at \(first.place)\(untold.count == 1 ? "" : " and at \(untold.count - 1) other places") no UserEvent reports what became of the caller.",
                why: why, change: line)
        }
    }
}
