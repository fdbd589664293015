import Core
import Edges
import Gateway
import Recordings
import Records
import Testing

// Counting: the dangerous ones.
extension QuirksTests {
    @Test(
        "1. QueueCallerAbandon is not “abandoned”: it also comes for time-out, an emptied queue and a withdrawal",
        arguments: ["22/queue_timeout-a", "22/overflow-a", "22/leave_empty-a", "22/queue_admin-a"])
    func abandonIsNotAbandoned(name: String) throws {
        let surprise = try Surprise(name)
        let abandoned = surprise.report.queues.values.reduce(0) { $0 + $1.abandoned }
        try #require(surprise.all("QueueCallerAbandon").count > abandoned)
        #expect(surprise.isCountedAsLogged)
    }

    @Test("1. AMI distinguishes them by a HangupRequest of the caller's channel before it")
    func hangupRequestBeforeAbandon() throws {
        let surprise = try Surprise("22/abandon_short-a")
        let abandons = surprise.all("QueueCallerAbandon")
        try #require(abandons.count == 3)
        for abandon in abandons {
            let asked = surprise.all("HangupRequest").contains {
                $0["Uniqueid"] == abandon["Uniqueid"] && $0.at <= abandon.at
            }
            #expect(asked)
        }
        #expect(surprise.report.queues.values.reduce(0) { $0 + $1.abandoned } == 3)
    }

    @Test("2. AgentComplete can come without any channel header: the talk ends nevertheless")
    func completeWithoutChannel() throws {
        let surprise = try Surprise("22/wrapup-a")
        try #require(surprise.all("AgentComplete").contains { $0["Uniqueid"] == nil && $0["Interface"] != nil })
        let legs = surprise.contacts.flatMap(\.talked)
        #expect(legs.count == 2)
        #expect(legs.allSatisfy { $0.endedAt != nil && ($0.talkSeconds ?? 0) > 1 })
        #expect(surprise.report.agents.values.allSatisfy { $0.state != "talking" })
        #expect(surprise.isCountedAsLogged)
    }

    @Test("3. A caller refused on entry leaves no trace in the queue: refused, and never offered")
    func refusedAtTheDoor() throws {
        let empty = try Surprise("22/join_empty-a")
        try #require(empty.all("QueueCallerJoin").isEmpty)
        #expect(empty.report.queues["rigida"]?.refused.empty == 2)
        #expect(empty.report.queues["rigida"]?.offered == 0)
        let full = try Surprise("22/queue_full-a")
        try #require(full.all("QueueCallerJoin").count == 2)
        #expect(full.report.queues["orientamento"]?.refused.full == 1)
        #expect(full.report.queues["orientamento"]?.offered == 2)
    }

    @Test(
        "4. Callback through Local without /n: AgentComplete says 0 seconds at once, while agent and customer talk on")
    func callbackThroughLocal() throws {
        let surprise = try Surprise("22/callback_local-a")
        try #require(surprise.all("AgentComplete").contains { $0.number("TalkTime") == 0 })
        let leg = try #require(surprise.contacts.flatMap(\.talked).first)
        // The telephone was answered at 3.052 and hung up at 11.162 (`ua.jsonl`).
        #expect(abs((leg.talkSeconds ?? 0) - 8.11) < 0.25)
        #expect(abs((surprise.report.queues["informazioni"]?.talkSeconds ?? 0) - 8.11) < 0.25)
    }

    @Test(
        "5. AgentComplete comes late after Redirect, Bridge and parking: its TalkTime includes what came after the agent",
        arguments: ["22/ami_redirect-a", "22/ami_bridge-a", "22/park_feature_timeout-a"])
    func lateComplete(name: String) throws {
        let surprise = try Surprise(name)
        let latest = try #require(
            surprise.all("AgentComplete").max { ($0.number("TalkTime") ?? 0) < ($1.number("TalkTime") ?? 0) })
        let legs = surprise.contacts.flatMap(\.talked).filter {
            $0.interface == latest["Interface"] && $0.queue == latest["Queue"]
        }
        let leg = try #require(legs.first)
        #expect((latest.number("TalkTime") ?? 0) - (leg.talkSeconds ?? 0) - (leg.holdSeconds ?? 0) > 1.5)
        #expect((surprise.seconds(leg.endedAt) ?? .infinity) < latest.at - 1.5)
    }

    @Test("5. AgentComplete comes early after a transfer: the caller talks on, with the next agent")
    func earlyComplete() throws {
        let surprise = try Surprise("22/blind_refer_queue-a")
        try #require(surprise.all("AgentComplete").first?["Reason"] == "transfer")
        let contact = try #require(surprise.contacts.first)
        #expect(contact.talked.map(\.interface) == ["PJSIP/1005", "PJSIP/1003"])
        #expect(contact.talked.map(\.endedBy) == ["transfer", "caller"])
    }

    @Test(
        "6. AgentRingNoAnswer also counts busy and failing telephones, and comes for nobody whose caller hung up before"
    )
    func ringNoAnswer() throws {
        let busy = try Surprise("22/agent_busy_reject-a")
        try #require(busy.all("AgentRingNoAnswer").count == 3)
        #expect(busy.isCountedAsLogged)
        // The telephones answered 486, 503 (the bytes have TechCause: SIP 503) and 486: that is what they were,
        // whatever the log counts.
        #expect(
            busy.contacts.flatMap(\.legs).filter { $0.establishedAt == nil }.map(\.result) == [
                "busy", "noAnswer", "busy",
            ])
        // Five RINGCANCELED.
        let gone = try Surprise("22/abandon_short-a")
        #expect(gone.all("AgentRingNoAnswer").isEmpty && gone.isCountedAsLogged)
        #expect(gone.contacts.flatMap(\.legs).map(\.result) == Array(repeating: "callerLeft", count: 5))
        // Three telephones rang in vain, and said 486 at the very instant at which the caller hung up: six
        // RINGNOANSWER, none canceled.
        let meanwhile = try Surprise("22/abandon_long-a")
        #expect(meanwhile.all("AgentRingNoAnswer").count == 6 && meanwhile.isCountedAsLogged)
        #expect(
            meanwhile.contacts.flatMap(\.legs).map(\.result) == Array(repeating: "noAnswer", count: 3)
                + Array(repeating: "busy", count: 3))
    }

    @Test(
        "7. RingTime is milliseconds in AgentRingNoAnswer, seconds in AgentConnect, HoldTime whole seconds: ours are differences of instants"
    )
    func units() throws {
        let surprise = try Surprise("22/rna_then_answer-a")
        let silent = try #require(surprise.all("AgentRingNoAnswer").first)
        let answered = try #require(surprise.all("AgentConnect").first)
        try #require(silent.number("RingTime") == 6000 && answered.number("RingTime") == 1)
        let legs = try #require(surprise.contacts.first).legs
        #expect(abs((legs.first { $0.result == "noAnswer" }?.ringSeconds ?? 0) - 6.0) < 0.25)
        #expect(abs((legs.first { $0.establishedAt != nil }?.ringSeconds ?? 0) - 1.2) < 0.25)
        let wait = surprise.contacts.first?.visits.first?.waitSeconds ?? 0
        #expect(abs(wait - (answered.number("HoldTime") ?? 0)) <= 1.3)
        #expect(wait != wait.rounded(), "not a whole second")
    }

    @Test(
        "8. QueueParams' Completed undercounts where a member has two calls at once",
        arguments: ["22/mixed-a", "16/mixed-a"])
    func completedUndercounts(name: String) throws {
        let surprise = try Surprise(name)
        let last = try #require(surprise.answers.last { $0.title == "QueueParams" && $0["Queue"] == "orientamento" })
        try #require(last.number("Completed") == 1)
        #expect(surprise.report.queues["orientamento"]?.answered == 3)
        #expect(surprise.isCountedAsLogged)
    }

    @Test(
        "9. A place in a queue can change its Uniqueid: no phantom waits for ever, and nobody connects without having joined"
    )
    func inheritedPlace() throws {
        let surprise = try Surprise("22/atx_refer_queue_waiting-a")
        let joined = Set(surprise.all("QueueCallerJoin").map { $0["Uniqueid"] })
        try #require(
            surprise.all("AgentConnect").contains { connect in
                surprise.all("QueueCallerJoin").first { $0["Queue"] == connect["Queue"] }?["Uniqueid"]
                    != connect["Uniqueid"]
            })
        try #require(joined.count == 2)
        #expect(surprise.report.queues.values.allSatisfy { $0.waiting == 0 && $0.lost == 0 })
        #expect(surprise.isCountedAsLogged)
    }

    @Test(
        "10. A waiting caller taken away by AMI is an abandon like any other; a restart closes every call, a crash none"
    )
    func takenAway() throws {
        let hangup = try Surprise("22/ami_hangup-a")
        let abandon = try #require(hangup.all("QueueCallerAbandon").first)
        try #require(!hangup.all("HangupRequest").contains { $0["Uniqueid"] == abandon["Uniqueid"] })
        #expect(hangup.isCountedAsLogged)
        for name in ["22/core_restart-a", "16/core_restart-a"] {
            #expect(try Surprise(name).isCountedAsLogged, "\(name)")
        }
        let crash = try Surprise("22/crash-a")
        try #require(crash.all("Shutdown").isEmpty)
        #expect(crash.report.queues["incentivi"]?.lost == 1)
        #expect(crash.report.queues.values.allSatisfy { $0.waiting == 0 })
        #expect(crash.contacts.contains { $0.flags.contains("lost") })
    }

    @Test(
        "10. A waiting caller taken to another queue by Redirect abandons the first: in 16 nothing in the Abandon itself says where he goes",
        arguments: ["22/ami_redirect_waiting-a", "16/ami_redirect_waiting-a"])
    func redirectedWaiting(name: String) throws {
        let surprise = try Surprise(name)
        let (abandon, joins) = (try #require(surprise.all("QueueCallerAbandon").first), surprise.all("QueueCallerJoin"))
        try #require(joins.count == 2 && joins.allSatisfy { $0["Uniqueid"] == abandon["Uniqueid"] })
        try #require(
            (abandon["Exten"] == "6001") == name.hasPrefix("22"), "the place in the dial plan is the new one only in 22"
        )
        #expect(surprise.isCountedAsLogged)
    }

    @Test("11. One call can enter several queues with one Uniqueid: each entry is a visit of its own")
    func severalQueues() throws {
        let surprise = try Surprise("22/overflow-a")
        try #require(Set(surprise.all("QueueCallerJoin").map { $0["Uniqueid"] }).count == 1)
        try #require(surprise.all("QueueCallerJoin").count == 2)
        let contact = try #require(surprise.contacts.first)
        #expect(surprise.contacts.count == 1)
        #expect(contact.visits.map(\.queue) == ["incentivi", "informazioni"])
        #expect(contact.visits.map(\.outcome) == ["flowOut", "answered"])
    }

    @Test("12. An agent is a name here and an interface there, paused twice, and may be in a call when he is removed")
    func agents() throws {
        let pauses = try Surprise("22/pause_reasons-a")
        try #require(pauses.all("QueueMemberPause").count > 6)
        #expect(pauses.report.agents["Carla Verdi"]?.interface == "PJSIP/1003")
        let twice = try Surprise(
            "22/pause_reasons-a",
            until: { $0.contains("Queue: incentivi\r\n") && $0.contains("PausedReason: Secondo motivo\r\n") })
        try #require(
            twice.all("QueueMemberPause").map {
                "\($0["Queue"] ?? "") \($0["Paused"] ?? "") \($0["PausedReason"] ?? "")"
            } == [
                "informazioni 1 Riunione; sala 2", "incentivi 1 Riunione; sala 2", "informazioni 1 Secondo motivo",
                "incentivi 1 Secondo motivo",
            ])
        #expect(twice.report.agents["Carla Verdi"]?.state == "paused")
        #expect(twice.report.agents["Carla Verdi"]?.reason == "Secondo motivo")
        #expect(
            pauses.report.agents.values.allSatisfy { $0.state != "paused" },
            "everybody was unpaused, some of them twice")
        let members = try Surprise("22/members_dynamic-a")
        let removed = try #require(members.all("QueueMemberRemoved").first { $0["Interface"] == "PJSIP/1006" })
        try #require(members.all("AgentComplete").contains { $0["Interface"] == "PJSIP/1006" && $0.at > removed.at })
        let leg = try #require(members.contacts.flatMap(\.talked).first { $0.interface == "PJSIP/1006" })
        #expect((members.seconds(leg.endedAt) ?? 0) > removed.at + 1)
        #expect(members.report.agents.values.allSatisfy { !$0.queues.contains("rigida") })
        #expect(members.isCountedAsLogged)
    }

    @Test("13. leastrecent rings the same silent telephone again: each round is a leg of its own")
    func sameSilentPhone() throws {
        let surprise = try Surprise("22/rna_then_answer-a")
        try #require(surprise.all("AgentCalled").map { $0["Interface"] } == ["PJSIP/1007", "PJSIP/1007"])
        let legs = try #require(surprise.contacts.first).legs
        #expect(legs.map(\.interface) == ["PJSIP/1007", "PJSIP/1007"])
        #expect(legs.map(\.result) == ["noAnswer", "answered"])
        #expect(surprise.isCountedAsLogged)
    }

    @Test("14. An emptied queue and a withdrawal act only when the ring round ends: the wait goes on until then")
    func endOfTheRound() throws {
        let surprise = try Surprise("22/queue_admin-a")
        let asked = try #require(surprise.answersTo("QueueWithdrawCaller").first)
        let leave = try #require(surprise.all("QueueCallerLeave").first)
        try #require(leave.at - asked > 1, "Success at once, and later the leave")
        let visit = try #require(surprise.contacts.flatMap(\.visits).first { $0.reason == "withdrawn" })
        #expect(abs((surprise.seconds(visit.leftAt) ?? 0) - leave.at) < 0.1)
        let empty = try Surprise("22/leave_empty-a")
        #expect(empty.contacts.flatMap(\.visits).allSatisfy { $0.outcome == "flowOut" && $0.reason == "empty" })
    }
}

extension Surprise {
    /// When the second connection gave such an order.
    fileprivate func answersTo(_ action: String) -> [Double] {
        trace.recording.control.filter {
            $0.direction == .outgoing && String(decoding: $0.bytes, as: UTF8.self).contains("Action: \(action)\r\n")
        }.map { Double($0.microseconds) / 1_000_000 }
    }
}
